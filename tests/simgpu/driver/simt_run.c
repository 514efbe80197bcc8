/*
 * The scheduler of a block. Every thread has a state; a round runs all threads that can run, then barriers and warps' instructions
 * that everybody arrived at are completed. When a round moves nobody, the threads have diverged, which is told, not waited for.
 */
#include "tests/simgpu/driver/simt_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/driver/fiber.h"
#include "tests/simgpu/driver/simt_int.h"

#define MOST_THREADS 1024
#define MOST_WARPS (MOST_THREADS / SIMT_WARP)

enum thread_state { THREAD_READY, THREAD_AT_BARRIER, THREAD_AT_WARP, THREAD_LEFT };

struct thread {
    enum thread_state state;
    struct fiber *fiber;          /* where it waits; NULL before it began and after it left */
    struct simt_collective *call; /* of THREAD_AT_WARP */
    int barrier_value;
};

/* A barrier's sum outlives its release: threads read it when they go on. */
static struct {
    const struct simt_launch *launch;
    struct thread thread[MOST_THREADS];
    unsigned order[MOST_THREADS]; /* in which threads take their turns */
    unsigned threads, next;       /* of the block; the first in `order` that has not begun */
    unsigned current;
    struct fiber *fiber; /* that runs; NULL: the scheduler */
    struct fiber *spare[MOST_THREADS];
    unsigned spares;
    int barrier_sum;
    unsigned leaving; /* threads that left in this round */
    bool running;
    enum simt_end end;
    char *reason;
    size_t reason_bytes;
    sigjmp_buf stop;
} run;

__attribute__((visibility("default"))) struct simt_place simt_now;

static void set_place(unsigned number)
{
    const struct simt_index *size = &simt_now.block_size;

    run.current = number;
    simt_now.thread = (struct simt_index){number % size->x, number / size->x % size->y, number / (size->x * size->y)};
    simt_now.lane = number % SIMT_WARP;
    simt_now.warp = number / SIMT_WARP;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *text, ...)
{
    va_list arguments;
    int length = snprintf(run.reason, run.reason_bytes, "kernel %s, block (%u,%u,%u), thread (%u,%u,%u): ", run.launch->kernel->name,
                          simt_now.block.x, simt_now.block.y, simt_now.block.z, simt_now.thread.x, simt_now.thread.y,
                          simt_now.thread.z);

    if (length < 0 || (size_t)length >= run.reason_bytes)
        return;
    va_start(arguments, text);
    vsnprintf(run.reason + length, run.reason_bytes - (size_t)length, text, arguments);
    va_end(arguments);
}

static __attribute__((noreturn)) void end_kernel(enum simt_end end)
{
    run.end = end;
    siglongjmp(run.stop, 1);
}

/* What a fiber does: runs threads that have not begun, one after the other, until one of them waits; then its turn is that one's. */
static void run_threads(void *unused)
{
    (void)unused;
    for (;;) {
        while (run.next < run.threads) {
            set_place(run.order[run.next++]);
            run.launch->kernel->call(run.launch->kernel->function, run.launch->arguments);
            struct thread *thread = &run.thread[run.current];
            bool waited = thread->fiber != NULL;
            thread->state = THREAD_LEFT;
            thread->fiber = NULL;
            if (waited)
                break; /* the scheduler resumed this one alone */
        }
        struct fiber *self = run.fiber;
        run.spare[run.spares++] = self;
        fiber_switch(self, NULL);
    }
}

/* Parks the running thread. */
static void wait_as(enum thread_state state)
{
    struct thread *thread = &run.thread[run.current];
    unsigned number = run.current;

    thread->state = state;
    thread->fiber = run.fiber;
    fiber_switch(run.fiber, NULL);
    set_place(number);
}

static bool enter(struct fiber *fiber)
{
    run.fiber = fiber;
    fiber_switch(NULL, fiber);
    run.fiber = NULL;
    return true;
}

static struct fiber *take_fiber(void)
{
    struct fiber *fiber = run.spares ? run.spare[--run.spares] : fiber_create(run_threads, NULL);

    if (!fiber)
        end_kernel(SIMT_NO_MEMORY);
    return fiber;
}

int simt_barrier(int value)
{
    run.thread[run.current].barrier_value = value;
    wait_as(THREAD_AT_BARRIER);
    return run.barrier_sum;
}

void simt_warp(struct simt_collective *call)
{
    if (!(call->mask >> simt_now.lane & 1)) {
        tell("a warp's instruction with the mask %#x, in which the calling lane %u is not", call->mask, simt_now.lane);
        end_kernel(SIMT_DIVERGED);
    }
    run.thread[run.current].call = call;
    wait_as(THREAD_AT_WARP);
}

