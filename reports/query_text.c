/*
 * Aligned tables. Column widths come from the first rows, which are held back; the rest streams. Cells are never cut: a
 * column that is too narrow for a cell counts as wide for that row.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "reports/query_writers.h"
#include "reports/table.h"
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

static void widen(struct text_column *column, int type, const char *text)
{
    struct strbuf safe;
    int width;

    strbuf_init(&safe);
    utf8_printable(&safe, text == NULL ? "NULL" : text);
    width = (int)utf8_width(safe.text);
    width = width > WIDEST ? WIDEST : width;
    column->width = width > column->width ? width : column->width;
    column->right |= type == SQLITE_INTEGER || type == SQLITE_FLOAT;
    strbuf_release(&safe);
}

static void *printer_begin(FILE *out, sqlite3_stmt *statement)
{
    struct printer *printer = malloc(sizeof *printer);

    if (printer == NULL)
        abort();
    *printer = (struct printer){.out = out, .columns = sqlite3_column_count(statement)};
    printer->column = calloc((size_t)printer->columns, sizeof *printer->column);
    printer->held = calloc((size_t)printer->columns * HELD_ROWS, sizeof *printer->held);
    if (printer->column == NULL || printer->held == NULL)
        abort();
    for (int i = 0; i < printer->columns; i++) {
        printer->column[i].title = sqlite3_column_name(statement, i);
        widen(&printer->column[i], SQLITE_TEXT, printer->column[i].title);
    }
    return printer;
}

static void print_cells(struct printer *printer, char **cells)
{
    struct text_column *row = malloc((size_t)printer->columns * sizeof *row);

    if (row == NULL)
        abort();
    memcpy(row, printer->column, (size_t)printer->columns * sizeof *row);
    for (int i = 0; i < printer->columns; i++) {
        struct strbuf safe;

        strbuf_init(&safe);
        utf8_printable(&safe, cells[i] == NULL ? "" : cells[i]);
        if ((int)utf8_width(safe.text) > row[i].width)
            row[i].width = (int)utf8_width(safe.text);
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

static void printer_row(void *state, sqlite3_stmt *statement)
{
    struct printer *printer = state;
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

static void printer_end(void *state, bool whole)
{
    struct printer *printer = state;

    if (!printer->streaming && whole)
        printer_settle(printer);
    for (int i = 0; i < HELD_ROWS * printer->columns; i++)
        free(printer->held[i]);
    free(printer->held);
    free(printer->column);
    free(printer);
}

const struct query_writer query_text = {printer_begin, printer_row, printer_end, true};

