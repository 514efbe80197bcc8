/* Average pooling over windows and adaptive, and adaptive max pooling. Each shape is a forward and a backward row. */
#include "tests/ops/cases.h"

#define SHAPE(...) __VA_ARGS__
#define MAP4(...) CASE_SIZES(4, __VA_ARGS__), .varied = true
#define MAP5(...) CASE_SIZES(5, __VA_ARGS__), .varied = true

/* Shapes are those of input and output; the last argument fills struct average_attrs. */
#define AVERAGE(op_, text, map, input, output, flags_, ...)                                                        \
    {.op = op_,                                                                                                    \
     .label = text,                                                                                                \
     .attrs.average = {__VA_ARGS__},                                                                               \
     .in = {{map(input)}},                                                                                         \
     .out = {{map(output)}},                                                                                       \
     .tolerance = TOLERANCE_SUM},                                                                                  \
    {.op = op_##_BACKWARD,                                                                                         \
     .label = text,                                                                                                \
     .attrs.average = {__VA_ARGS__},                                                                               \
     .in = {{map(output)}, {map(input)}},                                                                          \
     .out = {{map(input)}},                                                                                        \
     .flags = flags_,                                                                                              \
     .follows = 1,                                                                                                 \
     .tolerance = TOLERANCE_SUM}

#define INDEX4(...) CASE_SIZES(4, __VA_ARGS__), .dtype = DTYPE_INT64
#define ADAPTIVE_MAX(text, input, output_, ...)                                                                    \
    {.op = OP_ADAPTIVE_MAX_POOL2D,                                                                                 \
     .label = text,                                                                                                \
     .attrs.average = {__VA_ARGS__},                                                                               \
     .in = {{MAP4(input)}},                                                                                        \
     .out = {{MAP4(output_)}, {INDEX4(output_)}},                                                                  \
     .tolerance = TOLERANCE_ROUNDING},                                                                             \
    {.op = OP_ADAPTIVE_MAX_POOL2D_BACKWARD,                                                                        \
     .label = text,                                                                                                \
     .attrs.average = {__VA_ARGS__},                                                                               \
     .in = {{MAP4(output_)}, {MAP4(input)}, {INDEX4(output_), .fill = FILL_SAVED}},                                \
     .out = {{MAP4(input)}},                                                                                       \
     .tolerance = TOLERANCE_ROUNDING}

static const struct op_case rows[] = {
    ADAPTIVE_MAX("3x6 of 10x13, windows overlap", SHAPE(2, 17, 10, 13), SHAPE(2, 17, 3, 6), .output = {3, 6}),
    ADAPTIVE_MAX("one pixel", SHAPE(2, 5, 7, 4), SHAPE(2, 5, 1, 1), .output = {1, 1}),
    AVERAGE(OP_AVG_POOL2D, "2x2 stride 2", MAP4, SHAPE(2, 64, 8, 6), SHAPE(2, 64, 4, 3), 0, .kernel = {1, 2, 2},
            .stride = {1, 2, 2}),
    AVERAGE(OP_AVG_POOL2D, "3x3 stride 2, padding counts, 17 channels", MAP4, SHAPE(2, 17, 9, 8), SHAPE(2, 17, 5, 4),
            CASE_MIXED, .kernel = {1, 3, 3}, .stride = {1, 2, 2}, .padding = {0, 1, 1}),
    AVERAGE(OP_AVG_POOL2D, "3x3 stride 1, padding excluded", MAP4, SHAPE(1, 20, 7, 5), SHAPE(1, 20, 7, 5), 0,
            .kernel = {1, 3, 3}, .stride = {1, 1, 1}, .padding = {0, 1, 1}, .exclude_padding = true),
    AVERAGE(OP_AVG_POOL2D, "ceil_mode, padding counts", MAP4, SHAPE(2, 5, 8, 7), SHAPE(2, 5, 5, 4), 0,
            .kernel = {1, 3, 3}, .stride = {1, 2, 2}, .padding = {0, 1, 1}, .ceil_mode = true),
    AVERAGE(OP_AVG_POOL2D, "ceil_mode, padding excluded, 3x2 window", MAP4, SHAPE(1, 32, 8, 9), SHAPE(1, 32, 4, 10), 0,
            .kernel = {1, 3, 2}, .stride = {1, 2, 1}, .padding = {0, 0, 1}, .ceil_mode = true, .exclude_padding = true),
    AVERAGE(OP_AVG_POOL2D, "2x2 stride 2, rows of several vectors", MAP4, SHAPE(1, 2, 6, 98), SHAPE(1, 2, 3, 49), 0, .kernel = {1, 2, 2},
            .stride = {1, 2, 2}),
    AVERAGE(OP_AVG_POOL2D, "3x3 stride 1, rows of several vectors", MAP4, SHAPE(1, 2, 5, 41), SHAPE(1, 2, 5, 41), 0, .kernel = {1, 3, 3},
            .stride = {1, 1, 1}, .padding = {0, 1, 1}, .exclude_padding = true),
    AVERAGE(OP_AVG_POOL2D, "2x2 stride 3: gaps", MAP4, SHAPE(1, 2, 11, 40), SHAPE(1, 2, 4, 13), 0, .kernel = {1, 2, 2}, .stride = {1, 3, 3}),
    AVERAGE(OP_AVG_POOL2D, "7x7 map to one pixel", MAP4, SHAPE(2, 3, 7, 7), SHAPE(2, 3, 1, 1), 0, .kernel = {1, 7, 7},
            .stride = {1, 7, 7}),
    AVERAGE(OP_AVG_POOL3D, "over 5 channels of an image", MAP5, SHAPE(2, 1, 24, 7, 5), SHAPE(2, 1, 20, 7, 5), 0,
            .kernel = {5, 1, 1}, .stride = {1, 1, 1}),
    AVERAGE(OP_AVG_POOL3D, "over channels of a narrow image", MAP5, SHAPE(2, 1, 9, 2, 3), SHAPE(2, 1, 5, 2, 3), 0,
            .kernel = {5, 1, 1}, .stride = {1, 1, 1}),
    AVERAGE(OP_AVG_POOL3D, "3x2x3 stride 2, padding", MAP5, SHAPE(2, 3, 5, 6, 7), SHAPE(2, 3, 3, 4, 3), 0,
            .kernel = {3, 2, 3}, .stride = {2, 2, 3}, .padding = {1, 1, 1}),
    AVERAGE(OP_ADAPTIVE_AVG_POOL2D, "7x7 of 7x7", MAP4, SHAPE(2, 64, 7, 7), SHAPE(2, 64, 7, 7), CASE_MIXED,
            .output = {7, 7}),
    AVERAGE(OP_ADAPTIVE_AVG_POOL2D, "7x7 of 2x3, larger than the map", MAP4, SHAPE(2, 17, 2, 3), SHAPE(2, 17, 7, 7),
            CASE_MIXED, .output = {7, 7}),
    AVERAGE(OP_ADAPTIVE_AVG_POOL2D, "windows of unlike sizes that overlap", MAP4, SHAPE(1, 33, 10, 13),
            SHAPE(1, 33, 3, 6), 0, .output = {3, 6}),
    AVERAGE(OP_ADAPTIVE_AVG_POOL2D, "2x2, 3 channels", MAP4, SHAPE(3, 3, 8, 8), SHAPE(3, 3, 2, 2), 0, .output = {2, 2}),
};

const struct case_list cases_average = {rows, sizeof rows / sizeof *rows};
