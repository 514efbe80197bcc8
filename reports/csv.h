/*
 * CSV after RFC 4180: fields quoted where they have to be, valid UTF-8, nothing for NULL. A text that a spreadsheet would
 * take for a formula (it begins with = + - @, a tab or a line break, or with the full-width forms of those signs) gets a
 * single quote in front. Numbers are written as they are.
 */
#ifndef REPORTS_CSV_H
#define REPORTS_CSV_H

#include <stdio.h>

#include "reports/table.h"

void csv_text(FILE *out, const char *text);
void csv_cell(FILE *out, const struct cell *cell);

/* One value of the statement's row; `scratch` as of table_column_read. */
void csv_column(FILE *out, sqlite3_stmt *statement, int column, struct strbuf *scratch);

/* A line of the statement's column names, of its row's values. */
void csv_names(FILE *out, sqlite3_stmt *statement);
void csv_row(FILE *out, sqlite3_stmt *statement, struct strbuf *scratch);

#endif
