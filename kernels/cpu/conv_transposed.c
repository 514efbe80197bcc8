/*
 * Transposed convolution by exchange: its output is what a convolution with the same weight would call grad_input, and
 * the other way round. So oneDNN's passes are the plain convolution's, called with exchanged tensors; only the bias, which
 * belongs to the other side, is added and summed here.
 */
#include "kernels/cpu/conv_transposed.h"

#include <stdlib.h>

extern const struct op_impl cpu_convolution, cpu_convolution_backward;

#define PARTS 2

struct transposed {
    struct op_prepared head;
    const struct device *device;
    struct op_call inner[PARTS];
    struct op_prepared *part[PARTS]; /* of the plain convolution */
    int parts;
    const struct tensor *image, *bias; /* bias is added to the image, or the image summed into it; NULL = no bias */
    bool sums;
};

static enum status run(struct op_prepared *head, const struct run_context *context)
{
    struct transposed *self = (struct transposed *)head;
    struct run_context inner = *context;
    int kernel = 0;
    for (int p = 0; p < self->parts; p++) {
        inner.kernel_number = context->observer ? context->kernel_number + kernel : NULL;
        TRY(self->part[p]->run(self->part[p], &inner));
        kernel += self->part[p]->kernels;
    }
    if (!self->bias)
        return STATUS_OK;
    int64_t start_ns = kernel_start(context);
    if (self->sums)
        self->device->vector->bias_sum(self->image, self->bias, self->device->threads);
    else
        self->device->vector->bias_add(self->bias, self->image, self->device->threads);
    kernel_end(context, kernel, start_ns);
    return STATUS_OK;
}

static void destroy(struct op_prepared *head)
{
    struct transposed *self = (struct transposed *)head;
    for (int p = 0; p < self->parts; p++)
        self->part[p]->destroy(self->part[p]);
    free(self);
}

/* Prepares the next inner call and takes over what it says of its kernels and conversions. */
static enum status add_part(struct transposed *self, struct device *device, const struct op_impl *impl)
{
    struct op_prepared *part, *head = &self->head;
    TRY(impl->prepare(device, &self->inner[self->parts], &part));
    self->part[self->parts++] = part;
    if (head->kernels + part->kernels > OP_MAX_KERNELS || head->conversions + part->conversions > OP_MAX_KERNELS)
        return FAIL(UNSUPPORTED, "a transposed convolution of more than %d kernels", OP_MAX_KERNELS);
    if (part->scratch_bytes > head->scratch_bytes)
        head->scratch_bytes = part->scratch_bytes;
    for (int c = 0; c < part->conversions; c++) {
        head->conversion[head->conversions] = part->conversion[c];
        head->conversion_kernel[head->conversions++] = head->kernels + part->conversion_kernel[c];
    }
    for (int k = 0; k < part->kernels; k++)
        head->kernel[head->kernels++] = part->kernel[k];
    return STATUS_OK;
}

static struct op_call *next_call(struct transposed *self, enum op_id op)
{
    struct op_call *inner = &self->inner[self->parts];
    inner->op = op;
    inner->attrs = self->head.call->attrs;
    inner->attrs.conv.transposed = false;
    return inner;
}

static enum status add_bias(struct transposed *self, const struct tensor *image, const struct tensor *bias, bool sums)
{
    if (!bias)
        return STATUS_OK;
    if (self->head.kernels == OP_MAX_KERNELS)
        return FAIL(UNSUPPORTED, "a transposed convolution of more than %d kernels", OP_MAX_KERNELS);
    self->image = image;
    self->bias = bias;
    self->sums = sums;
    self->head.kernel[self->head.kernels++] =
        (struct kernel_info){sums ? "bias_sum" : "bias_add", ROLE_COMPUTE, tensor_bytes(image) + tensor_bytes(bias),
                             tensor_bytes(sums ? bias : image), tensor_count(image)};
    return STATUS_OK;
}

static enum status forward_parts(struct transposed *self, struct device *device)
{
    const struct op_call *call = self->head.call;
    struct op_call *inner = next_call(self, OP_CONVOLUTION_BACKWARD);
    inner->in[0] = call->in[0];
    inner->in[1] = call->out[0]; /* for its shape */
    inner->in[2] = call->in[1];
    inner->out[0] = call->out[0];
    TRY(add_part(self, device, &cpu_convolution_backward));
    return add_bias(self, call->out[0], call->in[2], false);
}

static enum status backward_parts(struct transposed *self, struct device *device)
{
    const struct op_call *call = self->head.call;
    if (call->out[0]) {
        struct op_call *inner = next_call(self, OP_CONVOLUTION);
        inner->in[0] = call->in[0];
        inner->in[1] = call->in[2];
        inner->out[0] = call->out[0];
        TRY(add_part(self, device, &cpu_convolution));
    }
    if (call->out[1]) {
        struct op_call *inner = next_call(self, OP_CONVOLUTION_BACKWARD);
        inner->in[0] = call->in[1];
        inner->in[1] = call->in[0];
        inner->in[2] = call->in[2];
        inner->out[1] = call->out[1];
        TRY(add_part(self, device, &cpu_convolution_backward));
    }
    return add_bias(self, call->in[0], call->out[2], true);
}

enum status conv_transposed_prepare(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    struct transposed *self = calloc(1, sizeof *self);
    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "preparing %s: no memory for %zu bytes", op_name(call->op), sizeof *self);
    self->device = device;
    self->head = (struct op_prepared){.call = call, .run = run, .destroy = destroy};
    enum status status = call->op == OP_CONVOLUTION ? forward_parts(self, device) : backward_parts(self, device);
    if (status == STATUS_OK)
        *out = &self->head;
    else
        destroy(&self->head);
    return status;
}
