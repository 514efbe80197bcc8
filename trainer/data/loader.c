/*
 * A ring of batches between the threads that make samples and the one that takes batches. Making threads claim rows in
 * order, under the lock, and make them outside; a batch is whole when its last row is done, whoever did it.
 */
#include "trainer/data/loader.h"

#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define SLOTS 3 /* one being trained on, one ready, one being made */
#define MOST_AUTO_WORKERS 8

/* An image that could not be read. */
struct broken {
    int64_t index;
    char *reason;
    struct broken *next;
};

struct slot {
    float *images;
    int64_t *labels;
    bool *empty;            /* per row: no good image was found */
    struct broken **broken; /* per row: images that were tried in vain, in order */
    int64_t number;         /* of the batch in it; -1 = none yet */
    int64_t count, epoch, index, rows_done;
};

struct loader {
    struct loader_config config;
    int64_t per_epoch, end; /* batches; number of the last one, plus 1 */
    pthread_t *thread;
    int threads;
    bool stopping, loading, loaded;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot slot[SLOTS];  /* slot of batch number n is n % SLOTS */
    int64_t claimed_batch, claimed_row; /* next to be made */
    int64_t taken;            /* number of the batch that is taken next */
    enum status failure;      /* of a thread */
    char message[1024];
    uint32_t *order;          /* of the images in epoch `ordered` */
    int64_t ordered;
};

/* A row to be made. */
struct task {
    struct slot *slot;
    int64_t row, index, epoch;
};

static int64_t ranks_of(const struct loader_config *config)
{
    return config->ranks > 1 && config->split == SPLIT_TRAIN ? config->ranks : 1;
}

int64_t loader_batches(const struct loader_config *config)
{
    int64_t count = config->dataset->count[config->split], whole = count / (config->batch * ranks_of(config));
    if (config->split == SPLIT_TEST)
        return (count + config->batch - 1) / config->batch;
    return config->multiple > 1 ? whole - whole % config->multiple : whole;
}

