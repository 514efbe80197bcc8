/* Races between streams, and between a copy and the host, are told whichever side runs first. Each test is a process of its own. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <cuda_runtime_api.h>

#include "tests/simgpu/support_launch.h"

static cudaStream_t stream[3];
static cudaEvent_t event[2];
static float *memory, *other, *pinned;

static void set_up(void)
{
    void *host;

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(cudaStreamCreateWithFlags(&stream[i], cudaStreamNonBlocking), cudaSuccess);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(cudaEventCreateWithFlags(&event[i], cudaEventDisableTiming), cudaSuccess);
    memory = device_floats(256, 1);
    other = device_floats(256, 2);
    ck_assert_int_eq(cudaHostAlloc(&host, 1024, cudaHostAllocDefault), cudaSuccess);
    pinned = host;
    memset(pinned, 0, 1024);
}

static void fill(int by)
{
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, 1024, stream[by]), cudaSuccess);
}

static cudaError_t read_out(int by)
{
    return cudaMemcpyAsync(other, memory, 1024, cudaMemcpyDeviceToDevice, stream[by]);
}

static void expect_race(const char *words)
{
    ck_assert_msg(strstr(simgpu_last_fault(), "a race: "), "said: '%s'", simgpu_last_fault());
    ck_assert_msg(strstr(simgpu_last_fault(), words), "said: '%s'", simgpu_last_fault());
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaErrorUnknown);
}

static void expect_none(void)
{
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaSuccess);
    ck_assert_msg(simgpu_fault_count() == 0, "said: %s", simgpu_last_fault());
}

START_TEST(read_without_waiting)
{
    fill(0);
    read_out(1);
    expect_race("reads an allocation of 1024 bytes, and nothing makes it wait for a fill");
}
END_TEST

START_TEST(write_without_waiting)
{
    ck_assert_int_eq(read_out(0), cudaSuccess);
    fill(1);
    expect_race("a fill in stream 14 writes an allocation of 1024 bytes, and nothing makes it wait for a copy");
}
END_TEST

START_TEST(event_between)
{
    fill(0);
    ck_assert_int_eq(cudaEventRecord(event[0], stream[0]), cudaSuccess);
    ck_assert_int_eq(cudaStreamWaitEvent(stream[1], event[0], 0), cudaSuccess);
    ck_assert_int_eq(read_out(1), cudaSuccess);
    expect_none();
}
END_TEST

START_TEST(event_recorded_too_early)
{
    ck_assert_int_eq(cudaEventRecord(event[0], stream[0]), cudaSuccess);
    fill(0);
    ck_assert_int_eq(cudaStreamWaitEvent(stream[1], event[0], 0), cudaSuccess);
    read_out(1);
    expect_race("reads");
}
END_TEST

START_TEST(by_way_of_a_third_stream)
{
    fill(0);
    ck_assert_int_eq(cudaEventRecord(event[0], stream[0]), cudaSuccess);
    ck_assert_int_eq(cudaStreamWaitEvent(stream[2], event[0], 0), cudaSuccess);
    ck_assert_int_eq(cudaEventRecord(event[1], stream[2]), cudaSuccess);
    ck_assert_int_eq(cudaStreamWaitEvent(stream[1], event[1], 0), cudaSuccess);
    ck_assert_int_eq(read_out(1), cudaSuccess);
    expect_none();
}
END_TEST

START_TEST(the_host_waited)
{
    fill(0);
    ck_assert_int_eq(cudaStreamSynchronize(stream[0]), cudaSuccess);
    ck_assert_int_eq(read_out(1), cudaSuccess);
    ck_assert_int_eq(cudaEventRecord(event[0], stream[1]), cudaSuccess);
    ck_assert_int_eq(cudaEventSynchronize(event[0]), cudaSuccess);
    fill(2);
    expect_none();
}
END_TEST

START_TEST(two_that_read)
{
    ck_assert_int_eq(read_out(0), cudaSuccess);
    ck_assert_int_eq(cudaMemcpyAsync(pinned, memory, 1024, cudaMemcpyDeviceToHost, stream[1]), cudaSuccess);
    expect_none();
}
END_TEST

START_TEST(a_kernel_has_a_pointer)
{
    const struct kernel_args args = {memory, other, 0};

    fill(0);
    launch_stub("sum_block", 1, 256, &args, stream[1]);
    expect_race("sum_block in stream 14 may touch an allocation of 1024 bytes");
}
END_TEST

START_TEST(a_stream_that_was_destroyed)
{
    fill(0);
    ck_assert_int_eq(cudaStreamDestroy(stream[0]), cudaSuccess);
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaSuccess);
    ck_assert_int_eq(read_out(1), cudaSuccess);
    expect_none();
}
END_TEST

START_TEST(default_stream_waits_for_blocking_ones)
{
    cudaStream_t blocking;

    ck_assert_int_eq(cudaStreamCreate(&blocking), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, 1024, blocking), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(memory, 1, 1024, NULL), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(memory, 2, 1024, blocking), cudaSuccess);
    ck_assert_int_eq(simgpu_fault_count(), 0);
    fill(0);
    expect_race("a fill in stream 13 writes");
}
END_TEST

START_TEST(a_graph_races_too)
{
    cudaGraph_t graph;
    cudaGraphExec_t ready;

    ck_assert_int_eq(cudaStreamBeginCapture(stream[0], cudaStreamCaptureModeThreadLocal), cudaSuccess);
    fill(0);
    ck_assert_int_eq(cudaStreamEndCapture(stream[0], &graph), cudaSuccess);
    ck_assert_int_eq(cudaGraphInstantiate(&ready, graph, 0), cudaSuccess);
    ck_assert_int_eq(read_out(1), cudaSuccess);
    ck_assert_int_eq(cudaGraphLaunch(ready, stream[0]), cudaErrorUnknown);
    expect_race("a fill in stream 13 writes");
}
END_TEST

/* ---- the host and pinned memory ---- */

