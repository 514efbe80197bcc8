/* Which plugin tells of which back end's device. */
#include "commands/train_device.h"

#include <stdio.h>
#include <string.h>

#include "profiler/activity.h"

static const struct {
    const char *backend, *plugin;
} devices[] = {
    {"cuda", "clprof_cupti.so"},
};

static enum status watch(struct recorder *recorder, const char *plugin, int64_t steps)
{
    char missing[600], note[700];
    const char *reason = missing;
    const struct activity_source *source = activity_load(plugin, missing, sizeof missing);

    if (source) {
        TRY(recorder_watch(recorder, source, steps, &reason));
    } else {
        snprintf(note, sizeof note, "device times are unknown: %s", missing);
        TRY(recorder_note(recorder, note));
    }
    if (reason)
        fprintf(stderr, "clprof: device times are unknown: %s\n", reason);
    return STATUS_OK;
}

enum status train_watch_device(struct recorder *recorder, const struct backend *backend, int64_t steps)
{
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (strcmp(devices[i].backend, backend->name) == 0)
            return watch(recorder, devices[i].plugin, steps);
    }
    return STATUS_OK;
}
