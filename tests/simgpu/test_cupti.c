/* The simulated CUPTI's rarer records: graphs, copies between devices, its own work; and memory in the order of a stream. Each test is a process of its own. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cuda_runtime_api.h>
#include <cupti.h>

#include "tests/simgpu/support_launch.h"

#define BUFFER_BYTES 65536
#define MOST 64

/* Every record of a kind, in order; copies, since buffers go. */
static struct {
    CUpti_ActivityKernel10 kernel[MOST];
    CUpti_ActivityMemset4 fill[MOST];
    CUpti_ActivityMemcpyPtoP4 peer[MOST];
    CUpti_ActivityOverhead3 overhead[MOST];
    CUpti_ActivityAPI call[MOST];
    CUpti_ActivityExternalCorrelation external[MOST];
    int kernels, fills, peers, overheads, calls, externals, copies;
} seen;

static void on_request(uint8_t **bytes, size_t *size, size_t *most)
{
    *bytes = aligned_alloc(8, BUFFER_BYTES);
    *size = BUFFER_BYTES;
    *most = 0;
}

static void look_at(const CUpti_Activity *record)
{
    const struct {
        CUpti_ActivityKind kind;
        void *to;
        size_t bytes;
        int *count;
    } rows[] = {
        {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, seen.kernel, sizeof *seen.kernel, &seen.kernels},
        {CUPTI_ACTIVITY_KIND_MEMSET, seen.fill, sizeof *seen.fill, &seen.fills},
        {CUPTI_ACTIVITY_KIND_MEMCPY2, seen.peer, sizeof *seen.peer, &seen.peers},
        {CUPTI_ACTIVITY_KIND_OVERHEAD, seen.overhead, sizeof *seen.overhead, &seen.overheads},
        {CUPTI_ACTIVITY_KIND_RUNTIME, seen.call, sizeof *seen.call, &seen.calls},
        {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, seen.external, sizeof *seen.external, &seen.externals},
        {CUPTI_ACTIVITY_KIND_MEMCPY, NULL, 0, &seen.copies},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].kind != record->kind)
            continue;
        ck_assert_int_lt(*rows[i].count, MOST);
        if (rows[i].to)
            memcpy((char *)rows[i].to + (size_t)*rows[i].count * rows[i].bytes, record, rows[i].bytes);
        ++*rows[i].count;
    }
}

static void on_complete(CUcontext context, uint32_t stream, uint8_t *bytes, size_t size, size_t valid_bytes)
{
    CUpti_Activity *record = NULL;

    (void)context, (void)stream, (void)size;
    while (cuptiActivityGetNextRecord(bytes, valid_bytes, &record) == CUPTI_SUCCESS)
        look_at(record);
    free(bytes);
}

static void listen(const CUpti_ActivityKind *kinds, size_t count)
{
    ck_assert_int_eq(cuptiActivityRegisterCallbacks(on_request, on_complete), CUPTI_SUCCESS);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(cuptiActivityEnable(kinds[i]), CUPTI_SUCCESS);
}
#define LISTEN(...)                                                \
    do {                                                           \
        const CUpti_ActivityKind kinds_[] = {__VA_ARGS__};         \
        listen(kinds_, sizeof kinds_ / sizeof *kinds_);            \
    } while (0)

static void flush(void)
{
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaSuccess);
    ck_assert_int_eq(cuptiActivityFlushAll(0), CUPTI_SUCCESS);
}

