/* The loader: what it hands out, in which order, and how it ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_idx.h"
#include "tests/trainer/support_trainer.h"

#define IMAGES 103
#define BATCH 10

/* The images of which numbered_sample says that they are broken: every `one_in`-th, from `from` on, in both splits. */
struct broken_rule {
    int64_t from, one_in;
};

static bool accepts_nothing(const char *data)
{
    (void)data;
    return false;
}

/* Images of 2x2 pixels: the image's number, 255 minus it, and again. */
static enum status numbered_sample(const struct dataset *dataset, const struct sample *which, float *image, int64_t *label)
{
    const struct broken_rule *rule = dataset->self;
    if (rule && which->index >= rule->from && (which->index - rule->from) % rule->one_in == 0)
        return FAIL(CORRUPT, "image %d is broken", (int)which->index);
    for (int i = 0; i < 12; i++)
        image[i] = (float)(i % 2 ? 255 - which->index : which->index);
    *label = which->index % dataset->classes;
    return STATUS_OK;
}

static const struct source numbered = {.accepts = accepts_nothing, .sample = numbered_sample};

static void numbered_dataset(struct dataset *dataset)
{
    *dataset = (struct dataset){.source = &numbered, .count = {IMAGES, IMAGES}, .classes = 10, .max_broken = 10};
}

static struct loader_config numbered_loader(struct dataset *dataset, enum split split, uint64_t seed, int64_t epochs)
{
    return (struct loader_config){
        .dataset = dataset, .split = split, .batch = BATCH, .side = 2, .seed = seed, .epochs = epochs};
}

/* Number of the image in row `row`; checks that pixels and label belong to it. */
static int image_number(const struct batch *batch, int64_t row)
{
    const float *image = batch->images + row * 12;
    int number = (int)lroundf(image[0]);
    ck_assert_float_eq_tol(image[1], (float)(255 - number), 1e-3);
    ck_assert_int_eq(batch->labels[row], number % 10);
    return number;
}

/* Takes all batches; order[] gets image numbers. Returns how many images came. */
static int drain(const struct loader_config *config, int *order, int64_t *batches)
{
    struct loader *loader;
    int images = 0;
    bool more = true;
    must(loader_create(config, &loader));
    for (*batches = 0;; ++*batches) {
        struct batch batch;
        must(loader_next(loader, &batch, &more));
        if (!more)
            break;
        ck_assert_int_eq(batch.epoch, *batches / loader_batches(config));
        ck_assert_int_eq(batch.index, *batches % loader_batches(config));
        for (int64_t i = 0; i < batch.count; i++)
            order[images++] = image_number(&batch, i);
        for (int64_t i = batch.count * 12; i < config->batch * 12; i++)
            ck_assert_float_eq(batch.images[i], 0);
    }
    struct batch none;
    must(loader_next(loader, &none, &more)); /* the end stays the end */
    ck_assert(!more);
    loader_destroy(loader);
    return images;
}

START_TEST(every_training_image_at_most_once_an_epoch)
{
    struct dataset dataset;
    int order[3 * IMAGES];
    int64_t batches;
    numbered_dataset(&dataset);
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 3);
    ck_assert_int_eq(loader_batches(&config), IMAGES / BATCH);
    ck_assert_int_eq(drain(&config, order, &batches), 3 * (IMAGES / BATCH) * BATCH);
    ck_assert_int_eq(batches, 3 * (IMAGES / BATCH));
    for (int epoch = 0; epoch < 3; epoch++) {
        int seen[IMAGES] = {0};
        for (int i = 0; i < IMAGES / BATCH * BATCH; i++)
            ck_assert_int_eq(++seen[order[epoch * (IMAGES / BATCH * BATCH) + i]], 1);
    }
    dataset_release(&dataset);
}
END_TEST

START_TEST(every_test_image_once_in_order)
{
    struct dataset dataset;
    int order[IMAGES];
    int64_t batches;
    numbered_dataset(&dataset);
    struct loader_config config = numbered_loader(&dataset, SPLIT_TEST, 1, 1);
    ck_assert_int_eq(drain(&config, order, &batches), IMAGES);
    ck_assert_int_eq(batches, IMAGES / BATCH + 1);
    for (int i = 0; i < IMAGES; i++)
        ck_assert_int_eq(order[i], i);
    dataset_release(&dataset);
}
END_TEST

