/*
 * What the CUDA back end's C files share: the opened device, errors in words, memory.
 *
 * Errors: a launch that fails tells at once; what goes wrong while a kernel runs is told by a later call ("sticky": the
 * context is lost). Then device->lost keeps the first such error, every further call fails with it, and closing stays silent.
 */
#ifndef KERNELS_CUDA_DEVICE_H
#define KERNELS_CUDA_DEVICE_H

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include "kernels/backend.h"
#include "kernels/cuda/launch.h"

struct cuda_pinned;  /* kernels/cuda/device_memory.c */
struct conv_plans;   /* kernels/cuda/conv_plan.h */

/* A batch on its way (device_ahead.c). */
struct cuda_ahead {
    const void *from;          /* the host's memory; NULL = nothing is under way */
    size_t bytes, room;
    void *memory, *pinned;     /* the device's, the host's */
    cudaEvent_t arrived, taken; /* on the copy stream, on the compute stream */
};
#define CUDA_AHEAD 2

struct device {
    int ordinal;
    struct cudaDeviceProp properties;
    cudaStream_t compute; /* all kernels; what `stream` of a launcher is */
    cudaStream_t copy;    /* host to device, beside compute */
    cudnnHandle_t cudnn;  /* bound to compute */
    cublasLtHandle_t cublas;
    bool tf32_convolution, tf32_matmul; /* float32 products on tensor cores, 10 bits of mantissa */
    bool autotune;        /* measure cuDNN's plans instead of taking the heuristics' first */
    size_t held_bytes;    /* by cuda_alloc, now */
    struct cuda_pinned *pinned;
    struct cuda_ahead ahead[CUDA_AHEAD];
    unsigned next_ahead;
    cudaEvent_t mark[BACKEND_MARKS]; /* made when first set */
    struct conv_plans *plans;
    void *group;          /* of ranks, NCCL's (collective.h); NULL = alone */
    cudaError_t lost;     /* the first sticky error; cudaSuccess */
    char name[160];
};

/* BACKEND with "<what>: <CUDA's words> (<CUDA's name>)" and what to do; `what` is printf's. cudaSuccess: STATUS_OK. */
enum status cuda_check(struct device *device, cudaError_t error, const char *what, ...) __attribute__((format(printf, 3, 4)));

/* The same for cuDNN (UNSUPPORTED where it has no such kernel) and cuBLASLt, with their own last error's words. */
enum status cudnn_check(cudnnStatus_t error, const char *what, ...) __attribute__((format(printf, 2, 3)));
enum status cublas_check(cublasStatus_t error, const char *what, ...) __attribute__((format(printf, 2, 3)));

/* True when the error means that the context can't be used any more. */
bool cuda_is_sticky(cudaError_t error);

/* What became of the launch of a call's kernel `index`: names operator, kernel and shapes when it failed. */
enum status cuda_launched(const struct op_prepared *self, const struct run_context *context, int index, cudaError_t error);

/*
 * Within run(): TRY(CUDA_KERNEL(&self->head, context, 0, cuda_relu_launch(&self->args, context->device->compute)));
 * `launch` is evaluated once, between the brackets of kernels/backend.h.
 */
#define CUDA_KERNEL(self, context, index, launch) (kernel_launch(context, index), cuda_launched(self, context, index, (launch)))

/*
 * Memory of the device, zeroed, 256-byte aligned. `what` it is for goes into the failure's line, with what was asked, is
 * held and free. NULL when there is none left (NO_MEMORY is recorded).
 */
void *cuda_alloc(struct device *device, size_t bytes, const char *what);
void cuda_free(struct device *device, void *memory);

/* Host to device in the order of the compute stream: the host's memory is free again on return, the device is not waited for. */
enum status cuda_copy_in(struct device *device, void *to, const void *from, size_t bytes);
/* Device to host; waits for the compute stream. */
enum status cuda_copy_out(struct device *device, void *to, const void *from, size_t bytes);
enum status cuda_zero(struct device *device, void *to, size_t bytes);
enum status cuda_synchronize(struct device *device);

/* kernels/backend.h's. */
enum status cuda_mark(struct device *device, int mark);
enum status cuda_elapsed(struct device *device, int from, int to, int64_t *dur_ns);

/* Set-up and end of what cuda_copy_in stages through. */
enum status cuda_pinned_create(struct device *device);
void cuda_pinned_destroy(struct device *device);

/* What an operator without an implementation does: UNSUPPORTED, naming it (kernels/cuda/missing.def). */
enum status cuda_missing_prepare(struct device *device, const struct op_call *call, struct op_prepared **out);

#endif
