/* Watching what a device ran, while `train` records. */
#ifndef COMMANDS_TRAIN_DEVICE_H
#define COMMANDS_TRAIN_DEVICE_H

#include "kernels/backend.h"
#include "profiler/recorder.h"

/*
 * For a back end whose device has a clock of its own: loads the plugin that tells of its kernels and gives it to the recorder, for so
 * many steps (0: all).
 * Where that can't be, one line on stderr says why, a note says it in the trace, and recording goes on with host times.
 */
enum status train_watch_device(struct recorder *recorder, const struct backend *backend, int64_t steps);

#endif
