/*
 * The reference's backward operators against central finite differences of its forward operators, all in float64:
 * loss = sum(output 0 * weights). The cases are those of test_check. `test_gradient [WORD]` as there.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/ops/call.h"

#define STEP 3e-5
#define TOLERANCE 1e-6 /* largest error / largest gradient of the tensor */
#define SAMPLES 24     /* elements of each input that are moved */

/* Where a backward operator's input comes from. */
enum source_kind { SOURCE_NONE, SOURCE_GRAD, SOURCE_INPUT, SOURCE_OUTPUT };
struct source {
    enum source_kind kind;
    int position;
    bool transposed;
};
#define GRAD {SOURCE_GRAD}
#define IN(position) {SOURCE_INPUT, position}
#define IN_T(position) {SOURCE_INPUT, position, true}
#define OUT(position) {SOURCE_OUTPUT, position}

struct gradient_row {
    enum op_id forward, backward;
    struct source in[OP_MAX_IN];
    int gradient_of[OP_MAX_OUT]; /* backward output -> 1 + forward input; 0 = none */
    bool (*applies)(const struct op_case *row);
    const union op_attrs *attrs; /* of the backward operator; NULL: the forward one's */
};

static const union op_attrs over_rows = {.reduce = {.dims = 1}};

static bool is_product(const struct op_case *row)
{
    return row->in[1].present && case_elements(&row->in[0]) == case_elements(&row->out[0]) &&
           case_elements(&row->in[1]) == case_elements(&row->out[0]);
}

/* Evaluation has no backward operator, and the fused relu's mask knows no residual (op.h). */
static bool batch_norm_applies(const struct op_case *row)
{
    return row->attrs.norm.training && !(row->attrs.norm.relu && row->in[5].present);
}

static bool has_second(const struct op_case *row)
{
    return row->in[1].present;
}

static bool has_no_second(const struct op_case *row)
{
    return !row->in[1].present;
}

static bool bias_applies(const struct op_case *row)
{
    return row->in[2].present;
}

static bool add_applies(const struct op_case *row)
{
    return row->attrs.add.relu && row->attrs.add.alpha == 1;
}

/* Where shuffling back has as many groups. */
static bool shuffle_applies(const struct op_case *row)
{
    return row->in[0].size[1] == (int64_t)row->attrs.shuffle.factor * row->attrs.shuffle.factor;
}

