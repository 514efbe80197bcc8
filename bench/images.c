/*
 * An image folder's training samples through the loader, and the pixels of its test samples.
 *
 *     bench_images FOLDER SIDE WORKERS EPOCHS    prints images per second, and per second of a core
 *     bench_images FOLDER SIDE                   writes every test sample, float32 (3, SIDE, SIDE), to stdout
 *
 * bench/run.sh images compares both with torchvision's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "trainer/data/loader.h"

#define BATCH 16

static void must(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_images: %s\n", status_message());
    exit(1);
}

/* Seconds of all threads. */
static double core_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void measure(struct dataset *dataset, int side, int workers, int64_t epochs)
{
    struct loader_config config = {.dataset = dataset, .split = SPLIT_TRAIN, .batch = BATCH, .side = side, .seed = 1,
                                   .workers = workers, .epochs = epochs};
    struct loader *loader;
    struct batch batch;
    bool more = true;
    double images = 0, core = core_seconds();
    int64_t start = clock_ns();
    must(loader_create(&config, &loader));
    for (; more; images += more ? (double)batch.count : 0)
        must(loader_next(loader, &batch, &more));
    printf("%.1f\t%.1f\n", images / ((double)(clock_ns() - start) / 1e9), images / (core_seconds() - core));
    loader_destroy(loader);
}

static void dump(struct dataset *dataset, int side)
{
    size_t count = 3 * (size_t)side * (size_t)side;
    float *image = malloc(count * sizeof *image);
    for (int64_t i = 0; image && i < dataset->count[SPLIT_TEST]; i++) {
        int64_t label;
        must(dataset_sample(dataset, &(struct sample){SPLIT_TEST, i, side, 0}, image, &label));
        fwrite(image, sizeof *image, count, stdout);
    }
    free(image);
}

int main(int argc, char **argv)
{
    struct dataset dataset;
    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: bench_images FOLDER SIDE [WORKERS EPOCHS]\n");
        return 2;
    }
    must(dataset_open(argv[1], &dataset));
    if (argc == 5)
        measure(&dataset, atoi(argv[2]), atoi(argv[3]), atoll(argv[4]));
    else
        dump(&dataset, atoi(argv[2]));
    dataset_release(&dataset);
    return 0;
}
