/* Transposed convolutions. Each shape is a forward and a backward row; W is the weight's dtype as in convolutions. */
#include "tests/ops/cases.h"

#define SHAPE(...) __VA_ARGS__
#define PAIR(a, b) {a, b}
#define ATTRS(stride_, padding_, dilation_, groups_, output_padding_)                                              \
    {.stride = stride_, .padding = padding_, .dilation = dilation_, .groups = groups_, .transposed = true,         \
     .output_padding = output_padding_}

/* Shapes are (N,C,H,W) of input, (C, O/groups, kH, kW) of weight, (N,O,H,W) of output. */
#define TRANSPOSED(text, W, input, weight, output, channels, attrs_)                                               \
    {.op = OP_CONVOLUTION,                                                                                         \
     .label = "transposed, " text,                                                                                 \
     .attrs.conv = attrs_,                                                                                         \
     .in = {{V4(input)}, {W(weight)}},                                                                             \
     .out = {{V4(output)}},                                                                                        \
     .tolerance = TOLERANCE_SUM},                                                                                  \
    {.op = OP_CONVOLUTION,                                                                                         \
     .label = "transposed, with bias, " text,                                                                      \
     .attrs.conv = attrs_,                                                                                         \
     .in = {{V4(input)}, {W(weight)}, {F1(channels)}},                                                             \
     .out = {{V4(output)}},                                                                                        \
     .tolerance = {2e-5, 8e-3, 1.2e-3}}, /* rounded twice */                                                       \
    {.op = OP_CONVOLUTION_BACKWARD,                                                                                \
     .label = "transposed, " text,                                                                                 \
     .attrs.conv = attrs_,                                                                                         \
     .in = {{V4(output)}, {V4(input)}, {W(weight)}},                                                               \
     .out = {{V4(input)}, {F4(weight)}, {F1(channels)}},                                                           \
     .tolerance = TOLERANCE_SUM}

/* V4 and F4 get their sizes as one argument. */
#undef V4
#undef F4
#define V4(...) CASE_SIZES(4, __VA_ARGS__), .varied = true
#define F4(...) CASE_SIZES(4, __VA_ARGS__), .dtype = DTYPE_FLOAT32

static const struct op_case rows[] = {
    TRANSPOSED("2x2 stride 2", F4, SHAPE(2, 16, 5, 4), SHAPE(16, 8, 2, 2), SHAPE(2, 8, 10, 8), 8,
               ATTRS(PAIR(2, 2), PAIR(0, 0), PAIR(1, 1), 1, PAIR(0, 0))),
    TRANSPOSED("3x3 stride 2, output padding", V4, SHAPE(2, 17, 5, 4), SHAPE(17, 6, 3, 3), SHAPE(2, 6, 10, 8), 6,
               ATTRS(PAIR(2, 2), PAIR(1, 1), PAIR(1, 1), 1, PAIR(1, 1))),
    TRANSPOSED("3x3 stride 1", F4, SHAPE(1, 6, 5, 7), SHAPE(6, 20, 3, 3), SHAPE(1, 20, 5, 7), 20,
               ATTRS(PAIR(1, 1), PAIR(1, 1), PAIR(1, 1), 1, PAIR(0, 0))),
    TRANSPOSED("groups", F4, SHAPE(2, 12, 4, 3), SHAPE(12, 2, 3, 3), SHAPE(2, 8, 7, 5), 8,
               ATTRS(PAIR(2, 2), PAIR(1, 1), PAIR(1, 1), 4, PAIR(0, 0))),
    TRANSPOSED("depthwise", F4, SHAPE(2, 8, 4, 3), SHAPE(8, 1, 3, 3), SHAPE(2, 8, 7, 5), 8,
               ATTRS(PAIR(2, 2), PAIR(1, 1), PAIR(1, 1), 8, PAIR(0, 0))),
    TRANSPOSED("dilation, unlike sides", F4, SHAPE(1, 5, 4, 6), SHAPE(5, 7, 3, 2), SHAPE(1, 7, 10, 7), 7,
               ATTRS(PAIR(2, 1), PAIR(1, 0), PAIR(2, 1), 1, PAIR(1, 0))),
};

const struct case_list cases_transposed = {rows, sizeof rows / sizeof *rows};
