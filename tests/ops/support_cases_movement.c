/* Operators that only move data: cat, zeros, shuffles, constant pads, gradients of slices. */
#include "tests/ops/cases.h"

#define CAT(text, dim_, flags_, output, ...)                                                                       \
    {.op = OP_CAT,                                                                                                 \
     .label = text,                                                                                                \
     .attrs.cat = {dim_},                                                                                          \
     .in = {__VA_ARGS__},                                                                                          \
     .out = {output},                                                                                              \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}
#define ONE(...) {__VA_ARGS__}

#define SHUFFLE(op_, text, factor_, input, output)                                                                 \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.shuffle = {factor_},                                                                                   \
     .in = {input},                                                                                                \
     .out = {output},                                                                                              \
     .flags = CASE_MIXED_OUTPUT | CASE_STRIDED,                                                                    \
     .tolerance = TOLERANCE_ROUNDING}

/* Gradient of x[..., start_:start_ + length_, ...] or x.select(dim_, start_). */
#define UNSLICE(op_, text, dim_, start_, length_, grad, whole)                                                     \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.view = {.dim = dim_, .start = start_, .length = length_},                                              \
     .in = {grad},                                                                                                 \
     .out = {whole},                                                                                               \
     .flags = CASE_MIXED_OUTPUT,                                                                                   \
     .tolerance = TOLERANCE_ROUNDING}

#define PAD(text, before_, after_, value_, input, output)                                                          \
    {.op = OP_CONSTANT_PAD_ND,                                                                                     \
     .label = text,                                                                                                \
     .attrs.pad = {.before = before_, .after = after_, .value = value_},                                           \
     .in = {input},                                                                                                \
     .out = {output},                                                                                              \
     .flags = CASE_MIXED_OUTPUT,                                                                                   \
     .tolerance = TOLERANCE_ROUNDING}

