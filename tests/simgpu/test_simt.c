/* Device code on the host: barriers, shuffles, votes, atomics, and that what diverges is found. Each test is a process of its own. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/support_launch.h"

START_TEST(barriers_hold_in_any_order)
{
    float in[512], out[2], *from, *to;

    setenv("SIMGPU_SEED", _i == 0 ? "0" : _i == 1 ? "1" : "987654321", 1);
    for (int i = 0; i < 512; i++)
        in[i] = (float)i;
    from = device_floats(512, 0);
    to = device_floats(2, 0);
    copy_to_device(from, in, 512);
    ck_assert_int_eq(run_kernel("sum_block", 2, 256, &(struct kernel_args){from, to, 0}), cudaSuccess);
    copy_from_device(out, to, 2);
    ck_assert(out[0] == 255 * 128 && out[1] == 255 * 128 + 256 * 256);
}
END_TEST

START_TEST(an_order_shows_a_missing_barrier)
{
    float out, *from = device_floats(256, 1), *to = device_floats(1, 0);

    setenv("SIMGPU_SEED", "5", 1);
    ck_assert_int_eq(run_kernel("sum_block_racing", 1, 256, &(struct kernel_args){from, to, 0}), cudaSuccess);
    copy_from_device(&out, to, 1);
    ck_assert_msg(out != 256, "a race made the right sum");
}
END_TEST

START_TEST(shared_memory_is_no_zero)
{
    float out[2], *to = device_floats(2, 0);

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(run_kernel("shared_unset", 1, 1, &(struct kernel_args){NULL, to, i}), cudaSuccess);
    copy_from_device(out, to, 2);
    ck_assert_msg(out[1] != out[1], "%g", (double)out[1]);
}
END_TEST

/* PTX ISA, shfl.sync: lanes outside the sub-warp give back the caller's own value. */
START_TEST(shuffles_read_the_lanes_that_ptx_says)
{
    float out[64 * 6], *to = device_floats(64 * 6, 0);

    ck_assert_int_eq(run_kernel("shuffles", 1, 64, &(struct kernel_args){NULL, to, 0}), cudaSuccess);
    copy_from_device(out, to, 64 * 6);
    for (int i = 0; i < 64; i++) {
        int lane = i % 32;
        const float *got = out + i * 6;
        ck_assert_int_eq((int)got[0], lane ^ 5);
        ck_assert_int_eq((int)got[1], lane < 3 ? lane : lane - 3);
        ck_assert_int_eq((int)got[2], lane % 8 + 3 > 7 ? lane : lane + 3);
        ck_assert_int_eq((int)got[3], lane / 8 * 8 + 2);
        ck_assert_int_eq((int)got[4], 11);
        ck_assert_int_eq((int)got[5], lane < 16 ? lane ^ 1 : -1);
    }
}
END_TEST

START_TEST(votes_count_the_block)
{
    float out[64], *to = device_floats(64, 0);

    ck_assert_int_eq(run_kernel("votes", 1, 64, &(struct kernel_args){NULL, to, 0}), cudaSuccess);
    copy_from_device(out, to, 64);
    for (int i = 0; i < 64; i++)
        ck_assert(out[i] == 710);
}
END_TEST

START_TEST(atomics_lose_nothing)
{
    float out[3], *to = device_floats(3, 0);
    int word[3];

    ck_assert_int_eq(run_kernel("atomics", 3, 100, &(struct kernel_args){NULL, to, 0}), cudaSuccess);
    copy_from_device(out, to, 3);
    memcpy(word, out, sizeof word);
    ck_assert(out[0] == 300);
    ck_assert_int_eq(word[1], 99);
    ck_assert_int_eq(word[2], 7);
}
END_TEST

START_TEST(halves_are_cudas_own)
{
    float in = 1.0009765f, out[4], *from = device_floats(1, in), *to = device_floats(4, 0);

    ck_assert_int_eq(run_kernel("halves", 1, 1, &(struct kernel_args){from, to, 0}), cudaSuccess);
    copy_from_device(out, to, 4);
    ck_assert(out[0] == 1.0009765625f && out[1] == 1 && out[2] > 1e30f && out[3] == 3);
}
END_TEST

START_TEST(every_thread_runs_once)
{
    struct simgpu_stream *stream;
    float out[2 * 3 * 4 * 5 * 6 * 2], *to = device_floats(sizeof out / sizeof *out, 0);
    struct kernel_args args = {NULL, to, 0};
    void *arguments[] = {&args};

    ck_assert_int_eq(simgpu_stream_find(NULL, &stream), cudaSuccess);
    ck_assert_int_eq(simgpu_launch(stream, simgpu_kernel("index_sum"), (struct simt_index){2, 3, 4}, (struct simt_index){5, 6, 2}, 0,
                                   arguments),
                     cudaSuccess);
    copy_from_device(out, to, sizeof out / sizeof *out);
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        ck_assert(out[i] == 1);
}
END_TEST

static const struct {
    const char *kernel, *words;
    cudaError_t error;
    int64_t number;
} divergences[] = {
    {"barrier_missed", "waits for threads that never come: 31 wait at __syncthreads(), 0 at a warp's instruction, 1 have left",
     cudaErrorLaunchFailure, 0},
    {"shuffle_left", "waits for a lane that has left the kernel: 16", cudaErrorLaunchFailure, 0},
    {"shuffle_outside", "reads from a lane that takes no part: 16", cudaErrorLaunchFailure, 0},
    {"shuffle_unmasked", "in which the calling lane 16 is not", cudaErrorLaunchFailure, 0},
    {"mixed", "waits for threads that never come", cudaErrorLaunchFailure, 0},
    {"trapped", "thread (9,0,0): __trap()", cudaErrorLaunchFailure, 3},
    {"deep", "stack overflow", cudaErrorIllegalAddress, 100},
};

START_TEST(divergence_is_an_error_with_words)
{
    float *to = device_floats(64, 0);
    struct kernel_args args = {NULL, to, divergences[_i].number};

    ck_assert_int_eq(run_kernel(divergences[_i].kernel, 1, 32, &args), divergences[_i].error);
    ck_assert_msg(strstr(simgpu_last_fault(), divergences[_i].words), "said: %s", simgpu_last_fault());
    ck_assert_msg(strstr(simgpu_last_fault(), divergences[_i].kernel), "said: %s", simgpu_last_fault());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device code on the host");
    TCase *cases = tcase_create("cases");

    tcase_add_loop_test(cases, barriers_hold_in_any_order, 0, 3);
    tcase_add_test(cases, an_order_shows_a_missing_barrier);
    tcase_add_test(cases, shared_memory_is_no_zero);
    tcase_add_test(cases, shuffles_read_the_lanes_that_ptx_says);
    tcase_add_test(cases, votes_count_the_block);
    tcase_add_test(cases, atomics_lose_nothing);
    tcase_add_test(cases, halves_are_cudas_own);
    tcase_add_test(cases, every_thread_runs_once);
    tcase_add_loop_test(cases, divergence_is_an_error_with_words, 0, (int)(sizeof divergences / sizeof *divergences));
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
