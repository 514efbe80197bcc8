/* Shared by the tests of a job; see support_feed.h. */
#include "support_feed.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "profiler/check.h"
#include "profiler/trace.h"

static char folder[400];

const char *scratch_path(const char *name)
{
    static char path[512];

    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/clprof-importers-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
        ck_assert_ptr_nonnull(mkdtemp(folder));
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Calls for each file; returns how many there are. */
static int each_file(void (*call)(const char *path))
{
    DIR *entries = folder[0] ? opendir(folder) : NULL;
    struct dirent *entry;
    char path[800];
    int count = 0;

    while (entries && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (call)
            call(path);
        count++;
    }
    if (entries)
        closedir(entries);
    return count;
}

static void remove_file(const char *path)
{
    unlink(path);
}

int scratch_files(void)
{
    return each_file(NULL);
}

void scratch_clear(void)
{
    each_file(remove_file);
    if (folder[0])
        rmdir(folder);
    folder[0] = '\0';
}

void ok(enum status status)
{
    ck_assert_msg(status == STATUS_OK, "%s: %s", status_name(status), status_message());
}

void feed_begin(struct feed *feed, const char *path)
{
    *feed = (struct feed){.path = path};
    ok(job_create(path, &feed->job));
    feed_process(feed, -1, -1);
}

void feed_process(struct feed *feed, int64_t rank, int64_t world_size)
{
    const struct job_info info = {.source = "kineto", .device = "cuda", .batch_size = -1, .threads = -1, .started_unix_ns = -1};

    ok(job_process(feed->job, &info, rank, world_size));
    ok(job_thread(feed->job, 10, 1, &feed->main));
    ok(job_thread(feed->job, 10, 2, &feed->backward));
    ok(job_stream(feed->job, "cuda", 0, 7, &feed->stream));
}

sqlite3 *feed_end(struct feed *feed)
{
    sqlite3 *db = NULL;

    ok(job_finish(feed->job));
    ok(trace_open(feed->path, 0, &db));
    expect_sound(db);
    return db;
}

struct span plain_span(enum span_kind kind, int32_t lane, int64_t start, int64_t end)
{
    return (struct span){.start_ns = start * US, .dur_ns = (end - start) * US, .correlation = -1, .sequence = -1,
                         .record_id = -1, .bytes = -1, .kind = kind, .lane = lane, .signature = -1, .forward_thread = -1};
}

void feed_span(struct feed *feed, struct span span, const char *name)
{
    ok(job_word(feed->job, name, strlen(name), &span.name));
    span.order = feed->order++;
    ok(job_span(feed->job, &span));
}

void feed_range(struct feed *feed, int32_t lane, enum span_kind kind, const char *name, int64_t start, int64_t end)
{
    feed_span(feed, plain_span(kind, lane, start, end), name);
}

void feed_operator(struct feed *feed, int32_t lane, const char *name, int64_t start, int64_t end)
{
    feed_range(feed, lane, SPAN_OPERATOR, name, start, end);
}

void feed_step(struct feed *feed, int32_t lane, int64_t index, int64_t start, int64_t end)
{
    struct span span = plain_span(SPAN_STEP, lane, start, end);

    span.sequence = index;
    feed_span(feed, span, "ProfilerStep");
}

void feed_launch(struct feed *feed, int32_t lane, int64_t correlation, int64_t start, int64_t end)
{
    struct span span = plain_span(SPAN_LAUNCH, lane, start, end);

    span.correlation = correlation;
    feed_span(feed, span, "cudaLaunchKernel");
}

void feed_kernel(struct feed *feed, const char *name, int64_t correlation, int64_t start, int64_t end)
{
    struct span span = plain_span(SPAN_KERNEL, feed->stream, start, end);

    span.correlation = correlation;
    feed_span(feed, span, name);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    return statement;
}

int64_t query_int(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = prepare(db, sql);
    int64_t value;

    ck_assert_msg(sqlite3_step(statement) == SQLITE_ROW, "%s: no row", sql);
    value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

const char *query_rows(sqlite3 *db, const char *sql)
{
    static char text[8192];
    sqlite3_stmt *statement = prepare(db, sql);
    struct strbuf rows;

    strbuf_init(&rows);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int column = 0; column < sqlite3_column_count(statement); column++) {
            const unsigned char *value = sqlite3_column_text(statement, column);
            strbuf_printf(&rows, "%s%s", column ? "|" : "", value ? (const char *)value : "-");
        }
        strbuf_append(&rows, "\n");
    }
    sqlite3_finalize(statement);
    snprintf(text, sizeof text, "%s", rows.text);
    strbuf_release(&rows);
    return text;
}

void expect_sound(sqlite3 *db)
{
    struct strbuf report;
    int64_t broken;

    ck_assert_str_eq(query_rows(db, "PRAGMA integrity_check"), "ok\n");
    strbuf_init(&report);
    ok(trace_check(db, &report, &broken));
    ck_assert_msg(broken == 0, "%lld broken rows:\n%s", (long long)broken, report.text);
    strbuf_release(&report);
}