START_TEST(order_follows_from_seed_and_epoch)
{
    struct dataset dataset;
    int a[2 * IMAGES], b[2 * IMAGES], c[2 * IMAGES];
    int64_t batches;
    numbered_dataset(&dataset);
    struct loader_config one = numbered_loader(&dataset, SPLIT_TRAIN, 1, 2);
    struct loader_config two = numbered_loader(&dataset, SPLIT_TRAIN, 9, 2);
    int count = drain(&one, a, &batches);
    ck_assert_int_eq(drain(&one, b, &batches), count);
    ck_assert_int_eq(drain(&two, c, &batches), count);
    size_t epoch = (size_t)count / 2 * sizeof(int);
    ck_assert_mem_eq(a, b, 2 * epoch);
    ck_assert_int_ne(memcmp(a, c, epoch), 0);
    ck_assert_int_ne(memcmp(a, a + count / 2, epoch), 0);
    int in_place = 0;
    for (int i = 0; i < count / 2; i++)
        in_place += a[i] == i;
    ck_assert_int_lt(in_place, 10); /* one is expected of a shuffled order */
    dataset_release(&dataset);
}
END_TEST

START_TEST(batch_stays_while_the_next_are_made)
{
    struct dataset dataset;
    struct loader *loader;
    struct batch batch;
    bool more;
    float kept[BATCH * 12];
    numbered_dataset(&dataset);
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 0);
    must(loader_create(&config, &loader));
    for (int i = 0; i < 50; i++) {
        must(loader_next(loader, &batch, &more));
        ck_assert(more);
        memcpy(kept, batch.images, sizeof kept);
        for (volatile int wait = 0; wait < 20000; wait++)
            ;
        ck_assert_mem_eq(kept, batch.images, sizeof kept);
    }
    loader_destroy(loader);
    dataset_release(&dataset);
}
END_TEST

/* Destroyed before, while and after the first batches are made; the ring full and not. */
START_TEST(destroyed_while_the_thread_is_busy)
{
    struct dataset dataset;
    must(dataset_open("synthetic", &dataset));
    struct loader_config config = {.dataset = &dataset, .batch = 8, .side = 32, .seed = 1};
    for (int i = 0; i < 40; i++) {
        struct loader *loader;
        struct batch batch;
        bool more;
        must(loader_create(&config, &loader));
        for (int taken = 0; taken < i % 4; taken++)
            must(loader_next(loader, &batch, &more));
        for (volatile int wait = 0; wait < i * 3000; wait++)
            ;
        loader_destroy(loader);
    }
    loader_destroy(NULL);
    dataset_release(&dataset);
}
END_TEST

START_TEST(failure_on_the_thread_reaches_the_taker)
{
    char folder[64];
    struct dataset dataset;
    struct loader *loader;
    struct batch batch;
    bool more;
    size_t length;
    scratch_create(folder);
    write_family(folder, 40, 6, 6);
    must(dataset_open(folder, &dataset));
    const char *path = scratch_path(folder, image_file_names[0]);
    unsigned char *bytes = read_plain(path, &length);
    write_plain(path, bytes, length / 2);
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 1);
    must(loader_create(&config, &loader));
    for (int i = 0; i < 2; i++) {
        REFUSED(loader_next(loader, &batch, &more), CORRUPT, path, "byte");
        ck_assert(!more);
    }
    loader_destroy(loader);
    free(bytes);
    dataset_release(&dataset);
    scratch_remove(folder);
}
END_TEST

/* Batches of a loader, one behind the other: images, labels, counts. Returns their number. */
static int64_t record(const struct loader_config *config, int64_t most, float *images, int64_t *labels)
{
    struct loader *loader;
    struct batch batch;
    bool more = true;
    int64_t pixels = config->batch * 3 * config->side * config->side, number = 0;
    must(loader_create(config, &loader));
    for (; number < most; number++) {
        must(loader_next(loader, &batch, &more));
        if (!more)
            break;
        memcpy(images + number * pixels, batch.images, (size_t)pixels * sizeof *images);
        memcpy(labels + number * config->batch, batch.labels, (size_t)config->batch * sizeof *labels);
    }
    loader_destroy(loader);
    return number;
}

#define RECORDED 33 /* batches: more than three epochs of the numbered images */

static void compare_workers(struct dataset *dataset, enum split split, int side)
{
    int64_t pixels = BATCH * 3 * side * side;
    float *images[2];
    int64_t labels[2][RECORDED * BATCH], number[2];
    for (int i = 0; i < 2; i++) {
        images[i] = calloc((size_t)(RECORDED * pixels), sizeof(float));
        ck_assert_ptr_nonnull(images[i]);
    }
    for (int workers = 1; workers <= 5; workers += 2) {
        int i = workers > 1;
        struct loader_config config = numbered_loader(dataset, split, 3, split == SPLIT_TRAIN ? 0 : 2);
        config.side = side;
        config.workers = workers;
        number[i] = record(&config, RECORDED, images[i], labels[i]);
        ck_assert_int_eq(number[i], number[0]);
        ck_assert_mem_eq(images[i], images[0], (size_t)(number[0] * pixels) * sizeof(float));
        ck_assert_mem_eq(labels[i], labels[0], (size_t)(number[0] * BATCH) * sizeof(int64_t));
    }
    free(images[0]);
    free(images[1]);
}

