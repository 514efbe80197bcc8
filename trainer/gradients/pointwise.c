/* Gradients of operators that work element by element, and of the mean over H and W. */
#include "trainer/gradients.h"

enum status relu_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_THRESHOLD_BACKWARD, self->graph->node[forward].out[0]);
}

enum status hardtanh_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_HARDTANH_BACKWARD, self->graph->node[forward].out[0]);
}

enum status dropout_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_DROPOUT_BACKWARD, self->graph->node[forward].out[1]);
}

enum status add_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    TRY(gradient_accumulate(self, f.in[0], grad));
    return gradient_accumulate(self, f.in[1], grad);
}

/* expand, then div: the quotient's kernel reads the gradient before it was expanded. */
enum status mean_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    int x = graph->node[forward].in[0], wide, node;
    struct view_attrs attrs = {.dims = graph->value[x].tensor.dims};
    for (int d = 0; d < attrs.dims; d++)
        attrs.size[d] = graph->value[x].tensor.size[d];
    TRY(gradient_view(self, forward, OP_EXPAND, &attrs, grad, &wide));
    graph->value[wide].stand_in = grad;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, x, -1, -1);
    TRY(gradient_add_node(self, forward, OP_MEAN_BACKWARD, (int[]){wide, -1}, made, &node));
    return gradient_accumulate(self, x, graph->node[node].out[0]);
}

enum status gelu_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_GELU_BACKWARD, self->graph->node[forward].in[0]);
}
