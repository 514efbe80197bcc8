/* Gradients of operators that move data. */
#include "trainer/gradients.h"

/* Each input's gradient is a slice of the output's. All slices come first, then the sums, as in PyTorch. */
enum status cat_gradient(struct autograd *self, int forward, int grad)
{
    struct graph *graph = self->graph;
    const struct node f = graph->node[forward];
    struct view_attrs attrs = {.dim = f.attrs.cat.dim};
    int part[OP_MAX_IN];
    for (int i = 0; i < f.inputs; i++) {
        const struct value *x = &graph->value[f.in[i]];
        attrs.length = x->tensor.size[attrs.dim];
        part[i] = -1;
        if (x->requires_grad)
            TRY(gradient_view(self, forward, OP_SLICE, &attrs, grad, &part[i]));
        attrs.start += attrs.length;
    }
    for (int i = 0; i < f.inputs; i++)
        TRY(gradient_accumulate(self, f.in[i], part[i]));
    return STATUS_OK;
}

/* The gradient of a part that nothing was made of. */
static enum status add_zeros(struct autograd *self, int forward, int part, int *out)
{
    const struct tensor *like = &self->graph->value[part].tensor;
    union op_attrs attrs = {.view = {.dims = like->dims}};
    struct tensor made[OP_MAX_OUT];
    int node;
    for (int d = 0; d < like->dims; d++)
        attrs.view.size[d] = like->size[d];
    gradient_like(self->graph, made, part, -1, -1);
    TRY(gradient_add_other(self, forward, OP_ZEROS, &attrs, (int[]){-1}, made, &node));
    *out = self->graph->node[node].out[0];
    return STATUS_OK;
}

enum status split_gradient(struct autograd *self, int forward, int grad)
{
    const struct node f = self->graph->node[forward];
    union op_attrs attrs = {.cat = {f.attrs.view.dim}};
    struct tensor made[OP_MAX_OUT];
    int in[OP_MAX_OUT + 1], parts = 0, node;
    (void)grad; /* of part 0, like the others' */
    for (; parts < OP_MAX_OUT && f.out[parts] >= 0; parts++) {
        in[parts] = self->gradient[f.out[parts]];
        if (in[parts] < 0)
            TRY(add_zeros(self, forward, f.out[parts], &in[parts]));
    }
    in[parts] = -1;
    gradient_like(self->graph, made, f.in[0], -1, -1);
    TRY(gradient_add_other(self, forward, OP_CAT, &attrs, in, made, &node));
    return gradient_accumulate(self, f.in[0], self->graph->node[node].out[0]);
}