static const struct gradient_row gradients[] = {
    {OP_PIXEL_SHUFFLE, OP_PIXEL_UNSHUFFLE, {GRAD}, {1}},
    {OP_PIXEL_UNSHUFFLE, OP_PIXEL_SHUFFLE, {GRAD}, {1}},
    {OP_CHANNEL_SHUFFLE, OP_CHANNEL_SHUFFLE, {GRAD}, {1}, shuffle_applies},
    {OP_REFLECTION_PAD2D, OP_REFLECTION_PAD2D_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_REPLICATION_PAD2D, OP_REPLICATION_PAD2D_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_UPSAMPLE_NEAREST2D, OP_UPSAMPLE_NEAREST2D_BACKWARD, {GRAD}, {1}},
    {OP_UPSAMPLE_BILINEAR2D, OP_UPSAMPLE_BILINEAR2D_BACKWARD, {GRAD}, {1}},
    {OP_UPSAMPLE_BICUBIC2D, OP_UPSAMPLE_BICUBIC2D_BACKWARD, {GRAD}, {1}},
    {OP_CONVOLUTION, OP_CONVOLUTION_BACKWARD, {GRAD, IN(0), IN(1)}, {1, 2}},
    {OP_CONVOLUTION, OP_CONVOLUTION_BACKWARD, {GRAD, IN(0), IN(1)}, {1, 2, 3}, bias_applies},
    {OP_BATCH_NORM, OP_BATCH_NORM_BACKWARD, {GRAD, IN(0), IN(1), IN(2), OUT(1), OUT(2)}, {1, 2, 3}, batch_norm_applies},
    {OP_GROUP_NORM, OP_GROUP_NORM_BACKWARD, {GRAD, IN(0), OUT(1), OUT(2), IN(1)}, {1, 2, 3}},
    {OP_INSTANCE_NORM, OP_INSTANCE_NORM_BACKWARD, {GRAD, IN(0), OUT(1), OUT(2), IN(1)}, {1, 2, 3}, has_second},
    {OP_INSTANCE_NORM, OP_INSTANCE_NORM_BACKWARD, {GRAD, IN(0), OUT(1), OUT(2)}, {1}, has_no_second},
    {OP_LAYER_NORM, OP_LAYER_NORM_BACKWARD, {GRAD, IN(0), OUT(1), OUT(2), IN(1), IN(2)}, {1, 2, 3}},
    {OP_GELU, OP_GELU_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_RELU, OP_THRESHOLD_BACKWARD, {GRAD, OUT(0)}, {1}},
    {OP_ADD, OP_THRESHOLD_BACKWARD, {GRAD, OUT(0)}, {1}, add_applies},
    {OP_ADD, OP_THRESHOLD_BACKWARD, {GRAD, OUT(0)}, {2}, add_applies},
    {OP_HARDTANH_, OP_HARDTANH_BACKWARD, {GRAD, OUT(0)}, {1}},
    {OP_MAX_POOL2D, OP_MAX_POOL2D_BACKWARD, {GRAD, IN(0), OUT(1)}, {1}},
    {OP_ADAPTIVE_MAX_POOL2D, OP_ADAPTIVE_MAX_POOL2D_BACKWARD, {GRAD, IN(0), OUT(1)}, {1}},
    {OP_AVG_POOL2D, OP_AVG_POOL2D_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_AVG_POOL3D, OP_AVG_POOL3D_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_ADAPTIVE_AVG_POOL2D, OP_ADAPTIVE_AVG_POOL2D_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_MUL, OP_MUL, {GRAD, IN(1)}, {1}, is_product},
    {OP_MUL, OP_MUL, {GRAD, IN(0)}, {2}, is_product},
    {OP_MUL, OP_MUL, {GRAD}, {1}, has_no_second},
    {OP_DIV, OP_DIV, {GRAD}, {1}, has_no_second},
    {OP_SIGMOID, OP_SIGMOID_BACKWARD, {GRAD, OUT(0)}, {1}},
    {OP_SILU, OP_SILU_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_HARDSWISH, OP_HARDSWISH_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_HARDSIGMOID, OP_HARDSIGMOID_BACKWARD, {GRAD, IN(0)}, {1}},
    {OP_SOFTMAX, OP_SOFTMAX_BACKWARD, {GRAD, OUT(0)}, {1}},
    {OP_ADDMM, OP_MM, {GRAD, IN_T(2)}, {2}},
    {OP_ADDMM, OP_MM, {IN_T(1), GRAD}, {3}},
    {OP_ADDMM, OP_SUM, {GRAD}, {1}, .attrs = &over_rows},
    {OP_MM, OP_MM, {GRAD, IN_T(1)}, {1}},
    {OP_MM, OP_MM, {IN_T(0), GRAD}, {2}},
    {OP_BMM, OP_BMM, {GRAD, IN_T(1)}, {1}},
    {OP_BMM, OP_BMM, {IN_T(0), GRAD}, {2}},
    {OP_DROPOUT, OP_DROPOUT_BACKWARD, {GRAD, OUT(1)}, {1}},
    {OP_LOG_SOFTMAX, OP_LOG_SOFTMAX_BACKWARD, {GRAD, OUT(0)}, {1}},
    {OP_NLL_LOSS, OP_NLL_LOSS_BACKWARD, {GRAD, IN(0), IN(1)}, {1}},
};
#define GRADIENTS ((int)(sizeof gradients / sizeof *gradients))

/* The forward call, prepared, with weights of the loss in the shape of output 0. */
struct forward {
    struct device *device;
    struct test_call call;
    struct op_prepared *prepared;
    struct tensor weights;
};

