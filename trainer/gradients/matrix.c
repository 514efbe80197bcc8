/* Gradients of matrix products. */
#include "trainer/gradients.h"

static enum status turn(struct autograd *self, int forward, int x, int *out)
{
    return gradient_view(self, forward, OP_T, &(struct view_attrs){.order = {1, 0}}, x, out);
}

/* The weight as it lies in memory; of a cast one, the operator reads the parameter itself. */
static enum status turn_back(struct autograd *self, int forward, int turned, int *out)
{
    struct graph *graph = self->graph;
    TRY(turn(self, forward, turned, out));
    int shadow = graph->value[turned].stand_in;
    if (shadow >= 0)
        graph->value[*out].stand_in = graph->value[shadow].alias_of;
    return STATUS_OK;
}

/* The gradient of addmm's turned weight, turned back, goes to the weight. */
static enum status weight_gradient(struct autograd *self, int turned, int grad)
{
    struct graph *graph = self->graph;
    int weight = graph->node[graph->value[turned].producer].in[0], out;
    TRY(turn(self, graph->value[turned].producer, grad, &out));
    return gradient_accumulate(self, weight, out);
}

/* output = input weight + bias: grad_input = grad weight^T, grad_weight^T = (grad^T input)^T, grad_bias = sum of grad. */
enum status addmm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int weight, turned, node, inputs, back;
    struct tensor made[OP_MAX_OUT];
    TRY(turn_back(self, forward, f.in[2], &weight));
    gradient_like(graph, made, f.in[1], -1, -1);
    TRY(gradient_add_node(self, forward, OP_MM, (int[]){grad, weight, -1}, made, &inputs));
    TRY(turn(self, forward, grad, &turned));
    gradient_like(graph, made, weight, -1, -1);
    TRY(gradient_add_node(self, forward, OP_MM, (int[]){turned, f.in[1], -1}, made, &node));
    TRY(turn(self, forward, graph->node[node].out[0], &back));
    TRY(gradient_fit(self, forward, f.in[0], &grad));
    TRY(gradient_accumulate(self, f.in[0], grad));
    TRY(gradient_accumulate(self, f.in[1], graph->node[inputs].out[0]));
    return weight_gradient(self, f.in[2], back);
}
