/* Preparing a call through a back end's table. The list of back ends is in backends.c, above the back ends. */
#include "kernels/backend.h"

#include <assert.h>

enum status backend_prepare(const struct backend *backend, struct device *device, const struct op_call *call,
                            struct op_prepared **out)
{
    assert((unsigned)call->op < OP_COUNT);
    const struct op_impl *impl = backend->ops[call->op];

    *out = NULL;
    if (!impl || !impl->prepare)
        return FAIL(UNSUPPORTED, "back end %s has no %s; choose another with --device", backend->name,
                    op_name(call->op));
    return impl->prepare(device, call, out);
}
