/* Normalisations. */
#include "trainer/build.h"

static int batch_norm2d(struct build *build, const char *name, int x, enum init_kind weight_init)
{
    if (build->status != STATUS_OK)
        return -1;
    int64_t channels = build_channels(build, x);
    build_enter(build, name, "BatchNorm2d");
    int weight = build_parameter(build, "weight", 1, &channels, (struct init){weight_init, 0});
    int bias = build_parameter(build, "bias", 1, &channels, (struct init){INIT_ZERO, 0});
    int mean = build_buffer(build, "running_mean", channels, INIT_ZERO);
    int var = build_buffer(build, "running_var", channels, INIT_ONE);
    union op_attrs attrs = {.norm = {.eps = 1e-5, .momentum = 0.1, .training = build->training}};
    int y = build_op(build, OP_BATCH_NORM, &attrs, (int[]){x, weight, bias, mean, var, -1});
    build_leave(build);
    return y;
}

int build_batch_norm2d(struct build *build, const char *name, int x)
{
    return batch_norm2d(build, name, x, INIT_ONE);
}

int build_batch_norm2d_zero(struct build *build, const char *name, int x)
{
    return batch_norm2d(build, name, x, INIT_ZERO);
}

int build_group_norm(struct build *build, const char *name, int x, int groups, bool zero_weight)
{
    if (build->status != STATUS_OK)
        return -1;
    int64_t channels = build_channels(build, x);
    build_enter(build, name, "GroupNorm");
    int weight = build_parameter(build, "weight", 1, &channels, (struct init){zero_weight ? INIT_ZERO : INIT_ONE, 0});
    int bias = build_parameter(build, "bias", 1, &channels, (struct init){INIT_ZERO, 0});
    union op_attrs attrs = {.norm = {.eps = 1e-5, .groups = groups}};
    int y = build_op(build, OP_GROUP_NORM, &attrs, (int[]){x, weight, bias, -1});
    build_leave(build);
    return y;
}

int build_instance_norm2d(struct build *build, const char *name, int x, bool affine)
{
    if (build->status != STATUS_OK)
        return -1;
    int64_t channels = build_channels(build, x);
    int weight = -2, bias = -2;
    build_enter(build, name, "InstanceNorm2d");
    if (affine) {
        weight = build_parameter(build, "weight", 1, &channels, (struct init){INIT_ONE, 0});
        bias = build_parameter(build, "bias", 1, &channels, (struct init){INIT_ZERO, 0});
    }
    union op_attrs attrs = {.norm = {.eps = 1e-5, .training = true, .groups = (int)channels}};
    int y = build_op(build, OP_INSTANCE_NORM, &attrs, (int[]){x, weight, bias, -1});
    build_leave(build);
    return y;
}

/* The operator of the current module over the last dimension. */
static int normalize_last(struct build *build, int x, double eps)
{
    if (build->status != STATUS_OK)
        return -1;
    const struct tensor *tensor = &build->graph->value[x].tensor;
    int64_t length = tensor->size[tensor->dims - 1];
    int weight = build_parameter(build, "weight", 1, &length, (struct init){INIT_ONE, 0});
    int bias = build_parameter(build, "bias", 1, &length, (struct init){INIT_ZERO, 0});
    return build_op(build, OP_LAYER_NORM, &(union op_attrs){.norm = {.eps = eps}}, (int[]){x, weight, bias, -1});
}

int build_layer_norm(struct build *build, const char *name, int x, double eps)
{
    build_enter(build, name, "LayerNorm");
    x = normalize_last(build, x, eps);
    build_leave(build);
    return x;
}

int build_layer_norm2d(struct build *build, const char *name, int x, double eps)
{
    build_enter(build, name, "LayerNorm2d");
    x = build_permute(build, x, (int[]){0, 2, 3, 1});
    x = build_permute(build, normalize_last(build, x, eps), (int[]){0, 3, 1, 2});
    build_leave(build);
    return x;
}
