/* The plugin clprof_nccl.so: NCCL's calls behind one table. */
#include "kernels/nccl/nccl_plugin.h"

#include <stdio.h>
#include <string.h>

#include <nccl.h>

static char words[1024]; /* what went wrong last: one thread trains */

/* NCCL's own last line says which device, which peer, which call of the system. */
static const char *told(ncclResult_t result, const char *what, ncclComm_t comm)
{
    if (result == ncclSuccess)
        return NULL;
    const char *last = ncclGetLastError(comm);
    snprintf(words, sizeof words, "NCCL, %s: %s%s%s; NCCL_DEBUG=INFO shows more", what, ncclGetErrorString(result),
             last && *last ? ": " : "", last ? last : "");
    return words;
}

static const char *group_id(unsigned char *id)
{
    ncclUniqueId made;
    const char *wrong = told(ncclGetUniqueId(&made), "naming a group of ranks", NULL);
    memcpy(id, made.internal, sizeof made.internal);
    return wrong;
}

static const char *join(const unsigned char *id, int rank, int ranks, void **group)
{
    ncclUniqueId given;
    ncclComm_t comm = NULL;
    memcpy(given.internal, id, sizeof given.internal);
    const char *wrong = told(ncclCommInitRank(&comm, ranks, given, rank), "joining the other ranks", NULL);
    *group = comm;
    return wrong;
}

static const char *mean(void *group, const float *from, float *to, size_t count, cudaStream_t stream)
{
    ncclResult_t peers = ncclSuccess;
    const char *wrong = told(ncclCommGetAsyncError(group, &peers), "asking after the other ranks", group);
    if (!wrong)
        wrong = told(peers, "the last mean over the ranks", group);
    return wrong ? wrong : told(ncclAllReduce(from, to, count, ncclFloat, ncclAvg, group, stream), "a mean over the ranks", group);
}

static void leave(void *group, int lost)
{
    if (lost)
        ncclCommAbort(group);
    else
        ncclCommDestroy(group);
}

static const char *version(void)
{
    static char text[32];
    int number = 0;
    ncclGetVersion(&number); /* nccl.h: MAJOR * 10000 + MINOR * 100 + PATCH */
    snprintf(text, sizeof text, "NCCL %d.%d.%d", number / 10000, number / 100 % 100, number % 100);
    return text;
}

static const struct nccl_plugin plugin = {NCCL_PLUGIN_ABI_VERSION, group_id, join, mean, leave, version};

extern nccl_plugin_entry clprof_nccl_plugin;

__attribute__((visibility("default"))) const struct nccl_plugin *clprof_nccl_plugin(void)
{
    return &plugin;
}
