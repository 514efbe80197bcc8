/* Gradients of normalisations. */
#include "trainer/gradients.h"

enum status batch_norm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, f.in[0], f.in[1], f.in[2]);
    int in[] = {grad, f.in[0], f.in[1], f.in[2], f.out[1], f.out[2], -1};
    TRY(gradient_add_node(self, forward, OP_BATCH_NORM_BACKWARD, in, made, &node));
    struct node made_node = graph->node[node];
    TRY(gradient_accumulate(self, f.in[0], made_node.out[0]));
    TRY(gradient_accumulate(self, f.in[1], made_node.out[1]));
    return gradient_accumulate(self, f.in[2], made_node.out[2]);
}

enum status group_norm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, f.in[0], f.in[1], f.in[2]);
    int in[] = {grad, f.in[0], f.out[1], f.out[2], f.in[1], -1};
    TRY(gradient_add_node(self, forward, OP_GROUP_NORM_BACKWARD, in, made, &node));
    struct node made_node = graph->node[node];
    TRY(gradient_accumulate(self, f.in[0], made_node.out[0]));
    TRY(gradient_accumulate(self, f.in[1], made_node.out[1]));
    return gradient_accumulate(self, f.in[2], made_node.out[2]);
}

enum status instance_norm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, f.in[0], f.in[1], f.in[2]);
    int in[] = {grad, f.in[0], f.out[1], f.out[2], f.in[1] < 0 ? -2 : f.in[1], -1};
    TRY(gradient_add_node(self, forward, OP_INSTANCE_NORM_BACKWARD, in, made, &node));
    struct node made_node = graph->node[node];
    TRY(gradient_accumulate(self, f.in[0], made_node.out[0]));
    TRY(gradient_accumulate(self, f.in[1], made_node.out[1]));
    return gradient_accumulate(self, f.in[2], made_node.out[2]);
}

enum status layer_norm_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    struct node f = graph->node[forward];
    int node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(graph, made, f.in[0], f.in[1], f.in[2]);
    int in[] = {grad, f.in[0], f.out[1], f.out[2], f.in[1], f.in[2], -1};
    TRY(gradient_add_node(self, forward, OP_LAYER_NORM_BACKWARD, in, made, &node));
    struct node made_node = graph->node[node];
    TRY(gradient_accumulate(self, f.in[0], made_node.out[0]));
    TRY(gradient_accumulate(self, f.in[1], made_node.out[1]));
    return gradient_accumulate(self, f.in[2], made_node.out[2]);
}
