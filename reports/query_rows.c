/* Results for programs: CSV and JSON, row by row. */
#include <stdlib.h>
#include <string.h>

#include "reports/csv.h"
#include "reports/json.h"
#include "reports/query_writers.h"

struct rows {
    FILE *out;
    struct strbuf scratch;
    struct json json;
    struct strbuf *keys; /* [columns] */
    int columns;
};

static struct rows *rows_create(FILE *out, sqlite3_stmt *statement)
{
    struct rows *rows = calloc(1, sizeof *rows);

    if (rows == NULL)
        abort();
    rows->out = out;
    rows->columns = sqlite3_column_count(statement);
    strbuf_init(&rows->scratch);
    return rows;
}

static void rows_destroy(struct rows *rows)
{
    for (int i = 0; rows->keys != NULL && i < rows->columns; i++)
        strbuf_release(&rows->keys[i]);
    free(rows->keys);
    strbuf_release(&rows->scratch);
    free(rows);
}

static void *csv_begin(FILE *out, sqlite3_stmt *statement)
{
    csv_names(out, statement);
    return rows_create(out, statement);
}

static void csv_put(void *state, sqlite3_stmt *statement)
{
    struct rows *rows = state;

    csv_row(rows->out, statement, &rows->scratch);
}

static void csv_end(void *state, bool whole)
{
    (void)whole;
    rows_destroy(state);
}

static bool key_is_taken(const struct rows *rows, int before, const char *key)
{
    for (int i = 0; i < before; i++)
        if (strcmp(rows->keys[i].text, key) == 0)
            return true;
    return false;
}

/* Keys of an object are told apart: a second column called x becomes x_2, unless there is one called so. */
static void name_keys(struct rows *rows, sqlite3_stmt *statement)
{
    rows->keys = calloc((size_t)rows->columns, sizeof *rows->keys);
    if (rows->keys == NULL)
        abort();
    for (int i = 0; i < rows->columns; i++) {
        const char *name = sqlite3_column_name(statement, i);

        strbuf_init(&rows->keys[i]);
        strbuf_append(&rows->keys[i], name);
        for (int number = 2; key_is_taken(rows, i, rows->keys[i].text); number++) {
            strbuf_clear(&rows->keys[i]);
            strbuf_printf(&rows->keys[i], "%s_%d", name, number);
        }
    }
}

static void *json_start(FILE *out, sqlite3_stmt *statement)
{
    struct rows *rows = rows_create(out, statement);

    name_keys(rows, statement);
    json_begin(&rows->json, out, 1, false);
    json_open_array(&rows->json, NULL);
    return rows;
}

static void put_value(struct rows *rows, sqlite3_stmt *statement, int column)
{
    const char *key = rows->keys[column].text;
    int type = sqlite3_column_type(statement, column);

    if (type == SQLITE_INTEGER)
        json_whole(&rows->json, key, sqlite3_column_int64(statement, column));
    else if (type == SQLITE_FLOAT)
        json_number(&rows->json, key, sqlite3_column_double(statement, column));
    else
        json_text(&rows->json, key, table_column_read(statement, column, &rows->scratch));
}

static void json_put(void *state, sqlite3_stmt *statement)
{
    struct rows *rows = state;

    json_open_object(&rows->json, NULL);
    for (int i = 0; i < rows->columns; i++)
        put_value(rows, statement, i);
    json_close_object(&rows->json);
}

static void json_end(void *state, bool whole)
{
    struct rows *rows = state;

    if (whole) {
        json_close_array(&rows->json);
        fputs("\n", rows->out);
    }
    rows_destroy(rows);
}

const struct query_writer query_csv = {csv_begin, csv_put, csv_end, false};
const struct query_writer query_json = {json_start, json_put, json_end, false};
