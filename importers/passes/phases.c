/* Pass: phases, and the forward node of each backward one. */
#include <stdlib.h>

#include "base/array.h"
#include "importers/passes/carry.h"

static enum status phase_of_word(const struct chunk *chunk, int32_t word, enum op_phase *phase)
{
    const struct operator_facts *facts;
    struct node named = {.name = word};
    *phase = PHASE_COUNT;
    if (word < 0)
        return STATUS_OK;
    TRY(facts_of_node(chunk, &named, &facts));
    *phase = facts->phase;
    return STATUS_OK;
}

/* What names and the profiler say: the node's own name, what encloses it, the annotation around it. */
static enum status set_told_phase(struct chunk *chunk, struct node *node)
{
    TRY(phase_of_word(chunk, node->name, &node->phase));
    if (node->phase == PHASE_COUNT && node->parent >= 0)
        node->phase = chunk->nodes[node->parent].phase;
    if (node->phase == PHASE_COUNT)
        TRY(phase_of_word(chunk, node->annotation, &node->phase));
    /* Forward operators carry thread 0, backward ones the number of the thread that their forward ran on. */
    if (node->phase == PHASE_COUNT && node->forward_thread > 0)
        node->phase = PHASE_BACKWARD;
    return STATUS_OK;
}

struct evidence {
    bool any; /* some phase is told, or there are sequence numbers: the rest are forward */
    bool sequences;
    int64_t backward_end_ns; /* end of the last backward span; -1 = none */
};

static struct evidence gather(const struct chunk *chunk)
{
    struct evidence found = {.backward_end_ns = -1};
    for (int i = 0; i < chunk->nodes_count; i++) {
        const struct node *node = &chunk->nodes[i];
        found.sequences |= node->sequence_number >= 0;
        found.any |= node->phase != PHASE_COUNT;
        if (node->phase == PHASE_BACKWARD && node->start_ns + node->dur_ns > found.backward_end_ns)
            found.backward_end_ns = node->start_ns + node->dur_ns;
    }
    found.any |= found.sequences;
    return found;
}

/*
 * The rest: forward, where the trace tells phases at all. What runs after the backward pass without a sequence number
 * (autograd does not watch it) is part of the update: clipped gradients, averaged weights.
 */
static void set_other_phases(struct chunk *chunk)
{
    struct evidence found = gather(chunk);
    for (int i = 0; i < chunk->nodes_count; i++) {
        struct node *node = &chunk->nodes[i];
        if (node->phase != PHASE_COUNT)
            continue;
        if (node->parent >= 0 && chunk->nodes[node->parent].phase != PHASE_COUNT)
            node->phase = chunk->nodes[node->parent].phase;
        else if (found.sequences && node->sequence_number < 0 && found.backward_end_ns >= 0 &&
                 node->start_ns >= found.backward_end_ns)
            node->phase = PHASE_OPTIMIZER;
        else if (found.any)
            node->phase = PHASE_FORWARD;
    }
}

/* The last forward operator that carried a sequence number. */
struct carrier {
    int64_t sequence;
    int node, order;
};

static int compare_carriers(const void *a, const void *b)
{
    const struct carrier *x = a, *y = b;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return x->order - y->order;
}

static bool is_engine_span(const struct chunk *chunk, const struct node *node, enum status *status)
{
    enum op_phase phase;
    *status = phase_of_word(chunk, node->name, &phase);
    return phase == PHASE_BACKWARD;
}

/*
 * Sequence numbers repeat: an operator that makes no node of the graph carries the next one's number. The one that made
 * it is the last with that number to start; of nested ones the operator.
 */
