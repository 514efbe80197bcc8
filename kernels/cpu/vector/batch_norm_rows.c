/*
 * Batch norm of channels_last tensors. Forward reads x for the statistics and again for the result; backward reads dy
 * and x twice. Each thread keeps its own rows in both passes. Floor: memory traffic.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/rows.h"

#define SHIFT_SAMPLES 8

/* Coefficients: per channel, and spread over lanes in pair order. */
enum { SCALE, OFFSET, DY_FACTOR, X_FACTOR, CONSTANT, COEFFICIENTS };

/* Scratch, cut into arrays of one value per lane. */
struct state {
    enum dtype dtype;
    struct norm_rows rows;
    int threads;
    double *sum, *product; /* [threads][lanes] */
    double *mean, *spread; /* [lanes]; spread is the sum of squared differences from the mean */
    float *shift, *centre; /* [threads][lanes]; the same values in pair and in natural order */
    float *channel[COEFFICIENTS], *lane[COEFFICIENTS];
};

static struct state state_make(const struct tensor *x, void *scratch, int threads)
{
    int64_t channels = x->size[1];
    struct state s = {x->dtype, norm_rows_make(channels, channels ? tensor_count(x) / channels : 0), threads};
    int64_t lanes = s.rows.lanes;
    s.sum = scratch;
    s.product = s.sum + threads * lanes;
    s.mean = s.product + threads * lanes;
    s.spread = s.mean + lanes;
    s.shift = (float *)(s.spread + lanes);
    s.centre = s.shift + threads * lanes;
    for (int i = 0; i < COEFFICIENTS; i++) {
        s.channel[i] = s.centre + (threads + 2 * i) * lanes;
        s.lane[i] = s.channel[i] + lanes;
    }
    return s;
}

VECTOR_INLINE void sample_rows(enum dtype dtype, const void *x, const struct rows_part *part, float *shift,
                               float *centre)
{
    int64_t lanes = part->rows->lanes, count = part->end - part->begin;
    for (int64_t lane = 0; lane < lanes; lane += PAIR_WIDTH) {
        struct vpair sum = {{0}};
        for (int i = 0; i < SHIFT_SAMPLES; i++) {
            struct vpair value = pair_load(dtype, x, (part->begin + count * i / SHIFT_SAMPLES) * lanes + lane);
            sum.a += value.a * lanes_set(1.0f / SHIFT_SAMPLES);
            sum.b += value.b * lanes_set(1.0f / SHIFT_SAMPLES);
        }
        sum.a = (lfloat)((luint)sum.a & 0xffff0000u); /* float_coarse */
        sum.b = (lfloat)((luint)sum.b & 0xffff0000u);
        pair_store(DTYPE_FLOAT32, shift, lane, sum);
        pair_to_natural(dtype, shift + lane, centre + lane);
    }
}

/* A value near each lane's mean, from a few of the thread's own rows: shifted sums do not cancel. */
static void choose_shift(enum dtype dtype, const void *x, const struct rows_part *part, float *shift, float *centre)
{
    if (part->begin < part->end) {
        VECTOR_FOR_DTYPE(dtype, sample_rows, x, part, shift, centre);
        return;
    }
    memset(shift, 0, (size_t)part->rows->lanes * sizeof *shift);
    memset(centre, 0, (size_t)part->rows->lanes * sizeof *centre);
    for (int64_t i = 0; part->with_rest && i < part->rows->rest; i++) {
        centre[i] = (float)dtype_load(x, dtype, i);
        shift[pair_place(dtype, i)] = centre[i];
    }
}

/*
 * Merges the sums of one (thread, replica) into mean and spread of channels [begin, end) by Chan's formula: `before`
 * and `added` are pixels so far and of this part.
 */
static void merge_part(const struct state *s, int thread, int64_t replica, double before, double added, int64_t begin,
                       int64_t end)
{
    int64_t at = thread * s->rows.lanes + replica * s->rows.channels;
    const double *restrict sum = s->sum + at, *restrict product = s->product + at;
    const float *restrict centre = s->centre + at;
    double *restrict mean = s->mean, *restrict spread = s->spread;
    double per_pixel = 1 / added, share = added / (before + added), cross = before * share;
    for (int64_t c = begin; c < end; c++) {
        double part_mean = (double)centre[c] + sum[c] * per_pixel;
        double part_spread = product[c] - sum[c] * sum[c] * per_pixel;
        double apart = part_mean - mean[c];
        mean[c] += apart * share;
        spread[c] += part_spread + apart * apart * cross;
    }
}

