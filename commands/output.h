/* Where a command's result goes: standard output, or a file that stands under its name only when it is whole. */
#ifndef COMMANDS_OUTPUT_H
#define COMMANDS_OUTPUT_H

#include <stdio.h>

#include "base/status.h"

/*
 * Calls `write(what, stream)` with the stream of `path`; NULL and "-" are standard output. An old file is replaced at the
 * end, or stays as it was: also when a signal ends the process. A clprof trace is never replaced (USAGE). Fails with
 * what `write` fails, and IO when what was written didn't arrive.
 */
enum status output_write(const char *path, enum status (*write)(void *what, FILE *out), void *what);

#endif
