/* `clprof query`: runs SELECTs under the guard, hands their rows to a format's writer, and says where an SQL error is. */
#include "reports/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "reports/guard.h"
#include "reports/query_writers.h"
#include "reports/section.h"

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
static enum status fail_sql(sqlite3 *db, const char *sql, const char *from, struct guard *guard)
{
    enum status status;
    struct strbuf message, hint;
    int offset = error_offset(db, from), line = 1, column = 1;

    if (guard->refused != NULL)
        return FAIL(UNSUPPORTED, "%s is refused: a query only reads the trace; write SELECT", guard->refused);
    strbuf_init(&message);
    strbuf_init(&hint);
    utf8_printable(&message, sqlite3_errmsg(db));
    guard_remove(db, guard); /* the list of tables is read without it */
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
static int print_statement(sqlite3_stmt *statement, const struct query_writer *writer, FILE *out)
{
    int code;

    if (sqlite3_column_count(statement) == 0)
        return sqlite3_step(statement);
    void *state = writer->begin(out, statement);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && !ferror(out))
        writer->row(state, statement);
    writer->end(state, code == SQLITE_DONE);
    return code;
}

/* Is there more than blanks and comments in the rest of a script? What does not compile is more. */
static bool another_follows(sqlite3 *db, const char *rest)
{
    sqlite3_stmt *statement = NULL;

    while (*rest != '\0') {
        if (sqlite3_prepare_v2(db, rest, -1, &statement, &rest) != SQLITE_OK)
            return true;
        sqlite3_finalize(statement);
        if (statement != NULL)
            return true;
    }
    return false;
}

static const struct query_writer *const writers[] = {
    [QUERY_TEXT] = &query_text, [QUERY_CSV] = &query_csv, [QUERY_JSON] = &query_json};

enum status report_query(sqlite3 *db, const char *sql, enum query_format format, FILE *out)
{
    const struct query_writer *writer = writers[format];
    enum status status = STATUS_OK;
    const char *from = sql, *rest = sql;
    sqlite3_stmt *statement = NULL;
    struct guard guard;
    int printed = 0;

    guard_install(db, &guard);
    for (; status == STATUS_OK && *from != '\0'; from = rest) {
        int code = sqlite3_prepare_v2(db, from, -1, &statement, &rest);

        if (code == SQLITE_OK && statement == NULL)
            continue; /* blanks or a comment */
        if (code == SQLITE_OK && !sqlite3_stmt_readonly(statement)) {
            guard.refused = guard.refused != NULL ? guard.refused : "this statement";
        } else if (code == SQLITE_OK && !writer->several && another_follows(db, rest)) {
            status = FAIL(USAGE, "csv and json hold the result of one statement; give only one, or take --format text");
        } else if (code == SQLITE_OK) {
            fputs(printed++ > 0 ? "\n" : "", out);
            code = print_statement(statement, writer, out);
        }
        if (status == STATUS_OK &&
            (guard.refused != NULL || (code != SQLITE_DONE && code != SQLITE_OK && code != SQLITE_ROW)))
            status = fail_sql(db, sql, from, &guard);
        sqlite3_finalize(statement);
    }
    guard_remove(db, &guard);
    if (status == STATUS_OK && (fflush(out) != 0 || ferror(out)))
        status = FAIL(IO, "cannot write the result: %s", strerror(errno));
    return status;
}

enum status report_named_query(sqlite3 *db, const char *name, enum query_format format, FILE *out)
{
    enum section section = section_find(name);
    const char *names[SECTION_COUNT];
    struct strbuf near;
    enum status status;

    if (section < SECTION_COUNT)
        return report_query(db, section_sql(section), format, out);
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
