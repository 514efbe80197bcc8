/* Vector clocks, kept where work is called for, not where it runs. */
#include "tests/simgpu/driver/order.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/simgpu/driver/memory_int.h"

static struct order host;
static int actors = ORDER_DEFAULT + 1;

int order_new_actor(void)
{
    return actors++;
}

void order_learn(struct order *to, const struct order *from)
{
    for (int i = 0; i < ORDER_ACTORS; i++)
        if (to->done[i] < from->done[i])
            to->done[i] = from->done[i];
}

void order_host_learns(const struct order *from)
{
    order_learn(&host, from);
    simgpu_memory_guard_pinned();
}

void order_learn_host(struct order *to)
{
    order_learn(to, &host);
}

/* An actor whose access of that kind is not known to be done; -1: there is none. */
static int unknown_access(const struct order *known, const struct history *history, enum simgpu_access_kind kind)
{
    for (int i = 0; i < ORDER_ACTORS; i++)
        if (history->at[kind][i] > known->done[i])
            return i;
    return -1;
}

bool order_host_may_read(const struct history *history)
{
    return unknown_access(&host, history, SIMGPU_WRITES) < 0 && unknown_access(&host, history, SIMGPU_TOUCHES) < 0;
}

bool order_host_may_write(const struct history *history)
{
    return order_host_may_read(history) && unknown_access(&host, history, SIMGPU_READS) < 0;
}

/* SIMGPU_RACES=0: not told. */
static bool looks(void)
{
    const char *given = getenv("SIMGPU_RACES");
    return !(given && *given == '0');
}

static void tell_race(const struct simgpu_access *access, const char *name, unsigned stream, const char *other, size_t bytes)
{
    static const char *const verb[] = {[SIMGPU_READS] = "reads", [SIMGPU_WRITES] = "writes", [SIMGPU_TOUCHES] = "may touch"};
    char text[512];

    snprintf(text, sizeof text, "a race: %s in stream %u %s an allocation of %zu bytes, and nothing makes it wait for %s in another stream",
             name, stream, verb[access->kind], bytes, other);
    simgpu_lose_device(cudaErrorUnknown, text);
}

static const char *name_of(const struct simgpu_work *work)
{
    return work->name ? work->name : work->kind == SIMGPU_FILL ? "a fill" : "a copy";
}

/* True when it races. */
static bool check(const struct order *known, const struct simgpu_access *access, const struct history *history, const char **other)
{
    /* A kernel that has a pointer reads or writes: only what surely does the opposite is held against it. */
    static const bool against[SIMGPU_ACCESS_KINDS][SIMGPU_ACCESS_KINDS] = {
        [SIMGPU_READS] = {[SIMGPU_WRITES] = true},
        [SIMGPU_WRITES] = {[SIMGPU_READS] = true, [SIMGPU_WRITES] = true, [SIMGPU_TOUCHES] = true},
        [SIMGPU_TOUCHES] = {[SIMGPU_WRITES] = true}};

    for (int kind = 0; kind < SIMGPU_ACCESS_KINDS; kind++) {
        if (!against[access->kind][kind] || unknown_access(known, history, (enum simgpu_access_kind)kind) < 0)
            continue;
        *other = history->name[kind];
        return true;
    }
    return false;
}

void order_work(struct order *of, int actor, unsigned stream, const struct simgpu_work *work)
{
    size_t bytes;
    const char *other;

    order_learn(of, &host);
    if (actor >= ORDER_ACTORS)
        return;
    of->done[actor]++;
    for (int i = 0; i < work->accesses; i++) {
        const struct simgpu_access *access = &work->access[i];
        struct history *history = simgpu_memory_history(access->memory, &bytes);
        if (!history)
            continue;
        if (looks() && check(of, access, history, &other)) {
            tell_race(access, name_of(work), stream, other, bytes);
            return;
        }
        history->at[access->kind][actor] = of->done[actor];
        history->name[access->kind] = name_of(work);
    }
    if (work->kind != SIMGPU_KERNEL) /* which reaches no pinned memory here */
        simgpu_memory_guard_pinned();
}
