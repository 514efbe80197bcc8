/* Measurements of operators in other memory formats, into a finished trace: tables format_measurement and measured_op. */
#ifndef PROFILER_MEASUREMENTS_H
#define PROFILER_MEASUREMENTS_H

#include <stdbool.h>

#include "profiler/trace.h"

struct measurements {
    sqlite3 *db;
    sqlite3_stmt *time, *op;
};

/* What one repetition of one variant took. */
struct format_time {
    int64_t measurement_id;
    const char *variant; /* "as_run", "channels_last", "contiguous", "blocked" */
    int repetition;
    int64_t dur_ns, library_ns, kernel_ns; /* the whole; of it library conversions of activations, and kernels that convert nothing */
};

/* Opens the trace for writing, in one transaction that measurements_end commits (keep) or rolls back. */
enum status measurements_begin(struct measurements *measurements, const char *path);
enum status measurements_time(struct measurements *measurements, const struct format_time *time);

/* The operator that declare_op gave this number has that measurement. */
enum status measurements_op(struct measurements *measurements, int op, int64_t measurement_id);
enum status measurements_note(struct measurements *measurements, const char *text);
enum status measurements_end(struct measurements *measurements, bool keep);

#endif
