/*
 * Weights into oneDNN's blocked layouts. Which dimension the source is contiguous along decides how a tile of LANES
 * lines is made: along `deep` or along the kernel's columns, words are loaded line by line of the source and transposed
 * in registers; along `wide` they are loaded as they will lie.
 *
 * Measured (AMD EPYC Turin, resnet50's weights from float32 to bfloat16, 2 threads, oneDNN's reorder -> this):
 *   forward    1x1 5.0 -> 1.5 ms    3x3 channels_last 2.4 -> 1.1 ms    3x3 contiguous 5.4 -> 1.3 ms
 *   backward   1x1 5.4 -> 1.6 ms    3x3 channels_last 4.9 -> 1.6 ms    3x3 contiguous 3.0 -> 1.4 ms
 */
#include "kernels/cpu/vector/repack.h"

#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/repack_words.h"

#define PIECE_LINES 64 /* of one piece of work at most */
#define PIECES_PER_THREAD 4
#define DENSE_WORDS 4096 /* that ALONG_DENSE keeps on the stack */

/*
 * How far ahead of use the source is fetched, in elements along a row or in rows. Tiles walk many short rows far apart,
 * which the hardware's own prefetching does not follow: 25 GB/s without, 45 to 65 with.
 */
#define AHEAD_DEEP 64
#define AHEAD_COLUMNS 64
#define AHEAD_WIDE_ROWS 16
#define AHEAD_DENSE_ROWS 2

enum along { ALONG_DEEP, ALONG_WIDE, ALONG_DENSE, ALONG_COLUMNS };

/* What one thread does at a time: some lines of a block of `wide`, for one element of the kernel (or all columns). */
struct piece {
    const float *from;   /* first of the wide block, deep 0 */
    uint32_t *to;        /* likewise */
    int64_t wide_left;   /* elements from the block's first to the end of the dimension */
    int64_t first, last; /* lines */
};

static inline int64_t line_place(const struct repack *plan, int64_t line)
{
    if (plan->block_lines == 1)
        return line * plan->deep.to;
    return line / plan->block_lines * plan->deep.to + line % plan->block_lines * plan->width;
}

/* A tile of `rows` words (the others 0) x `lines` lines, `pitch` words apart, of which `count` words are stored. */
VECTOR_INLINE void tile_deep(const struct repack *plan, bool paired, const float *from, uint32_t *to, int64_t rows,
                             int64_t left, int64_t count, int64_t lines, int64_t pitch)
{
    luint r[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) {
        const float *row = from + i * plan->wide.from;
        r[i] = load_deep(paired, row, i < rows ? left : 0);
        prefetch_words(paired, row + AHEAD_DEEP, LANES);
    }
    tile_transpose(r);
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        if (i < lines)
            store_first(to + i * pitch, r[i], count);
}

VECTOR_INLINE void piece_deep(const struct repack *plan, bool paired, const struct piece *piece)
{
    int64_t per_line = paired ? 2 : 1, pitch = plan->block_lines == 1 ? plan->deep.to : plan->width;

    for (int64_t wide = 0; wide < plan->width; wide += LANES) {
        int64_t rows = piece->wide_left - wide, count = plan->width - wide, lines;
        for (int64_t line = piece->first; line < piece->last; line += lines) {
            int64_t deep = line * per_line, left = plan->deep.size - deep;
            const float *from = piece->from + wide * plan->wide.from + deep;
            uint32_t *to = piece->to + wide + line_place(plan, line);
            lines = least(LANES, piece->last - line);
            if (plan->block_lines > 1)
                lines = least(lines, plan->block_lines - line % plan->block_lines);
            if (rows >= LANES && left >= LANES * per_line && count >= LANES && lines == LANES)
                tile_deep(plan, paired, from, to, LANES, 2 * LANES, LANES, LANES, pitch);
            else
                tile_deep(plan, paired, from, to, rows, left, count, lines, pitch);
        }
    }
}

VECTOR_INLINE void piece_wide(const struct repack *plan, bool paired, const struct piece *piece)
{
    for (int64_t line = piece->first; line < piece->last; line++) {
        int64_t deep = paired ? 2 * line : line, left = plan->deep.size - deep;
        const float *from = piece->from + deep * plan->deep.from;
        uint32_t *to = piece->to + line_place(plan, line);
        for (int64_t wide = 0; wide < plan->width; wide += LANES) {
            luint words = load_line(paired, from + wide, plan->deep.from, left, piece->wide_left - wide);
            prefetch_words(paired, from + wide + AHEAD_WIDE_ROWS * plan->deep.from, plan->deep.from);
            store_first(to + wide, words, plan->width - wide);
        }
    }
}

/* Row i of r holds columns of the i-th word of a line; column by column to their lines. */
VECTOR_INLINE void store_columns(const struct repack *plan, luint r[LANES], uint32_t *to, int64_t column, int64_t count)
{
    tile_transpose(r);
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        if (column + i < plan->column.size)
            store_first(to + (column + i) * plan->column.to, r[i], count);
}

/* LANES words of one line for every column of the kernel, of which `rows` are in the source and `count` are stored. */
VECTOR_INLINE void tile_columns(const struct repack *plan, bool paired, const float *from, uint32_t *to, int64_t rows,
                                int64_t left, int64_t count)
{
    for (int64_t column = 0; column < plan->column.size; column += LANES) {
        luint r[LANES];
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) {
            const float *row = from + i * plan->wide.from + column;
            r[i] = load_across(paired, row, plan->deep.from, left, i < rows ? plan->column.size - column : 0);
            prefetch_words(paired, row + AHEAD_COLUMNS, plan->deep.from);
        }
        store_columns(plan, r, to, column, count);
    }
}

