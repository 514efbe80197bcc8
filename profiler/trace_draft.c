/* A trace under a temporary name: no journal and no syncs, since nothing reads it before it is whole. */
#include "profiler/trace_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "profiler/trace_int.h"

struct trace_draft {
    sqlite3 *db;
    char *target; /* the final name, behind links */
    char *temporary;
};

/*
 * 8 MB of pages: rows are only appended, so little more than the last page of each table is in use; building an index sorts
 * within as much. Cost of journal and syncs, and why not: docs of trace_create, which survives a kill; a draft needn't.
 */
static const char pragmas[] = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
                              "PRAGMA cache_size=-8192; BEGIN";

static enum status open_database(struct trace_draft *self)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

    if (sqlite3_open_v2(self->temporary, &self->db, flags, NULL) != SQLITE_OK)
        return trace_failure(self->db, NULL);
    return trace_exec(self->db, pragmas);
}

/* The final name behind links, and the temporary one. */
static enum status name_files(const char *path, char **target, char **temporary)
{
    struct strbuf name;

    TRY(trace_target(path, target));
    strbuf_init(&name);
    strbuf_printf(&name, "%s.%d.tmp", *target, (int)getpid());
    *temporary = strbuf_take(&name);
    return STATUS_OK;
}

enum status trace_draft_create(const char *path, struct trace_draft **out)
{
    struct trace_draft *self = calloc(1, sizeof *self);
    enum status status = STATUS_OK;

    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "%s: out of memory", path);
    TRY_OUT(name_files(path, &self->target, &self->temporary));
    TRY_OUT(trace_replace_check(self->target));
    TRY_OUT(trace_build_empty(path, self->temporary));
    TRY_OUT(open_database(self));
    *out = self;
    self = NULL;
out:
    trace_draft_abandon(self);
    return status;
}

sqlite3 *trace_draft_db(const struct trace_draft *draft)
{
    return draft->db;
}

enum status trace_draft_finish(struct trace_draft *draft)
{
    enum status status;
    int code;

    TRY_OUT(trace_exec(draft->db, trace_sql("indexes.sql")));
    TRY_OUT(trace_exec(draft->db, "COMMIT; PRAGMA analysis_limit=1000; ANALYZE"));
    code = sqlite3_close(draft->db);
    if (code != SQLITE_OK) {
        status = trace_failure(draft->db, NULL);
        goto out;
    }
    draft->db = NULL;
    TRY_OUT(trace_put_in_place(draft->target, draft->temporary));
out:
    trace_draft_abandon(draft);
    return status;
}

void trace_draft_abandon(struct trace_draft *draft)
{
    if (!draft)
        return;
    sqlite3_close_v2(draft->db);
    if (draft->temporary)
        unlink(draft->temporary);
    free(draft->target);
    free(draft->temporary);
    free(draft);
}

void trace_draft_remove(const char *path)
{
    char *target = NULL, *temporary = NULL;
    struct strbuf journal;

    if (name_files(path, &target, &temporary) == STATUS_OK) {
        strbuf_init(&journal);
        strbuf_printf(&journal, "%s-journal", temporary);
        unlink(temporary);
        unlink(journal.text);
        strbuf_release(&journal);
    }
    free(target);
    free(temporary);
}
