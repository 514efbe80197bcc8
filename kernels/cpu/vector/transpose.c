/*
 * Transposition of large matrices in blocks, one way for all shapes: a block is one cache line of columns, read down
 * many rows, put together in a buffer and written from there in whole lines, in order, while the next one is put
 * together.
 *
 * What decides the speed, found on Zen 4 with buffers that are in no cache (bfloat16, one core, GB/s of payload):
 * - reads one line wide with the lines of a later block prefetched to the second level (22 to 27; runs of 512 bytes 17;
 *   without prefetch 10 to 15). *Every* line of an unaligned row counts: one forgotten line per 128 bytes halved it.
 * - stores past the caches in runs (64 bytes at a 4 KB pitch 22, 128 bytes 33, 256 bytes 50, 512 bytes 67).
 * - no line written in two parts: where output rows do not end on line boundaries (7x7, 14x14) a block has all rows.
 * - no store across a page: buffers start on pages, their columns on lines where they need not be contiguous.
 */
#include <omp.h>

#include "kernels/cpu/vector/convert.h"
#include "kernels/cpu/vector/transpose.h"

#define PAGE_BYTES 4096
#define STAGE_BYTES ((int64_t)80 << 10) /* a block under construction: the second level holds two, most need 10 KB */
#define LEAST_BYTES ((int64_t)2 << 10)  /* of a block, so that the work per block counts little */
#define MOST_ROWS 896                   /* of a block, where cutting output rows would cut lines */
#define PIECE_ROWS 128                  /* of a block, where output rows may be cut on line boundaries */
#define NARROW_LENGTH 512               /* long side of a block when the other is too short for vectors */
#define RING 4                          /* blocks from the one at work to the one being prefetched, at most */
#define AHEAD_BYTES ((int64_t)48 << 10) /* wanted from the one to the other */

#define MOST_COLUMNS_BYTES (LINE_BYTES + TRANSPOSE_LEAST_BYTES)
_Static_assert(MOST_COLUMNS_BYTES / 2 * (2 * MOST_ROWS + TRANSPOSE_LEAST_BYTES + 2 * LINE_BYTES) <= STAGE_BYTES,
               "the largest block, its columns padded, fits its buffer");

/* How one call cuts its matrices. */
struct blocking {
    int64_t rows, columns;             /* of a block; the last of a matrix may be larger by `least` - 1 */
    int64_t row_blocks, column_blocks; /* of one matrix */
    int64_t ahead;                     /* distance to the block being prefetched, 1 to RING - 1 */
    bool cast;
};

/* A block's place. Blocks run along columns first, then rows, then matrices. */
struct cursor {
    int64_t matrix, row, column; /* the latter two in blocks */
    int64_t from, to;            /* of the matrix, bytes */
};

/* One thread's buffers; the two stages take turns. */
struct buffers {
    char stage[2][STAGE_BYTES], cast[STAGE_BYTES];
} __attribute__((aligned(PAGE_BYTES)));

/* Number of blocks of `size` in `total` such that none is smaller than `least`. */
static int64_t block_count(int64_t total, int64_t size, int64_t least)
{
    int64_t count = total / size + (total % size >= least);
    return count > 0 ? count : 1;
}

/* True when every output row of every matrix starts and ends on a line boundary. */
static bool has_whole_lines(const struct transpose_plan *plan)
{
    int64_t run_bytes = plan->rows * (int64_t)dtype_bytes(plan->outer.to_dtype);
    bool whole = line_aligned(plan->outer.to) && plan->to_pitch % LINE_BYTES == 0 && run_bytes % LINE_BYTES == 0;
    for (int d = 0; d < plan->outer.dims; d++)
        whole = whole && plan->outer.to_stride[d] % LINE_BYTES == 0;
    return whole;
}

static void choose_blocking(struct blocking *out, const struct transpose_plan *plan)
{
    int64_t bytes = (int64_t)dtype_bytes(plan->outer.to_dtype), least = TRANSPOSE_LEAST_BYTES / bytes;
    out->cast = plan->outer.from_dtype != plan->outer.to_dtype;
    if (plan->rows < least || plan->columns < least) { /* three channels above all: long pieces of the long side */
        bool flat = plan->rows < plan->columns;
        out->rows = flat ? plan->rows : NARROW_LENGTH;
        out->columns = flat ? NARROW_LENGTH : plan->columns;
        least = 1;
    } else {
        out->rows = has_whole_lines(plan) ? PIECE_ROWS : MOST_ROWS;
        out->rows = plan->rows < out->rows ? plan->rows : out->rows;
        out->columns = LINE_BYTES / bytes;
        while (out->rows * out->columns * bytes < LEAST_BYTES)
            out->columns *= 2;
    }
    out->row_blocks = block_count(plan->rows, out->rows, least);
    out->column_blocks = block_count(plan->columns, out->columns, least);
    out->ahead = AHEAD_BYTES / (out->rows * out->columns * bytes);
    out->ahead = out->ahead < 1 ? 1 : out->ahead < RING ? out->ahead : RING - 1;
}

static void cursor_find_matrix(struct cursor *cursor, const struct transpose_plan *plan)
{
    if (cursor->matrix < plan->count)
        copy_plan_offsets(&plan->outer, plan->outer.dims, cursor->matrix, &cursor->from, &cursor->to);
}

