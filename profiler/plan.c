/* The declared things, in growing arrays. */
#include <stdlib.h>

#include "profiler/plan.h"

#define EMPTY_LIST                                                                                                     \
    (struct plan_list)                                                                                                 \
    {                                                                                                                  \
        -1, -1                                                                                                         \
    }

void plan_init(struct plan *plan)
{
    *plan = (struct plan){0};
}

void plan_release(struct plan *plan)
{
    free(plan->ops);
    free(plan->kernels);
    free(plan->conversions);
    plan_init(plan);
}

/* The array with room for one more item; NULL (and the old array stays) when there is no memory. */
static void *with_room(void *items, int count, int *capacity, size_t item_bytes)
{
    int wanted = count < *capacity ? *capacity : *capacity ? 2 * *capacity : 256;
    void *larger = wanted == *capacity ? items : realloc(items, (size_t)wanted * item_bytes);

    if (!larger)
        status_fail(STATUS_NO_MEMORY, __FILE__, __LINE__, "recorder: no memory for %d declared things", wanted);
    else
        *capacity = wanted;
    return larger;
}

static enum status check_number(const char *what, int number, int lowest, int count)
{
    if (number >= lowest && number < count)
        return STATUS_OK;
    return FAIL(USAGE, "recorder: %s %d was not declared (%d are); declare it first", what, number, count);
}

enum status plan_add_module(struct plan *plan, int parent, int *number)
{
    TRY(check_number("parent module", parent, -1, plan->modules));
    *number = plan->modules++;
    return STATUS_OK;
}

enum status plan_add_op(struct plan *plan, int module, int forward_op, int fused_into, int *number)
{
    struct plan_op *ops, *host;

    TRY(check_number("module", module, -1, plan->modules));
    TRY(check_number("forward operator", forward_op, -1, plan->op_count));
    TRY(check_number("operator fused into", fused_into, -1, plan->op_count));
    ops = with_room(plan->ops, plan->op_count, &plan->op_capacity, sizeof *ops);
    if (!ops)
        return STATUS_NO_MEMORY;
    plan->ops = ops;
    *number = plan->op_count++;
    ops[*number] =
        (struct plan_op){.forward_op = forward_op, .next_fused = -1, .fused = EMPTY_LIST, .conversions = EMPTY_LIST};
    if (fused_into >= 0) {
        host = &ops[fused_into];
        if (host->fused.last >= 0)
            ops[host->fused.last].next_fused = *number;
        else
            host->fused.first = *number;
        host->fused.last = *number;
    }
    return STATUS_OK;
}

enum status plan_add_kernel(struct plan *plan, int op, int *number)
{
    struct plan_kernel *kernels;

    TRY(check_number("operator", op, 0, plan->op_count));
    kernels = with_room(plan->kernels, plan->kernel_count, &plan->kernel_capacity, sizeof *kernels);
    if (!kernels)
        return STATUS_NO_MEMORY;
    plan->kernels = kernels;
    *number = plan->kernel_count++;
    kernels[*number] = (struct plan_kernel){.op = op, .conversions = EMPTY_LIST};
    return STATUS_OK;
}

enum status plan_add_conversion(struct plan *plan, int op, int kernel, int *number)
{
    struct plan_conversion *conversions;
    struct plan_list *list;

    TRY(check_number("operator", op, 0, plan->op_count));
    TRY(check_number("kernel", kernel, -1, plan->kernel_count));
    if (kernel >= 0 && plan->kernels[kernel].op != op)
        return FAIL(USAGE,
                    "recorder: a conversion of operator %d names kernel %d of operator %d; both must be the same", op,
                    kernel, plan->kernels[kernel].op);
    conversions = with_room(plan->conversions, plan->conversion_count, &plan->conversion_capacity, sizeof *conversions);
    if (!conversions)
        return STATUS_NO_MEMORY;
    plan->conversions = conversions;
    *number = plan->conversion_count++;
    conversions[*number].next = -1;
    list = kernel >= 0 ? &plan->kernels[kernel].conversions : &plan->ops[op].conversions;
    if (list->last >= 0)
        conversions[list->last].next = *number;
    else
        list->first = *number;
    list->last = *number;
    return STATUS_OK;
}
