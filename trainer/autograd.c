/* One gradient function per operator; the walk over the forward nodes in reverse. */
#include "trainer/autograd.h"

#include <stdlib.h>

#include "base/log.h"

struct autograd {
    struct graph *graph;
    int *gradient; /* by value: its gradient so far, -1 = none yet */
};

/* Outputs of a backward operator that have the shapes of forward values (-1 = absent). */
static void like(const struct graph *graph, struct tensor *made, int a, int b, int c)
{
    int which[OP_MAX_OUT] = {a, b, c, -1};
    for (int i = 0; i < OP_MAX_OUT; i++) {
        made[i].dims = -1;
        if (which[i] >= 0)
            made[i] = tensor_with_format(&graph->value[which[i]].tensor, FORMAT_CONTIGUOUS);
    }
}

static enum status add_backward(struct autograd *self, int forward, enum op_id op, const int *in,
                                const struct tensor *made, int *node)
{
    struct graph *graph = self->graph;
    union op_attrs attrs = graph->node[forward].attrs;
    TRY(graph_add_node(graph, op, &attrs, in, made, PHASE_BACKWARD, graph->node[forward].module, node));
    graph->node[*node].forward_node = forward;
    return STATUS_OK;
}

/* The gradient of `value` gets another summand. Parameters' first gradient becomes their VALUE_GRADIENT. */
static enum status accumulate(struct autograd *self, int value, int gradient)
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
    like(graph, made, value, -1, -1);
    union op_attrs attrs = {.add = {.alpha = 1}};
    TRY(graph_add_node(graph, OP_ADD, &attrs, (int[]){self->gradient[value], gradient, -1}, made, PHASE_BACKWARD,
                       producer < 0 ? -1 : graph->node[producer].module, &node));
    graph->node[node].forward_node = producer;
    self->gradient[value] = graph->node[node].out[0];
    return STATUS_OK;
}

/* Declares a backward output as the gradient of a parameter itself. */
static void parameter_gradient(struct graph *graph, int parameter, int gradient)
{
    graph->value[parameter].gradient = gradient;
    graph->value[gradient].kind = VALUE_GRADIENT;
}

/*
 * Gradient of a parameter, seen through the autocast cast that may stand before it: the cast's own backward is an
 * aten::_to_copy that the producer's kernel does (it writes float32 at once).
 */
static enum status finish_parameter(struct autograd *self, int value, int gradient, int producer)
{
    struct graph *graph = self->graph;
    if (value < 0 || gradient < 0)
        return STATUS_OK;
    int parameter = graph->value[value].stand_in;
    if (parameter < 0) {
        parameter_gradient(graph, value, gradient);
        return STATUS_OK;
    }
    struct tensor made[OP_MAX_OUT];
    like(graph, made, parameter, -1, -1);
    int node;
    TRY(add_backward(self, graph->value[value].producer, OP_COPY, (int[]){gradient, -1}, made, &node));
    graph->node[node].fused_into = producer;
    int wide = graph->node[node].out[0];
    graph->value[gradient].stand_in = wide;
    parameter_gradient(graph, parameter, wide);
    return STATUS_OK;
}

static enum status convolution_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int x = f.in[0], w = f.in[1], b = f.in[2], node;
    struct tensor made[OP_MAX_OUT];
    like(graph, made, graph->value[x].requires_grad ? x : -1, w, b);
    TRY(add_backward(self, forward, OP_CONVOLUTION_BACKWARD, (int[]){grad, x, w, -1}, made, &node));
    struct node made_node = graph->node[node];
    TRY(accumulate(self, x, made_node.out[0]));
    TRY(finish_parameter(self, w, made_node.out[1], node));
    return finish_parameter(self, b, made_node.out[2], node);
}

static enum status batch_norm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    like(graph, made, f.in[0], f.in[1], f.in[2]);
    int in[] = {grad, f.in[0], f.in[1], f.in[2], f.out[1], f.out[2], -1};
    TRY(add_backward(self, forward, OP_BATCH_NORM_BACKWARD, in, made, &node));
    struct node made_node = graph->node[node];
    TRY(accumulate(self, f.in[0], made_node.out[0]));
    TRY(finish_parameter(self, f.in[1], made_node.out[1], node));
    return finish_parameter(self, f.in[2], made_node.out[2], node);
}

static enum status group_norm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    like(graph, made, f.in[0], f.in[1], f.in[2]);
    int in[] = {grad, f.in[0], f.out[1], f.out[2], f.in[1], -1};
    TRY(add_backward(self, forward, OP_GROUP_NORM_BACKWARD, in, made, &node));
    struct node made_node = graph->node[node];
    TRY(accumulate(self, f.in[0], made_node.out[0]));
    TRY(finish_parameter(self, f.in[1], made_node.out[1], node));
    return finish_parameter(self, f.in[2], made_node.out[2], node);
}

/* Operators whose backward takes (grad, saved) and gives the input's gradient. */
static enum status saved_gradient(struct autograd *self, int forward, int grad, enum op_id backward, int saved)
{
    int x = self->graph->node[forward].in[0], node;
    struct tensor made[OP_MAX_OUT];
    like(self->graph, made, x, -1, -1);
    TRY(add_backward(self, forward, backward, (int[]){grad, saved, -1}, made, &node));
    return accumulate(self, x, self->graph->node[node].out[0]);
}

static enum status relu_gradient(struct autograd *self, int forward, int grad)
{
    return saved_gradient(self, forward, grad, OP_THRESHOLD_BACKWARD, self->graph->node[forward].out[0]);
}

static enum status hardtanh_gradient(struct autograd *self, int forward, int grad)
{
    return saved_gradient(self, forward, grad, OP_HARDTANH_BACKWARD, self->graph->node[forward].out[0]);
}

