/* The source "synthetic": images made of random numbers, for measurements that no file shall disturb. */
#include <string.h>

#include "base/random.h"
#include "trainer/data/dataset.h"

static bool accepts(const char *data)
{
    return strcmp(data, "synthetic") == 0;
}

static enum status open_data(struct dataset *dataset, const char *data)
{
    (void)data;
    dataset->count[SPLIT_TRAIN] = 50000;
    dataset->count[SPLIT_TEST] = 1000;
    dataset->classes = 10;
    dataset->outputs = 1000; /* ImageNet's, as models are measured */
    return STATUS_OK;
}

static enum status sample(const struct dataset *dataset, const struct sample *which, float *image, int64_t *label)
{
    uint64_t key = random_key((uint64_t)which->index, which->split == SPLIT_TRAIN ? "synthetic.train" : "synthetic.test");
    int64_t count = 3 * (int64_t)which->side * which->side;
    for (int64_t i = 0; i < count; i++)
        image[i] = 3.4641016f * (random_uniform(key, (uint64_t)i + 1) - 0.5f); /* uniform of variance 1 */
    *label = (int64_t)(random_bits(key, 0) % (uint64_t)dataset->classes);
    return STATUS_OK;
}

const struct source source_synthetic = {.repeats = true, .accepts = accepts, .open = open_data, .sample = sample};
