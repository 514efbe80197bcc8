/* Operators that only move data: cat, zeros. */
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

static const struct op_case rows[] = {
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
