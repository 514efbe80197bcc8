/* Opening, asking the schema, reading rows, strings by number. Every statement here reads; each name in it is one of ours. */
#include "importers/nsys/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "profiler/trace.h"

#define LONGEST_VALUE (16 << 20)  /* bytes of one text or row; demangled kernel names have some ten thousand */
#define LONGEST_NAME (64 << 10)   /* what is kept of a name */
#define HEADER_BYTES 100

static enum status failure(const struct nsys_database *self, const char *what)
{
    int code = sqlite3_errcode(self->db) & 0xff;
    const char *said = sqlite3_errmsg(self->db);

    if (code == SQLITE_NOMEM)
        return FAIL(NO_MEMORY, "%s: no memory to read %s", self->path, what);
    if (code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_FULL)
        return FAIL(IO, "%s: %s can't be read: %s", self->path, what, said);
    return FAIL(CORRUPT, "%s: %s can't be read, SQLite says: %s; export the report again (nsys export --type=sqlite)",
                self->path, what, said);
}

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* What https://sqlite.org/fileformat2.html says of the first 100 bytes: who it is, and how long it ought to be. */
static enum status check_header(const char *path)
{
    unsigned char head[HEADER_BYTES];
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (!file)
        return FAIL(IO, "%s: can't be opened: %m", path);
    size_t have = fread(head, 1, sizeof head, file);
    int failed = fstat(fileno(file), &about);
    fclose(file);
    if (have >= 2 && head[0] == 0x1f && head[1] == 0x8b)
        return FAIL(UNSUPPORTED, "%s: a database is read where it lies; unpack it first: gunzip -k %s", path, path);
    if (failed || have < sizeof head)
        return FAIL(CORRUPT, "%s: only %zu bytes of a SQLite database are there; copy or export it again", path, have);

    int64_t page = head[16] << 8 | head[17];
    int64_t wanted = (int64_t)big_endian(head + 28) * (page == 1 ? 65536 : page);
    if (big_endian(head + 68) == TRACE_APPLICATION_ID)
        return FAIL(UNSUPPORTED, "%s: this is a clprof trace already; look at it with: clprof report %s", path, path);
    /* The size in the header holds only when it was written with the last change. */
    if (big_endian(head + 24) == big_endian(head + 92) && about.st_size < wanted)
        return FAIL(CORRUPT, "%s: cut off at byte %lld of %lld; copy or export it again", path, (long long)about.st_size,
                    (long long)wanted);
    return STATUS_OK;
}

/* The characters that end a path in a URI, and the escape itself. */
static void append_uri(struct strbuf *uri, const char *path)
{
    strbuf_append(uri, "file:");
    for (; *path; path++) {
        if (strchr("%?#", *path))
            strbuf_printf(uri, "%%%02X", (unsigned char)*path);
        else
            strbuf_append_bytes(uri, path, 1);
    }
    strbuf_append(uri, "?mode=ro&immutable=1");
}

