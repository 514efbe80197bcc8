/* aten::_amp_update_scale_: backs the loss scale off after an overflow, grows it after enough steps without one. */
#include <math.h>

#include "kernels/cpu/simple.h"

/* Arithmetic in double, rounded once. A growth that would overflow is left out, and the count starts anew all the same. */
static void compute_amp_update_scale(const struct device *device, const struct op_call *call)
{
    const struct scaler_attrs *attrs = &call->attrs.scaler;
    float scale = simple_scalar(call->in[0], 0), tracker = simple_scalar(call->in[1], 0) + 1;
    (void)device;
    if (simple_scalar(call->in[2], 0) != 0) {
        scale = (float)(scale * attrs->backoff_factor);
        tracker = 0;
    } else if (tracker == (float)attrs->growth_interval) {
        float grown = (float)(scale * attrs->growth_factor);
        scale = isfinite(grown) ? grown : scale;
        tracker = 0;
    }
    *(float *)call->out[0]->data = scale;
    *(float *)call->out[1]->data = tracker;
}

FLAT_OP(amp_update_scale)
