/* One event of a Kineto trace as text: its fields found, none interpreted, and no more of it looked at than is needed. */
#ifndef IMPORTERS_KINETO_EVENT_H
#define IMPORTERS_KINETO_EVENT_H

#include "importers/json/text.h"

enum event_field {
    FIELD_PH,
    FIELD_CAT,
    FIELD_NAME,
    FIELD_PID,
    FIELD_TID,
    FIELD_TS,
    FIELD_DUR,
    FIELD_ARGS,
    FIELD_RECORD,
    FIELD_EXTERNAL,
    FIELD_SEQUENCE,
    FIELD_FORWARD_THREAD,
    FIELD_DIMS,
    FIELD_STRIDES,
    FIELD_TYPES,
    FIELD_CONCRETE,
    FIELD_CORRELATION,
    FIELD_STREAM,
    FIELD_DEVICE,
    FIELD_BYTES,
    FIELD_COUNT
};

enum event_role {
    EVENT_NOBODYS, /* what is not needed; its fields are not all read */
    EVENT_OPERATOR,
    EVENT_ANNOTATION,
    EVENT_PYTHON,  /* a Python function that is a module's forward */
    EVENT_LAUNCH,
    EVENT_KERNEL,
    EVENT_MEMCPY,
    EVENT_MEMSET
};

#define EVENT_MODULE_PREFIX "nn.Module: "

struct event {
    enum event_role role;
    const char *device; /* the kind of device that its category gives away: "cuda", "xpu"; NULL */
    struct json_text field[FIELD_COUNT]; /* values as they stand in the file; at == NULL: not there */
};

/* False when the object is no JSON. */
bool event_read(struct event *event, struct json_text object);

#endif
