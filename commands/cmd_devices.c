/* clprof devices: which back ends can run here, and why the others can't. */
#include <stdio.h>

#include "commands/commands.h"
#include "kernels/backend.h"

static enum status describe(const struct backend *backend)
{
    struct device *device;
    const char *reason = backend->probe();
    if (reason) {
        printf("%-5s not usable: %s\n", backend->name, reason);
        return STATUS_OK;
    }
    TRY(backend->open(&(struct backend_options){0}, &device));
    printf("%-5s %s; %s\n", backend->name, backend->device_name(device), backend->library_versions());
    backend->close(device);
    return STATUS_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const char *const names[] = {"cpu", "ref"};
    int positional, code = command_begin(self, NULL, argc, argv, 0, 0, &positional);
    if (code >= 0)
        return code;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum status status = describe(backend_find(names[i]));
        if (status != STATUS_OK)
            return command_failed(self, status);
    }
    printf("cuda  not usable: this build has no cuda back end\n");
    return 0;
}

const struct command command_devices = {
    "devices", "",
    "say what can run here, and why not",
    NULL, run,
    .about = "One line a device, with its instruction sets and libraries, or with the reason why it can't be "
        "used.",
    .examples = {
        {"clprof devices",
         "What can --device be here?"},
    },
};
