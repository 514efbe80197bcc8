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

enum status mean_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_MEAN_BACKWARD, -1);
}

enum status gelu_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_GELU_BACKWARD, self->graph->node[forward].in[0]);
}
