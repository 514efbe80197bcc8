/* Numbers for operator instances, sets of culprits and groups of conversions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"

/* Path of the module that holds an instance and its consumers: from table module, else the path less its last part. */
static enum status find_block(struct analysis *self, int path, int *block)
{
    const char *text = intern_text(&self->words, path), *dot;
    *block = -1;
    if (!text)
        return STATUS_OK;
    if (path < self->block_of_count && self->block_of[path] >= 0) {
        *block = self->block_of[path];
        return STATUS_OK;
    }
    dot = strrchr(text, '.');
    struct strbuf parent;
    strbuf_init(&parent);
    strbuf_append_bytes(&parent, text, dot ? (size_t)(dot - text) : 0);
    enum status status = intern_add(&self->words, parent.text, block);
    strbuf_release(&parent);
    return status;
}

enum status ledger_key(struct analysis *self, int op, int *key)
{
    const struct step_op *forward = &self->step.ops[self->step.ops[op].forward];
    if (forward->def->key >= 0) {
        *key = forward->def->key;
        return STATUS_OK;
    }
    struct key made = {.name = forward->name, .path = forward->path, .last_seen = -1, .last_trip = -1};
    char text[64];

    snprintf(text, sizeof text, "%d %d", made.name, made.path);
    TRY(intern_add(&self->key_words, text, key));
    forward->def->key = *key;
    if (*key < self->keys_count)
        return STATUS_OK;
    TRY(find_block(self, made.path, &made.block));
    ARRAY_ADD(self, keys, made);
    return STATUS_OK;
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static enum status add_set(struct analysis *self, const int *keys, int count)
{
    struct culprits set = {self->member_count, count, {-1, -1}};
    for (int i = 0; i < count; i++)
        ARRAY_ADD(self, member, keys[i]);
    ARRAY_ADD(self, sets, set);
    return STATUS_OK;
}

/* Sorted and without repetition; returns how many are left. */
static int make_set(int *keys, int count)
{
    int distinct = 0;
    qsort(keys, (size_t)count, sizeof *keys, compare_ints);
    for (int i = 0; i < count; i++) {
        if (i == 0 || keys[i] != keys[i - 1])
            keys[distinct++] = keys[i];
    }
    return distinct;
}

enum status ledger_set(struct analysis *self, const int *ops, int count, int *set)
{
    struct strbuf text;
    int *keys = NULL;
    enum status status;

    strbuf_init(&text);
    TRY_OUT(array_make(&keys, count, sizeof *keys));
    for (int i = 0; i < count; i++)
        TRY_OUT(ledger_key(self, ops[i], &keys[i]));
    count = make_set(keys, count);
    for (int i = 0; i < count; i++)
        strbuf_printf(&text, " %d", keys[i]);
    TRY_OUT(intern_add(&self->set_words, text.text, set));
    if (*set == self->sets_count)
        status = add_set(self, keys, count);
out:
    free(keys);
    strbuf_release(&text);
    return status;
}

enum status ledger_group(struct analysis *self, int set, bool repack, int *group)
{
    struct group made = {.set = set, .repack = repack};

    *group = self->sets[set].group[repack];
    if (*group >= 0)
        return STATUS_OK;
    TRY(array_room(&self->groups, &self->groups_room, self->groups_count, sizeof made));
    TRY(array_make(&made.exposed_ns, self->cost_steps, sizeof *made.exposed_ns));
    *group = self->sets[set].group[repack] = self->groups_count;
    self->groups[self->groups_count++] = made;
    return STATUS_OK;
}

int ledger_item(const struct analysis *self, int key, enum scope scope)
{
    const struct key *k = &self->keys[key];
    return scope == SCOPE_OPERATOR ? k->name : scope == SCOPE_MODULE ? k->block : key;
}

bool ledger_set_has(const struct analysis *self, int set, enum scope scope, int item)
{
    const struct culprits *culprits = &self->sets[set];
    if (scope == SCOPE_SET)
        return set == item;
    for (int i = 0; i < culprits->count; i++) {
        if (ledger_item(self, self->member[culprits->first + i], scope) == item)
            return true;
    }
    return false;
}

bool key_thrashes(const struct key *key)
{
    return key->trip_steps > 0 && 2 * key->trip_steps >= key->seen_steps;
}

bool group_avoidable(const struct analysis *self, const struct group *group)
{
    const struct culprits *culprits = &self->sets[group->set];
    if (group->repack)
        return false;
    for (int i = 0; i < culprits->count; i++) {
        if (!key_thrashes(&self->keys[self->member[culprits->first + i]]))
            return false;
    }
    return true;
}

void append_instance(const struct analysis *self, struct strbuf *out, int name, int path)
{
    const char *place = intern_text(&self->words, path);
    strbuf_append(out, intern_text(&self->words, name));
    if (place && *place)
        strbuf_printf(out, "@%s", place);
}
