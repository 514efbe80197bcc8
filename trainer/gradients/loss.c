/* Gradients of the loss. */
#include "trainer/gradients.h"

enum status log_softmax_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_LOG_SOFTMAX_BACKWARD, self->graph->node[forward].out[0]);
}

enum status nll_loss_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(self->graph, made, f.in[0], -1, -1);
    TRY(gradient_add_node(self, forward, OP_NLL_LOSS_BACKWARD, (int[]){grad, f.in[0], f.in[1], -1}, made, &node));
    return gradient_accumulate(self, f.in[0], self->graph->node[node].out[0]);
}
