/*
 * What the operators with own kernels share: making the prepared call, telling of its kernels, checking tensors, and the
 * bracket around a launch.
 */
#ifndef KERNELS_CUDA_SIMPLE_H
#define KERNELS_CUDA_SIMPLE_H

#include "kernels/cuda/device.h"
#include "kernels/cuda/grid.h"

/* Head of a prepared call; operators append what their launches need. Freed by free(). */
struct simple {
    struct op_prepared head;
    struct device *device;
    struct launch_on on;
};

/* Makes a prepared call of `bytes` bytes, all 0 behind the head, without kernels yet. */
enum status simple_create(struct device *device, const struct op_call *call, size_t bytes,
                          enum status (*run)(struct op_prepared *, const struct run_context *), struct op_prepared **out);

/* Tells of one more kernel; its bytes and flops, -1 = unknown. `name` is static. */
void simple_add_kernel(struct op_prepared *prepared, const char *name, enum kernel_role role, int64_t bytes_read,
                       int64_t bytes_written, int64_t flops);

/* The call's one arithmetic kernel: all inputs read once (and `read_again` bytes once more), all outputs written once. */
void simple_add_main_kernel(struct op_prepared *prepared, const char *name, int64_t read_again);

/* Runs a launch (an expression whose value is a cudaError_t) as kernel `index` of the call; returns from run() where it fails. */
#define LAUNCH(prepared, context, index, launch) TRY(CUDA_KERNEL(prepared, context, index, launch))

/* The first error of two launches that are one kernel of the call. */
static inline cudaError_t either_error(cudaError_t first, cudaError_t second)
{
    return first != cudaSuccess ? first : second;
}

/* Room of `bytes` bytes more in the scratch; where it begins. */
size_t simple_reserve(struct op_prepared *prepared, size_t bytes);

/* float32, bfloat16 or float16. */
bool simple_is_float(enum dtype dtype);

/* Each fails with UNSUPPORTED, naming operator, dtypes and formats. NULLs among the tensors are skipped. */

/* All of float dtypes. */
enum status simple_check_float(const struct op_call *call, const struct tensor *const *tensors, int count);
/* All of one float dtype and one shape; any strides. */
enum status simple_check_alike(const struct op_call *call, const struct tensor *const *tensors, int count);
/* 4-D, of one float dtype, dense and all contiguous or all channels_last, which `rows` tells. */
enum status simple_check_maps(const struct op_call *call, const struct tensor *const *maps, int count, bool *rows);
/* Contiguous float32. */
enum status simple_check_float32(const struct op_call *call, const struct tensor *const *tensors, int count);

/* Data of a tensor; NULL of an absent one. */
void *simple_data(const struct tensor *tensor);

#endif
