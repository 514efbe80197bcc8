/*
 * Loops over rows of lanes. Sums run in float32 registers for a run of rows and are then added to doubles in memory, so
 * that 800 000 rows keep float32's accuracy.
 */
#include "kernels/cpu/vector/rows.h"

#include "kernels/cpu/vector/norm_math.h"

#define ROWS_BLOCK 2     /* pairs side by side: 64 lanes in avx512 */
#define ROWS_LONGEST 128 /* rows summed in float32 before the doubles take them */
#define ROWS_SHORTEST 4
#define REDUCE_RUN 8192    /* elements of the rows that a block of columns goes down before the next column starts */
#define REDUCE_AHEAD 16384 /* bytes fetched ahead, of all operands together */
#define REDUCE_PANEL 512   /* lanes summed together: their float32 sums and coefficients stay in the first-level cache \
                            */
#define APPLY_RUN 8192     /* as REDUCE_RUN; the run before it (the next one, backwards) is fetched meanwhile */

/* A pair of lane coefficients each; only those that the kind needs are set. */
struct reduce_lanes {
    struct vpair shift, scale, offset;
};

struct reduce_sums {
    struct vpair sum, product;
};

static int64_t rows_run(int64_t lanes, int64_t elements)
{
    int64_t run = elements / lanes;
    return run < ROWS_SHORTEST ? ROWS_SHORTEST : run > ROWS_LONGEST ? ROWS_LONGEST : run;
}

VECTOR_INLINE struct reduce_lanes reduce_lanes_load(enum reduce_kind kind, const struct reduce_source *source,
                                                    int64_t lane)
{
    struct reduce_lanes lanes = {.shift = pair_load_lanes(source->shift, lane)};
    if (kind == REDUCE_GRAD_RELU) {
        lanes.scale = pair_load_lanes(source->scale, lane);
        lanes.offset = pair_load_lanes(source->offset, lane);
    }
    return lanes;
}

VECTOR_INLINE void reduce_pair(enum reduce_kind kind, struct vpair x, struct vpair dy, const struct reduce_lanes *lanes,
                               struct reduce_sums *sums)
{
    reduce_half(kind, x.a, dy.a, lanes->shift.a, lanes->scale.a, lanes->offset.a, &sums->sum.a, &sums->product.a);
    reduce_half(kind, x.b, dy.b, lanes->shift.b, lanes->scale.b, lanes->offset.b, &sums->sum.b, &sums->product.b);
}

/* Adds a pair of sums to the doubles of the first `count` of its lanes. Not inlined: unrolled it dwarfs the rest. */
static __attribute__((noinline)) void sums_fold(enum dtype dtype, const float *from, double *to, int64_t count)
{
    float lanes[PAIR_WIDTH];
    pair_to_natural(dtype, from, lanes);
    for (int64_t i = 0; i < count; i++)
        to[i] += (double)lanes[i];
}

/*
 * Adds `width` pairs of `run` rows, first element at `at`, to the float sums at `sum` and `product`.
 * The fetches matter: without them 51 MB take half as long again.
 */
VECTOR_INLINE void reduce_block(enum dtype dtype, enum reduce_kind kind, int width, const struct reduce_source *source,
                                int64_t at, int64_t lanes, int64_t run, int64_t lane, float *sum, float *product)
{
    struct reduce_sums sums[ROWS_BLOCK];
    struct reduce_lanes coefficients[ROWS_BLOCK];
    const void *from = source->x, *from_dy = source->dy;
    bool grad = kind == REDUCE_GRAD || kind == REDUCE_GRAD_RELU;
    int64_t size = dtype == DTYPE_FLOAT32 ? 4 : 2;
    int64_t ahead = (REDUCE_AHEAD / (grad ? 2 : 1) / size + lanes - 1) / lanes * lanes;
#pragma GCC unroll 2
    for (int v = 0; v < width; v++) {
        coefficients[v] = reduce_lanes_load(kind, source, lane + v * PAIR_WIDTH);
        sums[v].sum = pair_load_lanes(sum, v * PAIR_WIDTH);
        sums[v].product = pair_load_lanes(product, v * PAIR_WIDTH);
    }
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
#pragma GCC unroll 2
    for (int v = 0; v < width; v++) {
        pair_store(DTYPE_FLOAT32, sum, v * PAIR_WIDTH, sums[v].sum);
        pair_store(DTYPE_FLOAT32, product, v * PAIR_WIDTH, sums[v].product);
    }
}

