/*
 * Loops over rows of lanes. Sums run in float32 registers for at most ROWS_RUN rows of four vectors and are then added to
 * doubles in memory, so that 800 000 rows keep float32's accuracy.
 */
#include "kernels/cpu/vector/rows.h"

#define ROWS_BLOCK 4 /* vectors summed side by side */
#define ROWS_RUN 256

struct reduce_sums {
    vfloat sum, product;
};

/* One vector's contribution. `x_shift` and so on are the lanes' values. */
VECTOR_INLINE void reduce_add(enum reduce_kind kind, vfloat x, vfloat dy, vfloat shift, vfloat scale, vfloat offset,
                              struct reduce_sums *sums)
{
    vfloat centred = x - shift;
    if (kind == REDUCE_GRAD_RELU)
        dy = vector_select(x * scale + offset <= vector_set(0), vector_set(0), dy);
    vfloat first = kind == REDUCE_SUM || kind == REDUCE_SQUARES ? centred : dy;
    sums->sum += first;
    if (kind != REDUCE_SUM)
        sums->product += first * centred;
}

/* Adds float sums to the doubles of sixteen lanes. */
VECTOR_INLINE void reduce_fold(vfloat from, double *to)
{
    float lane[VECTOR_WIDTH];
    memcpy(lane, &from, sizeof lane);
    for (int i = 0; i < VECTOR_WIDTH; i++)
        to[i] += (double)lane[i];
}

