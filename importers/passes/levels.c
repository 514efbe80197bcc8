/* Pass: which span of a call stack is the operator. The rule stands in wrappers.tsv. */
#include <stdlib.h>

#include "base/array.h"
#include "importers/passes/carry.h"

/* The outermost span that is no wrapper is the operator; what runs inside it is its own business. */
static enum status set_level(struct chunk *chunk, int number, enum level_rule *rule)
{
    struct node *node = &chunk->nodes[number];
    const struct operator_facts *facts;
    TRY(facts_of_node(chunk, node, &facts));
    *rule = facts->rule;
    node->operator_ = node->parent >= 0 ? chunk->nodes[node->parent].operator_ : -1;
    node->level = node->operator_ >= 0 ? LEVEL_INNER : facts->rule == SPAN_IS_OPERATOR ? LEVEL_OPERATOR : LEVEL_WRAPPER;
    if (node->level == LEVEL_OPERATOR)
        node->operator_ = number;
    return STATUS_OK;
}

/* holds[i]: an operator runs inside span i, or is it. */
static void find_holders(const struct chunk *chunk, bool *holds)
{
    for (int i = chunk->nodes_count - 1; i >= 0; i--) {
        holds[i] |= chunk->nodes[i].level == LEVEL_OPERATOR;
        if (holds[i] && chunk->nodes[i].parent >= 0)
            holds[chunk->nodes[i].parent] = true;
    }
}

/* A span that launched a kernel itself did something, whatever its name says. */
static void find_launchers(const struct chunk *chunk, bool *launches)
{
    for (int i = 0; i < chunk->kernels_count; i++) {
        for (int at = chunk->kernels[i].node; at >= 0 && !launches[at]; at = chunk->nodes[at].parent)
            launches[at] = true;
    }
}

enum status import_pass_levels(struct chunk *chunk)
{
    enum level_rule *rule = NULL;
    bool *holds = NULL, *launches = NULL;
    enum status status;

    TRY_OUT(array_make(&rule, chunk->nodes_count, sizeof *rule));
    TRY_OUT(array_make(&holds, chunk->nodes_count, sizeof *holds));
    TRY_OUT(array_make(&launches, chunk->nodes_count, sizeof *launches));
    for (int i = 0; i < chunk->nodes_count; i++)
        TRY_OUT(set_level(chunk, i, &rule[i]));
    find_holders(chunk, holds);
    find_launchers(chunk, launches);
    /* Wrappers that call no operator are the operator themselves. */
    for (int i = 0; i < chunk->nodes_count; i++) {
        struct node *node = &chunk->nodes[i];
        int above = node->parent >= 0 ? chunk->nodes[node->parent].operator_ : -1;
        if (node->level != LEVEL_WRAPPER || holds[i])
            continue;
        if (above >= 0) {
            node->level = LEVEL_INNER;
            node->operator_ = above;
        } else if (rule[i] == SPAN_WRAPS || (rule[i] == SPAN_MAY_IDLE && launches[i])) {
            node->level = LEVEL_OPERATOR;
            node->operator_ = i;
        }
    }
out:
    free(rule);
    free(holds);
    free(launches);
    return status;
}
