/* The device among the ranks that train one model together: NCCL, through its plugin (kernels/nccl). */
#ifndef KERNELS_CUDA_COLLECTIVE_H
#define KERNELS_CUDA_COLLECTIVE_H

#include "kernels/cuda/device.h"

/* kernels/backend.h's. Fails with UNSUPPORTED where there is no NCCL, in words. */
enum status collective_id(unsigned char id[BACKEND_GROUP_BYTES]);

/* Makes GPU number `rank` the process's own: before anything of the device is made. */
enum status collective_choose_device(const struct backend_group *group);

/* Joins the group, with the device open; waits for all ranks. */
enum status collective_join(struct device *device, const struct backend_group *group);
void collective_leave(struct device *device);

/* "NCCL 2.30.4"; "" as long as nobody has asked for ranks. */
const char *collective_version(void);

#endif