static enum status gather_carriers(const struct chunk *chunk, struct carrier *carriers, int *count)
{
    enum status status;
    *count = 0;
    for (int i = 0; i < chunk->nodes_count; i++) {
        const struct node *node = &chunk->nodes[i];
        if (node->sequence_number < 0 || node->operator_ < 0 || node->forward_thread > 0)
            continue;
        bool engine = is_engine_span(chunk, node, &status);
        TRY(status);
        if (!engine)
            carriers[(*count)++] = (struct carrier){node->sequence_number, node->operator_, i};
    }
    qsort(carriers, (size_t)*count, sizeof *carriers, compare_carriers);
    return STATUS_OK;
}

/* The last carrier of the number before node `before`; -1 = none. */
static int find_carrier(const struct carrier *carriers, int count, int64_t sequence, int before)
{
    int low = 0, high = count;
    struct carrier wanted = {sequence, -1, before};
    while (low < high) {
        int middle = (low + high) / 2;
        if (compare_carriers(&carriers[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && carriers[low - 1].sequence == sequence ? carriers[low - 1].node : -1;
}

/* What backward nodes are told of themselves before they get their forward node's module. */
struct engine_span {
    bool is;         /* a span of autograd's engine: "autograd::engine::evaluate_function: *", "ConvolutionBackward0" */
    int last;        /* node: its last direct child, -1 = none */
    int told_module; /* by a range around the node itself */
};

static enum status gather_engine_spans(const struct chunk *chunk, struct engine_span **out)
{
    enum status status;
    TRY(array_make(out, chunk->nodes_count, sizeof **out));
    for (int i = 0; i < chunk->nodes_count; i++) {
        const struct node *node = &chunk->nodes[i];
        bool is = is_engine_span(chunk, node, &status);
        TRY(status);
        (*out)[i] = (struct engine_span){is, -1, node->module};
        if (node->parent >= 0)
            (*out)[node->parent].last = i;
    }
    return STATUS_OK;
}

static bool is_watched(const struct node *node)
{
    return node->sequence_number >= 0 && node->forward_thread <= 0;
}

/*
 * Autograd watches an operator of the backward pass in two cases: the pass makes a graph itself (create_graph=True), or
 * the operator is computed again (activation checkpointing) and is nobody's backward. What is computed again comes before
 * the engine's own operators, which nobody watches then: so the last one in the engine's span tells. Where both come
 * together, what is computed again lies in a module's range.
 */
static bool is_backward_with_graph(const struct chunk *chunk, const struct engine_span *spans, int number)
{
    int engine = chunk->nodes[number].parent;
    while (engine >= 0 && !spans[engine].is)
        engine = chunk->nodes[engine].parent;
    if (engine < 0 || spans[spans[engine].last].is)
        return false;
    return is_watched(&chunk->nodes[spans[engine].last]) && spans[number].told_module == spans[engine].told_module;
}

static enum status link_forward(struct chunk *chunk)
{
    struct carrier *carriers = NULL;
    struct engine_span *spans = NULL;
    int count;
    enum status status;

    TRY_OUT(array_make(&carriers, chunk->nodes_count, sizeof *carriers));
    TRY_OUT(gather_carriers(chunk, carriers, &count));
    TRY_OUT(gather_engine_spans(chunk, &spans));
    for (int i = 0; i < chunk->nodes_count; i++) {
        struct node *node = &chunk->nodes[i];
        node->forward = node->parent >= 0 ? chunk->nodes[node->parent].forward : -1;
        if (node->phase == PHASE_BACKWARD && node->sequence_number >= 0) {
            if (spans[i].is || node->forward_thread > 0)
                node->forward = find_carrier(carriers, count, node->sequence_number, i);
            else if (!is_backward_with_graph(chunk, spans, i))
                node->forward = -1;
        }
        if (node->forward >= 0)
            node->module = chunk->nodes[node->forward].module;
    }
out:
    free(carriers);
    free(spans);
    return status;
}

enum status import_pass_phases(struct chunk *chunk)
{
    for (int i = 0; i < chunk->nodes_count; i++)
        TRY(set_told_phase(chunk, &chunk->nodes[i]));
    set_other_phases(chunk);
    return link_forward(chunk);
}
