/* GradScaler and optimizer as operators over flat buffers. */
#include "trainer/optim.h"

#include <stdlib.h>

static int scalar(struct graph *graph, const char *name, enum value_kind kind, struct init init)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, 0, NULL, FORMAT_CONTIGUOUS);
    if (!name)
        return graph_add_value(graph, &tensor, kind);
    return graph_add_named(graph, -1, name, &tensor, kind, init);
}

void optim_loss_scale(struct graph *graph, const struct optim_config *config)
{
    if (!config->scaler) {
        graph->loss_scale = scalar(graph, NULL, VALUE_INPUT, (struct init){INIT_ZERO, 0});
        return;
    }
    graph->loss_scale = scalar(graph, "scaler.scale", VALUE_BUFFER, (struct init){INIT_ZERO, 0});
    graph->growth_tracker = scalar(graph, "scaler.growth_tracker", VALUE_BUFFER, (struct init){INIT_ZERO, 0});
}

int64_t optim_flat_offsets(const struct graph *graph, int64_t *offset)
{
    int64_t length = 0;
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        offset[v] = -1;
        if (value->kind != VALUE_PARAMETER || value->alias_of >= 0)
            continue;
        offset[v] = length;
        length += (tensor_count(&value->tensor) + 15) / 16 * 16;
    }
    return length;
}

/* A node that changes some of its inputs in place: output i is the memory of value in_place[i]. */
static enum status append(struct graph *graph, enum op_id op, const union op_attrs *attrs, const int *in,
                          const int *in_place, int *number)
{
    struct tensor made[OP_MAX_OUT];
    for (int i = 0; i < OP_MAX_OUT; i++) {
        made[i].dims = -1;
        if (in_place[i] >= 0)
            made[i] = graph->value[in_place[i]].tensor;
    }
    TRY(graph_add_node(graph, op, attrs, in, made, PHASE_OPTIMIZER, -1, number));
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (in_place[i] >= 0)
            graph->value[graph->node[*number].out[i]].alias_of = in_place[i];
    }
    return STATUS_OK;
}

static int state(struct graph *graph, const char *name, int64_t length)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, 1, &length, FORMAT_CONTIGUOUS);
    return graph_add_named(graph, -1, name, &tensor, VALUE_BUFFER, (struct init){INIT_ZERO, 0});
}

static enum status append_sgd(struct graph *graph, const struct optim_config *config, int64_t length)
{
    union op_attrs attrs = {.sgd = config->sgd};
    int momentum = config->sgd.momentum != 0 ? state(graph, "optimizer.momentum_buffer", length) : -1, node;
    graph->first_step = scalar(graph, NULL, VALUE_INPUT, (struct init){INIT_ZERO, 0});
    int none = -2, in[] = {graph->flat_parameter, graph->flat_gradient, momentum < 0 ? none : momentum,
                           graph->learning_rate, graph->first_step, graph->found_inf, -1};
    return append(graph, OP_SGD, &attrs, in, (int[]){graph->flat_parameter, momentum, -1, -1}, &node);
}

static enum status append_adamw(struct graph *graph, const struct optim_config *config, int64_t length)
{
    union op_attrs attrs = {.adamw = config->adamw};
    int average = state(graph, "optimizer.exp_avg", length), square = state(graph, "optimizer.exp_avg_sq", length);
    int step = scalar(graph, "optimizer.step", VALUE_BUFFER, (struct init){INIT_ZERO, 0}), node;
    int in[] = {graph->flat_parameter, graph->flat_gradient, average, square, graph->learning_rate, step,
                graph->found_inf, -1};
    return append(graph, OP_ADAMW, &attrs, in, (int[]){graph->flat_parameter, average, square, step}, &node);
}

static enum status append_unscale(struct graph *graph)
{
    struct tensor one = tensor_make(DTYPE_FLOAT32, 0, NULL, FORMAT_CONTIGUOUS);
    int node, found = graph_add_value(graph, &one, VALUE_ACTIVATION);
    TRY(append(graph, OP_AMP_UNSCALE, NULL, (int[]){graph->flat_gradient, graph->loss_scale, -1},
               (int[]){graph->flat_gradient, found, -1, -1}, &node));
    graph->found_inf = graph->node[node].out[1];
    graph->value[graph->found_inf].alias_of = -1;
    return STATUS_OK;
}

enum status optim_append(struct graph *graph, const struct optim_config *config)
{
    int64_t *offset = malloc((size_t)graph->values * sizeof *offset);
    if (!offset)
        return FAIL(NO_MEMORY, "no memory for the offsets of %d values", graph->values);
    int64_t length = optim_flat_offsets(graph, offset);
    free(offset);
    struct tensor flat = tensor_make(DTYPE_FLOAT32, 1, &length, FORMAT_CONTIGUOUS);
    graph->flat_parameter = graph_add_value(graph, &flat, VALUE_BUFFER);
    graph->flat_gradient = graph_add_value(graph, &flat, VALUE_BUFFER);
    graph->learning_rate = scalar(graph, NULL, VALUE_INPUT, (struct init){INIT_ZERO, 0});
    if (config->scaler)
        TRY(append_unscale(graph));
    TRY(config->kind == OPTIMIZER_SGD ? append_sgd(graph, config, length) : append_adamw(graph, config, length));
    if (!config->scaler)
        return STATUS_OK;
    union op_attrs attrs = {.scaler = config->scaling};
    int node, in[] = {graph->loss_scale, graph->growth_tracker, graph->found_inf, -1};
    return append(graph, OP_AMP_UPDATE_SCALE, &attrs, in, (int[]){graph->loss_scale, graph->growth_tracker, -1, -1},
                  &node);
}
