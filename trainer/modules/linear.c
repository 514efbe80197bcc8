/* Linear layers and the loss. */
#include <string.h>

#include "trainer/build.h"

/*
 * The transposed view of a weight, which addmm takes. The view of a cast weight is never materialised: the operator reads the
 * float32 parameter, turned likewise.
 */
static int transposed_weight(struct build *build, int weight, int cast)
{
    struct graph *graph = build->graph;
    const int64_t *size = graph->value[weight].tensor.size;
    int view = build_view(build, OP_T, &(struct view_attrs){.order = {1, 0}}, cast);
    if (cast == weight || view < 0)
        return view;
    struct tensor turned = {.dtype = DTYPE_FLOAT32, .dims = 2, .size = {size[1], size[0]}, .stride = {1, size[1]}};
    int shadow = graph_add_value(graph, &turned, VALUE_PARAMETER);
    graph->value[shadow].alias_of = weight;
    graph->value[shadow].requires_grad = true;
    graph->value[view].stand_in = shadow;
    return view;
}

/* Of more than two dimensions all but the last are one: view, addmm, _unsafe_view (ATen/native/Linear.cpp). */
int build_linear(struct build *build, const char *name, int x, int out_features)
{
    if (build->status != STATUS_OK)
        return -1;
    struct tensor from = build->graph->value[x].tensor;
    struct view_attrs back = {.dims = from.dims};
    int64_t size[2] = {out_features, from.size[from.dims - 1]};
    double fan_in = (double)size[1];
    build_enter(build, name, "Linear");
    int weight = build_parameter(build, "weight", 2, size, build_weight_init(build->linear_init, fan_in, out_features));
    int bias = build_parameter(build, "bias", 1, size, build_bias_init(build->linear_init, fan_in));
    int in[OP_MAX_IN] = {x, weight, bias, -1}; /* as aten::linear has them: autocast casts before the weight is turned */
    build->status = autocast_inputs(build->graph, &build->autocast, OP_ADDMM, build->module, in);
    if (from.dims > 2)
        in[0] = build_reshape(build, in[0], 2, (int64_t[]){tensor_count(&from) / size[1], size[1]});
    int turned = transposed_weight(build, weight, in[1]);
    int y = build_op(build, OP_ADDMM, NULL, (int[]){in[2], in[0], turned, -1});
    memcpy(back.size, from.size, sizeof back.size);
    back.size[from.dims - 1] = out_features;
    if (from.dims > 2)
        y = build_view(build, OP_UNSAFE_VIEW, &back, y);
    build_leave(build);
    return y;
}

void build_cross_entropy(struct build *build, int logits, int labels, double label_smoothing)
{
    union op_attrs attrs = {.loss = {.label_smoothing = label_smoothing}};
    int log_p = build_op(build, OP_LOG_SOFTMAX, NULL, (int[]){logits, -1});
    build->graph->logits = logits;
    build->graph->loss = build_op(build, OP_NLL_LOSS, &attrs, (int[]){log_p, labels, -1});
}

/* at::native::cross_entropy_loss_prob_target: -(log_softmax(logits) * target).sum() / N. */
void build_soft_cross_entropy(struct build *build, int logits, int probabilities)
{
    int log_p = build_op(build, OP_LOG_SOFTMAX, NULL, (int[]){logits, -1});
    int sum = build_sum(build, build_mul(build, log_p, probabilities), 3, false);
    int negative = build_op(build, OP_NEG, NULL, (int[]){sum, -1});
    build->graph->logits = logits;
    if (build->status == STATUS_OK)
        build->graph->loss = build_op(build, OP_DIV,
                                      &(union op_attrs){.scalar = {(double)build->graph->value[logits].tensor.size[0]}},
                                      (int[]){negative, -1});
}
