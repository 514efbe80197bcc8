/* The memory checker and the streams: each fault is made and must be found. Each test is a process of its own. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <cuda_runtime_api.h>

#include "tests/simgpu/support_launch.h"

static void expect_fault(const char *kernel, const float *in, float *out, int64_t number, const char *words)
{
    ck_assert_int_eq(run_kernel(kernel, 1, 32, &(struct kernel_args){in, out, number}), cudaErrorIllegalAddress);
    ck_assert_msg(strstr(simgpu_last_fault(), words), "said: %s", simgpu_last_fault());
    ck_assert_msg(strstr(simgpu_last_fault(), kernel), "said: %s", simgpu_last_fault());
    /* the context is lost: every call says so from now on */
    void *memory;
    ck_assert_int_eq(cudaMalloc(&memory, 16), cudaErrorIllegalAddress);
    ck_assert_int_eq(cudaGetLastError(), cudaErrorIllegalAddress);
    ck_assert_int_eq(cudaGetLastError(), cudaErrorIllegalAddress);
}

START_TEST(write_just_behind_the_end)
{
    expect_fault("write_at", NULL, device_floats(100, 0), 100, "behind the end of an allocation of 400 bytes");
}
END_TEST

START_TEST(write_far_behind_the_end)
{
    expect_fault("write_at", NULL, device_floats(100, 0), 130, "behind the end of an allocation of 400 bytes");
}
END_TEST

START_TEST(write_before_the_start)
{
    expect_fault("write_at", NULL, device_floats(100, 0), -1, "before an allocation of 400 bytes");
}
END_TEST

START_TEST(read_behind_the_end)
{
    expect_fault("read_at", device_floats(64, 0), device_floats(64, 0), 64, "0 bytes behind the end of an allocation of 256 bytes");
}
END_TEST

START_TEST(read_of_freed_memory)
{
    float *freed = device_floats(64, 0), *out = device_floats(64, 0);

    ck_assert_int_eq(cudaFree(freed), cudaSuccess);
    expect_fault("read_at", freed, out, 3, "after it was freed (byte 12 of 256)");
}
END_TEST

START_TEST(null_pointer)
{
    expect_fault("read_at", NULL, device_floats(1, 0), 2, "no memory of the device");
}
END_TEST

START_TEST(freed_twice)
{
    float *memory = device_floats(4, 0);

    ck_assert_int_eq(cudaFree(memory), cudaSuccess);
    ck_assert_int_eq(cudaFree(memory), cudaErrorInvalidValue);
    ck_assert_msg(strstr(simgpu_last_fault(), "is free already"), "said: %s", simgpu_last_fault());
    ck_assert_int_eq(cudaGetLastError(), cudaErrorInvalidValue);
    ck_assert_int_eq(cudaGetLastError(), cudaSuccess);
}
END_TEST

