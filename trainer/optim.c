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

int64_t optim_buffer_offsets(const struct graph *graph, int64_t *offset)
{
    int64_t length = 0;
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        if (value->kind != VALUE_BUFFER || !value->name || value->module < 0)
            continue;
        offset[v] = length;
        length += (tensor_count(&value->tensor) + 15) / 16 * 16;
    }
    return length;
}

/* A node that changes some of its inputs in place: output i is the memory of value in_place[i]. */
static enum status append_in(struct graph *graph, enum op_phase phase, enum op_id op, const union op_attrs *attrs,
                             const int *in, const int *in_place, int *number)
{
    struct tensor made[OP_MAX_OUT];
    for (int i = 0; i < OP_MAX_OUT; i++) {
        made[i].dims = -1;
        if (in_place[i] >= 0)
            made[i] = graph->value[in_place[i]].tensor;
    }
    TRY(graph_add_node(graph, op, attrs, in, made, phase, -1, number));
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (in_place[i] >= 0)
            graph->value[graph->node[*number].out[i]].alias_of = in_place[i];
    }
    return STATUS_OK;
}

static enum status append(struct graph *graph, enum op_id op, const union op_attrs *attrs, const int *in,
                          const int *in_place, int *number)
{
    return append_in(graph, PHASE_OPTIMIZER, op, attrs, in, in_place, number);
}

static int flat_value(struct graph *graph, int64_t length)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, 1, &length, FORMAT_CONTIGUOUS);
    return graph_add_value(graph, &tensor, VALUE_BUFFER);
}

static int state(struct graph *graph, const char *name, int64_t length)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, 1, &length, FORMAT_CONTIGUOUS);
    return graph_add_named(graph, -1, name, &tensor, VALUE_BUFFER, (struct init){INIT_ZERO, 0});
}

static enum status append_sgd(struct graph *graph, const struct optim_config *config, int gradient, int64_t length)
{
    union op_attrs attrs = {.sgd = config->sgd};
    int momentum = config->sgd.momentum != 0 ? state(graph, "optimizer.momentum_buffer", length) : -1, node;
    graph->first_step = scalar(graph, NULL, VALUE_INPUT, (struct init){INIT_ZERO, 0});
    int none = -2, in[] = {graph->flat_parameter, gradient, momentum < 0 ? none : momentum,
                           graph->learning_rate, graph->first_step, graph->found_inf, -1};
    return append(graph, OP_SGD, &attrs, in, (int[]){graph->flat_parameter, momentum, -1, -1}, &node);
}

static enum status append_adamw(struct graph *graph, const struct optim_config *config, int gradient, int64_t length)
{
    union op_attrs attrs = {.adamw = config->adamw};
    int average = state(graph, "optimizer.exp_avg", length), square = state(graph, "optimizer.exp_avg_sq", length);
    int step = scalar(graph, "optimizer.step", VALUE_BUFFER, (struct init){INIT_ZERO, 0}), node;
    int in[] = {graph->flat_parameter, gradient, average, square, graph->learning_rate, step,
                graph->found_inf, -1};
    return append(graph, OP_ADAMW, &attrs, in, (int[]){graph->flat_parameter, average, square, step}, &node);
}

static enum status append_unscale(struct graph *graph, int gradient)
{
    struct tensor one = tensor_make(DTYPE_FLOAT32, 0, NULL, FORMAT_CONTIGUOUS);
    int node, found = graph_add_value(graph, &one, VALUE_ACTIVATION);
    TRY(append(graph, OP_AMP_UNSCALE, NULL, (int[]){gradient, graph->loss_scale, -1},
               (int[]){gradient, found, -1, -1}, &node));
    graph->found_inf = graph->node[node].out[1];
    graph->value[graph->found_inf].alias_of = -1;
    return STATUS_OK;
}

static enum status append_accumulation(struct graph *graph, int64_t length)
{
    int node;
    graph->flat_accumulated = flat_value(graph, length);
    return append_in(graph, PHASE_BACKWARD, OP_ADD_, &(union op_attrs){.add = {.alpha = 1}},
                     (int[]){graph->flat_accumulated, graph->flat_gradient, -1},
                     (int[]){graph->flat_accumulated, -1, -1, -1}, &node);
}

