/* Linear layers and the loss. */
#include "trainer/build.h"

int build_linear(struct build *build, const char *name, int x, int out_features)
{
    if (build->status != STATUS_OK)
        return -1;
    struct graph *graph = build->graph;
    int64_t size[2] = {out_features, build_channels(build, x)};
    build_enter(build, name, "Linear");
    int weight = build_parameter(build, "weight", 2, size, build_weight_init(build->linear_init, (double)size[1], out_features));
    int bias = build_parameter(build, "bias", 1, size, build_bias_init(build->linear_init, (double)size[1]));
    struct tensor transposed = {.dtype = DTYPE_FLOAT32, .dims = 2, .size = {size[1], size[0]}, .stride = {1, size[1]}};
    int view = graph_add_value(graph, &transposed, VALUE_PARAMETER);
    graph->value[view].alias_of = weight;
    graph->value[view].requires_grad = true;
    int y = build_op(build, OP_ADDMM, NULL, (int[]){bias, x, view, -1});
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
