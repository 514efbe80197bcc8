/* Optimizers and the gradient scaler. All tensors are float32 and updated in their own memory. */
#include "tests/ops/cases.h"

#define COUNT 1003
#define SCALAR(number) {F0, .fill = FILL_VALUE, .value = number}

/* The last two arguments are the first_step and found_inf tensors. */
#define SGD(text, first, found, ...)                                                                               \
    {.op = OP_SGD,                                                                                                 \
     .label = text,                                                                                                \
     .attrs.sgd = {__VA_ARGS__},                                                                                   \
     .in = {{F1(COUNT)}, {F1(COUNT)}, {F1(COUNT)}, SCALAR(0.1), first, found},                                     \
     .out = {{F1(COUNT), .shares = 1}, {F1(COUNT), .shares = 3}},                                                  \
     .tolerance = TOLERANCE_ROUNDING}

#define ADAMW(text, step, found, ...)                                                                              \
    {.op = OP_ADAMW,                                                                                               \
     .label = text,                                                                                                \
     .attrs.adamw = {__VA_ARGS__},                                                                                 \
     .in = {{F1(COUNT)},                                                                                           \
            {F1(COUNT)},                                                                                           \
            {F1(COUNT)},                                                                                           \
            {F1(COUNT), .fill = FILL_POSITIVE},                                                                    \
            SCALAR(1e-2),                                                                                          \
            SCALAR(step),                                                                                          \
            found},                                                                                                \
     .out = {{F1(COUNT), .shares = 1}, {F1(COUNT), .shares = 3}, {F1(COUNT), .shares = 4}, {F0, .shares = 6}},     \
     .tolerance = TOLERANCE_SUM}

#define UNSCALE(text, count, fill_, scale)                                                                         \
    {.op = OP_AMP_UNSCALE,                                                                                         \
     .label = text,                                                                                                \
     .in = {{F1(count), .fill = fill_}, SCALAR(scale)},                                                            \
     .out = {{F1(count), .shares = 1}, {F0}},                                                                      \
     .tolerance = TOLERANCE_ROUNDING}

#define UPDATE_SCALE(text, scale, tracker, found)                                                                  \
    {.op = OP_AMP_UPDATE_SCALE,                                                                                    \
     .label = text,                                                                                                \
     .attrs.scaler = {2.0, 0.5, 2000},                                                                             \
     .in = {SCALAR(scale), SCALAR(tracker), SCALAR(found)},                                                        \
     .out = {{F0, .shares = 1}, {F0, .shares = 2}},                                                                \
     .tolerance = TOLERANCE_ROUNDING}

#define CLIP(text, norm)                                                                                           \
    {.op = OP_FOREACH_MUL_,                                                                                        \
     .label = text,                                                                                                \
     .attrs.clip = {2},                                                                                            \
     .in = {{F1(COUNT)}, SCALAR(norm)},                                                                            \
     .out = {{F1(COUNT), .shares = 1}},                                                                            \
     .tolerance = TOLERANCE_ROUNDING}

#define LERP(text, weight_)                                                                                        \
    {.op = OP_FOREACH_LERP_,                                                                                       \
     .label = text,                                                                                                \
     .attrs.lerp = {weight_},                                                                                      \
     .in = {{F1(COUNT)}, {F1(COUNT)}},                                                                             \
     .out = {{F1(COUNT), .shares = 1}},                                                                            \
     .tolerance = TOLERANCE_ROUNDING}

static const struct op_case rows[] = {
    SGD("momentum, weight decay", SCALAR(0), {0}, .momentum = 0.9, .weight_decay = 1e-2),
    SGD("first step with momentum", SCALAR(1), {0}, .momentum = 0.9, .weight_decay = 1e-2, .dampening = 0.5),
    SGD("nesterov", SCALAR(0), SCALAR(0), .momentum = 0.9, .nesterov = true),
    SGD("dampening", SCALAR(0), {0}, .momentum = 0.8, .dampening = 0.25),
    SGD("found_inf skips", SCALAR(0), SCALAR(1), .momentum = 0.9, .weight_decay = 1e-2),
    {.op = OP_SGD,
     .label = "no momentum",
     .attrs.sgd = {.weight_decay = 1e-2},
     .in = {{F1(COUNT)}, {F1(COUNT)}, {0}, SCALAR(0.1), SCALAR(1)},
     .out = {{F1(COUNT), .shares = 1}},
     .tolerance = TOLERANCE_ROUNDING},
    ADAMW("first step", 0, {0}, 0.9, 0.999, 1e-8, 1e-2),
    ADAMW("step 100", 99, SCALAR(0), 0.9, 0.999, 1e-8, 1e-2),
    ADAMW("found_inf skips", 7, SCALAR(1), 0.9, 0.999, 1e-8, 1e-2),
    UNSCALE("finite", COUNT, FILL_NORMAL, 65536),
    UNSCALE("infinity and NaN", COUNT, FILL_NON_FINITE, 1024),
    UNSCALE("scale without an exact reciprocal", 5, FILL_NORMAL, 3),
    {.op = OP_FOREACH_NORM, .label = "norm", .in = {{F1(COUNT)}}, .out = {{F0}}, .tolerance = TOLERANCE_SUM},
    {.op = OP_ALL_REDUCE_, .label = "alone", .in = {{F1(COUNT)}}, .out = {{F1(COUNT), .shares = 1}}, .tolerance = TOLERANCE_ROUNDING},
    {.op = OP_FOREACH_NORM, .label = "norm of few", .in = {{F1(3)}}, .out = {{F0}}, .tolerance = TOLERANCE_SUM},
    CLIP("clipped", 5.5), CLIP("below the bound", 0.5), CLIP("at the bound", 2),
    LERP("slow average", 1e-4), LERP("fast average", 0.9), LERP("half", 0.5),
    UPDATE_SCALE("counts", 65536, 5, 0),
    UPDATE_SCALE("grows", 1024, 1999, 0),
    UPDATE_SCALE("backs off", 1024, 1500, 1),
    UPDATE_SCALE("growth would overflow", 0x1p127, 1999, 0),
};

const struct case_list cases_optimizer = {rows, sizeof rows / sizeof *rows};
