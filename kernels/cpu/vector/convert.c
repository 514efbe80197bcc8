/* Layout conversion and casts, any dtype and strides to any other: brings a copy to canonical shape, picks the way. */
#include "kernels/cpu/vector/convert.h"
#include "kernels/cpu/vector/data_kernels.h"

#define PIECE 16384 /* elements of a row that are one item of work */
#define CHUNK 256   /* elements gathered at a time when neither side is contiguous */

VECTOR_INLINE void cast_row(enum dtype to_dtype, enum dtype from_dtype, char *to, const char *from, int64_t count)
{
    int64_t i = 0;
    for (; i + PAIR_WIDTH <= count; i += PAIR_WIDTH)
        pair_store_ordered(to_dtype, to, i, pair_load_ordered(from_dtype, from, i));
    if (i < count) {
        float part[PAIR_WIDTH] = {0};
        size_t from_bytes = dtype_bytes(from_dtype), to_bytes = dtype_bytes(to_dtype);
        memcpy(part, from + (size_t)i * from_bytes, (size_t)(count - i) * from_bytes);
        pair_store_ordered(to_dtype, part, 0, pair_load_ordered(from_dtype, part, 0));
        memcpy(to + (size_t)i * to_bytes, part, (size_t)(count - i) * to_bytes);
    }
}

#define CAST_ROW(from_dtype, to_dtype, ...) cast_row(to_dtype, from_dtype, __VA_ARGS__)

VECTOR_INLINE void cast_row_to(enum dtype to_dtype, enum dtype from_dtype, char *to, const char *from, int64_t count)
{
    VECTOR_FOR_DTYPE(from_dtype, CAST_ROW, to_dtype, to, from, count);
}

void VECTOR_NAME(convert_row)(char *to, enum dtype to_dtype, const char *from, enum dtype from_dtype, int64_t count)
{
    if (from_dtype != to_dtype)
        VECTOR_FOR_DTYPE(to_dtype, cast_row_to, from_dtype, to, from, count);
    else
        memcpy(to, from, (size_t)count * dtype_bytes(to_dtype));
}

/* Both sides run along the last dimension. Long rows are cut, so that one row alone also keeps all threads busy. */
static void copy_rows(const struct copy_plan *plan, int threads)
{
    int row = plan->dims - 1;
    int64_t pieces = (plan->size[row] + PIECE - 1) / PIECE;
    int64_t items = pieces;
    for (int d = 0; d < row; d++)
        items *= plan->size[d];
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < items; item++) {
        int64_t from, to, start = item % pieces * PIECE;
        copy_plan_offsets(plan, row, item / pieces, &from, &to);
        int64_t count = plan->size[row] - start < PIECE ? plan->size[row] - start : PIECE;
        VECTOR_NAME(convert_row)(plan->to + to + start * (int64_t)dtype_bytes(plan->to_dtype), plan->to_dtype,
                                 plan->from + from + start * (int64_t)dtype_bytes(plan->from_dtype), plan->from_dtype,
                                 count);
    }
}

VECTOR_INLINE void gather(void *to, const char *from, int64_t stride, int64_t count, size_t bytes)
{
    for (int64_t i = 0; i < count; i++)
        memcpy((char *)to + i * (int64_t)bytes, from + i * stride, bytes);
}

VECTOR_INLINE void scatter(char *to, int64_t stride, const void *from, int64_t count, size_t bytes)
{
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * stride, (const char *)from + i * (int64_t)bytes, bytes);
}

static void copy_chunk(const struct copy_plan *plan, char *to, const char *from, int64_t count)
{
    float loaded[CHUNK], cast[CHUNK];
    int row = plan->dims - 1;
    if (dtype_bytes(plan->from_dtype) == 4)
        gather(loaded, from, plan->from_stride[row], count, 4);
    else
        gather(loaded, from, plan->from_stride[row], count, 2);
    VECTOR_NAME(convert_row)((char *)cast, plan->to_dtype, (const char *)loaded, plan->from_dtype, count);
    if (dtype_bytes(plan->to_dtype) == 4)
        scatter(to, plan->to_stride[row], cast, count, 4);
    else
        scatter(to, plan->to_stride[row], cast, count, 2);
}