static void run(struct device *device, const struct op_call *call, struct op_prepared **kept)
{
    struct op_prepared *prepared = NULL;
    ck_assert_msg(backend_prepare(&backend_ref, device, call, &prepared) == STATUS_OK, "%s", status_message());
    ck_assert(prepared->run(prepared, &(struct run_context){.device = device}) == STATUS_OK);
    if (kept)
        *kept = prepared;
    else
        prepared->destroy(prepared);
}

static void forward_init(struct forward *self, const struct op_case *row)
{
    struct call_variant variant = {.varied = DTYPE_FLOAT64, .wide = true};
    struct case_values values;
    *self = (struct forward){0};
    ck_assert(backend_ref.open(&(struct backend_options){0}, &self->device) == STATUS_OK);
    test_call_init(&self->call, &backend_ref, self->device, row, &variant);
    case_values_init(&values, row, &variant, 1);
    test_call_upload(&self->call, &values);
    case_values_release(&values);
    run(self->device, &self->call.call, &self->prepared);
    self->weights = tensor_with_format(&self->call.out[0].tensor, FORMAT_CONTIGUOUS);
    self->weights.data = test_alloc((size_t)tensor_bytes(&self->weights));
    for (int64_t i = 0; i < tensor_count(&self->weights); i++)
        dtype_store(self->weights.data, self->weights.dtype, i, random_normal(77, (uint64_t)i));
}

static void forward_release(struct forward *self)
{
    free(self->weights.data);
    self->prepared->destroy(self->prepared);
    test_call_release(&self->call);
    backend_ref.close(self->device);
}

static double loss_of(struct forward *self)
{
    double loss = 0, *output;
    ck_assert(self->prepared->run(self->prepared, &(struct run_context){.device = self->device}) == STATUS_OK);
    output = test_call_values(&self->call, &self->call.out[0]);
    for (int64_t i = 0; i < tensor_count(&self->weights); i++)
        loss += output[i] * ((const double *)self->weights.data)[i];
    free(output);
    return loss;
}

static struct tensor transposed(struct tensor tensor)
{
    struct tensor turned = tensor;
    int first = tensor.dims - 2; /* of 3-D tensors each sample's matrix */
    for (int d = 0; d < 2; d++) {
        turned.size[first + d] = tensor.size[first + 1 - d];
        turned.stride[first + d] = tensor.stride[first + 1 - d];
    }
    return turned;
}

/* The backward call's inputs, borrowed from the forward call. */
static void collect_inputs(struct forward *self, const struct gradient_row *row, struct tensor *in,
                           struct op_call *call)
{
    for (int i = 0; i < OP_MAX_IN; i++) {
        const struct source *source = &row->in[i];
        if (source->kind == SOURCE_NONE)
            continue;
        if (source->kind == SOURCE_GRAD)
            in[i] = self->weights;
        else
            in[i] = source->kind == SOURCE_INPUT ? self->call.in[source->position].tensor
                                                 : self->call.out[source->position].tensor;
        if (source->transposed)
            in[i] = transposed(in[i]);
        call->in[i] = &in[i];
    }
}

/* Moves element i of an input to both sides and compares the loss's slope with the gradient. Returns the error. */
static double slope_error(struct forward *self, const struct tensor *input, int64_t offset, double gradient)
{
    double *place = (double *)input->data + offset, old = *place;
    *place = old + STEP;
    double above = loss_of(self);
    *place = old - STEP;
    double below = loss_of(self);
    *place = old;
    return fabs((above - below) / (2 * STEP) - gradient);
}

static void check_gradient(struct forward *self, const struct tensor *input, const struct tensor *gradient,
                           const char *what)
{
    const double *values = gradient->data;
    int64_t count = tensor_count(gradient), stride = count > SAMPLES ? count / SAMPLES : 1;
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    ck_assert_msg(largest > 0, "%s: the gradient is zero everywhere", what);
    for (int64_t i = count / 3 % stride; i < count; i += stride) {
        double error = slope_error(self, input, tensor_offset(input, i), values[i]) / largest;
        ck_assert_msg(error <= TOLERANCE, "%s: element %lld of %lld: error %.2e > %.0e, gradient %.9g", what,
                      (long long)i, (long long)count, error, TOLERANCE, values[i]);
    }
}

