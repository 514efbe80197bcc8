/* Timing a convolution's plans. */
#include "kernels/cuda/conv_tune.h"

#define RUNS 4 /* the first isn't counted */

struct bench {
    struct device *device;
    void *data[CONV_OPERANDS], *workspace;
    cudaEvent_t start, end;
};

static size_t span_bytes(const struct conv_shape *shape, int operand)
{
    int64_t last = 0;

    for (int d = 0; d < 4; d++)
        last += (shape->size[operand][d] - 1) * shape->step[operand][d];
    return (size_t)(last + 1) * dtype_bytes(shape->dtype);
}

static enum status open_bench(struct bench *bench, const struct conv_plan *plans, int count)
{
    size_t workspace_bytes = 1;

    for (int i = 0; i < count; i++)
        workspace_bytes = plans[i].workspace_bytes > workspace_bytes ? plans[i].workspace_bytes : workspace_bytes;
    for (int i = 0; i < CONV_OPERANDS; i++) {
        bench->data[i] = cuda_alloc(bench->device, span_bytes(&plans[0].shape, i), "measuring convolutions");
        if (!bench->data[i])
            return STATUS_NO_MEMORY;
    }
    bench->workspace = cuda_alloc(bench->device, workspace_bytes, "measuring convolutions (workspace)");
    if (!bench->workspace)
        return STATUS_NO_MEMORY;
    TRY(cuda_check(bench->device, cudaEventCreate(&bench->start), "creating an event"));
    return cuda_check(bench->device, cudaEventCreate(&bench->end), "creating an event");
}

static void close_bench(struct bench *bench)
{
    for (int i = 0; i < CONV_OPERANDS; i++)
        if (bench->data[i])
            cuda_free(bench->device, bench->data[i]);
    if (bench->workspace)
        cuda_free(bench->device, bench->workspace);
    if (bench->start)
        cudaEventDestroy(bench->start);
    if (bench->end)
        cudaEventDestroy(bench->end);
}

/* The least of several runs, milliseconds; *done is false when the plan can't be run. */
static enum status time_plan(struct bench *bench, const struct conv_plan *plan, float *least_ms, bool *done)
{
    struct conv_binding binding = {0};
    struct device *device = bench->device;
    enum status status = STATUS_OK;

    *done = false;
    for (int run = 0; run < RUNS; run++) {
        float taken_ms;
        TRY_OUT(cuda_check(device, cudaEventRecord(bench->start, device->compute), "measuring a convolution"));
        if (conv_plan_run(device, plan, &binding, bench->data, bench->workspace) != CUDNN_STATUS_SUCCESS)
            goto out;
        TRY_OUT(cuda_check(device, cudaEventRecord(bench->end, device->compute), "measuring a convolution"));
        TRY_OUT(cuda_check(device, cudaEventSynchronize(bench->end), "measuring a convolution"));
        TRY_OUT(cuda_check(device, cudaEventElapsedTime(&taken_ms, bench->start, bench->end), "measuring a convolution"));
        if (run == 1 || (run > 1 && taken_ms < *least_ms))
            *least_ms = taken_ms;
    }
    *done = true;
out:
    conv_binding_release(&binding);
    return status;
}

enum status conv_tune(struct device *device, const struct conv_plan *plans, int count, int *best)
{
    struct bench bench = {.device = device};
    float best_ms = 0, taken_ms = 0;
    bool any = false, done;
    enum status status;

    *best = 0;
    TRY_OUT(open_bench(&bench, plans, count));
    for (int i = 0; i < count; i++) {
        TRY_OUT(time_plan(&bench, &plans[i], &taken_ms, &done));
        if (!done || (any && taken_ms >= best_ms))
            continue;
        any = true;
        best_ms = taken_ms;
        *best = i;
    }
out:
    close_bench(&bench);
    return status;
}
