/* The next batch, brought while the device computes. */
#ifndef KERNELS_CUDA_DEVICE_AHEAD_H
#define KERNELS_CUDA_DEVICE_AHEAD_H

#include "kernels/cuda/device.h"

/* kernels/backend.h's prefetch. */
enum status cuda_prefetch(struct device *device, const void *from, size_t bytes);

/* Copies to `to` what was brought from `from`, once, in the order of the compute stream; *taken is false when it wasn't. */
enum status cuda_ahead_take(struct device *device, void *to, const void *from, size_t bytes, bool *taken);

void cuda_ahead_release_memory(struct device *device, struct cuda_ahead *ahead);
void cuda_ahead_destroy(struct device *device);

#endif
