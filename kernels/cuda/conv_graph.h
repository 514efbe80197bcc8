/*
 * cuDNN's graph API: making descriptors without a check after every call, a convolution as a graph of one operation, and the
 * engines that cuDNN offers for it. Between the conv_*.c files only.
 */
#ifndef KERNELS_CUDA_CONV_GRAPH_H
#define KERNELS_CUDA_CONV_GRAPH_H

#include "kernels/cuda/conv_plan.h"

/* Descriptors that are destroyed together. After the first failure nothing more is done. */
struct cudnn_build {
    cudnnStatus_t status;
    cudnnBackendDescriptor_t *made;
    int made_count, made_room;
};

/* NULL after a failure. */
cudnnBackendDescriptor_t cudnn_make(struct cudnn_build *build, cudnnBackendDescriptorType_t type);
void cudnn_set(struct cudnn_build *build, cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
               cudnnBackendAttributeType_t type, int64_t count, const void *values);
void cudnn_finish(struct cudnn_build *build, cudnnBackendDescriptor_t descriptor);
/* How many values were got, at most `room`. */
int64_t cudnn_get(struct cudnn_build *build, cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t type, int64_t room, void *values);
void cudnn_build_release(struct cudnn_build *build);

/* The unique id that operand number i has in graphs. */
#define CONV_UID(i) ((int64_t)(i) + 1)

/* The operation graph of the shape; owned by the build. */
cudnnBackendDescriptor_t conv_graph_make(struct cudnn_build *build, cudnnHandle_t handle, const struct conv_shape *shape);

/* Engine configurations by preference; an unknown mode or none: 0. Owned by the build. */
int conv_graph_engines(struct cudnn_build *build, cudnnBackendDescriptor_t graph, cudnnBackendHeurMode_t mode,
                       cudnnBackendDescriptor_t *engines, int room);

/* Number of the engine behind a configuration, -1 unknown, and whether it has a numerical note. */
int64_t conv_engine_number(cudnnBackendDescriptor_t config);
bool conv_engine_notes(cudnnBackendDescriptor_t config, cudnnBackendNumericalNote_t note);

#endif
