/* The probe, the race and fixes: a tiny model whose pooling lacks channels_last. */
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/probe.h"
#include "trainer/race.h"

#define SIDE 16
#define MOST 400

/* An observer that only numbers what is declared. */
struct declared {
    int modules, ops, kernels;
    const char *name[MOST];
};

static enum status declare_module(void *self, const struct module_info *module, int *number)
{
    (void)module;
    *number = ((struct declared *)self)->modules++;
    return STATUS_OK;
}

static enum status declare_op(void *self, const struct op_info *op, int *number)
{
    struct declared *declared = self;
    ck_assert_int_lt(declared->ops, MOST);
    declared->name[declared->ops] = op->name;
    *number = declared->ops++;
    return STATUS_OK;
}

static enum status declare_kernel(void *self, int op, const struct kernel_info *kernel, int *number)
{
    (void)op;
    (void)kernel;
    *number = ((struct declared *)self)->kernels++;
    return STATUS_OK;
}

static enum status declare_conversion(void *self, int op, int kernel, const struct conversion_info *conversion)
{
    (void)self;
    (void)op;
    (void)kernel;
    (void)conversion;
    return STATUS_OK;
}

/* What the probe told: repetitions by measurement and variant, operators by measurement. */
struct told {
    struct declared declared;
    int repetitions[MOST][PROBE_VARIANTS], measurements;
    int of_op[MOST]; /* measurement, 0 = none */
};

static enum status on_time(void *self, int measurement, enum probe_variant variant, int repetition,
                           const struct probe_time *time)
{
    struct told *told = self;
    ck_assert_int_lt(measurement, MOST);
    ck_assert_int_eq(repetition, told->repetitions[measurement][variant]++);
    ck_assert_int_ge(time->dur_ns, time->library_ns);
    ck_assert_int_ge(time->dur_ns, time->kernel_ns);
    told->measurements = measurement > told->measurements ? measurement : told->measurements;
    return STATUS_OK;
}

static enum status on_op(void *self, int op, int measurement)
{
    struct told *told = self;
    ck_assert_int_lt(op, told->declared.ops);
    ck_assert_int_eq(told->of_op[op], 0);
    told->of_op[op] = measurement;
    return STATUS_OK;
}

static void without_pooling(struct policy *policy)
{
    must(policy_load(policy, "torch-2.15-cpu"));
    policy->row[OP_MAX_POOL2D].rule = RULE_CONTIGUOUS;
    policy->row[OP_MAX_POOL2D_BACKWARD].rule = RULE_CONTIGUOUS;
}

static struct told *probe(const struct policy *policy, enum memory_format format)
{
    struct told *told = calloc(1, sizeof *told);
    const struct observer observer = {.self = &told->declared, .declare_module = declare_module, .declare_op = declare_op,
                                      .declare_kernel = declare_kernel, .declare_conversion = declare_conversion};
    const struct probe_sink sink = {told, on_time, on_op};
    struct session_config config = make_config(&tiny_model, policy, "cpu", format, SIDE);
    struct probe_result result;
    struct session *session;
    struct policy native;

    config.device.threads = 1; /* on a busy machine, two wait for each other */
    must(policy_load(&native, "native"));
    must(session_create(&config, &session));
    must(session_declare(session, &observer));
    must(session_initialise(session, NULL));
    must(probe_run(&(struct probe_config){session, &native, 20}, &sink, &result));
    ck_assert_int_eq(result.measured, result.wanted);
    ck_assert_int_eq(result.measured, told->measurements);
    session_destroy(session);
    policy_release(&native);
    return told;
}

static const int *repetitions_of(const struct told *told, const char *name)
{
    for (int op = 0; op < told->declared.ops; op++) {
        if (strcmp(told->declared.name[op], name) == 0 && told->of_op[op])
            return told->repetitions[told->of_op[op]];
    }
    return NULL;
}

START_TEST(what_ran_otherwise_is_measured_both_ways)
{
    struct policy policy;
    without_pooling(&policy);
    struct told *told = probe(&policy, FORMAT_CHANNELS_LAST);
    const int *pool = repetitions_of(told, "aten::max_pool2d_with_indices");
    const int *back = repetitions_of(told, "aten::max_pool2d_with_indices_backward");
    const int *conv = repetitions_of(told, "aten::convolution");

    ck_assert(pool && back && conv);
    ck_assert_int_ge(pool[PROBE_AS_RUN], 3);
    ck_assert_int_eq(pool[PROBE_AS_RUN], pool[PROBE_CHANNELS_LAST]);
    ck_assert_int_eq(pool[PROBE_CONTIGUOUS], 0); /* a penalty is all that is asked of it */
    ck_assert_int_eq(pool[PROBE_BLOCKED], 0);
    ck_assert_int_ge(back[PROBE_AS_RUN], 3);
    ck_assert_int_eq(conv[PROBE_AS_RUN], 0);
    ck_assert_int_eq(conv[PROBE_CHANNELS_LAST], conv[PROBE_CONTIGUOUS]);
    ck_assert_int_eq(conv[PROBE_CHANNELS_LAST], conv[PROBE_BLOCKED]);
    free(told);
    policy_release(&policy);
}
END_TEST

