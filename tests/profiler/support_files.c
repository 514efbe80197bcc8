/* Shared by the tests of traces as files; see support_files.h. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support_files.h"
#include "support_trace.h"

#define NOBODY 65534

void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

void overwrite(const char *path, long offset, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, offset, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}

int64_t size_of(const char *path, const char *suffix)
{
    struct stat facts;
    char name[700];

    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &facts) == 0 ? facts.st_size : -1;
}

void make_trace(const char *path, int steps)
{
    struct recorder *recorder = start_recorder(path);
    struct small_model model;

    declare_small_model(recorder_observer(recorder), &model);
    for (int i = 0; i < steps; i++)
        run_small_step(recorder_observer(recorder), &model, i, (int64_t)i * STEP_LENGTH_NS);
    ck_assert_msg(recorder_finish(recorder) == STATUS_OK, "%s", status_message());
}

void make_left_behind(const char *path)
{
    pid_t child = fork();
    sqlite3 *db;
    int how;

    if (child == 0) {
        if (trace_create(path, &db) == STATUS_OK &&
            trace_exec(db, "INSERT INTO run (source) VALUES ('train');"
                           "INSERT INTO step (run_id, step_index, start_ns, dur_ns) VALUES (1, 0, 5, 6)") == STATUS_OK)
            raise(SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    ck_assert_int_gt(size_of(path, "-wal"), 0);
}

void expect_open_fails(const char *path, int writable, enum status expected, const char *words)
{
    sqlite3 *db = (sqlite3 *)1;
    enum status status = trace_open(path, writable, &db);

    ck_assert_msg(status == expected, "%s: %s", status_name(status), status_message());
    ck_assert_ptr_null(db);
    ck_assert_msg(strstr(status_message(), path) != NULL, "no path in: %s", status_message());
    ck_assert_msg(strstr(status_message(), words) != NULL, "no '%s' in: %s", words, status_message());
    ck_assert_ptr_null(strchr(status_message(), '\n'));
}

void expect_create_fails(const char *path, const char *words)
{
    sqlite3 *db = (sqlite3 *)1;
    enum status status = trace_create(path, &db);

    ck_assert_msg(status == STATUS_IO, "%s: %s", status_name(status), status_message());
    ck_assert_ptr_null(db);
    ck_assert_msg(strstr(status_message(), path) != NULL, "no path in: %s", status_message());
    ck_assert_msg(strstr(status_message(), words) != NULL, "no '%s' in: %s", words, status_message());
}

void as_nobody(void (*body)(const char *), const char *path)
{
    pid_t child = fork();
    int how;

    if (child == 0) {
        if (geteuid() == 0 && setuid(NOBODY) != 0)
            _exit(99);
        body(path); /* a failed assertion ends the child with a signal or a code */
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "the child failed: %d", how);
}

void close_folder(const char *path, mode_t mode)
{
    char folder[600];

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    ck_assert_int_eq(chmod(folder, mode), 0);
}
