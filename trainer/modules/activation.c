/* Activations and dropout. */
#include "trainer/build.h"

#include "base/random.h"

int build_relu(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "ReLU", OP_RELU_, NULL, x);
}

int build_relu6(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "ReLU6", OP_HARDTANH_, &(union op_attrs){.clamp = {0, 6}}, x);
}

int build_dropout(struct build *build, const char *name, int x, double p)
{
    if (!build->training || build->status != STATUS_OK)
        return x;
    build_enter(build, name, "Dropout");
    const char *path = build->graph->module[build->module].path;
    union op_attrs attrs = {.dropout = {.p = p, .key = random_key(build->seed, path)}};
    if (build->graph->step_count < 0) {
        struct tensor counter = tensor_make(DTYPE_INT64, 0, NULL, FORMAT_CONTIGUOUS);
        build->graph->step_count = graph_add_value(build->graph, &counter, VALUE_INPUT);
    }
    int y = build_op(build, OP_DROPOUT, &attrs, (int[]){x, build->graph->step_count, -1});
    build_leave(build);
    return y;
}

int build_gelu(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "GELU", OP_GELU, NULL, x);
}
