/*
 * kernels: element types (every 16-bit pattern), memory formats (every row of the ambiguity table of PyTorch's
 * channels_last rules), tensor descriptions.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "kernels/observer.h"
#include "kernels/tensor.h"

START_TEST(dtype_names_and_sizes)
{
    static const char *const names[] = {"float32", "bfloat16", "float16", "float64", "int64", "uint8"};
    static const size_t bytes[] = {4, 2, 2, 8, 8, 1};
    for (int i = 0; i < DTYPE_COUNT; i++) {
        ck_assert_str_eq(dtype_name((enum dtype)i), names[i]);
        ck_assert_uint_eq(dtype_bytes((enum dtype)i), bytes[i]);
    }
}
END_TEST

/* The value of a binary16 pattern, by its definition. */
static double half_value(unsigned bits)
{
    int exponent = (bits >> 10) & 0x1F;
    double mantissa = bits & 0x3FF, sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 0x1F)
        return mantissa != 0 ? NAN : sign * INFINITY;
    return exponent == 0 ? sign * ldexp(mantissa, -24) : sign * ldexp(1024 + mantissa, exponent - 25);
}

static double brain_value(unsigned bits)
{
    int exponent = (bits >> 7) & 0xFF;
    double mantissa = bits & 0x7F, sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 0xFF)
        return mantissa != 0 ? NAN : sign * INFINITY;
    return exponent == 0 ? sign * ldexp(mantissa, -133) : sign * ldexp(128 + mantissa, exponent - 134);
}

static float half_to_float(uint16_t bits)
{
    return dtype_float_from_float16(bits);
}

static float brain_to_float(uint16_t bits)
{
    return dtype_float_from_bfloat16(bits);
}

struct narrow {
    double (*value)(unsigned bits);
    float (*widen)(uint16_t bits);
    uint16_t (*narrow)(float value);
    unsigned infinity;
};
static const struct narrow narrows[] = {
    {half_value, half_to_float, dtype_float16_from_float, 0x7C00},
    {brain_value, brain_to_float, dtype_bfloat16_from_float, 0x7F80},
};

/* All 65536 patterns widen to their value and come back; NaNs stay NaNs with their sign. */
START_TEST(narrow_types_round_trip)
{
    const struct narrow *type = &narrows[_i];
    for (unsigned bits = 0; bits < 65536; bits++) {
        float wide = type->widen((uint16_t)bits);
        double expected = type->value(bits);
        uint16_t back = type->narrow(wide);
        if (isnan(expected)) {
            ck_assert(isnan(wide) && isnan(type->value(back)));
            ck_assert_uint_eq(back & 0x8000, bits & 0x8000);
            continue;
        }
        ck_assert_msg((double)wide == expected, "%04x: %g for %g", bits, (double)wide, expected);
        ck_assert_msg(back == bits, "%04x came back as %04x", bits, back);
    }
}
END_TEST

/* Between each two neighbours: the middle goes to the even one, a hair beside the middle to the nearer one. */
START_TEST(narrow_types_round_to_nearest_even)
{
    const struct narrow *type = &narrows[_i];
    for (unsigned bits = 0; bits < type->infinity; bits++) {
        double here = type->value(bits), above = type->value(bits + 1);
        if (bits + 1 == type->infinity)
            above = 2 * here - type->value(bits - 1);
        float middle = (float)((here + above) / 2); /* exact: one bit more */
        unsigned even = bits & 1 ? bits + 1 : bits;
        for (unsigned sign = 0; sign <= 0x8000; sign += 0x8000) {
            float s = sign ? -1.0f : 1.0f;
            ck_assert_uint_eq(type->narrow(s * middle), sign | even);
            ck_assert_uint_eq(type->narrow(s * nextafterf(middle, 0)), sign | bits);
            ck_assert_uint_eq(type->narrow(s * nextafterf(middle, INFINITY)), sign | (bits + 1));
        }
    }
}
END_TEST

START_TEST(narrow_types_extremes)
{
    float nan_low_bits, smallest = nextafterf(0, 1);
    uint32_t pattern = 0x7F800001; /* a NaN whose payload is only in the half that is cut off */
    memcpy(&nan_low_bits, &pattern, sizeof pattern);
    ck_assert(isnan(brain_value(dtype_bfloat16_from_float(nan_low_bits))));
    ck_assert(isnan(half_value(dtype_float16_from_float(nan_low_bits))));
    ck_assert_uint_eq(dtype_float16_from_float(INFINITY), 0x7C00);
    ck_assert_uint_eq(dtype_float16_from_float(-INFINITY), 0xFC00);
    ck_assert_uint_eq(dtype_float16_from_float(65504), 0x7BFF);
    ck_assert_uint_eq(dtype_float16_from_float(65519.996f), 0x7BFF);
    ck_assert_uint_eq(dtype_float16_from_float(65520), 0x7C00);
    ck_assert_uint_eq(dtype_float16_from_float(1e30f), 0x7C00);
    ck_assert_uint_eq(dtype_float16_from_float(0x1p-25f), 0); /* half of the smallest: ties to even */
    ck_assert_uint_eq(dtype_float16_from_float(smallest), 0);
    ck_assert_uint_eq(dtype_float16_from_float(-smallest), 0x8000);
    ck_assert_uint_eq(dtype_bfloat16_from_float(3.4028235e38f), 0x7F80); /* FLT_MAX is beyond bfloat16's middle */
    ck_assert_uint_eq(dtype_bfloat16_from_float(-0.0f), 0x8000);
}
END_TEST

