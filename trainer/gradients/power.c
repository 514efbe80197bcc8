/* Gradients of operators with a number: pow, neg, and a sum with one. */
#include "trainer/gradients.h"

/* grad * (exponent * input^(exponent - 1)) */
enum status pow_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    double exponent = f.attrs.scalar.value;
    union op_attrs less = {.scalar = {exponent - 1}}, factor = {.scalar = {exponent}};
    int node;
    TRY(gradient_add_other(self, forward, OP_POW, &less, (int[]){f.in[0], -1}, NULL, &node));
    TRY(gradient_add_other(self, forward, OP_MUL, &factor, (int[]){self->graph->node[node].out[0], -1}, NULL, &node));
    TRY(gradient_add_other(self, forward, OP_MUL, &factor, (int[]){grad, self->graph->node[node].out[0], -1}, NULL, &node));
    return gradient_accumulate(self, f.in[0], self->graph->node[node].out[0]);
}

enum status neg_gradient(struct autograd *self, int forward, int grad)
{
    int node;
    TRY(gradient_add_node(self, forward, OP_NEG, (int[]){grad, -1}, NULL, &node));
    return gradient_accumulate(self, self->graph->node[forward].in[0], self->graph->node[node].out[0]);
}

enum status add_scalar_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_accumulate(self, self->graph->node[forward].in[0], grad);
}
