/* A prepared call around the prepared call on the widened tensors. */
#include "kernels/cpu/conv_1d.h"

#include <stdlib.h>

#include "kernels/ops/widen.h"

struct wrapped {
    struct op_prepared head;
    struct widened_call wide;
    struct op_prepared *inner;
};

bool conv_is_1d(const struct op_call *call)
{
    return call->in[0]->dims == 3;
}

static enum status run(struct op_prepared *prepared, const struct run_context *context)
{
    struct wrapped *self = (struct wrapped *)prepared;

    widened_call_place(&self->wide, self->head.call);
    return self->inner->run(self->inner, context);
}

static void destroy(struct op_prepared *prepared)
{
    struct wrapped *self = (struct wrapped *)prepared;

    if (self->inner)
        self->inner->destroy(self->inner);
    free(self);
}

enum status conv_1d_prepare(struct device *device, const struct op_call *call,
                            enum status (*prepare)(struct device *, const struct op_call *, struct op_prepared **),
                            struct op_prepared **out)
{
    struct wrapped *self = calloc(1, sizeof *self);

    if (!self)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *self);
    widened_call_init(&self->wide, call);
    enum status status = prepare(device, &self->wide.call, &self->inner);
    if (status != STATUS_OK) {
        free(self);
        return status;
    }
    self->head = *self->inner;
    self->head.call = call;
    self->head.run = run;
    self->head.destroy = destroy;
    *out = &self->head;
    return STATUS_OK;
}