/* All parts merged, for channels [begin, end). */
static void merge_statistics(const struct state *s, int64_t begin, int64_t end)
{
    double before = 0;
    for (int64_t c = begin; c < end; c++)
        s->mean[c] = s->spread[c] = 0;
    for (int t = 0; t < s->threads; t++) {
        struct rows_part part = rows_part_of(&s->rows, t, s->threads);
        for (int64_t r = 0; r < s->rows.pixels_per_row; r++) {
            int64_t pixels = norm_rows_pixels(&s->rows, part.end - part.begin, part.with_rest, r);
            if (pixels > 0)
                merge_part(s, t, r, before, (double)pixels, begin, end);
            before += (double)pixels;
        }
    }
}

/* Statistics to save_* and running_*, then to scale and offset, for channels [begin, end). */
static void finish_statistics(const struct op_call *call, const struct state *s, int64_t begin, int64_t end)
{
    const struct norm_attrs *attrs = &call->attrs.norm;
    float *running_mean = call->in[3]->data, *running_var = call->in[4]->data;
    float *save_mean = call->out[1]->data, *save_invstd = call->out[2]->data;
    double count = (double)tensor_count(call->in[0]) / (double)s->rows.channels;
    for (int64_t c = begin; c < end; c++) {
        double spread = s->spread[c] > 0 || s->spread[c] != s->spread[c] ? s->spread[c] : 0;
        save_mean[c] = (float)s->mean[c];
        save_invstd[c] = (float)(1 / sqrt(spread / count + attrs->eps));
        running_mean[c] = (float)((1 - attrs->momentum) * running_mean[c] + attrs->momentum * s->mean[c]);
        running_var[c] =
            (float)((1 - attrs->momentum) * running_var[c] + attrs->momentum * spread / (count > 1 ? count - 1 : 1));
    }
}

/* y = scale x + offset, from float32 statistics; backward makes the same numbers again for the relu's mask. */
static void make_scale(const struct state *s, const float *weight, const float *bias, const float *mean,
                       const float *invstd, int64_t begin, int64_t end)
{
    float *restrict scale = s->channel[SCALE], *restrict offset = s->channel[OFFSET];
    for (int64_t c = begin; c < end; c++) {
        scale[c] = weight[c] * invstd[c];
        offset[c] = bias[c] - mean[c] * scale[c];
    }
    rows_spread(s->dtype, &s->rows, scale, s->lane[SCALE], begin, end);
    rows_spread(s->dtype, &s->rows, offset, s->lane[OFFSET], begin, end);
}

/* Evaluation: the running statistics. */
static void use_running(const struct op_call *call, const struct state *s)
{
    const float *mean = call->in[3]->data, *var = call->in[4]->data;
    float *invstd = s->channel[CONSTANT];
    for (int64_t c = 0; c < s->rows.channels; c++)
        invstd[c] = (float)(1 / sqrt((double)var[c] + call->attrs.norm.eps));
    make_scale(s, call->in[1]->data, call->in[2]->data, mean, invstd, 0, s->rows.channels);
}

/* One thread's share of the statistics. Holds a barrier: every thread of the team calls it. */
static void thread_statistics(const struct op_call *call, const struct state *s, const struct rows_part *part,
                              int thread)
{
    const struct tensor *x = call->in[0];
    int64_t lanes = s->rows.lanes, begin = rows_split_channels(s->rows.channels, thread, s->threads);
    int64_t end = rows_split_channels(s->rows.channels, thread + 1, s->threads);
    struct reduce_source source = {.x = x->data, .shift = s->shift + thread * lanes};
    double *sum = s->sum + thread * lanes, *product = s->product + thread * lanes;
    choose_shift(x->dtype, x->data, part, s->shift + thread * lanes, s->centre + thread * lanes);
    memset(sum, 0, (size_t)lanes * sizeof *sum);
    memset(product, 0, (size_t)lanes * sizeof *product);
    VECTOR_NAME(rows_reduce)(x->dtype, REDUCE_SQUARES, &source, part, 0, lanes, sum, product);
#pragma omp barrier
    merge_statistics(s, begin, end);
    finish_statistics(call, s, begin, end);
    make_scale(s, call->in[1]->data, call->in[2]->data, call->out[1]->data, call->out[2]->data, begin, end);
#pragma omp barrier
}

void VECTOR_NAME(vector_batch_norm_rows)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *x = call->in[0], *residual = call->in[5];
    struct state s = state_make(x, scratch, threads);
    struct apply_args args = {x->data, residual ? residual->data : NULL, call->out[0]->data, s.lane[SCALE],
                              s.lane[OFFSET]};
    if (!call->attrs.norm.training)
        use_running(call, &s);
