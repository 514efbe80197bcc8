/*
 * Identities that no recorder told: a tensor that an operator reads is what an earlier one made where nothing else fits
 * its shape, dtype, strides and pass. What can no longer be read does not count: an operator in place made another one
 * of it, or its last reader is known from the backward pass. All else stays unknown.
 */
#include <stdlib.h>

#include "base/array.h"
#include "importers/passes/guess.h"
#include "importers/passes/identity.h"

#define LOOK_BACK 512 /* tensors; what was made earlier than that is not taken for anything */

struct made {
    struct guess guess;
    int node;
    int32_t kind; /* as its first reader tells; -1 = unread */
    int64_t id;   /* -1 until something reads it */
    bool in_place;
    bool gone; /* nothing reads it any more */
};

struct inferrer {
    struct chunk *chunk;
    struct guesser guesser;
    struct made *mades;
    int mades_count, mades_room;
    int *output; /* by node: what it made; -1 */
    int64_t next;
    bool any;
};

static bool is_image(const struct tensor_kind *kind)
{
    return kind && kind->dims >= 4 && kind->has_strides; /* or a view of one, cut into more dimensions */
}

static bool is_one_pass(const struct chunk *chunk, int a, int b)
{
    bool a_back = chunk->nodes[a].phase == PHASE_BACKWARD, b_back = chunk->nodes[b].phase == PHASE_BACKWARD;
    return a_back == b_back;
}

static bool fits(const struct inferrer *self, const struct made *made, int reader, const struct node_tensor *tensor)
{
    if (!is_one_pass(self->chunk, made->node, reader))
        return false;
    if (made->kind >= 0 || made->guess.kind >= 0)
        return (made->kind >= 0 ? made->kind : made->guess.kind) == tensor->kind;
    return guess_allows(&made->guess, chunk_tensor_kind(self->chunk, tensor->kind));
}

static int64_t read_made(struct inferrer *self, int made, const struct node_tensor *tensor)
{
    self->mades[made].kind = tensor->kind;
    if (self->mades[made].id < 0)
        self->mades[made].id = self->next++;
    self->any = true;
    return self->mades[made].id;
}

static bool reads_id(const struct chunk *chunk, const struct node *node, int64_t id)
{
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (!chunk->tensors[i].out && chunk->tensors[i].id == id)
            return true;
    }
    return false;
}

/* Gradients run against the forward pass: the maker's forward operator read what the reader's forward operator made. */
static bool runs_against(const struct inferrer *self, int maker_node, const struct node *reader)
{
    const struct node *maker = &self->chunk->nodes[maker_node];
    if (maker->forward < 0 || reader->forward < 0 || self->output[reader->forward] < 0)
        return false;
    int64_t id = self->mades[self->output[reader->forward]].id;
    return id >= 0 && reads_id(self->chunk, &self->chunk->nodes[maker->forward], id);
}

/* Inputs of the operator that look like this one, itself included. */
static int count_twins(const struct chunk *chunk, const struct node *node, int tensor)
{
    int twins = 0;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++)
        twins += !chunk->tensors[i].out && chunk->tensors[i].kind == chunk->tensors[tensor].kind;
    return twins;
}

struct candidates {
    int last, count; /* the latest made that fits, -1 = none; how many fit */
};

static struct candidates find_candidates(const struct inferrer *self, int reader, const struct node_tensor *tensor)
{
    struct candidates found = {-1, 0};
    int end = self->mades_count - 1;
    for (int i = end; i >= 0 && i > end - LOOK_BACK; i--) {
        if (self->mades[i].gone || !fits(self, &self->mades[i], reader, tensor))
            continue;
        if (found.count++ == 0)
            found.last = i;
    }
    return found;
}

/* They were read for the last time, whichever is which. */
static void end_all(struct inferrer *self, int reader, const struct node_tensor *tensor)
{
    int end = self->mades_count - 1;
    for (int i = end; i >= 0 && i > end - LOOK_BACK; i--)
        self->mades[i].gone |= guess_is_good(&self->mades[i].guess) && fits(self, &self->mades[i], reader, tensor);
}

/*
 * A normalisation right behind a convolution, whose result nothing has read, reads that; an operator in place does not
 * overwrite what others need while there is a tensor that nothing has read.
 */
