/*
 * A job that is being imported into one trace. An importer interns what repeats, hands over spans in any order, and ends;
 * the job sorts them outside of memory, ties kernels to launches and launches to operators, cuts the time line into
 * steps, looks for layout conversions (passes.def) and writes the rows. Memory is bounded by the distinct words and
 * signatures and by one step, whatever the size of the file.
 *
 * Not thread-safe, except that job_words of one thread may not race with spans of another: feed a job from one thread.
 */
#ifndef IMPORTERS_JOB_H
#define IMPORTERS_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "importers/span.h"
#include "importers/tensors.h"

struct job;

/* Facts of the job that a format may tell. NULL and -1: not told. Borrowed during the call. */
struct job_info {
    const char *source;       /* run.source: "kineto", "nsys", "onednn_verbose", "run" */
    const char *command_line, *model, *device, *device_name, *library_versions;
    const char *memory_format;  /* of the model's parameters; run.memory_format */
    const char *autocast_dtype; /* "bfloat16" */
    int64_t batch_size, threads, started_unix_ns;
};

/* Makes the trace under a temporary name beside `path`; only job_finish gives it its final one. */
enum status job_create(const char *path, struct job **out);

/*
 * Begins the next process (rank) of the job: all that follows belongs to it, until the next call. rank -1: one process,
 * or not told. Correlations, sequence numbers and threads of different processes never meet.
 */
enum status job_process(struct job *job, const struct job_info *info, int64_t rank, int64_t world_size);

/* Changes facts of the process at hand that the format tells late (after its events); NULL and -1 leave what is there. */
enum status job_describe(struct job *job, const struct job_info *info);

/* The rank of the process at hand, where the format tells it late, too; -1 leaves what is there. */
enum status job_rank(struct job *job, int64_t rank, int64_t world_size);

/* The same bytes always give the same number. */
enum status job_word(struct job *job, const char *bytes, size_t length, int32_t *word);

/* A host thread by the profiler's own ids; a device stream by device and stream number. `kind`: "cuda", "cpu". */
enum status job_thread(struct job *job, int64_t process_id, int64_t thread_id, int32_t *lane);
enum status job_stream(struct job *job, const char *kind, int64_t device, int64_t stream, int32_t *lane);

/* Inputs (and outputs) of an operator as its format tells them; equal ones are kept once. */
enum status job_signature(struct job *job, const struct signature *signature, int32_t *number);

/*
 * Tensors of the operator whose span carries `record_id`, from a file beside the trace (ExecutionTrace): with identities,
 * outputs included. They replace the span's signature. Any order; before job_finish.
 */
enum status job_tensors(struct job *job, int64_t record_id, const struct signature *signature,
                        const struct tensor_identity *identity);

enum status job_span(struct job *job, const struct span *span);

/*
 * How the steps of the spans that follow were run (step.mode): NULL = as the user runs them, under the profiler whose
 * trace this is; "recorded" = with everything recorded, so that their times are no performance; "timed" = with times
 * only. job_undisturbed adds a step of which only the wall time is known, because nothing watched it.
 */
enum status job_mode(struct job *job, const char *mode);
enum status job_undisturbed(struct job *job, int64_t index, int64_t start_ns, int64_t dur_ns, int64_t images);

/* A line for people who read the trace (table note). */
enum status job_note(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sorts, assembles, writes, puts the trace in its place. The job is gone afterwards, also after a failure. */
enum status job_finish(struct job *job);

/* Leaves nothing behind; harmless with NULL. */
void job_abandon(struct job *job);

#endif
