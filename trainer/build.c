/* PyTorch's modules, one function each. */
#include "trainer/build.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

void build_enter(struct build *build, const char *name, const char *class_name)
{
    build->module = graph_add_module(build->graph, build->module, name, class_name);
}

void build_enter_number(struct build *build, int number, const char *class_name)
{
    char name[16];
    snprintf(name, sizeof name, "%d", number);
    build_enter(build, name, class_name);
}

void build_leave(struct build *build)
{
    build->module = build->graph->module[build->module].parent;
}

int build_op(struct build *build, enum op_id op, const union op_attrs *attrs, const int *in)
{
    int inputs[OP_MAX_IN + 1], node;
    bool grad = false;
    if (build->status != STATUS_OK)
        return -1;
    for (int i = 0; i <= OP_MAX_IN; i++)
        inputs[i] = -1;
    for (int i = 0; i < OP_MAX_IN && in[i] != -1; i++)
        inputs[i] = in[i];
    build->status = autocast_inputs(build->graph, &build->autocast, op, build->module, inputs);
    if (build->status == STATUS_OK)
        build->status = graph_add_node(build->graph, op, attrs, inputs, NULL, PHASE_FORWARD, build->module, &node);
    if (build->status != STATUS_OK)
        return -1;
    autocast_adopt(build->graph, node);
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (inputs[i] >= 0)
            grad |= build->graph->value[inputs[i]].requires_grad;
    }
    int output = build->graph->node[node].out[0];
    build->graph->value[output].requires_grad = grad;
    return output;
}

int build_channels(const struct build *build, int x)
{
    return x < 0 ? 1 : (int)build->graph->value[x].tensor.size[1];
}

static int parameter(struct build *build, const char *name, int dims, const int64_t *size, struct init init)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, dims, size, FORMAT_CONTIGUOUS);
    return graph_add_named(build->graph, build->module, name, &tensor, VALUE_PARAMETER, init);
}

static int buffer(struct build *build, const char *name, int64_t size, enum init_kind kind)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, 1, &size, FORMAT_CONTIGUOUS);
    return graph_add_named(build->graph, build->module, name, &tensor, VALUE_BUFFER, (struct init){kind, 0});
}

/* torch.nn.init for a weight with the given fans. */
static struct init weight_init(enum weight_init rule, double fan_in, double fan_out)
{
    switch (rule) {
    case WEIGHT_KAIMING_FAN_OUT:
        return (struct init){INIT_NORMAL, sqrt(2.0 / fan_out)};
    case WEIGHT_NORMAL_001:
        return (struct init){INIT_NORMAL, 0.01};
    default:
        return (struct init){INIT_UNIFORM, 1.0 / sqrt(fan_in)};
    }
}

static struct init bias_init(enum weight_init rule, double fan_in)
{
    return rule == WEIGHT_DEFAULT ? (struct init){INIT_UNIFORM, 1.0 / sqrt(fan_in)} : (struct init){INIT_ZERO, 0};
}

int build_conv2d(struct build *build, const char *name, int x, struct conv2d conv)
{
    if (build->status != STATUS_OK)
        return -1;
    int groups = conv.groups ? conv.groups : 1, stride = conv.stride ? conv.stride : 1;
    int64_t in_channels = build_channels(build, x);
    int64_t size[4] = {conv.out_channels, in_channels / groups, conv.kernel, conv.kernel};
    double area = (double)conv.kernel * conv.kernel, fan_in = (double)size[1] * area, fan_out = conv.out_channels * area;
    build_enter(build, name, "Conv2d");
    int weight = parameter(build, "weight", 4, size, weight_init(build->conv_init, fan_in, fan_out));
    int bias = conv.bias ? parameter(build, "bias", 1, size, bias_init(build->conv_init, fan_in)) : -1;
    union op_attrs attrs = {.conv = {.stride = {stride, stride}, .padding = {conv.padding, conv.padding},
                                     .dilation = {1, 1}, .groups = groups}};
    int y = build_op(build, OP_CONVOLUTION, &attrs, (int[]){x, weight, bias, -1});
    build_leave(build);
    return y;
}

int build_batch_norm2d(struct build *build, const char *name, int x)
{
    if (build->status != STATUS_OK)
        return -1;
    int64_t channels = build_channels(build, x);
    build_enter(build, name, "BatchNorm2d");
    int weight = parameter(build, "weight", 1, &channels, (struct init){INIT_ONE, 0});
    int bias = parameter(build, "bias", 1, &channels, (struct init){INIT_ZERO, 0});
    int mean = buffer(build, "running_mean", channels, INIT_ZERO);
    int var = buffer(build, "running_var", channels, INIT_ONE);
    union op_attrs attrs = {.norm = {.eps = 1e-5, .momentum = 0.1, .training = build->training}};
    int y = build_op(build, OP_BATCH_NORM, &attrs, (int[]){x, weight, bias, mean, var, -1});
    build_leave(build);
    return y;
}

