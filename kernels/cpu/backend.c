/* The CPU back end's table: oneDNN's engine and stream, OpenMP threads, the widest vector kernels, host memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <omp.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include "kernels/cpu/blocked.h"
#include "kernels/cpu/device.h"

/* Blocks from this size on are aligned to, and asked to lie in, the kernel's huge pages. */
#define HUGE_PAGE ((size_t)2 << 20)

static const char *probe(void)
{
    if (!__builtin_cpu_supports("sse4.2"))
        return "the CPU lacks SSE4.2 (x86-64-v2), the least that clprof's kernels are compiled for";
    return dnnl_version()->major == 3 ? NULL : "the loaded oneDNN is not version 3, for which clprof was built";
}

/*
 * The table follows oneDNN's effective instruction set, so that ONEDNN_MAX_CPU_ISA holds for every kernel; the CPU is
 * asked too, since the tables need all of x86-64-v3 or -v4 and not only the named part.
 */
static const struct vector_kernels *choose_vector_kernels(void)
{
    unsigned isa = dnnl_get_effective_cpu_isa();

    if ((isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core && __builtin_cpu_supports("x86-64-v4"))
        return &vector_kernels_v4;
    if ((isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2 && __builtin_cpu_supports("x86-64-v3"))
        return &vector_kernels_v3;
    return &vector_kernels_v2;
}

/* The kernel's name for the processor; "CPU" where it tells none (containers without /proc). */
static void read_model(char *text, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(text, size, "CPU");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(text, size, "%s", colon + 1 + strspn(colon + 1, " "));
        text[strcspn(text, "\n")] = '\0';
        break;
    }
    if (file)
        fclose(file);
}

static void write_name(struct device *device)
{
    char model[64];
    const char *isa = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa());

    read_model(model, sizeof model);
    isa += strncmp(isa, "cpu_isa_", 8) == 0 ? 8 : 0;
    snprintf(device->name, sizeof device->name, "%s, %s, %d thread%s", model, isa, device->threads,
             device->threads == 1 ? "" : "s");
}

static void close_device(struct device *device)
{
    if (!device)
        return;
    dnnl_stream_destroy(device->stream);
    dnnl_engine_destroy(device->engine);
    free(device);
}

static enum status open_device(const struct backend_options *options, struct device **out)
{
    enum status status;
    struct device *device = calloc(1, sizeof *device);

    *out = NULL;
    if (!device)
        return FAIL(NO_MEMORY, "opening the CPU: no memory for %zu bytes", sizeof *device);
    device->threads = options->threads > 0 ? options->threads : omp_get_num_procs();
    omp_set_num_threads(device->threads);
    device->vector = choose_vector_kernels();
    TRY_OUT(cpu_check(dnnl_engine_create(&device->engine, dnnl_cpu, 0), "creating the CPU engine"));
    TRY_OUT(cpu_check(dnnl_stream_create(&device->stream, device->engine, dnnl_stream_in_order), "creating a stream"));
    write_name(device);
    *out = device;
    device = NULL;
out:
    close_device(device);
    return status;
}

static const char *device_name(const struct device *device)
{
    return device->name;
}

static int threads(const struct device *device)
{
    return device->threads;
}

static const char *library_versions(void)
{
    static char text[48];
    const dnnl_version_t *version = dnnl_version();

    snprintf(text, sizeof text, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    return text;
}

static void *allocate(struct device *device, size_t bytes, const char *what)
{
    size_t unit = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
    size_t rounded = bytes ? (bytes + unit - 1) / unit * unit : unit;
    void *memory = aligned_alloc(unit, rounded);

    (void)device;
    if (!memory) {
        FAIL(NO_MEMORY, "no memory: %zu MB were asked for %s; take a smaller --batch or --image-size", bytes >> 20, what);
        return NULL;
    }
    if (unit == HUGE_PAGE)
        madvise(memory, rounded, MADV_HUGEPAGE); /* advice: where it is refused, small pages do */
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
    return cpu_check(dnnl_stream_wait(device->stream), "waiting for the stream");
}

#define OP(id, object, name, inputs, outputs, flags) extern const struct op_impl cpu_##object;
#include "kernels/ops.def"
#undef OP

/* Views run nothing and have no implementation: an ALIAS row leaves its cpu_<object> unreferenced. */
#define IMPLEMENTATION(object, flags) ((flags)&OP_ALIAS ? NULL : &cpu_##object)

static const struct op_impl *const implementations[OP_COUNT] = {
#define OP(id, object, name, inputs, outputs, flags) [OP_##id] = IMPLEMENTATION(object, flags),
#include "kernels/ops.def"
#undef OP
};

static const struct op_impl *const blocked_implementations[OP_COUNT] = {
#define OP(id, object, name, inputs, outputs, flags) \
    [OP_##id] = OP_##id == OP_CONVOLUTION || OP_##id == OP_CONVOLUTION_BACKWARD ? &cpu_blocked_convolution \
                                                                               : IMPLEMENTATION(object, flags),
#include "kernels/ops.def"
#undef OP
};

/* One device, two tables of operators. */
#define CPU_BACK_END(word, table) \
    { \
        .abi_version = BACKEND_ABI_VERSION, \
        .op_count = OP_COUNT, \
        .name = word, \
        .probe = probe, \
        .open = open_device, \
        .close = close_device, \
        .device_name = device_name, \
        .threads = threads, \
        .library_versions = library_versions, \
        .alloc = allocate, \
        .free = release, \
        .copy_in = copy_bytes, \
        .copy_out = copy_bytes, \
        .zero = clear_bytes, \
        .synchronize = synchronize, \
        .ops = table, \
    }

const struct backend backend_cpu = CPU_BACK_END("cpu", implementations);
const struct backend backend_cpu_blocked = CPU_BACK_END("cpu-blocked", blocked_implementations);
