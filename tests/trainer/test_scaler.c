/* GradScaler against torch's rules: when a step is skipped, and which scale follows which. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"

static struct policy policy;

static struct session *open_scaled(struct session_config *config, double init_scale, struct scaler_attrs scaling)
{
    struct session *session;
    must(policy_load(&policy, "torch-2.15-cpu"));
    *config = make_config(&tiny_model, &policy, "ref", FORMAT_CHANNELS_LAST, 8);
    config_autocast(config, DTYPE_FLOAT16);
    config->optim.init_scale = init_scale;
    config->optim.scaling = scaling;
    must(session_create(config, &session));
    must(session_initialise(session, NULL));
    return session;
}

static void close_session(struct session *session)
{
    session_destroy(session);
    policy_release(&policy);
}

static bool is_trained(const struct session_state *state)
{
    return state->parameter || strncmp(state->name, "optimizer.", 10) == 0;
}

static float read_one(struct session *session, const char *name)
{
    int64_t count;
    float *values = read_state(session, find_state(session, name), &count), one = values[0];
    ck_assert_int_eq(count, 1);
    free(values);
    return one;
}

/* torch._amp_update_scale_, written down from its documentation: scale is float32, factors are double. */
struct reference {
    float scale;
    int64_t tracker;
};

static void reference_update(struct reference *reference, bool found_inf, struct scaler_attrs scaling)
{
    if (found_inf) {
        reference->scale = (float)(reference->scale * scaling.backoff_factor);
        reference->tracker = 0;
    } else if (++reference->tracker == scaling.growth_interval) {
        float grown = (float)(reference->scale * scaling.growth_factor);
        if (isfinite(grown))
            reference->scale = grown;
        reference->tracker = 0;
    }
}

/* Trains and compares; whether a step was skipped is seen from parameters and momentum, bit for bit. Returns skips. */
static int follow(struct session *session, const struct session_config *config, int steps)
{
    struct reference reference = {(float)config->optim.init_scale, 0};
    int skips = 0;
    ck_assert_float_eq(read_one(session, "scaler.scale"), reference.scale);
    for (int step = 0; step < steps; step++) {
        struct batch batch = make_batch(config, step);
        struct step_result result;
        int64_t count;
        float *before = read_states(session, is_trained, &count);
        must(session_step(session, &batch, step, 0.01, NULL, &result));
        float *after = read_states(session, is_trained, &count);
        bool unchanged = memcmp(before, after, (size_t)count * sizeof *before) == 0;
        ck_assert_int_eq(result.skipped, unchanged);
        ck_assert(isfinite(result.loss));
        for (int64_t i = 0; i < count; i++)
            ck_assert(isfinite(after[i]));
        reference_update(&reference, unchanged, config->optim.scaling);
        ck_assert_msg(result.grad_scale == reference.scale, "step %d: scale %.9g, torch's %.9g", step,
                      result.grad_scale, reference.scale);
        ck_assert_float_eq(read_one(session, "scaler.scale"), reference.scale);
        ck_assert_float_eq(read_one(session, "scaler.growth_tracker"), (float)reference.tracker);
        skips += unchanged;
        free(before);
        free(after);
        batch_free(&batch);
    }
    return skips;
}

START_TEST(good_steps_grow_the_scale)
{
    struct session_config config;
    struct session *session = open_scaled(&config, 256, (struct scaler_attrs){2.0, 0.5, 3});
    ck_assert_int_eq(follow(session, &config, 7), 0);
    ck_assert_float_eq(read_one(session, "scaler.scale"), 1024); /* twice */
    close_session(session);
}
END_TEST

START_TEST(huge_scale_backs_off_until_steps_succeed)
{
    struct session_config config;
    struct session *session = open_scaled(&config, 1e30, (struct scaler_attrs){2.0, 1e-4, 2});
    int skips = follow(session, &config, 14);
    ck_assert_int_ge(skips, 5); /* 1e30 to 1e10 is beyond half's 65504 even for gradients of 1e-4 */
    ck_assert_int_lt(skips, 14);
    close_session(session);
}
END_TEST