START_TEST(load_and_store)
{
    double buffer[2];
    for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
        memset(buffer, 0, sizeof buffer);
        dtype_store(buffer, (enum dtype)dtype, 1, 3.0);
        ck_assert_double_eq(dtype_load(buffer, (enum dtype)dtype, 0), 0);
        ck_assert_double_eq(dtype_load(buffer, (enum dtype)dtype, 1), 3);
    }
    uint8_t byte;
    int64_t word;
    dtype_store(&byte, DTYPE_UINT8, 0, 2.9);
    ck_assert_uint_eq(byte, 2);
    dtype_store(&byte, DTYPE_UINT8, 0, 1000);
    ck_assert_uint_eq(byte, 255);
    dtype_store(&byte, DTYPE_UINT8, 0, -1);
    ck_assert_uint_eq(byte, 0);
    dtype_store(&word, DTYPE_INT64, 0, -2.9);
    ck_assert_int_eq(word, -2);
    dtype_store(&word, DTYPE_INT64, 0, NAN);
    ck_assert_int_eq(word, 0);
    dtype_store(&word, DTYPE_INT64, 0, 1e300);
    ck_assert_int_eq(word, INT64_MAX);
    dtype_store(&word, DTYPE_INT64, 0, -1e300);
    ck_assert_int_eq(word, INT64_MIN);
}
END_TEST

#define CF FORMAT_CONTIGUOUS
#define CL FORMAT_CHANNELS_LAST
#define EITHER FORMAT_EITHER
#define ND FORMAT_STRIDED

/* One row: what the tensor is, its sizes and strides as PyTorch has them, its format and its suggested format. */
static const struct row {
    const char *what;
    int64_t size[4], stride[4];
    enum memory_format format, suggest;
} rows[] = {
    {"dense NCHW", {2, 8, 12, 10}, {960, 120, 10, 1}, CF, CF},
    {"dense NHWC", {2, 8, 12, 10}, {960, 1, 80, 8}, CL, CL},
    {"fresh N,1,H,W", {2, 1, 12, 10}, {120, 120, 10, 1}, EITHER, CF},
    {"fresh N,C,1,1", {2, 8, 1, 1}, {8, 1, 1, 1}, EITHER, CF},
    {"empty(..., CL) of N,1,H,W", {2, 1, 12, 10}, {120, 1, 10, 1}, EITHER, CL},
    {"empty(..., CL) of N,C,1,1", {2, 8, 1, 1}, {8, 1, 8, 8}, EITHER, CL},
    {"fresh N,1,1,1", {2, 1, 1, 1}, {1, 1, 1, 1}, EITHER, CF},
    {"fresh 1,1,1,1", {1, 1, 1, 1}, {1, 1, 1, 1}, EITHER, CF},
    {"N,1,1,1 after .to(CL)", {2, 1, 1, 1}, {1, 1, 1, 1}, EITHER, CF},
    {"fresh N,C,1,W", {2, 8, 1, 10}, {80, 10, 10, 1}, CF, CF},
    {"fresh N,C,H,1", {2, 8, 12, 1}, {96, 12, 1, 1}, CF, CF},
    {"N,C,1,W in CL", {2, 8, 1, 10}, {80, 1, 80, 8}, CL, CL},
    {"N,C,H,1 in CL", {2, 8, 12, 1}, {96, 1, 8, 8}, CL, CL},
    {"1,C,H,W", {1, 8, 12, 10}, {960, 120, 10, 1}, CF, CF},
    {"1,C,H,W in CL", {1, 8, 12, 10}, {960, 1, 80, 8}, CL, CL},
    {"x_CL[:, :1]", {2, 1, 12, 10}, {960, 1, 80, 8}, ND, CL},
    {"x_CL[:, :4], a chunk", {2, 4, 12, 10}, {960, 1, 80, 8}, ND, CL},
    {"x_CL[:, :, :1, :1]", {2, 8, 1, 1}, {960, 1, 80, 8}, ND, CL},
    {"x_CL[:, :, ::2]", {2, 8, 6, 10}, {960, 1, 160, 8}, ND, CL},
    {"x_CF[:, :4], a chunk", {2, 4, 12, 10}, {960, 120, 10, 1}, ND, CF},
    {"x_CL.mean((2,3), keepdim)", {2, 8, 1, 1}, {8, 1, 1, 1}, EITHER, CF},
    {"conv out, Cout=1, CL in", {2, 1, 12, 10}, {120, 1, 10, 1}, EITHER, CL},
    {"conv1x1 weight fresh", {16, 8, 1, 1}, {8, 1, 1, 1}, EITHER, CF},
    {"conv1x1 weight after .to(CL)", {16, 8, 1, 1}, {8, 1, 8, 8}, EITHER, CL},
    {"depthwise weight fresh", {8, 1, 3, 3}, {9, 9, 3, 1}, EITHER, CF},
    {"depthwise weight after .to(CL)", {8, 1, 3, 3}, {9, 1, 3, 1}, EITHER, CL},
    {"expand of N,C,1,1", {2, 8, 12, 10}, {8, 1, 0, 0}, ND, CF},
    {"expand over C", {2, 8, 12, 10}, {120, 0, 10, 1}, ND, CF},
    {"expand over N of NHWC", {2, 8, 12, 10}, {0, 1, 80, 8}, ND, CF},
    {"rot90 of CL", {2, 8, 10, 12}, {960, 1, 8, 80}, ND, CF},
    {"transposed H and W of NCHW", {2, 8, 10, 12}, {960, 120, 1, 10}, ND, CF},
    {"no elements", {0, 8, 12, 10}, {960, 1, 80, 8}, CF, CF},
    {"no width", {2, 8, 12, 0}, {96, 12, 1, 1}, CF, CF},
};

