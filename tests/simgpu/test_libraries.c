/* The simulated cuDNN, cuBLASLt and CUPTI against what the real headers document. Each test is a process of its own. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>
#include <cupti.h>

#include "tests/simgpu/support_launch.h"

/* ---- versions are the headers' ---- */

START_TEST(versions)
{
    uint32_t cupti;
    int runtime;

    ck_assert_uint_eq(cudnnGetVersion(), CUDNN_VERSION);
    ck_assert_uint_eq(cublasLtGetVersion(), CUBLAS_VERSION);
    ck_assert_int_eq(cudaRuntimeGetVersion(&runtime), cudaSuccess);
    ck_assert_int_eq(runtime, CUDART_VERSION);
    ck_assert_int_eq(cuptiGetVersion(&cupti), CUPTI_SUCCESS);
    ck_assert_uint_eq(cupti, CUPTI_API_VERSION);
}
END_TEST

/* ---- cuDNN ---- */

static cudnnBackendDescriptor_t tensor(int64_t uid, const int64_t *size, const int64_t *step, cudnnDataType_t type)
{
    cudnnBackendDescriptor_t made;
    int64_t alignment = 16;

    ck_assert_int_eq(cudnnBackendCreateDescriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &made), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, size), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, step), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &uid), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment), CUDNN_STATUS_SUCCESS);
    return made;
}

START_TEST(descriptors_keep_the_rules)
{
    const int64_t size[] = {1, 8, 4, 4}, step[] = {128, 16, 4, 1};
    int64_t values[8], count = 0;
    cudnnBackendDescriptor_t made = tensor(1, size, step, CUDNN_DATA_HALF), other;

    ck_assert_int_eq(cudnnBackendGetAttribute(made, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 8, &count, values),
                     CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_FLOAT, 4, step),
                     CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, values), CUDNN_STATUS_BAD_PARAM);
    ck_assert_int_eq(cudnnBackendFinalize(made), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendSetAttribute(made, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, step), CUDNN_STATUS_BAD_PARAM);
    ck_assert_int_eq(cudnnBackendGetAttribute(made, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 8, &count, values), CUDNN_STATUS_SUCCESS);
    ck_assert(count == 4 && values[0] == 128 && values[3] == 1);
    ck_assert_int_eq(cudnnBackendDestroyDescriptor(made), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendCreateDescriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &other), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(cudnnBackendFinalize(other), CUDNN_STATUS_BAD_PARAM);
    char words[256] = "";
    cudnnGetLastErrorString(words, sizeof words);
    ck_assert_msg(strstr(words, "lacks attribute"), "said: %s", words);
}
END_TEST

struct plan {
    cudnnHandle_t handle;
    cudnnBackendDescriptor_t plan;
    int64_t workspace_bytes;
    cudnnStatus_t status; /* of the graph */
};