/* Neither rows nor transpositions: views, expands, slices. */
static void copy_elements(const struct copy_plan *plan, int threads)
{
    int row = plan->dims - 1;
    int64_t pieces = (plan->size[row] + CHUNK - 1) / CHUNK;
    int64_t items = pieces;
    for (int d = 0; d < row; d++)
        items *= plan->size[d];
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t item = 0; item < items; item++) {
        int64_t from, to, start = item % pieces * CHUNK;
        copy_plan_offsets(plan, row, item / pieces, &from, &to);
        int64_t count = plan->size[row] - start < CHUNK ? plan->size[row] - start : CHUNK;
        copy_chunk(plan, plan->to + to + start * plan->to_stride[row],
                   plan->from + from + start * plan->from_stride[row], count);
    }
}

/* Inserts a dimension in the order of the destination's strides, largest first. */
static void plan_insert(struct copy_plan *plan, int64_t size, int64_t from_stride, int64_t to_stride)
{
    int d = plan->dims++;
    for (; d > 0 && plan->to_stride[d - 1] < to_stride; d--) {
        plan->size[d] = plan->size[d - 1];
        plan->from_stride[d] = plan->from_stride[d - 1];
        plan->to_stride[d] = plan->to_stride[d - 1];
    }
    plan->size[d] = size;
    plan->from_stride[d] = from_stride;
    plan->to_stride[d] = to_stride;
}

/* Takes dimension `index` out. */
static void plan_remove(struct copy_plan *plan, int index)
{
    plan->dims--;
    for (int d = index; d < plan->dims; d++) {
        plan->size[d] = plan->size[d + 1];
        plan->from_stride[d] = plan->from_stride[d + 1];
        plan->to_stride[d] = plan->to_stride[d + 1];
    }
}

static void plan_make(struct copy_plan *plan, const struct tensor *from, const struct tensor *to)
{
    int64_t from_bytes = (int64_t)dtype_bytes(from->dtype), to_bytes = (int64_t)dtype_bytes(to->dtype);
    *plan = (struct copy_plan){.from = from->data, .to = to->data, .from_dtype = from->dtype, .to_dtype = to->dtype};
    plan->stream = tensor_count(to) * to_bytes >= STREAM_LEAST_BYTES;
    for (int d = 0; d < to->dims; d++)
        if (to->size[d] != 1)
            plan_insert(plan, to->size[d], from->stride[d] * from_bytes, to->stride[d] * to_bytes);
    if (plan->dims == 0)
        plan_insert(plan, 1, from_bytes, to_bytes);
    for (int d = plan->dims - 1; d > 0; d--) {
        if (plan->to_stride[d - 1] != plan->to_stride[d] * plan->size[d] ||
            plan->from_stride[d - 1] != plan->from_stride[d] * plan->size[d])
            continue;
        plan->size[d] *= plan->size[d - 1];
        plan_remove(plan, d - 1);
    }
}

/* The dimension other than the last along which `from` is contiguous, -1 when there is none. */
static int plan_find_columns(const struct copy_plan *plan)
{
    for (int d = plan->dims - 2; d >= 0; d--)
        if (plan->from_stride[d] == (int64_t)dtype_bytes(plan->from_dtype))
            return d;
    return -1;
}

static void copy_transposed(struct copy_plan *plan, int columns, int threads)
{
    int rows = plan->dims - 1;
    struct transpose_plan transpose = {
        .count = 1,
        .rows = plan->size[rows],
        .columns = plan->size[columns],
        .from_pitch = plan->from_stride[rows],
        .to_pitch = plan->to_stride[columns],
    };
    plan_remove(plan, rows);
    plan_remove(plan, columns);
    transpose.outer = *plan;
    for (int d = 0; d < plan->dims; d++)
        transpose.count *= plan->size[d];
    VECTOR_NAME(convert_transpose)(&transpose, threads);
}

void VECTOR_NAME(vector_convert)(const struct tensor *from, const struct tensor *to, int threads)
{
    struct copy_plan plan;
    plan_make(&plan, from, to);
    int last = plan.dims - 1, columns = plan_find_columns(&plan);
    if (tensor_count(to) == 0)
        return;
    if (plan.to_stride[last] != (int64_t)dtype_bytes(to->dtype))
        copy_elements(&plan, threads);
    else if (plan.from_stride[last] == (int64_t)dtype_bytes(from->dtype))
        copy_rows(&plan, threads);
    else if (columns >= 0)
        copy_transposed(&plan, columns, threads);
    else
        copy_elements(&plan, threads);
}