static enum status log_softmax_gradient(struct autograd *self, int forward, int grad)
{
    return saved_gradient(self, forward, grad, OP_LOG_SOFTMAX_BACKWARD, self->graph->node[forward].out[0]);
}

static enum status dropout_gradient(struct autograd *self, int forward, int grad)
{
    return saved_gradient(self, forward, grad, OP_DROPOUT_BACKWARD, self->graph->node[forward].out[1]);
}

static enum status mean_gradient(struct autograd *self, int forward, int grad)
{
    return saved_gradient(self, forward, grad, OP_MEAN_BACKWARD, -1);
}

static enum status copy_gradient(struct autograd *self, int forward, int grad)
{
    return saved_gradient(self, forward, grad, OP_COPY, -1);
}

static enum status view_gradient(struct autograd *self, int forward, int grad)
{
    int x = self->graph->node[forward].in[0], node;
    struct tensor made[OP_MAX_OUT];
    like(self->graph, made, x, -1, -1);
    TRY(add_backward(self, forward, OP_VIEW, (int[]){grad, -1}, made, &node));
    int out = self->graph->node[node].out[0];
    self->graph->value[out].alias_of = grad;
    return accumulate(self, x, out);
}

static enum status max_pool2d_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    like(self->graph, made, f.in[0], -1, -1);
    TRY(add_backward(self, forward, OP_MAX_POOL2D_BACKWARD, (int[]){grad, f.in[0], f.out[1], -1}, made, &node));
    return accumulate(self, f.in[0], self->graph->node[node].out[0]);
}

static enum status add_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    TRY(accumulate(self, f.in[0], grad));
    return accumulate(self, f.in[1], grad);
}

static enum status nll_loss_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    like(self->graph, made, f.in[0], -1, -1);
    TRY(add_backward(self, forward, OP_NLL_LOSS_BACKWARD, (int[]){grad, f.in[0], f.in[1], -1}, made, &node));
    return accumulate(self, f.in[0], self->graph->node[node].out[0]);
}

/* output = input weight + bias: grad_input = grad weight^T, grad_weight^T = grad^T input, grad_bias = sum of grad. */
static enum status addmm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int bias = graph_stand_in(graph, f.in[0]), x = f.in[1];
    int weight = graph->value[graph_stand_in(graph, f.in[2])].alias_of, node;
    struct tensor made[OP_MAX_OUT];
    like(graph, made, x, -1, -1);
    TRY(add_backward(self, forward, OP_MM, (int[]){grad, weight, -1}, made, &node));
    TRY(accumulate(self, x, graph->node[node].out[0]));

    struct tensor turned = graph->value[grad].tensor;
    turned.size[0] = graph->value[grad].tensor.size[1];
    turned.size[1] = graph->value[grad].tensor.size[0];
    turned.stride[0] = 1;
    turned.stride[1] = turned.size[0];
    int view = graph_add_value(graph, &turned, VALUE_ACTIVATION);
    graph->value[view].alias_of = grad;
    graph->value[view].producer = graph->value[grad].producer;
    like(graph, made, weight, -1, -1);
    TRY(add_backward(self, forward, OP_MM, (int[]){view, x, -1}, made, &node));
    parameter_gradient(graph, weight, graph->node[node].out[0]);

    like(graph, made, bias, -1, -1);
    TRY(add_backward(self, forward, OP_SUM, (int[]){grad, -1}, made, &node));
    parameter_gradient(graph, bias, graph->node[node].out[0]);
    return STATUS_OK;
}

static const struct {
    enum op_id op;
    enum status (*gradient)(struct autograd *self, int forward, int grad);
} gradients[] = {
    {OP_CONVOLUTION, convolution_gradient}, {OP_BATCH_NORM, batch_norm_gradient}, {OP_GROUP_NORM, group_norm_gradient},
    {OP_RELU_, relu_gradient},              {OP_RELU, relu_gradient},             {OP_HARDTANH_, hardtanh_gradient},
    {OP_ADD_, add_gradient},                {OP_ADD, add_gradient},               {OP_MAX_POOL2D, max_pool2d_gradient},
    {OP_MEAN, mean_gradient},               {OP_VIEW, view_gradient},             {OP_ADDMM, addmm_gradient},
    {OP_DROPOUT, dropout_gradient},         {OP_LOG_SOFTMAX, log_softmax_gradient}, {OP_NLL_LOSS, nll_loss_gradient},
    {OP_COPY, copy_gradient},               {OP_CLONE, copy_gradient},
};

static enum status differentiate(struct autograd *self, int forward)
{
    struct graph *graph = self->graph;
    const struct node *node = &graph->node[forward];
    int grad = self->gradient[node->out[0]];
    if (grad < 0 || graph->value[node->out[0]].stand_in >= 0)
        return STATUS_OK;
    for (size_t i = 0; i < sizeof gradients / sizeof gradients[0]; i++) {
        if (gradients[i].op == node->op)
            return gradients[i].gradient(self, forward, grad);
    }
    return FAIL(UNSUPPORTED, "%s has no gradient (trainer/autograd.c)", op_name(node->op));
}

enum status autograd_backward(struct graph *graph)
{
    int values = graph->values, nodes = graph->nodes;
    struct autograd self = {graph, malloc((size_t)values * sizeof(int))};
    if (!self.gradient)
        return FAIL(NO_MEMORY, "no memory for the gradients of %d values", values);
    for (int i = 0; i < values; i++)
        self.gradient[i] = -1;
    self.gradient[graph->loss] = graph->loss_scale;
    enum status status = STATUS_OK;
    for (int n = nodes - 1; n >= 0 && status == STATUS_OK; n--)
        status = differentiate(&self, n);
    free(self.gradient);
    return status;
}