START_TEST(formats_of_rows)
{
    const struct row *row = &rows[_i];
    ck_assert_msg(layout_of(4, row->size, row->stride) == row->format, "%s: %s", row->what,
                  layout_name(layout_of(4, row->size, row->stride)));
    ck_assert_msg(layout_suggest(4, row->size, row->stride) == row->suggest, "%s: suggests %s", row->what,
                  layout_name(layout_suggest(4, row->size, row->stride)));
}
END_TEST

/* `either` exactly when C == 1 or H == W == 1, over all small shapes and both formats. */
START_TEST(either_is_what_it_says)
{
    for (int shape = 0; shape < 81; shape++) {
        int64_t size[4] = {1 + shape % 3, 1 + shape / 3 % 3, 1 + shape / 9 % 3, 1 + shape / 27 % 3}, stride[4];
        bool either = size[1] == 1 || (size[2] == 1 && size[3] == 1);
        for (int format = CF; format <= CL; format++) {
            layout_strides((enum memory_format)format, 4, size, stride);
            ck_assert_int_eq(layout_of(4, size, stride), either ? EITHER : (enum memory_format)format);
            ck_assert(layout_is_dense(4, size, stride));
            if (!either)
                ck_assert_int_eq(layout_suggest(4, size, stride), format);
        }
    }
}
END_TEST

START_TEST(other_ranks)
{
    int64_t size[] = {2, 3, 4, 5, 6}, stride[5];
    for (int dims = 0; dims <= 5; dims++) {
        layout_strides(CL, dims, size, stride); /* row-major unless 4-D */
        ck_assert_int_eq(layout_of(dims, size, stride), dims == 4 ? CL : CF);
        ck_assert_int_eq(layout_suggest(dims, size, stride), dims == 4 ? CL : CF);
        ck_assert(layout_is_dense(dims, size, stride));
    }
    const int64_t transposed[] = {1, 2};
    ck_assert_int_eq(layout_of(2, size, transposed), ND);
    ck_assert(layout_is_dense(2, size, transposed));
    layout_strides(CF, 5, size, stride);
    ck_assert_int_eq(stride[0], 360);
    ck_assert_int_eq(stride[4], 1);
}
END_TEST

START_TEST(density)
{
    const int64_t size[] = {2, 8, 12, 10}, empty[] = {2, 0, 3, 1}, ones[] = {1, 1, 1, 1}, square[] = {2, 2, 1, 1};
    ck_assert(layout_is_dense(4, size, (int64_t[]){960, 1, 80, 8}));
    ck_assert(layout_is_dense(4, size, (int64_t[]){1, 2, 16, 192}));   /* any order of dimensions */
    ck_assert(!layout_is_dense(4, size, (int64_t[]){1920, 1, 160, 16})); /* gaps */
    ck_assert(!layout_is_dense(4, size, (int64_t[]){960, 120, 10, 0}));  /* overlap */
    ck_assert(!layout_is_dense(4, square, (int64_t[]){1, 1, 1, 1}));
    ck_assert(layout_is_dense(4, empty, (int64_t[]){7, 7, 7, 7}));
    ck_assert(layout_is_dense(4, ones, (int64_t[]){7, 7, 7, 7}));
    ck_assert(layout_is_dense(0, NULL, NULL));
}
END_TEST

