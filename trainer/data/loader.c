/* A ring of batches between one making thread and one taking thread. */
#include "trainer/data/loader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define SLOTS 3 /* one being trained on, one ready, one being made */

struct slot {
    float *images;
    int64_t *labels;
    int64_t count, epoch, index;
};

struct loader {
    struct loader_config config;
    pthread_t thread;
    bool started, stopping, finished;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot slot[SLOTS];
    int64_t made, taken;   /* batches; slot of number n is n % SLOTS */
    enum status failure;   /* of the thread */
    char message[512];
    uint32_t *order;
};

int64_t loader_batches(const struct loader_config *config)
{
    int64_t count = config->dataset->count[config->split];
    return config->split == SPLIT_TEST ? (count + config->batch - 1) / config->batch : count / config->batch;
}

/* Fisher-Yates with counted random numbers. */
static void shuffle(struct loader *loader, int64_t epoch)
{
    int64_t count = loader->config.dataset->count[loader->config.split];
    for (int64_t i = 0; i < count; i++)
        loader->order[i] = (uint32_t)i;
    if (loader->config.split == SPLIT_TEST)
        return;
    uint64_t key = random_key(loader->config.seed, "shuffle"), first = (uint64_t)epoch << 32;
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)(random_bits(key, first + (uint64_t)i) % (uint64_t)(i + 1));
        uint32_t swap = loader->order[i];
        loader->order[i] = loader->order[j];
        loader->order[j] = swap;
    }
}

/* Waits for a free slot; false when the loader is being destroyed. */
static bool wait_for_room(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    /* The slot of the batch being trained on (number taken - 1) is not free yet. */
    while (!loader->stopping && loader->made - (loader->taken ? loader->taken - 1 : 0) >= SLOTS)
        pthread_cond_wait(&loader->changed, &loader->lock);
    bool stop = loader->stopping;
    pthread_mutex_unlock(&loader->lock);
    return !stop;
}

static void make_batch(struct loader *loader, struct slot *slot, int64_t epoch, int64_t index)
{
    const struct loader_config *config = &loader->config;
    int64_t first = index * config->batch, total = config->dataset->count[config->split];
    int64_t pixels = 3 * (int64_t)config->side * config->side;
    bool repeats = !config->dataset->folder && slot->count == config->batch;
    slot->count = total - first < config->batch ? total - first : config->batch;
    slot->epoch = epoch;
    slot->index = index;
    if (repeats && slot->count == config->batch)
        return; /* synthetic batches are for speed: a slot's first one comes again, and costs no time of a core */
    for (int64_t i = 0; i < slot->count; i++)
        dataset_sample(config->dataset, config->split, loader->order[first + i], config->side,
                       slot->images + i * pixels, &slot->labels[i]);
    for (int64_t i = slot->count; i < config->batch; i++) {
        memset(slot->images + i * pixels, 0, (size_t)pixels * sizeof(float));
        slot->labels[i] = 0;
    }
}

static bool make_epoch(struct loader *loader, int64_t epoch)
{
    shuffle(loader, epoch);
    for (int64_t i = 0; i < loader_batches(&loader->config); i++) {
        if (!wait_for_room(loader))
            return false;
        make_batch(loader, &loader->slot[loader->made % SLOTS], epoch, i);
        pthread_mutex_lock(&loader->lock);
        loader->made++;
        pthread_cond_broadcast(&loader->changed);
        pthread_mutex_unlock(&loader->lock);
    }
    return true;
}

static void *run(void *argument)
{
    struct loader *loader = argument;
    const struct loader_config *config = &loader->config;
    enum status status = dataset_load(config->dataset, config->split);
    for (int64_t e = 0; status == STATUS_OK && (config->epochs == 0 || e < config->epochs); e++) {
        if (!make_epoch(loader, e))
            break;
    }
    pthread_mutex_lock(&loader->lock);
    loader->finished = true;
    loader->failure = status;
    if (status != STATUS_OK)
        snprintf(loader->message, sizeof loader->message, "%s", status_message());
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

enum status loader_create(const struct loader_config *config, struct loader **out)
{
    if (loader_batches(config) < 1)
        return FAIL(USAGE, "--batch %lld is more than the %lld images of the data", (long long)config->batch,
                    (long long)config->dataset->count[config->split]);
    struct loader *loader = calloc(1, sizeof *loader);
    size_t images = (size_t)config->batch * 3 * (size_t)config->side * (size_t)config->side * sizeof(float);
    bool whole = loader != NULL;
    if (loader) {
        loader->config = *config;
        pthread_mutex_init(&loader->lock, NULL);
        pthread_cond_init(&loader->changed, NULL);
        loader->order = malloc((size_t)config->dataset->count[config->split] * sizeof *loader->order);
        whole = loader->order != NULL;
        for (int s = 0; s < SLOTS; s++) {
            loader->slot[s].images = malloc(images);
            loader->slot[s].labels = malloc((size_t)config->batch * sizeof(int64_t));
            whole = whole && loader->slot[s].images && loader->slot[s].labels;
        }
        loader->started = whole && pthread_create(&loader->thread, NULL, run, loader) == 0;
    }
    if (!loader || !loader->started) {
        loader_destroy(loader);
        return FAIL(NO_MEMORY, "no memory for batches of %lld images of %d pixels", (long long)config->batch,
                    config->side);
    }
    *out = loader;
    return STATUS_OK;
}

enum status loader_next(struct loader *loader, struct batch *out, bool *more)
{
    pthread_mutex_lock(&loader->lock);
    while (loader->made == loader->taken && !loader->finished)
        pthread_cond_wait(&loader->changed, &loader->lock);
    enum status status = STATUS_OK;
    *more = loader->made > loader->taken;
    if (*more) {
        const struct slot *slot = &loader->slot[loader->taken++ % SLOTS];
        *out = (struct batch){slot->images, slot->labels, slot->count, slot->epoch, slot->index};
        pthread_cond_broadcast(&loader->changed);
    } else if (loader->failure != STATUS_OK) {
        status = status_fail(loader->failure, __FILE__, __LINE__, "%s", loader->message);
    }
    pthread_mutex_unlock(&loader->lock);
    return status;
}

void loader_destroy(struct loader *loader)
{
    if (!loader)
        return;
    if (loader->started) {
        pthread_mutex_lock(&loader->lock);
        loader->stopping = true;
        pthread_cond_broadcast(&loader->changed);
        pthread_mutex_unlock(&loader->lock);
        pthread_join(loader->thread, NULL);
    }
    for (int s = 0; s < SLOTS; s++) {
        free(loader->slot[s].images);
        free(loader->slot[s].labels);
    }
    pthread_mutex_destroy(&loader->lock);
    pthread_cond_destroy(&loader->changed);
    free(loader->order);
    free(loader);
}
