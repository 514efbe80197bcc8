/* Graph passes on the tiny model, on models made for one case, and on the whole zoo: nothing runs. */
#include <stdlib.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/layout_images.h"

/* A graph of a model under a policy, in a format and dtype. */
struct made {
    struct policy policy;
    struct session_config config;
    struct graph graph;
};

static void make(struct made *made, const struct model *model, const char *policy, enum memory_format format,
                 enum dtype dtype, int side)
{
    must(policy_load(&made->policy, policy));
    made->config = make_config(model, &made->policy, "ref", format, side);
    config_autocast(&made->config, dtype);
    make_graph(&made->config, &made->graph);
}

static void release(struct made *made)
{
    graph_release(&made->graph);
    policy_release(&made->policy);
}

static int count_nodes(const struct graph *graph, enum op_id op)
{
    int count = 0;
    for (int n = 0; n < graph->nodes; n++)
        count += graph->node[n].op == op;
    return count;
}

/* Nodes of `op` that are fused into a node of `host`. */
static int count_fused(const struct graph *graph, enum op_id op, enum op_id host)
{
    int count = 0;
    for (int n = 0; n < graph->nodes; n++) {
        int into = graph->node[n].fused_into;
        count += graph->node[n].op == op && into >= 0 && graph->node[into].op == host;
    }
    return count;
}

START_TEST(autocast_lists_per_device)
{
    static const enum op_id lower[] = {OP_CONVOLUTION, OP_ADDMM}, wide[] = {OP_LOG_SOFTMAX, OP_NLL_LOSS};
    static const enum op_id follow[] = {OP_BATCH_NORM, OP_RELU_, OP_ADD_,   OP_MAX_POOL2D,
                                        OP_MEAN,       OP_HARDTANH_, OP_DROPOUT};
    static const char *const devices[] = {"cpu", "cuda"};
    for (int d = 0; d < 2; d++) {
        for (size_t i = 0; i < sizeof lower / sizeof *lower; i++)
            ck_assert_int_eq(autocast_list(devices[d], lower[i]), AUTOCAST_LOWER);
        for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
            ck_assert_int_eq(autocast_list(devices[d], wide[i]), AUTOCAST_FLOAT32);
        for (size_t i = 0; i < sizeof follow / sizeof *follow; i++)
            ck_assert_int_eq(autocast_list(devices[d], follow[i]), AUTOCAST_FOLLOW);
    }
    ck_assert_int_eq(autocast_list("cpu", OP_GROUP_NORM), AUTOCAST_FOLLOW);
    ck_assert_int_eq(autocast_list("cuda", OP_GROUP_NORM), AUTOCAST_FLOAT32);
}
END_TEST

static const struct model *zoo(const char *name)
{
    const struct model *model;
    must(model_find(name, &model));
    return model;
}

/* dtype of input `position` of every node of `op`. */
static void all_inputs_are(const struct graph *graph, enum op_id op, int position, enum dtype dtype)
{
    int seen = 0;
    for (int n = 0; n < graph->nodes; n++) {
        if (graph->node[n].op != op)
            continue;
        seen++;
        ck_assert_int_eq(graph->value[graph->node[n].in[position]].tensor.dtype, dtype);
    }
    ck_assert_int_gt(seen, 0);
}

START_TEST(autocast_casts_group_norm_on_cuda_only)
{
    struct made cpu, cuda;
    make(&cpu, zoo("resnet50_gn"), "torch-2.15-cpu", FORMAT_CONTIGUOUS, DTYPE_BFLOAT16, 64);
    make(&cuda, zoo("resnet50_gn"), "torch-2.15-cuda", FORMAT_CONTIGUOUS, DTYPE_BFLOAT16, 64);
    all_inputs_are(&cpu.graph, OP_GROUP_NORM, 0, DTYPE_BFLOAT16);
    all_inputs_are(&cuda.graph, OP_GROUP_NORM, 0, DTYPE_FLOAT32);
    all_inputs_are(&cpu.graph, OP_CONVOLUTION, 0, DTYPE_BFLOAT16);
    all_inputs_are(&cuda.graph, OP_CONVOLUTION, 0, DTYPE_BFLOAT16);
    all_inputs_are(&cpu.graph, OP_LOG_SOFTMAX, 0, DTYPE_FLOAT32);
    all_inputs_are(&cuda.graph, OP_ADDMM, 1, DTYPE_BFLOAT16);
    release(&cpu);
    release(&cuda);
}
END_TEST

