/*
 * The result of one query, held in memory: for results of at most some thousand rows. Cells are found by column name;
 * asking for a column that the query does not have is a programming error and aborts with its name.
 */
#ifndef REPORTS_TABLE_H
#define REPORTS_TABLE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/strbuf.h"

struct cell {
    int type;        /* SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_NULL; blobs are held as text x'...' */
    sqlite3_int64 integer;
    double number;   /* NAN unless INTEGER or FLOAT */
    char *text;      /* NULL when NULL; else what SQLite makes of the value, owned by the table */
};

struct table {
    size_t columns, rows;
    char **names;        /* [columns] */
    struct cell *cells;  /* [rows][columns] */
};

/* Runs one SELECT to its end. The table is released and empty on failure. */
enum status table_load(struct table *table, sqlite3 *db, const char *sql);
void table_release(struct table *table);

/* Number of the column, -1 when there is none. */
int table_column(const struct table *table, const char *column);

const struct cell *table_cell(const struct table *table, size_t row, const char *column);
double table_number(const struct table *table, size_t row, const char *column);    /* NAN for NULL and text */
const char *table_text(const struct table *table, size_t row, const char *column); /* NULL for NULL */

/* table_text, with `otherwise` for NULL and for the empty text. */
const char *table_text_or(const struct table *table, size_t row, const char *column, const char *otherwise);
bool table_is(const struct table *table, size_t row, const char *column, const char *text);

/*
 * Text of the statement's column, NULL for NULL: blobs as x'00ff', a NUL byte inside a text as U+FFFD. Stands until the
 * next step or the next use of `scratch`; table_column_text gives a copy, to be freed.
 */
const char *table_column_read(sqlite3_stmt *statement, int column, struct strbuf *scratch);
char *table_column_text(sqlite3_stmt *statement, int column);

#endif
