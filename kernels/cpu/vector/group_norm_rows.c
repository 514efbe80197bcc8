/*
 * Group norm of channels_last tensors. An image is read once for its groups' sums and again for the result; with at
 * least as many images as threads each thread does whole images, so the second reading finds the image in its cache.
 * Otherwise images are cut into parts.
 */
#include <math.h>
#include <omp.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/rows.h"

enum { SCALE, OFFSET, DY_FACTOR = SCALE, X_FACTOR, CONSTANT, COEFFICIENTS = 5 };

/* What one image, or a part of it, works with: one value per lane. */
struct slot {
    double *sum, *product;
    double *grad_weight, *grad_bias; /* [C] sums over the images of this slot */
    float *shift, *channel[COEFFICIENTS], *lane[COEFFICIENTS];
};

struct state {
    const struct op_call *call;
    const struct tensor *x;
    struct norm_rows rows; /* of one image */
    int64_t pixels, group_channels;
    int threads, parts; /* parts of an image */
    void *scratch;
};

static struct state state_make(const struct op_call *call, const struct tensor *x, void *scratch, int threads)
{
    int64_t channels = x->size[1], pixels = x->size[2] * x->size[3], images = x->size[0];
    int parts = images >= threads || images == 0 ? 1 : (int)((threads + images - 1) / images);
    return (struct state){
        call, x, norm_rows_make(channels, pixels), pixels, channels / call->attrs.norm.groups, threads, parts, scratch};
}

static struct slot slot_at(const struct state *s, int64_t index)
{
    int64_t lanes = s->rows.lanes;
    char *base = (char *)s->scratch + (size_t)index * norm_scratch_bytes(lanes, 4, 11);
    struct slot slot = {.sum = (double *)base};
    slot.product = slot.sum + lanes;
    slot.grad_weight = slot.product + lanes;
    slot.grad_bias = slot.grad_weight + lanes;
    slot.shift = (float *)(slot.grad_bias + lanes);
    for (int i = 0; i < COEFFICIENTS; i++) {
        slot.channel[i] = slot.shift + (1 + 2 * i) * lanes;
        slot.lane[i] = slot.channel[i] + lanes;
    }
    return slot;
}

static const void *image_of(const struct state *s, const struct tensor *tensor, int64_t n)
{
    return (const char *)tensor->data + (size_t)(n * s->pixels * s->rows.channels) * dtype_bytes(tensor->dtype);
}

/* Sums of part `part` of image `n`, centred on `centre` (one value per channel). */
static void sum_part(const struct state *s, const struct slot *slot, int64_t n, int part, enum reduce_kind kind,
                     const float *centre)
{
    struct rows_part rows = rows_part_of(&s->rows, part, s->parts);
    struct reduce_source source = {.x = image_of(s, s->x, n), .shift = slot->shift};
    if (kind == REDUCE_GRAD)
        source.dy = image_of(s, s->call->in[0], n);
    rows_spread(s->x->dtype, &s->rows, centre, slot->shift, 0, s->rows.channels);
    memset(slot->sum, 0, (size_t)s->rows.lanes * sizeof *slot->sum);
    memset(slot->product, 0, (size_t)s->rows.lanes * sizeof *slot->product);
    VECTOR_NAME(rows_reduce)(s->x->dtype, kind, &source, &rows, 0, s->rows.lanes, slot->sum, slot->product);
}

/* Brings the sums of all parts of an image, and of all replicas of a channel, into the first C lanes of its first slot.
 */
static void merge_parts(const struct state *s, int64_t first)
{
    struct slot to = slot_at(s, first);
    for (int p = 0; p < s->parts; p++) {
        struct slot from = slot_at(s, first + p);
        for (int64_t lane = p == 0 ? s->rows.channels : 0; lane < s->rows.lanes; lane++) {
            to.sum[lane % s->rows.channels] += from.sum[lane];
            to.product[lane % s->rows.channels] += from.product[lane];
        }
    }
}

