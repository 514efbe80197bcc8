/*
 * Loops over rows of lanes. Sums run in float32 registers for a run of rows and are then added to doubles in memory, so
 * that 800 000 rows keep float32's accuracy.
 */
#include "kernels/cpu/vector/rows.h"

#include "kernels/cpu/vector/pair.h"

#define ROWS_BLOCK 2    /* pairs side by side */
#define ROWS_LONGEST 256 /* rows summed in float32 */
#define ROWS_SHORTEST 8
#define ROWS_TILE 8192  /* elements of a run: next to each other in the first-level cache */
#define ROWS_AHEAD 1    /* runs fetched ahead */

/* A pair of lane coefficients each; only those that the kind needs are set. */
struct reduce_lanes {
    struct vpair shift, scale, offset;
};

struct reduce_sums {
    struct vpair sum, product;
};

static int64_t rows_run(int64_t lanes)
{
    int64_t run = ROWS_TILE / lanes;
    return run < ROWS_SHORTEST ? ROWS_SHORTEST : run > ROWS_LONGEST ? ROWS_LONGEST : run;
}

VECTOR_INLINE struct reduce_lanes reduce_lanes_load(enum reduce_kind kind, const struct reduce_source *source, int64_t lane)
{
    struct reduce_lanes lanes = {.shift = pair_load_lanes(source->shift, lane)};
    if (kind == REDUCE_GRAD_RELU) {
        lanes.scale = pair_load_lanes(source->scale, lane);
        lanes.offset = pair_load_lanes(source->offset, lane);
    }
    return lanes;
}

VECTOR_INLINE void reduce_half(enum reduce_kind kind, lfloat x, lfloat dy, lfloat shift, lfloat scale, lfloat offset,
                               lfloat *sum, lfloat *product)
{
    lfloat centred = x - shift;
    if (kind == REDUCE_GRAD_RELU)
        dy = lanes_select(lanes_fma(x, scale, offset) <= lanes_set(0), lanes_set(0), dy);
    lfloat first = kind == REDUCE_SUM || kind == REDUCE_SQUARES ? centred : dy;
    *sum += first;
    if (kind != REDUCE_SUM)
        *product = lanes_fma(first, centred, *product);
}

VECTOR_INLINE void reduce_pair(enum reduce_kind kind, struct vpair x, struct vpair dy, const struct reduce_lanes *lanes,
                               struct reduce_sums *sums)
{
    reduce_half(kind, x.a, dy.a, lanes->shift.a, lanes->scale.a, lanes->offset.a, &sums->sum.a, &sums->product.a);
    reduce_half(kind, x.b, dy.b, lanes->shift.b, lanes->scale.b, lanes->offset.b, &sums->sum.b, &sums->product.b);
}

/* Adds a pair of sums to the doubles of the first `count` of its lanes. Not inlined: unrolled it dwarfs the rest. */
static __attribute__((noinline)) void sums_fold(enum dtype dtype, const struct vpair *from, double *to, int64_t count)
{
    float lanes[PAIR_WIDTH];
    pair_store_natural(dtype, lanes, *from);
    for (int64_t i = 0; i < count; i++)
        to[i] += (double)lanes[i];
}

/* `width` pairs from lane `lane` of `run` rows; the first element stands at `at`. The next run is fetched meanwhile. */
VECTOR_INLINE void reduce_block(enum dtype dtype, enum reduce_kind kind, int width, const struct reduce_source *source,
                                int64_t at, int64_t lanes, int64_t run, int64_t lane, double *sum, double *product)
{
    struct reduce_sums sums[ROWS_BLOCK] = {{{{0}}}};
    struct reduce_lanes coefficients[ROWS_BLOCK];
    const void *from = source->x, *from_dy = source->dy;
    bool grad = kind == REDUCE_GRAD || kind == REDUCE_GRAD_RELU;
    int64_t size = dtype == DTYPE_FLOAT32 ? 4 : 2, ahead = run * lanes * ROWS_AHEAD;
#pragma GCC unroll 2
    for (int v = 0; v < width; v++)
        coefficients[v] = reduce_lanes_load(kind, source, lane + v * PAIR_WIDTH);
    for (int64_t r = 0; r < run; r++, at += lanes) {
#pragma GCC unroll 2
        for (int v = 0; v < width; v++) {
            int64_t i = at + v * PAIR_WIDTH;
            struct vpair x = pair_load(dtype, from, i);
            struct vpair dy = grad ? pair_load(dtype, from_dy, i) : x;
            __builtin_prefetch((const char *)from + (i + ahead) * size);
            if (grad)
                __builtin_prefetch((const char *)from_dy + (i + ahead) * size);
            reduce_pair(kind, x, dy, &coefficients[v], &sums[v]);
        }
    }
    for (int v = 0; v < width; v++) {
        sums_fold(dtype, &sums[v].sum, sum + lane + v * PAIR_WIDTH, PAIR_WIDTH);
        if (kind != REDUCE_SUM)
            sums_fold(dtype, &sums[v].product, product + lane + v * PAIR_WIDTH, PAIR_WIDTH);
    }
}

