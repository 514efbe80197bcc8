/*
 * Transposition of one block, and the queue through which finished blocks leave for memory. While a block is put
 * together in a buffer, the one before it is written out a few lines per step: reads, shuffles and writes overlap.
 */
#ifndef KERNELS_CPU_VECTOR_TRANSPOSE_H
#define KERNELS_CPU_VECTOR_TRANSPOSE_H

#include "kernels/cpu/vector/stream.h"

/* Bytes of a row, or of a column, from which a block is transposed in vectors; below there is only a plain loop. */
#define TRANSPOSE_LEAST_BYTES 16

/* Columns of a finished block on their way from a buffer to memory; all zero: nothing waits. */
struct line_queue {
    char *to; /* the first column that is not written yet, in memory and in the buffer */
    const char *from;
    int64_t to_pitch, from_pitch, column_bytes; /* pitches in bytes, from column to column */
    int64_t columns;                            /* that are not written yet */
    int64_t at, end;                            /* which bytes of the first of them go next: whole lines of `to` */
    bool stream;                                /* past the caches */
};

/* Turns to the first column: its bytes outside of whole lines are copied at once. */
VECTOR_INLINE void line_queue_start(struct line_queue *queue)
{
    int64_t head = line_head(queue->to, queue->column_bytes), tail = (queue->column_bytes - head) % LINE_BYTES;
    queue->at = head;
    queue->end = queue->column_bytes - tail;
    if (head > 0)
        memcpy(queue->to, queue->from, (size_t)head);
    if (tail > 0)
        memcpy(queue->to + queue->end, queue->from + queue->end, (size_t)tail);
}

/* Writes the next `bytes`, a multiple of a line, or what is left. */
VECTOR_INLINE void line_queue_write(struct line_queue *queue, int64_t bytes)
{
    while (bytes > 0 && queue->columns > 0) {
        int64_t left = queue->end - queue->at, part = bytes < left ? bytes : left;
        copy_lines(queue->to + queue->at, queue->from + queue->at, part, queue->stream);
        bytes -= part;
        queue->at += part;
        if (part == left) {
            queue->to += queue->to_pitch;
            queue->from += queue->from_pitch;
            if (--queue->columns > 0)
                line_queue_start(queue);
        }
    }
}

struct transpose_block {
    const char *from;
    char *to;
    int64_t from_pitch, to_pitch; /* bytes from row to row of from, from column to column of to */
    int64_t rows, columns;
    int64_t ahead;       /* bytes from `from` to what this thread reads later, with the same pitch; prefetched */
    int64_t ahead_bytes; /* of a row there */
};

/* Transposes a block of any size, elements of 4 or 2 bytes; meanwhile writes about as many lines of `queue`. */
void VECTOR_NAME(transpose_block)(const struct transpose_block *block, size_t element_bytes, struct line_queue *queue);

#endif
