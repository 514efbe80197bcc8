/*
 * libcupti's functions, looked up while the program runs: the library is the one that the process has already (PyTorch brings
 * its own), else the system's. Two of them in one process disturb each other, so nothing here is linked with it.
 */
#ifndef PROFILER_CUPTI_API_H
#define PROFILER_CUPTI_API_H

#include <cupti.h>
#include <stddef.h>

#define CUPTI_OLDEST 18            /* cuptiGetVersion() of CUDA 12.0 */
#define CUPTI_MAY_LACK_BUFFERS 27  /* of CUDA 12.9: before it, a request that gets no buffer may end the process */

#define CUPTI_FUNCTIONS(NEEDED, MAYBE)              \
    NEEDED(cuptiGetVersion)                         \
    NEEDED(cuptiGetResultString)                    \
    NEEDED(cuptiGetTimestamp)                       \
    NEEDED(cuptiSubscribe)                          \
    MAYBE(cuptiSubscribe_v2)                        \
    NEEDED(cuptiUnsubscribe)                        \
    NEEDED(cuptiEnableCallback)                     \
    NEEDED(cuptiActivityEnable)                     \
    NEEDED(cuptiActivityDisable)                    \
    MAYBE(cuptiActivityEnableRuntimeApi)            \
    MAYBE(cuptiActivityEnableDriverApi)             \
    NEEDED(cuptiActivityRegisterCallbacks)          \
    NEEDED(cuptiActivityFlushAll)                   \
    NEEDED(cuptiActivityGetNextRecord)              \
    NEEDED(cuptiActivityGetNumDroppedRecords)       \
    NEEDED(cuptiActivityPushExternalCorrelationId)  \
    NEEDED(cuptiActivityPopExternalCorrelationId)

struct cupti_api {
    uint32_t version; /* of the library that is loaded, not of the headers */
#define CUPTI_MEMBER(name) __typeof__(&name) name;
    CUPTI_FUNCTIONS(CUPTI_MEMBER, CUPTI_MEMBER)
#undef CUPTI_MEMBER
};

/* False with the reason in words. Functions that may be missing are NULL then. The library stays loaded. */
int cupti_api_load(struct cupti_api *api, char *reason, size_t room);

/* "CUPTI_ERROR_UNKNOWN": what CUPTI calls a result. */
const char *cupti_api_words(const struct cupti_api *api, CUptiResult result);

#endif
