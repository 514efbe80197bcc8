/*
 * Launching kernels, and what their faults become: a signal handler turns touched guard pages into the words of memory.c and the
 * device's sticky error.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/driver/driver.h"
#include "tests/simgpu/driver/memory_int.h"
#include "tests/simgpu/driver/simt_run.h"

#define KERNELS "libclprof_simkernels.so"

struct launch {
    const struct simt_kernel *kernel;
    struct simt_index grid, block;
    uint64_t seed;
    void **arguments; /* into `bytes` behind them */
};

static struct {
    bool started, loaded;
    struct sigaction former;
    char signal_stack[64 << 10];
} state;

static uint64_t seed(void)
{
    const char *given = getenv("SIMGPU_SEED");
    return given ? strtoull(given, NULL, 10) : 0;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    static char text[256]; /* read after the jump; one kernel runs at a time */

    (void)context;
    if (simgpu_memory_admit(info->si_addr))
        return;
    if (simt_running()) {
        const char *stack = simt_explain_address(info->si_addr);
        if (stack)
            snprintf(text, sizeof text, "%s", stack);
        else
            simgpu_memory_explain(info->si_addr, text, sizeof text);
        simt_stop(text);
    }
    simgpu_memory_explain(info->si_addr, text, sizeof text);
    fprintf(stderr, "simgpu: the host %s\n", text);
    sigaction(number, &state.former, NULL); /* the access is repeated and ends the program as it would have */
}

static void inject(void)
{
    const char *path = getenv("CUDA_INJECTION64_PATH");
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL, *found = library ? dlsym(library, "InitializeInjection") : NULL;
    int (*initialize)(void);

    if (!found)
        return;
    memcpy(&initialize, &found, sizeof initialize);
    initialize();
}

void simgpu_start(void)
{
    stack_t stack = {.ss_sp = state.signal_stack, .ss_size = sizeof state.signal_stack};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (state.started)
        return;
    state.started = true;
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, &state.former);
    inject();
}

const struct simt_kernel *simgpu_kernel(const char *name)
{
    const struct simt_kernel *kernel = simt_find(name);

    if (kernel || state.loaded)
        return kernel;
    state.loaded = true;
    if (!dlopen(KERNELS, RTLD_NOW | RTLD_GLOBAL))
        fprintf(stderr, "simgpu: the host's versions of the kernels can't be loaded: %s\n", dlerror());
    return simt_find(name);
}

static bool run_launch(void *closure)
{
    const struct launch *launch = closure;
    const struct simt_launch run = {launch->kernel, launch->grid, launch->block, launch->arguments, launch->seed};
    char reason[512];
    enum simt_end end;

    if (simgpu_fault("sticky")) {
        simgpu_lose_device(cudaErrorIllegalAddress, "kernel: a fault by request (SIMGPU_FAULT=sticky)");
        return false;
    }
    end = simt_run(&run, reason, sizeof reason);
    if (end == SIMT_DONE)
        return true;
    simgpu_lose_device(end == SIMT_FAULT ? cudaErrorIllegalAddress : cudaErrorLaunchFailure, reason);
    return false;
}

static void destroy_launch(void *closure)
{
    free(closure);
}

/* One block of memory: the launch, pointers to arguments, the arguments, each aligned to 16. */
static struct launch *copy_launch(const struct simt_kernel *kernel, void *const *arguments)
{
    size_t bytes = sizeof(struct launch) + (size_t)kernel->parameters * sizeof(void *) + 16;

    for (int i = 0; i < kernel->parameters; i++)
        bytes += (kernel->parameter_bytes[i] + 15) / 16 * 16;
    struct launch *launch = calloc(1, bytes);
    if (!launch)
        return NULL;
    launch->arguments = (void **)(void *)(launch + 1);
    uintptr_t at = ((uintptr_t)(launch->arguments + kernel->parameters) + 15) / 16 * 16;
    for (int i = 0; i < kernel->parameters; i++) {
        launch->arguments[i] = (void *)at;
        memcpy(launch->arguments[i], arguments[i], kernel->parameter_bytes[i]);
        at += (kernel->parameter_bytes[i] + 15) / 16 * 16;
    }
    return launch;
}

/* Whatever in the arguments looks like a pointer into memory is one. */
static void find_accesses(const struct launch *launch, struct simgpu_work *work)
{
    for (int i = 0; i < launch->kernel->parameters; i++)
        for (size_t at = 0; at + sizeof(void *) <= launch->kernel->parameter_bytes[i]; at += sizeof(void *)) {
            const void *pointer;
            memcpy(&pointer, (const char *)launch->arguments[i] + at, sizeof pointer);
            simgpu_add_access(work, pointer, SIMGPU_TOUCHES);
        }
}

static cudaError_t check_shape(struct simt_index grid, struct simt_index block)
{
    uint64_t threads = (uint64_t)block.x * block.y * block.z;

    if (threads == 0 || threads > 1024 || block.z > 64)
        return cudaErrorInvalidConfiguration;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535)
        return cudaErrorInvalidConfiguration;
    return cudaSuccess;
}

cudaError_t simgpu_launch(struct simgpu_stream *stream, const struct simt_kernel *kernel, struct simt_index grid,
                          struct simt_index block, size_t shared_bytes, void *const *arguments)
{
    cudaError_t error = check_shape(grid, block);

    if (error != cudaSuccess)
        return error;
    if (simgpu_fault("launch"))
        return cudaErrorLaunchOutOfResources;
    struct launch *launch = copy_launch(kernel, arguments);
    if (!launch)
        return cudaErrorMemoryAllocation;
    launch->kernel = kernel;
    launch->grid = grid;
    launch->block = block;
    launch->seed = seed();
    double threads = (double)grid.x * grid.y * grid.z * block.x * block.y * block.z;
    struct simgpu_work work = {.kind = SIMGPU_KERNEL, .name = kernel->name, .bytes = (size_t)(threads * 32), .grid = grid,
                               .block = block, .shared_bytes = shared_bytes, .run = run_launch, .destroy = destroy_launch,
                               .closure = launch};
    find_accesses(launch, &work);
    return simgpu_enqueue(stream, &work);
}
