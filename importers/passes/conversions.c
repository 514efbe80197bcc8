/* Pass: layout conversions, each with its cause. The ways to find them stand in files of their own. */
#include <stdlib.h>

#include "base/array.h"
#include "importers/passes/convert.h"
#include "importers/passes/identity.h"

static enum status find_makers(struct converter *self)
{
    const struct chunk *chunk = self->chunk;
    for (int i = 0; i < chunk->tensors_count; i++) {
        if (chunk->tensors[i].id < PERSISTENT_NUMBERS && chunk->tensors[i].id >= self->makers)
            self->makers = (int)chunk->tensors[i].id + 1;
    }
    TRY(array_make(&self->maker, self->makers, sizeof *self->maker));
    for (int i = 0; i < self->makers; i++)
        self->maker[i] = -1;
    for (int n = chunk->nodes_count - 1; n >= 0; n--) {
        const struct node *node = &chunk->nodes[n];
        for (int i = node->first_tensor; node->level == LEVEL_OPERATOR && i < node->first_tensor + node->tensors; i++) {
            const struct node_tensor *tensor = &chunk->tensors[i];
            if (tensor->out && tensor->id >= 0 && tensor->id < self->makers)
                self->maker[tensor->id] = n;
        }
    }
    return STATUS_OK;
}

/* What the names of the nodes say. */
static enum status look_up_names(struct converter *self)
{
    const struct chunk *chunk = self->chunk;
    const struct operator_facts *facts;
    self->first_convolution = chunk->nodes_count;
    TRY(array_make(&self->class_, chunk->nodes_count, sizeof *self->class_));
    for (int n = chunk->nodes_count - 1; n >= 0; n--) {
        const struct node *node = &chunk->nodes[n];
        TRY(facts_of_node(chunk, node, &facts));
        self->class_[n] = facts->class_;
        if (node->level == LEVEL_OPERATOR && facts->shape == SHAPE_CONV && node->phase != PHASE_BACKWARD)
            self->first_convolution = n;
    }
    return STATUS_OK;
}

static enum status find_first_kernels(struct converter *self)
{
    const struct chunk *chunk = self->chunk;
    TRY(array_make(&self->first_kernel, chunk->nodes_count, sizeof *self->first_kernel));
    for (int n = 0; n < chunk->nodes_count; n++)
        self->first_kernel[n] = -1;
    for (int i = chunk->kernels_count - 1; i >= 0; i--) {
        if (chunk->kernels[i].node >= 0 && chunk->kernels[i].kind != SPAN_MEMSET)
            self->first_kernel[chunk->kernels[i].node] = i;
    }
    return STATUS_OK;
}

static int64_t start_of(const struct chunk *chunk, const struct chunk_conversion *conversion)
{
    if (conversion->kernel >= 0)
        return chunk->kernels[conversion->kernel].start_ns;
    int node = conversion->copy >= 0 ? conversion->copy : conversion->node;
    return node < 0 ? 0 : chunk->nodes[node].start_ns;
}

struct place_in_time {
    int64_t start_ns;
    struct chunk_conversion conversion;
};

static int in_order(const void *a, const void *b)
{
    const struct place_in_time *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->conversion.node != y->conversion.node)
        return x->conversion.node - y->conversion.node;
    return x->conversion.source - y->conversion.source;
}

static enum status sort(struct chunk *chunk)
{
    struct place_in_time *places = NULL;
    TRY(array_make(&places, chunk->conversions_count, sizeof *places));
    for (int i = 0; i < chunk->conversions_count; i++)
        places[i] = (struct place_in_time){start_of(chunk, &chunk->conversions[i]), chunk->conversions[i]};
    qsort(places, (size_t)chunk->conversions_count, sizeof *places, in_order);
    for (int i = 0; i < chunk->conversions_count; i++)
        chunk->conversions[i] = places[i].conversion;
    free(places);
    return STATUS_OK;
}

/*
 * A conversion without a source is one inside the library. Where it starts from an operator's input that is not known
 * to be any other tensor, it gets a number of its own.
 */
static void number_sources(const struct converter *self)
{
    struct chunk *chunk = self->chunk;
    int64_t next = self->makers;
    for (int i = 0; i < chunk->conversions_count; i++) {
        struct node_tensor *source =
            chunk->conversions[i].source < 0 ? NULL : &chunk->tensors[chunk->conversions[i].source];
        if (source && source->id < 0)
            source->id = next++;
    }
}

enum status import_pass_conversions(struct chunk *chunk)
{
    struct converter converter = {.chunk = chunk};
    enum status status;

    TRY_OUT(find_makers(&converter));
    TRY_OUT(look_up_names(&converter));
    TRY_OUT(find_first_kernels(&converter));
    TRY_OUT(array_make(&converter.copies, chunk->nodes_count, sizeof *converter.copies));
    TRY_OUT(array_make(&converter.converted, chunk->tensors_count, sizeof *converter.converted));
    TRY_OUT(convert_copies(&converter));
    TRY_OUT(convert_by_reorders(&converter));
    TRY_OUT(convert_by_kernel(&converter));
    TRY_OUT(convert_by_formats(&converter));
    number_sources(&converter);
    TRY_OUT(sort(chunk));
out:
    free(converter.maker);
    free(converter.first_kernel);
    free(converter.copies);
    free(converter.class_);
    free(converter.converted);
    return status;
}
