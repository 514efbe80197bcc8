/* Finding the calling thread's channel: two loads when it is the one of the last call, a lock the first time. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/recorder_int.h"

static atomic_uint_fast64_t threads_seen;

static _Thread_local struct {
    uint64_t recorder_serial; /* 0 = nothing cached */
    struct channel *channel;
    uint64_t thread_serial; /* 0 = not given yet */
} cache;

static struct channel *channel_create(struct recorder *recorder)
{
    struct channel *channel = aligned_alloc(_Alignof(struct channel), sizeof *channel);

    if (!channel)
        return NULL;
    *channel = (struct channel){.thread_serial = cache.thread_serial, .thread_id = syscall(SYS_gettid)};
    if (!ring_init(&channel->ring, RING_EVENTS, &recorder->wake)) {
        free(channel);
        return NULL;
    }
    channel->next = atomic_load_explicit(&recorder->channels, memory_order_relaxed);
    atomic_store_explicit(&recorder->channels, channel, memory_order_release);
    return channel;
}

static struct channel *channel_find(struct recorder *recorder)
{
    struct channel *channel = atomic_load_explicit(&recorder->channels, memory_order_relaxed);

    while (channel && channel->thread_serial != cache.thread_serial)
        channel = channel->next;
    return channel;
}

static struct channel *channel_look_up(struct recorder *recorder)
{
    struct channel *channel;

    if (!cache.thread_serial)
        cache.thread_serial = atomic_fetch_add(&threads_seen, 1) + 1;
    pthread_mutex_lock(&recorder->lock);
    channel = channel_find(recorder);
    if (!channel)
        channel = channel_create(recorder);
    if (!channel)
        recorder_stop(recorder, FAIL(NO_MEMORY, "no memory for a thread's events"));
    pthread_mutex_unlock(&recorder->lock);
    if (channel) {
        cache.recorder_serial = recorder->serial;
        cache.channel = channel;
    }
    return channel;
}

struct channel *channel_of_thread(struct recorder *recorder)
{
    return cache.recorder_serial == recorder->serial ? cache.channel : channel_look_up(recorder);
}

void channels_destroy(struct recorder *recorder)
{
    struct channel *channel = atomic_load(&recorder->channels), *next;

    for (; channel; channel = next) {
        next = channel->next;
        ring_release(&channel->ring);
        free(channel->events);
        free(channel);
    }
}
