/*
 * Transposition of large matrices in blocks. Three things decide its speed: both sides are touched in whole cache
 * lines, the lines of the next block are prefetched while this one is transposed (the hardware follows few of so many
 * streams), and large outputs are streamed past the caches. Where the output's rows do not fall on line boundaries (7x7
 * and 14x14 images), a block is put together in a buffer first and leaves it as one contiguous run.
 */
#include <omp.h>

#include "kernels/cpu/vector/convert.h"

#define STAGE_BYTES ((int64_t)160 << 10) /* a block under construction; fits a second-level cache */
#define NARROW_LENGTH 1024              /* long side of a block when the other is too short for vectors */

/* How one call cuts its matrices. */
struct blocking {
    int64_t rows, columns;             /* of a block; the last of a matrix may be larger by `least` - 1 */
    int64_t row_blocks, column_blocks; /* of one matrix */
    transpose_block *block;
    bool staged, cast;
};

/* One block of one matrix. */
struct block {
    const char *from;
    char *to;
    int64_t rows, columns;
};

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

/* Staged blocks hold all rows when they fit, so that they leave as one run; else long pieces of rows. */
static void choose_staged(struct blocking *out, const struct transpose_plan *plan, int64_t least)
{
    int64_t bytes = (int64_t)dtype_bytes(plan->outer.to_dtype);
    out->rows = plan->rows;
    out->columns = 4 * LINE_BYTES / bytes;
    while (out->columns > least && out->rows * (out->columns + least) * bytes > STAGE_BYTES)
        out->columns /= 2;
    if (out->rows * (out->columns + least) * bytes > STAGE_BYTES) {
        out->columns = 2 * LINE_BYTES / bytes;
        out->rows = STAGE_BYTES / ((out->columns + least) * bytes) / 64 * 64 - 64;
    }
}

/*
 * True when streamed blocks should be few rows and run along them. Found by trying (Zen 5, cold buffers, AVX-512), and
 * explained in hindsight: where the source's pitch puts its rows into the same few sets of the first-level cache (NHWC
 * with 2^n channels), and for the first layers' few channels, long reads beat long writes.
 */
static bool runs_along(const struct transpose_plan *plan, bool *crowded)
{
    *crowded = plan->from_pitch % 1024 == 0 || (plan->from_pitch % 64 == 0 && plan->from_pitch <= 512);
    return *crowded || plan->rows <= (dtype_bytes(plan->outer.to_dtype) == 4 ? 512 : 64);
}

static void choose_streamed(struct blocking *out, const struct transpose_plan *plan, bool along, bool crowded)
{
    out->rows = along ? 32 : plan->rows > 256 ? 128 : 64;
    out->columns = crowded && dtype_bytes(plan->outer.to_dtype) == 4 ? 256 : 64;
    for (; out->columns >= 2 * plan->columns; out->columns /= 2)
        out->rows *= 2;
}

/* Matrices too narrow for vectors, three channels above all: long pieces of their long side. */
static void choose_narrow(struct blocking *out, const struct transpose_plan *plan)
{
    bool flat = plan->rows < plan->columns;
    out->rows = flat ? plan->rows : NARROW_LENGTH;
    out->columns = flat ? NARROW_LENGTH : plan->columns;
}

static void choose_blocking(struct blocking *out, const struct transpose_plan *plan)
{
    const struct copy_plan *outer = &plan->outer;
    bool whole_lines = has_whole_lines(plan), crowded, along = runs_along(plan, &crowded);
    enum transpose_store store = STORE_CACHED;
    if (outer->stream)
        store = !whole_lines ? STORE_STAGED : along ? STORE_STREAM_ALONG : STORE_STREAM_DOWN;
    int64_t least;
    out->block = VECTOR_NAME(transpose_block_find)(dtype_bytes(outer->to_dtype), plan->rows, plan->columns, store,
                                                   &least);
    out->cast = outer->from_dtype != outer->to_dtype;
    out->staged = outer->stream && (!whole_lines || least == 1);
    if (least == 1)
        choose_narrow(out, plan);
    else if (out->staged)
        choose_staged(out, plan, least);
    else
        choose_streamed(out, plan, along, crowded);
    out->row_blocks = block_count(plan->rows, out->rows, least);
    out->column_blocks = block_count(plan->columns, out->columns, least);
}