VECTOR_INLINE void reduce_full(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                               const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
    int64_t lanes = part->rows->lanes, end = part->end, most = rows_run(lanes);
    for (int64_t row = part->begin; row < end; row += most) {
        int64_t run = end - row < most ? end - row : most;
        int64_t lane = first;
        for (; lane + ROWS_BLOCK * PAIR_WIDTH <= last; lane += ROWS_BLOCK * PAIR_WIDTH)
            reduce_block(dtype, kind, ROWS_BLOCK, source, row * lanes + lane, lanes, run, lane, sum, product);
        for (; lane < last; lane += PAIR_WIDTH)
            reduce_block(dtype, kind, 1, source, row * lanes + lane, lanes, run, lane, sum, product);
    }
}

/* The rest: lanes [first, last) of it, from element `at` (of lane 0). Lanes that it has not must not count. */
VECTOR_INLINE void reduce_rest(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                               const struct norm_rows *rows, int64_t first, int64_t last, double *sum, double *product)
{
    bool grad = kind == REDUCE_GRAD || kind == REDUCE_GRAD_RELU;
    int64_t at = rows->count * rows->lanes;
    last = last < rows->rest ? last : rows->rest;
    for (int64_t lane = first; lane < last; lane += PAIR_WIDTH) {
        int64_t count = last - lane < PAIR_WIDTH ? last - lane : PAIR_WIDTH;
        struct reduce_sums sums = {{{0}}};
        struct reduce_lanes coefficients = reduce_lanes_load(kind, source, lane);
        struct vpair x = pair_load_part(dtype, source->x, at + lane, count);
        struct vpair dy = grad ? pair_load_part(dtype, source->dy, at + lane, count) : x;
        reduce_pair(kind, x, dy, &coefficients, &sums);
        sums_fold(dtype, &sums.sum, sum + lane, count);
        if (kind != REDUCE_SUM)
            sums_fold(dtype, &sums.product, product + lane, count);
    }
}

VECTOR_INLINE void reduce_part(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                               const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
    reduce_full(dtype, kind, source, part, first, last, sum, product);
    if (part->with_rest)
        reduce_rest(dtype, kind, source, part->rows, first, last, sum, product);
}

#define REDUCE(dtype_constant, kind_constant) \
    reduce_part(dtype_constant, kind_constant, source, part, first, last, sum, product)

void VECTOR_NAME(rows_reduce)(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                              const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
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
}

VECTOR_INLINE lfloat apply_half(enum apply_kind kind, bool relu, const struct apply_args *args, int64_t lane, lfloat x,
                                lfloat other)
{
    lfloat zero = {0}, y = {0};
    if (kind != APPLY_GRAD || relu)
        y = lanes_fma(x, lanes_load(args->scale, lane), lanes_load(args->offset, lane));
    if (kind == APPLY_GRAD) {
        if (relu)
            other = lanes_select(y <= zero, zero, other);
        lfloat centre = lanes_fma(x, lanes_load(args->x_factor, lane),
                                   lanes_load(args->constant, lane));
        return lanes_fma(other, lanes_load(args->dy_factor, lane), centre);
    }
    if (kind == APPLY_RESIDUAL)
        y += other;
    return relu ? lanes_relu(y) : y;
}

VECTOR_INLINE struct vpair apply_pair(enum apply_kind kind, bool relu, const struct apply_args *args, int64_t lane,
                                      struct vpair x, struct vpair other)
{
    return (struct vpair){apply_half(kind, relu, args, lane, x.a, other.a),
                          apply_half(kind, relu, args, lane + LANES, x.b, other.b)};
}

/* Runs of rows, the last run first. Coefficients come from the first-level cache. */
VECTOR_INLINE void apply_full(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *given,
                              const struct rows_part *part)
{
    const struct apply_args args = *given; /* a copy: stores to the result can't change it */
    int64_t lanes = part->rows->lanes, most = rows_run(lanes);
    for (int64_t end = part->end; end > part->begin; end -= most) {
        int64_t begin = end - most > part->begin ? end - most : part->begin;
        for (int64_t at = begin * lanes; at < end * lanes; at += lanes) {
            for (int64_t lane = 0; lane < lanes; lane += PAIR_WIDTH) {
                struct vpair x = pair_load(dtype, args.x, at + lane);
                struct vpair other = kind == APPLY_FORWARD ? x : pair_load(dtype, args.other, at + lane);
                pair_store(dtype, args.out, at + lane, apply_pair(kind, relu, &args, lane, x, other));
            }
        }
    }
}

VECTOR_INLINE void apply_rest(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                              const struct norm_rows *rows)
{
    int64_t at = rows->count * rows->lanes;
    for (int64_t lane = 0; lane < rows->rest; lane += PAIR_WIDTH) {
        int64_t count = rows->rest - lane < PAIR_WIDTH ? rows->rest - lane : PAIR_WIDTH;
        struct vpair x = pair_load_part(dtype, args->x, at + lane, count);
        struct vpair other = kind == APPLY_FORWARD ? x : pair_load_part(dtype, args->other, at + lane, count);
        pair_store_part(dtype, args->out, at + lane, count, apply_pair(kind, relu, args, lane, x, other));
    }
}

VECTOR_INLINE void apply_part(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                              const struct rows_part *part)
{
    if (part->with_rest)
        apply_rest(dtype, kind, relu, args, part->rows);
    apply_full(dtype, kind, relu, args, part);
}

#define APPLY(dtype_constant, kind_constant, relu_constant) \
    apply_part(dtype_constant, kind_constant, relu_constant, args, part)

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