/* At most ROWS_LONGEST rows [row, end) of at most REDUCE_PANEL lanes [first, last). */
VECTOR_INLINE void reduce_panel(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                                int64_t lanes, int64_t row, int64_t end, int64_t first, int64_t last, double *sum,
                                double *product)
{
    float sums[REDUCE_PANEL], products[REDUCE_PANEL];
    int64_t most = rows_run(lanes, REDUCE_RUN);
    memset(sums, 0, (size_t)(last - first) * sizeof *sums);
    memset(products, 0, (size_t)(last - first) * sizeof *products);
    for (; row < end; row += most) {
        int64_t run = end - row < most ? end - row : most, lane = first;
        for (; lane + ROWS_BLOCK * PAIR_WIDTH <= last; lane += ROWS_BLOCK * PAIR_WIDTH)
            reduce_block(dtype, kind, ROWS_BLOCK, source, row * lanes + lane, lanes, run, lane, sums + lane - first,
                         products + lane - first);
        for (; lane < last; lane += PAIR_WIDTH)
            reduce_block(dtype, kind, 1, source, row * lanes + lane, lanes, run, lane, sums + lane - first,
                         products + lane - first);
    }
    for (int64_t lane = first; lane < last; lane += PAIR_WIDTH) {
        sums_fold(dtype, sums + lane - first, sum + lane, PAIR_WIDTH);
        if (kind != REDUCE_SUM)
            sums_fold(dtype, products + lane - first, product + lane, PAIR_WIDTH);
    }
}

VECTOR_INLINE void reduce_full(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                               const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
    for (int64_t row = part->begin; row < part->end; row += ROWS_LONGEST) {
        int64_t end = row + ROWS_LONGEST < part->end ? row + ROWS_LONGEST : part->end;
        for (int64_t lane = first; lane < last; lane += REDUCE_PANEL)
            reduce_panel(dtype, kind, source, part->rows->lanes, row, end, lane,
                         lane + REDUCE_PANEL < last ? lane + REDUCE_PANEL : last, sum, product);
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
        float results[2][PAIR_WIDTH];
        reduce_pair(kind, x, dy, &coefficients, &sums);
        pair_store(DTYPE_FLOAT32, results[0], 0, sums.sum);
        pair_store(DTYPE_FLOAT32, results[1], 0, sums.product);
        sums_fold(dtype, results[0], sum + lane, count);
        if (kind != REDUCE_SUM)
            sums_fold(dtype, results[1], product + lane, count);
    }
}

VECTOR_INLINE void reduce_part(enum dtype dtype, enum reduce_kind kind, const struct reduce_source *source,
                               const struct rows_part *part, int64_t first, int64_t last, double *sum, double *product)
{
    reduce_full(dtype, kind, source, part, first, last, sum, product);
    if (part->with_rest)
        reduce_rest(dtype, kind, source, part->rows, first, last, sum, product);
}

#define REDUCE(dtype_constant, kind_constant)                                                                          \
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

struct apply_lanes {
    struct apply_half a, b;
};

VECTOR_INLINE struct apply_half apply_half_load(enum apply_kind kind, bool relu, const struct apply_args *args,
                                                int64_t lane)
{
    struct apply_half half = {{0}};
    if (kind != APPLY_GRAD || relu) {
        half.scale = lanes_load(args->scale, lane);
        half.offset = lanes_load(args->offset, lane);
    }
    if (kind == APPLY_GRAD) {
        half.dy_factor = lanes_load(args->dy_factor, lane);
        half.x_factor = lanes_load(args->x_factor, lane);
        half.constant = lanes_load(args->constant, lane);
    }
    return half;
}