int build_group_norm(struct build *build, const char *name, int x, int groups, bool zero_weight)
{
    if (build->status != STATUS_OK)
        return -1;
    int64_t channels = build_channels(build, x);
    build_enter(build, name, "GroupNorm");
    int weight = parameter(build, "weight", 1, &channels, (struct init){zero_weight ? INIT_ZERO : INIT_ONE, 0});
    int bias = parameter(build, "bias", 1, &channels, (struct init){INIT_ZERO, 0});
    union op_attrs attrs = {.norm = {.eps = 1e-5, .groups = groups}};
    int y = build_op(build, OP_GROUP_NORM, &attrs, (int[]){x, weight, bias, -1});
    build_leave(build);
    return y;
}

/* A module with one operator and no parameters; without a name: a function, which has no module of its own. */
static int simple(struct build *build, const char *name, const char *class_name, enum op_id op,
                  const union op_attrs *attrs, int x)
{
    if (build->status != STATUS_OK)
        return -1;
    if (name)
        build_enter(build, name, class_name);
    int y = build_op(build, op, attrs, (int[]){x, -1});
    if (name)
        build_leave(build);
    return y;
}

int build_relu(struct build *build, const char *name, int x)
{
    return simple(build, name, "ReLU", OP_RELU_, NULL, x);
}

int build_relu6(struct build *build, const char *name, int x)
{
    return simple(build, name, "ReLU6", OP_HARDTANH_, &(union op_attrs){.clamp = {0, 6}}, x);
}

int build_max_pool2d(struct build *build, const char *name, int x, int kernel, int stride, int padding)
{
    union op_attrs attrs = {.pool = {.kernel = {kernel, kernel}, .stride = {stride, stride},
                                     .padding = {padding, padding}, .dilation = {1, 1}}};
    return simple(build, name, "MaxPool2d", OP_MAX_POOL2D, &attrs, x);
}

int build_adaptive_avg_pool2d_1(struct build *build, const char *name, int x)
{
    return simple(build, name, "AdaptiveAvgPool2d", OP_MEAN, NULL, x);
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

int build_linear(struct build *build, const char *name, int x, int out_features)
{
    if (build->status != STATUS_OK)
        return -1;
    struct graph *graph = build->graph;
    int64_t size[2] = {out_features, build_channels(build, x)};
    build_enter(build, name, "Linear");
    int weight = parameter(build, "weight", 2, size, weight_init(build->linear_init, (double)size[1], out_features));
    int bias = parameter(build, "bias", 1, size, bias_init(build->linear_init, (double)size[1]));
    struct tensor transposed = {.dtype = DTYPE_FLOAT32, .dims = 2, .size = {size[1], size[0]}, .stride = {1, size[1]}};
    int view = graph_add_value(graph, &transposed, VALUE_PARAMETER);
    graph->value[view].alias_of = weight;
    graph->value[view].requires_grad = true;
    int y = build_op(build, OP_ADDMM, NULL, (int[]){bias, x, view, -1});
    build_leave(build);
    return y;
}

int build_add_(struct build *build, int x, int other)
{
    return build_op(build, OP_ADD_, &(union op_attrs){.add = {.alpha = 1}}, (int[]){x, other, -1});
}

int build_add(struct build *build, int x, int other)
{
    return build_op(build, OP_ADD, &(union op_attrs){.add = {.alpha = 1}}, (int[]){x, other, -1});
}

int build_flatten(struct build *build, int x)
{
    if (build->status != STATUS_OK)
        return -1;
    struct graph *graph = build->graph;
    const struct tensor *from = &graph->value[x].tensor;
    struct tensor made[OP_MAX_OUT];
    for (int i = 0; i < OP_MAX_OUT; i++)
        made[i].dims = -1;
    made[0] = tensor_make(from->dtype, 2, (int64_t[]){from->size[0], tensor_count(from) / from->size[0]},
                          FORMAT_CONTIGUOUS);
    int node;
    build->status = graph_add_node(graph, OP_VIEW, NULL, (int[]){x, -1}, made, PHASE_FORWARD, build->module, &node);
    if (build->status != STATUS_OK)
        return -1;
    int y = graph->node[node].out[0];
    graph->value[y].alias_of = x;
    graph->value[y].requires_grad = graph->value[x].requires_grad;
    return y;
}

void build_cross_entropy(struct build *build, int logits, int labels, double label_smoothing)
{
    union op_attrs attrs = {.loss = {.label_smoothing = label_smoothing}};
    int log_p = build_op(build, OP_LOG_SOFTMAX, NULL, (int[]){logits, -1});
    build->graph->logits = logits;
    build->graph->loss = build_op(build, OP_NLL_LOSS, &attrs, (int[]){log_p, labels, -1});
}
