/* Opening a trace: everything that can be wrong with the file is found here and said in one line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "profiler/trace_int.h"

#define HEADER_BYTES 100 /* of an SQLite file; offsets below are those of its file format */

static uint32_t big_endian(const unsigned char *bytes, int count)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void header_parse(const unsigned char *bytes, struct trace_header *header)
{
    uint32_t page_bytes = big_endian(bytes + 16, 2);

    if (page_bytes == 1)
        page_bytes = 65536;
    header->is_sqlite = memcmp(bytes, "SQLite format 3", 16) == 0;
    header->is_wal = bytes[18] == 2;
    header->application_id = big_endian(bytes + 68, 4);
    /* The page count counts only when it was written together with the change counter. */
    if (header->is_sqlite && big_endian(bytes + 24, 4) == big_endian(bytes + 92, 4))
        header->told_bytes = (int64_t)page_bytes * big_endian(bytes + 28, 4);
}

enum status trace_header_read(const char *path, struct trace_header *header)
{
    unsigned char bytes[HEADER_BYTES] = {0};
    struct stat facts;
    ssize_t got;
    int file;

    *header = (struct trace_header){0};
    if (stat(path, &facts) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return FAIL(NOT_FOUND, "%s: no such trace; `clprof train MODEL -o %s` makes one", path, path);
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return FAIL(IO, "%s: cannot be read: %s", path, strerror(errno));
    if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(file);
        return FAIL(CORRUPT, "%s: is a %s, not a trace; name the trace's file", path,
                    S_ISDIR(facts.st_mode) ? "folder" : "device or pipe");
    }
    got = read(file, bytes, sizeof bytes);
    close(file);
    if (got < 0)
        return FAIL(IO, "%s: cannot be read: %s", path, strerror(errno));
    if (got == 0)
        return FAIL(CORRUPT, "%s: is empty, not a trace; record it again", path);
    header->file_bytes = facts.st_size;
    header_parse(bytes, header);
    return STATUS_OK;
}

int64_t trace_neighbour_bytes(const char *path, const char *suffix)
{
    struct strbuf name;
    struct stat facts;
    int64_t bytes = -1;

    strbuf_init(&name);
    strbuf_printf(&name, "%s%s", path, suffix);
    if (stat(name.text, &facts) == 0)
        bytes = facts.st_size;
    strbuf_release(&name);
    return bytes;
}

/* What the first page tells. `has_wal`: pages may still be on their way from the log, so sizes prove nothing. */
static enum status header_check(const char *path, const struct trace_header *header, bool has_wal)
{
    if (!header->is_sqlite)
        return FAIL(CORRUPT,
                    "%s: is not a trace (no SQLite file); name a file that clprof wrote", path);
    if (header->application_id != TRACE_APPLICATION_ID)
        return FAIL(CORRUPT,
                    "%s: is an SQLite database, but not a clprof trace; name a file that clprof wrote",
                    path);
    if (!has_wal && header->file_bytes < header->told_bytes)
        return FAIL(CORRUPT, "%s: is cut short, %lld of %lld bytes are there; copy it again or record it again", path,
                    (long long)header->file_bytes, (long long)header->told_bytes);
    return STATUS_OK;
}

/* A writable open that SQLite would quietly turn into a read-only one, or let fail at the first write. */
static enum status writable_check(const char *path)
{
    char *copy, *slash;
    enum status status = STATUS_OK;

    if (access(path, W_OK) != 0)
        return FAIL(IO, "%s: cannot be written: %s; copy it to a place where you may write", path, strerror(errno));
    copy = strdup(path);
    if (!copy)
        return FAIL(NO_MEMORY, "%s: out of memory", path);
    slash = strrchr(copy, '/');
    if (slash)
        slash[slash == copy] = '\0';
    if (access(slash ? copy : ".", W_OK) != 0)
        status = FAIL(
            IO, "%s: its folder cannot be written (%s), and SQLite needs a journal there; copy the trace elsewhere",
            path, strerror(errno));
    free(copy);
    return status;
}

/* "file:" URI that tells SQLite that nobody changes the file, so that it wants no -wal and -shm beside it. */
static void append_immutable_uri(struct strbuf *uri, const char *path)
{
    strbuf_append(uri, "file:");
    for (; *path; path++) {
        if (strchr("?#% ", *path))
            strbuf_printf(uri, "%%%02X", (unsigned char)*path);
        else
            strbuf_append_bytes(uri, path, 1);
    }
    strbuf_append(uri, "?immutable=1");
}

