/*
 * Pass: told identities become numbers. A number stands for one tensor from when it is made: an output is a new tensor
 * unless its operator got it as an input or something inside made it, and a told id or a piece of memory that was used
 * again is another tensor. Tensors of equal place and shape are one tensor under two ids (autograd hands its saved
 * tensors out under new ones).
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "importers/passes/carry.h"
#include "importers/passes/identity.h"

#define NO_STORAGE (-2)

struct entry {
    struct place place;
    int generation; /* of its storage */
    int seen_by;    /* node that touched it first */
    int made_by;    /* node, -1 = read before anything made it */
    int cast_of;    /* entry that an operator cast to this one, -1 = none */
    bool taken;     /* read where an operator takes a parameter, or cast for that */
    bool parameter; /* the same, or read by the optimizer */
    int64_t number; /* -1 until one is given */
};

struct memory {
    int generation; /* counts the tensors that lay there one after the other */
    int renewed_by; /* node */
};

struct namer {
    struct chunk *chunk;
    struct places by_id, by_place, memory_of; /* -> entry, entry, memory */
    struct entry *entries;
    int entries_count, entries_room;
    struct memory *memories;
    int memories_count, memories_room;
    int *entry_of; /* by tensor; -1 = its identity is not told */
    struct open_node {
        int node;
        int64_t end_ns; /* no later than that of the node around it */
    } * open;           /* began and did not end */
    int open_count;
};

static struct place id_of(const struct node_tensor *tensor)
{
    return (struct place){tensor->id, NO_STORAGE, -1};
}

static struct place place_of(const struct node_tensor *tensor)
{
    if (tensor->storage < 0)
        return (struct place){tensor->id, NO_STORAGE, tensor->kind};
    return (struct place){tensor->storage, tensor->offset, tensor->kind};
}

static enum status memory_at(struct namer *self, int64_t storage, struct memory **out)
{
    struct place place = {storage, NO_STORAGE, -1};
    int64_t number = places_get(&self->memory_of, place);
    if (number < 0) {
        number = self->memories_count;
        TRY(places_set(&self->memory_of, place, number));
        ARRAY_ADD(self, memories, (struct memory){.renewed_by = -1});
    }
    *out = &self->memories[number];
    return STATUS_OK;
}

static bool is_place(struct place a, struct place b)
{
    return a.storage == b.storage && a.offset == b.offset && a.kind == b.kind;
}

/* The entry of a tensor that lies where it lay, in memory that was not used again; -1 = none. */
static enum status find_entry(struct namer *self, const struct node_tensor *tensor, int *out)
{
    int64_t candidates[] = {places_get(&self->by_id, id_of(tensor)), places_get(&self->by_place, place_of(tensor))};
    struct memory *memory;
    *out = -1;
    TRY(memory_at(self, tensor->storage, &memory));
    for (int i = 0; i < 2 && *out < 0; i++) {
        const struct entry *entry = candidates[i] < 0 ? NULL : &self->entries[candidates[i]];
        if (entry && is_place(entry->place, place_of(tensor)) && entry->generation == memory->generation)
            *out = (int)candidates[i];
    }
    return STATUS_OK;
}

static enum status add_entry(struct namer *self, const struct node_tensor *tensor, int seen_by, bool made, int *out)
{
    struct memory *memory;
    TRY(memory_at(self, tensor->storage, &memory));
    *out = self->entries_count;
    ARRAY_ADD(self, entries,
              (struct entry){place_of(tensor), memory->generation, seen_by, made ? seen_by : -1, -1, false, false, -1});
    return STATUS_OK;
}

static enum status set_entry(struct namer *self, int number, int entry)
{
    const struct node_tensor *tensor = &self->chunk->tensors[number];
    self->entry_of[number] = entry;
    TRY(places_set(&self->by_id, id_of(tensor), entry));
    return places_set(&self->by_place, place_of(tensor), entry);
}

static enum status name_input(struct namer *self, int node, int number)
{
    const struct node_tensor *tensor = &self->chunk->tensors[number];
    int entry;
    TRY(find_entry(self, tensor, &entry));
    if (entry < 0)
        TRY(add_entry(self, tensor, node, false, &entry));
    return set_entry(self, number, entry);
}

/* The node's input of that storage or, where storages are not told, of that id. */
static bool takes(const struct namer *self, const struct node *node, const struct node_tensor *output)
{
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        const struct node_tensor *input = &self->chunk->tensors[i];
        if (!input->out && (output->storage >= 0 ? input->storage == output->storage : input->id == output->id))
            return true;
    }
    return false;
}