/* The source denser along deep than along wide: runs along deep. */
VECTOR_INLINE void piece_columns(const struct repack *plan, bool paired, const struct piece *piece)
{
    for (int64_t wide = 0; wide < plan->width; wide += LANES)
        for (int64_t line = piece->first; line < piece->last; line++) {
            int64_t deep = paired ? 2 * line : line, left = plan->deep.size - deep;
            int64_t rows = piece->wide_left - wide, count = plan->width - wide;
            const float *from = piece->from + wide * plan->wide.from + deep * plan->deep.from;
            uint32_t *to = piece->to + wide + line_place(plan, line);
            if (rows >= LANES && left > 1 && count >= LANES)
                tile_columns(plan, paired, from, to, LANES, 2, LANES);
            else
                tile_columns(plan, paired, from, to, rows, left, count);
        }
}

/* Columns follow each other without a gap along wide: a whole line's words are made first, then taken apart. */
VECTOR_INLINE void piece_dense(const struct repack *plan, bool paired, const struct piece *piece)
{
    uint32_t words[DENSE_WORDS + 2 * LANES];
    int64_t columns = plan->column.size, total = plan->width * columns;

    for (int64_t line = piece->first; line < piece->last; line++) {
        int64_t deep = paired ? 2 * line : line, left = plan->deep.size - deep;
        const float *from = piece->from + deep * plan->deep.from;
        uint32_t *to = piece->to + line_place(plan, line);
        for (int64_t i = 0; i < total; i += LANES) {
            luint x = load_line(paired, from + i, plan->deep.from, left, piece->wide_left * columns - i);
            memcpy(words + i, &x, sizeof x);
            prefetch_words(paired, from + i + AHEAD_DENSE_ROWS * plan->deep.from, plan->deep.from);
        }
        for (int64_t wide = 0; wide < plan->width; wide += LANES)
            for (int64_t column = 0; column < columns; column += LANES) {
                luint r[LANES];
#pragma GCC unroll 16
                for (int i = 0; i < LANES; i++) /* beyond the row and its last one: not stored */
                    memcpy(&r[i], words + least((wide + i) * columns + column, total), sizeof r[i]);
                store_columns(plan, r, to + wide, column, plan->width - wide);
            }
    }
}

static enum along along_of(const struct repack *plan)
{
    if (plan->deep.from == 1)
        return ALONG_DEEP;
    if (plan->wide.from == 1)
        return ALONG_WIDE;
    bool dense = plan->wide.from == plan->column.size && plan->width * plan->column.size <= DENSE_WORDS;
    return dense ? ALONG_DENSE : ALONG_COLUMNS;
}

VECTOR_INLINE void repack_piece(const struct repack *plan, bool paired, enum along along, const struct piece *piece)
{
    if (along == ALONG_DEEP)
        piece_deep(plan, paired, piece);
    else if (along == ALONG_WIDE)
        piece_wide(plan, paired, piece);
    else if (along == ALONG_DENSE)
        piece_dense(plan, paired, piece);
    else
        piece_columns(plan, paired, piece);
}

/* How the work is cut: `count` pieces of `lines` lines for each of `columns` columns and what lies above. */
struct cut {
    int64_t lines, count, columns, total;
};

/* Fewer lines a piece where threads would go without. */
static struct cut cut_of(const struct repack *plan, enum along along, int threads)
{
    int64_t columns = along == ALONG_DEEP || along == ALONG_WIDE ? plan->column.size : 1;
    int64_t above = columns * plan->row.size * plan->wide_blocks * plan->group.size, lines = PIECE_LINES;

    while (lines > LANES && (plan->lines + lines - 1) / lines * above < PIECES_PER_THREAD * threads)
        lines /= 2;
    int64_t count = (plan->lines + lines - 1) / lines;
    return (struct cut){lines, count, columns, count * above};
}

/* Pieces count through the lines fastest, then columns, rows, blocks, groups. */
static struct piece piece_at(const struct repack *plan, const struct cut *cut, const float *from, uint32_t *to,
                             int64_t index)
{
    int64_t first = index % cut->count * cut->lines, rest = index / cut->count;
    int64_t column = rest % cut->columns, row = rest / cut->columns % plan->row.size;
    int64_t above = rest / cut->columns / plan->row.size;
    int64_t block = above % plan->wide_blocks, group = above / plan->wide_blocks, wide = block * plan->width;

    return (struct piece){from + column * plan->column.from + row * plan->row.from + group * plan->group.from +
                              wide * plan->wide.from,
                          to + column * plan->column.to + row * plan->row.to + group * plan->group.to +
                              block * plan->wide.to,
                          plan->wide.size - wide, first, least(plan->lines, first + cut->lines)};
}

void VECTOR_NAME(vector_repack_weight)(const struct repack *plan, const float *from, void *to, int threads)
{
    enum along along = along_of(plan);
    struct cut cut = cut_of(plan, along, threads);

#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < cut.total; i++) {
        struct piece piece = piece_at(plan, &cut, from, to, i);
        if (plan->paired)
            repack_piece(plan, true, along, &piece);
        else
            repack_piece(plan, false, along, &piece);
    }
}
