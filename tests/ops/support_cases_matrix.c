/* Matrix products, sums, and the loss. */
#include "tests/ops/cases.h"

#define LOG_SOFTMAX(text, X, n, m)                                                                                 \
    {.op = OP_LOG_SOFTMAX, .label = text, .in = {{V2(n, m)}}, .out = {{X(n, m)}}, .tolerance = TOLERANCE_SUM},     \
    {.op = OP_LOG_SOFTMAX_BACKWARD,                                                                                \
     .label = text,                                                                                                \
     .in = {{X(n, m)}, {X(n, m), .fill = FILL_LOG_PROBABILITY}},                                                   \
     .out = {{V2(n, m)}},                                                                                          \
     .tolerance = TOLERANCE_SUM}

#define NLL_LOSS(text, n, m, smoothing, scale)                                                                     \
    {.op = OP_NLL_LOSS,                                                                                            \
     .label = text,                                                                                                \
     .attrs.loss = {smoothing},                                                                                    \
     .in = {{F2(n, m), .fill = FILL_LOG_PROBABILITY}, {I1(n), .fill = FILL_CLASS, .value = m}},                    \
     .out = {{F0}},                                                                                                \
     .tolerance = TOLERANCE_SUM},                                                                                  \
    {.op = OP_NLL_LOSS_BACKWARD,                                                                                   \
     .label = text,                                                                                                \
     .attrs.loss = {smoothing},                                                                                    \
     .in = {{F0, .fill = FILL_VALUE, .value = scale},                                                              \
            {F2(n, m), .fill = FILL_LOG_PROBABILITY},                                                              \
            {I1(n), .fill = FILL_CLASS, .value = m}},                                                              \
     .out = {{F2(n, m)}},                                                                                          \
     .tolerance = TOLERANCE_ROUNDING}

#define MAP3(...) CASE_SIZES(3, __VA_ARGS__), .varied = true
#define BMM(text, batch, m, k, n, a_turned, b_turned)                                                              \
    {.op = OP_BMM,                                                                                                 \
     .label = text,                                                                                                \
     .in = {{MAP3(batch, m, k), .transposed = a_turned}, {MAP3(batch, k, n), .transposed = b_turned}},             \
     .out = {{MAP3(batch, m, n)}},                                                                                 \
     .tolerance = TOLERANCE_SUM}

/* As HALFWAY_BIAS of convolutions. */
#define HALFWAY_ADDMM(text, input_value, bias_value)                                                               \
    {.op = OP_ADDMM,                                                                                               \
     .label = text,                                                                                                \
     .in = {{F1(5), .fill = FILL_VALUE, .value = bias_value},                                                      \
            {V2(3, 8), .fill = FILL_VALUE, .value = input_value},                                                  \
            {F2(8, 5), .transposed = true, .fill = FILL_VALUE, .value = 1.0 / 64}},                                \
     .out = {{V2(3, 5)}},                                                                                          \
     .tolerance = {1e-7, 2.5e-3, 4e-4}}

static const struct op_case rows[] = {
    BMM("as they lie", 2, 17, 33, 9, false, false),
    BMM("first transposed", 3, 16, 20, 8, true, false),
    BMM("second transposed", 2, 7, 40, 12, false, true),
    {.op = OP_ADDMM,
     .label = "weight as PyTorch keeps it, master",
     .in = {{F1(10)}, {V2(5, 64)}, {F2(64, 10), .transposed = true}},
     .out = {{V2(5, 10)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_ADDMM,
     .label = "all in one dtype",
     .in = {{V1(7)}, {V2(3, 33)}, {V2(33, 7), .transposed = true}},
     .out = {{V2(3, 7)}},
     .tolerance = TOLERANCE_SUM},
    HALFWAY_ADDMM("bias halfway between two float16", 1.0 / 512, 1 + 1.0 / 2048),
    HALFWAY_ADDMM("bias halfway between two bfloat16", 1.0 / 64, 1 + 1.0 / 256),
    {.op = OP_ADDMM,
     .label = "float32 output: its bias is rounded all the same",
     .in = {{F1(10)}, {V2(5, 64)}, {V2(64, 10), .transposed = true}},
     .out = {{F2(5, 10)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_ADDMM,
     .label = "dense weight, one row",
     .in = {{F1(17)}, {V2(1, 40)}, {V2(40, 17)}},
     .out = {{V2(1, 17)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_MM,
     .label = "grad_input: master weight",
     .in = {{V2(5, 10)}, {F2(10, 64)}},
     .out = {{V2(5, 64)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_MM,
     .label = "grad_weight: transposed factor, wider output",
     .in = {{V2(10, 5), .transposed = true}, {V2(5, 64)}},
     .out = {{F2(10, 64)}},
     .tolerance = TOLERANCE_SUM},
    {.op = OP_MM,
     .label = "both transposed",
     .in = {{V2(9, 17), .transposed = true}, {V2(17, 33), .transposed = true}},
     .out = {{V2(9, 33)}},
     .tolerance = TOLERANCE_SUM},
    LOG_SOFTMAX("10 classes, float32 output", F2, 5, 10),
    LOG_SOFTMAX("1000 classes, float32 output", F2, 3, 1000),
    LOG_SOFTMAX("one dtype", V2, 4, 33),
    NLL_LOSS("10 classes", 6, 10, 0, 1),
    NLL_LOSS("label smoothing, loss scale", 5, 33, 0.1, 1024),
};

const struct case_list cases_matrix = {rows, sizeof rows / sizeof *rows};
