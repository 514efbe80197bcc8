/*
 * Average pooling and its gradient, over windows (2-D and 3-D) and adaptive, any layouts. A dimension that no window
 * moves along and in which both tensors' elements are neighbours (channels of channels_last, the width of a map that is
 * pooled over channels) runs in vectors; without one it goes element by element.
 */
#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/natural.h"

enum { AXIS_N, AXIS_C, AXIS_D, AXIS_H, AXIS_W, AXES };

/* One dimension. `read` and `written` are the sides of the pass; the divisor of an output index is in `share` inverted. */
struct axis {
    bool windowed, adaptive, exclude_padding;
    int64_t kernel, stride, padding;
    int64_t reads, writes;
    int64_t read_stride, write_stride;
    float *share; /* 1 / (elements counted), by output index */
};

struct pass {
    enum dtype dtype;
    const void *read;
    void *write;
    struct axis axis[AXES];
    int lane; /* the axis that runs in vectors, -1 = none */
    bool forward;
};

/* Neighbouring indices of the side that is read. */
struct span {
    int64_t first, count;
};

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The inputs that an output averages. *counted is what PyTorch divides by: padding counts, unless excluded. */
static struct span inputs_of(const struct axis *axis, int64_t output, int64_t inputs, int64_t outputs, int64_t *counted)
{
    if (axis->adaptive) {
        int64_t first = output * inputs / outputs, last = ((output + 1) * inputs + outputs - 1) / outputs;
        *counted = last - first;
        return (struct span){first, last - first};
    }
    int64_t start = output * axis->stride - axis->padding;
    int64_t end = at_most(start + axis->kernel, inputs + axis->padding);
    int64_t first = start < 0 ? 0 : start, last = at_most(end, inputs);
    *counted = axis->exclude_padding ? last - first : end - start;
    return (struct span){first, last - first};
}

/* The outputs whose windows hold an input: neighbours, since windows begin and end in order. */
static struct span outputs_of(const struct axis *axis, int64_t input, int64_t inputs, int64_t outputs)
{
    int64_t first, last;
    if (axis->adaptive) {
        first = input * outputs / inputs;
        last = at_most(((input + 1) * outputs - 1) / inputs, outputs - 1);
    } else {
        int64_t behind = input + axis->padding - axis->kernel; /* windows that start here or before have ended */
        first = behind < 0 ? 0 : behind / axis->stride + 1;
        last = at_most((input + axis->padding) / axis->stride, outputs - 1);
    }
    return (struct span){first, last < first ? 0 : last - first + 1};
}

static struct span span_of(const struct pass *pass, int axis, int64_t written)
{
    const struct axis *a = &pass->axis[axis];
    int64_t counted;
    if (!a->windowed)
        return (struct span){written, 1};
    return pass->forward ? inputs_of(a, written, a->reads, a->writes, &counted)
                         : outputs_of(a, written, a->writes, a->reads);
}

/* 1 / divisor of an output index. */
static inline float share_of(const struct axis *axis, int64_t output)
{
    return axis->windowed ? axis->share[output] : 1;
}

/* The spans of one written element, and where its sides begin. */
struct point {
    struct span d, h, w;
    int64_t read_at, write_at; /* of the batch and channel; of the element */
    float share;               /* forward: of the element */
};

static int64_t tap_at(const struct pass *pass, const struct point *p, int64_t d, int64_t h)
{
    const struct axis *a = pass->axis;
    return p->read_at + d * a[AXIS_D].read_stride + h * a[AXIS_H].read_stride + p->w.first * a[AXIS_W].read_stride;
}

VECTOR_INLINE void point_lanes(enum dtype dtype, const struct pass *pass, const struct point *p, int64_t lanes)
{
    const struct axis *a = pass->axis;
    int64_t step = a[AXIS_W].read_stride;
    for (int64_t i = 0; i < lanes; i += LANES) {
        int64_t c = i + LANES <= lanes ? i : lanes - LANES; /* the last block overlaps its neighbour */
        lfloat sum = {0};
        for (int64_t d = p->d.first; d < p->d.first + p->d.count; d++)
            for (int64_t h = p->h.first; h < p->h.first + p->h.count; h++) {
                int64_t at = tap_at(pass, p, d, h) + c;
                float plane = pass->forward ? 1 : share_of(&a[AXIS_D], d) * share_of(&a[AXIS_H], h);
                for (int64_t w = 0; w < p->w.count; w++) {
                    lfloat x = natural_load(dtype, pass->read, at + w * step);
                    sum += pass->forward ? x : x * (plane * share_of(&a[AXIS_W], p->w.first + w));
                }
            }
        natural_store(dtype, pass->write, p->write_at + c, sum * p->share);
    }
}

static void point_one(const struct pass *pass, const struct point *p)
{
    const struct axis *a = pass->axis;
    float sum = 0;
    for (int64_t d = p->d.first; d < p->d.first + p->d.count; d++)
        for (int64_t h = p->h.first; h < p->h.first + p->h.count; h++) {
            int64_t at = tap_at(pass, p, d, h);
            float plane = pass->forward ? 1 : share_of(&a[AXIS_D], d) * share_of(&a[AXIS_H], h);
            for (int64_t w = 0; w < p->w.count; w++) {
                float x = (float)dtype_load(pass->read, pass->dtype, at + w * a[AXIS_W].read_stride);
                sum += pass->forward ? x : x * (plane * share_of(&a[AXIS_W], p->w.first + w));
            }
        }
    dtype_store(pass->write, pass->dtype, p->write_at, (double)(sum * p->share));
}

