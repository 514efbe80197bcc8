/* Why a tensor is converted under an operator, and which of its inputs that is. */
#include "importers/passes/convert.h"
#include "importers/passes/identity.h"

/* Same tensor by identity; where that is not told, by its looks. */
static bool is_same_tensor(const struct node_tensor *a, const struct node_tensor *b)
{
    if (a->id >= 0 && b->id >= 0)
        return a->id == b->id || (a->storage >= 0 && a->storage == b->storage);
    return a->kind == b->kind;
}

int convert_source(const struct converter *self, int holder, int inside)
{
    const struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[holder];
    int found = -1;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        const struct node_tensor *input = &chunk->tensors[i];
        if (input->out || !is_same_tensor(input, &chunk->tensors[inside]))
            continue;
        if (found < 0 || self->converted[found])
            found = i;
    }
    return found;
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