START_TEST(weight_casts_are_their_convolutions_work)
{
    struct made made;
    make(&made, &tiny_model, "torch-2.15-cpu", FORMAT_CHANNELS_LAST, DTYPE_FLOAT16, 8);
    const struct graph *graph = &made.graph;
    for (int n = 0; n < graph->nodes; n++) {
        const struct node *node = &graph->node[n];
        if (node->op != OP_CONVOLUTION && node->op != OP_ADDMM)
            continue;
        const struct value *weight = &graph->value[node->in[node->op == OP_CONVOLUTION ? 1 : 2]];
        const struct node *cast = &graph->node[weight->producer];
        if (cast->op == OP_T)
            cast = &graph->node[graph->value[cast->in[0]].producer];
        ck_assert_int_eq(weight->tensor.dtype, DTYPE_FLOAT16);
        ck_assert_int_eq(cast->op, OP_COPY);
        ck_assert_int_eq(cast->fused_into, n);
        ck_assert_int_eq(graph->value[weight->stand_in].kind, VALUE_PARAMETER);
        ck_assert_int_eq(graph->value[weight->stand_in].tensor.dtype, DTYPE_FLOAT32);
        ck_assert(tensor_same_layout(&weight->tensor, &graph->value[weight->stand_in].tensor));
    }
    ck_assert_int_eq(count_fused(graph, OP_COPY, OP_CONVOLUTION), TINY_CONVOLUTIONS);
    ck_assert_int_eq(count_fused(graph, OP_COPY, OP_ADDMM), 2); /* weight and bias */
    ck_assert_int_eq(count_fused(graph, OP_COPY, OP_CONVOLUTION_BACKWARD), TINY_CONVOLUTIONS);
    ck_assert_int_eq(count_fused(graph, OP_COPY, OP_COPY), 1); /* the batch: format and dtype in one */
    release(&made);
}
END_TEST

START_TEST(without_autocast_nothing_is_cast)
{
    struct made made;
    make(&made, &tiny_model, "torch-2.15-cpu", FORMAT_CONTIGUOUS, DTYPE_FLOAT32, 8);
    ck_assert_int_eq(count_nodes(&made.graph, OP_COPY), 0);
    release(&made);
}
END_TEST

/* bn1 of stem and blocks takes its relu; bn2 of both blocks takes add and relu. */
START_TEST(norms_take_relu_and_add)
{
    struct made made;
    make(&made, &tiny_model, "torch-2.15-cpu", FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 8);
    const struct graph *graph = &made.graph;
    ck_assert_int_eq(count_fused(graph, OP_RELU_, OP_BATCH_NORM), 5);
    ck_assert_int_eq(count_fused(graph, OP_ADD_, OP_BATCH_NORM), 2);
    int residuals = 0;
    for (int n = 0; n < graph->nodes; n++) {
        const struct node *node = &graph->node[n];
        if (node->op != OP_BATCH_NORM)
            continue;
        int last = graph_stand_in(graph, node->out[0]);
        ck_assert(node->attrs.norm.relu);
        ck_assert_int_eq(graph->node[graph->value[last].producer].op, OP_RELU_);
        ck_assert_int_eq(graph->node[graph->value[last].producer].fused_into, n);
        residuals += node->extra_in[5] >= 0;
    }
    ck_assert_int_eq(residuals, 2);
    release(&made);
}
END_TEST

/*
 * Backward: two values are used twice (each block's input), so two sums. The second block's input is a relu's output,
 * whose mask takes the sum; the first block's is maxpool's. Masks of the three bn1 are redone by their norm's backward.
 */
START_TEST(masks_are_fused)
{
    struct made made;
    make(&made, &tiny_model, "torch-2.15-cpu", FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 8);
    const struct graph *graph = &made.graph;
    ck_assert_int_eq(count_nodes(graph, OP_ADD), 2);
    ck_assert_int_eq(count_nodes(graph, OP_THRESHOLD_BACKWARD), 5);
    ck_assert_int_eq(count_fused(graph, OP_ADD, OP_THRESHOLD_BACKWARD), 1);
    ck_assert_int_eq(count_fused(graph, OP_THRESHOLD_BACKWARD, OP_BATCH_NORM_BACKWARD), 3);
    for (int n = 0; n < graph->nodes; n++) {
        const struct node *node = &graph->node[n];
        if (node->op != OP_ADD || node->fused_into < 0)
            continue;
        const struct node *mask = &graph->node[node->fused_into];
        ck_assert_int_eq(mask->extra_in[0], node->in[0]);
        ck_assert_int_eq(mask->extra_in[2], node->in[1]);
        ck_assert_int_eq(graph->value[node->out[0]].stand_in, mask->out[0]);
    }
    release(&made);
}
END_TEST

