/*
 * One cuDNN call of a convolution: an execution plan of cuDNN's graph API, chosen once for each shape and kept by the device.
 * Strides are the tensors' own; the number of groups follows from the channels of input and weight, as cuDNN has it.
 */
#ifndef KERNELS_CUDA_CONV_PLAN_H
#define KERNELS_CUDA_CONV_PLAN_H

#include "kernels/cuda/device.h"

enum conv_kind {
    CONV_FORWARD, /* input, weight -> output */
    CONV_DATA,    /* weight, gradient of output -> gradient of input; a transposed convolution's forward */
    CONV_WEIGHT   /* input, gradient of output -> gradient of weight */
};
enum { CONV_INPUT, CONV_FILTER, CONV_OUTPUT, CONV_OPERANDS }; /* as the untransposed forward pass has them */

/* What a plan depends on. Compared byte by byte: zeroed before it is filled. */
struct conv_shape {
    enum conv_kind kind;
    enum dtype dtype; /* of all three operands; products are summed in float32 */
    int64_t size[CONV_OPERANDS][4], step[CONV_OPERANDS][4]; /* N, C, H, W; strides in elements */
    int64_t stride[2], padding[2], dilation[2];
    int64_t alignment; /* of all three, bytes */
};

struct conv_plan {
    struct conv_shape shape;
    cudnnBackendDescriptor_t plan;
    size_t workspace_bytes;
    char name[64]; /* "cudnn_convolution_forward engine 28" */
};

/* The device's plan for the shape, made when there is none yet. UNSUPPORTED when no engine of cuDNN's takes it. */
enum status conv_plan_find(struct device *device, const struct conv_shape *shape, const struct conv_plan **out);
void conv_plans_destroy(struct device *device);

/* A plan with the memory it runs on; zeroed at first. */
struct conv_binding {
    cudnnBackendDescriptor_t pack;
    const void *data[CONV_OPERANDS], *workspace;
};

/* Runs it on the compute stream; the binding is made anew when memory has moved. */
cudnnStatus_t conv_plan_run(struct device *device, const struct conv_plan *plan, struct conv_binding *binding,
                            void *const data[CONV_OPERANDS], void *workspace);
void conv_binding_release(struct conv_binding *binding);

#endif