static cudaStream_t own_stream(void)
{
    cudaStream_t stream;

    ck_assert_int_eq(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    return stream;
}

/* ---- graphs: two kernels and a fill, captured once and launched twice ---- */

static cudaGraphExec_t make_graph(cudaStream_t stream)
{
    const struct kernel_args args = {device_floats(256, 1), device_floats(1, 0), 0};
    cudaGraph_t graph;
    cudaGraphExec_t ready;

    ck_assert_int_eq(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    ck_assert_int_eq(launch_stub("sum_block", 1, 256, &args, stream), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(args.out, 0, sizeof(float), stream), cudaSuccess);
    ck_assert_int_eq(launch_stub("sum_block", 1, 256, &args, stream), cudaSuccess);
    ck_assert_int_eq(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    ck_assert_int_eq(cudaGraphInstantiate(&ready, graph, 0), cudaSuccess);
    ck_assert_int_eq(cudaGraphDestroy(graph), cudaSuccess);
    return ready;
}

static uint64_t external_of(uint32_t correlation)
{
    for (int i = 0; i < seen.externals; i++)
        if (seen.external[i].correlationId == correlation)
            return seen.external[i].externalId;
    return 0;
}

static int calls_of(uint32_t correlation, CUpti_CallbackId call)
{
    int count = 0;

    for (int i = 0; i < seen.calls; i++)
        count += seen.call[i].correlationId == correlation && seen.call[i].cbid == (uint32_t)call;
    return count;
}

START_TEST(nodes_of_a_graph)
{
    cudaStream_t stream = own_stream();
    uint64_t last;

    LISTEN(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_MEMSET, CUPTI_ACTIVITY_KIND_RUNTIME,
           CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION);
    cudaGraphExec_t graph = make_graph(stream);
    flush();
    ck_assert_int_eq(seen.kernels, 0); /* what is captured runs nothing */
    for (uint64_t id = 77; id < 79; id++) {
        cuptiActivityPushExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, id);
        ck_assert_int_eq(cudaGraphLaunch(graph, stream), cudaSuccess);
        cuptiActivityPopExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last);
    }
    flush();
    ck_assert_int_eq(seen.kernels, 4);
    ck_assert_int_eq(seen.fills, 2);
    for (int i = 0; i < 4; i++) {
        const CUpti_ActivityKernel10 *kernel = &seen.kernel[i];
        ck_assert_uint_ne(kernel->graphId, 0);
        ck_assert_uint_eq(kernel->graphId, seen.kernel[0].graphId);
        ck_assert_uint_eq(kernel->graphNodeId, seen.kernel[i % 2].graphNodeId); /* the node's, launch after launch */
        ck_assert_uint_eq(kernel->correlationId, seen.kernel[i / 2 * 2].correlationId);
        ck_assert_int_eq(calls_of(kernel->correlationId, CUPTI_RUNTIME_TRACE_CBID_cudaGraphLaunch_v10000), 1);
        ck_assert_uint_eq(external_of(kernel->correlationId), 77 + (uint64_t)i / 2);
        ck_assert(i == 0 || kernel->start >= seen.kernel[i - 1].end);
    }
    ck_assert_uint_ne(seen.kernel[0].graphNodeId, seen.kernel[1].graphNodeId);
    ck_assert_uint_ne(seen.kernel[0].correlationId, seen.kernel[2].correlationId);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(seen.fill[i].graphId, seen.kernel[0].graphId);
        ck_assert_uint_eq(seen.fill[i].correlationId, seen.kernel[2 * i].correlationId);
    }
    ck_assert_int_eq(cudaGraphExecDestroy(graph), cudaSuccess);
}
END_TEST

