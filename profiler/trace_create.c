/* Making a trace and finishing it: the two moments at which files appear, are replaced, or go. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "profiler/trace_int.h"

static void remove_neighbour(const char *path, const char *suffix)
{
    struct strbuf name;

    strbuf_init(&name);
    strbuf_printf(&name, "%s%s", path, suffix);
    unlink(name.text);
    strbuf_release(&name);
}

/*
 * An older trace's -wal and -shm must go before a new file gets its name, or SQLite would play the old log into the new
 * trace. But a process that still records there would remove *our* log when it ends: leaving WAL mode proves it alone.
 */
static enum status release_older(const char *path)
{
    sqlite3 *db = NULL;
    /* Without CREATE: where only the log is left, this fails and the log goes. */
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    sqlite3_close(db);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return FAIL(IO, "%s: another process is recording or reading it; wait for it, or choose another name with -o",
                    path);
    remove_neighbour(path, "-wal");
    remove_neighbour(path, "-shm");
    remove_neighbour(path, "-journal");
    return STATUS_OK;
}

enum status trace_target(const char *path, char **out)
{
    char *real = realpath(path, NULL);

    *out = real ? real : strdup(path);
    return *out ? STATUS_OK : FAIL(NO_MEMORY, "%s: out of memory", path);
}

/* Something already has the name: only a trace may go. */
enum status trace_replace_check(const char *path)
{
    struct trace_header header;
    struct stat facts;

    if (lstat(path, &facts) != 0 && errno == ENOENT)
        return STATUS_OK;
    if (trace_header_read(path, &header) != STATUS_OK || !header.is_sqlite ||
        header.application_id != TRACE_APPLICATION_ID)
        return FAIL(
            IO,
            "%s: exists and is not a clprof trace, so it is not replaced; choose another name with -o, or remove it",
            path);
    return access(path, W_OK) == 0
               ? STATUS_OK
               : FAIL(IO, "%s: is read-only, so it is not replaced; choose another name with -o", path);
}

/* A finished file with nothing in it, under the temporary name. */
enum status trace_build_empty(const char *path, const char *temporary)
{
    char identity[96];
    enum status status = STATUS_OK;
    sqlite3 *db = NULL;

    unlink(temporary);
    if (sqlite3_open_v2(temporary, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) {
        int error = db ? sqlite3_system_errno(db) : ENOMEM;
        status = FAIL(IO, "%s: cannot be made: %s; choose another place with -o", path, strerror(error ? error : EIO));
        goto out;
    }
    snprintf(identity, sizeof identity, "PRAGMA application_id=%d; PRAGMA user_version=%d;", TRACE_APPLICATION_ID,
             TRACE_FORMAT_VERSION);
    TRY_OUT(trace_exec(db, "PRAGMA synchronous=OFF; BEGIN"));
    TRY_OUT(trace_exec(db, identity));
    TRY_OUT(trace_exec(db, trace_sql("schema.sql")));
    TRY_OUT(trace_exec(db, trace_sql("views.sql")));
    TRY_OUT(trace_exec(db, "COMMIT"));
out:
    sqlite3_close(db);
    return status;
}

enum status trace_put_in_place(const char *path, const char *temporary)
{
    TRY(release_older(path));
    if (rename(temporary, path) != 0)
        return FAIL(IO, "%s: cannot be put in place: %s; choose another name with -o", path, strerror(errno));
    return STATUS_OK;
}

/*
 * WAL: readers while it grows, and a killed process loses only its open step. NORMAL: no fsync per step (a power cut
 * may lose steps, never damage). 16384 pages: the log is folded in every 64 MB, hundreds of steps apart.
 */
static enum status begin_recording(const char *path, sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    enum status status;
    int row;

    sqlite3_busy_timeout(db, 5000);
    TRY_OUT(trace_prepare(db, "PRAGMA journal_mode=WAL", &statement));
    TRY_OUT(trace_step(statement, &row));
    if (!row || strcmp((const char *)sqlite3_column_text(statement, 0), "wal") != 0) {
        status =
            FAIL(IO, "%s: its file system cannot hold a growing trace (no shared memory); choose a local disk with -o",
                 path);
        goto out;
    }
    sqlite3_finalize(statement);
    statement = NULL;
    /* The read makes the log and takes the lock that tells others that this trace is in use. */
    status = trace_exec(db, "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=16384; SELECT count(*) FROM run");
out:
    sqlite3_finalize(statement);
    return status;
}

enum status trace_create(const char *path, sqlite3 **out)
{
    struct strbuf temporary;
    enum status status = STATUS_OK;
    sqlite3 *db = NULL;
    char *target = NULL;

    *out = NULL;
    strbuf_init(&temporary);
    TRY_OUT(trace_target(path, &target));
    strbuf_printf(&temporary, "%s.%d.tmp", target, (int)getpid());
    TRY_OUT(trace_replace_check(target));
    TRY_OUT(trace_build_empty(path, temporary.text));
    TRY_OUT(trace_put_in_place(target, temporary.text));
    if (sqlite3_open_v2(target, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        status = trace_failure(db, NULL);
        goto out;
    }
    TRY_OUT(begin_recording(path, db));
    *out = db;
    db = NULL;
out:
    sqlite3_close(db);
    if (temporary.length > 0) {
        unlink(temporary.text);
        remove_neighbour(temporary.text, "-journal");
    }
    strbuf_release(&temporary);
    free(target);
    return status;
}

enum status trace_finish(sqlite3 *db)
{
    enum status status;

    TRY_OUT(trace_exec(db, trace_sql("indexes.sql")));
    TRY_OUT(trace_exec(db, "ANALYZE"));
    TRY_OUT(trace_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)"));
    /* A reader holds the log open: nothing is lost, the last connection to close folds it in. */
    if (sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK) {
        if (sqlite3_errcode(db) != SQLITE_BUSY && sqlite3_errcode(db) != SQLITE_LOCKED)
            status = trace_failure(db, "PRAGMA journal_mode=DELETE");
        else
            log_warn("profiler", "%s: another process reads it; its -wal file goes when that ends",
                     sqlite3_db_filename(db, "main"));
    }
out:
    trace_close(db);
    return status;
}
