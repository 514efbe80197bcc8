/* Sums over dimensions, softmax, stack. */
#include "tests/ops/cases.h"

#define ONE(...) {__VA_ARGS__}

/* `mask`: a bit for each dimension that is summed over. */
#define SUM(text, flags_, mask, keep_, source, ...)                                                                \
    {.op = OP_SUM,                                                                                                 \
     .label = text,                                                                                                \
     .attrs.reduce = {mask, keep_},                                                                                \
     .in = {source},                                                                                               \
     .out = {__VA_ARGS__},                                                                                         \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_SUM}

#define V3(a, b, c) CASE_SIZES(3, a, b, c), .varied = true

#define SOFTMAX(text, dim_, ...)                                                                                   \
    {.op = OP_SOFTMAX,                                                                                             \
     .label = text,                                                                                                \
     .attrs.dim = {dim_},                                                                                          \
     .in = {{__VA_ARGS__}},                                                                                        \
     .out = {{__VA_ARGS__}},                                                                                       \
     .tolerance = TOLERANCE_SUM},                                                                                  \
    {.op = OP_SOFTMAX_BACKWARD,                                                                                    \
     .label = text,                                                                                                \
     .attrs.dim = {dim_},                                                                                          \
     .in = {{__VA_ARGS__}, {__VA_ARGS__, .fill = FILL_POSITIVE}},                                                  \
     .out = {{__VA_ARGS__}},                                                                                       \
     .tolerance = TOLERANCE_SUM}

#define STACK(text, dim_, flags_, result, ...)                                                                     \
    {.op = OP_STACK,                                                                                               \
     .label = text,                                                                                                \
     .attrs.dim = {dim_},                                                                                          \
     .in = {__VA_ARGS__},                                                                                          \
     .out = {result},                                                                                              \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_ROUNDING}

static const struct op_case rows[] = {
    SUM("rows of a matrix, wider output", 0, 1, false, ONE(V2(16, 33)), ONE(F1(33))),
    SUM("rows of a matrix", 0, 1, true, ONE(V2(7, 10)), ONE(V2(1, 10))),
    SUM("columns of a matrix", 0, 2, false, ONE(V2(9, 130)), ONE(V1(9))),
    SUM("rows of a transposed matrix", 0, 1, false, ONE(V2(19, 37), .transposed = true), ONE(V1(37))),
    SUM("everything", 0, 0xf, false, ONE(V4(2, 17, 5, 7)), ONE(.present = true, .varied = true)),
    SUM("height and width", CASE_MIXED_OUTPUT, 0xc, true, ONE(V4(2, 17, 5, 7)), ONE(V4(2, 17, 1, 1))),
    SUM("height and width, 64 channels", 0, 0xc, false, ONE(V4(2, 64, 9, 8)), ONE(V2(2, 64))),
    SUM("channels", CASE_MIXED_OUTPUT, 2, true, ONE(V4(2, 33, 5, 4)), ONE(V4(2, 1, 5, 4))),
    SUM("all but channels", 0, 0xd, true, ONE(V4(3, 17, 5, 7)), ONE(F4(1, 17, 1, 1))),
    SUM("images", CASE_MIXED_OUTPUT, 1, true, ONE(V4(5, 70, 5, 7)), ONE(V4(1, 70, 5, 7))),
    SUM("width", CASE_MIXED_OUTPUT, 8, true, ONE(V4(2, 17, 5, 40)), ONE(V4(2, 17, 5, 1))),
    SUM("paths of selective kernels", CASE_MIXED_OUTPUT, 2, false, ONE(V5(2, 3, 40, 5, 9), .transposed = true),
        ONE(V4(2, 40, 5, 9))),
    SUM("paths of selective kernels, contiguous", 0, 2, false, ONE(V5(2, 3, 300, 6, 7)), ONE(V4(2, 300, 6, 7))),
    SUM("height and width, 5-D", 0, 0x18, true, ONE(V5(2, 3, 8, 5, 4), .transposed = true), ONE(V5(2, 3, 8, 1, 1))),
    SUM("large", CASE_LARGE, 0xc, true, ONE(V4(2, 64, 96, 90)), ONE(V4(2, 64, 1, 1))),
    SUM("large, all but channels", CASE_LARGE, 0xd, false, ONE(V4(2, 64, 96, 90)), ONE(F1(64))),
    SOFTMAX("rows", 1, V2(9, 33)),
    SOFTMAX("columns", 0, V2(9, 130)),
    SOFTMAX("one row", 1, V2(1, 1000)),
    SOFTMAX("the middle of three", 1, V3(3, 19, 70)),
    SOFTMAX("the last of three", 2, V3(3, 5, 49)),
    SOFTMAX("paths of selective kernels", 1, V5(2, 2, 40, 1, 1)),
    STACK("two images", 1, 0, ONE(V5(2, 2, 17, 5, 4)), ONE(V4(2, 17, 5, 4)), ONE(V4(2, 17, 5, 4))),
    STACK("three images into paths beside channels", 1, CASE_MIXED, ONE(V5(2, 3, 16, 5, 4)), ONE(V4(2, 16, 5, 4)),
          ONE(V4(2, 16, 5, 4)), ONE(V4(2, 16, 5, 4))),
    STACK("matrices, in front", 0, 0, ONE(V3(2, 9, 33)), ONE(V2(9, 33)), ONE(V2(9, 33))),
};

const struct case_list cases_reduce = {rows, sizeof rows / sizeof *rows};