/* Pages and rows as SQLite finds them, then the tables; what is wrong goes to the log, what to do to the user. */
static enum status damage_check(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    enum status status;
    int64_t tables = 0;
    int row = 0;

    TRY_OUT(trace_prepare(db, "PRAGMA quick_check(1)", &statement));
    TRY_OUT(trace_step(statement, &row));
    if (!row || strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0) {
        status =
            FAIL(CORRUPT, "%s", row ? (const char *)sqlite3_column_text(statement, 0) : "quick_check does not answer");
        goto out;
    }
    TRY_OUT(trace_number(
        db, "SELECT count(*) FROM sqlite_master WHERE name IN ('run', 'step', 'op_def', 'op', 'operators')", &tables));
    if (tables != 5)
        status = FAIL(CORRUPT, "tables are missing");
out:
    sqlite3_finalize(statement);
    return status;
}

static enum status content_check(sqlite3 *db, const char *path, bool writable)
{
    int64_t version;
    enum status status;

    TRY_OUT(trace_number(db, "PRAGMA user_version", &version));
    if (version > TRACE_FORMAT_VERSION)
        return FAIL(UNSUPPORTED, "%s: was written in trace format %lld, this clprof reads up to %d; use a newer clprof",
                    path, (long long)version, TRACE_FORMAT_VERSION);
    TRY_OUT(damage_check(db));
    if (version < TRACE_FORMAT_VERSION)
        status = trace_upgrade(db, version, writable);
out:
    if (status == STATUS_CORRUPT) {
        log_debug("profiler", "%s: %s", path, status_message());
        status = FAIL(CORRUPT, "%s: is damaged; `sqlite3 %s .recover` may save rows, else record it again", path, path);
    }
    return status;
}

/* Files come from anywhere: nothing in a schema may reach outside the database. */
static void harden(sqlite3 *db)
{
    sqlite3_busy_timeout(db, 5000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_exec(db, "PRAGMA cell_size_check=1", NULL, NULL, NULL);
}

/* A trace in WAL mode cannot be read where -wal and -shm can neither be found nor made, except as an unchanging file.
 */
static bool wants_immutable(const char *path, const struct trace_header *header)
{
    return header->is_wal && trace_neighbour_bytes(path, "-wal") <= 0 && trace_neighbour_bytes(path, "-shm") < 0;
}

static enum status open_checked(const char *path, const char *name, int flags, sqlite3 **out)
{
    enum status status = STATUS_OK;
    sqlite3 *db = NULL;

    /* One thread at a time uses a connection: its lock would be taken for every column of every row. */
    if (sqlite3_open_v2(name, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        status = FAIL(IO, "%s: cannot be opened: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
        goto out;
    }
    harden(db);
    TRY_OUT(content_check(db, path, flags & SQLITE_OPEN_READWRITE));
    *out = db;
    db = NULL;
out:
    sqlite3_close(db);
    return status;
}

/*
 * A process killed in mid-change of the file itself (at the end of recording) leaves a -journal: SQLite undoes the
 * change at the next open, but only with the right to write. Whether it worked shows in the open that follows.
 */
static void undo_unfinished_change(const char *path)
{
    sqlite3 *db = NULL;

    if (trace_neighbour_bytes(path, "-journal") <= 0)
        return;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        harden(db);
        sqlite3_exec(db, "PRAGMA user_version", NULL, NULL, NULL);
    }
    sqlite3_close(db);
}

enum status trace_open(const char *path, int writable, sqlite3 **out)
{
    struct trace_header header;
    struct strbuf uri;
    enum status status;
    int64_t wal_bytes = trace_neighbour_bytes(path, "-wal");

    *out = NULL;
    TRY(trace_header_read(path, &header));
    TRY(header_check(path, &header, wal_bytes > 0));
    if (writable) {
        TRY(writable_check(path));
        return open_checked(path, path, SQLITE_OPEN_READWRITE, out);
    }
    undo_unfinished_change(path);
    status = open_checked(path, path, SQLITE_OPEN_READONLY, out);
    if (status == STATUS_IO && wants_immutable(path, &header)) {
        strbuf_init(&uri);
        append_immutable_uri(&uri, path);
        status = open_checked(path, uri.text, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, out);
        strbuf_release(&uri);
    } else if (status == STATUS_IO && wal_bytes > 0) {
        log_debug("profiler", "%s", status_message());
        status =
            FAIL(IO, "%s: its last steps are in %s-wal, which can only be read from a writable folder; copy both there",
                 path, path);
    }
    return status;
}

void trace_close(sqlite3 *db)
{
    sqlite3_close_v2(db);
}
