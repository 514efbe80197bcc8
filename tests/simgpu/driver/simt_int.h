/* Between simt_run.c and shared.c. */
#ifndef SIMGPU_SIMT_INT_H
#define SIMGPU_SIMT_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/simgpu/simt_abi.h"

/* Makes the shared memory of the kernel's library undefined, as a block finds it. */
void simt_fill_shared(const struct simt_kernel *kernel);

#endif
