/* A back end's plugin with one fault, chosen when it is compiled: what the program must refuse in words. */
#include "kernels/plugin.h"

static const char *probe(void)
{
    return "the stand-in has no device";
}

static const struct backend backend = {
    .abi_version = BACKEND_ABI_VERSION + PLUGIN_ABI_OFFSET,
    .op_count = OP_COUNT + PLUGIN_OPS_OFFSET,
    .name = PLUGIN_NAME,
    .probe = probe,
};

extern plugin_entry PLUGIN_SYMBOL;

__attribute__((visibility("default"))) const struct backend *PLUGIN_SYMBOL(const struct plugin_host *host)
{
    host->fail(STATUS_UNSUPPORTED, __FILE__, __LINE__, "told by the plugin");
    return &backend;
}
