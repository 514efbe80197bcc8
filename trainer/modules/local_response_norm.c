/* torch.nn.LocalResponseNorm as torch.nn.functional composes it: the mean of squares over neighbouring channels, by avg_pool3d. */
#include "trainer/build.h"

static int mean_of_neighbours(struct build *build, int x, int size)
{
    if (build->status != STATUS_OK)
        return -1;
    const struct tensor image = build->graph->value[x].tensor;
    const int64_t *n = image.size;
    struct view_attrs deep = {.dims = 5, .size = {n[0], 1, n[1], n[2], n[3]}};
    struct view_attrs flat = {.dims = 4, .size = {n[0], n[1], n[2], n[3]}};
    union op_attrs pad = {.pad = {.before = {0, 0, size / 2}, .after = {0, 0, (size - 1) / 2}}};
    union op_attrs pool = {.average = {.kernel = {size, 1, 1}, .stride = {1, 1, 1}}};
    x = build_view(build, OP_VIEW, &deep, x);
    x = build_op(build, OP_CONSTANT_PAD_ND, &pad, (int[]){x, -1});
    x = build_op(build, OP_AVG_POOL3D, &pool, (int[]){x, -1});
    x = build_view(build, OP_SQUEEZE, &(struct view_attrs){.dim = 1}, x);
    return build_view(build, OP_VIEW, &flat, x);
}

/* x / (k + alpha mean)^beta */
int build_local_response_norm(struct build *build, const char *name, int x, int size, double alpha, double beta, double k)
{
    build_enter(build, name, "LocalResponseNorm");
    int y = mean_of_neighbours(build, build_mul(build, x, x), size);
    y = build_op(build, OP_MUL, &(union op_attrs){.scalar = {alpha}}, (int[]){y, -1});
    y = build_op(build, OP_ADD_SCALAR, &(union op_attrs){.scalar = {k}}, (int[]){y, -1});
    y = build_op(build, OP_POW, &(union op_attrs){.scalar = {beta}}, (int[]){y, -1});
    y = build_op(build, OP_DIV, NULL, (int[]){x, y, -1});
    build_leave(build);
    return y;
}
