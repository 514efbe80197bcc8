/* Views and TensorIterator's output strides against what PyTorch 2.15 gives for the same tensors. */
#include <check.h>
#include <string.h>

#include "kernels/iterator.h"
#include "kernels/view.h"

/* Sizes and strides; a 0 size ends them. */
struct shape {
    int64_t size[TENSOR_MAX_DIMS + 1], stride[TENSOR_MAX_DIMS];
};

static struct tensor made(const struct shape *shape)
{
    struct tensor tensor = {.dtype = DTYPE_FLOAT32};
    while (tensor.dims < TENSOR_MAX_DIMS && shape->size[tensor.dims] > 0)
        tensor.dims++;
    memcpy(tensor.size, shape->size, sizeof tensor.size);
    memcpy(tensor.stride, shape->stride, sizeof tensor.stride);
    return tensor;
}

static void same(const struct tensor *got, const struct shape *wanted, int row)
{
    struct tensor want = made(wanted);
    ck_assert_msg(got->dims == want.dims, "row %d: %d dimensions, wanted %d", row, got->dims, want.dims);
    for (int d = 0; d < want.dims; d++)
        ck_assert_msg(got->size[d] == want.size[d] && got->stride[d] == want.stride[d],
                      "row %d: dimension %d is %lld (stride %lld), wanted %lld (%lld)", row, d, (long long)got->size[d],
                      (long long)got->stride[d], (long long)want.size[d], (long long)want.stride[d]);
}

#define NCHW {{2, 8, 5, 3}, {120, 15, 3, 1}}
#define NHWC {{2, 8, 5, 3}, {120, 1, 24, 8}}
#define NO_VIEW {{0}, {0}}

/* torch.empty_strided(...).view(...), reshape's question. */
static const struct {
    struct shape input, output; /* output size 0: RuntimeError */
    struct view_attrs attrs;
} views[] = {
    {NCHW, {{2, 120}, {120, 1}}, {.dims = 2, .size = {2, 120}}},
    {NHWC, NO_VIEW, {.dims = 2, .size = {2, 120}}},
    {NHWC, {{2, 2, 4, 5, 3}, {120, 4, 1, 24, 8}}, {.dims = 5, .size = {2, 2, 4, 5, 3}}},
    {NHWC, {{2, 8, 15}, {120, 1, 8}}, {.dims = 3, .size = {2, 8, 15}}},
    {NHWC, NO_VIEW, {.dims = 3, .size = {2, 40, 3}}},
    {{{2, 8, 1, 1}, {8, 1, 8, 8}}, {{2, 8}, {8, 1}}, {.dims = 2, .size = {2, 8}}},
    {{{2, 4, 2, 5, 3}, {120, 1, 4, 24, 8}}, NO_VIEW, {.dims = 4, .size = {2, 8, 5, 3}}},
};

START_TEST(view_strides)
{
    struct tensor input = made(&views[_i].input), out[OP_MAX_OUT];
    int64_t offset[OP_MAX_OUT];
    enum status status = view_apply(OP_VIEW, &views[_i].attrs, &input, out, offset);
    if (views[_i].output.size[0] == 0) {
        ck_assert_int_eq(status, STATUS_UNSUPPORTED);
        return;
    }
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_int_eq(offset[0], 0);
    same(&out[0], &views[_i].output, _i);
}
END_TEST

/* Other views of the channels_last tensor. */
static const struct {
    enum op_id op;
    struct view_attrs attrs;
    int part;
    struct shape output;
    int64_t offset;
} others[] = {
    {OP_PERMUTE, {.order = {0, 2, 3, 1}}, 0, {{2, 5, 3, 8}, {120, 24, 8, 1}}, 0},
    {OP_TRANSPOSE, {.order = {0, 2, 1, 3}}, 0, {{2, 5, 8, 3}, {120, 24, 1, 8}}, 0},
    {OP_SLICE, {.dim = 1, .start = 2, .length = 3}, 0, {{2, 3, 5, 3}, {120, 1, 24, 8}}, 2},
    {OP_SLICE, {.dim = 2, .start = 4, .length = 1}, 0, {{2, 8, 1, 3}, {120, 1, 24, 8}}, 96},
    {OP_SELECT, {.dim = 1, .start = 7}, 0, {{2, 5, 3}, {120, 24, 8}}, 7},
    {OP_SPLIT, {.dim = 1, .length = 3}, 1, {{2, 3, 5, 3}, {120, 1, 24, 8}}, 3},
    {OP_SPLIT, {.dim = 1, .length = 3}, 2, {{2, 2, 5, 3}, {120, 1, 24, 8}}, 6},
    {OP_UNSQUEEZE, {.dim = 1}, 0, {{2, 1, 8, 5, 3}, {120, 8, 1, 24, 8}}, 0},
};

