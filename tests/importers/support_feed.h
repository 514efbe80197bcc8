/*
 * What the tests of a job share: a scratch folder, spans told in a few words, and questions to the trace that came out. Times in
 * the tests are microseconds from an arbitrary start, so that numbers stay short.
 */
#ifndef TESTS_IMPORTERS_SUPPORT_FEED_H
#define TESTS_IMPORTERS_SUPPORT_FEED_H

#include <sqlite3.h>
#include <stdbool.h>

#include "importers/job.h"

#define US 1000 /* ns */

/* A path in a new folder of this process; removed by scratch_clear. */
const char *scratch_path(const char *name);
void scratch_clear(void);
int scratch_files(void); /* in the folder */

/* Stops the test with the status' message. */
void ok(enum status status);

/* A job being fed: one process at a time, numbers of what spans need. */
struct feed {
    struct job *job;
    const char *path;
    int32_t main, backward; /* host threads 1 and 2 of process 10 */
    int32_t stream;         /* "cuda", device 0, stream 7 */
    int32_t order;
};

void feed_begin(struct feed *feed, const char *path); /* job and first process */
void feed_process(struct feed *feed, int64_t rank, int64_t world_size);
sqlite3 *feed_end(struct feed *feed); /* finishes; a sound trace, opened */

/* Each adds a span [start, end) in US. */
void feed_operator(struct feed *feed, int32_t lane, const char *name, int64_t start, int64_t end);
void feed_step(struct feed *feed, int32_t lane, int64_t index, int64_t start, int64_t end);
void feed_range(struct feed *feed, int32_t lane, enum span_kind kind, const char *name, int64_t start, int64_t end);
void feed_launch(struct feed *feed, int32_t lane, int64_t correlation, int64_t start, int64_t end);
void feed_kernel(struct feed *feed, const char *name, int64_t correlation, int64_t start, int64_t end);
void feed_span(struct feed *feed, struct span span, const char *name);

/* A span with nothing told but its place. */
struct span plain_span(enum span_kind kind, int32_t lane, int64_t start, int64_t end);

/* First column of the first row; stops the test on an error or no row. */
int64_t query_int(sqlite3 *db, const char *sql);

/* All rows, columns by '|', rows by '\n'; NULL as "-". Valid until the next call. */
const char *query_rows(sqlite3 *db, const char *sql);

/* SQLite's integrity_check and every query of checks.sql. */
void expect_sound(sqlite3 *db);

#endif
