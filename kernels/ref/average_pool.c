/* Average pooling, over windows and adaptive: an output is the mean of a box of its plane, a gradient is spread over it. */
#include <stdlib.h>

#include "kernels/ref/ref.h"

/* What one output index averages in one dimension: [first, last) inside the input, counted as `count`. */
struct window {
    int64_t first, last;
    double count;
};

/* The windows of one dimension. */
struct axis {
    bool adaptive, exclude_padding;
    int64_t kernel, stride, padding;
    int64_t inputs, outputs;
};

/* The planes of a call: `large` is the input's side, `small` the output's. D is 1 where tensors are 4-D. */
struct planes {
    const struct tensor *large, *small;
    int64_t count;
    struct axis axis[3];
};

static struct planes planes_of(const struct op_call *call, const struct tensor *large, const struct tensor *small)
{
    const struct average_attrs *attrs = &call->attrs.average;
    bool adaptive = call->op == OP_ADAPTIVE_AVG_POOL2D || call->op == OP_ADAPTIVE_AVG_POOL2D_BACKWARD;
    struct planes planes = {large, small, large->size[0] * large->size[1],
                            {{.kernel = 1, .stride = 1, .inputs = 1, .outputs = 1}}};
    for (int a = large->dims == 5 ? 0 : 1; a < 3; a++)
        planes.axis[a] = (struct axis){adaptive,           attrs->exclude_padding,
                                       attrs->kernel[a],   attrs->stride[a],
                                       attrs->padding[a],  large->size[large->dims - 3 + a],
                                       small->size[small->dims - 3 + a]};
    return planes;
}

static struct window window_of(const struct axis *axis, int64_t output)
{
    if (axis->adaptive) {
        int64_t first = output * axis->inputs / axis->outputs;
        int64_t last = ((output + 1) * axis->inputs + axis->outputs - 1) / axis->outputs;
        return (struct window){first, last, (double)(last - first)};
    }
    int64_t start = output * axis->stride - axis->padding, end = start + axis->kernel;
    if (end > axis->inputs + axis->padding)
        end = axis->inputs + axis->padding;
    int64_t first = start < 0 ? 0 : start, last = end > axis->inputs ? axis->inputs : end;
    return (struct window){first, last, (double)(axis->exclude_padding ? last - first : end - start)};
}

/* Calls `visit` for every output element with the box that it averages. */
typedef void visit_box(const struct planes *planes, int64_t plane, int64_t output, const struct window *box, void *context);

static void visit_boxes(const struct planes *planes, visit_box *visit, void *context)
{
    const struct axis *axis = planes->axis;
    int64_t output = 0;
    for (int64_t plane = 0; plane < planes->count; plane++)
        for (int64_t d = 0; d < axis[0].outputs; d++)
            for (int64_t h = 0; h < axis[1].outputs; h++)
                for (int64_t w = 0; w < axis[2].outputs; w++, output++) {
                    struct window box[] = {window_of(&axis[0], d), window_of(&axis[1], h), window_of(&axis[2], w)};
                    visit(planes, plane, output, box, context);
                }
}

/* Heads a statement that runs for every element `at` (a logical index of the large tensor) of a box. */
#define FOR_BOX(planes, plane, box, at)                                                                          \
    for (int64_t d_ = (box)[0].first; d_ < (box)[0].last; d_++)                                                  \
        for (int64_t h_ = (box)[1].first; h_ < (box)[1].last; h_++)                                              \
            for (int64_t w_ = (box)[2].first, at; w_ < (box)[2].last &&                                          \
                 (at = (((plane) * (planes)->axis[0].inputs + d_) * (planes)->axis[1].inputs + h_) *             \
                           (planes)->axis[2].inputs + w_, true);                                                 \
                 w_++)

static double box_count(const struct window *box)
{
    return box[0].count * box[1].count * box[2].count;
}

static void average_box(const struct planes *planes, int64_t plane, int64_t output, const struct window *box, void *context)
{
    double sum = 0;
    (void)context;
    FOR_BOX(planes, plane, box, at)
        sum += ref_load(planes->large, at);
    ref_store(planes->small, output, sum / box_count(box));
}

static void compute_average_pool(const struct op_call *call)
{
    struct planes planes = planes_of(call, call->in[0], call->out[0]);
    visit_boxes(&planes, average_box, NULL);
}
REF_OP(average_pool)

/* Adds to `context`, an array of doubles in the logical order of the large tensor. */
static void spread_box(const struct planes *planes, int64_t plane, int64_t output, const struct window *box, void *context)
{
    double *sum = context, share = ref_load(planes->small, output) / box_count(box);
    FOR_BOX(planes, plane, box, at)
        sum[at] += share;
}

static void compute_average_pool_backward(const struct op_call *call)
{
    struct planes planes = planes_of(call, call->out[0], call->in[0]);
    int64_t count = tensor_count(call->out[0]);
    double *sum = calloc((size_t)count + 1, sizeof *sum);
    if (!sum)
        abort(); /* the reference is for small tensors; a call can't fail once it runs */
    visit_boxes(&planes, spread_box, sum);
    for (int64_t i = 0; i < count; i++)
        ref_store(call->out[0], i, sum[i]);
    free(sum);
}
REF_OP(average_pool_backward)
