/*
 * Device memory: every allocation lies between two pages that nobody may touch, with its end at the second one, as far as the
 * alignment of 256 bytes allows; what is left is filled and looked at after every work. Freed memory stays out of bounds. Outside
 * of work the host may not touch any of it, so that forgotten copies are found; nor pinned memory that a copy is under way from or to.
 */
#include "tests/simgpu/driver/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/simgpu/driver/memory_int.h"
#include "tests/simgpu/driver/order.h"

#define PAGE ((size_t)4096)
#define ALIGNMENT ((size_t)256)
#define FRESH 0xff /* a NaN in every float dtype */
#define RED 0xa5
#define MOST_FREED 4096

struct allocation {
    enum simgpu_memory_kind kind;
    char *map;       /* guard page, body, guard page */
    size_t body;     /* bytes between the guards */
    char *memory;
    size_t bytes;    /* asked for */
    bool freed;
    bool opened;     /* to the work that is running: it has touched it */
    int device;
    int access;      /* the host's, outside of work */
    struct history *history;
};

static struct {
    struct allocation *item; /* in order of address is not kept: there are a few hundred */
    int count, room, freed;
    const char *low, *high; /* of all that was ever mapped: most numbers in a kernel's arguments are no pointers */
    size_t held_bytes[SIMGPU_DEVICES_MOST];
    int open;
} memory;

static size_t total_bytes(void)
{
    const char *given = getenv("SIMGPU_MEMORY");
    return given ? strtoull(given, NULL, 10) : (size_t)16 << 30;
}

static int host_access(void)
{
    const char *given = getenv("SIMGPU_HOST_ACCESS"); /* 1: not checked */
    return given && *given == '1' ? PROT_READ | PROT_WRITE : PROT_NONE;
}

static size_t slack(const struct allocation *made)
{
    return (size_t)(made->map + PAGE + made->body - (made->memory + made->bytes));
}

static size_t before(const struct allocation *made)
{
    size_t room = (size_t)(made->memory - (made->map + PAGE));
    return room < ALIGNMENT ? room : ALIGNMENT;
}

static void protect(const struct allocation *made, int access)
{
    mprotect(made->map + PAGE, made->body, access);
}

