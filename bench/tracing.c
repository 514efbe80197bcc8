/*
 * What recording costs: blocks of traced and untraced steps of one resnet50 session in one process, alternating; between
 * blocks the writer gets time to finish, so that each block pays for its own rows. Prints "traced_ms untraced_ms ratio"
 * (medians over blocks, the ratio pair by pair).
 *
 * usage: bench_tracing [MODEL [BATCH [PAIRS [SIDE]]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stats.h"
#include "profiler/recorder.h"
#include "trainer/session.h"

#define BLOCK_STEPS 3

static void must(enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", status_message());
        exit(1);
    }
}

struct bench {
    struct session *session;
    const struct observer *observer;
    struct batch batch;
    int64_t step;
};

static double run_block(struct bench *bench, const struct observer *observer)
{
    int64_t start = clock_ns();
    for (int i = 0; i < BLOCK_STEPS; i++, bench->step++) {
        struct step_result result;
        int64_t begin = clock_ns();
        if (observer)
            observer->step_begin(observer->self, bench->step, begin);
        must(session_step(bench->session, &bench->batch, bench->step, 1e-4, observer, &result));
        struct step_info info = {bench->step, begin, clock_ns(), bench->batch.count, result.loss, -1, false};
        if (observer)
            observer->step_end(observer->self, &info);
    }
    double ms = (double)(clock_ns() - start) / 1e6 / BLOCK_STEPS;
    usleep(200000);
    return ms;
}

static void make_batch(struct batch *batch, int64_t count, int side)
{
    struct dataset data;
    int64_t pixels = 3 * (int64_t)side * side;
    float *images = malloc((size_t)(count * pixels) * sizeof *images);
    int64_t *labels = malloc((size_t)count * sizeof *labels);
    must(dataset_open("synthetic", &data));
    for (int64_t i = 0; i < count; i++)
        must(dataset_sample(&data, &(struct sample){SPLIT_TRAIN, i, side, 0}, images + i * pixels, &labels[i]));
    *batch = (struct batch){images, labels, count, 0, 0};
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "resnet50";
    int batch = argc > 2 ? atoi(argv[2]) : 16, pairs = argc > 3 ? atoi(argv[3]) : 8, side = argc > 4 ? atoi(argv[4]) : 224;
    struct bench bench = {0};
    struct policy policy;
    struct recorder *recorder;
    struct session_config config = {.backend = backend_find("cpu"), .policy = &policy,
                                    .layout = {FORMAT_CHANNELS_LAST}, .autocast = true, .autocast_dtype = DTYPE_BFLOAT16,
                                    .batch = batch, .side = side, .classes = 1000, .optim = {.sgd = {.momentum = 0.9}}};
    char path[] = "/tmp/clprof-bench-XXXXXX";
    double *on = calloc((size_t)pairs, sizeof *on), *off = calloc((size_t)pairs, sizeof *off),
           *ratio = calloc((size_t)pairs, sizeof *ratio);
    must(model_find(name, &config.model));
    must(policy_load(&policy, policy_default("cpu")));
    must(session_create(&config, &bench.session));
    if (!mkdtemp(path) || chdir(path) != 0)
        return 1;
    must(recorder_create("bench.db", &(struct run_info){.source = "train", .model = name}, &recorder));
    const struct observer *observer = recorder_observer(recorder);
    must(session_declare(bench.session, observer));
    must(session_initialise(bench.session, NULL));
    make_batch(&bench.batch, batch, side);
    run_block(&bench, observer);
    for (int p = 0; p < pairs; p++) {
        bool first = p % 2 == 0;
        double a = run_block(&bench, first ? observer : NULL), b = run_block(&bench, first ? NULL : observer);
        on[p] = first ? a : b;
        off[p] = first ? b : a;
        ratio[p] = on[p] / off[p];
    }
    printf("%.3f %.3f %.5f\n", stats_median(on, (size_t)pairs), stats_median(off, (size_t)pairs),
           stats_median(ratio, (size_t)pairs));
    must(recorder_finish(recorder));
    unlink("bench.db");
    rmdir(path);
    session_destroy(bench.session);
    return 0;
}
