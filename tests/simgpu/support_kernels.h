/* Kernels of the simulator's tests all take this. */
#ifndef SIMGPU_SUPPORT_KERNELS_H
#define SIMGPU_SUPPORT_KERNELS_H

#include <stdint.h>

struct kernel_args {
    const float *in;
    float *out;
    int64_t number;
};

#endif
