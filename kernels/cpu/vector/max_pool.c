/*
 * Max pooling and its gradient: the first of equal maxima wins, NaN counts as larger than anything, padding never wins.
 * oneDNN's own pooling drops NaNs and has no float16 training, hence this one. channels_last runs over channels in
 * vectors, the taps of a pixel made once for all its channels; any other layout runs element by element.
 */
#include <math.h>

#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/natural.h"

#define WINDOW_MAX 256 /* kH * kW of a uint8 position */

/* One dimension of a window: tap number `tap` meets index `at` of the other side. */
struct hit {
    int at, tap;
};
struct hits {
    int count;
    struct hit hit[WINDOW_MAX];
};

/* One element of a window: where it lies in the tensor it is read from and in the indices, and its position. */
struct tap {
    int64_t offset, index_offset;
    int position;
};
struct taps {
    int count;
    struct tap tap[WINDOW_MAX];
};

/* The input indices that output index `output` looks at in dimension `d` (0 H, 1 W). */
static void hits_of_output(const struct pool_attrs *attrs, int d, int output, int inputs, struct hits *hits)
{
    int first = output * attrs->stride[d] - attrs->padding[d];

    hits->count = 0;
    for (int tap = 0; tap < attrs->kernel[d]; tap++) {
        int at = first + tap * attrs->dilation[d];
        if (at >= 0 && at < inputs)
            hits->hit[hits->count++] = (struct hit){at, tap};
    }
}

/* The output indices that look at input index `input`, in ascending order of taps. */
static void hits_of_input(const struct pool_attrs *attrs, int d, int input, int outputs, struct hits *hits)
{
    int padded = input + attrs->padding[d], stride = attrs->stride[d], dilation = attrs->dilation[d];
    int at = padded / stride < outputs ? padded / stride : outputs - 1;

    hits->count = 0;
    for (; at >= 0 && padded - at * stride <= (attrs->kernel[d] - 1) * dilation; at--) {
        int distance = padded - at * stride;
        int tap = dilation == 1 ? distance : distance / dilation;
        if (tap * dilation == distance)
            hits->hit[hits->count++] = (struct hit){at, tap};
    }
}

static void combine(const struct hits *rows, const struct hits *columns, int kernel_width, const struct tensor *read,
                    const struct tensor *indices, struct taps *taps)
{
    taps->count = 0;
    for (int i = 0; i < rows->count; i++)
        for (int j = 0; j < columns->count; j++) {
            int64_t h = rows->hit[i].at, w = columns->hit[j].at;
            taps->tap[taps->count++] =
                (struct tap){h * read->stride[2] + w * read->stride[3],
                             h * indices->stride[2] + w * indices->stride[3],
                             rows->hit[i].tap * kernel_width + columns->hit[j].tap};
        }
}

/* What the bodies below are given: data with the sample's offset still to add, and the offset of the pixel. */
struct pixel {
    const void *read;   /* input; grad_output */
    int64_t read_base;  /* of the sample (and channel, element by element) */
    void *write;        /* output; grad_input */
    int64_t write_base; /* of the pixel */
    uint8_t *indices;
    int64_t index_base; /* of the pixel forward, of the sample backward */
    int64_t channels;
};

/* Channels go in blocks of LANES; the last block overlaps its neighbour, and computes the same there. */
static inline int64_t block_count(int64_t channels)
{
    return (channels + LANES - 1) / LANES;
}
static inline int64_t block_start(int64_t channels, int64_t block)
{
    return (block + 1) * LANES <= channels ? block * LANES : channels - LANES;
}

VECTOR_INLINE void forward_vectors(enum dtype dtype, const struct pixel *p, const struct taps *taps)
{
    for (int64_t block = 0; block < block_count(p->channels); block++) {
        int64_t c = block_start(p->channels, block);
        lfloat best = lanes_set(-INFINITY);
        lint position = {0};
        for (int t = 0; t < taps->count; t++) {
            lfloat value = natural_load(dtype, p->read, p->read_base + taps->tap[t].offset + c);
            lint better = (value > best) | (value != value);
            if (t == 0)
                better = ~(lint){0};
            best = lanes_select(better, value, best);
            position = (better & taps->tap[t].position) | (~better & position);
        }
        natural_store(dtype, p->write, p->write_base + c, best);
        natural_store_bytes(p->indices + p->index_base + c, position);
    }
}

VECTOR_INLINE void forward_one(enum dtype dtype, const struct pixel *p, const struct taps *taps)
{
    float best = -INFINITY;
    int position = 0;

    for (int t = 0; t < taps->count; t++) {
        float value = natural_load_one(dtype, p->read, p->read_base + taps->tap[t].offset);
        bool better = (t == 0) | (value > best) | (value != value); /* no branches: which tap wins can't be foreseen */
        best = better ? value : best;
        position = better ? taps->tap[t].position : position;
    }
    natural_store_one(dtype, p->write, p->write_base, best);
    p->indices[p->index_base] = (uint8_t)position;
}