static cudnnBackendDescriptor_t convolution(void)
{
    cudnnBackendDescriptor_t made;
    const int64_t one[] = {1, 1}, dims = 2;
    const cudnnDataType_t type = CUDNN_DATA_FLOAT;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;

    ck_assert_int_eq(cudnnBackendCreateDescriptor(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, &made), CUDNN_STATUS_SUCCESS);
    cudnnBackendSetAttribute(made, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
    cudnnBackendSetAttribute(made, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
    cudnnBackendSetAttribute(made, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &dims);
    cudnnBackendSetAttribute(made, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, one);
    cudnnBackendSetAttribute(made, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, one);
    cudnnBackendSetAttribute(made, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, one);
    cudnnBackendSetAttribute(made, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, one);
    ck_assert_int_eq(cudnnBackendFinalize(made), CUDNN_STATUS_SUCCESS);
    return made;
}

/*
 * A 3x3 forward convolution of (1,channels,4,4) to 8 channels, padded by 1: the first engine's plan. Descriptors before it are
 * destroyed.
 */
static struct plan make_plan(bool last, int64_t channels, int64_t height_out)
{
    const int64_t x[] = {1, channels, 4, 4}, w[] = {8, channels, 3, 3}, y[] = {1, 8, height_out, 4};
    const int64_t xlast[] = {16 * channels, 1, 4 * channels, channels}, wlast[] = {9 * channels, 1, 3 * channels, channels};
    const int64_t xfirst[] = {16 * channels, 16, 4, 1}, wfirst[] = {9 * channels, 9, 3, 1};
    const int64_t yfirst[] = {128, 16, 4, 1}, ylast[] = {128, 1, 32, 8};
    cudnnBackendDescriptor_t part[8], config, heuristics;
    const float alpha = 1, beta = 0;
    const cudnnBackendHeurMode_t mode = CUDNN_HEUR_MODE_A;
    struct plan made = {.status = CUDNN_STATUS_SUCCESS};
    int64_t count = 0;

    ck_assert_int_eq(cudnnCreate(&made.handle), CUDNN_STATUS_SUCCESS);
    part[0] = tensor(1, x, last ? xlast : xfirst, CUDNN_DATA_HALF);
    part[1] = tensor(2, w, last ? wlast : wfirst, CUDNN_DATA_HALF);
    part[2] = tensor(3, y, last ? ylast : yfirst, CUDNN_DATA_HALF);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(cudnnBackendFinalize(part[i]), CUDNN_STATUS_SUCCESS);
    part[3] = convolution();
    cudnnBackendCreateDescriptor(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, &part[4]);
    cudnnBackendSetAttribute(part[4], CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part[0]);
    cudnnBackendSetAttribute(part[4], CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part[1]);
    cudnnBackendSetAttribute(part[4], CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part[2]);
    cudnnBackendSetAttribute(part[4], CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part[3]);
    cudnnBackendSetAttribute(part[4], CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &alpha);
    cudnnBackendSetAttribute(part[4], CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &beta);
    made.status = cudnnBackendFinalize(part[4]);
    if (made.status != CUDNN_STATUS_SUCCESS)
        return made;
    cudnnBackendCreateDescriptor(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, &part[5]);
    cudnnBackendSetAttribute(part[5], CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &made.handle);
    cudnnBackendSetAttribute(part[5], CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part[4]);
    ck_assert_int_eq(cudnnBackendFinalize(part[5]), CUDNN_STATUS_SUCCESS);
    cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, &heuristics);
    cudnnBackendSetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part[5]);
    cudnnBackendSetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
    ck_assert_int_eq(cudnnBackendFinalize(heuristics), CUDNN_STATUS_SUCCESS);
    cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &config);
    ck_assert_int_eq(cudnnBackendGetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, NULL),
                     CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(count, 2);
    cudnnBackendGetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &config);
    cudnnBackendCreateDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &made.plan);
    cudnnBackendSetAttribute(made.plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &made.handle);
    cudnnBackendSetAttribute(made.plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &config);
    ck_assert_int_eq(cudnnBackendFinalize(made.plan), CUDNN_STATUS_SUCCESS);
    cudnnBackendGetAttribute(made.plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count, &made.workspace_bytes);
    for (int i = 0; i < 6; i++)
        cudnnBackendDestroyDescriptor(part[i]);
    cudnnBackendDestroyDescriptor(heuristics);
    cudnnBackendDestroyDescriptor(config);
    return made;
}

static cudnnStatus_t execute(const struct plan *plan, void *workspace)
{
    static const int64_t ids[] = {1, 2, 3};
    cudnnBackendDescriptor_t pack;
    void *data[] = {device_floats(64, 0), device_floats(288, 0), device_floats(64, 1)};

    cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &pack);
    cudnnBackendSetAttribute(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, 3, ids);
    cudnnBackendSetAttribute(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 3, data);
    cudnnBackendSetAttribute(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
    ck_assert_int_eq(cudnnBackendFinalize(pack), CUDNN_STATUS_SUCCESS);
    cudnnStatus_t status = cudnnBackendExecute(plan->handle, plan->plan, pack);
    cudaDeviceSynchronize();
    return status;
}

