/* The loader: what it hands out, in which order, and how it ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_idx.h"
#include "tests/trainer/support_trainer.h"

#define IMAGES 103
#define BATCH 10

/* Images of 1x2 pixels that hold their own number, in memory: nothing is read from the folder. */
static void numbered_dataset(struct dataset *dataset)
{
    memset(dataset, 0, sizeof *dataset);
    dataset->classes = 10;
    dataset->height = 1;
    dataset->width = 2;
    dataset->mean = 0;
    dataset->deviation = 1.0f / 255; /* a sample is the pixel's value */
    dataset->folder = strdup("memory");
    for (int split = 0; split < SPLIT_COUNT; split++) {
        dataset->count[split] = IMAGES;
        dataset->pixels[split] = malloc(2 * IMAGES);
        dataset->labels[split] = malloc(IMAGES);
        for (int i = 0; i < IMAGES; i++) {
            dataset->pixels[split][2 * i] = (uint8_t)i;
            dataset->pixels[split][2 * i + 1] = (uint8_t)(255 - i);
            dataset->labels[split][i] = (uint8_t)(i % 10);
        }
    }
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
                                   more_than_there_is_is_refused, NULL});
}
