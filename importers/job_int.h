/*
 * The inside of a job, shared by the files behind job.h: job.c (processes, words, lanes), signatures.c, spans.c (where a span
 * goes), sweep.c (a process in order of time), chunk.c (what the passes see), passes/rows.c.
 *
 * A process is finished when the next one begins or the job ends; so only one process is in memory, and its spans
 * mostly are not.
 */
#ifndef IMPORTERS_JOB_INT_H
#define IMPORTERS_JOB_INT_H

#include "base/intern.h"
#include "importers/chunk.h"
#include "importers/job.h"
#include "importers/passes/rows.h"
#include "importers/sidecar.h"
#include "importers/sorter.h"
#include "importers/step_list.h"

#define JOB_NOTES 1000 /* more are counted */

/* A host thread or a device stream; interned by its bytes, so without gaps. */
struct lane {
    int64_t owner, number; /* process and thread id; device and stream */
    int32_t process;       /* number of the job's process */
    int32_t device;        /* word of the device's kind; -1 = a host thread */
};

/* A tensor of an interned signature. */
struct signature_use {
    int32_t kind;
    int16_t position;
    int16_t out;
};

/* An interned signature: this, then its uses. */
struct signature_head {
    int32_t tensors, left_out, arguments; /* arguments: word, -1 = not told */
    struct signature_use use[];
};

/* run.* of a process; texts are words of the job, -1 = not told. */
struct process_facts {
    int32_t text[RUN_TEXTS];
    int64_t number[RUN_NUMBERS];
};

struct process {
    int number; /* from 0 */
    struct process_facts facts;
    struct step_list steps;
    struct sorter *hosts;    /* struct span: operators, modules, annotations */
    struct sorter *launches; /* struct launch */
    struct sorter *devices;  /* struct device_span with a correlation */
    struct sorter *tied;     /* struct tied_span */
    struct carry *carry;
    const char *mode;        /* of the steps that follow */
    int64_t beyond;          /* spans whose times no clock has */
    int64_t cut;             /* operators that outlived their step */
};

struct job_module {
    int32_t path, class_; /* words; class -1 = not told */
    int parent;           /* set when it is met for the first time in time; -1 = none */
};

#define MODULE_UNSEEN (-2)

struct job {
    char *path;
    struct intern words, lanes, kinds, signatures, notes;
    int64_t notes_dropped;
    const char *dtype[64]; /* each dtype word once, so that kinds are equal by their bytes */
    int dtypes;
    struct job_module *modules;
    int modules_count, modules_room;
    int *module_of_word; /* + 1; 0 = none yet */
    int module_of_word_room;
    struct sidecar sidecar;
    struct process *process; /* at hand; NULL before the first */
    int processes;           /* begun */
    int ranks;               /* files of the job that are ranks; 0 = not said */
    int64_t *rank_seen;
    int rank_seen_count, rank_seen_room;
    struct rows *rows;
};

/* How many ranks the files of the job are, where their formats may not say (import_files). */
void job_expect_ranks(struct job *job, int ranks);

const struct lane *job_lane(const struct job *job, int32_t lane);
const struct signature_head *job_signature_of(const struct job *job, int32_t signature); /* NULL for -1 */
const char *job_text(const struct job *job, int32_t word);                              /* NULL for -1 */

/* Makes the module of a SPAN_MODULE's name (module_name.h), if there is none: job.module_of_word tells it. */
enum status job_module(struct job *job, int32_t name);

/* Sorts, ties and sweeps the spans of the process at hand; its chunks go through the passes. */
enum status sweep_process(struct job *job);

#endif
