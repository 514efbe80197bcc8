/* A plugin that needs a missing library. */
#include <stddef.h>

#include "kernels/plugin.h"

extern int stand_in_version(void);
extern plugin_entry clprof_cuda_backend;

__attribute__((visibility("default"))) const struct backend *clprof_cuda_backend(const struct plugin_host *host)
{
    host->fail(STATUS_UNSUPPORTED, __FILE__, __LINE__, stand_in_version() == 9 ? "found" : "found another");
    return NULL;
}