START_TEST(copy_that_is_too_long)
{
    float image[200] = {0}, *memory = device_floats(100, 0);

    ck_assert_int_eq(cudaMemcpy(memory, image, sizeof image, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    ck_assert_int_eq(cudaMemcpy(image, memory, 100, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    ck_assert_int_eq(cudaMemset(image, 0, 4), cudaErrorInvalidValue);
}
END_TEST

/* Ends by SIGSEGV: the host has no business there. */
START_TEST(host_touches_device_memory)
{
    volatile float *memory = device_floats(64, 0);
    memory[0] = 1;
}
END_TEST

START_TEST(fresh_memory_is_no_zero)
{
    void *memory;
    float value;

    ck_assert_int_eq(cudaMalloc(&memory, 64), cudaSuccess);
    ck_assert_uint_eq((uintptr_t)memory % 256, 0);
    copy_from_device(&value, memory, 1);
    ck_assert(value != value);
}
END_TEST

START_TEST(out_of_memory)
{
    void *memory;
    size_t free_bytes, total_bytes;

    setenv("SIMGPU_MEMORY", "1000000", 1);
    ck_assert_int_eq(cudaMalloc(&memory, 900000), cudaSuccess);
    ck_assert_int_eq(cudaMemGetInfo(&free_bytes, &total_bytes), cudaSuccess);
    ck_assert_uint_eq(free_bytes, 100000);
    void *more = memory;
    ck_assert_int_eq(cudaMalloc(&more, 100001), cudaErrorMemoryAllocation);
    ck_assert_ptr_null(more);
    ck_assert_int_eq(cudaGetLastError(), cudaErrorMemoryAllocation);
    ck_assert_int_eq(cudaMalloc(&more, 100000), cudaSuccess);
}
END_TEST

/* ---- streams ---- */

/* What is pinned is read when the stream gets there; the host that doesn't wait changes what is copied. */
START_TEST(pinned_memory_changed_too_soon)
{
    void *pinned;
    cudaStream_t stream;

    setenv("SIMGPU_HOST_ACCESS", "1", 1);
    float *memory = device_floats(1, 0), value;
    ck_assert_int_eq(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    ck_assert_int_eq(cudaHostAlloc(&pinned, sizeof(float), cudaHostAllocDefault), cudaSuccess);
    *(float *)pinned = 1;
    ck_assert_int_eq(cudaMemcpyAsync(memory, pinned, sizeof(float), cudaMemcpyHostToDevice, stream), cudaSuccess);
    *(float *)pinned = 2;
    ck_assert_int_eq(cudaStreamSynchronize(stream), cudaSuccess);
    copy_from_device(&value, memory, 1);
    ck_assert(value == 2);
    value = 3; /* pageable memory may be changed at once */
    ck_assert_int_eq(cudaMemcpyAsync(memory, &value, sizeof value, cudaMemcpyHostToDevice, stream), cudaSuccess);
    value = 4;
    ck_assert_int_eq(cudaStreamSynchronize(stream), cudaSuccess);
    copy_from_device(&value, memory, 1);
    ck_assert(value == 3);
}
END_TEST

/* Fills 9 in one stream, copies in another; with the event between them the copy sees the 9, without it doesn't. */
static float copy_behind_fill(bool with_event)
{
    cudaStream_t first, second;
    cudaEvent_t filled;
    float value, *from = device_floats(1, 1), *to = device_floats(1, 0);
    const float nine = 9;
    void *pinned;

    ck_assert_int_eq(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking), cudaSuccess);
    ck_assert_int_eq(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking), cudaSuccess);
    ck_assert_int_eq(cudaEventCreateWithFlags(&filled, cudaEventDisableTiming), cudaSuccess);
    ck_assert_int_eq(cudaMallocHost(&pinned, sizeof nine), cudaSuccess);
    memcpy(pinned, &nine, sizeof nine);
    ck_assert_int_eq(cudaMemcpyAsync(from, pinned, sizeof nine, cudaMemcpyHostToDevice, first), cudaSuccess);
    ck_assert_int_eq(cudaEventRecord(filled, first), cudaSuccess);
    ck_assert_int_eq(cudaEventQuery(filled), cudaErrorNotReady);
    if (with_event)
        ck_assert_int_eq(cudaStreamWaitEvent(second, filled, 0), cudaSuccess);
    ck_assert_int_eq(cudaMemcpyAsync(to, from, sizeof nine, cudaMemcpyDeviceToDevice, second), cudaSuccess);
    ck_assert_int_eq(cudaStreamSynchronize(second), cudaSuccess);
    copy_from_device(&value, to, 1);
    return value;
}

START_TEST(use_before_the_event)
{
    /* the query above runs a piece of the first stream, so that the forgotten wait is tried without it */
    ck_assert(copy_behind_fill(true) == 9);
}
END_TEST

START_TEST(use_without_the_event)
{
    cudaStream_t first, second;
    float value, *from = device_floats(1, 1), *to = device_floats(1, 0);

    setenv("SIMGPU_RACES", "0", 1); /* the race is told otherwise (test_races.c) */
    ck_assert_int_eq(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking), cudaSuccess);
    ck_assert_int_eq(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(from, 0, sizeof *from, first), cudaSuccess);
    ck_assert_int_eq(cudaMemcpyAsync(to, from, sizeof *from, cudaMemcpyDeviceToDevice, second), cudaSuccess);
    ck_assert_int_eq(cudaStreamSynchronize(second), cudaSuccess);
    copy_from_device(&value, to, 1);
    ck_assert_msg(value == 1, "the other stream's work ran before anybody waited for it");
}
END_TEST

START_TEST(device_time_goes_on)
{
    cudaEvent_t start, end;
    float milliseconds = -1, *memory = device_floats(1 << 20, 0);

    ck_assert_int_eq(cudaEventCreate(&start), cudaSuccess);
    ck_assert_int_eq(cudaEventCreate(&end), cudaSuccess);
    ck_assert_int_eq(cudaEventRecord(start, NULL), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, 4 << 20, NULL), cudaSuccess);
    ck_assert_int_eq(cudaEventRecord(end, NULL), cudaSuccess);
    ck_assert_int_eq(cudaEventElapsedTime(&milliseconds, start, end), cudaErrorNotReady);
    ck_assert_int_eq(cudaEventSynchronize(end), cudaSuccess);
    ck_assert_int_eq(cudaEventElapsedTime(&milliseconds, start, end), cudaSuccess);
    ck_assert(milliseconds > 0.01f && milliseconds < 1000);
}
END_TEST

START_TEST(capture_keeps_and_launches)
{
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t ready;
    float value, *memory = device_floats(1, 5);
    size_t nodes;

    ck_assert_int_eq(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    ck_assert_int_eq(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, sizeof *memory, stream), cudaSuccess);
    ck_assert_int_eq(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    ck_assert_int_eq(cudaGraphGetNodes(graph, NULL, &nodes), cudaSuccess);
    ck_assert_uint_eq(nodes, 1);
    copy_from_device(&value, memory, 1);
    ck_assert(value == 5);
    ck_assert_int_eq(cudaGraphInstantiate(&ready, graph, 0), cudaSuccess);
    ck_assert_int_eq(cudaGraphDestroy(graph), cudaSuccess);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(cudaGraphLaunch(ready, stream), cudaSuccess);
        ck_assert_int_eq(cudaStreamSynchronize(stream), cudaSuccess);
        copy_from_device(&value, memory, 1);
        ck_assert(value == 0);
        value = 5;
        copy_to_device(memory, &value, 1);
    }
    ck_assert_int_eq(cudaGraphExecDestroy(ready), cudaSuccess);
}
END_TEST

/* CUDA Runtime API, cudaStreamBeginCapture: waiting for a stream that is captured breaks the capture. */
START_TEST(capture_is_broken_by_waiting)
{
    cudaStream_t stream;
    cudaGraph_t graph;
    float *memory = device_floats(1, 5);

    ck_assert_int_eq(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    ck_assert_int_eq(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), cudaSuccess);
    ck_assert_int_eq(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, sizeof *memory, stream), cudaErrorStreamCaptureInvalidated);
    ck_assert_int_eq(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    ck_assert_ptr_null(graph);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, sizeof *memory, stream), cudaSuccess);
    ck_assert_int_eq(cudaStreamSynchronize(stream), cudaSuccess);
}
END_TEST

