/* The numbers that go into a case, and the reference's answer to them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/ops/call.h"

struct filling {
    const struct op_case *row;
    const struct case_tensor *tensor;
    uint64_t key;
};

typedef double fill_one(const struct filling *filling, uint64_t i);

static double fill_normal(const struct filling *filling, uint64_t i)
{
    return random_normal(filling->key, i);
}

static double fill_offset(const struct filling *filling, uint64_t i)
{
    return 100 + random_normal(filling->key, i);
}

static double fill_positive(const struct filling *filling, uint64_t i)
{
    return 0.5 + random_uniform(filling->key, i);
}

static double fill_relu(const struct filling *filling, uint64_t i)
{
    return fmax(0, random_normal(filling->key, i));
}

static double fill_clamped(const struct filling *filling, uint64_t i)
{
    const struct clamp_attrs *bounds = &filling->row->attrs.clamp;
    return fmin(bounds->high, fmax(bounds->low, 4 * random_normal(filling->key, i)));
}

static double fill_value(const struct filling *filling, uint64_t i)
{
    (void)i;
    return filling->tensor->value;
}

static double fill_class(const struct filling *filling, uint64_t i)
{
    return floor(random_uniform(filling->key, i) * filling->tensor->value);
}

static double fill_mask(const struct filling *filling, uint64_t i)
{
    return random_uniform(filling->key, i) < 0.7;
}

static double fill_log_probability(const struct filling *filling, uint64_t i)
{
    uint64_t columns = (uint64_t)filling->tensor->size[1], row = i / columns;
    double sum = 0;
    for (uint64_t m = 0; m < columns; m++)
        sum += exp(random_normal(filling->key, row * columns + m));
    return random_normal(filling->key, i) - log(sum);
}

static double fill_non_finite(const struct filling *filling, uint64_t i)
{
    static const double specials[] = {INFINITY, NAN, -INFINITY};
    return i % 50 < 3 ? specials[i % 50] : random_normal(filling->key, i);
}

static fill_one *const fills[] = {
    [FILL_NORMAL] = fill_normal,
    [FILL_OFFSET] = fill_offset,
    [FILL_POSITIVE] = fill_positive,
    [FILL_RELU] = fill_relu,
    [FILL_CLAMPED] = fill_clamped,
    [FILL_VALUE] = fill_value,
    [FILL_CLASS] = fill_class,
    [FILL_MASK] = fill_mask,
    [FILL_LOG_PROBABILITY] = fill_log_probability,
    [FILL_SAVED] = fill_value, /* replaced by fill_saved */
    [FILL_NON_FINITE] = fill_non_finite,
};

static double rounded(enum dtype dtype, double value)
{
    double cell;
    dtype_store(&cell, dtype, 0, value);
    return dtype_load(&cell, dtype, 0);
}

/* How the tensors that a backward operator gets from its forward operator come about. Positions; -1 = none. */
struct saved_row {
    enum op_id backward, forward;
    int input[3];          /* forward input -> backward input */
    int saved[OP_MAX_OUT]; /* forward output -> backward input */
    bool running;          /* forward inputs 3 and 4 are running statistics, of the weight's size */
};

static const struct saved_row saved_rows[] = {
    {OP_BATCH_NORM_BACKWARD, OP_BATCH_NORM, {1, 2, 3}, {-1, 4, 5, -1}, true},
    {OP_GROUP_NORM_BACKWARD, OP_GROUP_NORM, {1, 4, 4}, {-1, 2, 3, -1}, false},
    {OP_INSTANCE_NORM_BACKWARD, OP_INSTANCE_NORM, {1, 4, 4}, {-1, 2, 3, -1}, false},
    {OP_LAYER_NORM_BACKWARD, OP_LAYER_NORM, {1, 4, 5}, {-1, 2, 3, -1}, false},
    {OP_ADAPTIVE_MAX_POOL2D_BACKWARD, OP_ADAPTIVE_MAX_POOL2D, {1, -1, -1}, {-1, 2, -1, -1}, false},
    {OP_MAX_POOL2D_BACKWARD, OP_MAX_POOL2D, {1, -1, -1}, {-1, 2, -1, -1}, false},
};