VECTOR_INLINE struct apply_lanes apply_lanes_load(enum apply_kind kind, bool relu, const struct apply_args *args,
                                                  int64_t lane)
{
    return (struct apply_lanes){apply_half_load(kind, relu, args, lane),
                                apply_half_load(kind, relu, args, lane + LANES)};
}

VECTOR_INLINE struct vpair apply_pair(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_lanes *lanes,
                                      struct vpair x, struct vpair other)
{
    return (struct vpair){apply_half(dtype, kind, relu, &lanes->a, x.a, other.a),
                          apply_half(dtype, kind, relu, &lanes->b, x.b, other.b)};
}

/* `width` pairs of `run` rows, first element at `at`; what stands `behind` elements before it is fetched. */
VECTOR_INLINE void apply_block(enum dtype dtype, enum apply_kind kind, bool relu, int width,
                               const struct apply_args *args, int64_t at, int64_t lanes, int64_t run, int64_t lane,
                               int64_t behind)
{
    struct apply_lanes coefficients[ROWS_BLOCK];
    const void *from = args->x, *from_other = args->other;
    void *to = args->out;
    int64_t size = dtype == DTYPE_FLOAT32 ? 4 : 2;
#pragma GCC unroll 2
    for (int v = 0; v < width; v++)
        coefficients[v] = apply_lanes_load(kind, relu, args, lane + v * PAIR_WIDTH);
    for (int64_t r = 0; r < run; r++, at += lanes) {
#pragma GCC unroll 2
        for (int v = 0; v < width; v++) {
            int64_t i = at + v * PAIR_WIDTH;
            struct vpair x = pair_load(dtype, from, i);
            struct vpair other = kind == APPLY_FORWARD ? x : pair_load(dtype, from_other, i);
            __builtin_prefetch((const char *)from + (i - behind) * size, 0, 2);
            if (kind != APPLY_FORWARD)
                __builtin_prefetch((const char *)from_other + (i - behind) * size, 0, 2);
            pair_store_clean(dtype, to, i, apply_pair(dtype, kind, relu, &coefficients[v], x, other));
        }
    }
}

/* Runs of rows, the last run first. */
VECTOR_INLINE void apply_full(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                              const struct rows_part *part)
{
    int64_t lanes = part->rows->lanes, most = rows_run(lanes, APPLY_RUN), behind = most * lanes;
    for (int64_t end = part->end; end > part->begin; end -= most) {
        int64_t begin = end - most > part->begin ? end - most : part->begin, lane = 0;
        for (; lane + ROWS_BLOCK * PAIR_WIDTH <= lanes; lane += ROWS_BLOCK * PAIR_WIDTH)
            apply_block(dtype, kind, relu, ROWS_BLOCK, args, begin * lanes + lane, lanes, end - begin, lane, behind);
        for (; lane < lanes; lane += PAIR_WIDTH)
            apply_block(dtype, kind, relu, 1, args, begin * lanes + lane, lanes, end - begin, lane, behind);
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
        struct apply_lanes coefficients = apply_lanes_load(kind, relu, args, lane);
        pair_store_part(dtype, args->out, at + lane, count, apply_pair(dtype, kind, relu, &coefficients, x, other));
    }
}

VECTOR_INLINE void apply_part(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                              const struct rows_part *part)
{
    if (part->with_rest)
        apply_rest(dtype, kind, relu, args, part->rows);
    apply_full(dtype, kind, relu, args, part);
}

#define APPLY(dtype_constant, kind_constant, relu_constant)                                                            \
    apply_part(dtype_constant, kind_constant, relu_constant, args, part)

void VECTOR_NAME(rows_apply)(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_args *args,
                             const struct rows_part *part)
{
    NORM_FOR_KIND(dtype, kind, relu, APPLY);
}
