/* The reference back end: host memory, one thread, one table of implementations expanded from ops.def. */
#include <stdlib.h>
#include <string.h>

#include "kernels/ref/ref.h"

struct device {
    const char *name;
};

static const char *probe(void)
{
    return NULL;
}

static enum status open_device(const struct backend_options *options, struct device **out)
{
    (void)options;
    struct device *device = calloc(1, sizeof *device);
    if (!device)
        return FAIL(NO_MEMORY, "opening the reference back end: no memory for %zu bytes", sizeof *device);
    device->name = "plain loops, 1 thread";
    *out = device;
    return STATUS_OK;
}

static void close_device(struct device *device)
{
    free(device);
}

static const char *device_name(const struct device *device)
{
    return device->name;
}

static int threads(const struct device *device)
{
    (void)device;
    return 1;
}

static const char *library_versions(void)
{
    return "ref 1";
}

static void *allocate(struct device *device, size_t bytes, const char *what)
{
    (void)device;
    size_t rounded = (bytes + 63) / 64 * 64;
    void *memory = aligned_alloc(64, rounded ? rounded : 64);
    if (!memory) {
        FAIL(NO_MEMORY, "no memory: %zu bytes were asked for %s", bytes, what);
        return NULL;
    }
    return memset(memory, 0, rounded);
}

static void release(struct device *device, void *memory)
{
    (void)device;
    free(memory);
}

static enum status copy_bytes(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device;
    memcpy(to, from, bytes);
    return STATUS_OK;
}

static enum status clear_bytes(struct device *device, void *to, size_t bytes)
{
    (void)device;
    memset(to, 0, bytes);
    return STATUS_OK;
}

static enum status synchronize(struct device *device)
{
    (void)device;
    return STATUS_OK;
}

#define OP(id, object, name, inputs, outputs, flags) extern const struct op_impl ref_##object;
#include "kernels/ops.def"
#undef OP

/* Views run nothing and have no implementation: an ALIAS row leaves its ref_<object> unreferenced. */
#define IMPLEMENTATION(object, flags) ((flags)&OP_ALIAS ? NULL : &ref_##object)

static const struct op_impl *const implementations[OP_COUNT] = {
#define OP(id, object, name, inputs, outputs, flags) [OP_##id] = IMPLEMENTATION(object, flags),
#include "kernels/ops.def"
#undef OP
};

const struct backend backend_ref = {
    .abi_version = BACKEND_ABI_VERSION,
    .op_count = OP_COUNT,
    .name = "ref",
    .probe = probe,
    .open = open_device,
    .close = close_device,
    .device_name = device_name,
    .threads = threads,
    .library_versions = library_versions,
    .alloc = allocate,
    .free = release,
    .copy_in = copy_bytes,
    .copy_out = copy_bytes,
    .zero = clear_bytes,
    .synchronize = synchronize,
    .ops = implementations,
};