START_TEST(workers_change_nothing)
{
    struct dataset dataset;
    struct broken_rule rule = {3, 20};
    numbered_dataset(&dataset);
    compare_workers(&dataset, SPLIT_TRAIN, 2);
    compare_workers(&dataset, SPLIT_TEST, 2);
    dataset.self = &rule;
    compare_workers(&dataset, SPLIT_TRAIN, 2);
    compare_workers(&dataset, SPLIT_TEST, 2);
    dataset_release(&dataset);
    must(dataset_open("synthetic", &dataset));
    compare_workers(&dataset, SPLIT_TRAIN, 16);
    dataset_release(&dataset);
}
END_TEST

/* A loader that begins later gives what one that began at 0 gives from there on. */
static void compare_beginnings(struct dataset *dataset, int side, int64_t batch)
{
    int64_t pixels = batch * 3 * side * side;
    float *whole = calloc((size_t)(RECORDED * pixels), sizeof(float)), *part = calloc((size_t)(RECORDED * pixels), sizeof(float));
    int64_t labels[RECORDED * BATCH], part_labels[RECORDED * BATCH];
    struct loader_config config = numbered_loader(dataset, SPLIT_TRAIN, 3, 0);
    ck_assert(whole && part && batch <= BATCH);
    config.side = side;
    config.batch = batch;
    ck_assert_int_eq(record(&config, RECORDED, whole, labels), RECORDED);
    for (int64_t first = 1; first < RECORDED; first += 4) {
        config.first_batch = first;
        config.workers = 1 + (int)(first % 3);
        ck_assert_int_eq(record(&config, RECORDED - first, part, part_labels), RECORDED - first);
        ck_assert_mem_eq(part, whole + first * pixels, (size_t)((RECORDED - first) * pixels) * sizeof(float));
        ck_assert_mem_eq(part_labels, labels + first * batch, (size_t)((RECORDED - first) * batch) * sizeof(int64_t));
    }
    free(whole);
    free(part);
}

START_TEST(a_later_beginning_changes_nothing)
{
    struct dataset dataset;
    numbered_dataset(&dataset);
    compare_beginnings(&dataset, 2, BATCH);
    dataset_release(&dataset);
    must(dataset_open("synthetic", &dataset));
    compare_beginnings(&dataset, 8, BATCH);
    dataset.count[SPLIT_TRAIN] = 20; /* an epoch shorter than the ring */
    compare_beginnings(&dataset, 8, BATCH);
    dataset_release(&dataset);
}
END_TEST

START_TEST(the_end_stays_the_end_after_a_later_beginning)
{
    struct dataset dataset;
    int order[IMAGES];
    int64_t batches;
    float images[4 * BATCH * 12];
    int64_t labels[4 * BATCH];
    numbered_dataset(&dataset);
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 1);
    config.first_batch = 7;
    ck_assert_int_eq(record(&config, 4, images, labels), 3);
    config.first_batch = 10; /* the epoch's number of batches: nothing is left */
    ck_assert_int_eq(drain(&config, order, &batches), 0);
    dataset_release(&dataset);
}
END_TEST

/* Every broken image is replaced by the next good one in training, and left out of an evaluation. */
START_TEST(broken_images_are_replaced_and_counted)
{
    struct dataset dataset;
    struct broken_rule rule = {3, 20}; /* 3, 23, 43, 63, 83: five in each split */
    int order[3 * IMAGES], seen[IMAGES] = {0};
    int64_t batches;
    numbered_dataset(&dataset);
    dataset.self = &rule;
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 3);
    int images = drain(&config, order, &batches);
    ck_assert_int_eq(images, 3 * (IMAGES / BATCH) * BATCH);
    for (int i = 0; i < images; i++)
        seen[order[i]]++;
    for (int i = 0; i < IMAGES; i++)
        ck_assert(seen[i] == 0 ? i % 20 == 3 : i % 20 == 4 ? seen[i] > 3 : seen[i] <= 3);
    ck_assert_int_eq(dataset.broken, 5); /* once each, though three epochs met them */
    config.split = SPLIT_TEST;
    config.epochs = 1;
    struct loader *loader;
    struct batch batch;
    bool more = true;
    must(loader_create(&config, &loader));
    for (images = 0; more;) {
        must(loader_next(loader, &batch, &more));
        for (int64_t i = 0; more && i < batch.count; i++, images++)
            ck_assert_int_ne(image_number(&batch, i) % 20, 3);
        for (int64_t i = batch.count * 12; more && i < config.batch * 12; i++)
            ck_assert_float_eq(batch.images[i], 0);
    }
    ck_assert_int_eq(images, IMAGES - 5);
    ck_assert_int_eq(dataset.broken, 10);
    loader_destroy(loader);
    dataset_release(&dataset);
}
END_TEST

