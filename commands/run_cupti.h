/* `clprof run --cupti`: what the GPU ran for a command that is no PyTorch job, through CUPTI's injection. */
#ifndef COMMANDS_RUN_CUPTI_H
#define COMMANDS_RUN_CUPTI_H

#include <stdbool.h>

#include "base/status.h"
#include "base/strbuf.h"

/* Lets CUDA load the injection in the command and its children, which leave their files in `folder`. UNSUPPORTED without it. */
enum status run_cupti_prepare(const char *folder);

/*
 * Makes a trace of what the processes left; *found false when none left any records. `said` gets what they had to say, a line
 * each: why nothing is there, what is missing. ended: how the command ended, NULL = well.
 */
enum status run_cupti_import(const char *folder, const char *command_line, const char *ended, const char *output, bool *found,
                             struct strbuf *said);

#endif
