/* Puts together what clprof's agent recorded in a training job (`clprof run`). */
#ifndef IMPORTERS_TORCH_TORCH_H
#define IMPORTERS_TORCH_TORCH_H

#include "importers/torch/agent_files.h"

/*
 * The trace of a job whose agent left its files in `folder`, and which `left` says holds recorded steps: each rank's
 * recorded, timed and undisturbed steps, as run.source "run". `ended` is a line on how the command ended when that is
 * worth a note, else NULL. Fails with IO, CORRUPT.
 */
enum status import_torch_job(const char *folder, const struct agent_left *left, const char *command_line,
                             const char *ended, const char *out);

#endif
