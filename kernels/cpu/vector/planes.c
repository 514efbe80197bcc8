/*
 * Loops over planes. Sums run in float32 vectors for a few thousand elements, across planes when these are small, and
 * are then added to doubles. A plane's end that fills no pair is read as its last whole pair once more, with the lanes
 * that were already counted masked.
 */
#include "kernels/cpu/vector/planes.h"

#define PLANES_LONGEST (256 * LANES) /* elements summed in float32: at most 64 in a lane of the four sums */
#define PLANES_AHEAD 4096            /* bytes fetched ahead */

struct plane_sums {
    struct vpair sum[2], product[2];
};

VECTOR_INLINE void plane_add(enum reduce_kind kind, const struct planes_source *source, struct vpair x, struct vpair dy,
                             struct vpair *sum, struct vpair *product)
{
    lfloat shift = lanes_set(source->shift), scale = lanes_set(source->scale), offset = lanes_set(source->offset);
    reduce_half(kind, x.a, dy.a, shift, scale, offset, &sum->a, &product->a);
    reduce_half(kind, x.b, dy.b, shift, scale, offset, &sum->b, &product->b);
}

/* x where the element's number within the pair is in [begin, end), else `other`. */
VECTOR_INLINE struct vpair pair_mask(enum dtype dtype, struct vpair x, float other, int64_t begin, int64_t end)
{
    lint number;
    for (int i = 0; i < LANES; i++)
        number[i] = i;
    bool split = dtype == DTYPE_BFLOAT16;
    lint a = split ? number * 2 : number, b = split ? number * 2 + 1 : number + LANES;
    return (struct vpair){lanes_select((a >= (int32_t)begin) & (a < (int32_t)end), x.a, lanes_set(other)),
                          lanes_select((b >= (int32_t)begin) & (b < (int32_t)end), x.b, lanes_set(other))};
}

/* The last `left` (1..PAIR_WIDTH - 1) of `count` elements at `at`. */
VECTOR_INLINE void plane_end(enum dtype dtype, enum reduce_kind kind, const struct planes_source *source, int64_t at,
                             int64_t count, int64_t left, struct plane_sums *sums)
{
    bool grad = kind == REDUCE_GRAD || kind == REDUCE_GRAD_RELU, whole = count >= PAIR_WIDTH;
    int64_t from = at + count - (whole ? PAIR_WIDTH : left);
    int64_t begin = whole ? PAIR_WIDTH - left : 0, end = whole ? PAIR_WIDTH : left;
    struct vpair x = whole ? pair_load(dtype, source->x, from) : pair_load_part(dtype, source->x, from, left);
    struct vpair dy = x;
    if (grad) {
        dy = whole ? pair_load(dtype, source->dy, from) : pair_load_part(dtype, source->dy, from, left);
        dy = pair_mask(dtype, dy, 0, begin, end);
    }
    plane_add(kind, source, pair_mask(dtype, x, source->shift, begin, end), dy, &sums->sum[1], &sums->product[1]);
}

VECTOR_INLINE void plane_reduce(enum dtype dtype, enum reduce_kind kind, const struct planes_source *source, int64_t at,
                                int64_t count, struct plane_sums *sums)
{
    bool grad = kind == REDUCE_GRAD || kind == REDUCE_GRAD_RELU;
    int64_t size = dtype == DTYPE_FLOAT32 ? 4 : 2, i = 0;
    for (; i + 2 * PAIR_WIDTH <= count; i += 2 * PAIR_WIDTH) {
#pragma GCC unroll 2
        for (int v = 0; v < 2; v++) {
            struct vpair x = pair_load(dtype, source->x, at + i + v * PAIR_WIDTH);
            struct vpair dy = grad ? pair_load(dtype, source->dy, at + i + v * PAIR_WIDTH) : x;
            __builtin_prefetch((const char *)source->x + (at + i + v * PAIR_WIDTH) * size + PLANES_AHEAD);
            if (grad)
                __builtin_prefetch((const char *)source->dy + (at + i + v * PAIR_WIDTH) * size + PLANES_AHEAD);
            plane_add(kind, source, x, dy, &sums->sum[v], &sums->product[v]);
        }
    }
    if (i + PAIR_WIDTH <= count) {
        struct vpair x = pair_load(dtype, source->x, at + i);
        plane_add(kind, source, x, grad ? pair_load(dtype, source->dy, at + i) : x, &sums->sum[0], &sums->product[0]);
        i += PAIR_WIDTH;
    }
    if (i < count)
        plane_end(dtype, kind, source, at, count, count - i, sums);
}

typedef double ldouble __attribute__((vector_size(8 * LANES)));

VECTOR_INLINE ldouble lanes_to_double(lfloat x)
{
    return __builtin_convertvector(x, ldouble);
}

/* Doubles that take the float sums from time to time; lane by lane, because a sum across lanes costs more. */
struct plane_totals {
    ldouble sum, product;
};