START_TEST(other_views)
{
    struct tensor input = made(&(struct shape)NHWC), out[OP_MAX_OUT];
    int64_t offset[OP_MAX_OUT];
    ck_assert_int_eq(view_apply(others[_i].op, &others[_i].attrs, &input, out, offset), STATUS_OK);
    same(&out[others[_i].part], &others[_i].output, _i);
    ck_assert_int_eq(offset[others[_i].part], others[_i].offset);
}
END_TEST

START_TEST(views_that_cannot_be)
{
    struct tensor input = made(&(struct shape)NCHW), out[OP_MAX_OUT];
    int64_t offset[OP_MAX_OUT];
    static const struct {
        enum op_id op;
        struct view_attrs attrs;
    } bad[] = {{OP_VIEW, {.dims = 2, .size = {2, 119}}},        {OP_PERMUTE, {.order = {0, 1, 1, 2}}},
               {OP_SLICE, {.dim = 1, .start = 6, .length = 3}}, {OP_SELECT, {.dim = 4}},
               {OP_SQUEEZE, {.dim = 1}},                        {OP_SPLIT, {.dim = 1, .length = 1}},
               {OP_EXPAND, {.dims = 4, .size = {2, 16, 5, 3}}}, {OP_EXPAND, {.dims = 2, .size = {5, 3}}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(view_apply(bad[i].op, &bad[i].attrs, &input, out, offset) == STATUS_USAGE, "row %zu", i);
}
END_TEST

/* (a + b).stride() */
static const struct {
    struct shape a, b, output;
} sums[] = {
    {NCHW, NCHW, NCHW},
    {NHWC, NHWC, NHWC},
    {NHWC, NCHW, NHWC},
    {NCHW, NHWC, NCHW},
    {NHWC, {{2, 8, 1, 1}, {8, 1, 1, 1}}, NHWC},
    {{{2, 8, 1, 1}, {8, 1, 1, 1}}, NHWC, NHWC},
    {{{2, 8, 1, 1}, {8, 1, 8, 8}}, NCHW, NCHW},
    {{{8, 1, 1}, {1, 1, 1}}, NHWC, NHWC},
    {{{2, 8, 5, 3}, {240, 1, 48, 16}}, {{2, 8, 5, 3}, {240, 1, 48, 16}}, NHWC},
    {{{2, 5, 3, 8}, {120, 3, 1, 15}}, {{2, 5, 3, 8}, {120, 3, 1, 15}}, {{2, 5, 3, 8}, {120, 3, 1, 15}}},
    {{{2, 8, 1, 1}, {8, 1, 0, 0}}, {{2, 8, 1, 1}, {8, 1, 0, 0}}, {{2, 8, 1, 1}, {8, 1, 1, 1}}},
    {{{2, 8, 5, 3}, {8, 1, 0, 0}}, {{1}, {1}}, NCHW},
};

START_TEST(iterator_output)
{
    struct tensor a = made(&sums[_i].a), b = made(&sums[_i].b), out = made(&sums[_i].output);
    const struct tensor *inputs[] = {&a, NULL, &b};
    memset(out.stride, 0, sizeof out.stride);
    iterator_strides(inputs, 3, &out);
    same(&out, &sums[_i].output, _i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *cases = tcase_create("view");
    tcase_add_loop_test(cases, view_strides, 0, (int)(sizeof views / sizeof views[0]));
    tcase_add_loop_test(cases, other_views, 0, (int)(sizeof others / sizeof others[0]));
    tcase_add_test(cases, views_that_cannot_be);
    tcase_add_loop_test(cases, iterator_output, 0, (int)(sizeof sums / sizeof sums[0]));
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
