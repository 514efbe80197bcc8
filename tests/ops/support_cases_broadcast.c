/* Operators of broadcast operands, activations that are no clamp, Bernoulli numbers. */
#include "tests/ops/cases.h"

#define ONE(...) {__VA_ARGS__}

/* a and b: two operands of any ranks. */
#define BINARY(op_, text, flags_, a, b, ...)                                                                       \
    {.op = op_, .label = text, .in = {a, b}, .out = {__VA_ARGS__}, .flags = flags_, .tolerance = TOLERANCE_ROUNDING}

/* The operand must stay away from 0. */
#define DIVISOR(...) {__VA_ARGS__, .fill = FILL_POSITIVE}

#define ADD(op_, text, flags_, a, b, ...)                                                                          \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.add = {.alpha = 1},                                                                                    \
     .in = {a, b},                                                                                                 \
     .out = {__VA_ARGS__},                                                                                         \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

#define SCALAR(op_, text, number, ...)                                                                             \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.scalar = {number},                                                                                     \
     .in = {{__VA_ARGS__}},                                                                                        \
     .out = {{__VA_ARGS__}},                                                                                       \
     .tolerance = TOLERANCE_ROUNDING}

/* Operands from -12 to 12 or so: both tails of an activation. */
#define WIDE(n, c, h, w) {V4(n, c, h, w), .fill = FILL_CLAMPED}
#define UNARY(op_, text, flags_, n, c, h, w)                                                                       \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.clamp = {-100, 100},                                                                                   \
     .in = {WIDE(n, c, h, w)},                                                                                     \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

#define BACKWARD(op_, text, flags_, n, c, h, w, saved)                                                             \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.clamp = {-100, 100},                                                                                   \
     .in = {{V4(n, c, h, w)}, saved},                                                                              \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

#define ACTIVATION(forward, forward_, backward)                                                                    \
    UNARY(forward, "17 channels", 0, 2, 17, 5, 7), UNARY(forward_, "64 channels", 0, 2, 64, 4, 5),                 \
        UNARY(forward, "1x1 map", 0, 3, 9, 1, 1), UNARY(forward, "large", CASE_LARGE, 2, 64, 96, 90),              \
        BACKWARD(backward, "17 channels", CASE_MIXED, 2, 17, 5, 7, WIDE(2, 17, 5, 7)),                             \
        BACKWARD(backward, "64 channels", CASE_MIXED, 1, 64, 6, 4, WIDE(1, 64, 6, 4))

#define BERNOULLI(text, rows_, like, ...)                                                                          \
    {.op = OP_BERNOULLI_,                                                                                          \
     .label = text,                                                                                                \
     .attrs.dropout = {0.3, 0x5EED, rows_},                                                                        \
     .in = {like, {I0, .fill = FILL_VALUE, .value = 3}},                                                           \
     .out = {__VA_ARGS__},                                                                                         \
     .tolerance = TOLERANCE_ROUNDING}

