/* Query results in memory, see table.h. */
#include "reports/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/trace.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, for a NUL byte, at which a text of C would end */

static void *memory_or_abort(void *memory)
{
    if (memory == NULL) {
        fputs("clprof: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static void append_blob(struct strbuf *out, const unsigned char *bytes, int count)
{
    strbuf_append(out, "x'");
    for (int i = 0; i < count; i++)
        strbuf_printf(out, "%02x", bytes[i]);
    strbuf_append(out, "'");
}

const char *table_column_read(sqlite3_stmt *statement, int column, struct strbuf *scratch)
{
    int type = sqlite3_column_type(statement, column);

    if (type == SQLITE_NULL)
        return NULL;
    strbuf_clear(scratch);
    if (type == SQLITE_BLOB) {
        const unsigned char *bytes = sqlite3_column_blob(statement, column);

        append_blob(scratch, bytes, sqlite3_column_bytes(statement, column));
        return scratch->text;
    }
    const char *text = memory_or_abort((char *)sqlite3_column_text(statement, column));
    const char *end = text + sqlite3_column_bytes(statement, column);

    if (memchr(text, '\0', (size_t)(end - text)) == NULL)
        return text;
    for (; text < end; text++)
        strbuf_append_bytes(scratch, *text == '\0' ? REPLACEMENT : text, *text == '\0' ? strlen(REPLACEMENT) : 1);
    return scratch->text;
}

char *table_column_text(sqlite3_stmt *statement, int column)
{
    struct strbuf scratch;

    strbuf_init(&scratch);
    const char *text = table_column_read(statement, column, &scratch);
    char *copy = text == NULL ? NULL : memory_or_abort(strdup(text));
    strbuf_release(&scratch);
    return copy;
}

static void cell_load(struct cell *cell, sqlite3_stmt *statement, int column)
{
    int type = sqlite3_column_type(statement, column);

    cell->type = type == SQLITE_BLOB ? SQLITE_TEXT : type;
    cell->number = NAN;
    cell->integer = 0;
    if (type == SQLITE_INTEGER)
        cell->integer = sqlite3_column_int64(statement, column);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
        cell->number = sqlite3_column_double(statement, column);
    cell->text = table_column_text(statement, column);
}

static void load_names(struct table *table, sqlite3_stmt *statement)
{
    table->columns = (size_t)sqlite3_column_count(statement);
    table->names = memory_or_abort(calloc(table->columns + 1, sizeof *table->names));
    for (size_t i = 0; i < table->columns; i++)
        table->names[i] = memory_or_abort(strdup(sqlite3_column_name(statement, (int)i)));
}

static enum status load_rows(struct table *table, sqlite3_stmt *statement)
{
    size_t room = 0;
    int row;

    for (;;) {
        TRY(trace_step(statement, &row));
        if (!row)
            return STATUS_OK;
        if (table->rows == room) {
            room = room == 0 ? 16 : room * 2;
            table->cells = memory_or_abort(realloc(table->cells, room * table->columns * sizeof *table->cells));
        }
        for (size_t i = 0; i < table->columns; i++)
            cell_load(&table->cells[table->rows * table->columns + i], statement, (int)i);
        table->rows++;
    }
}

enum status table_load(struct table *table, sqlite3 *db, const char *sql)
{
    enum status status;
    sqlite3_stmt *statement = NULL;

    *table = (struct table){0};
    TRY_OUT(trace_prepare(db, sql, &statement));
    load_names(table, statement);
    TRY_OUT(load_rows(table, statement));
out:
    sqlite3_finalize(statement);
    if (status != STATUS_OK)
        table_release(table);
    return status;
}

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->rows * table->columns; i++)
        free(table->cells[i].text);
    for (size_t i = 0; table->names != NULL && i < table->columns; i++)
        free(table->names[i]);
    free(table->cells);
    free(table->names);
    *table = (struct table){0};
}

int table_column(const struct table *table, const char *column)
{
    for (size_t i = 0; i < table->columns; i++)
        if (strcmp(table->names[i], column) == 0)
            return (int)i;
    return -1;
}

const struct cell *table_cell(const struct table *table, size_t row, const char *column)
{
    int at = table_column(table, column);

    if (at < 0 || row >= table->rows) {
        fprintf(stderr, "clprof: a report section has no column %s in row %zu of %zu\n", column, row, table->rows);
        abort();
    }
    return &table->cells[row * table->columns + (size_t)at];
}

double table_number(const struct table *table, size_t row, const char *column)
{
    return table_cell(table, row, column)->number;
}

const char *table_text(const struct table *table, size_t row, const char *column)
{
    return table_cell(table, row, column)->text;
}

const char *table_text_or(const struct table *table, size_t row, const char *column, const char *otherwise)
{
    const char *text = table_text(table, row, column);

    return text == NULL || *text == '\0' ? otherwise : text;
}

bool table_is(const struct table *table, size_t row, const char *column, const char *text)
{
    const char *have = table_text(table, row, column);

    return have != NULL && strcmp(have, text) == 0;
}
