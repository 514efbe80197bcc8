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

/* One backward operator that takes the gradient (and `saved`) and has attributes of its own. */
static enum status one_operator(struct autograd *self, int forward, enum op_id backward, const union op_attrs *attrs,
                                int grad, int saved)
{
    int x = self->graph->node[forward].in[0], node;
    struct tensor made[OP_MAX_OUT];
    gradient_like(self->graph, made, x, -1, -1);
    TRY(gradient_add_other(self, forward, backward, attrs, (int[]){grad, saved, -1}, made, &node));
    return gradient_accumulate(self, x, self->graph->node[node].out[0]);
}

enum status slice_gradient(struct autograd *self, int forward, int grad)
{
    const struct node f = self->graph->node[forward];
    return one_operator(self, forward, f.op == OP_SLICE ? OP_SLICE_BACKWARD : OP_SELECT_BACKWARD, &f.attrs, grad, -1);
}

enum status shuffle_gradient(struct autograd *self, int forward, int grad)
{
    const struct node f = self->graph->node[forward];
    union op_attrs attrs = f.attrs;
    enum op_id back = f.op == OP_PIXEL_SHUFFLE   ? OP_PIXEL_UNSHUFFLE
                      : f.op == OP_PIXEL_UNSHUFFLE ? OP_PIXEL_SHUFFLE
                                                   : OP_CHANNEL_SHUFFLE;
    if (f.op == OP_CHANNEL_SHUFFLE)
        attrs.shuffle.factor = (int)(self->graph->value[f.in[0]].tensor.size[1] / f.attrs.shuffle.factor);
    return one_operator(self, forward, back, &attrs, grad, -1);
}

/* What was added is cut off. */
enum status constant_pad_gradient(struct autograd *self, int forward, int grad)
{
    const struct node f = self->graph->node[forward];
    union op_attrs attrs = {.pad = {.value = 0}};
    for (int d = 0; d < TENSOR_MAX_DIMS; d++) {
        attrs.pad.before[d] = -f.attrs.pad.before[d];
        attrs.pad.after[d] = -f.attrs.pad.after[d];
    }
    return one_operator(self, forward, OP_CONSTANT_PAD_ND, &attrs, grad, -1);
}

/* Upsampling and edge pads; pads' backward is told the input, for its format. */
enum status resample_gradient(struct autograd *self, int forward, int grad)
{
    static const enum op_id backward[][2] = {
        {OP_REFLECTION_PAD2D, OP_REFLECTION_PAD2D_BACKWARD},     {OP_REPLICATION_PAD2D, OP_REPLICATION_PAD2D_BACKWARD},
        {OP_UPSAMPLE_NEAREST2D, OP_UPSAMPLE_NEAREST2D_BACKWARD}, {OP_UPSAMPLE_BILINEAR2D, OP_UPSAMPLE_BILINEAR2D_BACKWARD},
        {OP_UPSAMPLE_BICUBIC2D, OP_UPSAMPLE_BICUBIC2D_BACKWARD},
    };
    const struct node f = self->graph->node[forward];
    bool pads = f.op == OP_REFLECTION_PAD2D || f.op == OP_REPLICATION_PAD2D;
    for (size_t i = 0; i < sizeof backward / sizeof *backward; i++) {
        if (backward[i][0] == f.op)
            return one_operator(self, forward, backward[i][1], &f.attrs, grad, pads ? f.in[0] : -1);
    }
    return STATUS_OK;
}
