/*
 * The engines. Tensor cores want channels last: operands of another format go through the workspace by layout kernels of their
 * own, as cuDNN does it (nchwToNhwcKernel, nhwcToNchwKernel). The other engine computes where the operands lie.
 */
#include <stdlib.h>
#include <string.h>

#include <cupti_driver_cbid.h>
#include <cupti_runtime_cbid.h>

#include "tests/simgpu/cudnn/backend.h"
#include "tests/simgpu/driver/driver.h"

static bool is_last(const struct sim_tensor *tensor)
{
    int64_t step[4] = {tensor->size[1] * tensor->size[2] * tensor->size[3], 1, tensor->size[1] * tensor->size[3], tensor->size[1]};

    for (int d = 0; d < 4; d++)
        if (tensor->size[d] != 1 && tensor->step[d] != step[d])
            return false;
    return true;
}

static struct sim_tensor as_last(const struct sim_tensor *tensor)
{
    struct sim_tensor last = *tensor;
    const int64_t *size = tensor->size;
    const int64_t step[4] = {size[1] * size[2] * size[3], 1, size[1] * size[3], size[1]};

    memcpy(last.step, step, sizeof step);
    return last;
}

static int64_t dense_bytes(const struct sim_tensor *tensor)
{
    return tensor->size[0] * tensor->size[1] * tensor->size[2] * tensor->size[3] * sim_type_bytes(tensor->type);
}

static int64_t round_up(int64_t bytes)
{
    return (bytes + 255) / 256 * 256;
}

/* float32 on tensor cores takes only what lies so already, as cuDNN's TF32 engines for NHWC. */
cudnnStatus_t sim_engine_takes(const struct problem *problem, enum engine engine)
{
    if (engine == ENGINE_DIRECT)
        return CUDNN_STATUS_SUCCESS;
    for (int i = 0; i < OPERANDS; i++) {
        if (problem->tensor[i].type == CUDNN_DATA_FLOAT && !is_last(&problem->tensor[i]))
            return sim_fail(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT, "engine %d takes float only with channels last", (int)engine);
        if (problem->tensor[i].alignment % 16 != 0)
            return sim_fail(CUDNN_STATUS_NOT_SUPPORTED, "engine %d needs tensors aligned to 16 bytes", (int)engine);
    }
    return CUDNN_STATUS_SUCCESS;
}

int64_t sim_workspace_bytes(const struct problem *problem, enum engine engine)
{
    int64_t bytes = 0;

    for (int i = 0; i < OPERANDS && engine == ENGINE_TENSOR_CORE; i++)
        if (!is_last(&problem->tensor[i]))
            bytes += round_up(dense_bytes(&problem->tensor[i]));
    return bytes;
}

/* ---- kernels ---- */

/* A layout kernel when `convolves` is false: tensor[0] to tensor[1]. */
struct step {
    bool convolves, tf32;
    struct problem problem;
    void *data[OPERANDS];
};

static bool run_step(void *closure)
{
    const struct step *step = closure;

    if (step->convolves)
        sim_convolve(&step->problem, step->tf32, step->data);
    else
        sim_transpose(&step->problem.tensor[0], &step->problem.tensor[1], step->data[0], step->data[1]);
    return true;
}

/* The names that cuDNN 9's kernels have in CUPTI's records. */
static const char *layout_name(cudnnDataType_t type, bool to_last)
{
    static const char *const names[2][3] = {
        {"_ZN5cudnn19engines_precompiled16nhwcToNchwKernelIfffLb1ELb0EL21cudnnKernelDataType_t2EEEvNS0_18nhwc2nchw_params_tIT1_EEPKT_PT0_",
         "_ZN5cudnn19engines_precompiled16nhwcToNchwKernelI6__halfS2_fLb1ELb0EL21cudnnKernelDataType_t0EEEvNS0_18nhwc2nchw_params_tIT1_EEPKT_PT0_",
         "_ZN5cudnn19engines_precompiled16nhwcToNchwKernelI13__nv_bfloat16S2_fLb1ELb0EL21cudnnKernelDataType_t1EEEvNS0_18nhwc2nchw_params_tIT1_EEPKT_PT0_"},
        {"_ZN5cudnn19engines_precompiled16nchwToNhwcKernelIfffLb0ELb1EL21cudnnKernelDataType_t2EEEvNS0_18nchw2nhwc_params_tIT1_EEPKT_PT0_",
         "_ZN5cudnn19engines_precompiled16nchwToNhwcKernelI6__halfS2_fLb0ELb1EL21cudnnKernelDataType_t0EEEvNS0_18nchw2nhwc_params_tIT1_EEPKT_PT0_",
         "_ZN5cudnn19engines_precompiled16nchwToNhwcKernelI13__nv_bfloat16S2_fLb0ELb1EL21cudnnKernelDataType_t1EEEvNS0_18nchw2nhwc_params_tIT1_EEPKT_PT0_"}};
    return names[to_last][type == CUDNN_DATA_HALF ? 1 : type == CUDNN_DATA_BFLOAT16 ? 2 : 0];
}

