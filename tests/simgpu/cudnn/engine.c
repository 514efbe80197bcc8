/*
 * The engines. Tensor cores want channels last: operands of another format go through the workspace by layout kernels of their
 * own, as cuDNN does it (nchwToNhwcKernel, nhwcToNchwKernel). Of float16 and bfloat16 they want 8 channels at once, or the 4 of an image:
 * other channels are padded first (nhwcAddPaddingKernel). The other engine computes where the operands lie.
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

/* With that many channels in memory, at least as many as the tensor has. */
static struct sim_tensor as_last(const struct sim_tensor *tensor, int64_t channels)
{
    struct sim_tensor last = *tensor;
    const int64_t *size = tensor->size;
    const int64_t step[4] = {channels * size[2] * size[3], 1, channels * size[3], channels};

    memcpy(last.step, step, sizeof step);
    return last;
}

static const int written[] = {[PROBLEM_FORWARD] = OPERAND_Y, [PROBLEM_DATA] = OPERAND_X, [PROBLEM_WEIGHT] = OPERAND_W};

/* Channels that tensor cores want an operand to have in memory: of one that is read, with channels last and as many as the input has. */
static int64_t wanted_channels(const struct problem *problem, int operand)
{
    const struct sim_tensor *tensor = &problem->tensor[operand];
    int64_t channels = tensor->size[1];

    return operand == OPERAND_Y || operand == written[problem->kind] || problem->groups != 1 || tensor->type == CUDNN_DATA_FLOAT ||
                   channels == 4 || !is_last(tensor)
               ? channels
               : (channels + 7) / 8 * 8;
}

static bool is_moved(const struct problem *problem, int operand)
{
    return !is_last(&problem->tensor[operand]) || wanted_channels(problem, operand) != problem->tensor[operand].size[1];
}

/* The operand as tensor cores take it, and its bytes. */
static struct sim_tensor moved(const struct problem *problem, int operand)
{
    return as_last(&problem->tensor[operand], wanted_channels(problem, operand));
}

static int64_t moved_bytes(const struct sim_tensor *tensor)
{
    return tensor->size[0] * tensor->step[0] * sim_type_bytes(tensor->type);
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

    for (int i = 0; i < OPERANDS && engine == ENGINE_TENSOR_CORE; i++) {
        const struct sim_tensor tensor = moved(problem, i);
        bytes += is_moved(problem, i) ? round_up(moved_bytes(&tensor)) : 0;
    }
    return bytes;
}

/* ---- kernels ---- */

/* A layout kernel when `convolves` is false: tensor[0] to tensor[1]. */
struct step {
    bool convolves, tf32;
    struct problem problem;
    void *data[OPERANDS];
    size_t zeroed_bytes; /* of the second, before */
};

static bool run_step(void *closure)
{
    const struct step *step = closure;

    if (step->zeroed_bytes > 0)
        memset(step->data[1], 0, step->zeroed_bytes);
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

static const char *padding_name(cudnnDataType_t type)
{
    return type == CUDNN_DATA_HALF
               ? "_Z20nhwcAddPaddingKernelI6__halfS0_fLb1EL21cudnnKernelDataType_t0EEviiiiiiiiPKT_PT0_iiiiT1_S7_N5cudnn15reduced_divisorES9_S9_"
               : "_Z20nhwcAddPaddingKernelI13__nv_bfloat16S0_fLb1EL21cudnnKernelDataType_t0EEviiiiiiiiPKT_PT0_iiiiT1_S7_N5cudnn15reduced_divisorES9_S9_";
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

static void add_accesses(struct simgpu_work *work, const struct step *step)
{
    for (int i = 0; i < (step->convolves ? OPERANDS : 2); i++)
        simgpu_add_access(work, step->data[i], i == (step->convolves ? written[step->problem.kind] : 1) ? SIMGPU_WRITES : SIMGPU_READS);
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
    struct simgpu_work work = {.kind = SIMGPU_KERNEL, .name = name, .bytes = bytes, .flops = flops, .grid = {132, 1, 1},
                               .block = {256, 1, 1}, .run = run_step, .destroy = free, .closure = step};
    add_accesses(&work, step);
    simgpu_call_begin(&call);
    error = simgpu_enqueue(stream, &work);
    simgpu_call_end(&call, (int)error);
    return error == cudaSuccess ? CUDNN_STATUS_SUCCESS : sim_fail(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "launching %s: error %d", name, (int)error);
}

static cudnnStatus_t relayout(const struct sim_tensor *from, const struct sim_tensor *to, void *source, void *target, const char *name,
                              cudaStream_t stream)
{
    struct step step = {.convolves = false, .data = {source, target}};
    bool pads = to->step[3] > to->size[1] && is_last(from);

    step.problem.tensor[0] = *from;
    step.problem.tensor[1] = *to;
    step.zeroed_bytes = pads ? (size_t)moved_bytes(to) : 0;
    return launch(&step, name, (size_t)(dense_bytes(from) + (pads ? moved_bytes(to) : dense_bytes(to))), 0, stream);
}

cudnnStatus_t sim_execute(const struct problem *problem, enum engine engine, void *const data[OPERANDS], void *workspace,
                          cudaStream_t stream)
{
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
        if (engine != ENGINE_TENSOR_CORE || !is_moved(problem, i))
            continue;
        step.problem.tensor[i] = moved(problem, i);
        step.data[i] = free_space;
        free_space += round_up(moved_bytes(&step.problem.tensor[i]));
        if (i != out)
            status = relayout(tensor, &step.problem.tensor[i], data[i], step.data[i],
                              is_last(tensor) ? padding_name(tensor->type) : layout_name(tensor->type, true), stream);
    }
    if (status == CUDNN_STATUS_SUCCESS)
        status = launch(&step, compute_name(problem, engine), bytes, flops_of(problem), stream);
    if (status == CUDNN_STATUS_SUCCESS && step.data[out] != data[out])
        status = relayout(&step.problem.tensor[out], &problem->tensor[out], step.data[out], data[out],
                          layout_name(problem->tensor[out].type, false), stream);
    return status;
}
