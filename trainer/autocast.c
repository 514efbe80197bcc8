/* Autocast's lists as a table, and the casts they ask for. Lists: PyTorch aten/src/ATen/autocast_mode.cpp. */
#include "trainer/autocast.h"

#include <string.h>

#include "kernels/tensor.h"

/* Operators that stand on a list; all others follow their inputs. */
static const struct {
    enum op_id op;
    enum autocast_list cpu, cuda;
} lists[] = {
    {OP_CONVOLUTION, AUTOCAST_LOWER, AUTOCAST_LOWER},
    {OP_ADDMM, AUTOCAST_LOWER, AUTOCAST_LOWER},
    {OP_BMM, AUTOCAST_LOWER, AUTOCAST_LOWER},
    {OP_POW, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    {OP_AVG_POOL3D, AUTOCAST_FLOAT32, AUTOCAST_FOLLOW},
    {OP_LAYER_NORM, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    {OP_CAT, AUTOCAST_PROMOTE, AUTOCAST_FOLLOW},
    {OP_REFLECTION_PAD2D, AUTOCAST_FLOAT32, AUTOCAST_FOLLOW},
    {OP_REPLICATION_PAD2D, AUTOCAST_FLOAT32, AUTOCAST_FOLLOW},
    {OP_UPSAMPLE_NEAREST2D, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    {OP_UPSAMPLE_BILINEAR2D, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    {OP_UPSAMPLE_BICUBIC2D, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    {OP_GROUP_NORM, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    {OP_SUM, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    {OP_SOFTMAX, AUTOCAST_FOLLOW, AUTOCAST_FLOAT32},
    /* cross_entropy_loss is on the CPU's list, log_softmax and nll_loss on CUDA's: either way both see float32. */
    {OP_LOG_SOFTMAX, AUTOCAST_FLOAT32, AUTOCAST_FLOAT32},
    {OP_NLL_LOSS, AUTOCAST_FLOAT32, AUTOCAST_FLOAT32},
};

enum autocast_list autocast_list(const char *device, enum op_id op)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (lists[i].op == op)
            return strcmp(device, "cuda") == 0 ? lists[i].cuda : lists[i].cpu;
    }
    return AUTOCAST_FOLLOW;
}

static bool is_float(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT32 || dtype == DTYPE_BFLOAT16 || dtype == DTYPE_FLOAT16;
}

/* A cast of a parameter has the same memory order and no memory of its own; the operator that uses it casts in its kernel. */
static enum status cast_input(struct graph *graph, int value, enum dtype dtype, int module, int *out)
{
    struct tensor made[OP_MAX_OUT];
    int node;
    graph_one_output(made, tensor_with_dtype(&graph->value[value].tensor, dtype));
    TRY(graph_add_node(graph, OP_COPY, NULL, (int[]){value, -1}, made, PHASE_FORWARD, module, &node));
    *out = graph->node[node].out[0];
    graph->value[*out].requires_grad = graph->value[value].requires_grad;
    if (graph->value[value].kind == VALUE_PARAMETER)
        graph->value[*out].stand_in = value;
    return STATUS_OK;
}

/* float32 as soon as one input is. */
static enum dtype widest(const struct graph *graph, enum dtype lower, const int *in)
{
    for (int i = 0; i < OP_MAX_IN && in[i] != -1; i++) {
        if (in[i] >= 0 && graph->value[in[i]].tensor.dtype == DTYPE_FLOAT32)
            return DTYPE_FLOAT32;
    }
    return lower;
}

enum status autocast_inputs(struct graph *graph, const struct autocast *autocast, enum op_id op, int module, int *in)
{
    enum autocast_list list = autocast->enabled ? autocast_list(autocast->device, op) : AUTOCAST_FOLLOW;
    if (list == AUTOCAST_FOLLOW)
        return STATUS_OK;
    enum dtype dtype = list == AUTOCAST_LOWER     ? autocast->dtype
                       : list == AUTOCAST_PROMOTE ? widest(graph, autocast->dtype, in)
                                                  : DTYPE_FLOAT32;
    int count = 0;
    while (count < OP_MAX_IN && in[count] != -1)
        count++;
    for (int i = count - 1; i >= 0; i--) { /* C++ evaluates a call's arguments, PyTorch's casts among them, from the last one */
        if (in[i] < 0)
            continue;
        enum dtype have = graph->value[in[i]].tensor.dtype;
        if (is_float(have) && have != dtype)
            TRY(cast_input(graph, in[i], dtype, module, &in[i]));
    }
    return STATUS_OK;
}

void autocast_adopt(struct graph *graph, int node)
{
    for (int i = 0; i < OP_MAX_IN; i++) {
        int value = graph->node[node].in[i];
        if (value < 0 || graph->value[value].stand_in < 0)
            continue;
        int cast = graph->value[value].producer;
        while (op_flags(graph->node[cast].op) & OP_ALIAS) { /* a view of a cast weight: it shows what the kernel makes */
            graph->node[cast].fused_into = node;
            cast = graph->value[graph->node[cast].in[0]].producer;
        }
        graph->node[cast].fused_into = node;
    }
}
