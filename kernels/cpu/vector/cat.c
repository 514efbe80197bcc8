/*
 * Concatenation. Usually every tensor is a list of rows of equal number, one row of the output being one row of each input
 * behind the other: channels of a pixel (channels_last), planes of a sample (contiguous). One pass then writes the output
 * from begin to end; a pass for each input would touch most of its lines several times. Anything else (casts, other
 * orders in memory) is one strided copy for each input.
 */
#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/stream.h"

struct cat_part {
    const char *from;
    int64_t bytes, pitch; /* of a row; from row to row */
};

struct cat_rows {
    struct cat_part part[OP_MAX_IN];
    int parts;
    char *to;
    int64_t rows, pitch;
    bool stream; /* the output is large and all parts are whole lines: store past the caches */
};

/* Dimensions of more than one element from the largest stride of `tensor` to the smallest; returns how many. */
static int sorted_dims(const struct tensor *tensor, int *order)
{
    int count = 0;
    for (int d = 0; d < tensor->dims; d++) {
        if (tensor->size[d] == 1)
            continue;
        int at = count++;
        for (; at > 0 && tensor->stride[order[at - 1]] < tensor->stride[d]; at--)
            order[at] = order[at - 1];
        order[at] = d;
    }
    return count;
}

/*
 * The tensor as rows that run along `order` from position `split` on: true when they are dense and lie evenly. Sizes are
 * the tensor's own along order[split], the output's along the others.
 */
static bool find_rows(const struct tensor *tensor, const int *order, int count, int split, int64_t *row, int64_t *pitch)
{
    int64_t run = 1;
    for (int i = count - 1; i >= split; i--) {
        if (tensor->size[order[i]] > 1 && tensor->stride[order[i]] != run)
            return false;
        run *= tensor->size[order[i]];
    }
    *row = run;
    *pitch = split > 0 ? tensor->stride[order[split - 1]] : run;
    for (int i = split - 1; i > 0; i--) {
        if (tensor->stride[order[i - 1]] != tensor->stride[order[i]] * tensor->size[order[i]])
            return false;
    }
    return true;
}

static bool add_part(struct cat_rows *self, const struct tensor *from, const int *order, int count, int split)
{
    int64_t row, pitch, size = (int64_t)dtype_bytes(from->dtype);
    if (!find_rows(from, order, count, split, &row, &pitch))
        return false;
    self->part[self->parts++] = (struct cat_part){from->data, row * size, pitch * size};
    return true;
}

/* True when the call is one pass over rows. */
static bool plan_rows(struct cat_rows *self, const struct op_call *call)
{
    const struct tensor *to = call->out[0];
    int order[TENSOR_MAX_DIMS], count = sorted_dims(to, order), split = 0;
    int64_t row, size = (int64_t)dtype_bytes(to->dtype);
    while (split < count && order[split] != call->attrs.cat.dim)
        split++;
    if (split == count || !find_rows(to, order, count, split, &row, &self->pitch))
        return false;
    self->to = to->data;
    self->rows = tensor_count(to) / row;
    self->pitch *= size;
    self->stream = tensor_bytes(to) >= STREAM_LEAST_BYTES && self->pitch % LINE_BYTES == 0 && line_aligned(to->data);
    self->parts = 0;
    for (int i = 0; i < OP_MAX_IN && call->in[i]; i++) {
        if (call->in[i]->dtype != to->dtype || !add_part(self, call->in[i], order, count, split))
            return false;
        self->stream = self->stream && self->part[i].bytes % LINE_BYTES == 0;
    }
    return true;
}

/* Whole vectors, the last one overlapping the one before. */
VECTOR_INLINE void copy_row(char *to, const char *from, int64_t bytes)
{
    const int64_t width = 4 * LANES;
    luint words;
    if (bytes < width) {
        memcpy(to, from, (size_t)bytes);
        return;
    }
    for (int64_t i = 0; i + width <= bytes; i += width) {
        memcpy(&words, from + i, sizeof words);
        memcpy(to + i, &words, sizeof words);
    }
    memcpy(&words, from + bytes - width, sizeof words);
    memcpy(to + bytes - width, &words, sizeof words);
}

static void copy_rows(const struct cat_rows *self, int64_t begin, int64_t end)
{
    for (int64_t r = begin; r < end; r++) {
        char *to = self->to + r * self->pitch;
        for (int i = 0; i < self->parts; i++) {
            const struct cat_part *part = &self->part[i];
            if (self->stream)
                copy_lines(to, part->from + r * part->pitch, part->bytes, true);
            else
                copy_row(to, part->from + r * part->pitch, part->bytes);
            to += part->bytes;
        }
    }
    stream_end(self->stream);
}

static void copy_each(const struct op_call *call, int threads)
{
    struct tensor to = *call->out[0];
    int dim = call->attrs.cat.dim;
    for (int i = 0; i < OP_MAX_IN && call->in[i]; i++) {
        to.size[dim] = call->in[i]->size[dim];
        VECTOR_NAME(vector_convert)(call->in[i], &to, threads);
        to.data = (char *)to.data + to.size[dim] * to.stride[dim] * (int64_t)dtype_bytes(to.dtype);
    }
}

void VECTOR_NAME(vector_cat)(const struct op_call *call, int threads)
{
    struct cat_rows rows;
    if (tensor_count(call->out[0]) == 0)
        return;
    if (!plan_rows(&rows, call) || rows.rows < threads) {
        copy_each(call, threads);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++)
        copy_rows(&rows, rows.rows * t / threads, rows.rows * (t + 1) / threads);
}
