/* Memory of plans, by brute force: a step is played over a map of the arena that knows whose bytes are where. */
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/session_int.h" /* the plans of a session */

#define CELL 64 /* bytes; placement is aligned to them */

struct arena {
    const struct plan *plan;
    int *owner; /* by cell: the value whose bytes they are, -1 = nobody's */
};

/* Cells of a value in the arena: false for memory that outlives the step. */
static bool cells_of(const struct arena *arena, int value, size_t *first, size_t *end)
{
    const struct plan *plan = arena->plan;
    const struct tensor *tensor = &plan->graph->value[value].tensor;
    const char *data = tensor->data, *base = plan->arena;
    ck_assert_ptr_nonnull(data);
    if (data < base || data >= base + plan->arena_bytes + plan->scratch_bytes)
        return false;
    size_t offset = (size_t)(data - base), bytes = (size_t)tensor_span_bytes(tensor);
    ck_assert_uint_eq(offset % CELL, 0);
    ck_assert_msg(offset + bytes <= plan->arena_bytes, "value %d ends beyond the arena", value);
    *first = offset / CELL;
    *end = (offset + bytes + CELL - 1) / CELL;
    return true;
}

static void read_value(const struct arena *arena, int value, int call)
{
    size_t first, end;
    value = graph_memory_of(arena->plan->graph, value);
    if (!cells_of(arena, value, &first, &end))
        return;
    while (first < end && arena->owner[first] == value) /* one check a value: there are millions of cells */
        first++;
    ck_assert_msg(first == end, "call %d reads value %d, but value %d lies there", call, value, arena->owner[first]);
}

static void write_value(struct arena *arena, int value)
{
    size_t first, end;
    value = graph_memory_of(arena->plan->graph, value);
    if (!cells_of(arena, value, &first, &end))
        return;
    for (size_t c = first; c < end; c++)
        arena->owner[c] = value;
}

static const char *memory_at(const struct graph *graph, int value)
{
    return (const char *)graph->value[graph_memory_of(graph, value)].tensor.data + graph_memory_offset(graph, value);
}

/* A call's tensors are where the graph says; outputs are written while inputs are still read. */
static void play_call(struct arena *arena, int number)
{
    const struct plan_call *call = &arena->plan->call[number];
    const struct graph *graph = arena->plan->graph;
    bool in_place = op_flags(call->call.op) & OP_IN_PLACE;
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (call->in_value[i] < 0)
            continue;
        read_value(arena, call->in_value[i], number);
        ck_assert_ptr_eq(call->in[i].data, memory_at(graph, call->in_value[i]));
        ck_assert_ptr_eq(call->call.in[i], &call->in[i]);
    }
    if (op_flags(call->call.op) & OP_ALIAS)
        return;
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (call->out_value[i] < 0)
            continue;
        write_value(arena, call->out_value[i]);
        ck_assert_ptr_eq(call->out[i].data, memory_at(graph, call->out_value[i]));
    }
    /* Still whole after all outputs are written: outputs overlap neither inputs nor each other. */
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (call->in_value[i] >= 0 && !(in_place && i == 0))
            read_value(arena, call->in_value[i], number);
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (call->out_value[i] >= 0)
            read_value(arena, call->out_value[i], number);
    }
}

static void play(const struct plan *plan)
{
    size_t cells = plan->arena_bytes / CELL + 1;
    struct arena arena = {plan, malloc(cells * sizeof(int))};
    ck_assert_ptr_nonnull(arena.owner);
    ck_assert_uint_eq((size_t)plan->arena % CELL, 0);
    ck_assert_uint_eq(plan->arena_bytes % CELL, 0); /* so that the scratch behind it is aligned */
    for (size_t c = 0; c < cells; c++)
        arena.owner[c] = -1;
    ck_assert_int_gt(plan->calls, 0);
    for (int c = 0; c < plan->calls; c++)
        play_call(&arena, c);
    read_value(&arena, plan->graph->logits, plan->calls); /* the loop reads them after the step */
    if (plan->graph->loss >= 0)
        read_value(&arena, plan->graph->loss, plan->calls);
    free(arena.owner);
}

