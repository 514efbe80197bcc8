/*
 * Reads other profilers' files into a trace.
 *
 * To add a format: a folder importers/<name>/ with `const struct importer importer_<name>`, a row in importers.def, a
 * fuzz target and seeds in tests/fuzz, a case in tests/importers. sniff looks at the first bytes only.
 */
#ifndef IMPORTERS_IMPORTER_H
#define IMPORTERS_IMPORTER_H

#include <stdbool.h>
#include <stddef.h>

#include "importers/job.h"

struct importer {
    const char *name;  /* "kineto": run.source */
    const char *what;  /* "PyTorch profiler (Kineto) JSON, plain or .gz" */
    bool beside;       /* no trace by itself: tells more of the operators of the trace before it (or of the first one) */
    /* True when a file of this format begins with these (inflated) bytes. */
    bool (*sniff)(const char *head, size_t length);
    /*
     * Reads one file into the job (job_process first). Fails (CORRUPT, IO, UNSUPPORTED) with a line that names file and
     * byte offset, and what to do. A truncated tail is no failure: what is whole is read, and a note says where it ends.
     */
    enum status (*read)(struct job *job, const char *path);
};

/* Sniffs each file, reads all into one trace at `out` (several: the ranks of one job). Warnings go to table note. */
enum status import_files(const char *const *paths, int count, const char *out);

/* The importer that takes the file. Fails (UNSUPPORTED) naming the formats there are and what the file looks like. */
enum status import_sniff(const char *path, const struct importer **out);

#endif
