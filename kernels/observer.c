/* Names of what an observer is told. */
#include "kernels/observer.h"

#include <assert.h>

const char *op_phase_name(enum op_phase phase)
{
    static const char *const names[PHASE_COUNT] = {
        [PHASE_DATA] = "data",
        [PHASE_FORWARD] = "forward",
        [PHASE_BACKWARD] = "backward",
        [PHASE_OPTIMIZER] = "optimizer",
    };
    assert((unsigned)phase < PHASE_COUNT);
    return names[phase];
}

const char *kernel_role_name(enum kernel_role role)
{
    static const char *const names[ROLE_COUNT] = {
        [ROLE_COMPUTE] = "compute",
        [ROLE_CONVERSION] = "conversion",
        [ROLE_CAST] = "cast",
        [ROLE_COPY] = "copy",
    };
    assert((unsigned)role < ROLE_COUNT);
    return names[role];
}

const char *conversion_cause_name(enum conversion_cause cause)
{
    static const char *const names[CAUSE_COUNT] = {
        [CAUSE_INPUT] = "input",         [CAUSE_OPERATOR] = "operator", [CAUSE_EXPLICIT] = "explicit",
        [CAUSE_LIBRARY] = "library",     [CAUSE_WEIGHT] = "weight",     [CAUSE_GRADIENT] = "gradient",
        [CAUSE_OPTIMIZER] = "optimizer",
    };
    assert((unsigned)cause < CAUSE_COUNT);
    return names[cause];
}