/* Odd factors, and growth up to the next overflow: backing off and growing take turns. */
START_TEST(scale_finds_its_level)
{
    struct session_config config;
    struct session *session = open_scaled(&config, 1 << 12, (struct scaler_attrs){7.3, 0.37, 1});
    int skips = follow(session, &config, 16);
    ck_assert_int_ge(skips, 2);
    ck_assert_int_le(skips, 14);
    close_session(session);
}
END_TEST

START_TEST(poisoned_batch_is_skipped)
{
    struct session_config config;
    struct session *session = open_scaled(&config, 1024, (struct scaler_attrs){2.0, 0.5, 3});
    struct step_result result;
    int64_t count;
    struct batch good = make_batch(&config, 0), bad = make_batch(&config, 1);
    ((float *)(uintptr_t)bad.images)[17] = INFINITY;
    for (int step = 0; step < 2; step++)
        must(session_step(session, &good, step, 0.01, NULL, &result));
    ck_assert_float_eq(read_one(session, "scaler.growth_tracker"), 2);
    float *before = read_states(session, is_trained, &count);
    must(session_step(session, &bad, 2, 0.01, NULL, &result));
    float *after = read_states(session, is_trained, &count);
    ck_assert(result.skipped);
    ck_assert_mem_eq(before, after, (size_t)count * sizeof *before);
    ck_assert_double_eq(result.grad_scale, 512);
    ck_assert_float_eq(read_one(session, "scaler.growth_tracker"), 0);
    free(before);
    free(after);
    batch_free(&good);
    batch_free(&bad);
    close_session(session);
}
END_TEST

/* Neither the loss nor what a step does depends on a scale that is a power of two and loses nothing. */
START_TEST(loss_and_steps_are_unscaled)
{
    static const double scales[] = {1024, 2048, 4096};
    double losses[3][3];
    float *states[3];
    int64_t count;
    for (int s = 0; s < 3; s++) {
        struct session_config config;
        struct session *session = open_scaled(&config, scales[s], (struct scaler_attrs){2.0, 0.5, 2000});
        for (int step = 0; step < 3; step++) {
            struct batch batch = make_batch(&config, step);
            struct step_result result;
            must(session_step(session, &batch, step, 0.01, NULL, &result));
            losses[s][step] = result.loss;
            batch_free(&batch);
        }
        states[s] = read_states(session, is_trained, &count);
        close_session(session);
    }
    ck_assert_double_gt(losses[0][0], 1); /* ln 10, about */
    ck_assert_double_lt(losses[0][0], 5);
    for (int s = 1; s < 3; s++) {
        ck_assert_double_eq(losses[s][0], losses[0][0]);
        for (int step = 1; step < 3; step++)
            ck_assert_double_eq_tol(losses[s][step], losses[0][step], 5e-3);
        for (int64_t i = 0; i < count; i++)
            ck_assert_float_eq_tol(states[s][i], states[0][i], 2e-2);
    }
    for (int s = 0; s < 3; s++)
        free(states[s]);
}
END_TEST

START_TEST(without_a_scaler_there_is_no_scale)
{
    struct session_config config;
    struct session *session;
    struct step_result result;
    must(policy_load(&policy, "torch-2.15-cpu"));
    config = make_config(&tiny_model, &policy, "ref", FORMAT_CONTIGUOUS, 8);
    must(session_create(&config, &session));
    must(session_initialise(session, NULL));
    struct batch batch = make_batch(&config, 0);
    must(session_step(session, &batch, 0, 0.01, NULL, &result));
    ck_assert_double_lt(result.grad_scale, 0);
    ck_assert(!result.skipped);
    for (int i = 0; i < session_states(session); i++)
        ck_assert_int_ne(strncmp(session_state(session, i)->name, "scaler.", 7), 0);
    batch_free(&batch);
    close_session(session);
}
END_TEST

int main(void)
{
    return run_tests("scaler", (const TTest *const[]){
                                   good_steps_grow_the_scale, huge_scale_backs_off_until_steps_succeed,
                                   scale_finds_its_level, poisoned_batch_is_skipped, loss_and_steps_are_unscaled,
                                   without_a_scaler_there_is_no_scale, NULL});
}