/* A norm's branch in channels_last meets one that an operator made contiguous. */
static int clash_build(struct build *b, int x)
{
    x = build_conv2d(b, "conv", x, (struct conv2d){8, 3, 1, 1});
    int contiguous = build_group_norm(b, "gn", x, 2, false);
    x = build_add_(b, build_batch_norm2d(b, "bn", x), contiguous);
    x = build_adaptive_avg_pool2d_1(b, "avgpool", build_relu(b, "relu", x));
    return build_linear(b, "fc", build_flatten(b, x), b->classes);
}
static const struct model clash_model = {"clash", "tests", "formats that differ at an add", 4, clash_build};

START_TEST(differing_formats_are_not_fused)
{
    struct made made;
    make(&made, &clash_model, "torch-2.14-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 8);
    const struct graph *graph = &made.graph;
    ck_assert_int_eq(count_fused(graph, OP_ADD_, OP_BATCH_NORM), 0);
    ck_assert_int_eq(count_fused(graph, OP_RELU_, OP_BATCH_NORM), 0);
    for (int n = 0; n < graph->nodes; n++) {
        const struct node *node = &graph->node[n];
        if (node->op != OP_ADD_)
            continue;
        ck_assert_int_eq(node->fused_into, -1);
        ck_assert_int_eq(node->conversions, 1);
        ck_assert_int_eq(node->conversion[0].dest, -1);
        ck_assert_int_eq(node->conversion[0].position, 1);
        ck_assert_int_eq(tensor_format(&graph->value[node->in[0]].tensor), FORMAT_CHANNELS_LAST);
        ck_assert_int_eq(tensor_format(&graph->value[node->in[1]].tensor), FORMAT_CONTIGUOUS);
        ck_assert_int_eq(tensor_format(&graph->value[node->out[0]].tensor), FORMAT_CHANNELS_LAST);
    }
    release(&made);
    make(&made, &clash_model, "torch-2.15-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 8); /* the same, agreeing */
    ck_assert_int_eq(count_fused(&made.graph, OP_ADD_, OP_BATCH_NORM), 1);
    release(&made);
}
END_TEST

/* What the node's kernel really reads must have been written by a kernel before it; returns nothing, fails the test. */
static void check_input(const struct graph *graph, const bool *ready, int node, int value)
{
    int memory = graph_memory_of(graph, value);
    bool given = graph->value[memory].kind != VALUE_ACTIVATION && graph->value[memory].kind != VALUE_GRADIENT;
    ck_assert_msg(given || ready[memory], "node %d (%s) reads value %d before it is made", node,
                  op_name(graph->node[node].op), memory);
}

static void run_node(const struct graph *graph, bool *ready, int number)
{
    const struct node *node = &graph->node[number];
    bool converted[OP_MAX_IN] = {false};
    for (int c = 0; c < node->conversions; c++) {
        const struct node_conversion *conversion = &node->conversion[c];
        check_input(graph, ready, number, conversion->source);
        if (conversion->dest >= 0)
            ready[graph_memory_of(graph, conversion->dest)] = converted[conversion->position] = true;
    }
    for (int i = 0; i < OP_MAX_IN; i++) {
        int value = node->extra_in[i] >= 0 ? node->extra_in[i] : node->in[i];
        if (value >= 0 && !converted[i])
            check_input(graph, ready, number, value);
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (node->out[i] >= 0)
            ready[graph_memory_of(graph, node->out[i])] = true;
    }
}

static void check_order(const struct graph *graph)
{
    bool *ready = calloc((size_t)graph->values, sizeof *ready), optimizing = false;
    int *times = calloc((size_t)graph->nodes, sizeof *times);
    ck_assert(ready && times);
    for (int i = 0; i < graph->orders; i++) {
        int n = graph->order[i];
        ck_assert_int_eq(++times[n], 1);
        if (graph->node[n].fused_into >= 0)
            continue;
        for (int v = 0; v < graph->values && !optimizing && graph->node[n].phase == PHASE_OPTIMIZER; v++) {
            if (graph->value[v].kind == VALUE_GRADIENT)
                ck_assert_msg(ready[graph_memory_of(graph, v)], "gradient %d is not there for the optimizer", v);
        }
        optimizing |= graph->node[n].phase == PHASE_OPTIMIZER;
        run_node(graph, ready, n);
    }
    for (int n = 0; n < graph->nodes; n++)
        ck_assert_msg(times[n] == 1 || (graph->node[n].op == OP_CLONE && graph->node[n].attrs.copy.when != COPY_ALWAYS),
                      "node %d (%s) is not in the order", n, op_name(graph->node[n].op));
    ck_assert(optimizing);
    ck_assert(ready[graph_memory_of(graph, graph->loss)] && ready[graph_memory_of(graph, graph->logits)]);
    free(ready);
    free(times);
}

/* A linear layer's bias: its gradient is a sum that keeps the dimension of the batch. */
static bool same_order(const struct tensor *gradient, const struct tensor *parameter)
{
    return tensor_same_layout(gradient, parameter) ||
           (tensor_count(gradient) == tensor_count(parameter) && tensor_format(gradient) != FORMAT_STRIDED &&
            tensor_format(gradient) != FORMAT_CHANNELS_LAST && tensor_format(parameter) == FORMAT_CONTIGUOUS);
}

static void check_gradients(const struct graph *graph)
{
    int parameters = 0;
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        if (value->kind != VALUE_PARAMETER || value->alias_of >= 0)
            continue;
        parameters++;
        ck_assert_msg(value->gradient >= 0, "%s has no gradient", value->name);
        const struct value *gradient = &graph->value[value->gradient];
        ck_assert_int_eq(gradient->kind, VALUE_GRADIENT);
        ck_assert_int_eq(gradient->tensor.dtype, DTYPE_FLOAT32);
        ck_assert_int_ge(gradient->producer, 0);
        ck_assert_msg(same_order(&gradient->tensor, &value->tensor), "%s: its gradient lies otherwise",
                      value->name);
    }
    ck_assert_int_gt(parameters, 0);
}

/*
 * A conversion changes the format, of a tensor that has one: `either` is never converted. A copy of a 5-D view counts as
 * that of the image it views; an output without a conversion of its own (cat) may have another shape.
 */
static void check_conversions(const struct graph *graph)
{
    for (int n = 0; n < graph->nodes; n++) {
        for (int c = 0; c < graph->node[n].conversions; c++) {
            const struct node_conversion *conversion = &graph->node[n].conversion[c];
            const struct tensor *from = &graph->value[conversion->source].tensor;
            if (conversion->viewed) /* the change is the image's, the tensors are its views */
                continue;
            int made = conversion->dest < 0 ? graph->node[n].out[0] : conversion->dest;
            const struct tensor *to = &graph->value[made].tensor;
            bool of_view = conversion->dest >= 0 && conversion->dest == graph->node[n].out[0];
            ck_assert_int_ne(tensor_format(from), FORMAT_EITHER);
            bool deep = conversion->dest < 0 && from->dims > 4; /* a sum over paths (layout_rules.c) */
            if (!conversion->copy && to->dims == 4 && !deep)
                ck_assert_int_ne(layout_order(graph, conversion->source), tensor_format(to));
            if (!of_view)
                ck_assert_int_eq(graph->node[n].in[conversion->position], conversion->source);
            ck_assert(conversion->dest < 0 || tensor_count(from) == tensor_count(to));
        }
    }
}

START_TEST(zoo_under_every_policy)
{
    static const enum memory_format formats[] = {FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST};
    static const enum dtype dtypes[] = {DTYPE_FLOAT32, DTYPE_BFLOAT16, DTYPE_FLOAT16};
    for (int model = 0; model < model_count(); model++) {
        for (int i = 0; i < policy_count() * 6; i++) {
            struct made made;
            make(&made, model_at(model), policy_name(i / 6), formats[i % 2], dtypes[i / 2 % 3], 64);
            check_order(&made.graph);
            check_gradients(&made.graph);
            check_conversions(&made.graph);
            release(&made);
        }
    }
}
END_TEST

START_TEST(adamw_is_ordered_too)
{
    struct policy policy;
    struct graph graph;
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct session_config config = make_config(&tiny_model, &policy, "ref", FORMAT_CHANNELS_LAST, 8);
    config.optim.kind = OPTIMIZER_ADAMW;
    make_graph(&config, &graph);
    check_order(&graph);
    ck_assert_int_eq(count_nodes(&graph, OP_ADAMW), 1);
    graph_release(&graph);
    policy_release(&policy);
}
END_TEST

int main(void)
{
    return run_tests("graph", (const TTest *const[]){
                                  autocast_lists_per_device, autocast_casts_group_norm_on_cuda_only,
                                  weight_casts_are_their_convolutions_work, without_autocast_nothing_is_cast,
                                  norms_take_relu_and_add, masks_are_fused, differing_formats_are_not_fused,
                                  zoo_under_every_policy, adamw_is_ordered_too, NULL});
}
