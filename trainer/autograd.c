/* The walk over the forward nodes in reverse. */
#include "trainer/autograd.h"

#include <stdlib.h>

#include "base/log.h"
#include "trainer/gradients.h"

/* Outputs of a backward operator that have the shapes of forward values (-1 = absent). */
void gradient_like(const struct graph *graph, struct tensor *made, int a, int b, int c)
{
    int which[OP_MAX_OUT] = {a, b, c, -1};
    for (int i = 0; i < OP_MAX_OUT; i++) {
        made[i].dims = -1;
        if (which[i] >= 0)
            made[i] = tensor_with_format(&graph->value[which[i]].tensor, FORMAT_CONTIGUOUS);
    }
}

enum status gradient_add_other(struct autograd *self, int forward, enum op_id op, const union op_attrs *attrs,
                               const int *in, const struct tensor *made, int *node)
{
    struct graph *graph = self->graph;
    TRY(graph_add_node(graph, op, attrs, in, made, PHASE_BACKWARD, graph->node[forward].module, node));
    graph->node[*node].forward_node = forward;
    return STATUS_OK;
}

enum status gradient_add_node(struct autograd *self, int forward, enum op_id op, const int *in,
                              const struct tensor *made, int *node)
{
    union op_attrs attrs = self->graph->node[forward].attrs;
    return gradient_add_other(self, forward, op, &attrs, in, made, node);
}

enum status gradient_view(struct autograd *self, int forward, enum op_id op, const struct view_attrs *attrs, int x,
                          int *out)
{
    int node;
    TRY(graph_add_view(self->graph, op, attrs, x, PHASE_BACKWARD, self->graph->node[forward].module, &node));
    self->graph->node[node].forward_node = forward;
    *out = self->graph->node[node].out[0];
    return STATUS_OK;
}

enum status gradient_accumulate(struct autograd *self, int value, int gradient)
{
    struct graph *graph = self->graph;
    if (value < 0 || gradient < 0 || !graph->value[value].requires_grad)
        return STATUS_OK;
    if (self->gradient[value] < 0) {
        self->gradient[value] = gradient;
        return STATUS_OK;
    }
    int node, producer = graph->value[value].producer;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, value, -1, -1);
    union op_attrs attrs = {.add = {.alpha = 1}};
    TRY(graph_add_node(graph, OP_ADD, &attrs, (int[]){self->gradient[value], gradient, -1}, made, PHASE_BACKWARD,
                       producer < 0 ? -1 : graph->node[producer].module, &node));
    graph->node[node].forward_node = producer;
    self->gradient[value] = graph->node[node].out[0];
    return STATUS_OK;
}

/*
 * Backward of a parameter's cast: an aten::_to_copy to float32 that the kernel of whoever made the gradient does, so that
 * the gradient, and views through which it came, are the float32 one's memory.
 */
static enum status cast_gradient(struct autograd *self, int forward)
{
    struct graph *graph = self->graph;
    int cast = graph->node[forward].out[0], parameter = graph->value[cast].stand_in, gradient = self->gradient[cast], node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, parameter, -1, -1);
    TRY(gradient_add_node(self, forward, OP_COPY, (int[]){gradient, -1}, made, &node));
    int wide = graph->node[node].out[0], base = gradient;
    while (graph->value[base].alias_of >= 0)
        base = graph->value[base].alias_of;
    int host = graph->value[base].producer;
    graph->node[node].fused_into = host;
    for (int view = gradient; view != base; view = graph->value[view].alias_of)
        graph->node[graph->value[view].producer].fused_into = host;
    graph->value[base].stand_in = wide;
    return gradient_accumulate(self, parameter, wide);
}

/* What a parameter has gathered becomes its VALUE_GRADIENT: the memory behind views of it (linear's turned weight). */
static void set_parameters(const struct autograd *self, int values)
{
    struct graph *graph = self->graph;
    for (int v = 0; v < values; v++) {
        int gradient = self->gradient[v];
        if (graph->value[v].kind != VALUE_PARAMETER || graph->value[v].alias_of >= 0 || gradient < 0)
            continue;
        while (graph->value[gradient].alias_of >= 0)
            gradient = graph->value[gradient].alias_of;
        graph->value[v].gradient = gradient;
        graph->value[gradient].kind = VALUE_GRADIENT;
    }
}

enum status gradient_from_saved(struct autograd *self, int forward, int grad, enum op_id backward, int saved)
{
    int x = self->graph->node[forward].in[0], node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(self->graph, made, x, -1, -1);
    TRY(gradient_add_node(self, forward, backward, (int[]){grad, saved, -1}, made, &node));
    return gradient_accumulate(self, x, self->graph->node[node].out[0]);
}

static const struct {
    enum op_id op;
    enum status (*gradient)(struct autograd *self, int forward, int grad);
} gradients[] = {
#define GRADIENT(op, name) {OP_##op, name##_gradient},
#include "trainer/gradients.def"
#undef GRADIENT
};

static bool has_gradient(const struct autograd *self, const struct node *node)
{
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (node->out[i] >= 0 && self->gradient[node->out[i]] >= 0)
            return true;
    }
    return false;
}

static enum status differentiate(struct autograd *self, int forward)
{
    struct graph *graph = self->graph;
    const struct node *node = &graph->node[forward];
    if (!has_gradient(self, node))
        return STATUS_OK;
    if (graph->value[node->out[0]].stand_in >= 0)
        return cast_gradient(self, forward);
    for (size_t i = 0; i < sizeof gradients / sizeof gradients[0]; i++) {
        if (gradients[i].op == node->op)
            return gradients[i].gradient(self, forward, self->gradient[node->out[0]]);
    }
    return FAIL(UNSUPPORTED, "%s has no gradient (trainer/gradients.def)", op_name(node->op));
}

enum status autograd_backward(struct graph *graph)
{
    int values = graph->values, nodes = graph->nodes;
    struct autograd self = {graph, malloc((size_t)values * sizeof(int))};
    if (!self.gradient)
        return FAIL(NO_MEMORY, "no memory for the gradients of %d values", values);
    for (int i = 0; i < values; i++)
        self.gradient[i] = -1;
    self.gradient[graph->objective >= 0 ? graph->objective : graph->loss] = graph->loss_scale;
    enum status status = STATUS_OK;
    for (int n = nodes - 1; n >= 0 && status == STATUS_OK; n--)
        status = differentiate(&self, n);
    if (status == STATUS_OK)
        set_parameters(&self, values);
    free(self.gradient);
    return status;
}
