/* The ring's slow paths: making it, waiting before it, emptying it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "profiler/ring.h"

bool ring_init(struct ring *ring, size_t capacity, sem_t *wake)
{
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->head, 0);
    atomic_init(&ring->waits, 0);
    atomic_init(&ring->wait_ns, 0);
    ring->head_seen = 0;
    ring->mask = capacity - 1;
    ring->wake = wake;
    ring->events = malloc(capacity * sizeof *ring->events);
    if (!ring->events)
        return false;
    memset(ring->events, 0xff, capacity * sizeof *ring->events);
    return true;
}

void ring_release(struct ring *ring)
{
    free(ring->events);
    ring->events = NULL;
}

static bool ring_is_full(struct ring *ring, size_t tail)
{
    ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
    return tail - ring->head_seen > ring->mask;
}

void ring_wait(struct ring *ring, size_t tail)
{
    const struct timespec pause = {.tv_nsec = 50000};
    int64_t start_ns;

    if (!ring_is_full(ring, tail))
        return;
    start_ns = clock_ns();
    do {
        sem_post(ring->wake);
        nanosleep(&pause, NULL);
    } while (ring_is_full(ring, tail));
    atomic_fetch_add_explicit(&ring->waits, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&ring->wait_ns, clock_ns() - start_ns, memory_order_relaxed);
}

size_t ring_pop(struct ring *ring, struct event *out, size_t most)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    size_t count = atomic_load_explicit(&ring->tail, memory_order_acquire) - head;
    size_t first;

    if (count > most)
        count = most;
    first = ring->mask + 1 - (head & ring->mask);
    if (first > count)
        first = count;
    memcpy(out, ring->events + (head & ring->mask), first * sizeof *out);
    memcpy(out + first, ring->events, (count - first) * sizeof *out);
    atomic_store_explicit(&ring->head, head + count, memory_order_release);
    return count;
}
