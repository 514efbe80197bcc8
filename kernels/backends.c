/* The back ends by name. Linked above all of them, so that the core depends on none. */
#include "kernels/backend.h"

#include <string.h>

#include "kernels/plugin.h"

const struct backend *backend_find(const char *name)
{
    static const struct backend *const backends[] = {&backend_cpu, &backend_cpu_blocked, &backend_ref};
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    const struct backend *loaded = NULL;
    if (strcmp(name, "cuda") == 0)
        plugin_load(name, &loaded);
    return loaded;
}

enum status backend_usable(const char *name, const struct backend **out)
{
    *out = backend_find(name);
    if (!*out)
        return strcmp(name, "cuda") == 0 ? plugin_load(name, out) : FAIL(UNSUPPORTED, "there is no back end named %s", name);
    const char *reason = (*out)->probe();
    return reason ? FAIL(UNSUPPORTED, "%s", reason) : STATUS_OK;
}
