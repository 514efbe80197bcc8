/* A job that only takes down what an importer hands it, in place of importers/job.c: the tests of parsers look at spans. */
#ifndef TESTS_KINETO_SUPPORT_JOB_H
#define TESTS_KINETO_SUPPORT_JOB_H

#include "base/intern.h"
#include "importers/job.h"

#define TAKEN_SIGNATURES 4096

struct taken_signature {
    struct signature signature;
    struct tensor_use tensor[SIGNATURE_TENSORS];
    struct tensor_identity identity[SIGNATURE_TENSORS];
    int64_t record_id; /* of job_tensors */
};

struct job {
    struct span *span;
    int span_count, span_room;
    struct intern words, lanes, notes;
    struct taken_signature *signature;
    int signature_count, signature_room;
    struct taken_signature *told;
    int told_count, told_room;
    int64_t rank, world_size, started_unix_ns;
    char device[32], device_name[128], versions[256];
    int processes;
};

void taken_release(struct job *job);

/* Name of span i, "" beyond. */
const char *taken_name(const struct job *job, int i);

/* "thread 1/2", "cuda 0/7" */
const char *taken_lane(const struct job *job, int i);

/* Spans of a kind; the i-th of them. */
int taken_count(const struct job *job, enum span_kind kind);
const struct span *taken_span(const struct job *job, enum span_kind kind, int i);

/* The first span with this name, NULL when there is none. */
const struct span *taken_named(const struct job *job, const char *name);

/* "float32[1,2]/2,1 ..." of a signature: inputs, "->", outputs; "?" for what is unknown. */
const char *taken_text(const struct taken_signature *signature);

#endif
