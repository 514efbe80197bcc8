/*
 * Writes the rows of an imported trace. Pass `rows` writes a chunk's (step, op, kernel, conversion and the definitions
 * they need); the rest is written through the functions here. Everything is written by one thread at a time.
 *
 * What repeats from step to step is found again by its hash, so that a step adds only numbers and times. The memory for
 * that is bounded: when it is full, it begins anew, and definitions are written once more.
 */
#ifndef IMPORTERS_PASSES_ROWS_H
#define IMPORTERS_PASSES_ROWS_H

#include <stdint.h>

#include "base/status.h"

struct rows;

/* Texts and numbers of table run, as far as a profiler tells them. */
enum run_text {
    RUN_SOURCE,
    RUN_COMMAND_LINE,
    RUN_MODEL,
    RUN_DEVICE,
    RUN_DEVICE_NAME,
    RUN_LIBRARY_VERSIONS,
    RUN_MEMORY_FORMAT,
    RUN_AUTOCAST_DTYPE,
    RUN_TEXTS
};
enum run_number { RUN_BATCH_SIZE, RUN_THREADS, RUN_RANK, RUN_WORLD_SIZE, RUN_STARTED_UNIX_NS, RUN_NUMBERS };

struct rows_run {
    const char *text[RUN_TEXTS]; /* NULL = unknown */
    int64_t number[RUN_NUMBERS]; /* -1 = unknown */
};

/* Begins a trace beside `path`; rows_finish gives it that name (profiler/trace_draft.h). */
enum status rows_create(const char *path, struct rows **out);
enum status rows_finish(struct rows *rows); /* it is gone afterwards, also after a failure */
void rows_abandon(struct rows *rows);       /* harmless with NULL */

/* Numbers count from 0: of the process, of the module. */
enum status rows_run(struct rows *rows, int process, const struct rows_run *run);
enum status rows_module(struct rows *rows, int number, int parent, const char *path, const char *class_name);
enum status rows_note(struct rows *rows, const char *text);

#endif
