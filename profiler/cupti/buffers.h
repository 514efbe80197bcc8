/*
 * Buffers that CUPTI fills with records: asked for on any thread, handed back full on any thread (its own, or the one that
 * flushes). The lock is never held while CUPTI is called, since CUPTI calls back under its own.
 */
#ifndef PROFILER_CUPTI_BUFFERS_H
#define PROFILER_CUPTI_BUFFERS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define BUFFER_BYTES ((size_t)4 << 20) /* about 20,000 kernels; NVIDIA advises 1 to 10 MB */
#define BUFFERS_MOST 64                /* 256 MB that nobody drained: from then on CUPTI drops records, and counts them */

struct buffer {
    struct buffer *next;
    size_t valid_bytes;
    _Alignas(8) uint8_t bytes[];
};

struct buffers {
    pthread_mutex_t lock;
    struct buffer *full, *empty; /* full: newest first */
    int count;                   /* all that were made */
    int unlimited;               /* this CUPTI can't be denied a buffer */
};

void buffers_init(struct buffers *self, int unlimited);
void buffers_release(struct buffers *self);

/* One for CUPTI; NULL at the limit or without memory. */
uint8_t *buffers_lend(struct buffers *self);

/* Back from CUPTI. */
void buffers_return(struct buffers *self, uint8_t *bytes, size_t valid_bytes);

/* All that came back, oldest first; the caller gives the list to buffers_recycle when it has read them. */
struct buffer *buffers_take(struct buffers *self);
void buffers_recycle(struct buffers *self, struct buffer *list);

#endif
