/* What stands around the optimizer: clipping of gradients, the moving average, accumulation; each against its definition. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/mixing.h"

static struct policy policy;

static struct session_config config_of(enum memory_format format, enum dtype dtype)
{
    struct session_config config = make_config(&tiny_model, &policy, "cpu", format, 8);
    config_autocast(&config, dtype);
    return config;
}

static bool is_parameter(const struct session_state *state)
{
    return state->parameter;
}

static bool is_model(const struct session_state *state)
{
    return state->model;
}

static bool is_average(const struct session_state *state)
{
    return strncmp(state->name, "ema.", 4) == 0;
}

static void step(struct session *session, const struct session_config *config, int64_t number, double learning_rate)
{
    struct step_result result;
    struct batch batch = make_batch(config, number);
    must(session_step(session, &batch, number, learning_rate, NULL, &result));
    batch_free(&batch);
}

/* Change of all parameters by one step of plain SGD with learning rate 1: the gradient, negated. */
static float *first_change(struct session_config config, double clip_norm, int64_t *count)
{
    config.optim.sgd = (struct sgd_attrs){0};
    config.optim.clip_norm = clip_norm;
    struct session *session = open_session(&config);
    float *before = read_states(session, is_parameter, count);
    step(session, &config, 0, 1);
    float *after = read_states(session, is_parameter, count);
    session_destroy(session);
    for (int64_t i = 0; i < *count; i++)
        after[i] -= before[i];
    free(before);
    return after;
}

static double norm_of(const float *values, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return sqrt(sum);
}

START_TEST(clipping_scales_to_the_norm)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int dtype = DTYPE_FLOAT32; dtype <= DTYPE_FLOAT16; dtype++) { /* with a scaler: clipped after unscaling */
        struct session_config config = config_of(FORMAT_CHANNELS_LAST, (enum dtype)dtype);
        int64_t count;
        float *free_change = first_change(config, 0, &count);
        double norm = norm_of(free_change, count);
        ck_assert_double_gt(norm, 0.1);
        float *loose = first_change(config, 2 * norm, &count), *tight = first_change(config, norm / 4, &count);
        ck_assert_mem_eq(free_change, loose, (size_t)count * sizeof *loose);
        ck_assert_double_eq_tol(norm_of(tight, count), norm / 4, 1e-4 * norm);
        for (int64_t i = 0; i < count; i++)
            ck_assert_double_eq_tol(tight[i], free_change[i] / 4, 1e-5 * norm);
        free(free_change);
        free(loose);
        free(tight);
    }
    policy_release(&policy);
}
END_TEST

START_TEST(the_average_follows)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int dtype = DTYPE_FLOAT32; dtype <= DTYPE_FLOAT16; dtype++) {
        struct session_config config = config_of(FORMAT_CHANNELS_LAST, (enum dtype)dtype);
        config.optim.ema_decay = 0.75;
        struct session *session = open_session(&config);
        int64_t count, averages;
        float *expected = read_states(session, is_model, &count);
        for (int number = 0; number < 3; number++) {
            float *before = read_states(session, is_average, &averages);
            ck_assert_int_eq(count, averages);
            if (number == 0) /* it begins as the model */
                ck_assert_mem_eq(before, expected, (size_t)count * sizeof *before);
            step(session, &config, number, 0.05);
            float *values = read_states(session, is_model, &count), *after = read_states(session, is_average, &averages);
            bool moved = false;
            for (int64_t i = 0; i < count; i++) {
                expected[i] = (float)(expected[i] + 0.25 * ((double)values[i] - expected[i]));
                ck_assert_double_eq_tol(after[i], expected[i], 1e-6 * (1 + fabs(expected[i])));
                moved |= after[i] != before[i];
            }
            ck_assert(moved);
            free(before);
            free(values);
            free(after);
        }
        free(expected);
        session_destroy(session);
    }
    policy_release(&policy);
}
END_TEST

/* The averaged model is the model that has the averages as its weights. */
START_TEST(the_average_is_evaluated)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct session_config config = config_of(FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16), plain = config;
    config.optim.ema_decay = 0.5;
    struct session *session = open_session(&config), *other = open_session(&plain);
    struct batch batch = make_batch(&config, 9);
    const float *average, *model, *copied;
    size_t bytes = (size_t)(config.batch * config.classes) * sizeof(float);
    for (int number = 0; number < 3; number++)
        step(session, &config, number, 0.05);
    for (int i = 0; i < session_states(other); i++) {
        char name[128];
        int64_t count;
        snprintf(name, sizeof name, "ema.%s", session_state(other, i)->name);
        if (!session_state(other, i)->model)
            continue;
        float *values = read_state(session, find_state(session, name), &count);
        must(session_write(other, i, values, NULL));
        free(values);
    }
    must(session_evaluate_average(session, &batch, &average));
    must(session_evaluate(session, &batch, &model)); /* leaves the other logits as they are */
    must(session_evaluate(other, &batch, &copied));
    ck_assert_mem_eq(average, copied, bytes);
    ck_assert_int_ne(memcmp(average, model, bytes), 0);
    batch_free(&batch);
    session_destroy(session);
    session_destroy(other);
    policy_release(&policy);
}
END_TEST

