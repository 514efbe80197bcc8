/*
 * Pass: tensors and modules of timed steps. Where a process has recorded steps (everything told, times no performance)
 * and timed ones (times alone), an operator of a timed step is the recorded one that stands at the same place in the
 * same sequence of names on its thread, and takes its tensors. Where the sequences part, they are searched for where
 * they meet again; what lies between stays without tensors, and a note counts it.
 */
#define _GNU_SOURCE /* qsort_r */
#include "importers/passes/recall.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "importers/passes/carry.h"

#define MEET_NODES 12   /* so many equal names in a row, or the end, are taken for the same place */
#define MEET_WITHIN 400 /* nodes looked at for it on either side */

/* A node of the recorded step. */
struct known {
    int32_t name, lane, signature;
    int module, first_tensor, tensors;
};

struct recall {
    struct known *known; /* of the last recorded step, by lane, in order of start */
    int known_count, known_room;
    struct node_tensor *tensors; /* as told, before identities became numbers */
    int tensors_count, tensors_room;
    bool any, said; /* a step is remembered; the note stands */
};

enum status recall_create(struct recall **out)
{
    return array_make(out, 1, sizeof **out);
}

void recall_destroy(struct recall *self)
{
    if (!self)
        return;
    free(self->known);
    free(self->tensors);
    free(self);
}

static int by_lane(const void *a, const void *b, void *nodes)
{
    const struct node *x = (struct node *)nodes + *(const int *)a, *y = (struct node *)nodes + *(const int *)b;
    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    return *(const int *)a - *(const int *)b;
}

/* Numbers of the chunk's nodes, thread by thread, each in order of start. */
static enum status order_by_lane(struct chunk *chunk, int **order)
{
    TRY(array_make(order, chunk->nodes_count, sizeof **order));
    for (int i = 0; i < chunk->nodes_count; i++)
        (*order)[i] = i;
    qsort_r(*order, (size_t)chunk->nodes_count, sizeof **order, by_lane, chunk->nodes);
    return STATUS_OK;
}

static enum status remember(struct recall *self, struct chunk *chunk, const int *order)
{
    self->known_count = self->tensors_count = 0;
    self->any = true;
    for (int i = 0; i < chunk->nodes_count; i++) {
        const struct node *node = &chunk->nodes[order[i]];
        ARRAY_ADD(
            self, known,
            (struct known){node->name, node->lane, node->signature, node->module, self->tensors_count, node->tensors});
        for (int t = 0; t < node->tensors; t++)
            ARRAY_ADD(self, tensors, chunk->tensors[node->first_tensor + t]);
    }
    return STATUS_OK;
}

static enum status recall_node(const struct recall *self, struct chunk *chunk, struct node *node,
                               const struct known *known)
{
    if (node->module < 0)
        node->module = known->module;
    if (node->signature >= 0 || node->tensors)
        return STATUS_OK;
    node->signature = known->signature;
    node->first_tensor = chunk->tensors_count;
    node->tensors = known->tensors;
    for (int t = 0; t < known->tensors; t++)
        ARRAY_ADD(chunk, tensors, self->tensors[known->first_tensor + t]);
    return STATUS_OK;
}

/* The two sequences of one thread: `known` of the recorded step, `order` numbers nodes of the timed one. */
struct pair {
    const struct known *known;
    int known_count;
    const int *order;
    int order_count;
    const struct chunk *chunk; /* of the timed one */
};

/*
 * Autograd sums gradients in place where nobody else may see them, and under a dispatch mode (as of recorded steps of
 * clprof_dispatch.py) never: torch/csrc/autograd/input_buffer.cpp, accumulate(). There one stands for the other.
 */
static bool is_sum(const struct chunk *chunk, int32_t name)
{
    const char *text = chunk_word(chunk, name);
    return strcmp(text, "aten::add") == 0 || strcmp(text, "aten::add_") == 0;
}

static bool same(const struct pair *pair, int known, int node)
{
    int32_t a = pair->known[known].name, b = pair->chunk->nodes[pair->order[node]].name;
    return a == b || (is_sum(pair->chunk, a) && is_sum(pair->chunk, b));
}

/* They run together from there on. */
static bool meets(const struct pair *pair, int known, int node)
{
    int length = 0;
    while (length < MEET_NODES && known + length < pair->known_count && node + length < pair->order_count) {
        if (!same(pair, known + length, node + length))
            return false;
        length++;
    }
    bool ends = known + length == pair->known_count && node + length == pair->order_count;
    return ends || length == MEET_NODES;
}

/* The nearest places after known[*known] and order[*node] where they meet; false: not near. */
static bool find_meeting(const struct pair *pair, int *known, int *node)
{
    for (int apart = 1; apart <= 2 * MEET_WITHIN; apart++) {
        for (int skip = 0; skip <= apart; skip++) {
            int k = *known + skip, n = *node + apart - skip;
            if (skip > MEET_WITHIN || apart - skip > MEET_WITHIN || k > pair->known_count || n > pair->order_count)
                continue;
            if (meets(pair, k, n)) {
                *known = k;
                *node = n;
                return true;
            }
        }
    }
    return false;
}

static enum status recall_lane(const struct recall *self, struct chunk *chunk, const struct pair *pair, int *recalled)
{
    int known = 0, node = 0;
    while (known < pair->known_count && node < pair->order_count) {
        if (same(pair, known, node)) {
            TRY(recall_node(self, chunk, &chunk->nodes[pair->order[node]], &pair->known[known]));
            (*recalled)++;
            known++;
            node++;
        } else if (!find_meeting(pair, &known, &node)) {
            break;
        }
    }
    return STATUS_OK;
}

static int lane_of(const struct chunk *chunk, const int *order, int at)
{
    return chunk->nodes[order[at]].lane;
}

static enum status recall_all(struct recall *self, struct chunk *chunk, const int *order)
{
    int recalled = 0, known = 0;
    for (int first = 0, last; first < chunk->nodes_count; first = last) {
        int lane = lane_of(chunk, order, first);
        for (last = first; last < chunk->nodes_count && lane_of(chunk, order, last) == lane;)
            last++;
        while (known < self->known_count && self->known[known].lane < lane)
            known++;
        int end = known;
        while (end < self->known_count && self->known[end].lane == lane)
            end++;
        struct pair pair = {self->known + known, end - known, order + first, last - first, chunk};
        TRY(recall_lane(self, chunk, &pair, &recalled));
        known = end;
    }
    if (recalled == chunk->nodes_count || self->said)
        return STATUS_OK;
    self->said = true;
    return job_note(chunk->job,
                    "%d of %d operators of timed step %lld have no counterpart in the recorded step: their "
                    "tensors are unknown (the steps of this job differ)",
                    chunk->nodes_count - recalled, chunk->nodes_count, (long long)chunk->step_index);
}

enum status import_pass_recall(struct chunk *chunk)
{
    struct recall *self = chunk_carry(chunk)->recall;
    bool recorded = chunk->mode && strcmp(chunk->mode, "recorded") == 0;
    bool timed = chunk->mode && strcmp(chunk->mode, "timed") == 0;
    int *order = NULL;
    enum status status;

    if (chunk->step_index < 0 || !(recorded || (timed && self->any)))
        return STATUS_OK;
    TRY_OUT(order_by_lane(chunk, &order));
    if (recorded)
        TRY_OUT(remember(self, chunk, order));
    else
        TRY_OUT(recall_all(self, chunk, order));
out:
    free(order);
    return status;
}
