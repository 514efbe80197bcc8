/* The CSV writer, see csv.h. */
#include "reports/csv.h"

#include <string.h>

#include "base/utf8.h"

static bool begins_formula(const char *text)
{
    static const uint32_t signs[] = {'=', '+', '-', '@', '\t', '\r', '\n', 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20};
    uint32_t code;

    utf8_decode(text, &code);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (code == signs[i])
            return true;
    return false;
}

/* Quoted where the text could be read as more than one field, or as none. */
static void put_field(FILE *out, const char *before, const char *text)
{
    bool quoted = *text == '\0' || strpbrk(text, ",\"\r\n") != NULL;

    fprintf(out, "%s%s", quoted ? "\"" : "", before);
    while (*text != '\0') {
        char bytes[4];
        uint32_t code;

        text += utf8_decode(text, &code);
        fputs(code == '"' ? "\"" : "", out);
        fwrite(bytes, 1, utf8_encode(code, bytes), out);
    }
    fputs(quoted ? "\"" : "", out);
}

void csv_text(FILE *out, const char *text)
{
    if (text != NULL)
        put_field(out, *text != '\0' && begins_formula(text) ? "'" : "", text);
}

void csv_cell(FILE *out, const struct cell *cell)
{
    if (cell->type == SQLITE_TEXT)
        csv_text(out, cell->text);
    else if (cell->text != NULL)
        fputs(cell->text, out);
}

void csv_column(FILE *out, sqlite3_stmt *statement, int column, struct strbuf *scratch)
{
    int type = sqlite3_column_type(statement, column); /* before its text is asked for, which may change it */
    const char *text = table_column_read(statement, column, scratch);

    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
        fputs(text, out);
    else
        csv_text(out, text);
}

void csv_names(FILE *out, sqlite3_stmt *statement)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        fputs(i == 0 ? "" : ",", out);
        csv_text(out, sqlite3_column_name(statement, i));
    }
    fputs("\r\n", out);
}

void csv_row(FILE *out, sqlite3_stmt *statement, struct strbuf *scratch)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        fputs(i == 0 ? "" : ",", out);
        csv_column(out, statement, i, scratch);
    }
    fputs("\r\n", out);
}
