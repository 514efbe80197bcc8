/*
 * The cases that judge every back end: operator, attributes, tensors, tolerances. One row each, in support_cases_*.c.
 *
 * To add a case: one row in the list of the operator's family. An operator of ops.def without a row fails test_check.
 */
#ifndef TESTS_OPS_CASES_H
#define TESTS_OPS_CASES_H

#include "kernels/op.h"

/* What a tensor holds before the call. */
enum case_fill {
    FILL_NORMAL,          /* standard normal */
    FILL_OFFSET,          /* 100 + standard normal: a variance from sums of squares in float32 goes wrong */
    FILL_POSITIVE,        /* uniform in [0.5, 1.5): variances, exp_avg_sq */
    FILL_RELU,            /* max(0, normal): the result of a relu */
    FILL_CLAMPED,         /* 4 * normal between the row's clamp bounds: the result of a hardtanh */
    FILL_VALUE,           /* `value` everywhere */
    FILL_CLASS,           /* whole numbers below `value`: targets */
    FILL_MASK,            /* 0 or 1 */
    FILL_LOG_PROBABILITY, /* rows of a (N,M) tensor that are log_softmax of normals */
    FILL_SAVED,           /* what the forward operator saves for the row's other inputs (statistics, indices) */
    FILL_NON_FINITE       /* normal, with some infinities and NaNs */
};

struct case_tensor {
    bool present;
    int dims;
    int64_t size[TENSOR_MAX_DIMS];
    bool varied;       /* takes the dtype under test; else `dtype` */
    enum dtype dtype;
    enum case_fill fill; /* inputs */
    double value;
    bool transposed;   /* the strides of two dimensions are exchanged: 0 and 1 of 2-D, 1 and 2 of 3-D and 5-D tensors */
    bool updated;      /* inputs: the operator changes it in place, and the result is checked */
    int shares;        /* outputs: 1 + position of the input whose memory it is; 0 = own memory */
};

/* The tensor's dtype and sizes: V varied, F float32, I int64, U uint8, by rank. */
#define CASE_SIZES(count, ...) .present = true, .dims = (count), .size = {__VA_ARGS__}
#define V5(a, b, c, d, e) CASE_SIZES(5, a, b, c, d, e), .varied = true
#define V4(n, c, h, w) CASE_SIZES(4, n, c, h, w), .varied = true
#define V2(rows, columns) CASE_SIZES(2, rows, columns), .varied = true
#define V1(count) CASE_SIZES(1, count), .varied = true
#define F4(n, c, h, w) CASE_SIZES(4, n, c, h, w), .dtype = DTYPE_FLOAT32
#define F2(rows, columns) CASE_SIZES(2, rows, columns), .dtype = DTYPE_FLOAT32
#define F1(count) CASE_SIZES(1, count), .dtype = DTYPE_FLOAT32
#define F0 .present = true, .dtype = DTYPE_FLOAT32
#define I1(count) CASE_SIZES(1, count), .dtype = DTYPE_INT64
#define I0 .present = true, .dtype = DTYPE_INT64
#define U4(n, c, h, w) CASE_SIZES(4, n, c, h, w), .dtype = DTYPE_UINT8
#define U2(rows, columns) CASE_SIZES(2, rows, columns), .dtype = DTYPE_UINT8

enum case_flag {
    CASE_MIXED = 1,        /* inputs 0 and 1 in all four combinations of formats; the outputs follow input `follows` */
    CASE_MIXED_OUTPUT = 2, /* input 0 and output 0 in all four combinations */
    CASE_STRIDED = 4,      /* also: input 0 a slice of a larger tensor; and output 0 too */
    CASE_MAY_REFUSE = 8,   /* a back end may answer UNSUPPORTED where inputs differ in format */
    CASE_MIXED_WEIGHT = 32, /* convolutions, also: weight and its gradient in the other format than the rest */
    CASE_LARGE = 16        /* beyond the caches, where back ends may store otherwise; ref itself is not judged on it */
};

struct op_case {
    enum op_id op;
    const char *label;
    union op_attrs attrs;
    struct case_tensor in[OP_MAX_IN], out[OP_MAX_OUT];
    double tolerance[3]; /* largest error / largest value, by the output's dtype: float32, bfloat16, float16 */
    unsigned flags;
    int follows;         /* CASE_MIXED: the input whose format the outputs have */
};

/* One rounding of an exact result; sums of at most a few hundred products or values. */
#define TOLERANCE_ROUNDING {2e-6, 4e-3, 5e-4}
#define TOLERANCE_SUM {2e-5, 5e-3, 7e-4}
/* Sums of tens of thousands: a mean near 0 of values near 1 keeps fewer digits in float32. */
#define TOLERANCE_LONG_SUM {1e-4, 5e-3, 7e-4}

struct case_list {
    const struct op_case *row;
    int count;
};
extern const struct case_list cases_convolution, cases_norm, cases_pointwise, cases_pooling, cases_matrix,
    cases_optimizer, cases_average, cases_broadcast, cases_reduce;
extern const struct case_list cases_movement, cases_resample, cases_transposed;

/* Every row of every list. */
int case_count(void);
const struct op_case *case_at(int index);

#endif
