/*
 * Every model of models.def: it learns in both formats, float32 and bfloat16, and its gradient is the slope of its loss.
 * A model comes in by its row. `test_zoo [MODEL]` runs one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"

#define BATCH 4
#define LARGE 15000000 /* parameters */
#define SLOPE_CHANGE 0.0005
#define MOST_STEPS 10
#define LEARNING_RATE 0.001
#define FALL 0.97 /* of the loss, for "learns" */

/* Formats and dtypes that a model learns in. Sanitizers make a step four times as long, and see what they can in one. */
#ifdef __SANITIZE_ADDRESS__
#define COMBINATIONS 1
#else
#define COMBINATIONS 4
#endif

static struct policy policy;
static const char *only; /* the model asked for; NULL = all */

static struct session_config zoo_config(const struct model *model, enum memory_format format, enum dtype dtype, int side)
{
    struct session_config config = make_config(model, &policy, "cpu", format, side);
    config.batch = BATCH;
    config.optim.sgd.momentum = 0;
    config_autocast(&config, dtype);
    return config;
}

static double run_step(struct session *session, const struct batch *batch, double learning_rate)
{
    struct step_result result;
    must(session_step(session, batch, 0, learning_rate, NULL, &result));
    ck_assert_msg(isfinite(result.loss), "the loss is %g", result.loss);
    return result.loss;
}

static bool is_parameter(const struct session_state *state)
{
    return state->parameter;
}

/*
 * Parameters moved by `step` times the gradient. Returns how much that takes the loss up as far as it is straight: the product
 * of the gradient and of the way that is left after rounding.
 */
static double write_moved(struct session *session, const float *from, const float *gradient, double step)
{
    int64_t at = 0;
    double rise = 0;
    for (int i = 0; i < session_states(session); i++) {
        const struct session_state *state = session_state(session, i);
        if (!is_parameter(state))
            continue;
        int64_t count = tensor_count(&state->tensor);
        float *values = malloc((size_t)count * sizeof *values);
        ck_assert_ptr_nonnull(values);
        for (int64_t k = 0; k < count; k++) {
            values[k] = (float)(from[at + k] + step * gradient[at + k]);
            rise += (double)gradient[at + k] * ((double)values[k] - (double)from[at + k]);
        }
        must(session_write(session, i, values, NULL));
        free(values);
        at += count;
    }
    return rise;
}

/* What a step with learning rate 1 took away. *square is the gradient's squared length. */
static float *gradient_of(struct session *session, const struct batch *batch, const float *before, int64_t count,
                          double *square)
{
    run_step(session, batch, 1);
    float *gradient = read_states(session, is_parameter, &count);
    *square = 0;
    for (int64_t i = 0; i < count; i++) {
        gradient[i] = before[i] - gradient[i];
        *square += (double)gradient[i] * gradient[i];
    }
    return gradient;
}

/*
 * Along its gradient g the loss rises as g says: central differences in float32, over a way on which it changes by
 * SLOPE_CHANGE. Every operator's backward in the model stands behind it. Returns the number of parameters. (Images twice as
 * large as need be: the statistics of four values that batch norm sees in a 1x1 map are too bent for differences.)
 */
static int64_t check_slope(const struct model *model)
{
    double square;
    int64_t count;
    struct session_config config = zoo_config(model, FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 2 * model->least_image);
    struct session *session = open_session(&config);
    struct batch batch = make_batch(&config, 0);
    float *before = read_states(session, is_parameter, &count);
    float *gradient = gradient_of(session, &batch, before, count, &square);
    double way = SLOPE_CHANGE / square;
    double rise = write_moved(session, before, gradient, way);
    double above = run_step(session, &batch, 0);
    rise -= write_moved(session, before, gradient, -way);
    double below = run_step(session, &batch, 0);
    free(before);
    free(gradient);
    batch_free(&batch);
    session_destroy(session);
    ck_assert_msg(fabs(above - below - rise) < 0.05 * rise, "%s: the loss rises by %g, the gradient says by %g", model->name,
                  above - below, rise);
    return count;
}

/* The same batch, and with the same number of step the same dropout masks: what is left is the model's own way down. */
static void check_learning(const struct model *model, enum memory_format format, enum dtype dtype)
{
    struct session_config config = zoo_config(model, format, dtype, model->least_image);
    config.optim.kind = OPTIMIZER_ADAMW;
    struct session *session = open_session(&config);
    struct batch batch = make_batch(&config, 0);
    double first = run_step(session, &batch, LEARNING_RATE), last = first;
    for (int step = 1; step < MOST_STEPS && last > FALL * first; step++)
        last = run_step(session, &batch, LEARNING_RATE);
    ck_assert_msg(last <= FALL * first, "%s, %s, %s: loss %g, after %d steps %g", model->name, layout_name(format),
                  dtype_name(dtype), first, MOST_STEPS, last);
    batch_free(&batch);
    session_destroy(session);
}

START_TEST(every_model_learns)
{
    const struct model *model = model_at(_i);
    if (only && strcmp(only, model->name) != 0)
        return;
    must(policy_load(&policy, "torch-2.15-cpu"));
    bool large = check_slope(model) > LARGE;
    /* Of large models, whose time goes into parameters, the two that differ in both; under a sanitizer the slope will do. */
    for (int i = large && COMBINATIONS == 1; i < COMBINATIONS; i += large ? 3 : 1)
        check_learning(model, i & 1 ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, i & 2 ? DTYPE_BFLOAT16 : DTYPE_FLOAT32);
    policy_release(&policy);
}
END_TEST

int main(int argc, char **argv)
{
    const struct model *model;
    only = argc > 1 ? argv[1] : NULL;
    if (only && model_find(only, &model) != STATUS_OK) {
        fprintf(stderr, "%s\n", status_message());
        return 2;
    }
    Suite *suite = suite_create("zoo");
    TCase *tcase = tcase_create("models");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, every_model_learns, 0, model_count());
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