/* `width` vectors from lane `lane` of `run` rows; the first element stands at `at`. */
VECTOR_INLINE void reduce_block(enum dtype dtype, enum reduce_kind kind, int width, const struct reduce_source *source,
                                int64_t at, int64_t lanes, int64_t run, int64_t lane, double *sum, double *product)
{
    struct reduce_sums sums[ROWS_BLOCK] = {{{0}}};
    vfloat shift[ROWS_BLOCK] = {{0}}, scale[ROWS_BLOCK] = {{0}}, offset[ROWS_BLOCK] = {{0}};
    bool grad = kind == REDUCE_GRAD || kind == REDUCE_GRAD_RELU;
#pragma GCC unroll 4
    for (int v = 0; v < width; v++) {
        shift[v] = vector_load(DTYPE_FLOAT32, source->shift, lane + v * VECTOR_WIDTH);
        if (kind == REDUCE_GRAD_RELU) {
            scale[v] = vector_load(DTYPE_FLOAT32, source->scale, lane + v * VECTOR_WIDTH);
            offset[v] = vector_load(DTYPE_FLOAT32, source->offset, lane + v * VECTOR_WIDTH);
        }
    }
    for (int64_t r = 0; r < run; r++, at += lanes) {
#pragma GCC unroll 4
        for (int v = 0; v < width; v++) {
            vfloat x = vector_load(dtype, source->x, at + v * VECTOR_WIDTH);
            vfloat dy = grad ? vector_load(dtype, source->dy, at + v * VECTOR_WIDTH) : x;
            reduce_add(kind, x, dy, shift[v], scale[v], offset[v], &sums[v]);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < width; v++) {
        reduce_fold(sums[v].sum, sum + lane + v * VECTOR_WIDTH);
        if (kind != REDUCE_SUM)
            reduce_fold(sums[v].product, product + lane + v * VECTOR_WIDTH);
    }
}

VECTOR_INLINE void reduce_full(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                               const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
    int64_t lanes = part->rows->lanes, end = part->end;
    int64_t most = 16384 / lanes < 16 ? 16 : 16384 / lanes;
    most = most > ROWS_RUN ? ROWS_RUN : most;
    for (int64_t row = part->begin; row < end; row += most) {
        int64_t run = end - row < most ? end - row : most;
        int64_t lane = first;
        for (; lane + ROWS_BLOCK * VECTOR_WIDTH <= last; lane += ROWS_BLOCK * VECTOR_WIDTH)
            reduce_block(dtype, kind, ROWS_BLOCK, source, row * lanes + lane, lanes, run, lane, sum, product);
        for (; lane < last; lane += VECTOR_WIDTH)
            reduce_block(dtype, kind, 1, source, row * lanes + lane, lanes, run, lane, sum, product);
    }
}

/* The rest: lanes [first, last) of it, from element `at` (of lane 0). */
VECTOR_INLINE void reduce_rest(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source, int64_t at,
                               int64_t first, int64_t last, double *sum, double *product)
{
    bool grad = kind == REDUCE_GRAD || kind == REDUCE_GRAD_RELU;
    for (int64_t lane = first; lane < last; lane += VECTOR_WIDTH) {
        int count = last - lane < VECTOR_WIDTH ? (int)(last - lane) : VECTOR_WIDTH;
        struct reduce_sums sums = {{0}};
        vfloat none = {0};
        vfloat shift = vector_load(DTYPE_FLOAT32, source->shift, lane);
        vfloat x = vector_load_part(dtype, source->x, at + lane, count);
        vfloat dy = grad ? vector_load_part(dtype, source->dy, at + lane, count) : x;
        bool mask = kind == REDUCE_GRAD_RELU;
        reduce_add(kind, x, dy, shift, mask ? vector_load(DTYPE_FLOAT32, source->scale, lane) : none,
                   mask ? vector_load(DTYPE_FLOAT32, source->offset, lane) : none, &sums);
        for (int i = 0; i < count; i++) {
            sum[lane + i] += (double)sums.sum[i];
            if (kind != REDUCE_SUM)
                product[lane + i] += (double)sums.product[i];
        }
    }
}

VECTOR_INLINE void reduce_part(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                               const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
    const struct norm_rows *rows = part->rows;
    reduce_full(dtype, kind, source, part, first, last, sum, product);
    if (part->with_rest)
        reduce_rest(dtype, kind, source, rows->count * rows->lanes, first, last < rows->rest ? last : rows->rest, sum,
                    product);
}

void VECTOR_NAME(rows_reduce)(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                              const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
#define REDUCE(dtype_constant, kind_constant)                                                  \
    reduce_part(dtype_constant, kind_constant, source, part, first, last, sum, product)
    switch (kind) {
    case REDUCE_SUM:
        VECTOR_FOR_DTYPE(dtype, REDUCE, REDUCE_SUM);
        break;
    case REDUCE_SQUARES:
        VECTOR_FOR_DTYPE(dtype, REDUCE, REDUCE_SQUARES);
        break;
    case REDUCE_GRAD:
        VECTOR_FOR_DTYPE(dtype, REDUCE, REDUCE_GRAD);
        break;
    case REDUCE_GRAD_RELU:
        VECTOR_FOR_DTYPE(dtype, REDUCE, REDUCE_GRAD_RELU);
        break;
    }
#undef REDUCE
}

VECTOR_INLINE vfloat apply_lanes(enum apply_kind kind, bool relu, const struct apply_args *args, int64_t lane, vfloat x,
                                 vfloat other)
{
    vfloat zero = {0}, y = {0};
    if (kind != APPLY_GRAD || relu)
        y = x * vector_load(DTYPE_FLOAT32, args->scale, lane) + vector_load(DTYPE_FLOAT32, args->offset, lane);
    if (kind == APPLY_GRAD) {
        if (relu)
            other = vector_select(y <= zero, zero, other);
        return other * vector_load(DTYPE_FLOAT32, args->dy_factor, lane) +
               x * vector_load(DTYPE_FLOAT32, args->x_factor, lane) +
               vector_load(DTYPE_FLOAT32, args->constant, lane);
    }
    if (kind == APPLY_RESIDUAL)
        y += other;
    return relu ? vector_select(y < zero, zero, y) : y; /* this order keeps NaN */
}

/* Last row first. Coefficients come from the first-level cache: measured as fast as registers. */
VECTOR_INLINE void apply_full(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                              const struct rows_part *part)
{
    int64_t lanes = part->rows->lanes;
    for (int64_t row = part->end - 1; row >= part->begin; row--) {
        int64_t at = row * lanes;
        for (int64_t lane = 0; lane < lanes; lane += VECTOR_WIDTH) {
            vfloat x = vector_load(dtype, args->x, at + lane);
            vfloat other = kind == APPLY_FORWARD ? x : vector_load(dtype, args->other, at + lane);
            vector_store(dtype, args->out, at + lane, apply_lanes(kind, relu, args, lane, x, other));
        }
    }
}

/* `count` elements (less than a row) from element `at` on. */
VECTOR_INLINE void apply_rest(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                              int64_t at, int64_t count)
{
    for (int64_t lane = 0; lane < count; lane += VECTOR_WIDTH) {
        int part = count - lane < VECTOR_WIDTH ? (int)(count - lane) : VECTOR_WIDTH;
        vfloat x = vector_load_part(dtype, args->x, at + lane, part);
        vfloat other = kind == APPLY_FORWARD ? x : vector_load_part(dtype, args->other, at + lane, part);
        vector_store_part(dtype, args->out, at + lane, part, apply_lanes(kind, relu, args, lane, x, other));
    }
}

VECTOR_INLINE void apply_part(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                              const struct rows_part *part)
{
    const struct norm_rows *rows = part->rows;
    if (part->with_rest)
        apply_rest(dtype, kind, relu, args, rows->count * rows->lanes, rows->rest);
    apply_full(dtype, kind, relu, args, part);
}

#define APPLY(dtype_constant, kind_constant, relu_constant) apply_part(dtype_constant, kind_constant, relu_constant, args, part)

void VECTOR_NAME(rows_apply)(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                             const struct rows_part *part)
{
    switch (kind * 2 + relu) {
    case APPLY_FORWARD * 2:
        VECTOR_FOR_DTYPE(dtype, APPLY, APPLY_FORWARD, false);
        break;
    case APPLY_FORWARD * 2 + 1:
        VECTOR_FOR_DTYPE(dtype, APPLY, APPLY_FORWARD, true);
        break;
    case APPLY_RESIDUAL * 2:
        VECTOR_FOR_DTYPE(dtype, APPLY, APPLY_RESIDUAL, false);
        break;
    case APPLY_RESIDUAL * 2 + 1:
        VECTOR_FOR_DTYPE(dtype, APPLY, APPLY_RESIDUAL, true);
        break;
    case APPLY_GRAD * 2:
        VECTOR_FOR_DTYPE(dtype, APPLY, APPLY_GRAD, false);
        break;
    default:
        VECTOR_FOR_DTYPE(dtype, APPLY, APPLY_GRAD, true);
        break;
    }
}