static void check_pair(const struct gradient_row *row, const struct op_case *forward_row)
{
    struct forward forward;
    struct tensor in[OP_MAX_IN], out[OP_MAX_OUT];
    struct op_call call = {.op = row->backward, .attrs = row->attrs ? *row->attrs : forward_row->attrs};
    char what[160];
    forward_init(&forward, forward_row);
    collect_inputs(&forward, row, in, &call);
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (!row->gradient_of[i])
            continue;
        out[i] = tensor_with_format(&forward.call.in[row->gradient_of[i] - 1].tensor, FORMAT_CONTIGUOUS);
        out[i].data = test_alloc((size_t)tensor_bytes(&out[i]));
        call.out[i] = &out[i];
    }
    run(forward.device, &call, NULL);
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (!call.out[i])
            continue;
        snprintf(what, sizeof what, "%s (%s) of %s, input %d", op_name(row->backward), forward_row->label,
                 op_name(row->forward), row->gradient_of[i] - 1);
        check_gradient(&forward, &forward.call.in[row->gradient_of[i] - 1].tensor, &out[i], what);
        free(out[i].data);
    }
    forward_release(&forward);
}

/* Cases that differences can be taken of: finite, and small enough to run many times. */
static bool has_slopes(const struct op_case *row)
{
    return row->in[0].fill != FILL_NON_FINITE && !(row->flags & CASE_LARGE);
}

/* Pairs of a gradient row and a case of its forward operator: row * case_count() + case. */
static int *pairs, pair_count;

START_TEST(slopes)
{
    check_pair(&gradients[pairs[_i] / case_count()], case_at(pairs[_i] % case_count()));
}
END_TEST

/* No backward operator may be left out, and no row may be idle. */
START_TEST(every_backward_is_checked)
{
    static const char *const objects[] = {
#define OP(id, object, name, inputs, outputs, flags) #object,
#include "kernels/ops.def"
#undef OP
    };
    for (int op = 0; op < OP_COUNT; op++) {
        bool found = strstr(objects[op], "_backward") == NULL;
        for (int i = 0; i < GRADIENTS && !found; i++)
            found = (int)gradients[i].backward == op;
        ck_assert_msg(found, "%s (%s) has no row in the table of gradients", op_name((enum op_id)op), objects[op]);
    }
}
END_TEST

START_TEST(every_row_has_a_case)
{
    int used = 0;
    for (int i = 0; i < pair_count; i++)
        used += pairs[i] / case_count() == _i;
    ck_assert_msg(used > 0, "gradient row %d, %s: no case applies", _i, op_name(gradients[_i].backward));
}
END_TEST

static void select_pairs(const char *word)
{
    pairs = test_alloc((size_t)(GRADIENTS * case_count()) * sizeof *pairs);
    for (int i = 0; i < GRADIENTS; i++)
        for (int k = 0; k < case_count(); k++) {
            const struct op_case *row = case_at(k);
            bool wanted = !word || strstr(op_name(gradients[i].backward), word) || strstr(op_name(row->op), word);
            if (row->op == gradients[i].forward && wanted && has_slopes(row) &&
                (!gradients[i].applies || gradients[i].applies(row)))
                pairs[pair_count++] = i * case_count() + k;
        }
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("gradients of the reference");
    TCase *cases = tcase_create("gradients");
    select_pairs(argc > 1 ? argv[1] : NULL);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, every_backward_is_checked);
    if (argc <= 1)
        tcase_add_loop_test(cases, every_row_has_a_case, 0, GRADIENTS);
    tcase_add_loop_test(cases, slopes, 0, pair_count);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    free(pairs);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
