/* A sorted array of record ids; identities by offset. */
#include "importers/sidecar.h"

#include <stdlib.h>

#include "base/array.h"

enum status sidecar_init(struct sidecar *self, const char *beside)
{
    *self = (struct sidecar){0};
    return spill_init(&self->spill, beside);
}

void sidecar_release(struct sidecar *self)
{
    spill_release(&self->spill);
    free(self->entry);
    self->entry = NULL;
    self->entry_count = self->entry_room = 0;
}

enum status sidecar_add(struct sidecar *self, int64_t record_id, int32_t signature, int tensors,
                        const struct tensor_identity *identity)
{
    struct sidecar_entry entry = {.record_id = record_id, .signature = signature, .tensors = tensors};

    TRY(spill_append(&self->spill, identity, (size_t)tensors * sizeof *identity, &entry.identities));
    ARRAY_ADD(self, entry, entry);
    return STATUS_OK;
}

/* `identities` only grows, so it tells who came later; entries without tensors don't move it, and are all alike. */
static int by_record(const void *a, const void *b)
{
    const struct sidecar_entry *x = a, *y = b;

    if (x->record_id != y->record_id)
        return x->record_id < y->record_id ? -1 : 1;
    return x->identities < y->identities ? -1 : x->identities > y->identities;
}

void sidecar_settle(struct sidecar *self)
{
    int kept = 0;

    if (self->entry_count > 1)
        qsort(self->entry, (size_t)self->entry_count, sizeof *self->entry, by_record);
    for (int i = 0; i < self->entry_count; i++) {
        if (kept > 0 && self->entry[kept - 1].record_id == self->entry[i].record_id)
            kept--;
        self->entry[kept++] = self->entry[i];
    }
    self->entry_count = kept;
}

const struct sidecar_entry *sidecar_find(const struct sidecar *self, int64_t record_id)
{
    int low = 0, high = self->entry_count;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (self->entry[middle].record_id < record_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->entry_count && self->entry[low].record_id == record_id ? &self->entry[low] : NULL;
}

enum status sidecar_identities(const struct sidecar *self, const struct sidecar_entry *entry,
                               struct tensor_identity *identity)
{
    return spill_read(&self->spill, identity, (size_t)entry->tensors * sizeof *identity, entry->identities);
}
