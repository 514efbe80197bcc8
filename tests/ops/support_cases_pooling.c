/* Max pooling and the mean over H and W. Each shape is a forward and a backward row. */
#include "tests/ops/cases.h"

#define SHAPE(...) __VA_ARGS__
#define PAIR(a, b) {a, b}

/* Shapes are (N,C,H,W) of input and output. */
#define MAX_POOL(text, input, output, kernel_, stride_, padding_, dilation_, ceil_)                                \
    {.op = OP_MAX_POOL2D,                                                                                          \
     .label = text,                                                                                                \
     .attrs.pool = {kernel_, stride_, padding_, dilation_, ceil_},                                                 \
     .in = {{V4(input)}},                                                                                          \
     .out = {{V4(output)}, {U4(output)}},                                                                          \
     .tolerance = TOLERANCE_ROUNDING},                                                                             \
    {.op = OP_MAX_POOL2D_BACKWARD,                                                                                 \
     .label = text,                                                                                                \
     .attrs.pool = {kernel_, stride_, padding_, dilation_, ceil_},                                                 \
     .in = {{V4(output)}, {V4(input)}, {U4(output), .fill = FILL_SAVED}},                                          \
     .out = {{V4(input)}},                                                                                         \
     .tolerance = TOLERANCE_ROUNDING}

#define MEAN(text, n, c, h, w)                                                                                     \
    {.op = OP_MEAN, .label = text, .in = {{V4(SHAPE(n, c, h, w))}}, .out = {{V4(SHAPE(n, c, 1, 1))}},              \
     .tolerance = TOLERANCE_SUM}

/* V4 and U4 get their sizes as one argument. */
#undef V4
#undef U4
#define V4(...) CASE_SIZES(4, __VA_ARGS__), .varied = true
#define U4(...) CASE_SIZES(4, __VA_ARGS__), .dtype = DTYPE_UINT8

static const struct op_case rows[] = {
    MAX_POOL("3x3 stride 2", SHAPE(2, 64, 9, 8), SHAPE(2, 64, 5, 4), PAIR(3, 3), PAIR(2, 2), PAIR(1, 1), PAIR(1, 1),
             false),
    MAX_POOL("3x3 stride 2, 17 channels", SHAPE(1, 17, 10, 7), SHAPE(1, 17, 5, 4), PAIR(3, 3), PAIR(2, 2), PAIR(1, 1),
             PAIR(1, 1), false),
    MAX_POOL("2x2 stride 2, 3 channels", SHAPE(2, 3, 8, 10), SHAPE(2, 3, 4, 5), PAIR(2, 2), PAIR(2, 2), PAIR(0, 0),
             PAIR(1, 1), false),
    MAX_POOL("ceil_mode", SHAPE(2, 5, 8, 6), SHAPE(2, 5, 4, 3), PAIR(3, 3), PAIR(2, 2), PAIR(0, 0), PAIR(1, 1), true),
    MAX_POOL("ceil_mode with padding", SHAPE(1, 6, 10, 9), SHAPE(1, 6, 6, 5), PAIR(3, 3), PAIR(2, 2), PAIR(1, 1),
             PAIR(1, 1), true),
    MAX_POOL("5x5 stride 1", SHAPE(1, 16, 6, 7), SHAPE(1, 16, 6, 7), PAIR(5, 5), PAIR(1, 1), PAIR(2, 2), PAIR(1, 1),
             false),
    MAX_POOL("3x2 window, unlike sides", SHAPE(2, 8, 9, 8), SHAPE(2, 8, 5, 7), PAIR(3, 2), PAIR(2, 1), PAIR(1, 0),
             PAIR(1, 1), false),
    MAX_POOL("dilation 2", SHAPE(1, 9, 9, 8), SHAPE(1, 9, 5, 4), PAIR(3, 3), PAIR(1, 1), PAIR(0, 0), PAIR(2, 2), false),
    MAX_POOL("1x1 map", SHAPE(2, 5, 1, 1), SHAPE(2, 5, 1, 1), PAIR(3, 3), PAIR(2, 2), PAIR(1, 1), PAIR(1, 1), false),
    MAX_POOL("3x3 stride 2, rows of several vectors", SHAPE(1, 3, 12, 75), SHAPE(1, 3, 6, 38), PAIR(3, 3), PAIR(2, 2), PAIR(1, 1),
             PAIR(1, 1), false),
    MAX_POOL("2x2 stride 2, rows of several vectors", SHAPE(1, 2, 6, 96), SHAPE(1, 2, 3, 48), PAIR(2, 2), PAIR(2, 2), PAIR(0, 0),
             PAIR(1, 1), false),
    MAX_POOL("3x3 stride 1, rows of several vectors", SHAPE(1, 2, 5, 41), SHAPE(1, 2, 5, 41), PAIR(3, 3), PAIR(1, 1), PAIR(1, 1),
             PAIR(1, 1), false),
    MAX_POOL("2x2 stride 3: gaps", SHAPE(1, 2, 11, 40), SHAPE(1, 2, 4, 13), PAIR(2, 2), PAIR(3, 3), PAIR(0, 0), PAIR(1, 1), false),
    MAX_POOL("3x3 stride 3, dilation 2", SHAPE(1, 2, 12, 50), SHAPE(1, 2, 4, 16), PAIR(3, 3), PAIR(3, 3), PAIR(1, 1), PAIR(2, 2), false),
    {.op = OP_MAX_POOL2D,
     .label = "infinities and NaN, rows of several vectors",
     .attrs.pool = {{3, 3}, {2, 2}, {1, 1}, {1, 1}, false},
     .in = {{V4(1, 3, 9, 70), .fill = FILL_NON_FINITE}},
     .out = {{V4(1, 3, 5, 35)}, {U4(1, 3, 5, 35)}},
     .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_MAX_POOL2D,
     .label = "infinities and NaN",
     .attrs.pool = {{3, 3}, {2, 2}, {1, 1}, {1, 1}, false},
     .in = {{V4(2, 17, 9, 8), .fill = FILL_NON_FINITE}},
     .out = {{V4(2, 17, 5, 4)}, {U4(2, 17, 5, 4)}},
     .tolerance = TOLERANCE_ROUNDING},
    MEAN("7x7", 2, 64, 7, 7),
    MEAN("17 channels", 3, 17, 5, 4),
    MEAN("3 channels, one sample", 1, 3, 11, 9),
    {.op = OP_MEAN,
     .label = "dimensions dropped",
     .attrs.reduce = {.dims = 1 << 2 | 1 << 3},
     .in = {{V4(2, 17, 5, 4)}},
     .out = {{V2(2, 17)}},
     .tolerance = TOLERANCE_SUM},
    MEAN("1x1 map", 2, 10, 1, 1),
};

const struct case_list cases_pooling = {rows, sizeof rows / sizeof *rows};
