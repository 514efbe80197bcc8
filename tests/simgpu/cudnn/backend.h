/* The simulated cuDNN's insides: descriptors as lists of checked attributes, and what a finalized one means. */
#ifndef SIMGPU_CUDNN_BACKEND_H
#define SIMGPU_CUDNN_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include <cudnn.h>

#define MOST_ATTRIBUTES 16

enum problem_kind { PROBLEM_FORWARD, PROBLEM_DATA, PROBLEM_WEIGHT };
enum operand { OPERAND_X, OPERAND_W, OPERAND_Y, OPERANDS };

struct sim_tensor {
    cudnnDataType_t type;
    int64_t size[4], step[4], uid, alignment; /* step: in elements */
};
/* One convolution, all facts copied, so that it outlives the descriptors it was made of. */
struct problem {
    enum problem_kind kind;
    struct sim_tensor tensor[OPERANDS];
    int64_t stride[2], padding[2], dilation[2], groups;
    float alpha, beta;
};

/* Engines, by number. */
enum engine { ENGINE_DIRECT, ENGINE_TENSOR_CORE, ENGINES };

struct descriptor {
    cudnnBackendDescriptorType_t type;
    bool finalized;
    struct {
        cudnnBackendAttributeName_t name;
        int64_t count;
        unsigned char bytes[64];
        void *more; /* where 64 bytes are too few */
    } attribute[MOST_ATTRIBUTES];
    int attributes;
    struct problem problem; /* of graphs and of what is made of them */
    enum engine engine;     /* of engines, their configurations, plans */
};

/* Answers the status after having kept the words for cudnnGetLastErrorString. */
cudnnStatus_t sim_fail(cudnnStatus_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The attribute's values, NULL when it isn't set. */
const void *sim_attribute(const struct descriptor *descriptor, cudnnBackendAttributeName_t name, int64_t *count);
struct descriptor *sim_child(const struct descriptor *descriptor, cudnnBackendAttributeName_t name);

/* Makes sense of a descriptor's attributes; the first thing that is missing or wrong is told. */
cudnnStatus_t sim_finalize(struct descriptor *descriptor);

/* Does the engine take the problem? */
cudnnStatus_t sim_engine_takes(const struct problem *problem, enum engine engine);
int64_t sim_workspace_bytes(const struct problem *problem, enum engine engine);
/* Puts the plan's kernels into the stream: layout conversions into and out of the workspace where the engine needs them. */
cudnnStatus_t sim_execute(const struct problem *problem, enum engine engine, void *const data[OPERANDS], void *workspace,
                          cudaStream_t stream);

/* The arithmetic, on memory that may be touched. tf32: operands are rounded to 10 bits of mantissa. */
void sim_convolve(const struct problem *problem, bool tf32, void *const data[OPERANDS]);
/* Copies a tensor to another of the same sizes and dtype with other strides. */
void sim_transpose(const struct sim_tensor *from, const struct sim_tensor *to, const void *source, void *target);
int64_t sim_type_bytes(cudnnDataType_t type);


#endif
