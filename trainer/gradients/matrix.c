/* Gradients of matrix products. */
#include "trainer/gradients.h"

/* output = input weight + bias: grad_input = grad weight^T, grad_weight^T = grad^T input, grad_bias = sum of grad. */
enum status addmm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int bias = graph_stand_in(graph, f.in[0]), x = f.in[1];
    int weight = graph->value[graph_stand_in(graph, f.in[2])].alias_of, node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, x, -1, -1);
    TRY(gradient_add_node(self, forward, OP_MM, (int[]){grad, weight, -1}, made, &node));
    TRY(gradient_accumulate(self, x, graph->node[node].out[0]));

    struct tensor turned = graph->value[grad].tensor;
    turned.size[0] = graph->value[grad].tensor.size[1];
    turned.size[1] = graph->value[grad].tensor.size[0];
    turned.stride[0] = 1;
    turned.stride[1] = turned.size[0];
    int view = graph_add_value(graph, &turned, VALUE_ACTIVATION);
    graph->value[view].alias_of = grad;
    graph->value[view].producer = graph->value[grad].producer;
    gradient_like(graph, made, weight, -1, -1);
    TRY(gradient_add_node(self, forward, OP_MM, (int[]){view, x, -1}, made, &node));
    gradient_set_parameter(graph, weight, graph->node[node].out[0]);

    gradient_like(graph, made, bias, -1, -1);
    TRY(gradient_add_node(self, forward, OP_SUM, (int[]){grad, -1}, made, &node));
    gradient_set_parameter(graph, bias, graph->node[node].out[0]);
    return STATUS_OK;
}