static bool map_allocation(struct allocation *made)
{
    size_t aligned = (made->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    made->body = (aligned + PAGE - 1) / PAGE * PAGE;
    made->map = mmap(NULL, made->body + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (made->map == MAP_FAILED)
        return false;
    made->memory = made->map + PAGE + made->body - aligned;
    if (!memory.low || made->map < memory.low)
        memory.low = made->map;
    if (made->map + made->body + 2 * PAGE > memory.high)
        memory.high = made->map + made->body + 2 * PAGE;
    protect(made, PROT_READ | PROT_WRITE);
    memset(made->memory, FRESH, made->bytes);
    memset(made->memory - before(made), RED, before(made));
    memset(made->memory + made->bytes, RED, slack(made));
    made->access = made->kind == SIMGPU_DEVICE ? host_access() : PROT_READ | PROT_WRITE;
    protect(made, made->access);
    return true;
}

/* Forgets the oldest of what was freed. */
static void unmap_freed(void)
{
    for (int i = 0; i < memory.count; i++) {
        if (!memory.item[i].freed)
            continue;
        munmap(memory.item[i].map, memory.item[i].body + 2 * PAGE);
        free(memory.item[i].history);
        memmove(&memory.item[i], &memory.item[i + 1], (size_t)(--memory.count - i) * sizeof memory.item[0]);
        memory.freed--;
        return;
    }
}

cudaError_t simgpu_allocate(enum simgpu_memory_kind kind, size_t bytes, void **out)
{
    struct allocation made = {.kind = kind, .bytes = bytes, .device = simgpu_device()};

    *out = NULL;
    if (simgpu_fault(kind == SIMGPU_DEVICE ? "malloc" : "host_malloc"))
        return cudaErrorMemoryAllocation;
    if (kind == SIMGPU_DEVICE && (bytes > total_bytes() || memory.held_bytes[made.device] > total_bytes() - bytes))
        return cudaErrorMemoryAllocation;
    if (memory.count == memory.room) {
        memory.room = memory.room ? 2 * memory.room : 256;
        memory.item = realloc(memory.item, (size_t)memory.room * sizeof *memory.item);
        if (!memory.item)
            abort();
    }
    if (!(made.history = calloc(1, sizeof *made.history)))
        abort();
    if (!map_allocation(&made)) {
        free(made.history);
        return cudaErrorMemoryAllocation;
    }
    memory.item[memory.count++] = made;
    if (kind == SIMGPU_DEVICE)
        memory.held_bytes[made.device] += bytes;
    *out = made.memory;
    return cudaSuccess;
}

static struct allocation *find(const void *at)
{
    if ((const char *)at < memory.low || (const char *)at >= memory.high)
        return NULL;
    for (int i = 0; i < memory.count; i++) {
        struct allocation *made = &memory.item[i];
        if ((const char *)at >= made->map && (const char *)at < made->map + made->body + 2 * PAGE)
            return made;
    }
    return NULL;
}

static bool check_one(const struct allocation *made, const char *work)
{
    const char *zone[] = {made->memory - before(made), made->memory + made->bytes};
    size_t bytes[] = {before(made), slack(made)};

    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < bytes[side]; i++) {
            if ((unsigned char)zone[side][i] == RED)
                continue;
            char text[256];
            long beside = side ? (long)i : (long)bytes[0] - (long)i;
            snprintf(text, sizeof text, "%s wrote %ld bytes %s an allocation of %zu bytes", work, beside,
                     side ? "behind the end of" : "before", made->bytes);
            memset((char *)made->memory - before(made), RED, before(made));
            memset(made->memory + made->bytes, RED, slack(made));
            simgpu_lose_device(cudaErrorIllegalAddress, text);
            return false;
        }
    return true;
}

bool simgpu_check_red_zones(const char *work)
{
    bool right = true;

    for (int i = 0; i < memory.count; i++)
        if (memory.item[i].opened || memory.item[i].access & PROT_READ)
            right = check_one(&memory.item[i], work) && right;
    return right;
}

cudaError_t simgpu_release(enum simgpu_memory_kind kind, void *at)
{
    struct allocation *made = find(at);

    if (!made || made->memory != at || made->kind != kind || made->freed) {
        simgpu_report("%s of memory that %s", kind == SIMGPU_DEVICE ? "cudaFree" : "cudaFreeHost",
                      made && made->freed ? "is free already" : "was not allocated so");
        return cudaErrorInvalidValue;
    }
    made->freed = true;
    made->opened = false;
    memory.freed++;
    if (kind == SIMGPU_DEVICE)
        memory.held_bytes[made->device] -= made->bytes;
    protect(made, made->access = PROT_NONE);
    madvise(made->map + PAGE, made->body, MADV_DONTNEED);
    if (memory.freed > MOST_FREED)
        unmap_freed();
    return cudaSuccess;
}

bool simgpu_find_memory(const void *at, enum simgpu_memory_kind *kind, size_t *left_bytes)
{
    const struct allocation *made = find(at);

    if (!made || made->freed || (const char *)at < made->memory || (const char *)at >= made->memory + made->bytes)
        return false;
    *kind = made->kind;
    *left_bytes = (size_t)(made->memory + made->bytes - (const char *)at);
    return true;
}

void simgpu_memory_info(size_t *free_bytes, size_t *total)
{
    *total = total_bytes();
    *free_bytes = *total - memory.held_bytes[simgpu_device()];
}

int simgpu_allocations(void)
{
    int count = 0;

    for (int i = 0; i < memory.count; i++)
        count += memory.item[i].kind == SIMGPU_DEVICE && !memory.item[i].freed;
    return count;
}

int simgpu_memory_device(const void *at)
{
    const struct allocation *made = find(at);
    return made && made->kind == SIMGPU_DEVICE ? made->device : -1;
}

const void *simgpu_memory_base(const void *at)
{
    const struct allocation *made = find(at);
    return made && !made->freed ? made->memory : NULL;
}

struct history *simgpu_memory_history(const void *at, size_t *bytes)
{
    const struct allocation *made = find(at);

    if (!made || made->freed)
        return NULL;
    *bytes = made->bytes;
    return made->history;
}

void simgpu_memory_open(void)
{
    memory.open++;
}

bool simgpu_memory_admit(const void *at)
{
    struct allocation *made = memory.open ? find(at) : NULL;

    if (!made || made->freed || made->opened || (const char *)at < made->map + PAGE || (const char *)at >= made->map + PAGE + made->body)
        return false;
    made->opened = true;
    protect(made, PROT_READ | PROT_WRITE);
    return true;
}

void simgpu_memory_close(void)
{
    if (--memory.open > 0)
        return;
    for (int i = 0; i < memory.count; i++) {
        if (!memory.item[i].opened)
            continue;
        memory.item[i].opened = false;
        protect(&memory.item[i], memory.item[i].access);
    }
}

void simgpu_memory_guard_pinned(void)
{
    if (host_access() != PROT_NONE)
        return;
    for (int i = 0; i < memory.count; i++) {
        struct allocation *made = &memory.item[i];
        if (made->kind != SIMGPU_PINNED || made->freed)
            continue;
        int access = order_host_may_write(made->history) ? PROT_READ | PROT_WRITE : order_host_may_read(made->history) ? PROT_READ : PROT_NONE;
        if (access == made->access)
            continue;
        made->access = access;
        if (!made->opened)
            protect(made, access);
    }
}

void simgpu_memory_explain(const void *at, char *text, size_t text_bytes)
{
    const struct allocation *made = find(at);

    if (!made) {
        snprintf(text, text_bytes, "touched %p, which is no memory of the device", at);
        return;
    }
    if (made->freed)
        snprintf(text, text_bytes, "touched memory after it was freed (byte %ld of %zu)", (long)((const char *)at - made->memory),
                 made->bytes);
    else if ((const char *)at < made->memory)
        snprintf(text, text_bytes, "touched %ld bytes before an allocation of %zu bytes", (long)(made->memory - (const char *)at),
                 made->bytes);
    else if ((const char *)at >= made->memory + made->bytes)
        snprintf(text, text_bytes, "touched %ld bytes behind the end of an allocation of %zu bytes",
                 (long)((const char *)at - (made->memory + made->bytes)), made->bytes);
    else if (made->kind == SIMGPU_PINNED)
        snprintf(text, text_bytes, "touched byte %ld of %zu pinned bytes that a copy is under way with: it has not waited for it",
                 (long)((const char *)at - made->memory), made->bytes);
    else
        snprintf(text, text_bytes, "touched byte %ld of an allocation of %zu bytes of the device",
                 (long)((const char *)at - made->memory), made->bytes);
}

/* At exit: what the program never freed. Pinned memory counts too. */
__attribute__((destructor)) static void tell_leaks(void)
{
    int device = 0, pinned = 0;
    size_t bytes = 0;

    for (int i = 0; i < memory.count; i++) {
        if (memory.item[i].freed)
            continue;
        *(memory.item[i].kind == SIMGPU_DEVICE ? &device : &pinned) += 1;
        bytes += memory.item[i].bytes;
    }
    if (device + pinned)
        fprintf(stderr, "simgpu: leaked %d allocations of the device and %d pinned ones, %zu bytes\n", device, pinned, bytes);
}
