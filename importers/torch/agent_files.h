/*
 * What clprof's agent (profiler/torch/clprof_torch.py) left in its folder. One subfolder a recorded process, "rank0", ...:
 * recorded.json and timed.json (Kineto), recorded.et.json (ExecutionTrace), and steps.tsv, which this reads.
 */
#ifndef IMPORTERS_TORCH_AGENT_FILES_H
#define IMPORTERS_TORCH_AGENT_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/strbuf.h"

/* A step that the agent saw from end to end. */
struct agent_step {
    const char *mode; /* "undisturbed", "recorded", "timed"; a string constant */
    int64_t index, start_unix_ns, dur_ns, images; /* images: -1 = unknown */
};

/* steps.tsv. Facts are NULL or -1 where the agent did not know. */
struct agent_steps {
    struct strbuf text; /* holds the strings below */
    const char *device, *device_name, *library_versions, *model, *memory_format, *autocast_dtype;
    int64_t threads, rank, world_size;
    struct agent_step *step;
    int step_count, step_room;
    const char **note;
    int note_count, note_room;
};

/* Fails (NOT_FOUND, IO, CORRUPT). Release also after a failure. */
enum status agent_steps_read(struct agent_steps *self, const char *path);
void agent_steps_release(struct agent_steps *self);

/* How far the agent came, for a line to people when there is no trace. */
struct agent_left {
    bool entered;            /* a Python let it in */
    bool torch;              /* PyTorch was imported */
    bool window;             /* a process came to the window */
    char failed[512];        /* the agent's own failure, "" = none */
    char torch_version[64];  /* "" = unknown */
    int64_t optimizer_steps; /* of the process that took most of them, before any window; -1: it told nothing at its end */
    int second;              /* processes that came to a window of a rank that was taken */
    int *rank;               /* ranks whose recorded steps are there, ascending */
    int rank_count, rank_room;
};

enum status agent_left_read(struct agent_left *self, const char *folder);
void agent_left_release(struct agent_left *self);

#endif
