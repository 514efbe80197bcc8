/* What the parts of the Nsight Systems importer share while they read one file. */
#ifndef IMPORTERS_NSYS_READER_H
#define IMPORTERS_NSYS_READER_H

#include "base/strbuf.h"
#include "importers/job.h"
#include "importers/nsys/database.h"
#include "importers/nsys/steps.h"

/* The job's words by the file's string ids, so that each name is looked up once. */
struct names {
    int64_t *id;
    int32_t *word; /* -2 = free */
    int slots, count;
};

struct reader {
    struct nsys_database db;
    struct job *job;
    struct names names;
    int64_t process; /* global id >> NSYS_THREAD_BITS, or NSYS_ANY_PROCESS */
    bool orphans;    /* the only process: rows without one are its */
    struct steps steps;
    int32_t order;   /* of the next span */
    /* For the notes. */
    const struct nsys_table *lacking; /* the last table that was told to lack a column */
    int64_t rows, operators, graphs, before_capture, broken, open_ranges;
};

/* The job's word for a string of the file; `otherwise` where the file has none. */
enum status reader_word(struct reader *self, int64_t id, const char *otherwise, int32_t *word);

/* A span with nothing known but its kind and its times; *good is false (and the row counted) when the times are none. */
enum status reader_begin(struct reader *self, sqlite3_stmt *rows, enum span_kind kind, struct span *span, bool *good);

/* The host thread of a global id. */
enum status reader_thread(struct reader *self, int64_t global, int32_t *lane);

/* Runs `each` over the process's rows of a table; no table, no rows. */
enum status reader_table(struct reader *self, const struct nsys_table *table,
                         enum status (*each)(struct reader *self, sqlite3_stmt *rows));

/* Device work and the calls that launched it (activities.c), NVTX ranges (ranges.c) of the process at hand. */
enum status reader_activities(struct reader *self);
enum status reader_ranges(struct reader *self);

extern const struct nsys_table nsys_ranges;

/* The processes that worked on a device, in order; where none did, those with NVTX ranges; NSYS_ANY_PROCESS where unknown. */
#define NSYS_PROCESSES 1024
enum status reader_processes(struct reader *self, int64_t *process, int *count);

/* Facts of the recording, about.c. */
struct about {
    struct strbuf command_line, versions, device_name;
    int64_t started_unix_ns;
};
void reader_about(struct reader *self, struct about *about);
void about_release(struct about *about);

/* What people should know of the file: lost events, what was not recorded. Once, after everything else. */
enum status reader_notes(struct reader *self);

#endif
