/*
 * Buffers: asked of the client when a record needs one, delivered by a thread of their own when they are full or flushed. The lock
 * is never held while the client's functions run.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/cupti/cupti_int.h"

struct full {
    uint8_t *bytes;
    size_t size, valid_bytes;
    struct full *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t thread;
    bool started, delivering;
    CUpti_BuffersCallbackRequestFunc request;
    CUpti_BuffersCallbackCompleteFunc complete;
    uint8_t *bytes; /* being filled */
    size_t size, used, dropped;
    struct full *first, **last;
} buffers = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER,
             .last = &buffers.first};

static void *deliver(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&buffers.lock);
    for (;;) {
        while (!buffers.first)
            pthread_cond_wait(&buffers.work, &buffers.lock);
        struct full *full = buffers.first;
        buffers.first = full->next;
        if (!buffers.first)
            buffers.last = &buffers.first;
        buffers.delivering = true;
        CUpti_BuffersCallbackCompleteFunc complete = buffers.complete;
        pthread_mutex_unlock(&buffers.lock);
        complete(NULL, 0, full->bytes, full->size, full->valid_bytes);
        free(full);
        pthread_mutex_lock(&buffers.lock);
        buffers.delivering = false;
        pthread_cond_broadcast(&buffers.done);
    }
    return NULL;
}

void cupti_set_callbacks(CUpti_BuffersCallbackRequestFunc request, CUpti_BuffersCallbackCompleteFunc complete)
{
    pthread_mutex_lock(&buffers.lock);
    buffers.request = request;
    buffers.complete = complete;
    if (!buffers.started && pthread_create(&buffers.thread, NULL, deliver, NULL) != 0)
        abort();
    if (!buffers.started)
        pthread_detach(buffers.thread);
    buffers.started = true;
    pthread_mutex_unlock(&buffers.lock);
}

/* With the lock. */
static void hand_over(void)
{
    struct full *full = malloc(sizeof *full);

    if (!full)
        abort();
    *full = (struct full){buffers.bytes, buffers.size, buffers.used, NULL};
    *buffers.last = full;
    buffers.last = &full->next;
    buffers.bytes = NULL;
    buffers.used = 0;
    pthread_cond_signal(&buffers.work);
}

/* With the lock, which is let go while the client is asked. */
static bool get_buffer(void)
{
    uint8_t *bytes = NULL;
    size_t size = 0, most_records = 0;
    CUpti_BuffersCallbackRequestFunc request = buffers.request;

    pthread_mutex_unlock(&buffers.lock);
    if (request && !simgpu_fault("drop_buffers"))
        request(&bytes, &size, &most_records);
    pthread_mutex_lock(&buffers.lock);
    if (!bytes || size < 1024)
        return false;
    if (buffers.bytes) /* another thread was faster */
        hand_over();
    buffers.bytes = bytes;
    buffers.size = size;
    buffers.used = 0;
    return true;
}

void cupti_record(const void *record, size_t bytes)
{
    int64_t start_ns = simgpu_now_ns();
    bool got = false;

    pthread_mutex_lock(&buffers.lock);
    if (buffers.bytes && buffers.used + bytes > buffers.size)
        hand_over();
    if (buffers.bytes || (got = get_buffer())) {
        memcpy(buffers.bytes + buffers.used, record, bytes);
        buffers.used += bytes;
    } else {
        buffers.dropped++;
    }
    pthread_mutex_unlock(&buffers.lock);
    if (got)
        cupti_overhead(CUPTI_ACTIVITY_OVERHEAD_ACTIVITY_BUFFER_REQUEST, start_ns, simgpu_now_ns(), 0);
}

void cupti_deliver_all(void)
{
    int64_t start_ns = simgpu_now_ns();
    bool some;

    pthread_mutex_lock(&buffers.lock);
    if (buffers.bytes && buffers.used > 0)
        hand_over();
    some = buffers.first || buffers.delivering;
    while (buffers.first || buffers.delivering)
        pthread_cond_wait(&buffers.done, &buffers.lock);
    pthread_mutex_unlock(&buffers.lock);
    if (some)
        cupti_overhead(CUPTI_ACTIVITY_OVERHEAD_CUPTI_BUFFER_FLUSH, start_ns, simgpu_now_ns(), 0);
}

size_t cupti_take_dropped(void)
{
    pthread_mutex_lock(&buffers.lock);
    size_t dropped = buffers.dropped;
    buffers.dropped = 0;
    pthread_mutex_unlock(&buffers.lock);
    return dropped;
}
