/*
 * A single-producer single-consumer ring of fixed-size events: the thread that runs steps pushes, the writer thread
 * pops. Neither locks. A full ring makes its producer wait, and the wait is counted. A push is one 24-byte store and
 * one release store; the consumer's position is read only when the ring looks full.
 */
#ifndef PROFILER_RING_H
#define PROFILER_RING_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_EVENTS ((size_t)1 << 16) /* 1.5 MB a thread: about 30 steps of a ResNet-50 */

enum event_kind {
    EVENT_STEP_BEGIN,  /* a: index, b: start_ns */
    EVENT_KERNEL,      /* number; a: start_ns, b: end_ns */
    EVENT_OP,          /* number; a: start_ns, b: end_ns */
    EVENT_STEP_COUNTS, /* a: index, b: images */
    EVENT_STEP_VALUES, /* a: loss, b: grad_scale (real) */
    EVENT_STEP_END,    /* number: skipped; a: start_ns, b: end_ns */
    EVENT_LAUNCH,      /* number of the kernel; a: launch_ns, b: id that the device's records come with, 0 = none will */
    EVENT_DEVICE,      /* a: struct activity_record[], freed by who takes the event, b: how many */
    EVENT_COUNT
};

union event_value {
    int64_t integer;
    double real;
    void *pointer;
};

struct event {
    int32_t kind;   /* enum event_kind */
    int32_t number; /* declared number of the kernel or operator */
    union event_value a, b;
};

struct ring {
    _Alignas(64) atomic_size_t tail;    /* events pushed so far; written by the producer */
    size_t head_seen;                   /* producer's copy of head, refreshed when the ring looks full */
    atomic_int_fast64_t waits, wait_ns; /* how often and how long the producer stood before a full ring */
    _Alignas(64) atomic_size_t head;    /* events popped so far; written by the consumer */
    _Alignas(64) size_t mask;           /* capacity - 1 */
    struct event *events;
    sem_t *wake; /* the consumer's; posted at each half and when full */
};

/* capacity is a power of two. False when there is no memory. Touches every page, so that no push meets a page fault. */
bool ring_init(struct ring *ring, size_t capacity, sem_t *wake);
void ring_release(struct ring *ring);

/* Until there is room: wakes the consumer, sleeps a little, again. */
void ring_wait(struct ring *ring, size_t tail);

/* Takes up to `most` events, in order; returns how many. Consumer only. */
size_t ring_pop(struct ring *ring, struct event *out, size_t most);

/* Producer only. */
static inline void ring_push(struct ring *ring, const struct event *event)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (tail - ring->head_seen > ring->mask)
        ring_wait(ring, tail);
    ring->events[tail & ring->mask] = *event;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    if (!((tail + 1) & (ring->mask >> 1)))
        sem_post(ring->wake);
}

#endif
