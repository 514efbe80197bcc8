/* What the CPU back end's files share: the opened device, small helpers for oneDNN, the vector table. */
#ifndef KERNELS_CPU_DEVICE_H
#define KERNELS_CPU_DEVICE_H

#include <oneapi/dnnl/dnnl.h>

#include "kernels/backend.h"
#include "kernels/cpu/vector/vector.h"

struct device {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int threads;
    const struct vector_kernels *vector; /* the widest that oneDNN's detected instruction set allows */
    char name[128];
};

/* Turns a oneDNN status into ours: BACKEND, with what was tried and oneDNN's word for it. */
enum status cpu_check(dnnl_status_t status, const char *what);

/* oneDNN's name for a dtype; undef for those it has not. */
dnnl_data_type_t cpu_data_type(enum dtype dtype);

/* A memory descriptor with the tensor's own sizes and strides. Caller destroys it. */
enum status cpu_memory_desc(const struct tensor *tensor, dnnl_memory_desc_t *out);

#endif
