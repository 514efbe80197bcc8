/* Making the list of steps of a prepared call, and running it. The conversions' facts are in steps_convert.c. */
#include "kernels/cpu/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu/steps_int.h"

/* The offset that stands for "the shared scratchpad" until steps_finish knows where it lies. */
#define LIBRARY_SCRATCHPAD SIZE_MAX

static void *place_address(const struct place *place, const struct run_context *context)
{
    return place->caller ? place->caller->data : (char *)context->scratch + place->offset;
}

static enum status run_primitive(struct step *step, const struct run_context *context)
{
    dnnl_stream_t stream = context->device->stream;

    for (int i = 0; i < step->arguments; i++)
        TRY(cpu_check(dnnl_memory_set_data_handle(step->argument[i].memory, place_address(&step->place[i], context)),
                      step->name));
    TRY(cpu_check(dnnl_primitive_execute(step->primitive, stream, step->arguments, step->argument), step->name));
    return cpu_check(dnnl_stream_wait(stream), step->name);
}

static void run_convert(const struct step *step, const struct run_context *context)
{
    struct tensor from = step->from.tensor, to = step->to.tensor;

    from.data = place_address(&step->from.place, context);
    to.data = place_address(&step->to.place, context);
    context->device->vector->convert(&from, &to, context->device->threads);
}

static void run_repack(const struct step *step, const struct run_context *context)
{
    context->device->vector->repack_weight(&step->repack, place_address(&step->place[0], context),
                                           place_address(&step->place[1], context), context->device->threads);
}

static enum status run_steps(struct op_prepared *prepared, const struct run_context *context)
{
    struct steps *self = (struct steps *)prepared;

    for (int i = 0; i < self->head.kernels; i++) {
        int64_t start_ns = kernel_start(context);
        if (self->step[i].primitive)
            TRY(run_primitive(&self->step[i], context));
        else if (self->step[i].repack.width)
            run_repack(&self->step[i], context);
        else
            run_convert(&self->step[i], context);
        kernel_end(context, i, start_ns);
    }
    return STATUS_OK;
}

static void destroy_steps(struct op_prepared *prepared)
{
    steps_destroy((struct steps *)prepared);
}

enum status steps_create(struct device *device, const struct op_call *call, struct steps **out)
{
    struct steps *steps = calloc(1, sizeof *steps);

    *out = steps;
    if (!steps)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *steps);
    steps->device = device;
    steps->head.call = call;
    steps->head.run = run_steps;
    steps->head.destroy = destroy_steps;
    return STATUS_OK;
}

void steps_destroy(struct steps *steps)
{
    if (!steps)
        return;
    for (int i = 0; i < steps->head.kernels; i++) {
        for (int j = 0; j < steps->step[i].arguments; j++)
            dnnl_memory_destroy(steps->step[i].argument[j].memory);
        if (steps->step[i].primitive)
            dnnl_primitive_destroy(steps->step[i].primitive);
    }
    free(steps);
}

void steps_finish(struct steps *steps, struct op_prepared **out)
{
    struct place scratchpad = steps_reserve(steps, steps->library_bytes);

    for (int i = 0; i < steps->head.kernels; i++) {
        steps->head.kernel[i].name = steps->step[i].name;
        for (int j = 0; j < steps->step[i].arguments; j++)
            if (!steps->step[i].place[j].caller && steps->step[i].place[j].offset == LIBRARY_SCRATCHPAD)
                steps->step[i].place[j] = scratchpad;
    }
    *out = &steps->head;
}

struct place steps_reserve(struct steps *steps, size_t bytes)
{
    struct place place = {NULL, steps->head.scratch_bytes};

    steps->head.scratch_bytes += (bytes + 63) / 64 * 64;
    return place;
}

struct place steps_reserve_desc(struct steps *steps, const_dnnl_memory_desc_t desc)
{
    return steps_reserve(steps, dnnl_memory_desc_get_size(desc));
}

struct operand steps_operand(const struct tensor *tensor)
{
    return (struct operand){*tensor, {tensor, 0}};
}

