/*
 * Sorts records of one fixed size, any number of them, in bounded memory: a full buffer is sorted and goes to a
 * temporary file as a run; runs are merged while they are read back. What fits into one buffer never leaves memory.
 *
 * A record begins with its int64_t key and has a multiple of 8 bytes. Records of equal key are ordered by `compare`;
 * where that says 0 (or is NULL), by the order in which they were added.
 */
#ifndef IMPORTERS_SORTER_H
#define IMPORTERS_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct sorter;

typedef int sorter_compare(const void *a, const void *b);

/* `beside`: path of the trace that is being made. Memory: buffer_bytes, and 32 bytes a record of it while sorting. */
enum status sorter_create(const char *beside, size_t record_bytes, size_t buffer_bytes, sorter_compare *compare,
                          struct sorter **out);
void sorter_destroy(struct sorter *self); /* harmless with NULL */

/* *record = room for one more record, to be filled before the next call. */
enum status sorter_add(struct sorter *self, void **record);

/* Once, after the last record. */
enum status sorter_sort(struct sorter *self);

/* The next record in order, valid until the next call; NULL after the last. */
enum status sorter_next(struct sorter *self, const void **record);

int64_t sorter_count(const struct sorter *self);

#endif
