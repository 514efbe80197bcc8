/*
 * The observer that writes a trace. Threads that run steps put fixed-size events into rings; one writer thread drains
 * them into SQLite, a transaction per finished step. No allocation, no SQL, no lock on the hot path; a full ring makes
 * its producer wait (counted, reported in table `note`), so no event is ever dropped.
 */
#ifndef PROFILER_RECORDER_H
#define PROFILER_RECORDER_H

#include "kernels/observer.h"
#include "profiler/activity.h"
#include "profiler/trace.h"

struct recorder;

/* Facts of the run for table `run`. NULL and -1 become SQL NULL. Strings are borrowed during the call. */
struct run_info {
    const char *source, *command_line, *model, *device, *device_name, *policy, *memory_format, *autocast_dtype;
    const char *library_versions;
    int64_t batch_size, threads, rank, world_size;
    int64_t warmup_steps; /* the first so many steps are warm-up by the user's word; -1 = not said */
};

/* Makes the trace file and starts the writer thread. */
enum status recorder_create(const char *path, const struct run_info *run, struct recorder **out);

/* The table of functions to hand to whoever runs steps. Lives as long as the recorder. */
const struct observer *recorder_observer(struct recorder *recorder);

/*
 * From now on `source` tells what the device did, which is drained at each step's end: whoever tells step_end has waited
 * for the device. It stops behind that many steps (0: recorder_finish stops it). Once, before the first launch. When the source can't be opened, *reason says why (borrowed; NULL when all
 * is well), a note says it in the trace, and launches are recorded without kernels: operators keep their host times,
 * conversions have no duration.
 */
enum status recorder_watch(struct recorder *recorder, const struct activity_source *source, int64_t steps, const char **reason);

/* One row of table policy_rule / note. Before or between steps. */
enum status recorder_policy_rule(struct recorder *recorder, const char *op_name, const char *rule, int breaks,
                                 const char *evidence, const char *source);
enum status recorder_note(struct recorder *recorder, const char *text);

/*
 * Waits for the writer, finishes the trace (trace_finish) and frees. Returns the first failure of the writer (a full
 * disk: every committed step is kept, the line says which is the last).
 */
enum status recorder_finish(struct recorder *recorder);

#endif