START_TEST(tensors)
{
    struct tensor a = tensor_make_4d(DTYPE_BFLOAT16, 2, 8, 12, 10, CL), b = tensor_with_format(&a, CF);
    struct tensor scalar = tensor_make(DTYPE_FLOAT32, 0, NULL, CF);
    struct tensor none = tensor_make_4d(DTYPE_FLOAT32, 0, 8, 12, 10, CF);
    ck_assert_int_eq(tensor_count(&a), 1920);
    ck_assert_int_eq(tensor_bytes(&a), 3840);
    ck_assert_int_eq(tensor_span_bytes(&a), 3840);
    ck_assert_int_eq(tensor_format(&a), CL);
    ck_assert_int_eq(tensor_format(&b), CF);
    ck_assert(tensor_same_shape(&a, &b) && !tensor_same_layout(&a, &b));
    struct tensor chunk = a;
    chunk.size[1] = 4;
    ck_assert_int_eq(tensor_bytes(&chunk), 1920);
    ck_assert_int_eq(tensor_span_bytes(&chunk), 2 * (960 + 11 * 80 + 9 * 8 + 3 + 1));
    struct tensor broadcast = b;
    broadcast.stride[0] = 0;
    ck_assert_int_eq(tensor_span_bytes(&broadcast), 1920);
    int word;
    a.data = &word;
    struct tensor wide = tensor_with_dtype(&a, DTYPE_FLOAT32);
    ck_assert_ptr_null(wide.data);
    ck_assert_ptr_null(tensor_with_format(&a, CF).data);
    ck_assert_int_eq(tensor_bytes(&wide), 7680);
    ck_assert(tensor_same_layout(&a, &wide));
    ck_assert_int_eq(tensor_count(&scalar), 1);
    ck_assert_int_eq(tensor_bytes(&scalar), 4);
    ck_assert_int_eq(tensor_span_bytes(&scalar), 4);
    ck_assert_int_eq(tensor_bytes(&none), 0);
    ck_assert_int_eq(tensor_span_bytes(&none), 0);
    ck_assert(!tensor_same_shape(&a, &scalar));
}
END_TEST

/* Strides of size-1 dimensions are no difference. */
START_TEST(same_layout_of_ambiguous)
{
    struct tensor a = tensor_make_4d(DTYPE_FLOAT32, 2, 8, 1, 1, CL), b = tensor_make_4d(DTYPE_FLOAT32, 2, 8, 1, 1, CF);
    ck_assert(a.stride[2] != b.stride[2]);
    ck_assert(tensor_same_layout(&a, &b));
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(layout_name(FORMAT_CONTIGUOUS), "contiguous");
    ck_assert_str_eq(layout_name(FORMAT_CHANNELS_LAST), "channels_last");
    ck_assert_str_eq(layout_name(FORMAT_EITHER), "either");
    ck_assert_str_eq(layout_name(FORMAT_BLOCKED), "blocked");
    ck_assert_str_eq(layout_name(FORMAT_STRIDED), "strided");
    ck_assert_str_eq(op_phase_name(PHASE_OPTIMIZER), "optimizer");
    ck_assert_str_eq(kernel_role_name(ROLE_CONVERSION), "conversion");
    ck_assert_str_eq(conversion_cause_name(CAUSE_GRADIENT), "gradient");
    for (int i = 0; i < PHASE_COUNT; i++)
        ck_assert_ptr_nonnull(op_phase_name((enum op_phase)i));
    for (int i = 0; i < ROLE_COUNT; i++)
        ck_assert_ptr_nonnull(kernel_role_name((enum kernel_role)i));
    for (int i = 0; i < CAUSE_COUNT; i++)
        ck_assert_ptr_nonnull(conversion_cause_name((enum conversion_cause)i));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, dtype_names_and_sizes);
    tcase_add_loop_test(tests, narrow_types_round_trip, 0, 2);
    tcase_add_loop_test(tests, narrow_types_round_to_nearest_even, 0, 2);
    tcase_add_test(tests, narrow_types_extremes);
    tcase_add_test(tests, load_and_store);
    tcase_add_loop_test(tests, formats_of_rows, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tests, either_is_what_it_says);
    tcase_add_test(tests, other_ranks);
    tcase_add_test(tests, density);
    tcase_add_test(tests, tensors);
    tcase_add_test(tests, same_layout_of_ambiguous);
    tcase_add_test(tests, names);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
