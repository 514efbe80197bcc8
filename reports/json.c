/* The JSON writer, see json.h. */
#include "reports/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void json_begin(struct json *json, FILE *out, int line_depth, bool in_html)
{
    *json = (struct json){.out = out, .line_depth = line_depth, .in_html = in_html};
}

static void quote_character(FILE *out, uint32_t code, bool in_html)
{
    static const char *const names[] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
    char bytes[4];

    if (code < sizeof names / sizeof *names && names[code] != NULL)
        fputs(names[code], out);
    else if (code < 0x20 || code == 0x7F || code == 0x2028 || code == 0x2029 ||
             (in_html && (code == '<' || code == '>' || code == '&')))
        fprintf(out, "\\u%04x", (unsigned)code);
    else
        fwrite(bytes, 1, utf8_encode(code, bytes), out);
}

/* How many bytes from here stand for themselves: most of any name, and written in one go. */
static size_t plain_bytes(const char *text, bool in_html)
{
    size_t count = 0;

    while (text[count] >= 0x20 && text[count] < 0x7F && text[count] != '"' && text[count] != '\\' &&
           !(in_html && (text[count] == '<' || text[count] == '>' || text[count] == '&')))
        count++;
    return count;
}

void json_quote(FILE *out, const char *text, bool in_html)
{
    fputc('"', out);
    while (*text != '\0') {
        size_t plain = plain_bytes(text, in_html);
        uint32_t code;

        fwrite(text, 1, plain, out);
        text += plain;
        if (*text != '\0') {
            text += utf8_decode(text, &code);
            quote_character(out, code, in_html);
        }
    }
    fputc('"', out);
}

void json_number_text(double value, char text[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

static void start_line(const struct json *json)
{
    if (json->depth <= json->line_depth)
        fprintf(json->out, "\n%*s", 2 * json->depth, "");
}

/* Comma, line break and key before any member. */
static void begin_member(struct json *json, const char *key)
{
    if (json->started)
        fputs(json->depth <= json->line_depth ? "," : ", ", json->out);
    if (json->depth > 0)
        start_line(json);
    json->started = true;
    if (key != NULL) {
        json_quote(json->out, key, json->in_html);
        fputs(": ", json->out);
    }
}

static void open_group(struct json *json, const char *key, char bracket)
{
    begin_member(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->started = false;
}

static void close_group(struct json *json, char bracket)
{
    bool had_members = json->started && json->depth <= json->line_depth;

    json->depth--;
    if (had_members)
        start_line(json);
    fputc(bracket, json->out);
    json->started = true;
}

void json_open_object(struct json *json, const char *key)
{
    open_group(json, key, '{');
}

void json_close_object(struct json *json)
{
    close_group(json, '}');
}

void json_open_array(struct json *json, const char *key)
{
    open_group(json, key, '[');
}

void json_close_array(struct json *json)
{
    close_group(json, ']');
}

void json_null(struct json *json, const char *key)
{
    begin_member(json, key);
    fputs("null", json->out);
}

void json_text(struct json *json, const char *key, const char *text)
{
    if (text == NULL) {
        json_null(json, key);
        return;
    }
    begin_member(json, key);
    json_quote(json->out, text, json->in_html);
}

void json_whole(struct json *json, const char *key, int64_t value)
{
    begin_member(json, key);
    fprintf(json->out, "%lld", (long long)value);
}

void json_number(struct json *json, const char *key, double value)
{
    char text[32];

    if (!isfinite(value)) {
        json_null(json, key);
        return;
    }
    json_number_text(value, text);
    begin_member(json, key);
    fputs(text, json->out);
}

void json_cell(struct json *json, const char *key, const struct cell *cell)
{
    if (cell->type == SQLITE_INTEGER)
        json_whole(json, key, cell->integer);
    else if (cell->type == SQLITE_FLOAT)
        json_number(json, key, cell->number);
    else
        json_text(json, key, cell->text);
}

void json_row(struct json *json, const struct table *table, size_t row, int first, int end)
{
    for (int i = first; i < end; i++)
        json_cell(json, table->names[i], &table->cells[row * table->columns + (size_t)i]);
}

void json_table(struct json *json, const char *key, const struct table *table)
{
    json_open_object(json, key);
    json_open_array(json, "columns");
    for (size_t i = 0; i < table->columns; i++)
        json_text(json, NULL, table->names[i]);
    json_close_array(json);
    json_open_array(json, "rows");
    for (size_t row = 0; row < table->rows; row++) {
        json_open_array(json, NULL);
        for (size_t i = 0; i < table->columns; i++)
            json_cell(json, NULL, &table->cells[row * table->columns + i]);
        json_close_array(json);
    }
    json_close_array(json);
    json_close_object(json);
}
