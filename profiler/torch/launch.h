/*
 * Runs somebody else's training script with clprof's agent in reach: a private folder with the agent's Python files goes
 * first on PYTHONPATH, and takes what the agent records. The script keeps its arguments, streams, signals and exit code.
 */
#ifndef PROFILER_TORCH_LAUNCH_H
#define PROFILER_TORCH_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct launch {
    char *folder;   /* private, beside other temporary files; NULL before launch_prepare */
    int exit_code;  /* the command's own; 128 + signal when one ended it */
    int signal;     /* that ended it, 0 = none */
};

/* Makes the folder (in $TMPDIR, else /tmp) with the agent in it. Fails with IO. */
enum status launch_prepare(struct launch *launch);

/*
 * Runs argv (NULL-terminated, argv[0] looked up in PATH) to its end. The window is `warmup` steps untouched, then `active`
 * profiled ones. Signals sent to this process alone are passed on; those of the terminal reach the command anyway.
 * Fails (NOT_FOUND, IO) only when the command can't be started.
 */
enum status launch_run(struct launch *launch, char *const *argv, int64_t warmup, int64_t active);

/* True when the agent left a file of this name in the folder. */
bool launch_left(const struct launch *launch, const char *name);

/* An argument of a Python command that shuts the agent out ("-I"), NULL when there is none. Borrowed from argv. */
const char *launch_isolated(char *const *argv);

/* Removes the folder and all in it; harmless before launch_prepare. */
void launch_release(struct launch *launch);

#endif
