/* The list of models and looking one up. */
#include "trainer/models.h"

#include <string.h>

#include "base/names.h"

#define MODEL(name, function, source, least_image, summary) int function(struct build *build, int x);
#include "trainer/models.def"
#undef MODEL

static const struct model models[] = {
#define MODEL(name, function, source, least_image, summary) {name, source, summary, least_image, function},
#include "trainer/models.def"
#undef MODEL
};

#define MODELS ((int)(sizeof models / sizeof models[0]))

int model_count(void)
{
    return MODELS;
}

const struct model *model_at(int index)
{
    return &models[index];
}

enum status model_find(const char *name, const struct model **out)
{
    const char *names[MODELS];
    for (int i = 0; i < MODELS; i++) {
        names[i] = models[i].name;
        if (strcmp(name, names[i]) == 0) {
            *out = &models[i];
            return STATUS_OK;
        }
    }
    struct strbuf near;
    strbuf_init(&near);
    size_t found = names_nearest(&near, name, names, MODELS, 3);
    enum status status = found ? FAIL(USAGE, "no model '%s'; did you mean %s? `clprof models` lists all", name,
                                      near.text)
                              : FAIL(USAGE, "no model '%s'; `clprof models` lists all", name);
    strbuf_release(&near);
    return status;
}
