/* Finds the source of a dataset, and counts its broken images. */
#include "trainer/data/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define LEAST_MAX_BROKEN 10 /* borne whatever the size of the data; of larger data one image in 100 */

static const struct source *const sources[] = {
#define SOURCE(name) &source_##name,
#include "trainer/data/sources.def"
#undef SOURCE
};

static const struct source *find_source(const char *data)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (sources[i]->accepts(data))
            return sources[i];
    }
    return NULL;
}

enum status dataset_open(const char *data, struct dataset *out)
{
    memset(out, 0, sizeof *out);
    out->source = find_source(data);
    if (!out->source)
        return FAIL(NOT_FOUND, "--data %s: no such folder, and neither fashion-mnist nor synthetic", data);
    enum status status = out->source->open(out, data);
    if (status != STATUS_OK) {
        dataset_release(out);
        return status;
    }
    int64_t hundredth = (out->count[SPLIT_TRAIN] + out->count[SPLIT_TEST]) / 100;
    out->max_broken = hundredth > LEAST_MAX_BROKEN ? hundredth : LEAST_MAX_BROKEN;
    return STATUS_OK;
}

enum status dataset_load(struct dataset *dataset, enum split split)
{
    return dataset->source->load ? dataset->source->load(dataset, split) : STATUS_OK;
}

void dataset_release(struct dataset *dataset)
{
    if (dataset->self && dataset->source->release)
        dataset->source->release(dataset->self);
    free(dataset->summary);
    for (int split = 0; split < SPLIT_COUNT; split++)
        free(dataset->met_broken[split]);
    memset(dataset, 0, sizeof *dataset);
}

enum status dataset_sample(const struct dataset *dataset, const struct sample *which, float *image, int64_t *label)
{
    return dataset->source->sample(dataset, which, image, label);
}

enum status dataset_broken(struct dataset *dataset, enum split split, int64_t index, const char *reason)
{
    uint8_t **bits = &dataset->met_broken[split], bit = (uint8_t)(1u << (index & 7));
    if (!*bits)
        *bits = calloc((size_t)dataset->count[split] / 8 + 1, 1);
    if (!*bits)
        return FAIL(NO_MEMORY, "no memory to note the broken images among %lld", (long long)dataset->count[split]);
    if ((*bits)[index >> 3] & bit)
        return STATUS_OK;
    (*bits)[index >> 3] |= bit;
    dataset->broken++;
    if (dataset->broken > dataset->max_broken)
        return FAIL(CORRUPT, "%s; that makes %lld broken images, and --max-broken is %lld", reason,
                    (long long)dataset->broken, (long long)dataset->max_broken);
    log_warn("trainer", "%s; %s (broken images: %lld, --max-broken %lld)", reason,
             split == SPLIT_TRAIN ? "the next good image takes its place" : "the evaluation leaves it out",
             (long long)dataset->broken, (long long)dataset->max_broken);
    return STATUS_OK;
}
