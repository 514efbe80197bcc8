/* An SQLite authorizer with a list of what is allowed: what a later SQLite may invent is refused. */
#include "reports/guard.h"

#include <stddef.h>
#include <string.h>

#define LONGEST_VALUE 100000000 /* bytes: zeroblob, printf and group_concat could ask for a GB each */

/* PRAGMAs that only tell; `bare` ones change something when given a value. */
static const struct {
    const char *name;
    int bare;
} pragmas[] = {
    {"table_info", 0},     {"table_xinfo", 0}, {"table_list", 0},   {"index_list", 0},     {"index_info", 0},
    {"index_xinfo", 0},    {"database_list", 1}, {"function_list", 1}, {"compile_options", 1}, {"application_id", 1},
    {"foreign_key_list", 0}, {"user_version", 1}, {"schema_version", 1}, {"page_count", 1},  {"page_size", 1},
    {"journal_mode", 1},   {"encoding", 1},
};

static int pragma_allowed(const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++)
        if (sqlite3_stricmp(pragmas[i].name, name) == 0)
            return !pragmas[i].bare || value == NULL;
    return 0;
}

/* Functions that load code or touch files; all but two are the shell's own, and would have to be loaded first. */
static int function_allowed(const char *name)
{
    static const char *const refused[] = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "fsdir"};

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (sqlite3_stricmp(refused[i], name) == 0)
            return 0;
    return 1;
}

static const char *refused_word(int action)
{
    static const struct {
        int action;
        const char *word;
    } words[] = {{SQLITE_ATTACH, "ATTACH"}, {SQLITE_DETACH, "DETACH"},           {SQLITE_PRAGMA, "this PRAGMA"},
                 {SQLITE_INSERT, "INSERT"}, {SQLITE_UPDATE, "UPDATE"},           {SQLITE_DELETE, "DELETE"},
                 {SQLITE_FUNCTION, "this function"}, {SQLITE_TRANSACTION, "a transaction"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].action == action)
            return words[i].word;
    return "this statement";
}

static int authorize(void *context, int action, const char *first, const char *second, const char *database,
                     const char *trigger)
{
    struct guard *guard = context;

    (void)database;
    (void)trigger;
    if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE)
        return SQLITE_OK;
    if (action == SQLITE_FUNCTION && function_allowed(second))
        return SQLITE_OK;
    if (action == SQLITE_PRAGMA && pragma_allowed(first, second))
        return SQLITE_OK;
    /* CREATE and DROP begin with a write to sqlite_master. */
    if (guard->refused == NULL)
        guard->refused = first != NULL && strncmp(first, "sqlite_", 7) == 0 ? "CREATE or DROP" : refused_word(action);
    return SQLITE_DENY;
}

/* A table-valued function declares its columns by a CREATE TABLE at first use: done here, before that is refused. */
static void connect_functions(sqlite3 *db)
{
    static const char *const statements[] = {
        "SELECT * FROM json_each('[]')", "SELECT * FROM json_tree('[]')", "SELECT * FROM pragma_table_info('run')",
        "SELECT * FROM pragma_table_xinfo('run')", "SELECT * FROM pragma_table_list",
        "SELECT * FROM pragma_index_list('run')", "SELECT * FROM pragma_index_info('run')"};

    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        sqlite3_stmt *statement = NULL;

        sqlite3_prepare_v2(db, statements[i], -1, &statement, NULL);
        sqlite3_finalize(statement);
    }
}

void guard_install(sqlite3 *db, struct guard *guard)
{
    connect_functions(db);
    *guard = (struct guard){.length_before = sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE),
                            .attached_before = sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0)};
    sqlite3_set_authorizer(db, authorize, guard);
}

void guard_remove(sqlite3 *db, struct guard *guard)
{
    sqlite3_set_authorizer(db, NULL, NULL);
    if (guard->length_before >= 0)
        sqlite3_limit(db, SQLITE_LIMIT_LENGTH, guard->length_before);
    if (guard->attached_before >= 0)
        sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, guard->attached_before);
    guard->length_before = guard->attached_before = -1;
}