START_TEST(too_many_broken_images_end_it)
{
    struct dataset dataset;
    struct broken_rule rules[] = {{3, 20}, {0, 1}};
    int64_t batch_of_failure[2] = {0};
    for (int i = 0; i < 4; i++) { /* at the same batch, whatever the workers */
        struct loader *loader;
        struct batch batch;
        bool more = true;
        enum status status = STATUS_OK;
        numbered_dataset(&dataset);
        dataset.self = &rules[i % 2];
        dataset.max_broken = 4;
        struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 2);
        config.workers = i < 2 ? 1 : 4;
        must(loader_create(&config, &loader));
        int64_t number = 0;
        for (; status == STATUS_OK; number++)
            status = loader_next(loader, &batch, &more);
        ck_assert_int_eq(i < 2 ? number : batch_of_failure[i % 2], number);
        batch_of_failure[i % 2] = number;
        REFUSED(status, CORRUPT, "image ", "is broken", "5 broken images", "--max-broken is 4");
        ck_assert(!more);
        REFUSED(loader_next(loader, &batch, &more), CORRUPT, "5 broken images");
        loader_destroy(loader);
        dataset_release(&dataset);
    }
}
END_TEST

/* Fewer images than may be broken, and none is good. */
START_TEST(no_good_image_at_all)
{
    struct dataset dataset;
    struct broken_rule all = {0, 1};
    struct loader *loader;
    struct batch batch;
    bool more = true;
    numbered_dataset(&dataset);
    dataset.self = &all;
    dataset.count[SPLIT_TRAIN] = 3;
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 1);
    config.batch = 2;
    must(loader_create(&config, &loader));
    REFUSED(loader_next(loader, &batch, &more), CORRUPT, "is broken", "so are all");
    loader_destroy(loader);
    dataset_release(&dataset);
}
END_TEST

/* Three ranks take turns in the order that one of their batches together would have taken: torch's DistributedSampler. */
START_TEST(ranks_share_an_epoch)
{
    struct dataset dataset;
    int whole[2 * IMAGES], part[2 * IMAGES];
    int64_t batches, ranks = 3;
    numbered_dataset(&dataset);
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 2);
    config.batch = BATCH * ranks;
    ck_assert_int_eq(drain(&config, whole, &batches), 180);
    config.batch = BATCH;
    config.ranks = (int)ranks;
    for (config.rank = 0; config.rank < ranks; config.rank++) {
        ck_assert_int_eq(loader_batches(&config), 3);
        ck_assert_int_eq(drain(&config, part, &batches), 60);
        ck_assert_int_eq(batches, 6);
        for (int i = 0; i < 60; i++)
            ck_assert_int_eq(part[i], whole[i * ranks + config.rank]);
    }
    config.split = SPLIT_TEST; /* who evaluates does it alone */
    config.epochs = 1;
    ck_assert_int_eq(drain(&config, part, &batches), IMAGES);
    dataset_release(&dataset);
}
END_TEST

START_TEST(more_than_there_is_is_refused)
{
    struct dataset dataset;
    struct loader *loader = NULL;
    numbered_dataset(&dataset);
    struct loader_config config = numbered_loader(&dataset, SPLIT_TRAIN, 1, 1);
    config.batch = IMAGES + 1;
    REFUSED(loader_create(&config, &loader), USAGE, "104", "103");
    ck_assert_ptr_null(loader);
    config.batch = IMAGES;
    ck_assert_int_eq(loader_batches(&config), 1);
    config.split = SPLIT_TEST; /* keeps its partial batch */
    config.batch = IMAGES + 1;
    must(loader_create(&config, &loader));
    loader_destroy(loader);
    dataset_release(&dataset);
}
END_TEST

int main(void)
{
    return run_tests("loader", (const TTest *const[]){
                                   every_training_image_at_most_once_an_epoch, every_test_image_once_in_order,
                                   order_follows_from_seed_and_epoch, batch_stays_while_the_next_are_made,
                                   destroyed_while_the_thread_is_busy, failure_on_the_thread_reaches_the_taker,
                                   workers_change_nothing, a_later_beginning_changes_nothing,
                                   the_end_stays_the_end_after_a_later_beginning,
                                   broken_images_are_replaced_and_counted, too_many_broken_images_end_it,
                                   no_good_image_at_all, ranks_share_an_epoch, more_than_there_is_is_refused, NULL});
}