/* Fisher-Yates with counted random numbers. */
static void shuffle(struct loader *loader, int64_t epoch)
{
    int64_t count = loader->config.dataset->count[loader->config.split];
    if (loader->ordered == epoch)
        return;
    loader->ordered = epoch;
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

static void clear_broken(struct slot *slot, int64_t row)
{
    while (slot->broken[row]) {
        struct broken *next = slot->broken[row]->next;
        free(slot->broken[row]->reason);
        free(slot->broken[row]);
        slot->broken[row] = next;
    }
}

static void fail_from_thread(struct loader *loader, enum status status)
{
    if (loader->failure != STATUS_OK)
        return;
    loader->failure = status;
    snprintf(loader->message, sizeof loader->message, "%s", status_message());
}

/* May the slot of the next batch be overwritten? That of the batch being trained on (number taken - 1) may not. */
static bool has_room(const struct loader *loader)
{
    int64_t first = loader->config.first_batch, kept = loader->taken > first ? loader->taken - 1 : first;
    return loader->claimed_batch - kept < SLOTS;
}

/* Puts the next batch, of which no row is made, into its slot. A repeating source's batch may be there already. */
static void begin_batch(struct loader *loader)
{
    const struct loader_config *config = &loader->config;
    struct slot *slot = &loader->slot[loader->claimed_batch % SLOTS];
    int64_t total = config->dataset->count[config->split], pixels = 3 * (int64_t)config->side * config->side;
    bool repeats = config->dataset->source->repeats, was_full = slot->number >= 0 && slot->count == config->batch;
    slot->number = loader->claimed_batch;
    slot->epoch = loader->claimed_batch / loader->per_epoch;
    slot->index = loader->claimed_batch % loader->per_epoch;
    int64_t rest = total / ranks_of(config) - slot->index * config->batch;
    slot->count = rest < config->batch ? rest : config->batch;
    slot->rows_done = repeats && was_full && slot->count == config->batch ? slot->count : 0;
    loader->claimed_row = slot->rows_done;
    if (slot->rows_done == 0)
        shuffle(loader, repeats ? 0 : slot->epoch);
    for (int64_t i = slot->count; i < config->batch; i++) {
        memset(slot->images + i * pixels, 0, (size_t)pixels * sizeof(float));
        slot->labels[i] = 0;
    }
}

/*
 * Where a row of the slot's batch stands in the order; ranks take turns. Batches of a repeating source depend on the slot alone.
 */
static int64_t position(const struct loader *loader, const struct slot *slot, int64_t row)
{
    const struct loader_config *config = &loader->config;
    int64_t index = config->dataset->source->repeats ? slot->number % SLOTS % loader->per_epoch : slot->index;
    int64_t ranks = ranks_of(config);
    return (index * config->batch + row) * ranks + (ranks > 1 ? config->rank : 0);
}

/* The next row to make, waiting for a free slot; false at the end. */
static bool claim(struct loader *loader, struct task *task)
{
    pthread_mutex_lock(&loader->lock);
    for (;;) {
        while (!loader->stopping && loader->failure == STATUS_OK && loader->claimed_batch < loader->end &&
               loader->claimed_row < 0 && !has_room(loader))
            pthread_cond_wait(&loader->changed, &loader->lock);
        if (loader->stopping || loader->failure != STATUS_OK || loader->claimed_batch >= loader->end)
            break;
        struct slot *slot = &loader->slot[loader->claimed_batch % SLOTS];
        if (loader->claimed_row < 0)
            begin_batch(loader);
        bool found = loader->claimed_row < slot->count;
        if (found) {
            int64_t row = loader->claimed_row++;
            *task = (struct task){slot, row, loader->order[position(loader, slot, row)], slot->epoch};
        }
        if (loader->claimed_row >= slot->count) {
            loader->claimed_row = -1;
            loader->claimed_batch++;
        }
        if (found) {
            pthread_mutex_unlock(&loader->lock);
            return true;
        }
        pthread_cond_broadcast(&loader->changed); /* a batch that was there already */
    }
    pthread_mutex_unlock(&loader->lock);
    return false;
}

static enum status note_broken(struct broken ***tail, int64_t index)
{
    struct broken *note = calloc(1, sizeof *note);
    if (note)
        note->reason = strdup(status_message());
    if (!note || !note->reason) {
        free(note);
        return FAIL(NO_MEMORY, "no memory to note that image %lld is broken", (long long)index);
    }
    note->index = index;
    **tail = note;
    *tail = &note->next;
    return STATUS_OK;
}

/* Makes the row; where its image is broken, a training row tries the images behind it. */
static enum status make_row(const struct loader *loader, struct task *task)
{
    const struct loader_config *config = &loader->config;
    const struct dataset *dataset = config->dataset;
    struct slot *slot = task->slot;
    int64_t pixels = 3 * (int64_t)config->side * config->side, count = dataset->count[config->split];
    int64_t tries = config->split == SPLIT_TRAIN ? dataset->max_broken + 1 : 1;
    struct sample which = {.split = config->split, .side = config->side};
    struct broken **tail = &slot->broken[task->row];
    which.key = random_bits(random_key(config->seed, "augment"), ((uint64_t)task->epoch << 32) + (uint64_t)task->index);
    slot->empty[task->row] = false;
    for (int64_t i = 0; i < tries && i < count; i++) {
        which.index = (task->index + i) % count;
        enum status status =
            dataset_sample(dataset, &which, slot->images + task->row * pixels, &slot->labels[task->row]);
        if (status == STATUS_OK || status == STATUS_NO_MEMORY)
            return status;
        TRY(note_broken(&tail, which.index));
    }
    slot->empty[task->row] = true;
    return STATUS_OK;
}

/* The first thread reads the split, the others wait. */
static void load(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    bool first = !loader->loading;
    loader->loading = true;
    pthread_mutex_unlock(&loader->lock);
    enum status status = first ? dataset_load(loader->config.dataset, loader->config.split) : STATUS_OK;
    pthread_mutex_lock(&loader->lock);
    if (status != STATUS_OK)
        fail_from_thread(loader, status);
    loader->loaded = loader->loaded || first;
    pthread_cond_broadcast(&loader->changed);
    while (!loader->loaded && !loader->stopping)
        pthread_cond_wait(&loader->changed, &loader->lock);
    pthread_mutex_unlock(&loader->lock);
}

static void *run(void *argument)
{
    struct loader *loader = argument;
    struct task task;
    load(loader);
    while (claim(loader, &task)) {
        enum status status = make_row(loader, &task);
        pthread_mutex_lock(&loader->lock);
        if (status != STATUS_OK)
            fail_from_thread(loader, status);
        task.slot->rows_done++;
        if (status != STATUS_OK || task.slot->rows_done == task.slot->count)
            pthread_cond_broadcast(&loader->changed); /* not for every row: waking the taker costs more than a small image */
        pthread_mutex_unlock(&loader->lock);
    }
    return NULL;
}

/* Half of the processors for decoding, since training wants them too; one thread for what costs next to nothing. */
static int worker_count(const struct loader_config *config)
{
    if (config->workers > 0)
        return config->workers;
    int half = config->dataset->source->costly ? omp_get_num_procs() / 2 : 1;
    return half < 1 ? 1 : half > MOST_AUTO_WORKERS ? MOST_AUTO_WORKERS : half;
}

static bool allocate(struct loader *loader)
{
    const struct loader_config *config = &loader->config;
    size_t batch = (size_t)config->batch, side = (size_t)config->side;
    bool whole = true;
    loader->order = malloc((size_t)config->dataset->count[config->split] * sizeof *loader->order);
    loader->thread = calloc((size_t)worker_count(config), sizeof *loader->thread);
    for (int s = 0; s < SLOTS; s++) {
        struct slot *slot = &loader->slot[s];
        slot->number = -1;
        slot->images = malloc(batch * 3 * side * side * sizeof(float));
        slot->labels = malloc(batch * sizeof *slot->labels);
        slot->empty = calloc(batch, sizeof *slot->empty);
        slot->broken = calloc(batch, sizeof *slot->broken);
        whole = whole && slot->images && slot->labels && slot->empty && slot->broken;
    }
    return whole && loader->order && loader->thread;
}

/* As many threads as the system gives, up to the wanted number. */
static int start_threads(struct loader *loader)
{
    int wanted = worker_count(&loader->config), started = 0;
    while (started < wanted && pthread_create(&loader->thread[started], NULL, run, loader) == 0)
        started++;
    return started;
}

enum status loader_create(const struct loader_config *config, struct loader **out)
{
    int64_t count = config->dataset->count[config->split], per_epoch = loader_batches(config);
    if (per_epoch < 1)
        return FAIL(USAGE, "a step of %lld images (--batch, --grad-accum-steps, --ranks) is more than the %lld of the data",
                    (long long)(config->batch * ranks_of(config) * (config->multiple > 1 ? config->multiple : 1)), (long long)count);
    if (count > UINT32_MAX)
        return FAIL(UNSUPPORTED, "%lld images are more than 2^32 - 1", (long long)count);
    struct loader *loader = calloc(1, sizeof *loader);
    if (loader) {
        loader->config = *config;
        loader->per_epoch = per_epoch;
        loader->end = config->epochs > 0 ? config->epochs * per_epoch : INT64_MAX;
        loader->claimed_batch = loader->taken = config->first_batch;
        loader->claimed_row = loader->ordered = -1;
        pthread_mutex_init(&loader->lock, NULL);
        pthread_cond_init(&loader->changed, NULL);
        loader->threads = allocate(loader) ? start_threads(loader) : 0;
    }
    if (!loader || loader->threads == 0) {
        loader_destroy(loader);
        return FAIL(NO_MEMORY, "no memory for batches of %lld images of %d pixels", (long long)config->batch,
                    config->side);
    }
    *out = loader;
    return STATUS_OK;
}

/* Closes the gap that a row without an image leaves in an evaluation's batch. */
static void drop_row(struct loader *loader, struct slot *slot, int64_t row)
{
    size_t pixels = 3 * (size_t)loader->config.side * (size_t)loader->config.side;
    int64_t behind = slot->count - row - 1;
    float *image = slot->images + (size_t)row * pixels;
    memmove(image, image + pixels, (size_t)behind * pixels * sizeof *image);
    memset(image + (size_t)behind * pixels, 0, pixels * sizeof *image);
    memmove(slot->labels + row, slot->labels + row + 1, (size_t)behind * sizeof *slot->labels);
    slot->labels[slot->count - 1] = 0;
    slot->count--;
}

/* Names the broken images of a whole batch in the order of its rows. Nobody else touches the slot now. */
static enum status name_broken(struct loader *loader, struct slot *slot)
{
    struct dataset *dataset = loader->config.dataset;
    enum split split = loader->config.split;
    for (int64_t row = 0, rows = slot->count, kept = 0; row < rows; row++) {
        for (const struct broken *b = slot->broken[row]; b; b = b->next)
            TRY(dataset_broken(dataset, split, b->index, b->reason));
        if (slot->empty[row] && split == SPLIT_TRAIN)
            return FAIL(CORRUPT, "%s; so are all that could take its place", slot->broken[row]->reason);
        if (slot->empty[row])
            drop_row(loader, slot, kept);
        else
            kept++;
        clear_broken(slot, row);
    }
    return STATUS_OK;
}

/* The same, and what ends the training ends the threads too. */
static enum status settle_broken(struct loader *loader, struct slot *slot)
{
    enum status status = name_broken(loader, slot);
    if (status == STATUS_OK)
        return STATUS_OK;
    pthread_mutex_lock(&loader->lock);
    fail_from_thread(loader, status);
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
    return status;
}

static bool is_ready(const struct loader *loader)
{
    const struct slot *slot = &loader->slot[loader->taken % SLOTS];
    return slot->number == loader->taken && slot->rows_done >= slot->count;
}

enum status loader_next(struct loader *loader, struct batch *out, bool *more)
{
    enum status status = STATUS_OK;
    struct slot *slot = NULL;
    pthread_mutex_lock(&loader->lock);
    while (!is_ready(loader) && loader->failure == STATUS_OK && loader->taken < loader->end)
        pthread_cond_wait(&loader->changed, &loader->lock);
    if (loader->failure != STATUS_OK) {
        status = status_fail(loader->failure, __FILE__, __LINE__, "%s", loader->message);
    } else if (loader->taken < loader->end) {
        slot = &loader->slot[loader->taken++ % SLOTS];
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    *more = false;
    if (!slot)
        return status;
    TRY(settle_broken(loader, slot));
    *more = true;
    *out = (struct batch){slot->images, slot->labels, slot->count, slot->epoch, slot->index};
    return STATUS_OK;
}

const float *loader_peek(struct loader *loader)
{
    const float *images = NULL;
    pthread_mutex_lock(&loader->lock);
    if (loader->failure == STATUS_OK && loader->taken < loader->end && is_ready(loader))
        images = loader->slot[loader->taken % SLOTS].images;
    pthread_mutex_unlock(&loader->lock);
    return images;
}

void loader_destroy(struct loader *loader)
{
    if (!loader)
        return;
    pthread_mutex_lock(&loader->lock);
    loader->stopping = true;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
    for (int i = 0; i < loader->threads; i++)
        pthread_join(loader->thread[i], NULL);
    for (int s = 0; s < SLOTS; s++) {
        struct slot *slot = &loader->slot[s];
        for (int64_t row = 0; slot->broken && row < loader->config.batch; row++)
            clear_broken(slot, row);
        free(slot->images);
        free(slot->labels);
        free(slot->empty);
        free(slot->broken);
    }
    pthread_mutex_destroy(&loader->lock);
    pthread_cond_destroy(&loader->changed);
    free(loader->thread);
    free(loader->order);
    free(loader);
}