/* ---- faults by request ---- */

START_TEST(faults_come_when_asked)
{
    void *memory;
    int number = -1;

    setenv("SIMGPU_FAULT", "malloc:2,launch:1", 1);
    ck_assert_int_eq(cudaMalloc(&memory, 16), cudaSuccess);
    ck_assert_int_eq(cudaMalloc(&memory, 16), cudaErrorMemoryAllocation);
    ck_assert_int_eq(cudaMalloc(&memory, 16), cudaSuccess);
    ck_assert_int_eq(run_kernel("trapped", 1, 1, &(struct kernel_args){NULL, NULL, 0}), cudaErrorLaunchOutOfResources);
    ck_assert_int_eq(run_kernel("trapped", 1, 1, &(struct kernel_args){NULL, NULL, 0}), cudaSuccess);
    setenv("SIMGPU_FAULT", "no_driver", 1);
    ck_assert_int_eq(cudaDriverGetVersion(&number), cudaSuccess);
    ck_assert_int_eq(number, 0);
    ck_assert_int_eq(cudaGetDeviceCount(&number), cudaErrorInsufficientDriver);
    setenv("SIMGPU_FAULT", "no_device", 1);
    ck_assert_int_eq(cudaGetDeviceCount(&number), cudaErrorNoDevice);
    setenv("SIMGPU_FAULT", "sticky", 1);
    ck_assert_int_eq(run_kernel("trapped", 1, 1, &(struct kernel_args){NULL, NULL, 0}), cudaErrorIllegalAddress);
}
END_TEST

START_TEST(launches_that_no_device_takes)
{
    struct kernel_args args = {NULL, NULL, 0};

    ck_assert_int_eq(run_kernel("trapped", 1, 1025, &args), cudaErrorInvalidConfiguration);
    ck_assert_int_eq(run_kernel("trapped", 0, 32, &args), cudaErrorInvalidConfiguration);
    ck_assert_int_eq(cudaLaunchKernel(&args, (dim3){1, 1, 1}, (dim3){1, 1, 1}, NULL, 0, NULL), cudaErrorInvalidDeviceFunction);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory, streams and faults of the simulator");
    TCase *cases = tcase_create("cases");

    tcase_add_test(cases, write_just_behind_the_end);
    tcase_add_test(cases, write_far_behind_the_end);
    tcase_add_test(cases, write_before_the_start);
    tcase_add_test(cases, read_behind_the_end);
    tcase_add_test(cases, read_of_freed_memory);
    tcase_add_test(cases, null_pointer);
    tcase_add_test(cases, freed_twice);
    tcase_add_test(cases, copy_that_is_too_long);
    tcase_add_test_raise_signal(cases, host_touches_device_memory, SIGSEGV);
    tcase_add_test(cases, fresh_memory_is_no_zero);
    tcase_add_test(cases, out_of_memory);
    tcase_add_test(cases, pinned_memory_changed_too_soon);
    tcase_add_test(cases, use_before_the_event);
    tcase_add_test(cases, use_without_the_event);
    tcase_add_test(cases, device_time_goes_on);
    tcase_add_test(cases, capture_keeps_and_launches);
    tcase_add_test(cases, capture_is_broken_by_waiting);
    tcase_add_test(cases, faults_come_when_asked);
    tcase_add_test(cases, launches_that_no_device_takes);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
