/* The simulated cuDNN's handle, version, errors, and execution of plans. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/cudnn/backend.h"
#include "tests/simgpu/driver/driver.h"

struct cudnnContext {
    cudaStream_t stream;
};

static _Thread_local char last_words[256];

cudnnStatus_t sim_fail(cudnnStatus_t status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(last_words, sizeof last_words, format, arguments);
    va_end(arguments);
    return status;
}

size_t cudnnGetVersion(void)
{
    return simgpu_fault_set("old_cudnn") ? 8907 : CUDNN_VERSION;
}

size_t cudnnGetCudartVersion(void)
{
    return CUDART_VERSION;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *out)
{
    *out = NULL;
    if (simgpu_fault_set("no_cudnn") || simgpu_lost() != cudaSuccess)
        return sim_fail(CUDNN_STATUS_NOT_INITIALIZED, "cudnnCreate: a fault by request or a lost device");
    *out = calloc(1, sizeof **out);
    return *out ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle)
{
    free(handle);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream)
{
    if (!handle)
        return CUDNN_STATUS_BAD_PARAM_NULL_POINTER;
    handle->stream = stream;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t *stream)
{
    *stream = handle->stream;
    return CUDNN_STATUS_SUCCESS;
}

const char *cudnnGetErrorString(cudnnStatus_t status)
{
    static const struct {
        cudnnStatus_t status;
        const char *name;
    } names[] = {
#define STATUS(name) {name, #name}
        STATUS(CUDNN_STATUS_SUCCESS), STATUS(CUDNN_STATUS_NOT_INITIALIZED), STATUS(CUDNN_STATUS_BAD_PARAM),
        STATUS(CUDNN_STATUS_BAD_PARAM_NULL_POINTER), STATUS(CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER),
        STATUS(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED), STATUS(CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND),
        STATUS(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH), STATUS(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE),
        STATUS(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE), STATUS(CUDNN_STATUS_NOT_SUPPORTED), STATUS(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT),
        STATUS(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE), STATUS(CUDNN_STATUS_INTERNAL_ERROR),
        STATUS(CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED), STATUS(CUDNN_STATUS_EXECUTION_FAILED_CUDART),
#undef STATUS
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == status)
            return names[i].name;
    return "CUDNN_UNKNOWN_STATUS";
}

void cudnnGetLastErrorString(char *message, size_t room)
{
    if (room > 0)
        snprintf(message, room, "%s", last_words);
    last_words[0] = '\0';
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor)
{
    return sim_finalize(descriptor);
}

/* The pointer that the pack gives to a tensor's id. */
static cudnnStatus_t find_data(const struct descriptor *pack, const struct sim_tensor *tensor, void **out)
{
    int64_t count;
    const int64_t *ids = sim_attribute(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, &count);
    void *const *pointers = sim_attribute(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, &count);

    *out = NULL;
    for (int64_t i = 0; i < count; i++)
        if (ids[i] == tensor->uid)
            *out = pointers[i];
    if (!*out)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the variant pack has no pointer for tensor %lld", (long long)tensor->uid);
    return (uintptr_t)*out % (uintptr_t)tensor->alignment == 0
               ? CUDNN_STATUS_SUCCESS
               : sim_fail(CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, "tensor %lld is not aligned to %lld bytes", (long long)tensor->uid,
                          (long long)tensor->alignment);
}

/* Device memory of so many bytes? */
static cudnnStatus_t check_memory(const void *memory, int64_t bytes, const char *what)
{
    enum simgpu_memory_kind kind;
    size_t left;

    if (bytes == 0 || (simgpu_find_memory(memory, &kind, &left) && kind == SIMGPU_DEVICE && left >= (size_t)bytes))
        return CUDNN_STATUS_SUCCESS;
    simgpu_report("cudnnBackendExecute: %s is no device memory of %lld bytes", what, (long long)bytes);
    return sim_fail(CUDNN_STATUS_BAD_PARAM, "%s is no device memory of %lld bytes", what, (long long)bytes);
}

static int64_t span_bytes(const struct sim_tensor *tensor)
{
    int64_t last = 0;

    for (int d = 0; d < 4; d++)
        last += (tensor->size[d] - 1) * tensor->step[d];
    return (last + 1) * sim_type_bytes(tensor->type);
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan_handle, cudnnBackendDescriptor_t pack_handle)
{
    const struct descriptor *plan = plan_handle, *pack = pack_handle;
    void *data[OPERANDS], *workspace = NULL;
    int64_t count;

    if (!handle || !plan || !pack)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "cudnnBackendExecute: no handle, plan or variant pack");
    if (plan->type != CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR || pack->type != CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "cudnnBackendExecute: not a plan and a variant pack");
    if (!plan->finalized || !pack->finalized)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "cudnnBackendExecute: plan or variant pack are not finalized");
    if (simgpu_lost() != cudaSuccess)
        return sim_fail(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "the device is lost");
    for (int i = 0; i < OPERANDS; i++) {
        cudnnStatus_t status = find_data(pack, &plan->problem.tensor[i], &data[i]);
        if (status == CUDNN_STATUS_SUCCESS)
            status = check_memory(data[i], span_bytes(&plan->problem.tensor[i]), "a tensor");
        if (status != CUDNN_STATUS_SUCCESS)
            return status;
    }
    const void *given = sim_attribute(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, &count);
    if (given)
        memcpy(&workspace, given, sizeof workspace);
    cudnnStatus_t status = check_memory(workspace, sim_workspace_bytes(&plan->problem, plan->engine), "the workspace");
    return status == CUDNN_STATUS_SUCCESS ? sim_execute(&plan->problem, plan->engine, data, workspace, handle->stream) : status;
}
