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

/* The loader made it, or the script itself, outside of the model and before it (torch.randn(...)). */
static bool is_loaded(const struct converter *self, const struct node_tensor *source)
{
    int maker = source->id >= 0 && source->id < self->makers ? self->maker[source->id] : -1;
    if (maker < 0)
        return false;
    const struct node *node = &self->chunk->nodes[maker];
    return node->phase == PHASE_DATA ||
           (self->class_[maker] == CLASS_FACTORY && node->module < 0 && maker < self->first_convolution);
}

/* Nobody in the chunk made it, or it was loaded: the batch. Without identities: what is read up to the first
 * convolution. */
static bool is_batch(const struct converter *self, int holder, const struct node_tensor *source)
{
    const struct chunk *chunk = self->chunk;
    if (source->id < 0)
        return holder <= self->first_convolution && chunk->nodes[holder].phase != PHASE_BACKWARD;
    if (source->id >= self->makers)
        return true; /* the same in every step */
    return self->maker[source->id] < 0 || is_loaded(self, source);
}

static bool is_gradient(const struct converter *self, int holder, const struct node_tensor *source)
{
    int maker = source->id >= 0 && source->id < self->makers ? self->maker[source->id] : -1;
    return maker >= 0 && self->chunk->nodes[maker].phase == PHASE_BACKWARD &&
           self->chunk->nodes[holder].phase == PHASE_BACKWARD;
}

enum status convert_cause(const struct converter *self, int holder, int source, enum conversion_cause *cause)
{
    static const struct node_tensor inside = {.id = -1, .position = -1};
    const struct node *node = &self->chunk->nodes[holder];
    const struct node_tensor *tensor = source < 0 ? &inside : &self->chunk->tensors[source];
    const struct operator_facts *facts;
    TRY(facts_of_node(self->chunk, node, &facts));
    bool is_copy = facts->class_ == CLASS_COPY || facts->class_ == CLASS_COPY_INTO;
    bool is_weight = (tensor->id >= PERSISTENT_NUMBERS && tensor->id < CONSTANT_NUMBERS) ||
                     (tensor->position >= 0 && tensor->position < 32 && (facts->parameters >> tensor->position & 1));
    bool enters = node->phase == PHASE_FORWARD || node->phase == PHASE_DATA || node->phase == PHASE_COUNT;

    if (node->phase == PHASE_OPTIMIZER)
        *cause = CAUSE_OPTIMIZER;
    else if (is_weight)
        *cause = CAUSE_WEIGHT;
    else if (source >= 0 && ((enters && is_batch(self, holder, tensor)) || is_loaded(self, tensor)))
        *cause = CAUSE_INPUT; /* backward, too: a convolution saves what it was given, and converts that again */
    else if (is_gradient(self, holder, tensor) || (is_copy && node->phase == PHASE_BACKWARD))
        *cause = CAUSE_GRADIENT;
    else
        *cause = is_copy ? CAUSE_EXPLICIT : CAUSE_OPERATOR;
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
