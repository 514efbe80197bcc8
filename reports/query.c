/*
 * `clprof query`: one or more SELECTs as aligned tables. Column widths come from the first rows, which are held back;
 * the rest streams, so that a query over a large trace needs no more memory than one over a small trace.
 */
#include "reports/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/strbuf.h"
#include "reports/guard.h"
#include "reports/section.h"
#include "reports/text.h"

#define HELD_ROWS 200
#define WIDEST 60 /* longer cells are written whole and push their row aside */

struct printer {
    FILE *out;
    int columns;
    struct text_column *column; /* [columns] */
    char **held;                /* [HELD_ROWS][columns], NULL = NULL */
    int rows;                   /* held */
    bool streaming;             /* widths are settled */
};

static void printer_init(struct printer *printer, FILE *out, sqlite3_stmt *statement)
{
    *printer = (struct printer){.out = out, .columns = sqlite3_column_count(statement)};
    printer->column = calloc((size_t)printer->columns, sizeof *printer->column);
    printer->held = calloc((size_t)printer->columns * HELD_ROWS, sizeof *printer->held);
    if (printer->column == NULL || printer->held == NULL)
        abort();
    for (int i = 0; i < printer->columns; i++) {
        printer->column[i].title = sqlite3_column_name(statement, i);
        printer->column[i].width = (int)text_width(printer->column[i].title);
    }
}

/* Titles, then one row; cells are never cut: a column that is too narrow for a cell counts as wide for that row. */
static void print_cells(struct printer *printer, char **cells)
{
    struct text_column *row = malloc((size_t)printer->columns * sizeof *row);

    if (row == NULL)
        abort();
    memcpy(row, printer->column, (size_t)printer->columns * sizeof *row);
    for (int i = 0; i < printer->columns; i++) {
        struct strbuf safe;

        strbuf_init(&safe);
        text_safe(&safe, cells[i] == NULL ? "" : cells[i]);
        if ((int)text_width(safe.text) > row[i].width)
            row[i].width = (int)text_width(safe.text);
        strbuf_release(&safe);
    }
    text_row(printer->out, row, (size_t)printer->columns, (const char *const *)cells);
    free(row);
}

/* Writes what is held; from then on rows stream. */
static void printer_settle(struct printer *printer)
{
    char **titles = calloc((size_t)printer->columns, sizeof *titles);

    if (titles == NULL)
        abort();
    for (int i = 0; i < printer->columns; i++)
        titles[i] = (char *)printer->column[i].title;
    print_cells(printer, titles);
    free(titles);
    for (int row = 0; row < printer->rows; row++)
        print_cells(printer, &printer->held[row * printer->columns]);
    for (int i = 0; i < printer->rows * printer->columns; i++) {
        free(printer->held[i]);
        printer->held[i] = NULL;
    }
    printer->rows = 0;
    printer->streaming = true;
}

static void widen(struct text_column *column, int type, const char *text)
{
    struct strbuf safe;
    int width;

    strbuf_init(&safe);
    text_safe(&safe, text == NULL ? "NULL" : text);
    width = (int)text_width(safe.text);
    width = width > WIDEST ? WIDEST : width;
    column->width = width > column->width ? width : column->width;
    column->right |= type == SQLITE_INTEGER || type == SQLITE_FLOAT;
    strbuf_release(&safe);
}

static void printer_row(struct printer *printer, sqlite3_stmt *statement)
{
    char **cells;

    if (!printer->streaming && printer->rows == HELD_ROWS)
        printer_settle(printer);
    cells = &printer->held[printer->streaming ? 0 : printer->rows * printer->columns];
    for (int i = 0; i < printer->columns; i++) {
        cells[i] = table_column_text(statement, i);
        if (!printer->streaming)
            widen(&printer->column[i], sqlite3_column_type(statement, i), cells[i]);
        if (cells[i] == NULL)
            cells[i] = strdup("NULL");
    }
    if (!printer->streaming) {
        printer->rows++;
        return;
    }
    print_cells(printer, cells);
    for (int i = 0; i < printer->columns; i++) {
        free(cells[i]);
        cells[i] = NULL;
    }
}

static void printer_release(struct printer *printer)
{
    for (int i = 0; i < HELD_ROWS * printer->columns; i++)
        free(printer->held[i]);
    free(printer->held);
    free(printer->column);
}

