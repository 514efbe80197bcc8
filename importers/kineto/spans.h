/* Events of a Kineto trace made spans of a job. */
#ifndef IMPORTERS_KINETO_SPANS_H
#define IMPORTERS_KINETO_SPANS_H

#include "importers/job.h"
#include "importers/kineto/signature.h"
#include "importers/memo.h"

#define SPANS_LANES 64

struct spans_lane {
    int64_t group, member; /* process and thread, device and stream */
    int32_t lane;
    bool device, used;
};

struct spans {
    struct job *job;
    struct memo names, signatures;
    struct spans_lane lane[SPANS_LANES]; /* the latest, by a hash of their ids */
    struct kineto_signature signature;
    struct strbuf text;
    int32_t order;
    int64_t count;      /* spans made */
    int64_t untimed;    /* events without a time that can be one */
    int64_t first_ns;   /* the earliest start */
    int64_t device;     /* of the first device event, -1 = none yet */
    const char *kind;   /* of the devices: "cuda" (ROCm's, too), "xpu"; NULL = no call of a driver was seen yet */
};

enum status spans_init(struct spans *self, struct job *job);
void spans_release(struct spans *self);

/* Hands an event to the job as a span; what nobody needs is dropped. */
enum status spans_add(struct spans *self, const struct event *event);

#endif
