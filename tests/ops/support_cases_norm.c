/* Batch, group, instance and layer normalisation. Rows come from two macros: forward, and backward with statistics of its own input. */
#include "tests/ops/cases.h"

/* The last argument is the residual. `tolerance_` is SUM or LONG_SUM. */
#define BATCH_NORM(text, n, c, h, w, relu_, flags_, tolerance_, ...)                                               \
    {.op = OP_BATCH_NORM,                                                                                          \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-5, .momentum = 0.1, .training = true, .relu = relu_},                                \
     .in = {{V4(n, c, h, w)},                                                                                      \
            {F1(c)},                                                                                               \
            {F1(c)},                                                                                               \
            {F1(c), .updated = true},                                                                              \
            {F1(c), .updated = true, .fill = FILL_POSITIVE},                                                       \
            __VA_ARGS__},                                                                                          \
     .out = {{V4(n, c, h, w)}, {F1(c)}, {F1(c)}},                                                                  \
     .flags = flags_,                                                                                              \
     .tolerance = TOLERANCE_##tolerance_}

#define BATCH_NORM_EVALUATION(text, n, c, h, w, relu_, ...)                                                        \
    {.op = OP_BATCH_NORM,                                                                                          \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-5, .momentum = 0.1, .training = false, .relu = relu_},                               \
     .in = {{V4(n, c, h, w)}, {F1(c)}, {F1(c)}, {F1(c)}, {F1(c), .fill = FILL_POSITIVE}, __VA_ARGS__},             \
     .out = {{V4(n, c, h, w)}},                                                                                    \
     .tolerance = TOLERANCE_SUM}

#define BATCH_NORM_BACKWARD(text, n, c, h, w, relu_, flags_, tolerance_)                                           \
    {.op = OP_BATCH_NORM_BACKWARD,                                                                                 \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-5, .momentum = 0.1, .training = true, .relu = relu_},                                \
     .in = {{V4(n, c, h, w)},                                                                                      \
            {V4(n, c, h, w)},                                                                                      \
            {F1(c)},                                                                                               \
            {F1(c)},                                                                                               \
            {F1(c), .fill = FILL_SAVED},                                                                           \
            {F1(c), .fill = FILL_SAVED}},                                                                          \
     .out = {{V4(n, c, h, w)}, {F1(c)}, {F1(c)}},                                                                  \
     .flags = flags_,                                                                                              \
     .follows = 1,                                                                                                 \
     .tolerance = TOLERANCE_##tolerance_}

#define GROUP_NORM(text, n, c, h, w, groups_)                                                                      \
    {.op = OP_GROUP_NORM,                                                                                          \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-5, .groups = groups_},                                                               \
     .in = {{V4(n, c, h, w)}, {F1(c)}, {F1(c)}},                                                                   \
     .out = {{V4(n, c, h, w)}, {F2(n, groups_)}, {F2(n, groups_)}},                                                \
     .tolerance = TOLERANCE_SUM},                                                                                  \
    {.op = OP_GROUP_NORM_BACKWARD,                                                                                 \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-5, .groups = groups_},                                                               \
     .in = {{V4(n, c, h, w)},                                                                                      \
            {V4(n, c, h, w)},                                                                                      \
            {F2(n, groups_), .fill = FILL_SAVED},                                                                  \
            {F2(n, groups_), .fill = FILL_SAVED},                                                                  \
            {F1(c)}},                                                                                              \
     .out = {{V4(n, c, h, w)}, {F1(c)}, {F1(c)}},                                                                  \
     .tolerance = TOLERANCE_SUM}

#define AFFINE(c, affine) .present = affine, .dims = 1, .size = {c}, .dtype = DTYPE_FLOAT32

/* With weight and bias, or without (`...` is {0}, {0}). */
#define INSTANCE_NORM(text, n, c, h, w, ...)                                                                       \
    {.op = OP_INSTANCE_NORM,                                                                                       \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-5, .training = true, .groups = c},                                                   \
     .in = {{V4(n, c, h, w)}, __VA_ARGS__},                                                                        \
     .out = {{V4(n, c, h, w)}, {F2(n, c)}, {F2(n, c)}},                                                            \
     .tolerance = TOLERANCE_SUM}