VECTOR_INLINE void plane_fold(struct plane_sums *sums, bool with_product, struct plane_totals *totals)
{
    for (int v = 0; v < 2; v++) {
        totals->sum += lanes_to_double(sums->sum[v].a) + lanes_to_double(sums->sum[v].b);
        if (with_product)
            totals->product += lanes_to_double(sums->product[v].a) + lanes_to_double(sums->product[v].b);
    }
    *sums = (struct plane_sums){{{{0}}}};
}

VECTOR_INLINE void planes_reduce_body(enum dtype dtype, enum reduce_kind kind, const struct planes_source *source,
                                      const struct planes *planes, double *sum, double *product)
{
    struct plane_sums sums = {{{{0}}}};
    struct plane_totals totals = {{0}};
    bool with_product = kind != REDUCE_SUM;
    int64_t pending = 0;
    for (int64_t p = 0; p < planes->planes; p++) {
        for (int64_t i = 0; i < planes->count; i += PLANES_LONGEST) {
            int64_t part = planes->count - i < PLANES_LONGEST ? planes->count - i : PLANES_LONGEST;
            if (pending + part > PLANES_LONGEST) {
                plane_fold(&sums, with_product, &totals);
                pending = 0;
            }
            plane_reduce(dtype, kind, source, planes->at + p * planes->stride + i, part, &sums);
            pending += part;
        }
    }
    plane_fold(&sums, with_product, &totals);
    for (int i = 0; i < LANES; i++)
        *sum += totals.sum[i];
    for (int i = 0; i < LANES && with_product; i++)
        *product += totals.product[i];
}

#define REDUCE(dtype_constant, kind_constant)                                                                          \
    planes_reduce_body(dtype_constant, kind_constant, source, planes, sum, product)

void VECTOR_NAME(planes_reduce)(enum dtype dtype, enum reduce_kind kind, const struct planes_source *source,
                                const struct planes *planes, double *sum, double *product)
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

VECTOR_INLINE struct vpair plane_pair(enum dtype dtype, enum apply_kind kind, bool relu, const struct apply_half *half,
                                      struct vpair x, struct vpair other)
{
    return (struct vpair){apply_half(dtype, kind, relu, half, x.a, other.a), apply_half(dtype, kind, relu, half, x.b, other.b)};
}

/* One plane. The end is read before anything is written, because the result may replace an operand. */
VECTOR_INLINE void plane_apply(enum dtype dtype, enum apply_kind kind, bool relu, const void *from,
                               const void *from_other, void *to, const struct apply_half *half, int64_t at,
                               int64_t count)
{
    bool two = kind != APPLY_FORWARD, whole = count >= PAIR_WIDTH;
    int64_t size = dtype == DTYPE_FLOAT32 ? 4 : 2, left = count % PAIR_WIDTH, i = at, last = at + count - PAIR_WIDTH;
    struct vpair end = {{0}}, end_other = {{0}};
    if (left && whole) {
        end = pair_load(dtype, from, last);
        end_other = two ? pair_load(dtype, from_other, last) : end;
    } else if (left) {
        end = pair_load_part(dtype, from, at, left);
        end_other = two ? pair_load_part(dtype, from_other, at, left) : end;
    }
    for (; i <= last; i += PAIR_WIDTH) {
        struct vpair x = pair_load(dtype, from, i), other = two ? pair_load(dtype, from_other, i) : x;
        __builtin_prefetch((const char *)from + i * size + PLANES_AHEAD);
        if (two)
            __builtin_prefetch((const char *)from_other + i * size + PLANES_AHEAD);
        pair_store_clean(dtype, to, i, plane_pair(dtype, kind, relu, half, x, other));
    }
    if (left && whole)
        pair_store_clean(dtype, to, last, plane_pair(dtype, kind, relu, half, end, end_other));
    else if (left)
        pair_store_part(dtype, to, at, left, plane_pair(dtype, kind, relu, half, end, end_other));
}

VECTOR_INLINE void planes_apply_body(enum dtype dtype, enum apply_kind kind, bool relu,
                                     const struct planes_result *result, const struct planes *planes)
{
    struct apply_half half = {lanes_set(float_plain_nan(result->scale)), lanes_set(float_plain_nan(result->offset)),
                              lanes_set(float_plain_nan(result->dy_factor)),
                              lanes_set(float_plain_nan(result->x_factor)),
                              lanes_set(float_plain_nan(result->constant))};
    for (int64_t p = planes->planes - 1; p >= 0; p--)
        plane_apply(dtype, kind, relu, result->x, result->other, result->out, &half, planes->at + p * planes->stride,
                    planes->count);
}

#define APPLY(dtype_constant, kind_constant, relu_constant)                                                            \
    planes_apply_body(dtype_constant, kind_constant, relu_constant, result, planes)

void VECTOR_NAME(planes_apply)(enum dtype dtype, enum apply_kind kind, bool relu, const struct planes_result *result,
                               const struct planes *planes)
{
    NORM_FOR_KIND(dtype, kind, relu, APPLY);
}