VECTOR_INLINE void backward_vectors(enum dtype dtype, const struct pixel *p, const struct taps *taps)
{
    for (int64_t block = 0; block < block_count(p->channels); block++) {
        int64_t c = block_start(p->channels, block);
        lfloat sum = {0};
        for (int t = 0; t < taps->count; t++) {
            const uint8_t *indices = p->indices + p->index_base + taps->tap[t].index_offset + c;
            lint won = natural_load_bytes(indices) == taps->tap[t].position;
            lfloat gradient = natural_load(dtype, p->read, p->read_base + taps->tap[t].offset + c);
            sum += (lfloat)((lint)gradient & won);
        }
        natural_store(dtype, p->write, p->write_base + c, sum);
    }
}

VECTOR_INLINE void backward_one(enum dtype dtype, const struct pixel *p, const struct taps *taps)
{
    float sum = 0;

    for (int t = 0; t < taps->count; t++) {
        bool won = p->indices[p->index_base + taps->tap[t].index_offset] == taps->tap[t].position;
        float gradient = natural_load_one(dtype, p->read, p->read_base + taps->tap[t].offset);
        sum += won ? gradient : 0;
    }
    natural_store_one(dtype, p->write, p->write_base, sum);
}

static void forward_pixel(enum dtype dtype, bool vectors, const struct pixel *pixel, const struct taps *taps)
{
    if (vectors)
        VECTOR_FOR_DTYPE(dtype, forward_vectors, pixel, taps);
    else
        VECTOR_FOR_DTYPE(dtype, forward_one, pixel, taps);
}

static void backward_pixel(enum dtype dtype, bool vectors, const struct pixel *pixel, const struct taps *taps)
{
    if (vectors)
        VECTOR_FOR_DTYPE(dtype, backward_vectors, pixel, taps);
    else
        VECTOR_FOR_DTYPE(dtype, backward_one, pixel, taps);
}

/* One direction of pooling: which side is read and which is written, and how. */
struct pooling {
    const struct pool_attrs *attrs;
    const struct tensor *read, *write, *indices;
    bool forward, vectors;
};

static void run_pixel(const struct pooling *pooling, struct pixel *pixel, const struct taps *taps)
{
    const struct pooling *p = pooling;
    int64_t channels = p->vectors ? 1 : p->write->size[1]; /* vectors take all channels at once */

    for (int64_t c = 0; c < channels; c++) {
        struct pixel one = *pixel;
        one.read_base += c * p->read->stride[1];
        one.write_base += c * p->write->stride[1];
        one.index_base += c * p->indices->stride[1];
        if (p->forward)
            forward_pixel(p->read->dtype, p->vectors, &one, taps);
        else
            backward_pixel(p->read->dtype, p->vectors, &one, taps);
    }
}

/* Row `h` of sample `n` of the written tensor. */
static void run_row(const struct pooling *p, int64_t n, int h)
{
    const struct tensor *read = p->read, *write = p->write, *indices = p->indices;
    struct hits rows, columns;
    struct taps taps;
    struct pixel pixel = {.read = read->data,
                          .read_base = n * read->stride[0],
                          .write = write->data,
                          .indices = indices->data,
                          .channels = write->size[1]};

    (p->forward ? hits_of_output : hits_of_input)(p->attrs, 0, h, (int)read->size[2], &rows);
    for (int w = 0; w < write->size[3]; w++) {
        (p->forward ? hits_of_output : hits_of_input)(p->attrs, 1, w, (int)read->size[3], &columns);
        combine(&rows, &columns, p->attrs->kernel[1], read, indices, &taps);
        pixel.write_base = n * write->stride[0] + h * write->stride[2] + w * write->stride[3];
        pixel.index_base = n * indices->stride[0];
        if (p->forward)
            pixel.index_base += h * indices->stride[2] + w * indices->stride[3];
        run_pixel(p, &pixel, &taps);
    }
}

static void run(struct pooling *p, int threads)
{
    p->vectors = p->read->stride[1] == 1 && p->write->stride[1] == 1 && p->indices->stride[1] == 1 &&
                 p->read->size[1] >= LANES;
#pragma omp parallel for collapse(2) num_threads(threads) schedule(static)
    for (int64_t n = 0; n < p->write->size[0]; n++)
        for (int64_t h = 0; h < p->write->size[2]; h++)
            run_row(p, n, (int)h);
}

void VECTOR_NAME(vector_max_pool2d)(const struct op_call *call, void *scratch, int threads)
{
    (void)scratch;
    struct pooling pooling = {&call->attrs.pool, call->in[0], call->out[0], call->out[1], true, false};
    run(&pooling, threads);
}

void VECTOR_NAME(vector_max_pool2d_backward)(const struct op_call *call, void *scratch, int threads)
{
    (void)scratch;
    struct pooling pooling = {&call->attrs.pool, call->in[0], call->out[0], call->in[2], false, false};
    run(&pooling, threads);
}
