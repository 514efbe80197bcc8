/* clprof devices: which back ends can run here, and why the others can't. */
#include <stdio.h>

#include "commands/commands.h"
#include "kernels/backend.h"

static enum status describe(const char *name)
{
    const struct backend *backend;
    struct device *device;
    enum status status = backend_usable(name, &backend);
    if (status == STATUS_OK)
        status = backend->open(&(struct backend_options){0}, &device);
    if (status != STATUS_OK) {
        printf("%-5s not usable: %s\n", name, status_message());
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    }
    printf("%-5s %s; %s\n", backend->name, backend->device_name(device), backend->library_versions());
    backend->close(device);
    return STATUS_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const char *const names[] = {"cpu", "ref", "cuda"};
    int positional, code = command_begin(self, NULL, argc, argv, 0, 0, &positional);
    if (code >= 0)
        return code;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum status status = describe(names[i]);
        if (status != STATUS_OK)
            return command_failed(self, status);
    }
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
