/* Adding modules, operators and parameters under the current module's path. PyTorch's modules: modules/. */
#include "trainer/build.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

int build_parameter(struct build *build, const char *name, int dims, const int64_t *size, struct init init)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, dims, size, FORMAT_CONTIGUOUS);
    return graph_add_named(build->graph, build->module, name, &tensor, VALUE_PARAMETER, init);
}

int build_buffer(struct build *build, const char *name, int64_t size, enum init_kind kind)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, 1, &size, FORMAT_CONTIGUOUS);
    return graph_add_named(build->graph, build->module, name, &tensor, VALUE_BUFFER, (struct init){kind, 0});
}

struct init build_weight_init(enum weight_init rule, double fan_in, double fan_out)
{
    switch (rule) {
    case WEIGHT_KAIMING_FAN_OUT:
    case WEIGHT_KAIMING_ONLY:
        return (struct init){INIT_NORMAL, sqrt(2.0 / fan_out)};
    case WEIGHT_NORMAL_002:
        return (struct init){INIT_NORMAL, 0.02};
    case WEIGHT_KAIMING_FAN_IN:
        return (struct init){INIT_NORMAL, sqrt(2.0 / fan_in)};
    case WEIGHT_NORMAL_001:
        return (struct init){INIT_NORMAL, 0.01};
    case WEIGHT_UNIFORM_FAN_OUT:
        return (struct init){INIT_UNIFORM, 1.0 / sqrt(fan_out)};
    default:
        return (struct init){INIT_UNIFORM, 1.0 / sqrt(fan_in)};
    }
}

struct init build_bias_init(enum weight_init rule, double fan_in)
{
    bool uniform = rule == WEIGHT_DEFAULT || rule == WEIGHT_KAIMING_ONLY;
    return uniform ? (struct init){INIT_UNIFORM, 1.0 / sqrt(fan_in)} : (struct init){INIT_ZERO, 0};
}

int build_simple(struct build *build, const char *name, const char *class_name, enum op_id op,
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

int build_view(struct build *build, enum op_id op, const struct view_attrs *attrs, int x)
{
    int node;
    if (build->status != STATUS_OK)
        return -1;
    build->status = graph_add_view(build->graph, op, attrs, x, PHASE_FORWARD, build->module, &node);
    return build->status == STATUS_OK ? build->graph->node[node].out[0] : -1;
}