START_TEST(shapes_that_do_not_fit)
{
    ck_assert_int_eq(make_plan(true, 8, 5).status, CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
}
END_TEST

START_TEST(workspace_is_checked)
{
    struct plan last = make_plan(true, 8, 4), first = make_plan(false, 8, 4);
    void *workspace;

    ck_assert_int_eq(last.workspace_bytes, 0);
    ck_assert_int_ge(first.workspace_bytes, 2 * 128 + 2 * 576 + 2 * 128);
    ck_assert_int_eq(execute(&last, NULL), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(execute(&first, NULL), CUDNN_STATUS_BAD_PARAM);
    ck_assert_int_eq(cudaMalloc(&workspace, (size_t)first.workspace_bytes), cudaSuccess);
    ck_assert_int_eq(execute(&first, workspace), CUDNN_STATUS_SUCCESS);
}
END_TEST

/* Input and weight get 8 channels in the workspace, but for those of 4. */
START_TEST(channels_are_padded)
{
    struct plan six = make_plan(true, 6, 4), four = make_plan(true, 4, 4);
    void *workspace;

    ck_assert_int_eq(four.workspace_bytes, 0);
    ck_assert_int_eq(execute(&four, NULL), CUDNN_STATUS_SUCCESS);
    ck_assert_int_eq(six.workspace_bytes, 256 + 1280);
    ck_assert_int_eq(execute(&six, NULL), CUDNN_STATUS_BAD_PARAM);
    ck_assert_int_eq(cudaMalloc(&workspace, (size_t)six.workspace_bytes), cudaSuccess);
    ck_assert_int_eq(execute(&six, workspace), CUDNN_STATUS_SUCCESS);
}
END_TEST

/* ---- cuBLASLt: D (2,3) = A (2,4) B (4,3), column by column, plus a bias for each row ---- */

START_TEST(product_with_bias)
{
    cublasLtHandle_t handle;
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, d;
    cublasLtMatmulPreference_t preference;
    cublasLtMatmulHeuristicResult_t found;
    const cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
    float *from_a = device_floats(8, 2), *from_b = device_floats(12, 3), *to = device_floats(6, -1), *bias = device_floats(2, 0.5f);
    const float alpha = 1, beta = 0;
    float out[6];
    int count;

    ck_assert_int_eq(cublasLtCreate(&handle), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatmulDescCreate(&desc, CUBLAS_COMPUTE_32F, CUDA_R_32F), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, 4), CUBLAS_STATUS_INVALID_VALUE);
    ck_assert_int_eq(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatrixLayoutCreate(&a, CUDA_R_32F, 2, 4, 2), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatrixLayoutCreate(&b, CUDA_R_32F, 4, 3, 4), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatrixLayoutCreate(&d, CUDA_R_32F, 2, 3, 2), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatmulPreferenceCreate(&preference), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(cublasLtMatmulAlgoGetHeuristic(handle, desc, b, a, d, d, preference, 1, &found, &count), CUBLAS_STATUS_INVALID_VALUE);
    ck_assert_int_eq(cublasLtMatmulAlgoGetHeuristic(handle, desc, a, b, d, d, preference, 1, &found, &count), CUBLAS_STATUS_SUCCESS);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(cublasLtMatmul(handle, desc, &alpha, from_a, a, from_b, b, &beta, to, d, to, d, &found.algo, NULL, 0, NULL),
                     CUBLAS_STATUS_SUCCESS);
    copy_from_device(out, to, 6);
    for (int i = 0; i < 6; i++)
        ck_assert(out[i] == 24.5f);
    /* an operand that is too short is found */
    ck_assert_int_eq(cublasLtMatmul(handle, desc, &alpha, bias, a, from_b, b, &beta, to, d, to, d, &found.algo, NULL, 0, NULL),
                     CUBLAS_STATUS_INVALID_VALUE);
}
END_TEST

/* ---- CUPTI ---- */

#define BUFFER_BYTES 4096
static struct {
    pthread_t deliverer;
    int completed, requests, kernels, copies, fills, calls, external, layouts, callbacks;
    uint32_t launch_correlation, kernel_correlation, external_correlation;
    size_t dropped;
    bool refuse, ordered;
} seen = {.ordered = true};

static void on_request(uint8_t **bytes, size_t *size, size_t *most)
{
    seen.requests++;
    *bytes = seen.refuse ? NULL : aligned_alloc(8, BUFFER_BYTES);
    *size = seen.refuse ? 0 : BUFFER_BYTES;
    *most = 0;
}

static void look_at(const CUpti_Activity *record)
{
    if (record->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) {
        const CUpti_ActivityKernel10 *kernel = (const void *)record;
        seen.kernels++;
        seen.layouts += strstr(kernel->name, "nchwToNhwcKernel") || strstr(kernel->name, "nhwcToNchwKernel");
        seen.kernel_correlation = kernel->correlationId;
        seen.ordered = seen.ordered && kernel->start > 0 && kernel->end > kernel->start;
    } else if (record->kind == CUPTI_ACTIVITY_KIND_MEMCPY) {
        seen.copies++;
        seen.ordered = seen.ordered && ((const CUpti_ActivityMemcpy6 *)(const void *)record)->bytes > 0;
    } else if (record->kind == CUPTI_ACTIVITY_KIND_MEMSET) {
        seen.fills++;
    } else if (record->kind == CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION) {
        const CUpti_ActivityExternalCorrelation *external = (const void *)record;
        seen.external += external->externalId == 77 && external->externalKind == CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0;
        seen.external_correlation = external->correlationId;
    } else {
        seen.calls++;
    }
}

static void on_complete(CUcontext context, uint32_t stream, uint8_t *bytes, size_t size, size_t valid_bytes)
{
    CUpti_Activity *record = NULL;
    size_t dropped = 0;

    ck_assert_uint_eq(size, BUFFER_BYTES);
    seen.deliverer = pthread_self();
    seen.completed++;
    while (cuptiActivityGetNextRecord(bytes, valid_bytes, &record) == CUPTI_SUCCESS)
        look_at(record);
    cuptiActivityGetNumDroppedRecords(context, stream, &dropped);
    seen.dropped += dropped;
    free(bytes);
}

static void on_call(void *user, CUpti_CallbackDomain domain, CUpti_CallbackId call, const void *data)
{
    const CUpti_CallbackData *about = data;

    ck_assert_ptr_eq(user, &seen);
    ck_assert(domain == CUPTI_CB_DOMAIN_RUNTIME_API && call == CUPTI_RUNTIME_TRACE_CBID_cudaMemsetAsync_v3020);
    ck_assert_str_eq(about->functionName, "cudaMemsetAsync");
    seen.callbacks++;
    seen.launch_correlation = about->correlationId;
}

static CUpti_SubscriberHandle open_session(void)
{
    static const CUpti_ActivityKind kinds[] = {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMSET,
                                               CUPTI_ACTIVITY_KIND_RUNTIME, CUPTI_ACTIVITY_KIND_DRIVER,
                                               CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION};
    CUpti_SubscriberHandle subscriber;

    ck_assert_int_eq(cuptiSubscribe(&subscriber, on_call, &seen), CUPTI_SUCCESS);
    ck_assert_int_eq(cuptiActivityRegisterCallbacks(on_request, on_complete), CUPTI_SUCCESS);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        ck_assert_int_eq(cuptiActivityEnable(kinds[i]), CUPTI_SUCCESS);
    return subscriber;
}

START_TEST(records_of_a_fill)
{
    CUpti_SubscriberHandle subscriber = open_session();
    float *memory = device_floats(16, 0);
    uint64_t last = 0;

    ck_assert_int_eq(cuptiEnableCallback(1, subscriber, CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_RUNTIME_TRACE_CBID_cudaMemsetAsync_v3020),
                     CUPTI_SUCCESS);
    ck_assert_int_eq(cuptiActivityPushExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, 77), CUPTI_SUCCESS);
    ck_assert_int_eq(cudaMemsetAsync(memory, 0, 64, NULL), cudaSuccess);
    ck_assert_int_eq(cuptiActivityPopExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last), CUPTI_SUCCESS);
    ck_assert_uint_eq(last, 77);
    ck_assert_int_eq(cuptiActivityPopExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last), CUPTI_ERROR_QUEUE_EMPTY);
    ck_assert_int_eq(seen.callbacks, 2); /* enter and exit */
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaSuccess);
    ck_assert_int_eq(cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED), CUPTI_SUCCESS);
    ck_assert_int_ge(seen.completed, 1);
    ck_assert(!pthread_equal(seen.deliverer, pthread_self()));
    ck_assert_int_eq(seen.fills, 1);
    ck_assert_int_ge(seen.copies, 1);
    ck_assert_int_ge(seen.calls, 3);
    ck_assert_int_eq(seen.external, 1);
    ck_assert_uint_eq(seen.external_correlation, seen.launch_correlation);
    ck_assert(seen.ordered);
    ck_assert_int_eq(cuptiUnsubscribe(subscriber), CUPTI_SUCCESS);
}
END_TEST

