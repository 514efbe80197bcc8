/* The embedded back ends by name. Linked above all of them, so that the core depends on none. */
#include "kernels/backend.h"

#include <string.h>

const struct backend *backend_find(const char *name)
{
    static const struct backend *const backends[] = {&backend_cpu, &backend_cpu_blocked, &backend_ref};
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}
