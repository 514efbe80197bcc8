/* Activations into layouts of oneDNN's own and back, and the back end that has them. */
#include "kernels/cpu/blocked.h"

#include "kernels/cpu/steps_int.h"

enum status blocked_bring(struct steps *steps, const struct tensor *tensor, const_dnnl_memory_desc_t wanted,
                          struct place *place)
{
    dnnl_memory_desc_t plain = NULL;
    enum status status;

    TRY_OUT(cpu_memory_desc(tensor, &plain));
    *place = (struct place){tensor, 0};
    if (!dnnl_memory_desc_equal(plain, wanted)) {
        struct opaque blocked = {wanted, steps_reserve_desc(steps, wanted)};
        *place = blocked.place;
        TRY_OUT(steps_add_activation(steps, &(struct plain){tensor, plain}, &blocked, true));
    }
out:
    dnnl_memory_desc_destroy(plain);
    return status;
}

enum status blocked_target(struct steps *steps, const struct tensor *tensor, struct opaque *target)
{
    dnnl_memory_desc_t plain = NULL;

    TRY(cpu_memory_desc(tensor, &plain));
    bool same = dnnl_memory_desc_equal(plain, target->desc);
    dnnl_memory_desc_destroy(plain);
    target->place = same ? (struct place){tensor, 0} : steps_reserve_desc(steps, target->desc);
    return STATUS_OK;
}

enum status blocked_deliver(struct steps *steps, const struct opaque *target, const struct tensor *tensor)
{
    dnnl_memory_desc_t plain = NULL;
    enum status status;

    if (target->place.caller)
        return STATUS_OK;
    TRY_OUT(cpu_memory_desc(tensor, &plain));
    TRY_OUT(steps_add_activation(steps, &(struct plain){tensor, plain}, target, false));
out:
    dnnl_memory_desc_destroy(plain);
    return status;
}