static struct block find_block(const struct transpose_plan *plan, const struct blocking *blocking, int64_t item)
{
    int64_t from, to, column = item % blocking->column_blocks * blocking->columns;
    bool last_column = item % blocking->column_blocks == blocking->column_blocks - 1;
    item /= blocking->column_blocks;
    int64_t row = item % blocking->row_blocks * blocking->rows;
    bool last_row = item % blocking->row_blocks == blocking->row_blocks - 1;
    copy_plan_offsets(&plan->outer, plan->outer.dims, item / blocking->row_blocks, &from, &to);
    return (struct block){
        .from = plan->outer.from + from + row * plan->from_pitch +
                column * (int64_t)dtype_bytes(plan->outer.from_dtype),
        .to = plan->outer.to + to + column * plan->to_pitch + row * (int64_t)dtype_bytes(plan->outer.to_dtype),
        .rows = last_row ? plan->rows - row : blocking->rows,
        .columns = last_column ? plan->columns - column : blocking->columns,
    };
}

/* Brings the finished block to its place; one run when its columns follow each other in memory. */
static void unstage(const struct transpose_plan *plan, const struct block *block, const char *stage, int64_t run_bytes)
{
    if (run_bytes == plan->to_pitch) {
        stream_copy(block->to, stage, run_bytes * block->columns);
        return;
    }
    for (int64_t c = 0; c < block->columns; c++)
        stream_copy(block->to + c * plan->to_pitch, stage + c * run_bytes, run_bytes);
}

/* The block's rows in the output's dtype; returns their pitch. */
static int64_t cast_block(const struct transpose_plan *plan, const struct block *block, char *to, int64_t ahead)
{
    int64_t pitch = block->columns * (int64_t)dtype_bytes(plan->outer.to_dtype);
    int64_t from_bytes = block->columns * (int64_t)dtype_bytes(plan->outer.from_dtype);
    for (int64_t r = 0; r < block->rows; r++) {
        const char *from = block->from + r * plan->from_pitch;
        for (int64_t b = 0; b < from_bytes; b += LINE_BYTES)
            __builtin_prefetch(from + ahead + b, 0, 2);
        VECTOR_NAME(convert_row)(to + r * pitch, plan->outer.to_dtype, from, plan->outer.from_dtype, block->columns);
    }
    return pitch;
}

static void transpose_one(const struct transpose_plan *plan, const struct blocking *blocking, const struct block *block,
                          int64_t ahead)
{
    char stage[STAGE_BYTES] __attribute__((aligned(LINE_BYTES)));
    char cast[STAGE_BYTES] __attribute__((aligned(LINE_BYTES)));
    const char *from = block->from;
    int64_t from_pitch = plan->from_pitch;
    int64_t run_bytes = block->rows * (int64_t)dtype_bytes(plan->outer.to_dtype);
    if (blocking->cast) {
        from_pitch = cast_block(plan, block, cast, ahead);
        from = cast;
        ahead = 0;
    }
    if (!blocking->staged) {
        blocking->block(from, from_pitch, block->to, plan->to_pitch, block->rows, block->columns, ahead);
        return;
    }
    blocking->block(from, from_pitch, stage, run_bytes, block->rows, block->columns, ahead);
    unstage(plan, block, stage, run_bytes);
}

void VECTOR_NAME(convert_transpose)(const struct transpose_plan *plan, int threads)
{
    struct blocking blocking;
    choose_blocking(&blocking, plan);
    int64_t items = plan->count * blocking.row_blocks * blocking.column_blocks;
#pragma omp parallel num_threads(threads)
    {
        int64_t item = items * omp_get_thread_num() / omp_get_num_threads();
        int64_t end = items * (omp_get_thread_num() + 1) / omp_get_num_threads();
        struct block next = {0}, block;
        if (item < end)
            next = find_block(plan, &blocking, item);
        for (; item < end; item++) {
            block = next;
            if (item + 1 < end)
                next = find_block(plan, &blocking, item + 1);
            transpose_one(plan, &blocking, &block, next.from - block.from);
        }
        stream_end(plan->outer.stream);
    }
}