unsigned simt_active_lanes(void)
{
    unsigned lanes = 0, first = simt_now.warp * SIMT_WARP;

    for (unsigned i = 0; i < SIMT_WARP && first + i < run.threads; i++)
        lanes |= (unsigned)(run.thread[first + i].state != THREAD_LEFT) << i;
    return lanes;
}

void simt_trap(const char *reason)
{
    tell("%s", reason);
    end_kernel(SIMT_TRAPPED);
}

/* ---- completing what everybody arrived at ---- */

/* Releases the block's barrier when all threads wait at it. */
static bool complete_barrier(void)
{
    int sum = 0;

    for (unsigned i = 0; i < run.threads; i++) {
        if (run.thread[i].state != THREAD_AT_BARRIER)
            return false;
        sum += run.thread[i].barrier_value;
    }
    run.barrier_sum = sum;
    for (unsigned i = 0; i < run.threads; i++)
        run.thread[i].state = THREAD_READY;
    return true;
}

/* The lane whose value `lane` gets (PTX, shfl.sync); its own where the source lies outside its sub-warp. */
static int source_lane(const struct simt_collective *call, int lane)
{
    int first = lane / call->width * call->width, at = lane - first;

    switch (call->kind) {
    case SIMT_SHUFFLE:
        return first + (call->operand & (call->width - 1));
    case SIMT_SHUFFLE_UP:
        return at - call->operand < 0 ? lane : lane - call->operand;
    case SIMT_SHUFFLE_DOWN:
        return at + call->operand >= call->width ? lane : lane + call->operand;
    case SIMT_SHUFFLE_XOR: /* may read from a lower sub-warp, not from a higher one */
        return (lane ^ call->operand) >= first + call->width ? lane : lane ^ call->operand;
    default:
        return lane;
    }
}

static void fail_at(unsigned number, const char *what, int lane)
{
    set_place(number);
    tell("%s %d", what, lane);
    end_kernel(SIMT_DIVERGED);
}

static void compute(unsigned first, unsigned mask)
{
    unsigned ballot = 0;

    for (int lane = 0; lane < SIMT_WARP; lane++)
        if (mask >> lane & 1 && run.thread[first + (unsigned)lane].call->kind == SIMT_BALLOT)
            ballot |= (unsigned)*(const int *)run.thread[first + (unsigned)lane].call->value << lane;
    for (int lane = 0; lane < SIMT_WARP; lane++) {
        if (!(mask >> lane & 1))
            continue;
        struct simt_collective *call = run.thread[first + (unsigned)lane].call;
        if (call->kind == SIMT_BALLOT)
            *(unsigned *)call->result = ballot;
        if (call->kind == SIMT_BALLOT || call->kind == SIMT_SYNC)
            continue;
        int from = source_lane(call, lane);
        if (!(mask >> from & 1))
            fail_at(first + (unsigned)lane, "a shuffle that reads from a lane that takes no part:", from);
        memcpy(call->result, run.thread[first + (unsigned)from].call->value, call->bytes);
    }
}

/* Does the instruction that `leader` waits at when all lanes of its mask are there. */
static bool complete_call(unsigned first, unsigned leader)
{
    const struct simt_collective *call = run.thread[leader].call;

    for (unsigned lane = 0; lane < SIMT_WARP; lane++) {
        if (!(call->mask >> lane & 1))
            continue;
        if (first + lane >= run.threads) { /* a block that ends within a warp: its missing lanes are not waited for */
            fail_at(leader, "a warp's instruction whose mask has a lane that the block has not:", (int)lane);
        }
        const struct thread *other = &run.thread[first + lane];
        if (other->state == THREAD_LEFT)
            fail_at(leader, "a warp's instruction waits for a lane that has left the kernel:", (int)lane);
        if (other->state != THREAD_AT_WARP)
            return false;
        if (other->call->kind != call->kind || other->call->mask != call->mask || other->call->bytes != call->bytes)
            fail_at(leader, "lanes of one warp are at different instructions or masks; the other is lane", (int)lane);
    }
    unsigned mask = call->mask; /* call is on a stack that goes on running below */
    compute(first, mask);
    for (unsigned lane = 0; lane < SIMT_WARP; lane++)
        if (mask >> lane & 1)
            run.thread[first + lane].state = THREAD_READY;
    return true;
}

static bool complete_warps(void)
{
    bool moved = false;

    for (unsigned i = 0; i < run.threads; i++)
        if (run.thread[i].state == THREAD_AT_WARP)
            moved |= complete_call(i / SIMT_WARP * SIMT_WARP, i);
    return moved;
}

/* ---- a block ---- */