#define INSTANCE_NORM_BACKWARD(text, n, c, h, w, affine)                                                           \
    {.op = OP_INSTANCE_NORM_BACKWARD,                                                                              \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-5, .training = true, .groups = c},                                                   \
     .in = {{V4(n, c, h, w)},                                                                                      \
            {V4(n, c, h, w)},                                                                                      \
            {F2(n, c), .fill = FILL_SAVED},                                                                        \
            {F2(n, c), .fill = FILL_SAVED},                                                                        \
            {AFFINE(c, affine)}},                                        \
     .out = {{V4(n, c, h, w)},                                                                                     \
             {AFFINE(c, affine)},                                        \
             {AFFINE(c, affine)}},                                       \
     .tolerance = TOLERANCE_SUM}

/* Rows of `length` elements, as (2, rows / 2, length). */
#define MAP3(...) CASE_SIZES(3, __VA_ARGS__), .varied = true
#define STATISTIC3(...) CASE_SIZES(3, __VA_ARGS__), .dtype = DTYPE_FLOAT32
#define LAYER_NORM(text, rows, length, fill_, tolerance_)                                                          \
    {.op = OP_LAYER_NORM,                                                                                          \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-6},                                                                                  \
     .in = {{MAP3(2, (rows) / 2, length), .fill = fill_}, {F1(length)}, {F1(length)}},                             \
     .out = {{MAP3(2, (rows) / 2, length)}, {STATISTIC3(2, (rows) / 2, 1)}, {STATISTIC3(2, (rows) / 2, 1)}},       \
     .tolerance = TOLERANCE_##tolerance_},                                                                         \
    {.op = OP_LAYER_NORM_BACKWARD,                                                                                 \
     .label = text,                                                                                                \
     .attrs.norm = {.eps = 1e-6},                                                                                  \
     .in = {{MAP3(2, (rows) / 2, length)},                                                                         \
            {MAP3(2, (rows) / 2, length), .fill = fill_},                                                          \
            {STATISTIC3(2, (rows) / 2, 1), .fill = FILL_SAVED},                                                    \
            {STATISTIC3(2, (rows) / 2, 1), .fill = FILL_SAVED},                                                    \
            {F1(length)},                                                                                          \
            {F1(length)}},                                                                                         \
     .out = {{MAP3(2, (rows) / 2, length)}, {F1(length)}, {F1(length)}},                                           \
     .tolerance = TOLERANCE_##tolerance_}

static const struct op_case rows[] = {
    BATCH_NORM("training, 64 channels", 2, 64, 5, 6, false, 0, SUM, {0}),
    BATCH_NORM("training, 3 channels", 4, 3, 7, 9, false, 0, SUM, {0}),
    BATCH_NORM("training, 17 channels, relu", 3, 17, 4, 5, true, 0, SUM, {0}),
    BATCH_NORM("training, residual and relu", 2, 17, 6, 5, true, 0, SUM, {V4(2, 17, 6, 5)}),
    BATCH_NORM("training, residual", 2, 32, 3, 5, false, 0, SUM, {V4(2, 32, 3, 5)}),
    BATCH_NORM("training, 1x1 map", 5, 33, 1, 1, true, 0, SUM, {0}),
    BATCH_NORM("training, one sample", 1, 16, 8, 3, false, 0, SUM, {0}),
    BATCH_NORM("training, one channel", 2, 1, 8, 3, false, 0, SUM, {0}),
    BATCH_NORM("training, map of several hundred", 2, 20, 19, 17, true, 0, SUM, {0}),
    {.op = OP_BATCH_NORM,
     .label = "training, mean far from 0",
     .attrs.norm = {.eps = 1e-5, .momentum = 0.1, .training = true},
     .in = {{V4(4, 17, 6, 5), .fill = FILL_OFFSET},
            {F1(17)},
            {F1(17)},
            {F1(17), .updated = true},
            {F1(17), .updated = true, .fill = FILL_POSITIVE}},
     .out = {{V4(4, 17, 6, 5)}, {F1(17)}, {F1(17)}},
     .tolerance = TOLERANCE_SUM},
    BATCH_NORM("training, large, residual", 2, 64, 96, 90, true, CASE_LARGE, LONG_SUM, {V4(2, 64, 96, 90)}),
    BATCH_NORM_EVALUATION("evaluation", 2, 17, 6, 5, false, {0}),
    BATCH_NORM_EVALUATION("evaluation, residual and relu", 1, 64, 4, 3, true, {V4(1, 64, 4, 3)}),
    BATCH_NORM_BACKWARD("64 channels", 2, 64, 5, 6, false, 0, SUM),
    BATCH_NORM_BACKWARD("3 channels", 4, 3, 7, 9, false, 0, SUM),
    BATCH_NORM_BACKWARD("17 channels, relu", 3, 17, 4, 5, true, 0, SUM),
    BATCH_NORM_BACKWARD("relu", 2, 32, 6, 5, true, 0, SUM),
    BATCH_NORM_BACKWARD("1x1 map", 5, 33, 1, 1, true, 0, SUM),
    BATCH_NORM_BACKWARD("one sample", 1, 16, 8, 3, false, 0, SUM),
    BATCH_NORM_BACKWARD("map of several hundred", 2, 20, 19, 17, true, 0, SUM),
    BATCH_NORM_BACKWARD("large", 2, 64, 96, 90, true, CASE_LARGE, LONG_SUM),
    BATCH_NORM_BACKWARD("formats mixed", 2, 17, 4, 3, false, CASE_MIXED, SUM),
    GROUP_NORM("4 groups of 8", 2, 32, 5, 6, 4),
    {.op = OP_GROUP_NORM,
     .label = "mean far from 0",
     .attrs.norm = {.eps = 1e-5, .groups = 3},
     .in = {{V4(2, 12, 6, 5), .fill = FILL_OFFSET}, {F1(12)}, {F1(12)}},
     .out = {{V4(2, 12, 6, 5)}, {F2(2, 3)}, {F2(2, 3)}},
     .tolerance = TOLERANCE_SUM},
    GROUP_NORM("17 groups of 1", 2, 17, 4, 3, 17),
    GROUP_NORM("1 group", 3, 6, 7, 5, 1),
    GROUP_NORM("3 channels, one sample", 1, 3, 9, 4, 3),
    GROUP_NORM("1x1 map", 2, 64, 1, 1, 8),
    INSTANCE_NORM("affine, 16 channels", 2, 16, 5, 6, {F1(16)}, {F1(16)}),
    INSTANCE_NORM("plain, 17 channels", 3, 17, 4, 7, {0}, {0}),
    INSTANCE_NORM("affine, 3 channels, one sample", 1, 3, 9, 4, {F1(3)}, {F1(3)}),
    {.op = OP_INSTANCE_NORM,
     .label = "plain, mean far from 0",
     .attrs.norm = {.eps = 1e-5, .training = true, .groups = 12},
     .in = {{V4(2, 12, 6, 5), .fill = FILL_OFFSET}},
     .out = {{V4(2, 12, 6, 5)}, {F2(2, 12)}, {F2(2, 12)}},
     .tolerance = TOLERANCE_SUM},
    INSTANCE_NORM_BACKWARD("affine, 16 channels", 2, 16, 5, 6, true),
    INSTANCE_NORM_BACKWARD("plain, 17 channels", 3, 17, 4, 7, false),
    INSTANCE_NORM_BACKWARD("affine, 3 channels, one sample", 1, 3, 9, 4, true),
    LAYER_NORM("rows of 96", 10, 96, FILL_NORMAL, SUM),
    LAYER_NORM("rows of 7", 70, 7, FILL_NORMAL, SUM),
    LAYER_NORM("rows of 45, mean far from 0", 6, 45, FILL_OFFSET, LONG_SUM),
    LAYER_NORM("one long row each", 2, 1000, FILL_NORMAL, SUM),
    {.op = OP_LAYER_NORM,
     .label = "over two dimensions",
     .attrs.norm = {.eps = 1e-5},
     .in = {{MAP3(3, 4, 10)}, {F2(4, 10)}, {F2(4, 10)}},
     .out = {{MAP3(3, 4, 10)}, {STATISTIC3(3, 1, 1)}, {STATISTIC3(3, 1, 1)}},
     .tolerance = TOLERANCE_SUM},
};

const struct case_list cases_norm = {rows, sizeof rows / sizeof *rows};
