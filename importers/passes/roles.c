/* Pass: what each kernel does, by its name and by the operator that launched it. */
#include "importers/passes/carry.h"

enum status import_pass_roles(struct chunk *chunk)
{
    const struct kernel_name_facts *facts;
    for (int i = 0; i < chunk->kernels_count; i++) {
        struct chunk_kernel *kernel = &chunk->kernels[i];
        TRY(facts_of_kernel(chunk, kernel->name, &facts));
        kernel->role = facts->role;
        if (kernel->role != ROLE_COUNT)
            continue;
        if (kernel->kind == SPAN_MEMCPY)
            kernel->role = ROLE_COPY;
        else if (kernel->kind == SPAN_KERNEL && kernel->node >= 0 && chunk->nodes[kernel->node].operator_ >= 0)
            kernel->role = ROLE_COMPUTE; /* an operator's kernel that no row of the table knows as anything else */
    }
    return STATUS_OK;
}
