/* A step kept as a CUDA graph: what run() launches between begin and end, launched again as one. */
#include "kernels/cuda/graph.h"

#include <stdlib.h>

struct device_graph {
    cudaGraphExec_t exec;
};

/* Other threads of the process may go on calling CUDA meanwhile; this one must do nothing that waits for the device. */
enum status cuda_capture_begin(struct device *device)
{
    TRY(cuda_check(device, device->lost, "capturing a step"));
    return cuda_check(device, cudaStreamBeginCapture(device->compute, cudaStreamCaptureModeThreadLocal), "capturing a step");
}

static enum status instantiate(struct device *device, cudaGraph_t captured, struct device_graph **out)
{
    struct device_graph *graph = calloc(1, sizeof *graph);

    if (!graph)
        return FAIL(NO_MEMORY, "no memory for a CUDA graph");
    enum status status = cuda_check(device, cudaGraphInstantiate(&graph->exec, captured, 0), "making a CUDA graph of a step");
    if (status == STATUS_OK)
        *out = graph;
    else
        free(graph);
    return status;
}

enum status cuda_capture_end(struct device *device, struct device_graph **out)
{
    cudaGraph_t captured = NULL;

    *out = NULL;
    enum status status = cuda_check(device, cudaStreamEndCapture(device->compute, &captured), "capturing a step");
    if (status == STATUS_OK)
        status = instantiate(device, captured, out);
    if (captured)
        cudaGraphDestroy(captured);
    return status;
}

enum status cuda_graph_launch(struct device *device, struct device_graph *graph)
{
    TRY(cuda_check(device, device->lost, "launching a step"));
    return cuda_check(device, cudaGraphLaunch(graph->exec, device->compute), "launching a step as a CUDA graph");
}

void cuda_graph_destroy(struct device *device, struct device_graph *graph)
{
    (void)device;
    if (!graph)
        return;
    cudaGraphExecDestroy(graph->exec);
    free(graph);
}
