/*
 * Tensors of operators from a file beside the trace (job_tensors): found again by the record id of the operator's span.
 * 24 bytes of memory an operator of the file beside; identities go to a temporary file.
 */
#ifndef IMPORTERS_SIDECAR_H
#define IMPORTERS_SIDECAR_H

#include <stdbool.h>

#include "importers/spill.h"
#include "importers/tensors.h"

struct sidecar_entry {
    int64_t record_id;
    int64_t identities; /* where they lie in the temporary file */
    int32_t signature, tensors;
};

struct sidecar {
    struct spill spill;
    struct sidecar_entry *entry;
    int entry_count, entry_room;
};

enum status sidecar_init(struct sidecar *self, const char *beside);
void sidecar_release(struct sidecar *self);
enum status sidecar_add(struct sidecar *self, int64_t record_id, int32_t signature, int tensors,
                        const struct tensor_identity *identity);

/* Once, after the last; of entries with one id the last told stays. */
void sidecar_settle(struct sidecar *self);

/* NULL when there is none. */
const struct sidecar_entry *sidecar_find(const struct sidecar *self, int64_t record_id);

/* Identities of the entry's tensors; room for SIGNATURE_TENSORS. */
enum status sidecar_identities(const struct sidecar *self, const struct sidecar_entry *entry,
                               struct tensor_identity *identity);

#endif
