/*
 * kernels/cpu/vector: NCHW to NHWC and back at every instruction set this CPU has, against a plain loop, bit for bit.
 * The sizes stand at the edges of the transposition: strips of 4 and 8 rows, pieces of 64, 32 and 16 bytes, blocks that
 * are cut and blocks that are not, rows off the boundaries of lines, outputs on both sides of the streaming threshold.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu/vector/vector.h"
#include "kernels/tensor.h"

#define GUARD 256 /* bytes before and behind the output that must stay as they are */
#define GUARD_BYTE 0xA5

static const struct vector_kernels *const levels[] = {&vector_kernels_v2, &vector_kernels_v3, &vector_kernels_v4};

static bool level_runs(size_t level)
{
    const bool runs[] = {true, __builtin_cpu_supports("x86-64-v3") != 0, __builtin_cpu_supports("x86-64-v4") != 0};
    return runs[level];
}

static uint32_t element_bits(enum dtype dtype, int64_t i)
{
    uint32_t bits = (uint32_t)i * 2654435761u; /* neighbours differ in all bytes */
    return dtype == DTYPE_FLOAT32 ? (bits & 0x007FFFFFu) | 0x3F800000u : (bits >> 16 & 0x3FFu) | 0x3C00u;
}

static void store_bits(enum dtype dtype, char *data, int64_t i, uint32_t bits)
{
    memcpy(data + i * (int64_t)dtype_bytes(dtype), &bits, dtype_bytes(dtype)); /* little endian */
}

/* What the element becomes: itself, or the bfloat16 nearest to the float32. */
static uint32_t converted_bits(enum dtype from, enum dtype to, uint32_t bits)
{
    float value;
    if (from == to)
        return bits;
    memcpy(&value, &bits, sizeof value);
    return dtype_bfloat16_from_float(value);
}

/* The tensor's data starts `shift` elements behind a page. */
static void check_one(const struct vector_kernels *level, const struct tensor *from_shape,
                      const struct tensor *to_shape, int64_t shift, int threads)
{
    struct tensor from = *from_shape, to = *to_shape;
    int64_t bytes = tensor_bytes(&to), count = tensor_count(&to);
    int64_t from_shift = shift * (int64_t)dtype_bytes(from.dtype), to_shift = shift * (int64_t)dtype_bytes(to.dtype);
    char *source = malloc((size_t)(tensor_bytes(&from) + from_shift));
    char *output = NULL, *expected = malloc((size_t)bytes);
    ck_assert(source && expected && posix_memalign((void **)&output, 4096, (size_t)(bytes + to_shift + 2 * 4096)) == 0);
    from.data = source + from_shift;
    to.data = output + 4096 + to_shift;
    memset(output, GUARD_BYTE, (size_t)(bytes + to_shift + 2 * 4096));
    for (int64_t i = 0; i < count; i++) {
        int64_t rest = i, from_at = 0, to_at = 0;
        for (int d = from.dims - 1; d >= 0; d--) {
            from_at += rest % from.size[d] * from.stride[d];
            to_at += rest % from.size[d] * to.stride[d];
            rest /= from.size[d];
        }
        store_bits(from.dtype, from.data, from_at, element_bits(from.dtype, i));
        store_bits(to.dtype, expected, to_at, converted_bits(from.dtype, to.dtype, element_bits(from.dtype, i)));
    }
    level->convert(&from, &to, threads);
    ck_assert_msg(memcmp(to.data, expected, (size_t)bytes) == 0, "%s: %lldx%lldx%lldx%lld, %s to %s, stride %lld",
                  level->level, (long long)to.size[0], (long long)to.size[1], (long long)to.size[2],
                  (long long)to.size[3], dtype_name(from.dtype), dtype_name(to.dtype), (long long)to.stride[1]);
    for (int i = 1; i <= GUARD; i++) {
        ck_assert_uint_eq((unsigned char)((char *)to.data)[-i], GUARD_BYTE);
        ck_assert_uint_eq((unsigned char)((char *)to.data)[bytes - 1 + i], GUARD_BYTE);
    }
    free(source);
    free(output);
    free(expected);
}

/* Both directions, every level, element sizes 4 and 2 and the cast from one to the other. */
static void check_shape(int64_t n, int64_t c, int64_t h, int64_t w)
{
    static const enum dtype dtypes[][2] = {
        {DTYPE_FLOAT32, DTYPE_FLOAT32}, {DTYPE_BFLOAT16, DTYPE_BFLOAT16}, {DTYPE_FLOAT32, DTYPE_BFLOAT16}};
    const enum memory_format formats[] = {FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST};
    for (size_t level = 0; level < sizeof levels / sizeof *levels; level++)
        for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes && level_runs(level); d++)
            for (int back = 0; back < 2; back++) {
                struct tensor from = tensor_make_4d(dtypes[d][0], n, c, h, w, formats[back]);
                struct tensor to = tensor_make_4d(dtypes[d][1], n, c, h, w, formats[1 - back]);
                check_one(levels[level], &from, &to, 0, 1);
                check_one(levels[level], &from, &to, 3, 3);
            }
}

START_TEST(small_sizes_around_the_strips)
{
    static const int64_t sizes[] = {2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 36, 47, 49, 65};
    const size_t count = sizeof sizes / sizeof *sizes;
    for (size_t c = 0; c < count; c++)
        for (size_t s = 0; s < count; s++)
            check_shape(2, sizes[c], 1, sizes[s]);
}
END_TEST

START_TEST(blocks_cut_and_uncut)
{
    static const int64_t shapes[][4] = {
        {1, 128, 7, 7},   {1, 129, 7, 7},  {2, 135, 14, 14}, {1, 136, 1, 131}, {1, 263, 1, 136},
        {1, 40, 28, 28},  {1, 33, 1, 895}, {1, 33, 1, 896},  {1, 41, 1, 903},  {1, 39, 1, 904},
        {1, 17, 1, 1801}, {3, 8, 1, 2},    {2, 4, 1, 1000},  {1, 1000, 1, 4},  {1, 3, 1, 1025},
        {2, 5, 1, 2051},  {1, 2051, 1, 7}, {1, 3, 1, 2},     {1, 8, 1, 10000}, {1, 10000, 1, 8},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3]);
}
END_TEST

/* Over 2 MB: stored past the caches. */
START_TEST(large_outputs)
{
    check_shape(3, 64, 1, 5888);
    check_shape(2, 3, 419, 421);
    check_shape(3, 512, 28, 28);
    check_shape(5, 1031, 14, 14);
    check_shape(13, 2048, 7, 7);
    check_shape(1, 67, 127, 131);
    check_shape(2, 96, 1, 6001);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("convert");
    TCase *small = tcase_create("small"), *large = tcase_create("large");
    tcase_add_test(small, small_sizes_around_the_strips);
    tcase_add_test(small, blocks_cut_and_uncut);
    tcase_add_test(large, large_outputs);
    tcase_set_timeout(small, 120);
    tcase_set_timeout(large, 120);
    suite_add_tcase(suite, small);
    suite_add_tcase(suite, large);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