static const char *compute_name(const struct problem *problem, enum engine engine)
{
    static const char *const names[ENGINES][3] = {
        [ENGINE_DIRECT] = {"implicit_convolve_sgemm", "cudnn_infer_ampere_scudnn_dgrad_nchw", "cudnn_infer_ampere_scudnn_wgrad_nchw"},
        [ENGINE_TENSOR_CORE] = {"sm90_xmma_fprop_implicit_gemm_f16f16_f16f32_f32_nhwckrsc_nhwc_tilesize128x128x64_warpgroupsize1x1x1_g1_execute_segment_k_off_kernel__5x_cudnn",
                                "sm90_xmma_dgrad_implicit_gemm_f16f16_f16f32_f32_nhwckrsc_nhwc_tilesize128x128x64_warpgroupsize1x1x1_g1_strided_execute_kernel__5x_cudnn",
                                "sm90_xmma_wgrad_implicit_gemm_indexed_f16f16_f16f32_f32_nhwckrsc_nhwc_tilesize128x64x64_stage3_kernel_cudnn"}};
    return names[engine][problem->kind];
}

static double flops_of(const struct problem *problem)
{
    const int64_t *y = problem->tensor[OPERAND_Y].size, *w = problem->tensor[OPERAND_W].size;
    return 2.0 * (double)(y[0] * y[1] * y[2] * y[3]) * (double)(w[1] * w[2] * w[3]);
}

/* One kernel into the stream, within an API call of its own, of which CUPTI is told. */
static cudnnStatus_t launch(const struct step *given, const char *name, size_t bytes, double flops, cudaStream_t handle)
{
    struct simgpu_stream *stream;
    struct step *step = malloc(sizeof *step);
    struct simgpu_call call = {.driver = true, .number = CUPTI_DRIVER_TRACE_CBID_cuLaunchKernelEx, .name = "cuLaunchKernelEx", .symbol = name};

    if (!given->convolves)
        call = (struct simgpu_call){.number = CUPTI_RUNTIME_TRACE_CBID_cudaLaunchKernel_v7000, .name = "cudaLaunchKernel", .symbol = name};
    if (!step)
        return CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
    *step = *given;
    cudaError_t error = simgpu_stream_find(handle, &stream);
    if (error == cudaSuccess && simgpu_fault("cudnn_launch"))
        error = cudaErrorLaunchFailure;
    if (error != cudaSuccess) {
        free(step);
        return sim_fail(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "launching %s: error %d", name, (int)error);
    }
    const struct simgpu_work work = {.kind = SIMGPU_KERNEL, .name = name, .bytes = bytes, .flops = flops, .grid = {132, 1, 1},
                                     .block = {256, 1, 1}, .run = run_step, .destroy = free, .closure = step};
    simgpu_call_begin(&call);
    error = simgpu_enqueue(stream, &work);
    simgpu_call_end(&call, (int)error);
    return error == cudaSuccess ? CUDNN_STATUS_SUCCESS : sim_fail(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "launching %s: error %d", name, (int)error);
}

static cudnnStatus_t relayout(const struct sim_tensor *from, const struct sim_tensor *to, void *source, void *target, bool to_last,
                              cudaStream_t stream)
{
    struct step step = {.convolves = false, .data = {source, target}};

    step.problem.tensor[0] = *from;
    step.problem.tensor[1] = *to;
    return launch(&step, layout_name(from->type, to_last), (size_t)(2 * dense_bytes(from)), 0, stream);
}

cudnnStatus_t sim_execute(const struct problem *problem, enum engine engine, void *const data[OPERANDS], void *workspace,
                          cudaStream_t stream)
{
    static const int written[] = {[PROBLEM_FORWARD] = OPERAND_Y, [PROBLEM_DATA] = OPERAND_X, [PROBLEM_WEIGHT] = OPERAND_W};
    struct step step = {.convolves = true, .problem = *problem};
    char *free_space = workspace;
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
    size_t bytes = 0;
    int out = written[problem->kind];

    step.tf32 = engine == ENGINE_TENSOR_CORE && problem->tensor[0].type == CUDNN_DATA_FLOAT;
    for (int i = 0; i < OPERANDS && status == CUDNN_STATUS_SUCCESS; i++) {
        const struct sim_tensor *tensor = &problem->tensor[i];
        step.data[i] = data[i];
        bytes += (size_t)dense_bytes(tensor);
        if (engine != ENGINE_TENSOR_CORE || is_last(tensor))
            continue;
        step.problem.tensor[i] = as_last(tensor);
        step.data[i] = free_space;
        free_space += round_up(dense_bytes(tensor));
        if (i != out)
            status = relayout(tensor, &step.problem.tensor[i], data[i], step.data[i], true, stream);
    }
    if (status == CUDNN_STATUS_SUCCESS)
        status = launch(&step, compute_name(problem, engine), bytes, flops_of(problem), stream);
    if (status == CUDNN_STATUS_SUCCESS && step.data[out] != data[out])
        status = relayout(&step.problem.tensor[out], &problem->tensor[out], step.data[out], data[out], false, stream);
    return status;
}
