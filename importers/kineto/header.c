/* Members of the root object, one row each in a table. */
#include "importers/kineto/header.h"

#include <stdlib.h>

#include "base/array.h"
#include "importers/json/shape.h"

void kineto_header_init(struct kineto_header *self)
{
    *self = (struct kineto_header){.rank = -1, .world_size = -1};
    strbuf_init(&self->versions);
}

void kineto_header_release(struct kineto_header *self)
{
    free(self->device);
    intern_release(&self->names);
    strbuf_release(&self->versions);
}

static bool key_is(struct json_text key, const char *word)
{
    return json_is(key, word, strlen(word));
}

static enum status add_device(struct kineto_header *self, struct json_text object)
{
    const char *at = object.at + 1;
    struct header_device device = {-1, -1};
    struct json_text key, value;
    struct strbuf name;
    enum status status = STATUS_OK;

    strbuf_init(&name);
    while (*object.at == '{' && json_next_member(&at, object.end, &key, &value) == JSON_FOUND) {
        if (key_is(key, "id"))
            json_integer(value, &device.id);
        else if (key_is(key, "name"))
            json_unescape(value, &name);
    }
    if (device.id >= 0 && name.length) {
        TRY_OUT(intern_add(&self->names, name.text, &device.name));
        TRY_OUT(array_room(&self->device, &self->device_room, self->device_count, sizeof device));
        self->device[self->device_count++] = device;
    }
out:
    strbuf_release(&name);
    return status;
}

static enum status read_devices(struct kineto_header *self, struct json_text value, const char *label)
{
    struct json_list list = json_list_open(value);
    struct json_text device;

    (void)label;
    while (json_list_next(&list, &device))
        TRY(add_device(self, device));
    return STATUS_OK;
}

static enum status read_distributed(struct kineto_header *self, struct json_text value, const char *label)
{
    const char *at = value.at + 1;
    struct json_text key, number;

    (void)label;
    while (*value.at == '{' && json_next_member(&at, value.end, &key, &number) == JSON_FOUND) {
        if (key_is(key, "rank"))
            json_integer(number, &self->rank);
        else if (key_is(key, "world_size"))
            json_integer(number, &self->world_size);
    }
    return STATUS_OK;
}

static enum status read_base(struct kineto_header *self, struct json_text value, const char *label)
{
    (void)label;
    json_integer(value, &self->base_ns);
    return STATUS_OK;
}

static enum status read_version(struct kineto_header *self, struct json_text value, const char *label)
{
    strbuf_printf(&self->versions, "%s%s ", self->versions.length ? ", " : "", label);
    json_unescape(value, &self->versions);
    return STATUS_OK;
}

struct member_row {
    const char *key;
    enum status (*read)(struct kineto_header *self, struct json_text value, const char *label);
    const char *label;
};

static const struct member_row members[] = {
    {"deviceProperties", read_devices, NULL},
    {"computeProperties", read_devices, NULL},
    {"distributedInfo", read_distributed, NULL},
    {"baseTimeNanoseconds", read_base, NULL},
    {"cuda_runtime_version", read_version, "CUDA runtime"},
    {"cuda_driver_version", read_version, "CUDA driver"},
    {"cupti_version", read_version, "CUPTI"},
    {"hip_runtime_version", read_version, "HIP runtime"},
    {"hip_driver_version", read_version, "HIP driver"},
    {"roctracer_version", read_version, "roctracer"},
    {"rocprofiler-sdk_version", read_version, "rocprofiler-sdk"},
};

enum status kineto_header_member(struct kineto_header *self, struct json_text key, struct json_text value)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (key_is(key, members[i].key))
            return members[i].read(self, value, members[i].label);
    }
    return STATUS_OK;
}

const char *kineto_header_device(const struct kineto_header *self, int64_t id)
{
    for (int i = 0; i < self->device_count; i++) {
        if (self->device[i].id == id)
            return intern_text(&self->names, self->device[i].name);
    }
    return NULL;
}
