/* A checkpoint's metadata: written, and compared when training goes on. */
#include "trainer/checkpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEP_KEY "clprof.step"

static char *own_key(const char *key)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_printf(&text, "clprof.%s", key);
    return strbuf_take(&text);
}

enum status checkpoint_write(struct session *session, const char *path, int64_t step, const struct checkpoint_fact *fact,
                             int facts)
{
    char number[24];
    struct safetensors_pair *pair = calloc((size_t)facts + 1, sizeof *pair);
    if (!pair)
        return FAIL(NO_MEMORY, "no memory for %d facts", facts);
    snprintf(number, sizeof number, "%lld", (long long)step);
    for (int i = 0; i < facts; i++)
        pair[i] = (struct safetensors_pair){own_key(fact[i].key), (char *)fact[i].value};
    pair[facts] = (struct safetensors_pair){STEP_KEY, number};
    enum status status = weights_write(session, path, pair, facts + 1);
    for (int i = 0; i < facts; i++)
        free(pair[i].key);
    free(pair);
    return status;
}

static enum status read_step(const struct safetensors *file, int64_t *step)
{
    const char *text = safetensors_metadata(file, STEP_KEY);
    char *end;
    if (!text)
        return FAIL(CORRUPT, "%s: its metadata has no %s: no checkpoint to go on from; --weights takes weights alone", file->path,
                    STEP_KEY);
    errno = 0;
    *step = strtoll(text, &end, 10);
    if (errno || end == text || *end || *step < 0)
        return FAIL(CORRUPT, "%s: its metadata says %s is '%s'; the file is damaged", file->path, STEP_KEY, text);
    return STATUS_OK;
}

enum status checkpoint_check(const struct safetensors *file, const struct checkpoint_fact *fact, int facts,
                             struct strbuf *differences, int64_t *step)
{
    TRY(read_step(file, step));
    for (int i = 0; i < facts; i++) {
        char *key = own_key(fact[i].key);
        const char *then = safetensors_metadata(file, key);
        bool equal = then && strcmp(then, fact[i].value) == 0;
        free(key);
        if (equal)
            continue;
        if (fact[i].must)
            return FAIL(USAGE, "%s: written by a training with %s %s, this one has %s; give the options it was written with",
                        file->path, fact[i].key, then ? then : "unknown", fact[i].value);
        strbuf_printf(differences, "%s was %s, is %s\n", fact[i].key, then ? then : "unknown", fact[i].value);
    }
    return STATUS_OK;
}