struct operand steps_temporary(struct steps *steps, const struct tensor *like)
{
    return (struct operand){*like, steps_reserve(steps, (size_t)tensor_span_bytes(like))};
}

enum status steps_append(struct steps *steps, const struct kernel_info *kernel, struct step **out)
{
    int index = steps->head.kernels;

    *out = NULL;
    if (index == OP_MAX_KERNELS)
        return FAIL(BACKEND, "%s needs more than %d kernels; raise OP_MAX_KERNELS", op_name(steps->head.call->op),
                    OP_MAX_KERNELS);
    steps->head.kernel[index] = *kernel;
    steps->head.kernels = index + 1;
    *out = &steps->step[index];
    return STATUS_OK;
}

static enum status add_argument(struct steps *steps, struct step *step, int name, const_dnnl_memory_desc_t desc,
                                struct place place)
{
    int index = step->arguments;

    if (index == STEP_MAX_ARGUMENTS)
        return FAIL(BACKEND, "%s has more than %d arguments; raise STEP_MAX_ARGUMENTS", step->name, STEP_MAX_ARGUMENTS);
    step->argument[index].arg = name;
    step->place[index] = place;
    TRY(cpu_check(dnnl_memory_create(&step->argument[index].memory, desc, steps->device->engine, DNNL_MEMORY_NONE),
                  step->name));
    step->arguments = index + 1;
    return STATUS_OK;
}

static const_dnnl_memory_desc_t argument_desc(const_dnnl_primitive_desc_t desc, int name)
{
    return dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, name);
}

/* What the arguments read and write at least: every one once. */
static struct kernel_info primitive_info(const_dnnl_primitive_desc_t desc, int64_t flops,
                                         const struct argument *arguments, int count)
{
    struct kernel_info info = {.role = ROLE_COMPUTE, .flops = flops};

    for (int i = 0; i < count; i++) {
        int64_t bytes = (int64_t)dnnl_memory_desc_get_size(argument_desc(desc, arguments[i].name));
        int name = arguments[i].name;
        bool written = name == DNNL_ARG_DST || name == DNNL_ARG_DIFF_SRC || name == DNNL_ARG_DIFF_WEIGHTS ||
                       name == DNNL_ARG_DIFF_BIAS;
        *(written ? &info.bytes_written : &info.bytes_read) += bytes;
    }
    return info;
}

enum status steps_add_primitive(struct steps *steps, const_dnnl_primitive_desc_t desc, const char *what, int64_t flops,
                                const struct argument *arguments, int count)
{
    struct kernel_info info = primitive_info(desc, flops, arguments, count);
    const_dnnl_memory_desc_t scratchpad = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
    size_t scratchpad_bytes = scratchpad ? dnnl_memory_desc_get_size(scratchpad) : 0;
    struct step *step;

    TRY(steps_append(steps, &info, &step));
    snprintf(step->name, sizeof step->name, "%s %s", steps_implementation(desc), what);
    TRY(cpu_check(dnnl_primitive_create(&step->primitive, desc), step->name));
    for (int i = 0; i < count; i++)
        TRY(add_argument(steps, step, arguments[i].name, argument_desc(desc, arguments[i].name), arguments[i].place));
    if (!scratchpad_bytes)
        return STATUS_OK;
    if (scratchpad_bytes > steps->library_bytes)
        steps->library_bytes = scratchpad_bytes;
    return add_argument(steps, step, DNNL_ARG_SCRATCHPAD, scratchpad, (struct place){NULL, LIBRARY_SCRATCHPAD});
}

enum status steps_attributes(dnnl_primitive_attr_t *out)
{
    TRY(cpu_check(dnnl_primitive_attr_create(out), "creating attributes"));
    return cpu_check(dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user),
                     "choosing the scratchpad");
}

const char *steps_implementation(const_dnnl_primitive_desc_t desc)
{
    const char *name = NULL;

    dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
    return name ? name : "oneDNN";
}

bool steps_is_reference(const_dnnl_primitive_desc_t desc)
{
    return strncmp(steps_implementation(desc), "ref", 3) == 0;
}
