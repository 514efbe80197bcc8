/* Gradients of pooling. */
#include "trainer/gradients.h"

static enum status indexed_gradient(struct autograd *self, int forward, int grad, enum op_id backward)
{
    struct node f = self->graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(self->graph, made, f.in[0], -1, -1);
    TRY(gradient_add_node(self, forward, backward, (int[]){grad, f.in[0], f.out[1], -1}, made, &node));
    return gradient_accumulate(self, f.in[0], self->graph->node[node].out[0]);
}

enum status max_pool2d_gradient(struct autograd *self, int forward, int grad)
{
    return indexed_gradient(self, forward, grad, OP_MAX_POOL2D_BACKWARD);
}

enum status adaptive_max_pool2d_gradient(struct autograd *self, int forward, int grad)
{
    return indexed_gradient(self, forward, grad, OP_ADAPTIVE_MAX_POOL2D_BACKWARD);
}

enum status average_pool_gradient(struct autograd *self, int forward, int grad)
{
    struct node f = self->graph->node[forward];
    enum op_id backward = f.op == OP_AVG_POOL2D   ? OP_AVG_POOL2D_BACKWARD
                          : f.op == OP_AVG_POOL3D ? OP_AVG_POOL3D_BACKWARD
                                                  : OP_ADAPTIVE_AVG_POOL2D_BACKWARD;
    return gradient_from_saved(self, forward, grad, backward, f.in[0]);
}
