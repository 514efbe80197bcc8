/* Functions that are no modules: residual sums, views and copies. */
#include "trainer/build.h"

#include <string.h>

#include "base/status.h"

int build_add_(struct build *build, int x, int other)
{
    return build_op(build, OP_ADD_, &(union op_attrs){.add = {.alpha = 1}}, (int[]){x, other, -1});
}

int build_add(struct build *build, int x, int other)
{
    return build_op(build, OP_ADD, &(union op_attrs){.add = {.alpha = 1}}, (int[]){x, other, -1});
}

int build_slice(struct build *build, int x, int dim, int64_t start, int64_t length)
{
    return build_view(build, OP_SLICE, &(struct view_attrs){.dim = dim, .start = start, .length = length}, x);
}

int build_select(struct build *build, int x, int dim, int64_t index)
{
    return build_view(build, OP_SELECT, &(struct view_attrs){.dim = dim, .start = index}, x);
}

int build_mean_hw(struct build *build, int x)
{
    return build_op(build, OP_MEAN, &(union op_attrs){.reduce = {.dims = 1 << 2 | 1 << 3}}, (int[]){x, -1});
}

int build_cat(struct build *build, const int *x, int count, int dim)
{
    int in[OP_MAX_IN + 1];
    if (build->status == STATUS_OK && count > OP_MAX_IN)
        build->status = FAIL(UNSUPPORTED, "aten::cat of %d tensors: at most %d", count, OP_MAX_IN);
    if (build->status != STATUS_OK)
        return -1;
    memcpy(in, x, (size_t)count * sizeof *x);
    in[count] = -1;
    return build_op(build, OP_CAT, &(union op_attrs){.cat = {dim}}, in);
}

int build_permute(struct build *build, int x, const int *order)
{
    struct view_attrs attrs = {0};
    for (int d = 0; d < TENSOR_MAX_DIMS && x >= 0 && d < build->graph->value[x].tensor.dims; d++)
        attrs.order[d] = order[d];
    return build_view(build, OP_PERMUTE, &attrs, x);
}

int build_transpose(struct build *build, int x, int a, int b)
{
    struct view_attrs attrs = {0};
    for (int d = 0; d < TENSOR_MAX_DIMS; d++)
        attrs.order[d] = d == a ? b : d == b ? a : d;
    return build_view(build, OP_TRANSPOSE, &attrs, x);
}

int build_reshape(struct build *build, int x, int dims, const int64_t *size)
{
    int out = -1;
    if (build->status == STATUS_OK)
        build->status = graph_add_reshape(build->graph, x, dims, size, PHASE_FORWARD, build->module, &out);
    return build->status == STATUS_OK ? out : -1;
}

int build_contiguous(struct build *build, int x)
{
    int out = -1;
    if (build->status == STATUS_OK)
        build->status = graph_add_contiguous(build->graph, x, PHASE_FORWARD, build->module, &out);
    return build->status == STATUS_OK ? out : -1;
}

int build_flatten(struct build *build, int x)
{
    if (build->status != STATUS_OK)
        return -1;
    const struct tensor *from = &build->graph->value[x].tensor;
    int64_t size[2] = {from->size[0], tensor_count(from) / from->size[0]};
    return build_reshape(build, x, 2, size);
}

void build_split(struct build *build, int x, int64_t length, int dim, int parts[OP_MAX_OUT])
{
    struct view_attrs attrs = {.dim = dim, .length = length};
    for (int i = 0; i < OP_MAX_OUT; i++)
        parts[i] = -1;
    int first = build_view(build, OP_SPLIT, &attrs, x);
    if (first < 0)
        return;
    memcpy(parts, build->graph->node[build->graph->value[first].producer].out, OP_MAX_OUT * sizeof *parts);
}