/* A value near each group's mean: its channels at the image's first pixel, averaged. */
static void forward_sum(const struct state *s, int64_t index, int64_t n, int part)
{
    struct slot slot = slot_at(s, index);
    float *centre = slot.channel[COEFFICIENTS - 1];
    floats_load(s->x->dtype, image_of(s, s->x, n), 0, s->rows.channels, centre);
    for (int64_t c = 0; c < s->rows.channels; c += s->group_channels) {
        float mean = float_coarse((float)(floats_sum(centre + c, s->group_channels) / (double)s->group_channels));
        for (int64_t i = c; i < c + s->group_channels; i++)
            centre[i] = mean;
    }
    sum_part(s, &slot, n, part, REDUCE_SQUARES, centre);
}

static void forward_finish(const struct state *s, int64_t first, int64_t n)
{
    struct slot slot = slot_at(s, first);
    int groups = s->call->attrs.norm.groups;
    const struct tensor *weight = s->call->in[1], *bias = s->call->in[2];
    double count = (double)(s->group_channels * s->pixels);
    merge_parts(s, first);
    for (int64_t g = 0; g < groups; g++) {
        int64_t begin = g * s->group_channels, end = begin + s->group_channels;
        double sum = 0, product = 0;
        for (int64_t c = begin; c < end; c++) {
            sum += slot.sum[c];
            product += slot.product[c];
        }
        float mean = (float)((double)slot.channel[COEFFICIENTS - 1][begin] + sum / count);
        double spread = product - sum * sum / count;
        float rstd = (float)(1 / sqrt((spread < 0 ? 0 : spread) / count + s->call->attrs.norm.eps));
        ((float *)s->call->out[1]->data)[n * groups + g] = mean;
        ((float *)s->call->out[2]->data)[n * groups + g] = rstd;
        for (int64_t c = begin; c < end; c++) {
            slot.channel[SCALE][c] = norm_affine(weight, c, 1) * rstd;
            slot.channel[OFFSET][c] = norm_affine(bias, c, 0) - mean * slot.channel[SCALE][c];
        }
    }
    for (int i = SCALE; i <= OFFSET; i++)
        rows_spread(s->x->dtype, &s->rows, slot.channel[i], slot.lane[i], 0, s->rows.channels);
}

static void forward_write(const struct state *s, int64_t first, int64_t n, int part)
{
    struct slot slot = slot_at(s, first);
    struct rows_part rows = rows_part_of(&s->rows, part, s->parts);
    struct apply_args args = {.x = image_of(s, s->x, n),
                              .out = (void *)image_of(s, s->call->out[0], n),
                              .scale = slot.lane[SCALE],
                              .offset = slot.lane[OFFSET]};
    VECTOR_NAME(rows_apply)(s->x->dtype, APPLY_FORWARD, s->call->attrs.norm.relu, &args, &rows);
}

static void backward_sum(const struct state *s, int64_t index, int64_t n, int part)
{
    struct slot slot = slot_at(s, index);
    const float *mean = s->call->in[2]->data;
    float *centre = slot.channel[COEFFICIENTS - 1];
    for (int64_t c = 0; c < s->rows.channels; c++)
        centre[c] = mean[n * s->call->attrs.norm.groups + c / s->group_channels];
    sum_part(s, &slot, n, part, REDUCE_GRAD, centre);
}

