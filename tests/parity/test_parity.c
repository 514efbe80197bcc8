/* Training steps of resnet18 against losses that PyTorch made from the same numbers (resnet18_losses.py). */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/parity/must.h"
#include "trainer/session.h"

#define BATCH 8
#define SIDE 64
#define STEPS 5
/* bfloat16: PyTorch's own two formats differ by up to 2e-3 within five steps; we allow ten times what a rounding does. */
#define FLOAT32_TOLERANCE 1e-4
#define BFLOAT16_TOLERANCE 2e-2

struct reference {
    char optimizer[16], dtype[16], format[16];
    double smoothing, loss[STEPS];
};

#define MAX_REFERENCES 32
static struct reference references[MAX_REFERENCES];
static int reference_count;

/* False when the file is not there or a row is not whole. */
static bool read_references(void)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/resnet18_losses.tsv", "r");
    char line[512];
    bool whole = file != NULL;
    while (whole && reference_count < MAX_REFERENCES && fgets(line, sizeof line, file)) {
        struct reference *r = &references[reference_count];
        if (line[0] == '#')
            continue;
        whole = sscanf(line, "%15s %lf %15s %15s %lf %lf %lf %lf %lf", r->optimizer, &r->smoothing, r->dtype, r->format,
                       &r->loss[0], &r->loss[1], &r->loss[2], &r->loss[3], &r->loss[4]) == 9;
        reference_count++;
    }
    if (file)
        fclose(file);
    return whole && reference_count > 0;
}

static struct session *open_session(const struct reference *r, struct policy *policy)
{
    bool adamw = strcmp(r->optimizer, "adamw") == 0;
    struct session_config config = {
        .policy = policy,
        .backend = backend_find("cpu"),
        .layout = {strcmp(r->format, "contiguous") == 0 ? FORMAT_CONTIGUOUS : FORMAT_CHANNELS_LAST},
        .autocast = strcmp(r->dtype, "float32") != 0,
        .autocast_dtype = DTYPE_BFLOAT16,
        .batch = BATCH,
        .side = SIDE,
        .classes = 1000,
        .seed = 42,
        .label_smoothing = r->smoothing,
        .optim = {.kind = adamw ? OPTIMIZER_ADAMW : OPTIMIZER_SGD,
                  .sgd = {.momentum = 0.9, .weight_decay = 1e-4},
                  .adamw = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01}},
    };
    struct session *session;
    must(model_find("resnet18", &config.model));
    must(policy_load(policy, "torch-2.15-cpu"));
    must(session_create(&config, &session));
    must(session_initialise(session, NULL));
    return session;
}

static void train_and_compare(const struct reference *r)
{
    struct policy policy;
    struct dataset data;
    struct session *session = open_session(r, &policy);
    double rate = strcmp(r->optimizer, "adamw") == 0 ? 1e-5 : 0.0005;
    double tolerance = strcmp(r->dtype, "float32") == 0 ? FLOAT32_TOLERANCE : BFLOAT16_TOLERANCE;
    float *images = malloc(BATCH * 3 * SIDE * SIDE * sizeof *images);
    int64_t labels[BATCH];
    must(dataset_open("synthetic", &data));
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < BATCH; i++)
            must(dataset_sample(&data, &(struct sample){SPLIT_TRAIN, step * BATCH + i, SIDE, 0},
                                images + i * 3 * SIDE * SIDE, &labels[i]));
        struct batch batch = {images, labels, BATCH, 0, step};
        struct step_result result;
        must(session_step(session, &batch, step, rate, NULL, &result));
        double difference = fabs(result.loss - r->loss[step]) / fabs(r->loss[step]);
        ck_assert_msg(difference <= tolerance, "%s %s %s smoothing %g step %d: loss %.9g, PyTorch %.9g (relative %.2e)",
                      r->optimizer, r->dtype, r->format, r->smoothing, step, result.loss, r->loss[step], difference);
    }
    free(images);
    session_destroy(session);
    dataset_release(&data);
    policy_release(&policy);
}

START_TEST(losses_equal_pytorch)
{
    train_and_compare(&references[_i]);
}
END_TEST

int main(void)
{
    if (!read_references()) {
        fprintf(stderr, "resnet18_losses.tsv is missing or damaged\n");
        return 1;
    }
    Suite *suite = suite_create("parity");
    TCase *tcase = tcase_create("resnet18");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, losses_equal_pytorch, 0, reference_count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
