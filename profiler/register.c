/* The declared things, in growing arrays. */
#include <stdlib.h>

#include "profiler/register.h"

#define EMPTY_LIST                                                                                                     \
    (struct register_list)                                                                                                 \
    {                                                                                                                  \
        -1, -1                                                                                                         \
    }

void register_init(struct register_table *table)
{
    *table = (struct register_table){0};
}

void register_release(struct register_table *table)
{
    free(table->ops);
    free(table->kernels);
    free(table->conversions);
    register_init(table);
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

enum status register_add_module(struct register_table *table, int parent, int *number)
{
    TRY(check_number("parent module", parent, -1, table->modules));
    *number = table->modules++;
    return STATUS_OK;
}

/* Enters an operator among those fused into `host`. */
static void join_host(struct register_table *table, int host, int number)
{
    struct register_list *fused = &table->ops[host].fused;

    if (fused->last >= 0)
        table->ops[fused->last].next_fused = number;
    else
        fused->first = number;
    fused->last = number;
}

enum status register_add_op(struct register_table *table, int module, int forward_op, int fused_into, int *number)
{
    struct register_op *ops;

    TRY(check_number("module", module, -1, table->modules));
    TRY(check_number("forward operator", forward_op, -1, table->op_count));
    TRY(check_number("operator fused into", fused_into, -1, table->op_count));
    ops = with_room(table->ops, table->op_count, &table->op_capacity, sizeof *ops);
    if (!ops)
        return STATUS_NO_MEMORY;
    table->ops = ops;
    *number = table->op_count++;
    if (fused_into >= 0 && ops[fused_into].fused_into >= 0)
        fused_into = ops[fused_into].fused_into;
    ops[*number] = (struct register_op){.forward_op = forward_op,
                                    .fused_into = fused_into,
                                    .next_fused = -1,
                                    .fused = EMPTY_LIST,
                                    .conversions = EMPTY_LIST};
    if (fused_into >= 0)
        join_host(table, fused_into, *number);
    return STATUS_OK;
}

static enum status add_kernel(struct register_table *table, struct register_kernel kernel, int *number)
{
    struct register_kernel *kernels;

    kernels = with_room(table->kernels, table->kernel_count, &table->kernel_capacity, sizeof *kernels);
    if (!kernels)
        return STATUS_NO_MEMORY;
    table->kernels = kernels;
    *number = table->kernel_count++;
    kernel.conversions = EMPTY_LIST;
    kernels[*number] = kernel;
    return STATUS_OK;
}

enum status register_add_kernel(struct register_table *table, int op, const struct kernel_info *kernel, int *number)
{
    TRY(check_number("operator", op, 0, table->op_count));
    return add_kernel(table,
                      (struct register_kernel){.op = op,
                                               .role = kernel->role,
                                               .bytes_read = kernel->bytes_read,
                                               .bytes_written = kernel->bytes_written,
                                               .flops = kernel->flops},
                      number);
}

enum status register_add_found_kernel(struct register_table *table, int *number)
{
    return add_kernel(table, (struct register_kernel){.op = -1, .role = ROLE_COUNT}, number);
}

static enum status add_conversion(struct register_table *table, int *number)
{
    struct register_conversion *conversions;

    conversions = with_room(table->conversions, table->conversion_count, &table->conversion_capacity, sizeof *conversions);
    if (!conversions)
        return STATUS_NO_MEMORY;
    table->conversions = conversions;
    *number = table->conversion_count++;
    conversions[*number].next = -1;
    return STATUS_OK;
}

enum status register_add_found_conversion(struct register_table *table, int *number)
{
    return add_conversion(table, number);
}

enum status register_add_conversion(struct register_table *table, int op, int kernel, int *number)
{
    struct register_list *list;

    TRY(check_number("operator", op, 0, table->op_count));
    TRY(check_number("kernel", kernel, -1, table->kernel_count));
    if (kernel >= 0 && table->kernels[kernel].op != op)
        return FAIL(USAGE,
                    "recorder: a conversion of operator %d names kernel %d of operator %d; both must be the same", op,
                    kernel, table->kernels[kernel].op);
    TRY(add_conversion(table, number));
    list = kernel >= 0 ? &table->kernels[kernel].conversions : &table->ops[op].conversions;
    if (list->last >= 0)
        table->conversions[list->last].next = *number;
    else
        list->first = *number;
    list->last = *number;
    return STATUS_OK;
}
