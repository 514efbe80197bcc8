/* What the tests of traces as files share: files of every kind, ways to damage them, expectations, a user without
 * rights. */
#ifndef TESTS_PROFILER_SUPPORT_FILES_H
#define TESTS_PROFILER_SUPPORT_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/status.h"

/* Stop the test when the file cannot be written. */
void write_file(const char *path, const char *text);
void overwrite(const char *path, long offset, const void *bytes, size_t count);

/* Bytes of `path` + `suffix` ("-wal"); -1 when there is no such file. */
int64_t size_of(const char *path, const char *suffix);

/* A finished trace of `steps` small steps. */
void make_trace(const char *path, int steps);

/* A trace whose process ended without closing it: one step row, only in -wal. */
void make_left_behind(const char *path);

/* The call fails with that status (IO for create), one line, which has the path and the words in it. */
void expect_open_fails(const char *path, int writable, enum status expected, const char *words);
void expect_create_fails(const char *path, const char *words);

/* Runs a check in a child without root's rights, for which read-only means read-only. */
void as_nobody(void (*body)(const char *), const char *path);

/* Sets the rights of the folder that `path` is in. */
void close_folder(const char *path, mode_t mode);

#endif
