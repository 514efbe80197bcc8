/* Gradients of activations and dropout. */
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

enum status sigmoid_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_SIGMOID_BACKWARD, self->graph->node[forward].out[0]);
}

/* Of an operator in place, input 0 stands for the clone that PyTorch saves before (build_silu); their values are equal. */
static int saved_input(const struct graph *graph, int forward)
{
    int x = graph->node[forward].in[0], before = forward - 1;
    bool cloned = before >= 0 && graph->node[before].op == OP_CLONE && graph->node[before].in[0] == x;
    return cloned ? graph->node[before].out[0] : x;
}

enum status silu_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_SILU_BACKWARD, saved_input(self->graph, forward));
}

enum status hardswish_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_HARDSWISH_BACKWARD, saved_input(self->graph, forward));
}

enum status hardsigmoid_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_HARDSIGMOID_BACKWARD, self->graph->node[forward].in[0]);
}

enum status gelu_gradient(struct autograd *self, int forward, int grad)
{
    return gradient_from_saved(self, forward, grad, OP_GELU_BACKWARD, self->graph->node[forward].in[0]);
}