/* x and w in, y out: what cuDNN does around a float16 convolution of contiguous tensors, and not around one of channels_last. */
START_TEST(layout_kernels_are_seen)
{
    struct plan last = make_plan(true, 8, 4), first = make_plan(false, 8, 4);
    void *workspace;

    ck_assert_int_eq(cudaMalloc(&workspace, (size_t)first.workspace_bytes), cudaSuccess);
    open_session();
    ck_assert_int_eq(execute(&last, NULL), CUDNN_STATUS_SUCCESS);
    cuptiActivityFlushAll(0);
    ck_assert_int_eq(seen.kernels, 1);
    ck_assert_int_eq(seen.layouts, 0);
    ck_assert_int_eq(execute(&first, workspace), CUDNN_STATUS_SUCCESS);
    cuptiActivityFlushAll(0);
    ck_assert_int_eq(seen.kernels, 5);
    ck_assert_int_eq(seen.layouts, 3);
}
END_TEST

START_TEST(full_buffers_and_dropped_records)
{
    float *memory = device_floats(16, 0);

    open_session();
    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(cudaMemsetAsync(memory, 0, 64, NULL), cudaSuccess);
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaSuccess);
    cuptiActivityFlushAll(0);
    ck_assert_int_eq(seen.fills, 500);
    ck_assert_int_ge(seen.completed, 500 * (88 + 40) / BUFFER_BYTES);
    ck_assert_uint_eq(seen.dropped, 0);
    seen.refuse = true;
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(cudaMemsetAsync(memory, 0, 64, NULL), cudaSuccess);
    ck_assert_int_eq(cudaDeviceSynchronize(), cudaSuccess);
    size_t dropped = 0;
    ck_assert_int_eq(cuptiActivityGetNumDroppedRecords(NULL, 0, &dropped), CUPTI_SUCCESS);
    ck_assert_uint_eq(dropped, 5 + 5 + 1);
    ck_assert_int_eq(cuptiActivityGetNumDroppedRecords(NULL, 0, &dropped), CUPTI_SUCCESS);
    ck_assert_uint_eq(dropped, 0);
}
END_TEST

