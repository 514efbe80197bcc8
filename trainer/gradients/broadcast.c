/* Gradients of operators whose operands are broadcast, and of reductions. */
#include "trainer/gradients.h"

#include <string.h>

/* sum_to_size (ATen/ExpandUtils.h): over leading dimensions and those of size 1, kept; then a view without the leading ones. */
static enum status sum_to(struct autograd *self, int forward, const struct tensor *like, int *gradient)
{
    struct graph *graph = self->graph;
    const struct tensor from = graph->value[*gradient].tensor;
    int leading = from.dims - like->dims, node;
    union op_attrs attrs = {.reduce = {.keep = true}};
    for (int d = 0; d < from.dims; d++) {
        if (d < leading || (like->size[d - leading] == 1 && from.size[d] != 1))
            attrs.reduce.dims |= 1u << d;
    }
    if (!attrs.reduce.dims)
        return STATUS_OK;
    TRY(gradient_add_other(self, forward, OP_SUM, &attrs, (int[]){*gradient, -1}, NULL, &node));
    *gradient = graph->node[node].out[0];
    if (leading == 0)
        return STATUS_OK;
    struct view_attrs view = {.dims = like->dims};
    memcpy(view.size, like->size, sizeof view.size);
    return gradient_view(self, forward, OP_VIEW, &view, *gradient, gradient);
}

enum status gradient_fit(struct autograd *self, int forward, int value, int *gradient)
{
    const struct tensor like = self->graph->value[value].tensor;
    struct tensor made[OP_MAX_OUT];
    int node;
    TRY(sum_to(self, forward, &like, gradient));
    if (self->graph->value[*gradient].tensor.dtype == like.dtype)
        return STATUS_OK;
    gradient_like(self->graph, made, value, -1, -1);
    TRY(gradient_add_other(self, forward, OP_COPY, &(union op_attrs){0}, (int[]){*gradient, -1}, made, &node));
    *gradient = self->graph->node[node].out[0];
    return STATUS_OK;
}

static bool wants_gradient(const struct autograd *self, int value)
{
    return value >= 0 && self->graph->value[value].requires_grad;
}

static enum status hand_over(struct autograd *self, int forward, int value, int gradient)
{
    if (gradient < 0)
        return STATUS_OK;
    TRY(gradient_fit(self, forward, value, &gradient));
    return gradient_accumulate(self, value, gradient);
}

enum status add_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    for (int i = 0; i < 2; i++)
        TRY(hand_over(self, forward, f.in[i], wants_gradient(self, f.in[i]) ? grad : -1));
    return STATUS_OK;
}

static enum status multiply(struct autograd *self, int forward, int grad, int by, int *out)
{
    int node;
    TRY(gradient_add_node(self, forward, OP_MUL, (int[]){grad, by, -1}, NULL, &node));
    *out = self->graph->node[node].out[0];
    return STATUS_OK;
}

/* PyTorch makes other's gradient first; sums to the operands' sizes come after both. */
enum status mul_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    int made[2] = {-1, -1};
    if (wants_gradient(self, f.in[1]))
        TRY(multiply(self, forward, grad, f.in[0], &made[1]));
    if (wants_gradient(self, f.in[0]))
        TRY(multiply(self, forward, grad, f.in[1], &made[0]));
    for (int i = 0; i < 2; i++)
        TRY(hand_over(self, forward, f.in[i], made[i]));
    return STATUS_OK;
}

static enum status divide(struct autograd *self, int forward, int x, int by, int *out)
{
    int node;
    TRY(gradient_add_node(self, forward, OP_DIV, (int[]){x, by, -1}, NULL, &node));
    *out = self->graph->node[node].out[0];
    return STATUS_OK;
}

/* -grad ((x / other) / other) */
static enum status divisor_gradient(struct autograd *self, int forward, int grad, int *out)
{
    struct node f = self->graph->node[forward];
    int slope, node;
    TRY(divide(self, forward, f.in[0], f.in[1], &slope));
    TRY(divide(self, forward, slope, f.in[1], &slope));
    TRY(gradient_add_node(self, forward, OP_NEG, (int[]){grad, -1}, NULL, &node));
    return multiply(self, forward, self->graph->node[node].out[0], slope, out);
}

/* As in mul, other's first. */
enum status div_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    int made[2] = {-1, -1};
    if (wants_gradient(self, f.in[1]))
        TRY(divisor_gradient(self, forward, grad, &made[1]));
    if (wants_gradient(self, f.in[0]))
        TRY(divide(self, forward, grad, f.in[1], &made[0]));
    for (int i = 0; i < 2; i++)
        TRY(hand_over(self, forward, f.in[i], made[i]));
    return STATUS_OK;
}

static enum status expand_to(struct autograd *self, int forward, int value, int grad, int *out)
{
    const struct tensor *like = &self->graph->value[value].tensor;
    struct view_attrs attrs = {.dims = like->dims};
    memcpy(attrs.size, like->size, sizeof attrs.size);
    return gradient_view(self, forward, OP_EXPAND, &attrs, grad, out);
}

/* grad / (H W), spread over H and W. */
enum status mean_gradient(struct autograd *self, int forward, int grad)
{
    int x = self->graph->node[forward].in[0], node;
    const int64_t *size = self->graph->value[x].tensor.size;
    union op_attrs attrs = {.scalar = {(double)(size[2] * size[3])}};
    for (int d = 2; d < 4 && self->graph->value[grad].tensor.dims < 4; d++)
        TRY(gradient_view(self, forward, OP_UNSQUEEZE, &(struct view_attrs){.dim = d}, grad, &grad));
    TRY(expand_to(self, forward, x, grad, &grad));
    TRY(gradient_add_other(self, forward, OP_DIV, &attrs, (int[]){grad, -1}, NULL, &node));
    return gradient_accumulate(self, x, self->graph->node[node].out[0]);
}

/* Spread over what was summed up: dimensions that had gone come back first. */
enum status sum_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    const struct reduce_attrs *attrs = &f.attrs.reduce;
    for (int d = 0; d < self->graph->value[f.in[0]].tensor.dims && !attrs->keep; d++) {
        struct view_attrs view = {.dim = d};
        if (attrs->dims >> d & 1)
            TRY(gradient_view(self, forward, OP_UNSQUEEZE, &view, grad, &grad));
    }
    TRY(expand_to(self, forward, f.in[0], grad, &grad));
    return gradient_accumulate(self, f.in[0], grad);
}

enum status softmax_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_SOFTMAX_BACKWARD, self->graph->node[forward].out[0]);
}

/* unbind: each input's gradient is one index of the new dimension. */
enum status stack_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    for (int i = 0; i < f.inputs; i++) {
        struct view_attrs view = {.dim = f.attrs.dim.dim, .start = i};
        int part;
        TRY(gradient_view(self, forward, OP_SELECT, &view, grad, &part));
        TRY(gradient_accumulate(self, f.in[i], part));
    }
    return STATUS_OK;
}
