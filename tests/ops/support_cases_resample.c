/* Upsampling and edge pads. Each shape is a forward and a backward row. */
#include "tests/ops/cases.h"

#define SHAPE(...) __VA_ARGS__
#define ONE(...) {__VA_ARGS__}

#define UPSAMPLE(OP, text, size_, scale_, align_, input, output)                                                  \
    {.op = OP,                                                                                                     \
     .label = text,                                                                                                \
     .attrs.upsample = {.size = size_, .scale = scale_, .align_corners = align_},                                  \
     .in = {{V4(input)}},                                                                                          \
     .out = {{V4(output)}},                                                                                        \
     .flags = CASE_MIXED_OUTPUT | CASE_STRIDED,                                                                    \
     .tolerance = TOLERANCE_SUM},                                                                                  \
    {.op = OP##_BACKWARD,                                                                                          \
     .label = text,                                                                                                \
     .attrs.upsample = {.size = size_, .scale = scale_, .align_corners = align_},                                  \
     .in = {{V4(output)}},                                                                                         \
     .out = {{V4(input)}},                                                                                         \
     .flags = CASE_MIXED_OUTPUT,                                                                                   \
     .tolerance = TOLERANCE_SUM}

#define PAD(OP, text, before_, after_, input, output)                                                             \
    {.op = OP,                                                                                                     \
     .label = text,                                                                                                \
     .attrs.pad = {.before = before_, .after = after_},                                                            \
     .in = {{V4(input)}},                                                                                          \
     .out = {{V4(output)}},                                                                                        \
     .flags = CASE_MIXED_OUTPUT | CASE_STRIDED,                                                                    \
     .tolerance = TOLERANCE_ROUNDING},                                                                             \
    {.op = OP##_BACKWARD,                                                                                          \
     .label = text,                                                                                                \
     .attrs.pad = {.before = before_, .after = after_},                                                            \
     .in = {{V4(output)}, {V4(input)}},                                                                            \
     .out = {{V4(input)}},                                                                                         \
     .flags = CASE_MIXED_OUTPUT,                                                                                   \
     .tolerance = TOLERANCE_SUM}

/* V4 gets its sizes as one argument. */
#undef V4
#define V4(...) CASE_SIZES(4, __VA_ARGS__), .varied = true

static const struct op_case rows[] = {
    UPSAMPLE(OP_UPSAMPLE_NEAREST2D, "by 2", ONE(8, 10), ONE(2, 2), false, SHAPE(2, 17, 4, 5), SHAPE(2, 17, 8, 10)),
    UPSAMPLE(OP_UPSAMPLE_NEAREST2D, "to a size", ONE(7, 3), ONE(0, 0), false, SHAPE(2, 6, 4, 5), SHAPE(2, 6, 7, 3)),
    UPSAMPLE(OP_UPSAMPLE_BILINEAR2D, "by 2", ONE(8, 10), ONE(2, 2), false, SHAPE(2, 17, 4, 5), SHAPE(2, 17, 8, 10)),
    UPSAMPLE(OP_UPSAMPLE_BILINEAR2D, "to a size, corners aligned", ONE(9, 7), ONE(0, 0), true, SHAPE(2, 32, 4, 5),
             SHAPE(2, 32, 9, 7)),
    UPSAMPLE(OP_UPSAMPLE_BILINEAR2D, "smaller", ONE(3, 2), ONE(0, 0), false, SHAPE(1, 3, 7, 5), SHAPE(1, 3, 3, 2)),
    UPSAMPLE(OP_UPSAMPLE_BILINEAR2D, "by 1.7", ONE(6, 8), ONE(1.7, 1.7), false, SHAPE(1, 20, 4, 5), SHAPE(1, 20, 6, 8)),
    UPSAMPLE(OP_UPSAMPLE_BICUBIC2D, "by 2", ONE(8, 10), ONE(2, 2), false, SHAPE(2, 17, 4, 5), SHAPE(2, 17, 8, 10)),
    UPSAMPLE(OP_UPSAMPLE_BICUBIC2D, "corners aligned, from 1x1", ONE(3, 4), ONE(0, 0), true, SHAPE(2, 16, 1, 1),
             SHAPE(2, 16, 3, 4)),
    UPSAMPLE(OP_UPSAMPLE_BICUBIC2D, "smaller", ONE(3, 4), ONE(0, 0), false, SHAPE(1, 1, 7, 9), SHAPE(1, 1, 3, 4)),
    PAD(OP_REFLECTION_PAD2D, "by 1", ONE(0, 0, 1, 1), ONE(0, 0, 1, 1), SHAPE(2, 17, 5, 4), SHAPE(2, 17, 7, 6)),
    PAD(OP_REFLECTION_PAD2D, "as far as it goes", ONE(0, 0, 3, 0), ONE(0, 0, 2, 4), SHAPE(1, 3, 4, 5),
        SHAPE(1, 3, 9, 9)),
    PAD(OP_REPLICATION_PAD2D, "unlike sides", ONE(0, 0, 3, 1), ONE(0, 0, 0, 2), SHAPE(2, 17, 2, 4), SHAPE(2, 17, 5, 7)),
    PAD(OP_REPLICATION_PAD2D, "farther than the map", ONE(0, 0, 4, 3), ONE(0, 0, 5, 0), SHAPE(1, 32, 2, 1),
        SHAPE(1, 32, 11, 4)),
};

const struct case_list cases_resample = {rows, sizeof rows / sizeof *rows};