static enum status open_read_only(struct nsys_database *self)
{
    struct strbuf uri;
    strbuf_init(&uri);
    append_uri(&uri, self->path);
    int code = sqlite3_open_v2(uri.text, &self->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    strbuf_release(&uri);
    if (!self->db)
        return FAIL(NO_MEMORY, "%s: no memory to open it", self->path);
    if (code != SQLITE_OK)
        return failure(self, "the database");
    sqlite3_limit(self->db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
    sqlite3_db_config(self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(self->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    if (sqlite3_exec(self->db, "PRAGMA cell_size_check=ON; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL))
        return failure(self, "the database");
    return STATUS_OK;
}

static enum status prepare(struct nsys_database *self, const char *sql, const char *what, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(self->db, sql, -1, out, NULL) == SQLITE_OK ? STATUS_OK : failure(self, what);
}

/* A view could compute for ever, a virtual table run code; neither has a page of its own. */
static enum status is_table(struct nsys_database *self, const char *name, bool *is)
{
    sqlite3_stmt *ask = NULL;
    enum status status = prepare(
        self, "SELECT 1 FROM sqlite_master WHERE name = ?1 COLLATE NOCASE AND type = 'table' AND rootpage > 0", name, &ask);
    *is = false;
    if (status == STATUS_OK) {
        sqlite3_bind_text(ask, 1, name, -1, SQLITE_STATIC);
        int code = sqlite3_step(ask);
        *is = code == SQLITE_ROW;
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            status = failure(self, name);
    }
    sqlite3_finalize(ask);
    return status;
}

/* Which of the table's columns the file has, as bits by position. Generated columns do not count: they compute. */
static enum status probe(struct nsys_database *self, const struct nsys_table *table, unsigned *has)
{
    sqlite3_stmt *ask = NULL;
    bool is;
    enum status status;
    int code;

    *has = 0;
    TRY_OUT(is_table(self, table->name, &is));
    if (!is)
        return STATUS_OK;
    TRY_OUT(prepare(self, "SELECT name FROM pragma_table_info(?1)", table->name, &ask));
    sqlite3_bind_text(ask, 1, table->name, -1, SQLITE_STATIC);
    while ((code = sqlite3_step(ask)) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(ask, 0);
        for (int i = 0; column && table->column[i]; i++)
            *has |= sqlite3_stricmp(column, table->column[i]) == 0 ? 1u << i : 0;
    }
    if (code != SQLITE_DONE)
        status = failure(self, table->name);
out:
    sqlite3_finalize(ask);
    return status;
}

static bool has_required(const struct nsys_table *table, unsigned has)
{
    unsigned required = (1u << table->required) - 1;
    return (has & required) == required && has;
}

enum status nsys_has(struct nsys_database *self, const struct nsys_table *table, bool *has)
{
    unsigned columns;
    TRY(probe(self, table, &columns));
    *has = has_required(table, columns);
    return STATUS_OK;
}

enum status nsys_lacks(struct nsys_database *self, const struct nsys_table *table, const char **column)
{
    unsigned columns;
    *column = NULL;
    TRY(probe(self, table, &columns));
    for (int i = table->required - 1; columns && i >= 0; i--) {
        if (!(columns & 1u << i))
            *column = table->column[i];
    }
    return STATUS_OK;
}

static int position_of(const struct nsys_table *table, const char *column)
{
    int i = 0;
    while (table->column[i] && strcmp(table->column[i], column) != 0)
        i++;
    return i;
}

static void append_filter(struct strbuf *sql, const char *column, bool orphans)
{
    strbuf_printf(sql, " WHERE \"%s\" >> %d = ?1", column, NSYS_THREAD_BITS);
    if (orphans)
        strbuf_printf(sql, " OR \"%s\" IS NULL", column);
}

enum status nsys_rows(struct nsys_database *self, const struct nsys_table *table, int64_t process, bool orphans,
                      sqlite3_stmt **out)
{
    unsigned has;
    struct strbuf sql;
    *out = NULL;
    TRY(probe(self, table, &has));
    bool filter = process != NSYS_ANY_PROCESS;
    bool can_filter = table->process && has & 1u << position_of(table, table->process);
    if (!has_required(table, has) || (filter && !can_filter && !orphans))
        return STATUS_OK;

    strbuf_init(&sql);
    strbuf_append(&sql, "SELECT ");
    for (int i = 0; table->column[i]; i++)
        strbuf_printf(&sql, "%s%s%s%s", i ? ", " : "", has & 1u << i ? "\"" : "", has & 1u << i ? table->column[i] : "NULL",
                      has & 1u << i ? "\"" : "");
    strbuf_printf(&sql, " FROM main.\"%s\"", table->name);
    if (filter && can_filter)
        append_filter(&sql, table->process, orphans);
    enum status status = prepare(self, sql.text, table->name, out);
    strbuf_release(&sql);
    if (status == STATUS_OK && filter && can_filter)
        sqlite3_bind_int64(*out, 1, process);
    return status;
}

enum status nsys_processes(struct nsys_database *self, const struct nsys_table *table, sqlite3_stmt **out)
{
    unsigned has;
    struct strbuf sql;
    *out = NULL;
    TRY(probe(self, table, &has));
    if (!has_required(table, has) || !table->process || !(has & 1u << position_of(table, table->process)))
        return STATUS_OK;
    strbuf_init(&sql);
    strbuf_printf(&sql, "SELECT DISTINCT \"%s\" >> %d FROM main.\"%s\" WHERE \"%s\" IS NOT NULL", table->process,
                  NSYS_THREAD_BITS, table->name, table->process);
    enum status status = prepare(self, sql.text, table->name, out);
    strbuf_release(&sql);
    return status;
}

enum status nsys_step(struct nsys_database *self, const struct nsys_table *table, sqlite3_stmt *rows, bool *row)
{
    int code = sqlite3_step(rows);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : failure(self, table->name);
}

int64_t nsys_number(sqlite3_stmt *rows, int column)
{
    return sqlite3_column_type(rows, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(rows, column);
}

const char *nsys_text(sqlite3_stmt *rows, int column, int *length)
{
    if (sqlite3_column_type(rows, column) == SQLITE_NULL)
        return NULL;
    const char *text = (const char *)sqlite3_column_text(rows, column);
    int bytes = sqlite3_column_bytes(rows, column);
    *length = text ? (int)strnlen(text, (size_t)(bytes < LONGEST_NAME ? bytes : LONGEST_NAME)) : 0;
    return *length > 0 ? text : NULL;
}

/*
 * StringIds is found by its id, which is its key in every export. A file that someone made smaller may have lost the key; then a
 * temporary table gets one.
 */
static const struct nsys_table strings = {"StringIds", 2, {"id", "value"}, NULL};

static enum status has_key(struct nsys_database *self, bool *has)
{
    sqlite3_stmt *ask = NULL;
    TRY(prepare(self, "SELECT 1 FROM pragma_table_info('StringIds') WHERE pk = 1 AND lower(name) = 'id' AND upper(type) = 'INTEGER'",
                strings.name, &ask));
    *has = sqlite3_step(ask) == SQLITE_ROW;
    sqlite3_finalize(ask);
    return STATUS_OK;
}

static enum status open_strings(struct nsys_database *self)
{
    bool has, key;
    TRY(nsys_has(self, &strings, &has));
    if (!has)
        return STATUS_OK;
    TRY(has_key(self, &key));
    if (key)
        return prepare(self, "SELECT value FROM main.StringIds WHERE id = ?1", strings.name, &self->string);
    if (sqlite3_exec(self->db,
                     "CREATE TEMP TABLE strings(id INTEGER PRIMARY KEY, value);"
                     "INSERT OR IGNORE INTO temp.strings SELECT id, value FROM main.StringIds WHERE typeof(id) = 'integer'",
                     NULL, NULL, NULL) != SQLITE_OK)
        return failure(self, strings.name);
    return prepare(self, "SELECT value FROM temp.strings WHERE id = ?1", strings.name, &self->string);
}

enum status nsys_string(struct nsys_database *self, int64_t id, const char **text, int *length)
{
    *text = NULL;
    if (!self->string)
        return STATUS_OK;
    sqlite3_reset(self->string);
    sqlite3_bind_int64(self->string, 1, id);
    int code = sqlite3_step(self->string);
    if (code == SQLITE_ROW)
        *text = nsys_text(self->string, 0, length);
    return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : failure(self, strings.name);
}

enum status nsys_open(struct nsys_database *self, const char *path)
{
    *self = (struct nsys_database){.path = path};
    TRY(check_header(path));
    enum status status = open_read_only(self);
    if (status == STATUS_OK)
        status = open_strings(self);
    if (status != STATUS_OK)
        nsys_close(self);
    return status;
}

void nsys_close(struct nsys_database *self)
{
    sqlite3_finalize(self->string);
    sqlite3_close(self->db);
    self->string = NULL;
    self->db = NULL;
}
