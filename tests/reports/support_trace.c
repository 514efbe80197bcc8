/* See support_trace.h. */
#include "reports/support_trace.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "profiler/trace.h"

static const char numbers[] = "CREATE TEMP TABLE generated AS WITH RECURSIVE n(value) AS "
                              "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) SELECT value FROM n";

void trace_from_sql(const char *path, const char *sql)
{
    sqlite3 *db;

    ck_assert_msg(trace_create(path, &db) == STATUS_OK, "%s", status_message());
    ck_assert_msg(trace_exec(db, numbers) == STATUS_OK, "%s", status_message());
    ck_assert_msg(trace_exec(db, sql) == STATUS_OK, "%s", status_message());
    ck_assert_msg(trace_digest(db) == STATUS_OK, "%s", status_message());
    ck_assert_msg(trace_finish(db) == STATUS_OK, "%s", status_message());
}

static void test_file_path(char path[1024], const char *name)
{
    snprintf(path, 1024, "%s/tests/reports/%s", PROJECT_DIR, name);
}

void trace_from_script(const char *path, const char *script)
{
    char name[1024];
    struct strbuf sql;

    test_file_path(name, script);
    strbuf_init(&sql);
    ck_assert_msg(file_read(name, &sql) == STATUS_OK, "%s", status_message());
    trace_from_sql(path, sql.text);
    strbuf_release(&sql);
}

sqlite3 *trace_opened(const char *path)
{
    sqlite3 *db;

    ck_assert_msg(trace_open(path, 0, &db) == STATUS_OK, "%s", status_message());
    return db;
}

char *written(enum status (*write)(void *argument, FILE *out), void *argument, enum status *status)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    ck_assert_ptr_nonnull(out);
    *status = write(argument, out);
    fclose(out);
    return text;
}

char *expected_text(const char *name, const char *actual)
{
    char path[1024];
    struct strbuf text;

    test_file_path(path, name);
    if (getenv("REGENERATE") != NULL) {
        FILE *out = fopen(path, "wb");

        ck_assert_ptr_nonnull(out);
        fputs(actual, out);
        fclose(out);
    }
    strbuf_init(&text);
    ck_assert_msg(file_read(path, &text) == STATUS_OK, "%s", status_message());
    return strbuf_take(&text);
}
