/* Upsampling, the pads that repeat or mirror the edge, and their gradients: sums over every pair of positions. */
#include "kernels/ops/resample.h"
#include "kernels/ref/ref.h"

/* The weight of input position `in` in output position `out`. */
static double weight_of(const struct resample_axis *axis, int64_t out, int64_t in)
{
    int64_t index[RESAMPLE_MAX_TAPS];
    double weight[RESAMPLE_MAX_TAPS], sum = 0;
    int taps = resample_taps(axis, out, index, weight);
    for (int i = 0; i < taps; i++)
        sum += index[i] == in ? weight[i] : 0;
    return sum;
}

/* One element of the result: along each axis `made` runs over the result's positions, `from` over the source's. */
static double element(const struct op_call *call, const struct resample_axis *axis, int64_t n, int64_t c, int64_t h,
                      int64_t w)
{
    const struct tensor *source = call->in[0];
    bool backward = resample_is_backward(call->op);
    double sum = 0;
    for (int64_t y = 0; y < source->size[2]; y++) {
        double vertical = backward ? weight_of(&axis[0], y, h) : weight_of(&axis[0], h, y);
        for (int64_t x = 0; vertical != 0 && x < source->size[3]; x++) {
            double horizontal = backward ? weight_of(&axis[1], x, w) : weight_of(&axis[1], w, x);
            if (horizontal != 0)
                sum += vertical * horizontal * ref_load_4d(source, n, c, y, x);
        }
    }
    return sum;
}

static void resample(const struct op_call *call)
{
    const struct tensor *out = call->out[0], *in = call->in[0];
    bool backward = resample_is_backward(call->op);
    struct resample_axis axis[2];
    for (int a = 0; a < 2; a++)
        axis[a] = (struct resample_axis){call->op, &call->attrs, a, (backward ? out : in)->size[2 + a],
                                         (backward ? in : out)->size[2 + a]};
    for (int64_t n = 0; n < out->size[0]; n++)
        for (int64_t c = 0; c < out->size[1]; c++)
            for (int64_t h = 0; h < out->size[2]; h++)
                for (int64_t w = 0; w < out->size[3]; w++)
                    ref_store_4d(out, n, c, h, w, element(call, axis, n, c, h, w));
}

static void compute_upsample(const struct op_call *call)
{
    resample(call);
}
REF_OP(upsample)

static void compute_upsample_backward(const struct op_call *call)
{
    resample(call);
}
REF_OP(upsample_backward)

static void compute_edge_pad(const struct op_call *call)
{
    resample(call);
}
REF_OP(edge_pad)

static void compute_edge_pad_backward(const struct op_call *call)
{
    resample(call);
}
REF_OP(edge_pad_backward)