static const struct op_case rows[] = {
    SHUFFLE(OP_PIXEL_SHUFFLE, "factor 2", 2, ONE(V4(2, 20, 3, 5)), ONE(V4(2, 5, 6, 10))),
    SHUFFLE(OP_PIXEL_SHUFFLE, "factor 3, one channel", 3, ONE(V4(2, 9, 3, 2)), ONE(V4(2, 1, 9, 6))),
    SHUFFLE(OP_PIXEL_SHUFFLE, "factor 2, 64 channels", 2, ONE(V4(1, 256, 3, 4)), ONE(V4(1, 64, 6, 8))),
    SHUFFLE(OP_PIXEL_UNSHUFFLE, "factor 2", 2, ONE(V4(2, 5, 6, 10)), ONE(V4(2, 20, 3, 5))),
    SHUFFLE(OP_PIXEL_UNSHUFFLE, "factor 2, 64 channels", 2, ONE(V4(1, 64, 6, 8)), ONE(V4(1, 256, 3, 4))),
    SHUFFLE(OP_PIXEL_UNSHUFFLE, "factor 4", 4, ONE(V4(1, 3, 8, 4)), ONE(V4(1, 48, 2, 1))),
    SHUFFLE(OP_CHANNEL_SHUFFLE, "2 groups", 2, ONE(V4(2, 10, 3, 5)), ONE(V4(2, 10, 3, 5))),
    SHUFFLE(OP_CHANNEL_SHUFFLE, "4 groups of 4", 4, ONE(V4(2, 16, 3, 5)), ONE(V4(2, 16, 3, 5))),
    UNSLICE(OP_SLICE_BACKWARD, "channels", 1, 2, 3, ONE(V4(2, 3, 4, 5)), ONE(V4(2, 8, 4, 5))),
    UNSLICE(OP_SLICE_BACKWARD, "width", 3, 1, 2, ONE(V4(2, 3, 4, 2)), ONE(V4(2, 3, 4, 5))),
    UNSLICE(OP_SELECT_BACKWARD, "of samples", 0, 1, 0, ONE(CASE_SIZES(3, 6, 4, 5), .varied = true), ONE(V4(3, 6, 4, 5))),
    UNSLICE(OP_SELECT_BACKWARD, "of channels", 1, 4, 0, ONE(CASE_SIZES(3, 2, 4, 5), .varied = true), ONE(V4(2, 6, 4, 5))),
    UNSLICE(OP_SELECT_BACKWARD, "of columns", 1, 2, 0, ONE(V1(7)), ONE(V2(7, 4))),
    PAD("zeros", ONE(0, 0, 3, 1), ONE(0, 0, 0, 2), 0, ONE(V4(2, 6, 4, 5)), ONE(V4(2, 6, 7, 8))),
    PAD("a value, channels too", ONE(0, 1, 0, 1), ONE(0, 2, 1, 0), 1.5, ONE(V4(2, 6, 4, 5)), ONE(V4(2, 9, 5, 6))),
    PAD("a crop", ONE(0, 0, -1, 0), ONE(0, 0, 0, -2), 0, ONE(V4(2, 6, 4, 5)), ONE(V4(2, 6, 3, 3))),
    PAD("crop on one side, pad on the other", ONE(0, 0, -1, 2), ONE(0, 0, 3, -2), -2, ONE(V4(2, 6, 4, 5)),
        ONE(V4(2, 6, 6, 5))),
    PAD("2-D", ONE(1, 0), ONE(0, 3), 0.5, ONE(V2(4, 5)), ONE(V2(5, 8))),
    CAT("channels, 17 + 5", 1, CASE_MIXED | CASE_STRIDED, ONE(V4(2, 22, 5, 7)), ONE(V4(2, 17, 5, 7)),
        ONE(V4(2, 5, 5, 7))),
    CAT("channels, 64 + 32 + 32", 1, CASE_MIXED | CASE_STRIDED, ONE(V4(2, 128, 6, 5)), ONE(V4(2, 64, 6, 5)),
        ONE(V4(2, 32, 6, 5)), ONE(V4(2, 32, 6, 5))),
    CAT("one tensor", 1, CASE_STRIDED, ONE(V4(2, 6, 3, 4)), ONE(V4(2, 6, 3, 4))),
    CAT("one sample", 1, CASE_MIXED, ONE(V4(1, 40, 3, 4)), ONE(V4(1, 8, 3, 4)), ONE(V4(1, 32, 3, 4))),
    CAT("samples", 0, CASE_MIXED, ONE(V4(5, 6, 3, 4)), ONE(V4(2, 6, 3, 4)), ONE(V4(3, 6, 3, 4))),
    CAT("height", 2, CASE_MIXED, ONE(V4(2, 6, 8, 4)), ONE(V4(2, 6, 3, 4)), ONE(V4(2, 6, 5, 4))),
    CAT("width", 3, CASE_MIXED, ONE(V4(2, 6, 3, 9)), ONE(V4(2, 6, 3, 4)), ONE(V4(2, 6, 3, 5))),
    CAT("1x1 map", 1, CASE_MIXED, ONE(V4(3, 9, 1, 1)), ONE(V4(3, 4, 1, 1)), ONE(V4(3, 5, 1, 1))),
    CAT("one channel each", 1, CASE_MIXED, ONE(V4(2, 2, 5, 6)), ONE(V4(2, 1, 5, 6)), ONE(V4(2, 1, 5, 6))),
    CAT("2-D", 1, 0, ONE(V2(7, 12)), ONE(V2(7, 5)), ONE(V2(7, 7))),
    CAT("5-D", 2, 0, ONE(V5(2, 3, 8, 5, 4)), ONE(V5(2, 3, 3, 5, 4)), ONE(V5(2, 3, 5, 5, 4))),
    CAT("float32 and the dtype", 1, CASE_MIXED, ONE(F4(2, 22, 5, 7)), ONE(F4(2, 17, 5, 7)), ONE(V4(2, 5, 5, 7))),
    CAT("large, whole lines", 1, CASE_LARGE, ONE(V4(2, 160, 64, 66)), ONE(V4(2, 96, 64, 66)), ONE(V4(2, 64, 64, 66))),
    CAT("large, odd", 1, CASE_LARGE, ONE(V4(2, 67, 96, 90)), ONE(V4(2, 64, 96, 90)), ONE(V4(2, 3, 96, 90))),
    {.op = OP_ZEROS,
     .label = "4-D",
     .attrs.view = {.dims = 4, .size = {2, 5, 3, 4}},
     .out = {{F4(2, 5, 3, 4)}},
     .tolerance = TOLERANCE_ROUNDING},
};

const struct case_list cases_movement = {rows, sizeof rows / sizeof *rows};