static bool is_input(const struct namer *self, const struct node *node, int entry)
{
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (!self->chunk->tensors[i].out && self->entry_of[i] == entry)
            return true;
    }
    return false;
}

/* The node itself, or one inside of it: not just any later one, since threads run side by side. */
static bool is_within(const struct chunk *chunk, int node, int outer)
{
    while (node > outer)
        node = chunk->nodes[node].parent;
    return node == outer;
}

static enum status name_output(struct namer *self, int node_number, int number)
{
    const struct node *node = &self->chunk->nodes[node_number];
    const struct node_tensor *tensor = &self->chunk->tensors[number];
    struct memory *memory;
    int entry;

    TRY(find_entry(self, tensor, &entry));
    if (entry >= 0 && is_input(self, node, entry))
        return set_entry(self, number, entry);
    if (entry >= 0 && is_within(self->chunk, self->entries[entry].seen_by, node_number)) {
        if (self->entries[entry].made_by < 0) /* inside, where only its filling was recorded */
            self->entries[entry].made_by = self->entries[entry].seen_by;
        return set_entry(self, number, entry);
    }
    TRY(memory_at(self, tensor->storage, &memory));
    if (tensor->storage >= 0 && !takes(self, node, tensor) && memory->renewed_by < node_number) {
        memory->generation++;
        memory->renewed_by = node_number;
    }
    TRY(add_entry(self, tensor, node_number, true, &entry));
    return set_entry(self, number, entry);
}

static bool is_told(const struct node_tensor *tensor)
{
    return tensor->id >= 0;
}

static enum status end_node(struct namer *self, int number)
{
    const struct node *node = &self->chunk->nodes[number];
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (self->chunk->tensors[i].out && is_told(&self->chunk->tensors[i]))
            TRY(name_output(self, number, i));
    }
    return STATUS_OK;
}

/* Ends what ended by then, inner nodes first. */
static enum status end_nodes(struct namer *self, int64_t until_ns)
{
    int left = 0;
    for (int i = self->open_count - 1; i >= 0; i--) {
        if (self->open[i].end_ns <= until_ns)
            TRY(end_node(self, self->open[i].node));
    }
    for (int i = 0; i < self->open_count; i++) {
        if (self->open[i].end_ns > until_ns)
            self->open[left++] = self->open[i];
    }
    self->open_count = left;
    return STATUS_OK;
}

static int64_t end_of(const struct namer *self, const struct node *node)
{
    int64_t end = node->start_ns + node->dur_ns;
    for (int i = self->open_count - 1; i >= 0; i--) {
        if (self->open[i].node == node->parent)
            return self->open[i].end_ns < end ? self->open[i].end_ns : end;
    }
    return end;
}

static enum status begin_node(struct namer *self, int number)
{
    const struct node *node = &self->chunk->nodes[number];
    self->open[self->open_count] = (struct open_node){number, end_of(self, node)};
    self->open_count++;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (!self->chunk->tensors[i].out && is_told(&self->chunk->tensors[i]))
            TRY(name_input(self, number, i));
    }
    return STATUS_OK;
}

/* Of a copy operator: what it read. */
static void link_casts(struct namer *self, const struct node *node)
{
    int source = -1;
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        int entry = self->entry_of[i];
        if (entry < 0)
            continue;
        if (!self->chunk->tensors[i].out && source < 0)
            source = entry;
        else if (self->chunk->tensors[i].out && entry != source)
            self->entries[entry].cast_of = source;
    }
}

/* Where operators take parameters, and what the optimizer reads. Scalars that Python made look like state; they are
 * none. */
static enum status find_parameters(struct namer *self)
{
    struct chunk *chunk = self->chunk;
    const struct operator_facts *facts;
    for (int n = 0; n < chunk->nodes_count; n++) {
        const struct node *node = &chunk->nodes[n];
        if (node->level != LEVEL_OPERATOR)
            continue;
        TRY(facts_of_node(chunk, node, &facts));
        if (facts->class_ == CLASS_COPY || facts->class_ == CLASS_COPY_INTO)
            link_casts(self, node);
        for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
            const struct node_tensor *tensor = &chunk->tensors[i];
            bool by_position = tensor->position < 32 && (facts->parameters >> tensor->position & 1);
            bool by_phase = node->phase == PHASE_OPTIMIZER && chunk_tensor_kind(chunk, tensor->kind)->dims > 0;
            if (tensor->out || self->entry_of[i] < 0)
                continue;
            self->entries[self->entry_of[i]].taken |= by_position;
            self->entries[self->entry_of[i]].parameter |= by_position || by_phase;
        }
    }
    for (int i = self->entries_count - 1; i >= 0; i--) {
        struct entry *source = self->entries[i].cast_of < 0 ? NULL : &self->entries[self->entries[i].cast_of];
        if (source && self->entries[i].taken)
            source->taken = source->parameter = true;
    }
    return STATUS_OK;
}