static enum status reads_last(const struct inferrer *self, const struct node *node, const struct made *last,
                              bool *reads)
{
    const struct operator_facts *facts;
    TRY(facts_of_node(self->chunk, &self->chunk->nodes[last->node], &facts));
    bool behind_convolution = facts->shape == SHAPE_CONV;
    TRY(facts_of_node(self->chunk, node, &facts));
    bool normalises = facts->parameters && (facts->shape == SHAPE_LIKE || facts->shape == SHAPE_SAME);
    *reads = last->kind < 0 && guess_is_good(&last->guess) &&
             ((facts->in_place && facts->class_ == CLASS_PLAIN) || (behind_convolution && normalises));
    return STATUS_OK;
}

/* In the forward pass a tensor is gone with its last reader; with several that look alike, all are when all are read.
 */
static void end_read(struct inferrer *self, int reader, const struct node_tensor *tensor, int made, bool all)
{
    if (!guess_is_last_reader(&self->guesser, reader, chunk_tensor_kind(self->chunk, tensor->kind)))
        return;
    if (made >= 0)
        self->mades[made].gone = true;
    else if (all)
        end_all(self, reader, tensor);
}

/* The tensor made that is read here, -1 = it cannot be told. */
static enum status find_made(struct inferrer *self, int reader, int number, int *out)
{
    const struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[reader];
    const struct node_tensor *tensor = &chunk->tensors[number];
    struct candidates found = find_candidates(self, reader, tensor);
    int twins = count_twins(chunk, node, number);
    bool back = node->phase == PHASE_BACKWARD, good = found.count > 0 && guess_is_good(&self->mades[found.last].guess);
    bool one = good && found.count == 1;

    if (good && !one && !back)
        TRY(reads_last(self, node, &self->mades[found.last], &one));
    else if (good && !one && !guess_is_accumulation(chunk, node))
        one = runs_against(self, self->mades[found.last].node, node);
    *out = one && twins == 1 ? found.last : -1;
    if (!back)
        end_read(self, reader, tensor, *out, found.count == twins);
    return STATUS_OK;
}

/* What a backward operator reads of its forward one: the tensor of the same looks that it took, or gave. */
static int64_t find_saved(struct inferrer *self, const struct node *node, const struct node_tensor *tensor)
{
    struct chunk *chunk = self->chunk;
    if (node->phase != PHASE_BACKWARD || node->forward < 0 || tensor->position == 0 ||
        guess_is_accumulation(chunk, node))
        return -1;
    const struct node *forward = &chunk->nodes[node->forward];
    int made = self->output[node->forward];
    bool gave =
        made >= 0 && fits(self, &self->mades[made], node->forward, tensor) && guess_is_good(&self->mades[made].guess);
    int taken = -1;
    for (int i = forward->first_tensor; i < forward->first_tensor + forward->tensors; i++) {
        if (!chunk->tensors[i].out && chunk->tensors[i].kind == tensor->kind && taken < 0)
            taken = i;
    }
    /* An operator in place saves what it wrote, or a copy of what it read: they look alike. */
    if (taken >= 0)
        return gave || (made >= 0 && self->mades[made].in_place) ? -1 : chunk->tensors[taken].id;
    return gave ? read_made(self, made, tensor) : -1;
}

static enum status read_inputs(struct inferrer *self, int number)
{
    struct chunk *chunk = self->chunk;
    const struct node *node = &chunk->nodes[number];
    const struct operator_facts *facts;
    TRY(facts_of_node(chunk, node, &facts));
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        struct node_tensor *tensor = &chunk->tensors[i];
        tensor->persistent = tensor->position < 32 && (facts->parameters >> tensor->position & 1);
        bool grid = tensor->position < 32 && (facts->grids >> tensor->position & 1);
        if (grid || tensor->persistent || tensor->out || node->phase == PHASE_OPTIMIZER ||
            !is_image(chunk_tensor_kind(chunk, tensor->kind)))
            continue;
        tensor->id = find_saved(self, node, tensor);
        bool saved = node->phase == PHASE_BACKWARD && tensor->position > 0 && !guess_is_accumulation(chunk, node);
        int made = -1;
        if (!saved)
            TRY(find_made(self, number, i, &made));
        if (made >= 0)
            tensor->id = read_made(self, made, tensor);
    }
    return STATUS_OK;
}

