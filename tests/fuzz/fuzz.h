/*
 * Fuzz targets: one per importer, each a file fuzz_<name>.c that hands its bytes to one of the bodies here. Built with
 * clang (preset fuzz) a target is a libFuzzer program; built with any other compiler, main.c replays files and mutates them.
 *
 * To add a target: a file fuzz_<name>.c, seeds in seeds/<name>/.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "importers/job.h"

/* The bytes as a file; the path is good until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* Where fuzz_import puts its trace. */
const char *fuzz_trace_path(void);

/*
 * Imports the bytes: `read` must either fail with a message, or give a trace that profiler/sql/checks.sql finds sound.
 * Aborts where it does neither, or leaves a file behind after a failure.
 */
void fuzz_import(const uint8_t *data, size_t size, enum status (*read)(struct job *job, const char *path));

/* Ends the program with a line unless `holds`. */
void fuzz_must(int holds, const char *what);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