static const struct op_case rows[] = {
    {.op = OP_NEG, .label = "matrix", .in = {{V2(7, 13)}}, .out = {{V2(7, 13)}}, .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_NEG, .label = "scalar", .in = {{F0}}, .out = {{F0}}, .tolerance = TOLERANCE_ROUNDING},
    BINARY(OP_MUL, "one shape", CASE_MIXED, ONE(V4(2, 17, 5, 7)), ONE(V4(2, 17, 5, 7)), ONE(V4(2, 17, 5, 7))),
    BINARY(OP_MUL, "by a number for each channel of each image", 0, ONE(V4(2, 17, 5, 7)), ONE(V4(2, 17, 1, 1)),
           ONE(V4(2, 17, 5, 7))),
    BINARY(OP_MUL, "64 channels, number first", 0, ONE(V4(2, 64, 1, 1)), ONE(V4(2, 64, 6, 5)), ONE(V4(2, 64, 6, 5))),
    BINARY(OP_MUL, "large, by a number for each channel of each image", CASE_LARGE, ONE(V4(2, 96, 64, 66)),
           ONE(V4(2, 96, 1, 1)), ONE(V4(2, 96, 64, 66))),
    BINARY(OP_MUL, "by a number for each image", 0, ONE(V4(3, 17, 5, 7)), ONE(V4(3, 1, 1, 1)), ONE(V4(3, 17, 5, 7))),
    BINARY(OP_MUL, "large, by a number for each image", CASE_LARGE, ONE(V4(3, 64, 64, 66)), ONE(V4(3, 1, 1, 1)),
           ONE(V4(3, 64, 64, 66))),
    BINARY(OP_MUL, "by a number for each channel", 0, ONE(V4(2, 33, 5, 4)),
           ONE(CASE_SIZES(3, 33, 1, 1), .varied = true), ONE(V4(2, 33, 5, 4))),
    BINARY(OP_MUL, "by one map for all channels", CASE_MIXED, ONE(V4(2, 33, 5, 4)), ONE(V4(2, 1, 5, 4)),
           ONE(V4(2, 33, 5, 4))),
    BINARY(OP_MUL, "both repeated", 0, ONE(V4(2, 1, 5, 1)), ONE(V4(1, 9, 1, 4)), ONE(V4(2, 9, 5, 4))),
    BINARY(OP_MUL, "selective kernels: 5-D, by (N,paths,C,1,1)", 0, ONE(V5(2, 3, 8, 5, 4), .transposed = true),
           ONE(V5(2, 3, 8, 1, 1)), ONE(V5(2, 3, 8, 5, 4))),
    BINARY(OP_MUL, "float32 numbers promote", 0, ONE(V4(2, 17, 5, 7)), ONE(F4(1, 17, 1, 1)), ONE(F4(2, 17, 5, 7))),
    BINARY(OP_MUL, "scalars", 0, ONE(.present = true, .varied = true), ONE(F0), ONE(F0)),
    BINARY(OP_MUL, "matrix by a column", 0, ONE(V2(9, 33)), ONE(V2(9, 1)), ONE(V2(9, 33))),
    BINARY(OP_MUL_, "one shape", CASE_MIXED, ONE(V4(2, 17, 5, 7)), ONE(V4(2, 17, 5, 7)), ONE(V4(2, 17, 5, 7))),
    BINARY(OP_MUL_, "2-D", 0, ONE(V2(7, 33)), ONE(V2(7, 33)), ONE(V2(7, 33))),
    BINARY(OP_MUL_, "by a number for each channel of each image", 0, ONE(V4(2, 17, 5, 7)), ONE(V4(2, 17, 1, 1)),
           ONE(V4(2, 17, 5, 7))),
    SCALAR(OP_MUL, "by 0.3", 0.3, V4(2, 17, 5, 7)),
    SCALAR(OP_MUL_, "by -2", -2, V2(5, 33)),
    BINARY(OP_DIV, "one shape", CASE_MIXED, ONE(V4(2, 17, 5, 7)), DIVISOR(V4(2, 17, 5, 7)), ONE(V4(2, 17, 5, 7))),
    BINARY(OP_DIV, "a number for each image repeated", 0, ONE(V4(2, 5, 1, 1)), DIVISOR(V4(2, 5, 3, 4)),
           ONE(V4(2, 5, 3, 4))),
    SCALAR(OP_DIV, "by 49", 49, V4(2, 17, 7, 7)),
    SCALAR(OP_DIV_, "by 0.8", 0.8, V4(3, 1, 1, 1)),
    ADD(OP_ADD, "a number for each channel", 0, ONE(V4(2, 33, 5, 4)), ONE(CASE_SIZES(3, 33, 1, 1), .varied = true),
        ONE(V4(2, 33, 5, 4))),
    ADD(OP_ADD, "number first", 0, ONE(V4(1, 17, 1, 1)), ONE(V4(2, 17, 5, 4)), ONE(V4(2, 17, 5, 4))),
    ADD(OP_ADD_, "bias of a matrix", 0, ONE(V2(7, 33)), ONE(V1(33)), ONE(V2(7, 33))),
    ADD(OP_ADD, "float32 promotes", 0, ONE(V4(2, 17, 5, 7)), ONE(F4(2, 17, 5, 7)), ONE(F4(2, 17, 5, 7))),
    UNARY(OP_SIGMOID, "17 channels", 0, 2, 17, 5, 7),
    UNARY(OP_SIGMOID, "64 channels", 0, 2, 64, 1, 1),
    BACKWARD(OP_SIGMOID_BACKWARD, "17 channels", CASE_MIXED, 2, 17, 5, 7, DIVISOR(V4(2, 17, 5, 7))),
    BACKWARD(OP_SIGMOID_BACKWARD, "1x1 map", 0, 2, 64, 1, 1, DIVISOR(V4(2, 64, 1, 1))),
    ACTIVATION(OP_SILU, OP_SILU_, OP_SILU_BACKWARD),
    ACTIVATION(OP_HARDSWISH, OP_HARDSWISH_, OP_HARDSWISH_BACKWARD),
    UNARY(OP_HARDSIGMOID, "17 channels", 0, 2, 17, 5, 7),
    BACKWARD(OP_HARDSIGMOID_BACKWARD, "17 channels", CASE_MIXED, 2, 17, 5, 7, WIDE(2, 17, 5, 7)),
    BERNOULLI("2-D", false, ONE(V2(7, 33)), ONE(V2(7, 33))),
    BERNOULLI("4-D", false, ONE(V4(2, 17, 5, 4)), ONE(V4(2, 17, 5, 4))),
    BERNOULLI("for each image", true, ONE(V4(20, 3, 2, 2)), ONE(V4(20, 1, 1, 1))),
};

const struct case_list cases_broadcast = {rows, sizeof rows / sizeof *rows};
