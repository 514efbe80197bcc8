/*
 * An exported Nsight Systems database, seen through what its schema really has. Tables come into being only when something
 * was recorded and columns came with the years, so both are asked for, never assumed; what is missing reads as NULL. SQL is put
 * together from names of the lists in this folder alone, never from names found in the file.
 */
#ifndef IMPORTERS_NSYS_DATABASE_H
#define IMPORTERS_NSYS_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define NSYS_COLUMNS 12
#define NSYS_ANY_PROCESS INT64_MIN
/* Ids of threads and processes: the lowest 24 bits are the thread's, the next 24 the process's, above them machine and VM. */
#define NSYS_THREAD_BITS 24

/* A table of which rows are read: the first `required` columns must be there, the others may be missing. */
struct nsys_table {
    const char *name;
    int required;
    const char *column[NSYS_COLUMNS + 1]; /* NULL-terminated */
    const char *process;                  /* its column with a global thread or process id; NULL = none */
};

struct nsys_database {
    sqlite3 *db;
    const char *path;     /* borrowed */
    sqlite3_stmt *string; /* value of an id in StringIds; NULL without that table */
};

/*
 * Opens read-only, as a file that nobody changes. Fails (CORRUPT, IO, UNSUPPORTED) naming the path: cut short (says how
 * many bytes are missing), damaged, a clprof trace, no Nsight Systems database.
 */
enum status nsys_open(struct nsys_database *self, const char *path);
void nsys_close(struct nsys_database *self);

/* True when the file has this table (a real one: no view, no virtual table) with its required columns. */
enum status nsys_has(struct nsys_database *self, const struct nsys_table *table, bool *has);

/* The first required column that a table of the file lacks, so that its rows can't be read; NULL = none, or no such table. */
enum status nsys_lacks(struct nsys_database *self, const struct nsys_table *table, const char **column);

/*
 * Rows of a table in the order of the file: its columns by position, NULL where the file has none. `process`: only rows of that
 * process (global id shifted by NSYS_THREAD_BITS), or NSYS_ANY_PROCESS; `orphans`: rows without a process too. *out is NULL
 * when nsys_has would say no.
 */
enum status nsys_rows(struct nsys_database *self, const struct nsys_table *table, int64_t process, bool orphans,
                      sqlite3_stmt **out);

/* Each process of a table once, as a number (global id >> NSYS_THREAD_BITS). NULL when the table or its column is not there. */
enum status nsys_processes(struct nsys_database *self, const struct nsys_table *table, sqlite3_stmt **out);

/* Steps; a failure names the table and says what SQLite said. */
enum status nsys_step(struct nsys_database *self, const struct nsys_table *table, sqlite3_stmt *rows, bool *row);

/* The string of an id, NULL when there is none or it is empty; good until the next call. */
enum status nsys_string(struct nsys_database *self, int64_t id, const char **text, int *length);

/* Text of a column up to its first NUL, over-long ones cut; NULL for none and for empty. Good until the next step. */
const char *nsys_text(sqlite3_stmt *rows, int column, int *length);

/* -1 for NULL. */
int64_t nsys_number(sqlite3_stmt *rows, int column);

#endif
