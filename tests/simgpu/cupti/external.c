/* External correlation: a stack of ids for each thread and kind; a call is told the top ones. */
#include "tests/simgpu/cupti/cupti_int.h"

#define DEEPEST 64

static _Thread_local struct {
    uint64_t id[DEEPEST];
    int depth;
} stacks[CUPTI_EXTERNAL_CORRELATION_KIND_SIZE];

CUptiResult cuptiActivityPushExternalCorrelationId(CUpti_ExternalCorrelationKind kind, uint64_t id)
{
    if (kind <= CUPTI_EXTERNAL_CORRELATION_KIND_INVALID || kind >= CUPTI_EXTERNAL_CORRELATION_KIND_SIZE)
        return CUPTI_ERROR_INVALID_PARAMETER;
    if (stacks[kind].depth == DEEPEST)
        return CUPTI_ERROR_MAX_LIMIT_REACHED;
    stacks[kind].id[stacks[kind].depth++] = id;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityPopExternalCorrelationId(CUpti_ExternalCorrelationKind kind, uint64_t *last)
{
    if (kind <= CUPTI_EXTERNAL_CORRELATION_KIND_INVALID || kind >= CUPTI_EXTERNAL_CORRELATION_KIND_SIZE)
        return CUPTI_ERROR_INVALID_PARAMETER;
    if (stacks[kind].depth == 0)
        return CUPTI_ERROR_QUEUE_EMPTY;
    uint64_t id = stacks[kind].id[--stacks[kind].depth];
    if (last)
        *last = id;
    return CUPTI_SUCCESS;
}

void cupti_tell_external(uint32_t correlation)
{
    for (int kind = 1; kind < CUPTI_EXTERNAL_CORRELATION_KIND_SIZE; kind++) {
        if (stacks[kind].depth == 0)
            continue;
        const CUpti_ActivityExternalCorrelation record = {.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
                                                          .externalKind = (CUpti_ExternalCorrelationKind)kind,
                                                          .externalId = stacks[kind].id[stacks[kind].depth - 1],
                                                          .correlationId = correlation};
        cupti_record(&record, sizeof record);
    }
}