static void run_point(const struct pass *pass, const struct point *point)
{
    if (pass->lane < 0)
        point_one(pass, point);
    else
        VECTOR_FOR_DTYPE(pass->dtype, point_lanes, pass, point, pass->axis[pass->lane].writes);
}

/* How many indices the loops take of an axis: vectors take the lane axis at once. */
static int64_t steps(const struct pass *pass, int axis)
{
    return pass->lane == axis ? 1 : pass->axis[axis].writes;
}

static float forward_share(const struct pass *pass, int64_t d, int64_t h, int64_t w)
{
    const struct axis *a = pass->axis;
    return pass->forward ? share_of(&a[AXIS_D], d) * share_of(&a[AXIS_H], h) * share_of(&a[AXIS_W], w) : 1;
}

static void run_row(const struct pass *pass, int64_t n, int64_t c, int64_t d, int64_t h)
{
    const struct axis *a = pass->axis;
    struct point point = {.d = span_of(pass, AXIS_D, d),
                          .h = span_of(pass, AXIS_H, h),
                          .read_at = n * a[AXIS_N].read_stride + c * a[AXIS_C].read_stride};
    int64_t row = n * a[AXIS_N].write_stride + c * a[AXIS_C].write_stride + d * a[AXIS_D].write_stride +
                  h * a[AXIS_H].write_stride;
    for (int64_t w = 0; w < steps(pass, AXIS_W); w++) {
        point.w = span_of(pass, AXIS_W, w);
        point.write_at = row + w * a[AXIS_W].write_stride;
        point.share = forward_share(pass, d, h, w);
        run_point(pass, &point);
    }
}

/* Of a plane that is pooled over channels only, H and W are one dimension. */
static void merge_plane(struct axis *h, struct axis *w)
{
    if (h->windowed || w->windowed || h->read_stride != w->reads * w->read_stride ||
        h->write_stride != w->writes * w->write_stride)
        return;
    w->reads *= h->reads;
    w->writes *= h->writes;
    h->reads = h->writes = 1;
}

static int choose_lane(const struct axis *axis)
{
    for (int a = AXES - 1; a >= 0; a--) {
        if (!axis[a].windowed && axis[a].read_stride == 1 && axis[a].write_stride == 1 && axis[a].writes >= LANES)
            return a;
    }
    return -1;
}

static struct axis axis_make(const struct tensor *read, const struct tensor *write, int d)
{
    if (d < 0)
        return (struct axis){.reads = 1, .writes = 1};
    return (struct axis){.reads = read->size[d],
                         .writes = write->size[d],
                         .read_stride = read->stride[d],
                         .write_stride = write->stride[d]};
}

/* Windows of the axis, and its shares into *room. A window of one element that never moves is none. */
static void axis_set_windows(struct axis *axis, const struct op_call *call, int a, bool forward, float **room)
{
    const struct average_attrs *attrs = &call->attrs.average;
    int64_t inputs = forward ? axis->reads : axis->writes, outputs = forward ? axis->writes : axis->reads, counted;
    axis->adaptive = call->op == OP_ADAPTIVE_AVG_POOL2D || call->op == OP_ADAPTIVE_AVG_POOL2D_BACKWARD;
    axis->exclude_padding = attrs->exclude_padding;
    axis->kernel = attrs->kernel[a];
    axis->stride = attrs->stride[a];
    axis->padding = attrs->padding[a];
    axis->windowed = axis->adaptive ? inputs != outputs : axis->kernel != 1 || axis->stride != 1;
    if (!axis->windowed)
        return;
    axis->share = *room;
    *room += outputs;
    for (int64_t o = 0; o < outputs; o++) {
        inputs_of(axis, o, inputs, outputs, &counted);
        axis->share[o] = 1 / (float)counted;
    }
}

static void run(const struct op_call *call, bool forward, void *scratch, int threads)
{
    const struct tensor *read = call->in[0], *write = call->out[0];
    struct pass pass = {.dtype = read->dtype, .read = read->data, .write = write->data, .forward = forward};
    float *room = scratch;
    bool deep = read->dims == 5;
    for (int a = 0; a < AXES; a++)
        pass.axis[a] = axis_make(read, write, a < AXIS_D ? a : a == AXIS_D ? (deep ? 2 : -1) : a - AXIS_D + (deep ? 2 : 1));
    for (int a = deep ? AXIS_D : AXIS_H; a < AXES; a++)
        axis_set_windows(&pass.axis[a], call, a - AXIS_D, forward, &room);
    merge_plane(&pass.axis[AXIS_H], &pass.axis[AXIS_W]);
    pass.lane = choose_lane(pass.axis);
    int64_t channels = steps(&pass, AXIS_C), deeps = steps(&pass, AXIS_D), rows = steps(&pass, AXIS_H);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < steps(&pass, AXIS_N) * channels * deeps * rows; i++)
        run_row(&pass, i / rows / deeps / channels, i / rows / deeps % channels, i / rows % deeps, i % rows);
}

void VECTOR_NAME(vector_average_pool)(const struct op_call *call, void *scratch, int threads)
{
    run(call, true, scratch, threads);
}

void VECTOR_NAME(vector_average_pool_backward)(const struct op_call *call, void *scratch, int threads)
{
    run(call, false, scratch, threads);
}
