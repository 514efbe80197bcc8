/*
 * Convolutions. Each shape is a forward and a backward row. W is the weight's dtype (V4 as the input's, F4 a float32
 * master weight that the operator itself converts), G the dtype of the weight's gradient.
 */
#include "tests/ops/cases.h"

#define SHAPE(...) __VA_ARGS__
#define PAIR(a, b) {a, b}

/* Shapes are (N,C,H,W) of input, (O, C/groups, kH, kW) of weight, (N,O,H,W) of output. */
#define CONV(text, W, G, input, weight, output, channels, stride_, padding_, dilation_, groups_, flags_)           \
    {.op = OP_CONVOLUTION,                                                                                         \
     .label = text,                                                                                                \
     .attrs.conv = {stride_, padding_, dilation_, groups_},                                                        \
     .in = {{V4(input)}, {W(weight)}},                                                                             \
     .out = {{V4(output)}},                                                                                        \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_SUM},                                                                                  \
    {.op = OP_CONVOLUTION_BACKWARD,                                                                                \
     .label = text,                                                                                                \
     .attrs.conv = {stride_, padding_, dilation_, groups_},                                                        \
     .in = {{V4(output)}, {V4(input)}, {W(weight)}},                                                               \
     .out = {{V4(input)}, {G(weight)}, {F1(channels)}},                                                            \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_SUM}

/*
 * A bias halfway between two numbers of a dtype, on products of a quarter of their distance: what is rounded twice, as autocast
 * does, goes down, what is rounded once goes up, which is out of tolerance.
 */
#define HALFWAY_BIAS(text, input_value, bias_value)                                                                \
    {.op = OP_CONVOLUTION,                                                                                         \
     .label = text,                                                                                                \
     .attrs.conv = {{1, 1}, {0, 0}, {1, 1}, 1},                                                                    \
     .in = {{V4(2, 8, 5, 3), .fill = FILL_VALUE, .value = input_value},                                            \
            {F4(8, 8, 1, 1), .fill = FILL_VALUE, .value = 1.0 / 64},                                               \
            {F1(8), .fill = FILL_VALUE, .value = bias_value}},                                                     \
     .out = {{V4(2, 8, 5, 3)}},                                                                                    \
     .tolerance = {1e-7, 2.5e-3, 4e-4}}

/* V4 and F4 get their sizes as one argument. */
#undef V4
#undef F4
#define V4(...) CASE_SIZES(4, __VA_ARGS__), .varied = true
#define F4(...) CASE_SIZES(4, __VA_ARGS__), .dtype = DTYPE_FLOAT32

#define MAP3(...) CASE_SIZES(3, __VA_ARGS__), .varied = true