/* "; tables near that name: operators" for "no such table: operator". */
static void append_nearest_table(struct strbuf *out, sqlite3 *db, const char *message)
{
    static const char prefix[] = "no such table: ";
    const char *names[64];
    struct table tables;
    struct strbuf near;

    if (strncmp(message, prefix, sizeof prefix - 1) != 0 ||
        table_load(&tables, db, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') LIMIT 64") != STATUS_OK)
        return;
    strbuf_init(&near);
    for (size_t i = 0; i < tables.rows; i++)
        names[i] = table_text(&tables, i, "name");
    if (names_nearest(&near, message + sizeof prefix - 1, names, tables.rows, 3) > 0)
        strbuf_printf(out, "; near that: %s", near.text);
    else
        strbuf_append(out, "; the views are runs, steps, modules, operators, op_tensors, kernels, conversions, "
                           "round_trips, findings, verifications");
    strbuf_release(&near);
    table_release(&tables);
}

/* Where in the statement the error is, in bytes, -1 = unknown. SQLite does not say it for tables; their name does. */
static int error_offset(sqlite3 *db, const char *statement)
{
    static const char prefix[] = "no such table: ";
    const char *message = sqlite3_errmsg(db), *place;
    int offset = sqlite3_error_offset(db);

    if (offset >= 0 || strncmp(message, prefix, sizeof prefix - 1) != 0)
        return offset;
    place = strstr(statement, message + sizeof prefix - 1);
    return place == NULL ? -1 : (int)(place - statement);
}

/* The statement failed to compile or to run; `sql` is the whole script, `from` where the statement starts in it. */
static enum status fail_sql(sqlite3 *db, const char *sql, const char *from, const char *refused)
{
    enum status status;
    struct strbuf message, hint;
    int offset = error_offset(db, from), line = 1, column = 1;

    if (refused != NULL)
        return FAIL(UNSUPPORTED, "%s is refused: a query only reads the trace; write SELECT", refused);
    strbuf_init(&message);
    strbuf_init(&hint);
    text_safe(&message, sqlite3_errmsg(db));
    append_nearest_table(&hint, db, message.text);
    for (const char *at = sql; offset >= 0 && at < from + offset; at++) {
        column = *at == '\n' ? 1 : column + (((unsigned char)*at & 0xC0) != 0x80);
        line += *at == '\n';
    }
    if (offset >= 0)
        status = FAIL(DATABASE, "SQL error in line %d, column %d: %s%s", line, column, message.text, hint.text);
    else
        status = FAIL(DATABASE, "SQL error: %s%s", message.text, hint.text);
    strbuf_release(&hint);
    strbuf_release(&message);
    return status;
}

/* Runs one compiled statement to its end; returns SQLite's code. */
static int print_statement(sqlite3_stmt *statement, FILE *out)
{
    struct printer printer;
    int code;

    if (sqlite3_column_count(statement) == 0)
        return sqlite3_step(statement);
    printer_init(&printer, out, statement);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && !ferror(out))
        printer_row(&printer, statement);
    if (!printer.streaming && code == SQLITE_DONE)
        printer_settle(&printer);
    printer_release(&printer);
    return code;
}

enum status report_query(sqlite3 *db, const char *sql, FILE *out)
{
    enum status status = STATUS_OK;
    const char *from = sql, *rest = sql, *refused;
    sqlite3_stmt *statement = NULL;
    int printed = 0;

    guard_install(db, &refused);
    for (; status == STATUS_OK && *from != '\0'; from = rest) {
        int code = sqlite3_prepare_v2(db, from, -1, &statement, &rest);

        if (code == SQLITE_OK && statement == NULL)
            continue; /* blanks or a comment */
        if (code == SQLITE_OK && !sqlite3_stmt_readonly(statement))
            refused = refused != NULL ? refused : "this statement";
        else if (code == SQLITE_OK) {
            fputs(printed++ > 0 ? "\n" : "", out);
            code = print_statement(statement, out);
        }
        if (refused != NULL || (code != SQLITE_DONE && code != SQLITE_OK && code != SQLITE_ROW)) {
            guard_remove(db);
            status = fail_sql(db, sql, from, refused);
        }
        sqlite3_finalize(statement);
    }
    guard_remove(db);
    if (status == STATUS_OK && (fflush(out) != 0 || ferror(out)))
        status = FAIL(IO, "cannot write the result: %s", strerror(errno));
    return status;
}

enum status report_named_query(sqlite3 *db, const char *name, FILE *out)
{
    enum section section = section_find(name);
    const char *names[SECTION_COUNT];
    struct strbuf near;
    enum status status;

    if (section < SECTION_COUNT)
        return report_query(db, section_sql(section), out);
    for (int i = 0; i < SECTION_COUNT; i++)
        names[i] = section_name((enum section)i);
    strbuf_init(&near);
    if (names_nearest(&near, name, names, SECTION_COUNT, 3) > 0)
        status =
            FAIL(NOT_FOUND, "no query is named '%s'; near that: %s; clprof query --list shows all", name, near.text);
    else
        status = FAIL(NOT_FOUND, "no query is named '%s'; clprof query --list shows all", name);
    strbuf_release(&near);
    return status;
}

enum status report_list_queries(FILE *out)
{
    for (int i = 0; i < SECTION_COUNT; i++) {
        struct strbuf title;

        strbuf_init(&title);
        section_title(&title, (enum section)i);
        fprintf(out, "%-22s%s\n", section_name((enum section)i), title.text);
        strbuf_release(&title);
    }
    return fflush(out) == 0 && !ferror(out) ? STATUS_OK : FAIL(IO, "cannot write the list: %s", strerror(errno));
}
