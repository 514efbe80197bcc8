/* What the files of the simulated CUDA runtime share: brackets of an API call, its error, launches. */
#ifndef SIMGPU_CUDART_H
#define SIMGPU_CUDART_H

#include <cuda_runtime_api.h>
#include <cupti_runtime_cbid.h>

#include "tests/simgpu/driver/driver.h"

/* A call that CUPTI is told of; `version` is the one of its CBID. */
#define BEGIN(function, version, arguments)                                                          \
    struct simgpu_call call = {.number = CUPTI_RUNTIME_TRACE_CBID_##function##_v##version, .name = #function, \
                               .parameters = (arguments)};                                           \
    simgpu_start();                                                                                  \
    simgpu_call_begin(&call)

/* Ends a call begun so: keeps the error for cudaGetLastError, and is what the function returns. */
cudaError_t cudart_end(const struct simgpu_call *call, cudaError_t error);
#define END(error) return cudart_end(&call, (error))

/* A device that is there and not lost: cudaSuccess, else what every call answers. */
cudaError_t cudart_usable(void);

/* What __cudaRegisterFunction told of a kernel. */
struct cudart_function {
    const void *stub; /* the host's address of it */
    const char *name; /* mangled */
    int shared_bytes; /* that cudaFuncSetAttribute allows */
    struct cudart_function *next;
};
struct cudart_function *cudart_function(const void *stub);

#endif
