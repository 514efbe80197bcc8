/* Two lists of buffers under a lock. */
#include "profiler/cupti/buffers.h"

#include <stdlib.h>

void buffers_init(struct buffers *self, int unlimited)
{
    *self = (struct buffers){.unlimited = unlimited};
    pthread_mutex_init(&self->lock, NULL);
}

static void free_list(struct buffer *list)
{
    while (list) {
        struct buffer *next = list->next;
        free(list);
        list = next;
    }
}

void buffers_release(struct buffers *self)
{
    free_list(self->full);
    free_list(self->empty);
    pthread_mutex_destroy(&self->lock);
}

uint8_t *buffers_lend(struct buffers *self)
{
    pthread_mutex_lock(&self->lock);
    struct buffer *buffer = self->empty;
    int may_make = self->unlimited || self->count < BUFFERS_MOST;
    if (buffer)
        self->empty = buffer->next;
    else if (may_make && (buffer = malloc(sizeof *buffer + BUFFER_BYTES)))
        self->count++;
    pthread_mutex_unlock(&self->lock);
    return buffer ? buffer->bytes : NULL;
}

static struct buffer *of_bytes(uint8_t *bytes)
{
    return (struct buffer *)(void *)(bytes - offsetof(struct buffer, bytes));
}

void buffers_return(struct buffers *self, uint8_t *bytes, size_t valid_bytes)
{
    struct buffer *buffer = of_bytes(bytes);

    buffer->valid_bytes = valid_bytes < BUFFER_BYTES ? valid_bytes : BUFFER_BYTES;
    pthread_mutex_lock(&self->lock);
    buffer->next = self->full;
    self->full = buffer;
    pthread_mutex_unlock(&self->lock);
}

struct buffer *buffers_take(struct buffers *self)
{
    struct buffer *list = NULL;

    pthread_mutex_lock(&self->lock);
    struct buffer *full = self->full;
    self->full = NULL;
    pthread_mutex_unlock(&self->lock);
    while (full) {
        struct buffer *next = full->next;
        full->next = list;
        list = full;
        full = next;
    }
    return list;
}

void buffers_recycle(struct buffers *self, struct buffer *list)
{
    pthread_mutex_lock(&self->lock);
    while (list) {
        struct buffer *next = list->next;
        list->next = self->empty;
        self->empty = list;
        list = next;
    }
    pthread_mutex_unlock(&self->lock);
}