START_TEST(kernels_of_no_graph)
{
    const struct kernel_args args = {device_floats(256, 1), device_floats(1, 0), 0};

    LISTEN(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
    ck_assert_int_eq(launch_stub("sum_block", 1, 256, &args, NULL), cudaSuccess);
    flush();
    ck_assert_int_eq(seen.kernels, 1);
    ck_assert_uint_eq(seen.kernel[0].graphId, 0);
    ck_assert_uint_eq(seen.kernel[0].graphNodeId, 0);
}
END_TEST

/* ---- copies between devices ---- */

START_TEST(copies_between_devices)
{
    float value = 0;
    int count;

    setenv("SIMGPU_DEVICES", "2", 1);
    ck_assert_int_eq(cudaGetDeviceCount(&count), cudaSuccess);
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq(cudaSetDevice(2), cudaErrorInvalidDevice);
    float *from = device_floats(64, 3);
    ck_assert_int_eq(cudaSetDevice(1), cudaSuccess);
    float *to = device_floats(64, 0);
    LISTEN(CUPTI_ACTIVITY_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMCPY2, CUPTI_ACTIVITY_KIND_RUNTIME);
    ck_assert_int_eq(cudaMemcpyPeerAsync(to, 0, from, 1, 256, NULL), cudaErrorInvalidValue); /* it is the other way round */
    ck_assert_int_eq(cudaMemcpyPeerAsync(to, 1, from, 2, 256, NULL), cudaErrorInvalidDevice);
    ck_assert_int_eq(cudaMemcpyPeerAsync(to, 1, from, 0, 256, NULL), cudaSuccess);
    copy_from_device(&value, to, 1);
    flush();
    ck_assert(value == 3);
    ck_assert_int_eq(seen.peers, 1);
    ck_assert_int_eq(seen.copies, 1); /* the one to the host */
    const CUpti_ActivityMemcpyPtoP4 *copy = &seen.peer[0];
    ck_assert_uint_eq(copy->copyKind, CUPTI_ACTIVITY_MEMCPY_KIND_PTOP);
    ck_assert_uint_eq(copy->bytes, 256);
    ck_assert_uint_eq(copy->srcDeviceId, 0);
    ck_assert_uint_eq(copy->dstDeviceId, 1);
    ck_assert_uint_lt(copy->start, copy->end);
    ck_assert_int_eq(calls_of(copy->correlationId, CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyPeerAsync_v4000), 1);
}
END_TEST

/* ---- CUPTI's own work ---- */

static int overheads(CUpti_ActivityOverheadKind kind, int64_t *total_ns)
{
    int count = 0;

    *total_ns = 0;
    for (int i = 0; i < seen.overheads; i++) {
        if (seen.overhead[i].overheadKind != kind)
            continue;
        ck_assert_uint_lt(seen.overhead[i].start, seen.overhead[i].end);
        ck_assert_int_eq(seen.overhead[i].objectKind, CUPTI_ACTIVITY_OBJECT_THREAD);
        ck_assert_uint_eq(seen.overhead[i].objectId.pt.processId, (uint32_t)getpid());
        *total_ns += (int64_t)(seen.overhead[i].end - seen.overhead[i].start);
        count++;
    }
    return count;
}

START_TEST(own_work)
{
    const struct kernel_args args = {device_floats(256, 1), device_floats(1, 0), 0};
    int64_t total_ns;

    LISTEN(CUPTI_ACTIVITY_KIND_OVERHEAD, CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(launch_stub("sum_block", 1, 256, &args, NULL), cudaSuccess);
    ck_assert_int_eq(launch_stub("read_at", 1, 1, &args, NULL), cudaSuccess);
    flush();
    ck_assert_int_eq(overheads(CUPTI_ACTIVITY_OVERHEAD_CUPTI_INSTRUMENTATION, &total_ns), 2); /* once for each kernel */
    ck_assert_int_eq(total_ns, 40000);
    ck_assert_int_eq(overheads(CUPTI_ACTIVITY_OVERHEAD_ACTIVITY_BUFFER_REQUEST, &total_ns), 1);
    ck_assert_uint_eq(seen.overhead[0].correlationId, seen.kernel[0].correlationId);
    ck_assert_int_eq(overheads(CUPTI_ACTIVITY_OVERHEAD_CUPTI_BUFFER_FLUSH, &total_ns), 0); /* told with what comes next */
    flush();
    ck_assert_int_eq(overheads(CUPTI_ACTIVITY_OVERHEAD_CUPTI_BUFFER_FLUSH, &total_ns), 1);
}
END_TEST

/* ---- memory in the order of a stream ---- */

START_TEST(memory_of_a_stream)
{
    cudaStream_t stream = own_stream();
    int before = simgpu_allocations();
    void *memory;

    ck_assert_int_eq(cudaMallocAsync(&memory, 64, stream), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, 64, stream), cudaSuccess);
    ck_assert_int_eq(cudaFreeAsync(memory, stream), cudaSuccess);
    ck_assert_int_eq(simgpu_allocations(), before + 1); /* the stream is not there yet */
    ck_assert_int_eq(cudaStreamSynchronize(stream), cudaSuccess);
    ck_assert_int_eq(simgpu_allocations(), before);
    ck_assert_int_eq(simgpu_fault_count(), 0);
    ck_assert_int_eq(cudaFreeAsync(memory, stream), cudaSuccess); /* twice: told when the stream gets there */
    ck_assert_int_eq(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
}
END_TEST

START_TEST(memory_of_another_stream)
{
    cudaStream_t first = own_stream(), second = own_stream();
    void *memory;

    ck_assert_int_eq(cudaMallocAsync(&memory, 64, first), cudaSuccess);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, 64, second), cudaSuccess);
    ck_assert_msg(strstr(simgpu_last_fault(), "nothing makes it wait for cudaMallocAsync"), "said: %s", simgpu_last_fault());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the simulator's CUPTI records");
    TCase *cases = tcase_create("cases");

    tcase_add_test(cases, nodes_of_a_graph);
    tcase_add_test(cases, kernels_of_no_graph);
    tcase_add_test(cases, copies_between_devices);
    tcase_add_test(cases, own_work);
    tcase_add_test(cases, memory_of_a_stream);
    tcase_add_test(cases, memory_of_another_stream);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