/* The gradient of a step over several batches is the mean of theirs. */
START_TEST(accumulated_gradients_are_means)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int dtype = DTYPE_FLOAT32; dtype <= DTYPE_FLOAT16; dtype++) {
        struct session_config config = config_of(FORMAT_CHANNELS_LAST, (enum dtype)dtype);
        config.optim.sgd = (struct sgd_attrs){0};
        float *change[4];
        int64_t count;
        for (int b = 0; b < 4; b++) { /* 0 1 2: one batch each; 3: all of them, twice over */
            struct session_config mine = config;
            mine.optim.accumulate = b == 3 ? 3 : 1;
            struct session *session = open_session(&mine);
            float *before = read_states(session, is_parameter, &count);
            for (int i = b == 3 ? 0 : b; i < (b == 3 ? 3 : b + 1); i++) {
                struct batch batch = make_batch(&config, i);
                must(session_forward(session, &batch, i, NULL));
                must(session_backward(session, NULL));
                batch_free(&batch);
            }
            must(session_optimize(session, 0, 1, NULL));
            session_clear_gradients(session);
            change[b] = read_states(session, is_parameter, &count);
            for (int64_t i = 0; i < count; i++)
                change[b][i] -= before[i];
            if (b == 3) { /* nothing is left of them */
                free(before);
                before = read_states(session, is_parameter, &count);
                must(session_optimize(session, 1, 1, NULL));
                float *after = read_states(session, is_parameter, &count);
                ck_assert_mem_eq(before, after, (size_t)count * sizeof *after);
                free(after);
            }
            free(before);
            session_destroy(session);
        }
        double norm = norm_of(change[3], count), tolerance = dtype == DTYPE_FLOAT32 ? 2e-6 : 2e-2;
        for (int64_t i = 0; i < count; i++) {
            double mean = ((double)change[0][i] + change[1][i] + change[2][i]) / 3;
            ck_assert_double_eq_tol(change[3][i], mean, tolerance * norm);
        }
        for (int b = 0; b < 4; b++)
            free(change[b]);
    }
    policy_release(&policy);
}
END_TEST

static double loss_of(struct session *session, struct batch batch)
{
    must(session_forward(session, &batch, 0, NULL));
    double loss;
    must(session_loss(session, &loss));
    return loss;
}

/* Probabilities: of the labels alone, smoothed, the loss and step are those of the labels; of a mixture the losses mix. */
START_TEST(soft_targets_are_learnt)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct session_config hard = config_of(FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16), soft;
    hard.label_smoothing = 0.1;
    soft = hard;
    soft.soft_targets = true;
    struct session *a = open_session(&hard), *b = open_session(&soft);
    struct batch batch = make_batch(&hard, 0), turned = batch, mixed = batch;
    int64_t labels[16], count;
    float targets[160];
    double loss = loss_of(a, batch);
    ck_assert_double_eq_tol(loss, loss_of(b, batch), 1e-6 * loss);
    for (int64_t i = 0; i < batch.count; i++)
        labels[i] = batch.labels[batch.count - 1 - i];
    turned.labels = labels;
    mixing_targets(0.7, batch.labels, targets, batch.count, hard.classes, 0.1);
    mixed.probabilities = targets;
    double other = loss_of(a, turned);
    ck_assert_double_gt(fabs(loss - other), 1e-3);
    ck_assert_double_eq_tol(loss_of(b, mixed), 0.7 * loss + 0.3 * other, 1e-6 * loss);
    struct step_result result;
    must(session_step(a, &batch, 0, 0.5, NULL, &result));
    must(session_step(b, &batch, 0, 0.5, NULL, &result));
    float *x = read_states(a, is_parameter, &count), *y = read_states(b, is_parameter, &count);
    for (int64_t i = 0; i < count; i++)
        ck_assert_double_eq_tol(x[i], y[i], 2e-3);
    free(x);
    free(y);
    batch_free(&batch);
    session_destroy(a);
    session_destroy(b);
    policy_release(&policy);
}
END_TEST

int main(void)
{
    return run_tests("extras", (const TTest *const[]){clipping_scales_to_the_norm, the_average_follows, the_average_is_evaluated,
                                                      accumulated_gradients_are_means, soft_targets_are_learnt, NULL});
}