static enum status append_mean_of_ranks(struct graph *graph, int gradient)
{
    int node;
    return append(graph, OP_ALL_REDUCE_, NULL, (int[]){gradient, -1}, (int[]){gradient, -1, -1, -1}, &node);
}

static enum status append_clipping(struct graph *graph, double max_norm, int gradient)
{
    union op_attrs attrs = {.clip = {max_norm}};
    struct tensor made[OP_MAX_OUT];
    int node;
    graph_one_output(made, tensor_make(DTYPE_FLOAT32, 0, NULL, FORMAT_CONTIGUOUS));
    TRY(graph_add_node(graph, OP_FOREACH_NORM, NULL, (int[]){gradient, -1}, made, PHASE_OPTIMIZER, -1, &node));
    return append(graph, OP_FOREACH_MUL_, &attrs, (int[]){gradient, graph->node[node].out[0], -1},
                  (int[]){gradient, -1, -1, -1}, &node);
}

static enum status append_average(struct graph *graph, double decay, int value, int *average)
{
    union op_attrs attrs = {.lerp = {1 - decay}};
    int node;
    *average = flat_value(graph, graph->value[value].tensor.size[0]);
    return append(graph, OP_FOREACH_LERP_, &attrs, (int[]){*average, value, -1}, (int[]){*average, -1, -1, -1}, &node);
}

static enum status append_averages(struct graph *graph, double decay, int64_t buffers)
{
    TRY(append_average(graph, decay, graph->flat_parameter, &graph->flat_average));
    if (buffers == 0)
        return STATUS_OK;
    graph->flat_buffer = flat_value(graph, buffers);
    return append_average(graph, decay, graph->flat_buffer, &graph->flat_buffer_average);
}

/* Lengths of the flat parameters and of the model's buffers. */
static enum status flat_lengths(const struct graph *graph, int64_t *parameters, int64_t *buffers)
{
    int64_t *offset = malloc((size_t)graph->values * sizeof *offset);
    if (!offset)
        return FAIL(NO_MEMORY, "no memory for the offsets of %d values", graph->values);
    *parameters = optim_flat_offsets(graph, offset);
    *buffers = optim_buffer_offsets(graph, offset);
    free(offset);
    return STATUS_OK;
}

static enum status append_update_scale(struct graph *graph, const struct optim_config *config)
{
    union op_attrs attrs = {.scaler = config->scaling};
    int node, in[] = {graph->loss_scale, graph->growth_tracker, graph->found_inf, -1};
    return append(graph, OP_AMP_UPDATE_SCALE, &attrs, in, (int[]){graph->loss_scale, graph->growth_tracker, -1, -1}, &node);
}

enum status optim_append(struct graph *graph, const struct optim_config *config)
{
    int64_t length = 0, buffers = 0;
    TRY(flat_lengths(graph, &length, &buffers));
    graph->flat_parameter = flat_value(graph, length);
    graph->flat_gradient = flat_value(graph, length);
    graph->learning_rate = scalar(graph, NULL, VALUE_INPUT, (struct init){INIT_ZERO, 0});
    if (config->accumulate > 1)
        TRY(append_accumulation(graph, length));
    int gradient = config->accumulate > 1 ? graph->flat_accumulated : graph->flat_gradient;
    if (config->ranks > 1)
        TRY(append_mean_of_ranks(graph, gradient));
    if (config->scaler)
        TRY(append_unscale(graph, gradient));
    if (config->clip_norm > 0)
        TRY(append_clipping(graph, config->clip_norm, gradient));
    TRY(config->kind == OPTIMIZER_SGD ? append_sgd(graph, config, gradient, length)
                                      : append_adamw(graph, config, gradient, length));
    if (config->scaler)
        TRY(append_update_scale(graph, config));
    return config->ema_decay > 0 ? append_averages(graph, config->ema_decay, buffers) : STATUS_OK;
}
