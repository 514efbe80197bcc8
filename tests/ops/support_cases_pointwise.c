/* Operators that look at one element at a time, and copies. */
#include "tests/ops/cases.h"

#define UNARY(op_, text, n, c, h, w, flags_)                                                                       \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .in = {{V4(n, c, h, w)}},                                                                                     \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .attrs.clamp = {0, 6},                                                                                        \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

#define THRESHOLD_BACKWARD(text, n, c, h, w, flags_, ...)                                                          \
    {.op = OP_THRESHOLD_BACKWARD,                                                                                  \
     .label = text,                                                                                                \
     .in = {{V4(n, c, h, w)}, {V4(n, c, h, w), .fill = FILL_RELU}, __VA_ARGS__},                                   \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .flags = flags_,                                                                                              \
     .follows = 1,                                                                                                 \
     .tolerance = TOLERANCE_ROUNDING}

#define HARDTANH_BACKWARD(text, n, c, h, w, flags_)                                                                \
    {.op = OP_HARDTANH_BACKWARD,                                                                                   \
     .label = text,                                                                                                \
     .attrs.clamp = {0, 6},                                                                                        \
     .in = {{V4(n, c, h, w)}, {V4(n, c, h, w), .fill = FILL_CLAMPED}},                                             \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

#define GELU_BACKWARD(text, n, c, h, w, flags_)                                                                    \
    {.op = OP_GELU_BACKWARD,                                                                                       \
     .label = text,                                                                                                \
     .in = {{V4(n, c, h, w)}, {V4(n, c, h, w)}},                                                                   \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

#define ADD(op_, text, n, c, h, w, alpha_, relu_, flags_)                                                          \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.add = {alpha_, relu_},                                                                                 \
     .in = {{V4(n, c, h, w)}, {V4(n, c, h, w)}},                                                                   \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

#define DROPOUT(text, shape, mask, p_)                                                                             \
    {.op = OP_DROPOUT,                                                                                             \
     .label = text,                                                                                                \
     .attrs.dropout = {p_, 0x5EED},                                                                                \
     .in = {{shape}, {I0, .fill = FILL_VALUE, .value = 3}},                                                        \
     .out = {{shape}, {mask}},                                                                                     \
     .tolerance = TOLERANCE_ROUNDING},                                                                             \
    {.op = OP_DROPOUT_BACKWARD,                                                                                    \
     .label = text,                                                                                                \
     .attrs.dropout = {p_, 0x5EED},                                                                                \
     .in = {{shape}, {mask, .fill = FILL_MASK}},                                                                   \
     .out = {{shape}},                                                                                             \
     .tolerance = TOLERANCE_ROUNDING}

/* `source` and `target` are tensors of equal sizes. */
#define COPY(op_, text, flags_, source, ...)                                                                       \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .in = {source},                                                                                               \
     .out = {__VA_ARGS__},                                                                                         \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}
#define ONE(...) {__VA_ARGS__}

/* One shape of every conversion and cast. */
#define COPY_SHAPE(text, n, c, h, w)                                                                               \
    COPY(OP_COPY, text, CASE_MIXED_OUTPUT | CASE_STRIDED, ONE(V4(n, c, h, w)), ONE(V4(n, c, h, w))),               \
    COPY(OP_COPY, text ", from float32", CASE_MIXED_OUTPUT, ONE(F4(n, c, h, w)), ONE(V4(n, c, h, w))),             \
    COPY(OP_COPY, text ", to float32", CASE_MIXED_OUTPUT, ONE(V4(n, c, h, w)), ONE(F4(n, c, h, w)))

#define HALF4(dtype_, n, c, h, w) {CASE_SIZES(4, n, c, h, w), .dtype = dtype_}

/* Infinities and NaN pass as in PyTorch: relu(NaN) is NaN, and a masked NaN is 0. */
#define NON_FINITE(op_, second, ...)                                                                               \
    {.op = op_,                                                                                                    \
     .label = "infinities and NaN",                                                                                \
     .in = {{V4(2, 17, 5, 7), .fill = FILL_NON_FINITE}, second},                                                   \
     .out = {{V4(2, 17, 5, 7)}},                                                                                   \
     .tolerance = TOLERANCE_ROUNDING,                                                                              \
     __VA_ARGS__}

static const struct op_case rows[] = {
    NON_FINITE(OP_RELU_, {0}, .flags = 0),
    NON_FINITE(OP_HARDTANH_, {0}, .attrs.clamp = {.high = 6}),
    NON_FINITE(OP_ADD_, ONE(V4(2, 17, 5, 7)), .attrs.add = {.alpha = 1}),
    NON_FINITE(OP_THRESHOLD_BACKWARD, ONE(V4(2, 17, 5, 7), .fill = FILL_RELU), .flags = 0),
    NON_FINITE(OP_COPY, {0}, .flags = CASE_MIXED_OUTPUT),
    UNARY(OP_RELU, "17 channels", 2, 17, 5, 7, 0),
    UNARY(OP_RELU, "64 channels", 1, 64, 4, 6, 0),
    UNARY(OP_RELU, "1x1 map", 3, 5, 1, 1, 0),
    UNARY(OP_RELU_, "3 channels", 2, 3, 9, 11, 0),
    UNARY(OP_RELU_, "64 channels", 2, 64, 4, 4, 0),
    UNARY(OP_HARDTANH_, "3 channels", 2, 3, 9, 11, 0),
    UNARY(OP_HARDTANH_, "17 channels", 1, 17, 5, 7, 0),
    UNARY(OP_RELU_, "large", 2, 64, 96, 90, CASE_LARGE),
    UNARY(OP_GELU, "17 channels", 2, 17, 5, 7, 0),
    UNARY(OP_GELU, "64 channels", 2, 64, 4, 3, 0),
    {.op = OP_POW, .label = "0.75", .attrs.scalar = {0.75}, .in = {{V4(2, 17, 5, 7), .fill = FILL_POSITIVE}},
     .out = {{V4(2, 17, 5, 7)}}, .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_POW, .label = "-0.25", .attrs.scalar = {-0.25}, .in = {{V4(2, 3, 5, 7), .fill = FILL_POSITIVE}},
     .out = {{V4(2, 3, 5, 7)}}, .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_POW, .label = "2, of numbers and zeros", .attrs.scalar = {2}, .in = {{V4(2, 64, 5, 4), .fill = FILL_RELU}},
     .out = {{V4(2, 64, 5, 4)}}, .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_POW, .label = "3, of normal numbers", .attrs.scalar = {3}, .in = {{V4(2, 20, 5, 4)}},
     .out = {{V4(2, 20, 5, 4)}}, .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_NEG, .label = "17 channels", .in = {{V4(2, 17, 5, 7)}}, .out = {{V4(2, 17, 5, 7)}},
     .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_ADD_SCALAR, .label = "2", .attrs.scalar = {2}, .in = {{V4(2, 17, 5, 7)}}, .out = {{V4(2, 17, 5, 7)}},
     .tolerance = TOLERANCE_ROUNDING},
    GELU_BACKWARD("17 channels", 2, 17, 5, 7, CASE_MIXED),
    GELU_BACKWARD("64 channels", 1, 64, 2, 3, CASE_MIXED),
    HARDTANH_BACKWARD("17 channels", 2, 17, 5, 7, 0),
    HARDTANH_BACKWARD("64 channels", 1, 64, 2, 3, 0),
    HARDTANH_BACKWARD("formats mixed", 2, 6, 5, 7, CASE_MIXED | CASE_MAY_REFUSE),
    THRESHOLD_BACKWARD("17 channels", 2, 17, 5, 7, CASE_MIXED, {0}),
    THRESHOLD_BACKWARD("64 channels", 2, 64, 3, 4, CASE_MIXED, {0}),
    THRESHOLD_BACKWARD("addend, 17 channels", 2, 17, 5, 7, CASE_MIXED, {V4(2, 17, 5, 7)}),
    THRESHOLD_BACKWARD("addend, 64 channels", 1, 64, 6, 3, CASE_MIXED, {V4(1, 64, 6, 3)}),
    THRESHOLD_BACKWARD("addend, 1x1 map", 2, 7, 1, 1, CASE_MIXED, {V4(2, 7, 1, 1)}),
    THRESHOLD_BACKWARD("addend, large", 2, 64, 96, 90, CASE_LARGE, {V4(2, 64, 96, 90)}),
    ADD(OP_ADD, "17 channels", 2, 17, 5, 7, 1, false, CASE_MIXED),
    ADD(OP_ADD, "64 channels, relu", 2, 64, 5, 4, 1, true, CASE_MIXED),
    ADD(OP_ADD, "alpha", 1, 3, 8, 9, -0.5, false, CASE_MIXED),
    ADD(OP_ADD_, "17 channels", 2, 17, 5, 7, 1, false, CASE_MIXED),
    ADD(OP_ADD_, "64 channels, relu", 1, 64, 7, 5, 1, true, CASE_MIXED),
    ADD(OP_ADD_, "alpha, 1x1 map", 3, 6, 1, 1, 2.5, true, CASE_MIXED),
    ADD(OP_ADD, "large, odd count", 1, 67, 131, 127, 1, true, CASE_LARGE),
    DROPOUT("2-D, p 0.2", V2(7, 33), U2(7, 33), 0.2),
    DROPOUT("4-D, p 0.5", V4(2, 17, 5, 4), U4(2, 17, 5, 4), 0.5),
    DROPOUT("p 0", V2(3, 5), U2(3, 5), 0),
    COPY_SHAPE("3 channels", 2, 3, 9, 11),
    COPY_SHAPE("17 channels", 2, 17, 6, 5),
    COPY_SHAPE("64 channels", 2, 64, 8, 4),
    COPY_SHAPE("1x1 map", 3, 20, 1, 1),
    COPY_SHAPE("one channel", 2, 1, 6, 7),
    COPY_SHAPE("one sample, 130 channels", 1, 130, 3, 5),
    COPY(OP_COPY, "bfloat16 to float16", CASE_MIXED_OUTPUT, HALF4(DTYPE_BFLOAT16, 2, 17, 6, 5),
         HALF4(DTYPE_FLOAT16, 2, 17, 6, 5)),
    COPY(OP_COPY, "float16 to bfloat16", CASE_MIXED_OUTPUT, HALF4(DTYPE_FLOAT16, 2, 17, 6, 5),
         HALF4(DTYPE_BFLOAT16, 2, 17, 6, 5)),
    COPY(OP_COPY, "large", CASE_MIXED_OUTPUT | CASE_LARGE, ONE(V4(2, 64, 96, 90)), ONE(V4(2, 64, 96, 90))),
    COPY(OP_COPY, "large, odd sizes", CASE_MIXED_OUTPUT | CASE_LARGE, ONE(V4(1, 67, 131, 127)),
         ONE(V4(1, 67, 131, 127))),
    COPY(OP_COPY, "large, from float32", CASE_MIXED_OUTPUT | CASE_LARGE, ONE(F4(2, 64, 96, 90)),
         ONE(V4(2, 64, 96, 90))),
    COPY(OP_COPY, "channel shuffle, 5-D view", 0, ONE(V5(2, 3, 8, 5, 4), .transposed = true), ONE(V5(2, 3, 8, 5, 4))),
    COPY(OP_COPY, "2-D transposed", 0, ONE(V2(19, 37), .transposed = true), ONE(V2(19, 37))),
    COPY(OP_COPY, "1-D, from float32", 0, ONE(F1(1001)), ONE(V1(1001))),
    COPY(OP_COPY, "1-D, to float32", 0, ONE(V1(1001)), ONE(F1(1001))),
    COPY(OP_COPY, "1-D, large, from float32", CASE_LARGE, ONE(F1(1100003)), ONE(V1(1100003))),
    COPY(OP_CLONE, "17 channels", CASE_MIXED_OUTPUT | CASE_STRIDED, ONE(V4(2, 17, 6, 5)), ONE(V4(2, 17, 6, 5))),
    COPY(OP_CLONE, "2-D", 0, ONE(V2(19, 37)), ONE(V2(19, 37))),
};

const struct case_list cases_pointwise = {rows, sizeof rows / sizeof *rows};
