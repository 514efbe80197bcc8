/*
 * Operators that are one kernel of the vector table and keep nothing between prepare and run. A file of one is: a check
 * of what the call asks for, a function that calls the kernel, and SIMPLE_OP.
 */
#ifndef KERNELS_CPU_SIMPLE_H
#define KERNELS_CPU_SIMPLE_H

#include "kernels/cpu/device.h"
#include "kernels/ops/broadcast.h"
#include "kernels/ops/flat.h"

/* Runs a call that simple_prepare has accepted. */
typedef void simple_compute(const struct device *device, const struct op_call *call);

/* Makes the prepared call. The kernel is "<instruction set> <name>"; its bytes and flops are the call's least. */
enum status simple_prepare(const struct device *device, const struct op_call *call, simple_compute *compute,
                           enum kernel_role role, const char *name, struct op_prepared **out);

/*
 * Fails with UNSUPPORTED unless the tensors (NULLs are skipped) are of one float dtype of at most 32 bits and of one
 * shape, and the first is dense. For operators that look at one element at a time.
 */
enum status simple_check_alike(const struct op_call *call, const struct tensor *const *tensors, int count);

/*
 * Fails with UNSUPPORTED unless the first `inputs` inputs (NULLs are skipped) and the dense output 0 are float dtypes of at
 * most 32 bits, and the output's dtype is at least as wide as each input's. Operands may be broadcast.
 */
enum status simple_check_broadcast(const struct op_call *call, int inputs);

/* The output starts as a copy of the input unless it is the input's own memory. Both are flat float32. */
void simple_hand_on(const struct tensor *input, const struct tensor *output);

/* The value of a float32 scalar; `otherwise` when it is absent. */
float simple_scalar(const struct tensor *scalar, float otherwise);

/* The operator `object`: check_<object>(call) and compute_<object>, as arithmetic; and one on flat memory. */
#define SIMPLE_OP(object) SIMPLE_OP_AFTER(check_##object, object)
#define FLAT_OP(object) SIMPLE_OP_AFTER(flat_check, object)
#define SIMPLE_OP_AFTER(check, object)                                                                              \
    static enum status prepare_##object(struct device *device, const struct op_call *call, struct op_prepared **out) \
    {                                                                                                               \
        *out = NULL;                                                                                                \
        TRY(check(call));                                                                                           \
        return simple_prepare(device, call, compute_##object, ROLE_COMPUTE, #object, out);                          \
    }                                                                                                               \
    extern const struct op_impl cpu_##object;                                                                       \
    const struct op_impl cpu_##object = {prepare_##object};

#endif