START_TEST(what_ran_in_channels_last_has_no_other_way)
{
    struct policy policy;
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct told *told = probe(&policy, FORMAT_CHANNELS_LAST);
    ck_assert_int_gt(told->measurements, 0);
    for (int m = 1; m <= told->measurements; m++)
        ck_assert_int_eq(told->repetitions[m][PROBE_AS_RUN], 0);
    free(told);
    policy_release(&policy);
}
END_TEST

/* A contiguous convolution runs its channels_last kernel, on operands that others left elsewhere. */
START_TEST(a_contiguous_model_is_compared_as_a_whole)
{
    struct policy policy;
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct told *told = probe(&policy, FORMAT_CONTIGUOUS);
    const int *norm = repetitions_of(told, "aten::native_batch_norm"), *conv = repetitions_of(told, "aten::convolution");
    ck_assert(norm && conv);
    ck_assert_int_ge(norm[PROBE_AS_RUN], 3);
    ck_assert_int_ge(conv[PROBE_AS_RUN], 3);
    ck_assert_int_eq(conv[PROBE_AS_RUN], conv[PROBE_CHANNELS_LAST]);
    free(told);
    policy_release(&policy);
}
END_TEST

static struct session *fixed(const struct policy *policy, const struct policy *native, const struct layout_fix *fix, int fixes)
{
    struct session_config config = make_config(&tiny_model, policy, "cpu", FORMAT_CHANNELS_LAST, SIDE);
    struct session *session;
    config.device.threads = 1;
    config.layout.fixed = native;
    config.layout.fix = fix;
    config.layout.fixes = fixes;
    must(session_create(&config, &session));
    must(session_initialise(session, NULL));
    return session;
}

static int conversions(const struct session *session)
{
    const struct graph *graph = session_graph(session);
    int count = 0;
    for (int n = 0; n < graph->nodes; n++)
        count += graph->node[n].conversions;
    return count;
}

START_TEST(fixes_reach_the_named_operators_and_their_gradients)
{
    static const struct layout_fix pool = {"aten::max_pool2d_with_indices", NULL},
                                   elsewhere = {"aten::max_pool2d_with_indices", "no.such.module"};
    struct policy policy, native;
    without_pooling(&policy);
    must(policy_load(&native, "native"));
    struct session *broken = fixed(&policy, NULL, NULL, 0), *whole = fixed(&policy, &native, &pool, 1);
    struct session *same = fixed(&policy, &native, &elsewhere, 1), *all = fixed(&policy, &native, NULL, -1);

    ck_assert(!race_is_even(broken, whole));
    ck_assert(race_is_even(broken, same));
    ck_assert(race_is_even(whole, all));
    ck_assert_int_eq(conversions(whole), 2); /* the batch, and what mean's backward hands on (born) */
    ck_assert_int_gt(conversions(broken), 4);
    session_destroy(broken);
    session_destroy(whole);
    session_destroy(same);
    session_destroy(all);
    policy_release(&policy);
    policy_release(&native);
}
END_TEST

START_TEST(a_race_times_every_step_of_every_session)
{
    struct policy policy;
    struct dataset dataset;
    double dur_ns[10] = {0};
    must(policy_load(&policy, "torch-2.15-cpu"));
    must(dataset_open("synthetic", &dataset));
    must(dataset_load(&dataset, SPLIT_TRAIN));
    struct race_config race = {.session = {fixed(&policy, NULL, NULL, 0), fixed(&policy, NULL, NULL, 0)},
                               .sessions = 2, .dataset = &dataset, .batch = 4, .side = SIDE, .seed = 3,
                               .learning_rate = 0.01, .warmup = 1, .rounds = 5};
    must(race_run(&race, dur_ns));
    for (int i = 0; i < 10; i++)
        ck_assert_double_gt(dur_ns[i], 0);
    session_destroy(race.session[0]);
    session_destroy(race.session[1]);
    dataset_release(&dataset);
    policy_release(&policy);
}
END_TEST

int main(void)
{
    return run_tests("probe", (const TTest *const[]){
                                  what_ran_otherwise_is_measured_both_ways, what_ran_in_channels_last_has_no_other_way,
                                  a_contiguous_model_is_compared_as_a_whole,
                                  fixes_reach_the_named_operators_and_their_gradients,
                                  a_race_times_every_step_of_every_session, NULL});
}
