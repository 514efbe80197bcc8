/* Gradients of views and copies. */
#include "trainer/gradients.h"

enum status copy_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_COPY, -1);
}

/* A clone's gradient is its input's: nothing is copied (PyTorch's CloneBackward). */
enum status clone_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_accumulate(self, self->graph->node[forward].in[0], grad);
}

/* view, _unsafe_view: grad.reshape(input's sizes). */
enum status view_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    int x = graph->node[forward].in[0], first = graph->nodes, out;
    struct tensor like = graph->value[x].tensor;
    TRY(graph_add_reshape(graph, grad, like.dims, like.size, PHASE_BACKWARD, graph->node[forward].module, &out));
    for (int n = first; n < graph->nodes; n++)
        graph->node[n].forward_node = forward;
    return gradient_accumulate(self, x, out);
}

enum status permute_gradient(struct autograd *self, int forward, int grad)
{
    const struct node *node = &self->graph->node[forward];
    struct view_attrs attrs = {0};
    int x = node->in[0], out;
    for (int d = 0; d < self->graph->value[x].tensor.dims; d++)
        attrs.order[node->attrs.view.order[d]] = d;
    TRY(gradient_view(self, forward, node->op, &attrs, grad, &out));
    return gradient_accumulate(self, x, out);
}

enum status unsqueeze_gradient(struct autograd *self, int forward, int grad)
{
    int x = self->graph->node[forward].in[0], out;
    struct view_attrs attrs = {.dim = self->graph->node[forward].attrs.view.dim};
    TRY(gradient_view(self, forward, OP_SQUEEZE, &attrs, grad, &out));
    return gradient_accumulate(self, x, out);
}

enum status squeeze_gradient(struct autograd *self, int forward, int grad)
{
    int x = self->graph->node[forward].in[0], out;
    struct view_attrs attrs = {.dim = self->graph->node[forward].attrs.view.dim};
    TRY(gradient_view(self, forward, OP_UNSQUEEZE, &attrs, grad, &out));
    return gradient_accumulate(self, x, out);
}
