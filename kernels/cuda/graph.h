/* kernels/backend.h's capture_begin, capture_end, graph_launch, graph_destroy. */
#ifndef KERNELS_CUDA_GRAPH_H
#define KERNELS_CUDA_GRAPH_H

#include "kernels/cuda/device.h"

enum status cuda_capture_begin(struct device *device);
enum status cuda_capture_end(struct device *device, struct device_graph **out);
enum status cuda_graph_launch(struct device *device, struct device_graph *graph);
void cuda_graph_destroy(struct device *device, struct device_graph *graph);

#endif
