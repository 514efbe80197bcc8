/* The injection's files: environment before, import afterwards. */
#include "commands/run_cupti.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/plugin_path.h"
#include "importers/importer.h"
#include "profiler/trace.h"

enum status run_cupti_prepare(const char *folder)
{
    struct strbuf path;

    strbuf_init(&path);
    if (!plugin_path("clprof_inject.so", &path)) {
        strbuf_release(&path);
        return FAIL(UNSUPPORTED, "this build has no clprof_inject.so beside the program; build clprof where the CUDA toolkit is");
    }
    setenv("CUDA_INJECTION64_PATH", path.text, 1);
    setenv("CLPROF_CUPTI_FOLDER", folder, 1);
    strbuf_release(&path);
    return STATUS_OK;
}

/* The files of one kind; none is no failure. */
static void find_files(const char *folder, const char *ending, glob_t *files)
{
    struct strbuf pattern;

    strbuf_init(&pattern);
    strbuf_printf(&pattern, "%s/cupti.*.%s", folder, ending);
    memset(files, 0, sizeof *files);
    if (glob(pattern.text, 0, NULL, files) != 0)
        files->gl_pathc = 0;
    strbuf_release(&pattern);
}

static enum status read_notes(const char *folder, struct strbuf *said)
{
    enum status status = STATUS_OK;
    glob_t files;

    find_files(folder, "notes", &files);
    for (size_t i = 0; i < files.gl_pathc && status == STATUS_OK; i++)
        status = file_read(files.gl_pathv[i], said);
    globfree(&files);
    return status;
}

static enum status add_note(sqlite3 *db, const char *text)
{
    sqlite3_stmt *row = NULL;
    int more;
    enum status status;

    TRY_OUT(trace_prepare(db, "INSERT INTO note (text) VALUES (?1)", &row));
    trace_bind_text(row, 1, text);
    TRY_OUT(trace_step(row, &more));
out:
    sqlite3_finalize(row);
    return status;
}

static enum status add_notes(sqlite3 *db, const char *lines, const char *ended)
{
    char *copy = strdup(lines), *rest = NULL;
    enum status status = copy ? STATUS_OK : FAIL(NO_MEMORY, "no memory for the notes of a trace");

    for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line && status == STATUS_OK; line = strtok_r(NULL, "\n", &rest))
        status = add_note(db, line);
    free(copy);
    if (status == STATUS_OK && ended)
        status = add_note(db, ended);
    return status;
}

/* What the file can't know. */
static enum status describe(const char *output, const char *command_line, const char *said, const char *ended)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    int more;
    enum status status;

    TRY_OUT(trace_open(output, 1, &db));
    TRY_OUT(trace_prepare(db, "UPDATE run SET source = 'cupti', command_line = ?1", &row));
    trace_bind_text(row, 1, command_line);
    TRY_OUT(trace_step(row, &more));
    TRY_OUT(add_notes(db, said, ended));
out:
    sqlite3_finalize(row);
    trace_close(db);
    return status;
}

/* Processes that ran nothing on a device leave an empty list. */
static bool has_records(const char *path)
{
    char head[256] = "";
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    head[fread(head, 1, sizeof head - 1, file)] = '\0';
    fclose(file);
    return strstr(head, "\"cat\":") != NULL;
}

enum status run_cupti_import(const char *folder, const char *command_line, const char *ended, const char *output, bool *found,
                             struct strbuf *said)
{
    enum status status;
    glob_t files;
    size_t count = 0;

    find_files(folder, "json", &files);
    TRY_OUT(read_notes(folder, said));
    for (size_t i = 0; i < files.gl_pathc; i++) { /* those with records come first */
        char *path = files.gl_pathv[i];
        if (!has_records(path))
            continue;
        files.gl_pathv[i] = files.gl_pathv[count];
        files.gl_pathv[count++] = path;
    }
    *found = count > 0;
    if (!*found)
        goto out;
    TRY_OUT(import_files((const char *const *)files.gl_pathv, (int)count, output));
    TRY_OUT(describe(output, command_line, said->text, ended));
out:
    globfree(&files);
    return status;
}
