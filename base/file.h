/* Whole files in and out. Nothing half-written ever stands under a final name: output goes to a temporary neighbour. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "base/strbuf.h"

/* Reads a whole file into an initialised buffer. Fails (NOT_FOUND, IO) naming the path and the reason. */
enum status file_read(const char *path, struct strbuf *out);

/* A file being written; only file_commit gives it its final name. */
struct file_writer {
    FILE *stream;    /* write here */
    char *path;      /* final name */
    char *temporary; /* name while unfinished, in the same folder */
};

enum status file_create(struct file_writer *writer, const char *path);
/* Flushes, closes, renames. On failure the temporary is removed and any old file stays as it was. */
enum status file_commit(struct file_writer *writer);
/* Removes the temporary; harmless after commit or after a failed create. */
void file_abandon(struct file_writer *writer);

#endif