static void bring(void)
{
    ck_assert_int_eq(cudaMemcpyAsync(memory, pinned, 1024, cudaMemcpyHostToDevice, stream[0]), cudaSuccess);
    ck_assert_int_eq(cudaEventRecord(event[0], stream[0]), cudaSuccess);
}

START_TEST(pinned_memory_is_free_again)
{
    for (int i = 0; i < 3; i++) {
        bring();
        ck_assert(*(volatile float *)pinned >= 0); /* it may be read meanwhile */
        ck_assert_int_eq(cudaEventSynchronize(event[0]), cudaSuccess);
        pinned[0] = (float)i;
    }
    ck_assert_int_eq(cudaMemcpyAsync(pinned, memory, 1024, cudaMemcpyDeviceToHost, stream[0]), cudaSuccess);
    ck_assert_int_eq(cudaStreamSynchronize(stream[0]), cudaSuccess);
    ck_assert(pinned[0] == 1);
    expect_none();
}
END_TEST

/* Each ends by SIGSEGV. */
START_TEST(pinned_memory_written_too_soon)
{
    bring();
    *(volatile float *)pinned = 1;
}
END_TEST

START_TEST(pinned_memory_read_too_soon)
{
    ck_assert_int_eq(cudaMemcpyAsync(pinned, memory, 1024, cudaMemcpyDeviceToHost, stream[0]), cudaSuccess);
    ck_assert(*(volatile float *)pinned == 0);
}
END_TEST

START_TEST(wait_left_out_by_request)
{
    setenv("SIMGPU_FAULT", "skip_sync:1", 1);
    bring();
    ck_assert_int_eq(cudaEventSynchronize(event[0]), cudaSuccess);
    *(volatile float *)pinned = 1;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("races");
    TCase *cases = tcase_create("cases");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, read_without_waiting);
    tcase_add_test(cases, write_without_waiting);
    tcase_add_test(cases, event_between);
    tcase_add_test(cases, event_recorded_too_early);
    tcase_add_test(cases, by_way_of_a_third_stream);
    tcase_add_test(cases, the_host_waited);
    tcase_add_test(cases, two_that_read);
    tcase_add_test(cases, a_kernel_has_a_pointer);
    tcase_add_test(cases, a_stream_that_was_destroyed);
    tcase_add_test(cases, default_stream_waits_for_blocking_ones);
    tcase_add_test(cases, a_graph_races_too);
    tcase_add_test(cases, pinned_memory_is_free_again);
    tcase_add_test_raise_signal(cases, pinned_memory_written_too_soon, SIGSEGV);
    tcase_add_test_raise_signal(cases, pinned_memory_read_too_soon, SIGSEGV);
    tcase_add_test_raise_signal(cases, wait_left_out_by_request, SIGSEGV);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
