/* Gradient of the product of matrices for each sample. */
#include "trainer/gradients.h"

/* aten::transpose(value, 1, 2). */
static enum status turn(struct autograd *self, int forward, int value, int *out)
{
    return gradient_view(self, forward, OP_TRANSPOSE, &(struct view_attrs){.order = {0, 2, 1}}, value, out);
}

/* grad_b = a^T grad, grad_a = grad b^T, in PyTorch's order. */
enum status bmm_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    int turned, node;
    if (self->graph->value[f.in[1]].requires_grad) {
        TRY(turn(self, forward, f.in[0], &turned));
        TRY(gradient_add_node(self, forward, OP_BMM, (int[]){turned, grad, -1}, NULL, &node));
        TRY(gradient_accumulate(self, f.in[1], self->graph->node[node].out[0]));
    }
    if (!self->graph->value[f.in[0]].requires_grad)
        return STATUS_OK;
    TRY(turn(self, forward, f.in[1], &turned));
    TRY(gradient_add_node(self, forward, OP_BMM, (int[]){grad, turned, -1}, NULL, &node));
    return gradient_accumulate(self, f.in[0], self->graph->node[node].out[0]);
}
