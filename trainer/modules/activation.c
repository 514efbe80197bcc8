/* Activations and dropout. */
#include "trainer/build.h"

#include <string.h>

#include "base/random.h"

int build_relu(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "ReLU", OP_RELU_, NULL, x);
}

int build_relu6(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "ReLU6", OP_HARDTANH_, &(union op_attrs){.clamp = {0, 6}}, x);
}

/* In place on a clone, which PyTorch keeps for the backward pass. */
int build_silu(struct build *build, const char *name, int x)
{
    union op_attrs copy = {.copy = {COPY_PRESERVE, COPY_ALWAYS}};
    build_enter(build, name, "SiLU");
    if (build->training)
        build_op(build, OP_CLONE, &copy, (int[]){x, -1});
    int y = build_op(build, OP_SILU_, NULL, (int[]){x, -1});
    build_leave(build);
    return y;
}

int build_sigmoid(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "Sigmoid", OP_SIGMOID, NULL, x);
}

int build_softmax(struct build *build, const char *name, int x, int dim)
{
    return build_simple(build, name, "Softmax", OP_SOFTMAX, &(union op_attrs){.dim = {dim}}, x);
}

/* The number of the step, which random masks are made from. */
static int step_counter(struct build *build)
{
    if (build->graph->step_count < 0) {
        struct tensor counter = tensor_make(DTYPE_INT64, 0, NULL, FORMAT_CONTIGUOUS);
        build->graph->step_count = graph_add_value(build->graph, &counter, VALUE_INPUT);
    }
    return build->graph->step_count;
}

/*
 * A mask of 0 and 1 / (1 - p) in x's sizes, or one number for each image: bernoulli_, then div_; and x times it, by `mul`.
 * PyTorch's CPU has no dropout of its own and works so, too.
 */
static int apply_mask(struct build *build, int x, double p, bool rows, enum op_id mul)
{
    const char *path = build->graph->module[build->module].path;
    union op_attrs draw = {.dropout = {.p = p, .key = random_key(build->seed, path), .rows = rows}};
    int mask = build_op(build, OP_BERNOULLI_, &draw, (int[]){x, step_counter(build), -1});
    if (mask >= 0)
        build->graph->value[mask].requires_grad = false;
    if (p < 1)
        mask = build_op(build, OP_DIV_, &(union op_attrs){.scalar = {1 - p}}, (int[]){mask, -1});
    return build_op(build, mul, NULL, (int[]){x, mask, -1});
}

static int dropout(struct build *build, const char *name, int x, double p, enum op_id mul)
{
    if (!build->training || build->status != STATUS_OK)
        return x;
    build_enter(build, name, "Dropout");
    const char *path = build->graph->module[build->module].path, *device = build->autocast.device;
    union op_attrs attrs = {.dropout = {.p = p, .key = random_key(build->seed, path)}};
    int y = device && strcmp(device, "cuda") == 0
                ? build_op(build, OP_DROPOUT, &attrs, (int[]){x, step_counter(build), -1})
                : apply_mask(build, x, p, false, mul);
    build_leave(build);
    return y;
}

int build_dropout(struct build *build, const char *name, int x, double p)
{
    return dropout(build, name, x, p, OP_MUL);
}

int build_dropout_(struct build *build, const char *name, int x, double p)
{
    return dropout(build, name, x, p, OP_MUL_);
}

int build_stochastic_depth(struct build *build, const char *name, int x, double p)
{
    if (!build->training || build->status != STATUS_OK || p == 0)
        return x;
    build_enter(build, name, "StochasticDepth");
    int y = apply_mask(build, x, p, true, OP_MUL);
    build_leave(build);
    return y;
}

int build_gelu(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "GELU", OP_GELU, NULL, x);
}