START_TEST(one_subscriber)
{
    CUpti_SubscriberHandle first, second;
    char holder[64] = "";
    CUpti_SubscriberParams about = {.structSize = CUpti_SubscriberParams_STRUCT_SIZE, .subscriberName = "second",
                                    .oldSubscriberName = holder, .oldSubscriberSize = sizeof holder};

    ck_assert_int_eq(cuptiSubscribe(&first, on_call, NULL), CUPTI_SUCCESS);
    ck_assert_int_eq(cuptiSubscribe(&second, on_call, NULL), CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED);
    ck_assert_int_eq(cuptiSubscribe_v2(&second, on_call, NULL, &about), CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED);
    ck_assert_str_eq(holder, "CUPTI for an unnamed client");
    ck_assert_int_eq(cuptiUnsubscribe(first), CUPTI_SUCCESS);
    ck_assert_int_eq(cuptiSubscribe_v2(&second, on_call, NULL, &about), CUPTI_SUCCESS);
    ck_assert_int_eq(cuptiUnsubscribe(second), CUPTI_SUCCESS);
    setenv("SIMGPU_FAULT", "cupti_busy", 1);
    ck_assert_int_eq(cuptiSubscribe(&first, on_call, NULL), CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the simulator's cuDNN, cuBLASLt and CUPTI");
    TCase *cases = tcase_create("cases");

    tcase_add_test(cases, versions);
    tcase_add_test(cases, descriptors_keep_the_rules);
    tcase_add_test(cases, shapes_that_do_not_fit);
    tcase_add_test(cases, workspace_is_checked);
    tcase_add_test(cases, channels_are_padded);
    tcase_add_test(cases, product_with_bias);
    tcase_add_test(cases, records_of_a_fill);
    tcase_add_test(cases, layout_kernels_are_seen);
    tcase_add_test(cases, full_buffers_and_dropped_records);
    tcase_add_test(cases, one_subscriber);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
