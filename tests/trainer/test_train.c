/* Training on the cpu back end: it learns, formats agree, it repeats itself, and evaluation changes nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"

#define STEPS 10

static struct policy policy;

static struct session_config cpu_config(enum memory_format format, enum dtype dtype, enum optimizer_kind optimizer)
{
    struct session_config config = make_config(&tiny_model, &policy, "cpu", format, 16);
    config.batch = 8;
    config.optim.kind = optimizer;
    config_autocast(&config, dtype);
    return config;
}

/* The same batch STEPS times. */
static void train(const struct session_config *config, double *losses)
{
    struct session *session = open_session(config);
    struct batch batch = make_batch(config, 0);
    for (int step = 0; step < STEPS; step++) {
        struct step_result result;
        must(session_step(session, &batch, step, config->optim.kind == OPTIMIZER_SGD ? 0.05 : 0.01, NULL, &result));
        ck_assert(isfinite(result.loss));
        ck_assert(!result.skipped);
        losses[step] = result.loss;
    }
    batch_free(&batch);
    session_destroy(session);
}

/* Every combination of format, dtype and optimizer. */
static struct session_config combination(int i)
{
    return cpu_config(i & 1 ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, (enum dtype)(DTYPE_FLOAT32 + i / 2 % 3),
                      i / 6 ? OPTIMIZER_ADAMW : OPTIMIZER_SGD);
}
#define COMBINATIONS 12

START_TEST(loss_falls)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int i = 0; i < COMBINATIONS; i++) {
        double losses[STEPS];
        struct session_config config = combination(i);
        train(&config, losses);
        ck_assert_msg(losses[STEPS - 1] < 0.8 * losses[0], "%s %s: loss %g, after %d steps %g",
                      layout_name(config.layout.format), dtype_name(config.autocast_dtype), losses[0], STEPS,
                      losses[STEPS - 1]);
    }
    policy_release(&policy);
}
END_TEST

START_TEST(training_repeats_itself)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int i = 0; i < COMBINATIONS; i++) {
        double one[STEPS], two[STEPS];
        struct session_config config = combination(i);
        train(&config, one);
        train(&config, two);
        ck_assert_mem_eq(one, two, sizeof one);
    }
    policy_release(&policy);
}
END_TEST

START_TEST(formats_agree)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int dtype = DTYPE_FLOAT32; dtype <= DTYPE_FLOAT16; dtype++) {
        double contiguous[STEPS], channels_last[STEPS], tolerance = dtype == DTYPE_FLOAT32 ? 1e-5 : 1e-2;
        struct session_config a = cpu_config(FORMAT_CONTIGUOUS, (enum dtype)dtype, OPTIMIZER_SGD);
        struct session_config b = cpu_config(FORMAT_CHANNELS_LAST, (enum dtype)dtype, OPTIMIZER_SGD);
        train(&a, contiguous);
        train(&b, channels_last);
        ck_assert_msg(fabs(contiguous[0] - channels_last[0]) <= tolerance * contiguous[0], "%s: %.9g and %.9g",
                      dtype_name((enum dtype)dtype), contiguous[0], channels_last[0]);
        if (dtype == DTYPE_FLOAT32)
            ck_assert_double_eq_tol(contiguous[2], channels_last[2], 1e-3);
    }
    policy_release(&policy);
}
END_TEST

/* The plain back end is the judge of the fast one. */
START_TEST(cpu_agrees_with_ref)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int i = 0; i < COMBINATIONS; i++) {
        struct session_config config = combination(i);
        config.side = 8;
        double losses[2];
        for (int b = 0; b < 2; b++) {
            struct step_result result;
            config.backend = backend_find(b ? "ref" : "cpu");
            struct session *session = open_session(&config);
            struct batch batch = make_batch(&config, 0);
            must(session_step(session, &batch, 0, 0.01, NULL, &result));
            losses[b] = result.loss;
            batch_free(&batch);
            session_destroy(session);
        }
        ck_assert_double_eq_tol(losses[0], losses[1], config.autocast ? 2e-2 : 1e-5);
    }
    policy_release(&policy);
}
END_TEST

START_TEST(evaluation_changes_nothing)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    for (int i = 0; i < 6; i++) {
        struct session_config config = combination(i);
        struct session *session = open_session(&config);
        struct batch batch = make_batch(&config, 0), other = make_batch(&config, 1);
        struct step_result result;
        const float *logits;
        int64_t count;
        must(session_step(session, &batch, 0, 0.05, NULL, &result));
        float *before = read_states(session, NULL, &count);
        must(session_evaluate(session, &other, &logits));
        size_t bytes = (size_t)(config.batch * config.classes) * sizeof(float);
        float *kept = malloc(bytes), *after = read_states(session, NULL, &count);
        ck_assert_ptr_nonnull(kept);
        memcpy(kept, logits, bytes);
        ck_assert_mem_eq(before, after, (size_t)count * sizeof *before);
        must(session_evaluate(session, &other, &logits));
        ck_assert_mem_eq(kept, logits, bytes);
        must(session_evaluate(session, &batch, &logits)); /* another batch gives something else */
        ck_assert_int_ne(memcmp(kept, logits, bytes), 0);
        free(before);
        free(after);
        free(kept);
        batch_free(&batch);
        batch_free(&other);
        session_destroy(session);
    }
    policy_release(&policy);
}
END_TEST

/* What a training step does change: every parameter of a convolution or norm, and the running statistics. */
START_TEST(a_step_changes_everything)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct session_config config = cpu_config(FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, OPTIMIZER_SGD);
    struct session *session = open_session(&config);
    struct batch batch = make_batch(&config, 0);
    struct step_result result;
    int states = session_states(session);
    float **before = calloc((size_t)states, sizeof *before);
    int64_t count;
    ck_assert_ptr_nonnull(before);
    for (int i = 0; i < states; i++)
        before[i] = read_state(session, i, &count);
    must(session_step(session, &batch, 0, 0.05, NULL, &result));
    for (int i = 0; i < states; i++) {
        float *after = read_state(session, i, &count);
        ck_assert_msg(memcmp(before[i], after, (size_t)count * sizeof *after) != 0, "%s stayed as it was",
                      session_state(session, i)->name);
        free(before[i]);
        free(after);
    }
    free(before);
    batch_free(&batch);
    session_destroy(session);
    policy_release(&policy);
}
END_TEST

START_TEST(written_state_is_read_back)
{
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct session_config config = cpu_config(FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, OPTIMIZER_ADAMW);
    struct session *session = open_session(&config);
    for (int i = 0; i < session_states(session); i++) {
        int64_t count;
        float *values = read_state(session, i, &count);
        for (int64_t v = 0; v < count; v++)
            values[v] = (float)(1000 * i + v);
        must(session_write(session, i, values, NULL));
        free(values);
    }
    for (int i = 0; i < session_states(session); i++) {
        int64_t count;
        float *values = read_state(session, i, &count);
        for (int64_t v = 0; v < count; v++)
            ck_assert_float_eq(values[v], (float)(1000 * i + v));
        free(values);
    }
    session_destroy(session);
    policy_release(&policy);
}
END_TEST

int main(void)
{
    return run_tests("train", (const TTest *const[]){
                                  loss_falls, training_repeats_itself, formats_agree, cpu_agrees_with_ref,
                                  evaluation_changes_nothing, a_step_changes_everything, written_state_is_read_back,
                                  NULL});
}
