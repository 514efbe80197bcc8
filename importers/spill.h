/*
 * A temporary file without a name, beside the trace that is being made: what does not fit into memory while spans are
 * sorted. It is gone when the process ends, however it ends.
 */
#ifndef IMPORTERS_SPILL_H
#define IMPORTERS_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct spill {
    char *beside;  /* the trace's path */
    int file;      /* -1: nothing was spilt yet */
    int64_t bytes; /* so far */
};

enum status spill_init(struct spill *self, const char *beside);
void spill_release(struct spill *self); /* harmless when zeroed by spill_release or never used after spill_init */

/* Adds bytes at the end; *at = where they are. Fails (IO) naming the trace's path and the reason (a full disk). */
enum status spill_append(struct spill *self, const void *bytes, size_t count, int64_t *at);
enum status spill_read(const struct spill *self, void *bytes, size_t count, int64_t at);

#endif
