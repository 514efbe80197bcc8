/* What a Kineto file tells of the job beside its events: rank, devices, versions, what its times count from. */
#ifndef IMPORTERS_KINETO_HEADER_H
#define IMPORTERS_KINETO_HEADER_H

#include "base/intern.h"
#include "importers/json/text.h"
#include "importers/job.h"

struct header_device {
    int64_t id;
    int name; /* in names */
};

struct kineto_header {
    int64_t rank, world_size; /* -1: not told */
    int64_t base_ns;          /* added to the events' times it gives Unix time; 0 = they are Unix time, or nobody knows */
    struct header_device *device;
    int device_count, device_room;
    struct intern names;
    struct strbuf versions; /* "CUDA runtime 12040, CUPTI 22" */
};

void kineto_header_init(struct kineto_header *self);
void kineto_header_release(struct kineto_header *self);

/* Takes a member of the root object. */
enum status kineto_header_member(struct kineto_header *self, struct json_text key, struct json_text value);

/* Name of a device, NULL when it is not told. */
const char *kineto_header_device(const struct kineto_header *self, int64_t id);

#endif