static struct cursor cursor_make(const struct transpose_plan *plan, const struct blocking *blocking, int64_t index)
{
    struct cursor cursor = {.column = index % blocking->column_blocks};
    index /= blocking->column_blocks;
    cursor.row = index % blocking->row_blocks;
    cursor.matrix = index / blocking->row_blocks;
    cursor_find_matrix(&cursor, plan);
    return cursor;
}

static void cursor_step(struct cursor *cursor, const struct transpose_plan *plan, const struct blocking *blocking)
{
    if (++cursor->column < blocking->column_blocks)
        return;
    cursor->column = 0;
    if (++cursor->row < blocking->row_blocks)
        return;
    cursor->row = 0;
    cursor->matrix++;
    cursor_find_matrix(cursor, plan);
}

/* The block at `cursor`, which steps on; its `to` is the place in memory. */
static struct transpose_block next_block(const struct transpose_plan *plan, const struct blocking *blocking,
                                         struct cursor *cursor)
{
    int64_t row = cursor->row * blocking->rows, column = cursor->column * blocking->columns;
    struct transpose_block block = {
        .from = plan->outer.from + cursor->from + row * plan->from_pitch +
                column * (int64_t)dtype_bytes(plan->outer.from_dtype),
        .to = plan->outer.to + cursor->to + column * plan->to_pitch + row * (int64_t)dtype_bytes(plan->outer.to_dtype),
        .from_pitch = plan->from_pitch,
        .to_pitch = plan->to_pitch,
        .rows = cursor->row == blocking->row_blocks - 1 ? plan->rows - row : blocking->rows,
        .columns = cursor->column == blocking->column_blocks - 1 ? plan->columns - column : blocking->columns,
    };
    cursor_step(cursor, plan, blocking);
    return block;
}

/* Brings the block's rows into the output's dtype, in `to`, and lets the block read from there. */
static void cast_block(const struct transpose_plan *plan, struct transpose_block *block, char *to)
{
    int64_t pitch = block->columns * (int64_t)dtype_bytes(plan->outer.to_dtype);
    for (int64_t r = 0; r < block->rows; r++) {
        const char *from = block->from + r * block->from_pitch;
        for (int64_t b = 0; b < block->ahead_bytes; b += LINE_BYTES)
            __builtin_prefetch(from + block->ahead + b, 0, 2);
        VECTOR_NAME(convert_row)(to + r * pitch, plan->outer.to_dtype, from, plan->outer.from_dtype, block->columns);
    }
    block->from = to;
    block->from_pitch = pitch;
    block->ahead = block->ahead_bytes = 0;
}

/*
 * Puts the block together in `stage` while `queue` is written, and makes it what `queue` writes next. In the stage
 * columns start on lines, at an odd distance in lines; whole output rows that follow each other leave as one run.
 */
static void transpose_staged(const struct transpose_plan *plan, struct transpose_block *block, char *stage,
                             struct line_queue *queue)
{
    int64_t column_bytes = block->rows * (int64_t)dtype_bytes(plan->outer.to_dtype);
    bool one_run = column_bytes == block->to_pitch;
    struct line_queue next = {
        .to = block->to,
        .from = stage,
        .to_pitch = block->to_pitch,
        .from_pitch = (column_bytes + LINE_BYTES - 1) / LINE_BYTES / 2 * 2 * LINE_BYTES + LINE_BYTES,
        .column_bytes = one_run ? column_bytes * block->columns : column_bytes,
        .columns = one_run ? 1 : block->columns,
        .stream = plan->outer.stream,
    };
    block->to = stage;
    block->to_pitch = one_run ? column_bytes : next.from_pitch;
    VECTOR_NAME(transpose_block)(block, dtype_bytes(plan->outer.to_dtype), queue);
    line_queue_write(queue, INT64_MAX);
    *queue = next;
    line_queue_start(queue);
}

void VECTOR_NAME(convert_transpose)(const struct transpose_plan *plan, int threads)
{
    struct blocking blocking;
    choose_blocking(&blocking, plan);
    int64_t items = plan->count * blocking.row_blocks * blocking.column_blocks;
#pragma omp parallel num_threads(threads)
    {
        struct buffers buffers;
        struct line_queue queue = {0};
        int64_t item = items * omp_get_thread_num() / omp_get_num_threads();
        int64_t end = items * (omp_get_thread_num() + 1) / omp_get_num_threads();
        struct cursor cursor = cursor_make(plan, &blocking, item);
        struct transpose_block blocks[RING]; /* from the one at work to the one being prefetched */
        for (int64_t i = item; i < item + blocking.ahead; i++)
            blocks[i % RING] = next_block(plan, &blocking, &cursor);
        for (; item < end; item++) {
            struct transpose_block block = blocks[item % RING], *later = &blocks[(item + blocking.ahead) % RING];
            *later = item + blocking.ahead < end ? next_block(plan, &blocking, &cursor) : block;
            block.ahead = later->from - block.from;
            block.ahead_bytes = later->columns * (int64_t)dtype_bytes(plan->outer.from_dtype);
            if (blocking.cast)
                cast_block(plan, &block, buffers.cast);
            transpose_staged(plan, &block, buffers.stage[item % 2], &queue);
        }
        line_queue_write(&queue, INT64_MAX);
        stream_end(plan->outer.stream);
    }
}