static bool run_ready(void)
{
    bool moved = false;

    while (run.next < run.threads) {
        enter(take_fiber());
        moved = true;
    }
    for (unsigned i = 0; i < run.threads; i++) {
        struct thread *thread = &run.thread[run.order[i]];
        if (thread->state != THREAD_READY || !thread->fiber)
            continue;
        moved |= enter(thread->fiber);
    }
    return moved;
}

static void explain_divergence(void)
{
    unsigned at_barrier = 0, at_warp = 0, left = 0, example = 0;

    for (unsigned i = 0; i < run.threads; i++) {
        at_barrier += run.thread[i].state == THREAD_AT_BARRIER;
        at_warp += run.thread[i].state == THREAD_AT_WARP;
        left += run.thread[i].state == THREAD_LEFT;
        if (run.thread[i].state == THREAD_AT_BARRIER || run.thread[i].state == THREAD_AT_WARP)
            example = i;
    }
    set_place(example);
    tell("waits for threads that never come: %u wait at __syncthreads(), %u at a warp's instruction, %u have left the kernel",
         at_barrier, at_warp, left);
    end_kernel(SIMT_DIVERGED);
}

static bool all_left(void)
{
    for (unsigned i = 0; i < run.threads; i++)
        if (run.thread[i].state != THREAD_LEFT)
            return false;
    return true;
}

static void run_block(void)
{
    memset(run.thread, 0, run.threads * sizeof *run.thread);
    run.next = 0;
    for (;;) {
        bool moved = run_ready();
        if (all_left())
            return;
        moved |= complete_warps();
        moved |= complete_barrier();
        if (!moved)
            explain_divergence();
    }
}

/* ---- a grid ---- */

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void make_order(uint64_t seed)
{
    for (unsigned i = 0; i < run.threads; i++)
        run.order[i] = i;
    for (unsigned i = run.threads - 1; seed && i > 0; i--) {
        unsigned j = (unsigned)(next_random(&seed) % (i + 1)), kept = run.order[i];
        run.order[i] = run.order[j];
        run.order[j] = kept;
    }
}

static void run_grid(const struct simt_launch *launch)
{
    uint64_t blocks = (uint64_t)launch->grid.x * launch->grid.y * launch->grid.z, seed = launch->seed;
    uint64_t first = seed ? next_random(&seed) % blocks : 0;

    make_order(launch->seed);
    simt_fill_shared(launch->kernel);
    for (uint64_t i = 0; i < blocks; i++) {
        uint64_t b = (i + first) % blocks;
        simt_now.block = (struct simt_index){(unsigned)(b % launch->grid.x), (unsigned)(b / launch->grid.x % launch->grid.y),
                                             (unsigned)(b / launch->grid.x / launch->grid.y)};
        run_block();
    }
}

/* Stacks of threads that were left in the middle are thrown away with them. */
static void drop_fibers(void)
{
    for (unsigned i = 0; i < run.threads; i++)
        if (run.thread[i].fiber && run.thread[i].fiber != run.fiber)
            fiber_destroy(run.thread[i].fiber);
    if (run.fiber)
        fiber_destroy(run.fiber);
    run.fiber = NULL;
}

enum simt_end simt_run(const struct simt_launch *launch, char *reason, size_t reason_bytes)
{
    reason[0] = '\0';
    run.launch = launch;
    run.threads = launch->block.x * launch->block.y * launch->block.z;
    run.reason = reason;
    run.reason_bytes = reason_bytes;
    run.end = SIMT_DONE;
    simt_now.block_size = launch->block;
    simt_now.grid = launch->grid;
    run.running = true;
    if (sigsetjmp(run.stop, 1) == 0)
        run_grid(launch);
    else
        drop_fibers();
    run.running = false;
    return run.end;
}

bool simt_running(void)
{
    return run.running;
}

void simt_stop(const char *reason)
{
    tell("%s", reason);
    end_kernel(SIMT_FAULT);
}

const char *simt_explain_address(const void *address)
{
    return run.fiber && fiber_overflowed(run.fiber, address) ? "stack overflow: a thread's local variables take too much" : NULL;
}

/* ---- registered kernels ---- */

static struct {
    const struct simt_kernel **kernel;
    size_t count, room;
} registry;

__attribute__((visibility("default"))) void simt_register(const struct simt_kernel *kernel)
{
    if (registry.count == registry.room) {
        registry.room = registry.room ? 2 * registry.room : 64;
        registry.kernel = realloc(registry.kernel, registry.room * sizeof *registry.kernel);
        if (!registry.kernel)
            abort();
    }
    registry.kernel[registry.count++] = kernel;
}

const struct simt_kernel *simt_find(const char *name)
{
    for (size_t i = 0; i < registry.count; i++)
        if (strcmp(registry.kernel[i]->name, name) == 0)
            return registry.kernel[i];
    return NULL;
}