/* The row of the forward operator: its output 0 has the shape of grad_output, the backward operator's input 0. */
static struct op_case forward_row(const struct op_case *row, const struct saved_row *saved)
{
    struct op_case forward = {.op = saved->forward, .label = row->label, .attrs = row->attrs};
    forward.out[0] = row->in[0];
    for (int i = 0; i < 3; i++)
        if (saved->input[i] >= 0)
            forward.in[i] = row->in[saved->input[i]];
    for (int i = 3; i < 5 && saved->running; i++)
        forward.in[i] = row->in[saved->input[1]];
    for (int i = 0; i < OP_MAX_OUT; i++)
        if (saved->saved[i] >= 0)
            forward.out[i] = row->in[saved->saved[i]];
    return forward;
}

static void fill_saved(struct case_values *values, const struct op_case *row, const struct call_variant *variant,
                       const struct saved_row *saved)
{
    struct op_case forward = forward_row(row, saved);
    struct case_values inputs, outputs;
    case_values_init(&inputs, &forward, variant, 1);
    for (int i = 0; i < 3; i++)
        if (saved->input[i] >= 0 && forward.in[i].present)
            memcpy(inputs.in[i], values->in[saved->input[i]],
                   (size_t)case_elements(&forward.in[i]) * sizeof(double));
    case_values_judge(&forward, variant, &inputs, &outputs);
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (saved->saved[i] < 0)
            continue;
        double *into = values->in[saved->saved[i]];
        for (int64_t k = 0; k < case_elements(&forward.out[i]); k++)
            into[k] = rounded(case_dtype(&forward.out[i], variant), outputs.out[i][k]);
    }
    case_values_release(&inputs);
    case_values_release(&outputs);
}

void case_values_init(struct case_values *values, const struct op_case *row, const struct call_variant *variant,
                      uint64_t seed)
{
    *values = (struct case_values){0};
    for (int i = 0; i < OP_MAX_IN; i++) {
        const struct case_tensor *tensor = &row->in[i];
        if (!tensor->present)
            continue;
        struct filling filling = {row, tensor, random_key(seed * OP_MAX_IN + (uint64_t)i, row->label)};
        int64_t count = case_elements(tensor);
        values->in[i] = test_alloc((size_t)count * sizeof(double));
        for (int64_t k = 0; k < count; k++)
            values->in[i][k] = rounded(case_dtype(tensor, variant), fills[tensor->fill](&filling, (uint64_t)k));
    }
    for (size_t i = 0; i < sizeof saved_rows / sizeof *saved_rows; i++)
        if (saved_rows[i].backward == row->op)
            fill_saved(values, row, variant, &saved_rows[i]);
}

void case_values_release(struct case_values *values)
{
    for (int i = 0; i < OP_MAX_IN; i++)
        free(values->in[i]);
    for (int i = 0; i < OP_MAX_OUT; i++)
        free(values->out[i]);
}

static void must(enum status status)
{
    if (status != STATUS_OK)
        abort();
}

void case_values_judge(const struct op_case *row, const struct call_variant *variant, const struct case_values *inputs,
                       struct case_values *expected)
{
    struct call_variant plain = {.varied = variant->varied, .wide = variant->wide, .judge = true};
    struct device *device = NULL;
    struct op_prepared *prepared = NULL;
    struct test_call call;
    *expected = (struct case_values){0};
    must(backend_ref.open(&(struct backend_options){0}, &device));
    test_call_init(&call, &backend_ref, device, row, &plain);
    test_call_upload(&call, inputs);
    must(backend_prepare(&backend_ref, device, &call.call, &prepared));
    must(prepared->run(prepared, &(struct run_context){.device = device}));
    for (int i = 0; i < OP_MAX_OUT; i++)
        if (row->out[i].present)
            expected->out[i] = test_call_values(&call, &call.out[i]);
    for (int i = 0; i < OP_MAX_IN; i++)
        if (row->in[i].updated)
            expected->in[i] = test_call_values(&call, &call.in[i]);
    prepared->destroy(prepared);
    test_call_release(&call);
    backend_ref.close(device);
}