/* Memory that outlives steps: aligned, and parameters (gradients) apart from each other inside their flat buffer. */
static void check_flat(const struct session *session, enum value_kind kind, const void *flat)
{
    const struct graph *graph = &session->train.graph;
    const char *base = flat;
    int64_t length = tensor_bytes(&graph->value[graph->flat_parameter].tensor);
    int *owner = malloc((size_t)(length / CELL) * sizeof *owner);
    ck_assert_ptr_nonnull(owner);
    memset(owner, 0xff, (size_t)(length / CELL) * sizeof *owner);
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        if (value->kind != kind || value->alias_of >= 0 || value->stand_in >= 0)
            continue;
        int64_t offset = (const char *)session->train.outside[v] - base;
        ck_assert(offset >= 0 && offset % CELL == 0 && offset + tensor_bytes(&value->tensor) <= length);
        bool free_there = true; /* one check a value: Check writes each one down, and there are millions of cells */
        for (int64_t c = offset / CELL; c < (offset + tensor_bytes(&value->tensor) + CELL - 1) / CELL; c++) {
            free_there = free_there && owner[c] == -1;
            owner[c] = v;
        }
        ck_assert_msg(free_there, "value %d lies where another does", v);
    }
    free(owner);
}

static void check_session(const struct model *model, const char *name, enum memory_format format, enum dtype dtype,
                          int side)
{
    struct policy policy;
    struct session *session;
    const float *logits;
    must(policy_load(&policy, name));
    struct session_config config = make_config(model, &policy, "ref", format, side);
    config.batch = 2;
    config_autocast(&config, dtype);
    must(session_create(&config, &session));
    play(&session->train.plan);
    check_flat(session, VALUE_PARAMETER, session->flat_parameter);
    check_flat(session, VALUE_GRADIENT, session->flat_gradient);
    if (model == &tiny_model) { /* the plan of an evaluation is made by the first one */
        struct batch batch = make_batch(&config, 0);
        must(session_initialise(session, NULL));
        must(session_evaluate(session, &batch, &logits));
        play(&session->evaluation.plan);
        batch_free(&batch);
    }
    session_destroy(session);
    policy_release(&policy);
}

START_TEST(tiny_plans)
{
    for (int i = 0; i < policy_count() * 6; i++)
        check_session(&tiny_model, policy_name(i / 6), i % 2 ? FORMAT_CONTIGUOUS : FORMAT_CHANNELS_LAST,
                      (enum dtype)(DTYPE_FLOAT32 + i / 2 % 3), 8);
}
END_TEST

START_TEST(zoo_plans)
{
    for (int m = 0; m < model_count(); m++)
        check_session(model_at(m), "torch-2.14-cuda", m % 3 ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS,
                      (enum dtype)(DTYPE_FLOAT32 + m % 3), 64);
}
END_TEST

/* Sharing works at all: the arena is far smaller than all of its values side by side. */
START_TEST(values_share_memory)
{
    struct policy policy;
    struct session *session;
    const struct model *model;
    size_t together = 0;
    must(policy_load(&policy, "torch-2.15-cpu"));
    must(model_find("resnet18", &model));
    struct session_config config = make_config(model, &policy, "ref", FORMAT_CHANNELS_LAST, 64);
    must(session_create(&config, &session));
    const struct plan *plan = &session->train.plan;
    struct arena arena = {plan, NULL};
    for (int v = 0; v < plan->graph->values; v++) {
        size_t first, end;
        if (plan->graph->value[v].tensor.data && cells_of(&arena, v, &first, &end))
            together += (end - first) * CELL;
    }
    ck_assert_uint_gt(together, plan->arena_bytes + plan->arena_bytes / 4);
    session_destroy(session);
    policy_release(&policy);
}
END_TEST

int main(void)
{
    return run_tests("place", (const TTest *const[]){tiny_plans, zoo_plans, values_share_memory, NULL});
}