static enum status number_persistent(struct namer *self)
{
    struct carry *carry = chunk_carry(self->chunk);
    for (int i = 0; i < self->entries_count; i++) {
        struct entry *entry = &self->entries[i];
        if (entry->made_by >= 0)
            continue;
        int64_t known = places_get(&carry->persistent, entry->place);
        if (known < 0 && !entry->parameter && places_get(&carry->unmade, entry->place) < 0)
            continue;
        if (known < 0) {
            known = (entry->parameter ? PERSISTENT_NUMBERS : CONSTANT_NUMBERS) + carry->persistent_count++;
            TRY(places_set(&carry->persistent, entry->place, known));
        }
        entry->number = known;
    }
    places_clear(&carry->unmade);
    for (int i = 0; i < self->entries_count; i++) {
        if (self->entries[i].made_by < 0)
            TRY(places_set(&carry->unmade, self->entries[i].place, 1));
    }
    return STATUS_OK;
}

/* Tensors that operators take and give come first, so that steps that ran the same operators get the same numbers. */
static void write_numbers(struct namer *self)
{
    struct chunk *chunk = self->chunk;
    int64_t next = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int n = 0; n < chunk->nodes_count; n++) {
            const struct node *node = &chunk->nodes[n];
            if ((node->level == LEVEL_OPERATOR) == (pass == 1))
                continue;
            for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
                struct entry *entry = self->entry_of[i] < 0 ? NULL : &self->entries[self->entry_of[i]];
                if (entry && entry->number < 0)
                    entry->number = next++;
                chunk->tensors[i].id = entry ? entry->number : -1;
                chunk->tensors[i].persistent = entry && entry->number >= PERSISTENT_NUMBERS;
            }
        }
    }
}

static enum status name_told(struct namer *self)
{
    struct chunk *chunk = self->chunk;
    TRY(array_make(&self->entry_of, chunk->tensors_count, sizeof *self->entry_of));
    TRY(array_make(&self->open, chunk->nodes_count, sizeof *self->open));
    for (int i = 0; i < chunk->tensors_count; i++)
        self->entry_of[i] = -1;
    for (int i = 0; i < chunk->nodes_count; i++) {
        TRY(end_nodes(self, chunk->nodes[i].start_ns));
        TRY(begin_node(self, i));
    }
    TRY(end_nodes(self, INT64_MAX));
    TRY(find_parameters(self));
    TRY(number_persistent(self));
    write_numbers(self);
    return STATUS_OK;
}

static bool tells_identity(const struct chunk *chunk)
{
    for (int i = 0; i < chunk->tensors_count; i++) {
        if (is_told(&chunk->tensors[i]))
            return true;
    }
    return false;
}

/* A grid is 4-D and no image: whoever looks for an image's way through an operator must not follow it. */
static enum status forget_grids(struct chunk *chunk)
{
    const struct operator_facts *facts;
    for (int n = 0; n < chunk->nodes_count; n++) {
        const struct node *node = &chunk->nodes[n];
        TRY(facts_of_node(chunk, node, &facts));
        for (int i = node->first_tensor; facts->grids && i < node->first_tensor + node->tensors; i++) {
            struct node_tensor *tensor = &chunk->tensors[i];
            if (!tensor->out && tensor->position < 32 && (facts->grids >> tensor->position & 1))
                tensor->id = -1, tensor->persistent = false;
        }
    }
    return STATUS_OK;
}

enum status import_pass_identity(struct chunk *chunk)
{
    struct namer namer = {.chunk = chunk};
    enum status status;

    if (!tells_identity(chunk))
        return identity_infer(chunk);
    status = name_told(&namer);
    if (status == STATUS_OK)
        status = forget_grids(chunk);
    places_release(&namer.by_id);
    places_release(&namer.by_place);
    places_release(&namer.memory_of);
    free(namer.entries);
    free(namer.memories);
    free(namer.entry_of);
    free(namer.open);
    return status;
}