static const struct op_case rows[] = {
    CONV("3x3", V4, F4, SHAPE(2, 16, 9, 7), SHAPE(32, 16, 3, 3), SHAPE(2, 32, 9, 7), 32, PAIR(1, 1), PAIR(1, 1),
         PAIR(1, 1), 1, 0),
    CONV("3x3, master weight", F4, F4, SHAPE(2, 16, 9, 7), SHAPE(32, 16, 3, 3), SHAPE(2, 32, 9, 7), 32, PAIR(1, 1),
         PAIR(1, 1), PAIR(1, 1), 1, 0),
    CONV("3x3, gradient in the weight's dtype", V4, V4, SHAPE(1, 17, 6, 5), SHAPE(17, 17, 3, 3), SHAPE(1, 17, 6, 5), 17,
         PAIR(1, 1), PAIR(1, 1), PAIR(1, 1), 1, 0),
    CONV("7x7 stride 2 from 3 channels", F4, F4, SHAPE(2, 3, 15, 18), SHAPE(17, 3, 7, 7), SHAPE(2, 17, 8, 9), 17,
         PAIR(2, 2), PAIR(3, 3), PAIR(1, 1), 1, 0),
    CONV("1x1", F4, F4, SHAPE(3, 64, 5, 4), SHAPE(24, 64, 1, 1), SHAPE(3, 24, 5, 4), 24, PAIR(1, 1), PAIR(0, 0),
         PAIR(1, 1), 1, 0),
    CONV("1x1 stride 2", F4, F4, SHAPE(1, 17, 7, 9), SHAPE(32, 17, 1, 1), SHAPE(1, 32, 4, 5), 32, PAIR(2, 2),
         PAIR(0, 0), PAIR(1, 1), 1, 0),
    CONV("1x1 map", F4, F4, SHAPE(2, 64, 1, 1), SHAPE(16, 64, 1, 1), SHAPE(2, 16, 1, 1), 16, PAIR(1, 1), PAIR(0, 0),
         PAIR(1, 1), 1, 0),
    CONV("3x3 on a 1x1 map", F4, F4, SHAPE(2, 5, 1, 1), SHAPE(6, 5, 3, 3), SHAPE(2, 6, 1, 1), 6, PAIR(1, 1),
         PAIR(1, 1), PAIR(1, 1), 1, 0),
    CONV("one input channel", F4, F4, SHAPE(2, 1, 8, 6), SHAPE(8, 1, 5, 5), SHAPE(2, 8, 4, 2), 8, PAIR(1, 1),
         PAIR(0, 0), PAIR(1, 1), 1, 0),
    CONV("one output channel", F4, F4, SHAPE(2, 6, 5, 7), SHAPE(1, 6, 3, 3), SHAPE(2, 1, 5, 7), 1, PAIR(1, 1),
         PAIR(1, 1), PAIR(1, 1), 1, 0),
    CONV("depthwise 3x3", F4, F4, SHAPE(2, 32, 9, 8), SHAPE(32, 1, 3, 3), SHAPE(2, 32, 9, 8), 32, PAIR(1, 1),
         PAIR(1, 1), PAIR(1, 1), 32, 0),
    CONV("depthwise 3x3 stride 2, 17 channels", F4, F4, SHAPE(2, 17, 9, 8), SHAPE(17, 1, 3, 3), SHAPE(2, 17, 5, 4), 17,
         PAIR(2, 2), PAIR(1, 1), PAIR(1, 1), 17, 0),
    CONV("depthwise with multiplier 2", V4, F4, SHAPE(1, 8, 6, 5), SHAPE(16, 1, 3, 3), SHAPE(1, 16, 6, 5), 16,
         PAIR(1, 1), PAIR(1, 1), PAIR(1, 1), 8, 0),
    CONV("groups", F4, F4, SHAPE(2, 12, 7, 6), SHAPE(20, 3, 3, 3), SHAPE(2, 20, 7, 6), 20, PAIR(1, 1), PAIR(1, 1),
         PAIR(1, 1), 4, 0),
    CONV("groups stride 2, 32 a group", V4, F4, SHAPE(1, 64, 6, 6), SHAPE(64, 32, 3, 3), SHAPE(1, 64, 3, 3), 64,
         PAIR(2, 2), PAIR(1, 1), PAIR(1, 1), 2, 0),
    CONV("dilation 2", F4, F4, SHAPE(2, 6, 9, 11), SHAPE(7, 6, 3, 3), SHAPE(2, 7, 9, 11), 7, PAIR(1, 1), PAIR(2, 2),
         PAIR(2, 2), 1, 0),
    CONV("3x1 window, unlike sides", F4, F4, SHAPE(2, 5, 10, 7), SHAPE(9, 5, 3, 1), SHAPE(2, 9, 5, 9), 9, PAIR(2, 1),
         PAIR(1, 1), PAIR(1, 1), 1, 0),
    CONV("window leaves rows over", F4, F4, SHAPE(1, 4, 8, 8), SHAPE(4, 4, 3, 3), SHAPE(1, 4, 2, 2), 4, PAIR(3, 3),
         PAIR(0, 0), PAIR(1, 1), 1, 0),
    /* Channels that kernels of 16 bytes like, can be padded to and can't (kernels/cuda/conv_channels.h). */
    CONV("7x7 stride 2, 3 channels to 64", F4, F4, SHAPE(2, 3, 13, 11), SHAPE(64, 3, 7, 7), SHAPE(2, 64, 7, 6), 64,
         PAIR(2, 2), PAIR(3, 3), PAIR(1, 1), 1, CASE_MIXED_WEIGHT),
    CONV("3x3 stride 2, 3 channels to 32, one dtype", V4, V4, SHAPE(1, 3, 9, 7), SHAPE(32, 3, 3, 3), SHAPE(1, 32, 5, 4), 32,
         PAIR(2, 2), PAIR(1, 1), PAIR(1, 1), 1, 0),
    CONV("3x3, 12 channels to 16", F4, F4, SHAPE(3, 12, 7, 5), SHAPE(16, 12, 3, 3), SHAPE(3, 16, 7, 5), 16,
         PAIR(1, 1), PAIR(1, 1), PAIR(1, 1), 1, CASE_MIXED_WEIGHT),
    CONV("1x1, 15 channels to 24, one dtype", V4, V4, SHAPE(1, 15, 3, 3), SHAPE(24, 15, 1, 1), SHAPE(1, 24, 3, 3), 24, PAIR(1, 1),
         PAIR(0, 0), PAIR(1, 1), 1, 0),
    CONV("3x3, 5 channels to 8", F4, F4, SHAPE(2, 5, 7, 5), SHAPE(8, 5, 3, 3), SHAPE(2, 8, 7, 5), 8, PAIR(1, 1), PAIR(1, 1),
         PAIR(1, 1), 1, 0),
    CONV("3x3, 8 channels to 16", F4, F4, SHAPE(2, 8, 7, 5), SHAPE(16, 8, 3, 3), SHAPE(2, 16, 7, 5), 16, PAIR(1, 1), PAIR(1, 1),
         PAIR(1, 1), 1, 0),
    HALFWAY_BIAS("bias halfway between two float16", 1.0 / 512, 1 + 1.0 / 2048),
    HALFWAY_BIAS("bias halfway between two bfloat16", 1.0 / 64, 1 + 1.0 / 256),
    {.op = OP_CONVOLUTION,
     .label = "3x3 with bias, master weight",
     .attrs.conv = {{1, 1}, {1, 1}, {1, 1}, 1},
     .in = {{V4(2, 5, 6, 7)}, {F4(9, 5, 3, 3)}, {F1(9)}},
     .out = {{V4(2, 9, 6, 7)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_CONVOLUTION,
     .label = "1x1 with bias in the input's dtype",
     .attrs.conv = {{1, 1}, {0, 0}, {1, 1}, 1},
     .in = {{V4(2, 5, 6, 7)}, {V4(9, 5, 1, 1)}, {V1(9)}},
     .out = {{V4(2, 9, 6, 7)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_CONVOLUTION_BACKWARD,
     .label = "first layer: no grad_input",
     .attrs.conv = {{2, 2}, {1, 1}, {1, 1}, 1},
     .in = {{V4(2, 8, 5, 4)}, {V4(2, 3, 9, 8)}, {F4(8, 3, 3, 3)}},
     .out = {[1] = {F4(8, 3, 3, 3)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_CONVOLUTION_BACKWARD,
     .label = "frozen weight: grad_input only",
     .attrs.conv = {{2, 2}, {1, 1}, {1, 1}, 1},
     .in = {{V4(2, 8, 5, 4)}, {V4(2, 3, 9, 8)}, {F4(8, 3, 3, 3)}},
     .out = {[0] = {V4(2, 3, 9, 8)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_CONVOLUTION,
     .label = "1-D, 1 tap",
     .attrs.conv = {{1}, {0}, {1}, 1},
     .in = {{MAP3(2, 16, 35)}, {CASE_SIZES(3, 24, 16, 1), .dtype = DTYPE_FLOAT32}},
     .out = {{MAP3(2, 24, 35)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_CONVOLUTION,
     .label = "1-D, 3 taps, stride 2, 2 groups, bias",
     .attrs.conv = {{2}, {1}, {1}, 2},
     .in = {{MAP3(2, 8, 21)}, {MAP3(6, 4, 3)}, {F1(6)}},
     .out = {{MAP3(2, 6, 11)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_CONVOLUTION_BACKWARD,
     .label = "1-D, 3 taps, stride 2, 2 groups, bias",
     .attrs.conv = {{2}, {1}, {1}, 2},
     .in = {{MAP3(2, 6, 11)}, {MAP3(2, 8, 21)}, {MAP3(6, 4, 3)}},
     .out = {{MAP3(2, 8, 21)}, {CASE_SIZES(3, 6, 4, 3), .dtype = DTYPE_FLOAT32}, {F1(6)}},
     .tolerance = TOLERANCE_SUM},
    /* O x I >= 2^17: the weight gradient may be a matrix product (kernels/cpu/conv_product.c). */
    {.op = OP_CONVOLUTION_BACKWARD,
     .label = "wide 1x1",
     .attrs.conv = {{1, 1}, {0, 0}, {1, 1}, 1},
     .in = {{V4(2, 256, 3, 2)}, {V4(2, 512, 3, 2)}, {F4(256, 512, 1, 1)}},
     .out = {{V4(2, 512, 3, 2)}, {F4(256, 512, 1, 1)}},
     .tolerance = TOLERANCE_SUM},
};

const struct case_list cases_convolution = {rows, sizeof rows / sizeof *rows};
