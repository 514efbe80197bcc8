/* What stands around the optimizer: clipping of gradients, the moving average, accumulation; each against its definition. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"

static struct policy policy;

static struct session_config config_of(enum memory_format format, enum dtype dtype)
{
    struct session_config config = make_config(&tiny_model, &policy, "cpu", format, 8);
    config_autocast(&config, dtype);
    return config;
}

static struct session *open_session(const struct session_config *config)
{
    struct session *session;
    must(session_create(config, &session));
    must(session_initialise(session, NULL));
    return session;
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

int main(void)
{
    return run_tests("extras", (const TTest *const[]){clipping_scales_to_the_norm, the_average_follows, the_average_is_evaluated,
                                                      NULL});
}
