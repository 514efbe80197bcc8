/* Gradient of convolution. */
#include "trainer/gradients.h"

enum status convolution_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int x = f.in[0], w = f.in[1], b = f.in[2], node;
    struct tensor made[OP_MAX_OUT];
    bool filter = !graph->value[w].requires_grad; /* a blur's */
    gradient_like(graph, made, graph->value[x].requires_grad ? x : -1, filter ? -1 : w, b);
    TRY(gradient_add_node(self, forward, OP_CONVOLUTION_BACKWARD, (int[]){grad, x, w, -1}, made, &node));
    struct node made_node = graph->node[node];
    TRY(gradient_accumulate(self, x, made_node.out[0]));
    TRY(gradient_accumulate(self, w, made_node.out[1]));
    return gradient_accumulate(self, b, made_node.out[2]);
}