#pragma omp parallel num_threads(threads)
    {
        struct state mine = s;
        mine.threads = omp_get_num_threads();
        struct rows_part part = rows_part_of(&s.rows, omp_get_thread_num(), mine.threads);
        if (call->attrs.norm.training)
            thread_statistics(call, &mine, &part, omp_get_thread_num());
        VECTOR_NAME(rows_apply)
        (x->dtype, residual ? APPLY_RESIDUAL : APPLY_FORWARD, call->attrs.norm.relu, &args, &part);
    }
}

/* Adds up the parts of channels [begin, end) in `mean` (sum of dy) and `spread` (sum of dy (x - mean)). */
static void merge_gradients(const struct state *s, int64_t begin, int64_t end)
{
    for (int64_t c = begin; c < end; c++)
        s->mean[c] = s->spread[c] = 0;
    for (int64_t at = 0; at < s->threads * s->rows.lanes; at += s->rows.channels) {
        const double *restrict sum = s->sum + at, *restrict product = s->product + at;
        for (int64_t c = begin; c < end; c++) {
            s->mean[c] += sum[c];
            s->spread[c] += product[c];
        }
    }
}

/*
 * dx = weight invstd (dy - sum(dy)/n - xhat sum(dy xhat)/n), written as dy_factor dy + x_factor x + constant.
 */
static void finish_gradients(const struct op_call *call, const struct state *s, int64_t begin, int64_t end)
{
    const float *weight = call->in[2]->data, *mean = call->in[4]->data, *invstd = call->in[5]->data;
    float *grad_weight = call->out[1]->data, *grad_bias = call->out[2]->data;
    double per_pixel = (double)s->rows.channels / (double)tensor_count(call->in[1]);
    for (int64_t c = begin; c < end; c++) {
        double factor = (double)weight[c] * invstd[c], grad_scale = s->spread[c] * invstd[c];
        double x_factor = -factor * invstd[c] * grad_scale * per_pixel;
        grad_weight[c] = (float)grad_scale;
        grad_bias[c] = (float)s->mean[c];
        s->channel[DY_FACTOR][c] = (float)factor;
        s->channel[X_FACTOR][c] = (float)x_factor;
        s->channel[CONSTANT][c] = (float)(-factor * s->mean[c] * per_pixel - x_factor * mean[c]);
    }
    for (int i = DY_FACTOR; i <= CONSTANT; i++)
        rows_spread(s->dtype, &s->rows, s->channel[i], s->lane[i], begin, end);
}

/* One thread's share of the two sums. Holds barriers: every thread of the team calls it. */
static void thread_gradients(const struct op_call *call, const struct state *s, const struct rows_part *part,
                             int thread)
{
    const struct tensor *dy = call->in[0], *x = call->in[1];
    int64_t lanes = s->rows.lanes, begin = rows_split_channels(s->rows.channels, thread, s->threads);
    int64_t end = rows_split_channels(s->rows.channels, thread + 1, s->threads);
    struct reduce_source source = {x->data, dy->data, s->shift, s->lane[SCALE], s->lane[OFFSET]};
    double *sum = s->sum + thread * lanes, *product = s->product + thread * lanes;
    rows_spread(s->dtype, &s->rows, call->in[4]->data, s->shift, begin, end);
    make_scale(s, call->in[2]->data, call->in[3]->data, call->in[4]->data, call->in[5]->data, begin, end);
    memset(sum, 0, (size_t)lanes * sizeof *sum);
    memset(product, 0, (size_t)lanes * sizeof *product);
#pragma omp barrier
    VECTOR_NAME(rows_reduce)
    (x->dtype, call->attrs.norm.relu ? REDUCE_GRAD_RELU : REDUCE_GRAD, &source, part, 0, lanes, sum, product);
#pragma omp barrier
    merge_gradients(s, begin, end);
    finish_gradients(call, s, begin, end);
#pragma omp barrier
}

void VECTOR_NAME(vector_batch_norm_backward_rows)(const struct op_call *call, void *scratch, int threads)
{
    const struct tensor *dy = call->in[0], *x = call->in[1];
    struct state s = state_make(x, scratch, threads);
    struct apply_args args = {x->data,        dy->data,          call->out[0]->data, s.lane[SCALE],
                              s.lane[OFFSET], s.lane[DY_FACTOR], s.lane[X_FACTOR],   s.lane[CONSTANT]};
#pragma omp parallel num_threads(threads)
    {
        struct state mine = s;
        mine.threads = omp_get_num_threads();
        struct rows_part part = rows_part_of(&s.rows, omp_get_thread_num(), mine.threads);
        thread_gradients(call, &mine, &part, omp_get_thread_num());
        VECTOR_NAME(rows_apply)(x->dtype, APPLY_GRAD, call->attrs.norm.relu, &args, &part);
    }
}
