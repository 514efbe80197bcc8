/*
 * What the CUDA back end asks of NCCL, in a plugin of its own (clprof_nccl.so) that it loads when ranks train together: who trains
 * alone needs no NCCL. Functions answer NULL, or what went wrong in words, which stand until the next call.
 */
#ifndef KERNELS_NCCL_PLUGIN_H
#define KERNELS_NCCL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include <cuda_runtime_api.h>

#define NCCL_PLUGIN_ABI_VERSION 1
#define NCCL_PLUGIN_ENTRY "clprof_nccl_plugin"

struct nccl_plugin {
    uint32_t abi_version; /* NCCL_PLUGIN_ABI_VERSION */
    /* A new group's name, NCCL_UNIQUE_ID_BYTES (128) long, made in the process that will be its rank 0. */
    const char *(*group_id)(unsigned char *id);
    /* Joins the group on the current device; waits until all ranks have. */
    const char *(*join)(const unsigned char *id, int rank, int ranks, void **group);
    /* `to` (may be `from`) = the mean of `from` over all ranks, in the order of the stream; the host waits for nothing. */
    const char *(*mean)(void *group, const float *from, float *to, size_t count, cudaStream_t stream);
    /* After all that was asked for has run; `lost`: the device is, and nobody can be waited for. */
    void (*leave)(void *group, int lost);
    /* "NCCL 2.30.4" */
    const char *(*version)(void);
};

typedef const struct nccl_plugin *nccl_plugin_entry(void);

#endif