/* An operator in place gives back its first input, which from now on is what it made. */
static void take_over(struct inferrer *self, const struct node *node, struct made *made)
{
    int input = node_input(self->chunk, node, 0);
    if (input < 0)
        return;
    for (int i = self->mades_count - 1; i >= 0 && self->chunk->tensors[input].id >= 0; i--) {
        if (self->mades[i].id == self->chunk->tensors[input].id) {
            self->mades[i].gone = true;
            break;
        }
    }
    made->id = self->chunk->tensors[input].id;
}

static enum status make_output(struct inferrer *self, int number)
{
    const struct node *node = &self->chunk->nodes[number];
    const struct operator_facts *facts;
    struct made made = {.node = number, .kind = -1, .id = -1};
    TRY(facts_of_node(self->chunk, node, &facts));
    bool in_place = facts->in_place || facts->class_ == CLASS_COPY_INTO;
    if (facts->class_ == CLASS_FACTORY || facts->shape == SHAPE_FLAT || node->phase == PHASE_DATA)
        return STATUS_OK; /* memory, zeros, random numbers: no image that another operator follows */
    TRY(guess_output(&self->guesser, number, &made.guess));
    if (made.guess.dims >= 0 && made.guess.dims < 4 && facts->class_ != CLASS_VIEW)
        return STATUS_OK;
    made.in_place = in_place;
    if (in_place)
        take_over(self, node, &made);
    self->output[number] = self->mades_count;
    ARRAY_ADD(self, mades, made);
    return STATUS_OK;
}

/* Outputs that something reads are written behind their operator's inputs. */
static enum status write_outputs(struct inferrer *self)
{
    struct chunk *chunk = self->chunk;
    struct node_tensor *tensors = NULL;
    int count = 0;
    TRY(array_make(&tensors, chunk->tensors_count + self->mades_count, sizeof *tensors));
    for (int n = 0; n < chunk->nodes_count; n++) {
        struct node *node = &chunk->nodes[n];
        const struct made *made = self->output[n] < 0 ? NULL : &self->mades[self->output[n]];
        int first = count;
        for (int i = 0; i < node->tensors; i++)
            tensors[count++] = chunk->tensors[node->first_tensor + i];
        int32_t kind = !made ? -1 : made->kind >= 0 ? made->kind : made->guess.kind;
        if (made && kind >= 0)
            tensors[count++] =
                (struct node_tensor){.id = made->id, .storage = -1, .offset = -1, .kind = kind, .out = true};
        node->first_tensor = first;
        node->tensors = count - first;
    }
    free(chunk->tensors);
    chunk->tensors = tensors;
    chunk->tensors_room = chunk->tensors_count + self->mades_count;
    chunk->tensors_count = count;
    return STATUS_OK;
}

static enum status say_so(struct inferrer *self)
{
    struct carry *carry = chunk_carry(self->chunk);
    if (!self->any || carry->said_inferred)
        return STATUS_OK;
    carry->said_inferred = true;
    return job_note(
        self->chunk->job,
        "This trace does not say which tensor is which: who feeds whom is inferred from shapes, strides and "
        "order where only one answer fits, and unknown elsewhere");
}

enum status identity_infer(struct chunk *chunk)
{
    struct inferrer self = {.chunk = chunk};
    enum status status;

    for (int i = 0; i < chunk->tensors_count; i++)
        chunk->tensors[i].id = -1;
    TRY_OUT(guesser_init(&self.guesser, chunk));
    TRY_OUT(array_make(&self.output, chunk->nodes_count, sizeof *self.output));
    for (int i = 0; i < chunk->nodes_count; i++)
        self.output[i] = -1;
    for (int i = 0; i < chunk->nodes_count; i++) {
        if (chunk->nodes[i].level != LEVEL_OPERATOR)
            continue;
        TRY_OUT(read_inputs(&self, i));
        TRY_OUT(make_output(&self, i));
    }
    TRY_OUT(write_outputs(&self));
    status = say_so(&self);
out:
    guesser_release(&self.guesser);
    free(self.mades);
    free(self.output);
    return status;
}
