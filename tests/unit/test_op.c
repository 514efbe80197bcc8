/* kernels: the list of operators; shapes, floating-point operations and bytes of calls. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/backend.h"

/* A query: inputs by position, attributes, and what came out. */
static struct tensor input[OP_MAX_IN], output[OP_MAX_OUT];
static const struct tensor *in[OP_MAX_IN];
static union op_attrs attrs;

static void reset(void)
{
    memset(in, 0, sizeof in);
    memset(&attrs, 0, sizeof attrs);
}

static void give(int position, enum dtype dtype, int dims, const int64_t *size)
{
    input[position] = tensor_make(dtype, dims, size, FORMAT_CONTIGUOUS);
    in[position] = &input[position];
}
#define GIVE(position, dtype, ...) \
    give(position, DTYPE_##dtype, sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[]){__VA_ARGS__})
#define GIVE_SCALAR(position) give(position, DTYPE_FLOAT32, 0, NULL)

static void infer_ok(enum op_id op)
{
    enum status status = op_infer(op, &attrs, in, output);
    ck_assert_msg(status == STATUS_OK, "%s: %s", op_name(op), status_message());
}

/* The line must name the operator and hold every word. */
static void infer_fails(enum op_id op, const char *word, const char *other)
{
    ck_assert_int_eq(op_infer(op, &attrs, in, output), STATUS_USAGE);
    ck_assert_ptr_eq(strstr(status_message(), op_name(op)), status_message());
    ck_assert_msg(strstr(status_message(), word) && strstr(status_message(), other), "'%s', '%s': %s", word, other,
                  status_message());
}

static void is(int position, enum dtype dtype, int dims, const int64_t *size)
{
    ck_assert_int_eq(output[position].dims, dims);
    ck_assert_int_eq(output[position].dtype, dtype);
    for (int d = 0; d < dims; d++)
        ck_assert_int_eq(output[position].size[d], size[d]);
    enum memory_format format = tensor_format(&output[position]);
    ck_assert(format == FORMAT_CONTIGUOUS || format == FORMAT_EITHER);
    ck_assert_ptr_null(output[position].data);
}
#define IS(position, dtype, ...) \
    is(position, DTYPE_##dtype, sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[]){__VA_ARGS__})

START_TEST(table_is_whole)
{
    for (int op = 0; op < OP_COUNT; op++) {
        const char *name = op_name((enum op_id)op);
        ck_assert_ptr_eq(strstr(name, op == OP_ALL_REDUCE_ ? "c10d::" : "aten::"), name);
        if (op != OP_ADD_SCALAR) /* an overload of add; no other two share a name */
            ck_assert_int_eq(op_find(name), op);
        bool trailing = name[strlen(name) - 1] == '_' && !strstr(name, "_fused_") && !strstr(name, "_amp_") &&
                        !strstr(name, "_foreach_") && op != OP_ALL_REDUCE_ &&
                        op != OP_BERNOULLI_; /* PyTorch's fills a tensor made just before, which is nobody's input here */
        ck_assert_int_eq(trailing, (op_flags((enum op_id)op) & OP_IN_PLACE) != 0);
        int inputs = 1, outputs = 1;
        for (const char *c = op_input_names((enum op_id)op); *c; c++)
            inputs += *c == ',';
        for (const char *c = op_output_names((enum op_id)op); *c; c++)
            outputs += *c == ',';
        ck_assert_int_le(inputs, OP_MAX_IN);
        ck_assert_int_le(outputs, OP_MAX_OUT);
    }
    ck_assert_int_eq(op_find("aten::none"), OP_COUNT);
    ck_assert_int_eq(op_flags(OP_VIEW), OP_ALIAS);
}
END_TEST

/* size, kernel, stride, padding, dilation, ceil_mode; what max_pool2d and conv2d of PyTorch 2.15 give, -1: refused. */
static const int windows[][8] = {
    {224, 3, 2, 1, 1, 0, 112, 112}, {112, 3, 2, 1, 1, 0, 56, 56}, {7, 3, 2, 0, 1, 1, 3, 3}, {8, 3, 2, 0, 1, 1, 4, 3},
    {6, 2, 2, 0, 1, 1, 3, 3}, {5, 2, 3, 1, 1, 1, 2, 2}, {4, 3, 3, 1, 1, 1, 2, 2}, {10, 3, 2, 1, 2, 0, 4, 4},
    {3, 3, 1, 0, 2, 0, -1, -1}, {2, 3, 2, 0, 1, 0, -1, -1}, {1, 3, 2, 1, 1, 0, 1, 1}, {1, 2, 2, 1, 1, 1, 1, 1},
    {13, 3, 2, 0, 1, 0, 6, 6}, {55, 3, 2, 0, 1, 1, 27, 27}, {9, 2, 2, 1, 3, 1, 5, 4}, {1, 1, 4, 0, 3, 0, 1, 1},
    {8, 2, 4, 1, 3, 0, 2, 2}, {3, 2, 4, 2, 3, 0, -1, 1}, {13, 1, 1, 0, 1, 0, 13, 13}, {10, 3, 4, 2, 2, 1, -1, 3},
    {13, 4, 4, 1, 3, 1, 3, 2}, {3, 1, 4, 0, 1, 1, 1, 1}, {14, 4, 3, 3, 3, 1, -1, 4}, {10, 3, 4, 1, 3, 1, 3, 2},
    {10, 1, 2, 0, 2, 0, 5, 5}, {14, 2, 3, 1, 3, 0, 5, 5}, {14, 1, 4, 0, 2, 1, 4, 4}, {3, 1, 1, 0, 2, 1, 3, 3},
    {1, 4, 1, 1, 1, 1, -1, -1}, {4, 3, 1, 2, 3, 0, -1, 2}, {10, 1, 1, 0, 1, 1, 10, 10}, {5, 3, 2, 0, 3, 1, -1, -1},
};

START_TEST(windows_as_pytorch)
{
    const int *row = windows[_i];
    for (int axis = 0; axis < 2; axis++) { /* the other axis keeps its size of 5 */
        int64_t size[2] = {5, 5};
        struct pool_attrs pool = {{1, 1}, {1, 1}, {0, 0}, {1, 1}, row[5]};
        size[axis] = row[0];
        pool.kernel[axis] = row[1];
        pool.stride[axis] = row[2];
        pool.padding[axis] = row[3];
        pool.dilation[axis] = row[4];
        reset();
        attrs.pool = pool;
        GIVE(0, BFLOAT16, 2, 6, size[0], size[1]);
        ck_assert_int_eq(op_infer(OP_MAX_POOL2D, &attrs, in, output), row[6] < 0 ? STATUS_USAGE : STATUS_OK);
        if (row[6] >= 0) {
            int64_t expected[] = {2, 6, axis ? 5 : row[6], axis ? row[6] : 5};
            is(0, DTYPE_BFLOAT16, 4, expected);
            is(1, DTYPE_UINT8, 4, expected);
        }
        attrs.conv = (struct conv_attrs){{pool.stride[0], pool.stride[1]}, {pool.padding[0], pool.padding[1]},
                                         {pool.dilation[0], pool.dilation[1]}, 1};
        GIVE(1, FLOAT32, 4, 6, pool.kernel[0], pool.kernel[1]);
        ck_assert_int_eq(op_infer(OP_CONVOLUTION, &attrs, in, output), row[7] < 0 ? STATUS_USAGE : STATUS_OK);
        if (row[7] >= 0)
            is(0, DTYPE_BFLOAT16, 4, (int64_t[]){2, 4, axis ? 5 : row[7], axis ? row[7] : 5});
    }
}
END_TEST

static void give_convolution(void)
{
    reset();
    attrs.conv = (struct conv_attrs){{2, 2}, {3, 3}, {1, 1}, 1};
    GIVE(0, BFLOAT16, 8, 3, 224, 224);
    GIVE(1, FLOAT32, 64, 3, 7, 7);
    GIVE(2, FLOAT32, 64);
}

START_TEST(convolution)
{
    give_convolution();
    infer_ok(OP_CONVOLUTION);
    IS(0, BFLOAT16, 8, 64, 112, 112); /* computes in the input's dtype */
    ck_assert_int_eq(output[1].dims, -1);
    in[2] = NULL;
    infer_ok(OP_CONVOLUTION);

    give_convolution();
    GIVE(2, FLOAT32, 63);
    infer_fails(OP_CONVOLUTION, "bias (63)", "64");
    GIVE(2, FLOAT32, 64);
    GIVE(0, BFLOAT16, 8, 4, 224, 224);
    infer_fails(OP_CONVOLUTION, "(8, 4, 224, 224)", "(64, 3, 7, 7)");
    GIVE(0, BFLOAT16, 8, 3, 0, 224);
    infer_fails(OP_CONVOLUTION, "too small", "height");
    GIVE(0, BFLOAT16, 8, 3, 224);
    infer_fails(OP_CONVOLUTION, "weight (64, 3, 7, 7)", "3 dimensions"); /* a convolution over one dimension */
    in[1] = NULL;
    GIVE(0, BFLOAT16, 8, 3, 224, 224);
    infer_fails(OP_CONVOLUTION, "weight", "missing");
}
END_TEST

START_TEST(convolution_groups)
{
    reset();
    attrs.conv = (struct conv_attrs){{1, 1}, {1, 1}, {1, 1}, 6};
    GIVE(0, FLOAT32, 2, 6, 5, 5);
    GIVE(1, FLOAT32, 12, 1, 3, 3); /* depthwise, two outputs each */
    infer_ok(OP_CONVOLUTION);
    IS(0, FLOAT32, 2, 12, 5, 5);
    GIVE(1, FLOAT32, 10, 1, 3, 3);
    infer_fails(OP_CONVOLUTION, "groups=6", "10 output channels");
    attrs.conv.groups = 0;
    infer_fails(OP_CONVOLUTION, "groups is 0", "positive");
    attrs.conv = (struct conv_attrs){{1, 0}, {0, 0}, {1, 1}, 1};
    infer_fails(OP_CONVOLUTION, "stride 0", "positive");
}
END_TEST

START_TEST(convolution_backward)
{
    reset();
    attrs.conv = (struct conv_attrs){{2, 2}, {3, 3}, {1, 1}, 1};
    GIVE(0, BFLOAT16, 8, 64, 112, 112);
    GIVE(1, BFLOAT16, 8, 3, 224, 224);
    GIVE(2, FLOAT32, 64, 3, 7, 7);
    infer_ok(OP_CONVOLUTION_BACKWARD);
    IS(0, BFLOAT16, 8, 3, 224, 224);
    IS(1, FLOAT32, 64, 3, 7, 7);
    IS(2, FLOAT32, 64);
    GIVE(0, BFLOAT16, 8, 64, 111, 112);
    infer_fails(OP_CONVOLUTION_BACKWARD, "(8, 64, 111, 112)", "(8, 64, 112, 112)");
}
END_TEST

START_TEST(batch_norm)
{
    reset();
    attrs.norm = (struct norm_attrs){.eps = 1e-5, .momentum = 0.1, .training = true};
    GIVE(0, BFLOAT16, 4, 8, 7, 7);
    for (int i = 1; i <= 4; i++)
        GIVE(i, FLOAT32, 8);
    infer_ok(OP_BATCH_NORM);
    IS(0, BFLOAT16, 4, 8, 7, 7);
    IS(1, FLOAT32, 8);
    IS(2, FLOAT32, 8);
    attrs.norm.training = false;
    infer_ok(OP_BATCH_NORM);
    ck_assert_int_eq(output[1].dims, -1);
    GIVE(5, BFLOAT16, 4, 8, 7, 6);
    infer_fails(OP_BATCH_NORM, "residual (4, 8, 7, 6)", "equal shapes");
    in[5] = NULL;
    GIVE(3, FLOAT32, 9);
    infer_fails(OP_BATCH_NORM, "running_mean (9)", "8 elements");
    GIVE(3, FLOAT32, 8);
    GIVE(0, BFLOAT16, 1, 8, 1, 1);
    infer_ok(OP_BATCH_NORM);
    attrs.norm.training = true;
    infer_fails(OP_BATCH_NORM, "one value per channel", "(1, 8, 1, 1)");
}
END_TEST

START_TEST(group_norm)
{
    reset();
    attrs.norm = (struct norm_attrs){.eps = 1e-5, .groups = 4};
    GIVE(0, FLOAT16, 3, 8, 5, 5);
    GIVE(1, FLOAT32, 8);
    GIVE(2, FLOAT32, 8);
    infer_ok(OP_GROUP_NORM);
    IS(0, FLOAT16, 3, 8, 5, 5);
    IS(1, FLOAT32, 3, 4);
    IS(2, FLOAT32, 3, 4);
    attrs.norm.groups = 3;
    infer_fails(OP_GROUP_NORM, "groups is 3", "8 channels");
    attrs.norm.groups = 4;
    GIVE(1, FLOAT16, 3, 8, 5, 5);
    infer_ok(OP_GROUP_NORM_BACKWARD);
    IS(0, FLOAT16, 3, 8, 5, 5);
    IS(1, FLOAT32, 8);
    GIVE(0, FLOAT16, 3, 8, 5, 4);
    infer_fails(OP_GROUP_NORM_BACKWARD, "grad_output (3, 8, 5, 4)", "input (3, 8, 5, 5)");
}
END_TEST

START_TEST(instance_norm)
{
    reset();
    attrs.norm = (struct norm_attrs){.eps = 1e-5, .training = true, .groups = 8};
    GIVE(0, FLOAT16, 3, 8, 5, 5);
    infer_ok(OP_INSTANCE_NORM);
    IS(0, FLOAT16, 3, 8, 5, 5);
    IS(1, FLOAT32, 3, 8);
    IS(2, FLOAT32, 3, 8);
    GIVE(1, FLOAT32, 7);
    infer_fails(OP_INSTANCE_NORM, "weight (7)", "8 elements");
    GIVE(1, FLOAT32, 8);
    attrs.norm.groups = 4;
    infer_fails(OP_INSTANCE_NORM, "groups is 4", "every channel is a group");
    attrs.norm.groups = 8;
    GIVE(0, FLOAT16, 3, 8, 1, 1);
    infer_fails(OP_INSTANCE_NORM, "one value per channel and image", "(3, 8, 1, 1)");
    GIVE(0, FLOAT16, 3, 8, 5, 5);
    GIVE(1, FLOAT16, 3, 8, 5, 5);
    infer_ok(OP_INSTANCE_NORM_BACKWARD);
    IS(0, FLOAT16, 3, 8, 5, 5);
    GIVE(4, FLOAT32, 8);
    infer_ok(OP_INSTANCE_NORM_BACKWARD);
    IS(1, FLOAT32, 8);
    IS(2, FLOAT32, 8);
}
END_TEST

START_TEST(elementwise)
{
    reset();
    GIVE(0, BFLOAT16, 2, 3, 4, 5);
    GIVE(1, FLOAT32, 2, 3, 4, 5);
    infer_ok(OP_ADD);
    IS(0, FLOAT32, 2, 3, 4, 5); /* promoted */
    infer_ok(OP_ADD_);
    IS(0, BFLOAT16, 2, 3, 4, 5); /* in place: the target's */
    GIVE(1, FLOAT16, 2, 3, 4, 5);
    infer_ok(OP_ADD);
    IS(0, FLOAT32, 2, 3, 4, 5); /* bfloat16 with float16 */
    infer_ok(OP_THRESHOLD_BACKWARD);
    IS(0, FLOAT16, 2, 3, 4, 5);
    GIVE(2, FLOAT16, 2, 3, 4, 1);
    infer_fails(OP_THRESHOLD_BACKWARD, "addend (2, 3, 4, 1)", "equal shapes");
    GIVE(1, FLOAT16, 2, 3, 1, 1);
    infer_ok(OP_ADD);
    IS(0, FLOAT32, 2, 3, 4, 5); /* broadcast */
    infer_ok(OP_ADD_);
    infer_ok(OP_MUL);
    GIVE(1, FLOAT16, 3, 4, 1);
    infer_ok(OP_MUL);
    IS(0, FLOAT32, 2, 3, 4, 5); /* aligned at the last dimension */
    GIVE(1, FLOAT16, 2, 4, 1);
    infer_fails(OP_MUL, "self (2, 3, 4, 5)", "other (2, 4, 1)");
    GIVE(1, FLOAT16, 7, 2, 3, 4, 5);
    infer_ok(OP_MUL);
    IS(0, FLOAT32, 7, 2, 3, 4, 5);
    infer_fails(OP_MUL_, "other (7, 2, 3, 4, 5)", "first one's sizes");
    static const enum op_id same[] = {OP_RELU, OP_RELU_, OP_HARDTANH_, OP_COPY, OP_CLONE, OP_DROPOUT};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        infer_ok(same[i]);
        IS(0, BFLOAT16, 2, 3, 4, 5);
    }
    IS(1, UINT8, 2, 3, 4, 5);
    attrs.dropout.p = 1.5;
    infer_fails(OP_DROPOUT, "1.5", "from 0 to 1");
}
END_TEST

START_TEST(pooling)
{
    reset();
    attrs.pool = (struct pool_attrs){{3, 3}, {2, 2}, {0, 0}, {1, 1}, false};
    GIVE(0, FLOAT32, 2, 4, 2, 9);
    infer_fails(OP_MAX_POOL2D, "(2, 4, 2, 9) is too small", "larger images");
    attrs.pool.kernel[0] = attrs.pool.kernel[1] = 17;
    GIVE(0, FLOAT32, 2, 4, 32, 32);
    infer_fails(OP_MAX_POOL2D, "17x17", "256");
    memset(&attrs, 0, sizeof attrs);
    infer_ok(OP_MEAN);
    IS(0, FLOAT32, 2, 4, 1, 1);
}
END_TEST

START_TEST(matrices)
{
    reset();
    GIVE(0, FLOAT32, 10);
    GIVE(1, BFLOAT16, 8, 512);
    GIVE(2, FLOAT32, 512, 10);
    infer_ok(OP_ADDMM);
    IS(0, BFLOAT16, 8, 10);
    GIVE(0, FLOAT32, 11);
    infer_fails(OP_ADDMM, "bias (11)", "10 elements");
    GIVE(1, BFLOAT16, 8, 511);
    infer_fails(OP_ADDMM, "(8, 511)", "511 and 512");
    GIVE(0, FLOAT32, 3, 4);
    GIVE(1, FLOAT16, 4, 5);
    infer_ok(OP_MM);
    IS(0, FLOAT16, 3, 5);
    attrs.reduce = (struct reduce_attrs){.dims = 1};
    infer_ok(OP_SUM);
    IS(0, FLOAT32, 4);
    attrs.reduce.keep = true;
    infer_ok(OP_SUM);
    IS(0, FLOAT32, 1, 4);
    attrs.reduce.dims = 4;
    infer_fails(OP_SUM, "(3, 4)", "not all dimensions");
    memset(&attrs, 0, sizeof attrs);
    GIVE(0, FLOAT32, 8, 512, 2, 3);
    infer_ok(OP_VIEW);
    IS(0, FLOAT32, 8, 3072);
}
END_TEST

START_TEST(losses)
{
    reset();
    GIVE(0, BFLOAT16, 8, 10);
    infer_ok(OP_LOG_SOFTMAX);
    IS(0, FLOAT32, 8, 10);
    GIVE(0, FLOAT32, 8, 10);
    GIVE(1, INT64, 8);
    infer_ok(OP_NLL_LOSS);
    ck_assert_int_eq(output[0].dims, 0);
    ck_assert_int_eq(output[0].dtype, DTYPE_FLOAT32);
    GIVE(1, INT64, 9);
    infer_fails(OP_NLL_LOSS, "target (9)", "8 elements");
    GIVE(1, UINT8, 8);
    infer_fails(OP_NLL_LOSS, "uint8", "int64");
    GIVE_SCALAR(0);
    GIVE(1, FLOAT32, 8, 10);
    GIVE(2, INT64, 8);
    infer_ok(OP_NLL_LOSS_BACKWARD);
    IS(0, FLOAT32, 8, 10);
}
END_TEST

START_TEST(optimizers)
{
    reset();
    for (int i = 0; i < 3; i++)
        GIVE(i, FLOAT32, 1000);
    GIVE_SCALAR(3);
    GIVE_SCALAR(4);
    attrs.sgd.momentum = 0.9;
    infer_ok(OP_SGD);
    IS(0, FLOAT32, 1000);
    IS(1, FLOAT32, 1000);
    in[2] = NULL;
    infer_fails(OP_SGD, "momentum_buffer", "missing");
    attrs.sgd.momentum = 0;
    infer_ok(OP_SGD);
    ck_assert_int_eq(output[1].dims, -1);
    GIVE(1, FLOAT32, 999);
    infer_fails(OP_SGD, "gradient (999)", "1000 elements");
    for (int i = 1; i < 4; i++)
        GIVE(i, FLOAT32, 1000);
    GIVE_SCALAR(5);
    infer_ok(OP_ADAMW);
    IS(2, FLOAT32, 1000);
    ck_assert_int_eq(output[3].dims, 0);
    GIVE_SCALAR(1);
    infer_ok(OP_AMP_UNSCALE);
    IS(0, FLOAT32, 1000);
    ck_assert_int_eq(output[1].dims, 0);
    GIVE_SCALAR(0);
    GIVE_SCALAR(2);
    infer_ok(OP_AMP_UPDATE_SCALE);
    ck_assert_int_eq(output[1].dims, 0);
    infer_fails(OP_AMP_UNSCALE, "gradient ()", "1 dimensions");
    GIVE(0, FLOAT32, 1000);
    infer_ok(OP_FOREACH_NORM);
    ck_assert_int_eq(output[0].dims, 0);
    infer_ok(OP_FOREACH_MUL_);
    IS(0, FLOAT32, 1000);
    infer_fails(OP_FOREACH_LERP_, "value ()", "1 dimensions");
    GIVE(1, FLOAT32, 999);
    infer_fails(OP_FOREACH_LERP_, "value (999)", "1000 elements");
    GIVE(1, FLOAT32, 1000);
    infer_ok(OP_FOREACH_LERP_);
    IS(0, FLOAT32, 1000);
    GIVE_SCALAR(0);
    infer_fails(OP_ALL_REDUCE_, "gradient ()", "1 dimensions");
    GIVE(0, FLOAT32, 1000);
    infer_ok(OP_ALL_REDUCE_);
    IS(0, FLOAT32, 1000);
}
END_TEST

START_TEST(flops_and_bytes)
{
    struct tensor x = tensor_make_4d(DTYPE_BFLOAT16, 8, 3, 224, 224, FORMAT_CHANNELS_LAST);
    struct tensor w = tensor_make_4d(DTYPE_FLOAT32, 64, 3, 7, 7, FORMAT_CHANNELS_LAST);
    struct tensor y = tensor_make_4d(DTYPE_BFLOAT16, 8, 64, 112, 112, FORMAT_CHANNELS_LAST);
    struct op_call call = {.op = OP_CONVOLUTION, .in = {&x, &w}, .out = {&y}};
    int64_t multiply_adds = 8LL * 64 * 112 * 112 * 3 * 7 * 7;
    ck_assert_int_eq(op_flops(&call), 2 * multiply_adds);
    ck_assert_int_eq(op_bytes_read(&call), 2LL * 8 * 3 * 224 * 224 + 4 * 64 * 3 * 7 * 7);
    ck_assert_int_eq(op_bytes_written(&call), 2LL * 8 * 64 * 112 * 112);

    struct tensor gw = w;
    struct op_call backward = {.op = OP_CONVOLUTION_BACKWARD, .in = {&y, &x, &w}, .out = {NULL, &gw}};
    ck_assert_int_eq(op_flops(&backward), 2 * multiply_adds); /* the first layer wants no grad_input */
    struct tensor gx = x;
    backward.out[0] = &gx;
    ck_assert_int_eq(op_flops(&backward), 4 * multiply_adds);
    ck_assert_int_eq(op_bytes_written(&backward), tensor_bytes(&gx) + tensor_bytes(&gw));

    struct op_call copy = {.op = OP_COPY, .in = {&x}, .out = {&gx}};
    ck_assert_int_eq(op_flops(&copy), 0);
    ck_assert_int_eq(op_bytes_read(&copy), op_bytes_written(&copy));
    struct op_call view = {.op = OP_VIEW, .in = {&x}, .out = {&gx}};
    ck_assert_int_eq(op_flops(&view) + op_bytes_read(&view) + op_bytes_written(&view), 0);
}
END_TEST

START_TEST(bytes_of_what_is_touched)
{
    struct tensor small = tensor_make_4d(DTYPE_FLOAT32, 2, 8, 6, 5, FORMAT_CONTIGUOUS);
    struct tensor large = tensor_make_4d(DTYPE_FLOAT32, 2, 8, 12, 10, FORMAT_CONTIGUOUS);
    struct tensor index = tensor_with_dtype(&small, DTYPE_UINT8), made = large;
    struct op_call pool = {.op = OP_MAX_POOL2D_BACKWARD, .in = {&small, &large, &index}, .out = {&made}};
    ck_assert_int_eq(op_bytes_read(&pool), 2 * 8 * 30 * 5); /* the input is there for its shape */
    struct tensor spread = large;
    memset(spread.stride, 0, sizeof spread.stride);
    spread.stride[1] = 1; /* one value per channel, spread over the rest */
    struct op_call add = {.op = OP_ADD, .attrs.add.alpha = 1, .in = {&large, &spread}, .out = {&made}};
    ck_assert_int_eq(op_bytes_read(&add), tensor_bytes(&large) + 8 * 4);
    ck_assert_int_eq(op_flops(&add), tensor_count(&large));
    add.attrs.add = (struct add_attrs){.alpha = 0.5, .relu = true};
    ck_assert_int_eq(op_flops(&add), 3 * tensor_count(&large));
}
END_TEST

START_TEST(backends_by_name)
{
    ck_assert_ptr_eq(backend_find("cpu"), &backend_cpu);
    ck_assert_ptr_eq(backend_find("ref"), &backend_ref);
    ck_assert_ptr_null(backend_find("tpu"));
    for (int i = 0; i < 2; i++) {
        const struct backend *backend = i ? &backend_ref : &backend_cpu;
        ck_assert_uint_eq(backend->abi_version, BACKEND_ABI_VERSION);
        ck_assert_uint_eq(backend->op_count, OP_COUNT);
        for (int op = 0; op < OP_COUNT; op++)
            ck_assert_msg(backend->ops[op] || op_flags((enum op_id)op) & OP_ALIAS, "%s has no %s", backend->name,
                          op_name((enum op_id)op));
    }
}
END_TEST

START_TEST(prepare_without_implementation)
{
    static const struct op_impl *const none[OP_COUNT];
    const struct backend backend = {.name = "bare", .ops = none};
    struct op_call call = {.op = OP_GROUP_NORM};
    struct op_prepared head, *made = &head;
    ck_assert_int_eq(backend_prepare(&backend, NULL, &call, &made), STATUS_UNSUPPORTED);
    ck_assert_ptr_null(made);
    ck_assert_ptr_nonnull(strstr(status_message(), "bare has no aten::native_group_norm"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("op");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, table_is_whole);
    tcase_add_loop_test(tests, windows_as_pytorch, 0, sizeof windows / sizeof *windows);
    tcase_add_test(tests, convolution);
    tcase_add_test(tests, convolution_groups);
    tcase_add_test(tests, convolution_backward);
    tcase_add_test(tests, batch_norm);
    tcase_add_test(tests, group_norm);
    tcase_add_test(tests, instance_norm);
    tcase_add_test(tests, elementwise);
    tcase_add_test(tests, pooling);
    tcase_add_test(tests, matrices);
    tcase_add_test(tests, losses);
    tcase_add_test(tests, optimizers);
    tcase_add_test(tests, flops_and_bytes);
    tcase_add_test(tests, bytes_of_what_is_touched);
    tcase_add_test(tests, backends_by_name);
    tcase_add_test(tests, prepare_without_implementation);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