/* dx = rstd (weight dy - sum/count - xhat dot/count), where sum and dot run over the group's weight dy. */
static void backward_finish(const struct state *s, int64_t first, int64_t n)
{
    struct slot slot = slot_at(s, first);
    int groups = s->call->attrs.norm.groups;
    const struct tensor *weight = s->call->in[4];
    const float *means = s->call->in[2]->data, *rstds = s->call->in[3]->data;
    double count = (double)(s->group_channels * s->pixels);
    merge_parts(s, first);
    for (int64_t g = 0; g < groups; g++) {
        int64_t begin = g * s->group_channels, end = begin + s->group_channels;
        double mean = means[n * groups + g], rstd = rstds[n * groups + g], sum = 0, dot = 0;
        for (int64_t c = begin; c < end; c++) {
            sum += slot.sum[c] * norm_affine(weight, c, 1);
            dot += slot.product[c] * rstd * norm_affine(weight, c, 1);
            slot.grad_weight[c] += slot.product[c] * rstd;
            slot.grad_bias[c] += slot.sum[c];
        }
        double x_factor = -rstd * rstd * dot / count;
        for (int64_t c = begin; c < end; c++) {
            slot.channel[DY_FACTOR][c] = (float)(rstd * norm_affine(weight, c, 1));
            slot.channel[X_FACTOR][c] = (float)x_factor;
            slot.channel[CONSTANT][c] = (float)(-rstd * sum / count - x_factor * mean);
        }
    }
    for (int i = DY_FACTOR; i <= CONSTANT; i++)
        rows_spread(s->x->dtype, &s->rows, slot.channel[i], slot.lane[i], 0, s->rows.channels);
}

static void backward_write(const struct state *s, int64_t first, int64_t n, int part)
{
    struct slot slot = slot_at(s, first);
    struct rows_part rows = rows_part_of(&s->rows, part, s->parts);
    struct apply_args args = {.x = image_of(s, s->x, n),
                              .other = image_of(s, s->call->in[0], n),
                              .out = (void *)image_of(s, s->call->out[0], n),
                              .dy_factor = slot.lane[DY_FACTOR],
                              .x_factor = slot.lane[X_FACTOR],
                              .constant = slot.lane[CONSTANT]};
    VECTOR_NAME(rows_apply)(s->x->dtype, APPLY_GRAD, false, &args, &rows);
}

typedef void part_fn(const struct state *s, int64_t index, int64_t n, int part);
typedef void image_fn(const struct state *s, int64_t first, int64_t n);

static void run_images(const struct state *s, part_fn *sum, image_fn *finish, part_fn *write)
{
    int64_t images = s->x->size[0], items = images * s->parts;
    if (s->parts == 1) {
#pragma omp parallel for schedule(static) num_threads(s->threads)
        for (int64_t n = 0; n < images; n++) {
            sum(s, omp_get_thread_num(), n, 0);
            finish(s, omp_get_thread_num(), n);
            write(s, omp_get_thread_num(), n, 0);
        }
        return;
    }
#pragma omp parallel num_threads(s->threads)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < items; i++)
            sum(s, i, i / s->parts, (int)(i % s->parts));
#pragma omp for schedule(static)
        for (int64_t n = 0; n < images; n++)
            finish(s, n * s->parts, n);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < items; i++)
            write(s, i / s->parts * s->parts, i / s->parts, (int)(i % s->parts));
    }
}

void VECTOR_NAME(vector_group_norm_rows)(const struct op_call *call, void *scratch, int threads)
{
    struct state s = state_make(call, call->in[0], scratch, threads);
    run_images(&s, forward_sum, forward_finish, forward_write);
}

void VECTOR_NAME(vector_group_norm_backward_rows)(const struct op_call *call, void *scratch, int threads)
{
    struct state s = state_make(call, call->in[1], scratch, threads);
    int slots = group_norm_slots(s.x->size[0], threads);
    for (int i = 0; i < slots; i++) {
        struct slot slot = slot_at(&s, i);
        memset(slot.grad_weight, 0, (size_t)s.rows.lanes * 2 * sizeof(double)); /* and grad_bias behind it */
    }
    run_images(&s, backward_sum, backward_finish, backward_write);
    for (int64_t c = 0; c < s.rows.channels; c++) {
        double weight_sum = 0, bias_sum = 0;
        for (int i = 0; i < slots; i++) {
            weight_sum += slot_at(&s, i).grad_weight[c];
            bias_sum += slot_at(&s, i).grad_bias[c];
        }
        norm_affine_set(call->out[1], c, weight_sum);
        norm_affine_set(call->out[2], c, bias_sum);
    }
}
