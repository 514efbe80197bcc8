/*
 * Weights into oneDNN's blocked layouts. Which dimension the source is contiguous along decides how a tile of LANES
 * lines is made: along `deep` or along the kernel's columns, words are loaded line by line of the source and transposed
 * in registers; along `wide` they are loaded as they will lie.
 */
#include "kernels/cpu/vector/repack.h"

#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/pair.h"
#include "kernels/cpu/vector/stream.h"

#define PIECE_LINES 64    /* of one piece of work at most */
#define PIECES_PER_THREAD 4
#define AHEAD_ROWS 16
#ifndef AHEAD_DEEP
#define AHEAD_DEEP 64
#define AHEAD_COLUMNS 64
#define AHEAD_DENSE 2
#endif
#define DENSE_WORDS 4096  /* that ALONG_DENSE keeps on the stack */

enum along { ALONG_DEEP, ALONG_WIDE, ALONG_DENSE, ALONG_COLUMNS };

/* What one thread does at a time: some lines of a block of `wide`, for one element of the kernel (or all columns). */
struct piece {
    const float *from; /* first of the wide block, deep 0 */
    uint32_t *to;      /* likewise */
    int64_t wide_left; /* elements from the block's first to the end of the dimension */
    int64_t first, last; /* lines */
};

#if LANES == 16
#define EACH_LANE(f, s)                                                                                           \
    f(0, s), f(1, s), f(2, s), f(3, s), f(4, s), f(5, s), f(6, s), f(7, s), f(8, s), f(9, s), f(10, s), f(11, s), \
        f(12, s), f(13, s), f(14, s), f(15, s)
#elif LANES == 8
#define EACH_LANE(f, s) f(0, s), f(1, s), f(2, s), f(3, s), f(4, s), f(5, s), f(6, s), f(7, s)
#else
#define EACH_LANE(f, s) f(0, s), f(1, s), f(2, s), f(3, s)
#endif
#define LANE_NUMBER(lane, s) (lane)
#define LANE_UPPER(lane, s) ((lane) & (s) ? LANES + (lane) - (s) : (lane))
#define LANE_LOWER(lane, s) ((lane) & (s) ? LANES + (lane) : (lane) + (s))

/* Rows i and i + s change places of what is off the diagonal in squares of s x s. */
#define EXCHANGE(r, s)                                                                                            \
    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++)                                                      \
    {                                                                                                             \
        if (i & (s))                                                                                              \
            continue;                                                                                             \
        luint upper = r[i], lower = r[i + (s)];                                                                   \
        r[i] = __builtin_shuffle(upper, lower, (luint){EACH_LANE(LANE_UPPER, s)});                                \
        r[i + (s)] = __builtin_shuffle(upper, lower, (luint){EACH_LANE(LANE_LOWER, s)});                          \
    }

VECTOR_INLINE void tile_transpose(luint r[LANES])
{
    EXCHANGE(r, 1)
    EXCHANGE(r, 2)
#if LANES >= 8
    EXCHANGE(r, 4)
#endif
#if LANES >= 16
    EXCHANGE(r, 8)
#endif
}

/* The first `count` (any number) elements; the other lanes are 0. Touches no memory beyond. */
VECTOR_INLINE lfloat lanes_load_first(const float *data, int64_t count)
{
    if (__builtin_constant_p(count >= LANES) && count >= LANES)
        return lanes_load(data, 0);
#if LANES == 16
    unsigned mask = count >= LANES ? 0xffffu : count <= 0 ? 0 : (1u << count) - 1; /* no branch: it is in inner loops */
    return (lfloat)_mm512_maskz_loadu_ps((__mmask16)mask, data);
#else
    if (count >= LANES)
        return lanes_load(data, 0);
    if (count <= 0)
        return (lfloat){0};
#if LANES == 8
    return (lfloat)_mm256_maskload_ps(data, (__m256i)((lint){EACH_LANE(LANE_NUMBER, 0)} < (int32_t)count));
#else
    lfloat x = {0};
    memcpy(&x, data, (size_t)count * sizeof *data);
    return x;
#endif
#endif
}

/*
 * bfloat16 in the upper halves, the lower ones dirty; as the bfloat16 instructions of CPUs do it, and so oneDNN: to
 * nearest even, subnormal numbers to zero.
 */
VECTOR_INLINE luint round_like_hardware(lfloat x)
{
    luint u = (luint)x;
#if LANES == 16
    __m512i bits = (__m512i)u, odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i sum = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    __mmask16 nan = _mm512_cmp_ps_mask((__m512)x, (__m512)x, _CMP_UNORD_Q);
    __mmask16 small = _mm512_testn_epi32_mask(bits, _mm512_set1_epi32(0x7f800000));
    sum = _mm512_mask_or_epi32(sum, nan, bits, _mm512_set1_epi32(0x400000));
    return (luint)_mm512_mask_and_epi32(sum, small, bits, _mm512_set1_epi32(INT32_MIN));
#else
    luint small = (luint)((u & 0x7f800000u) == 0);
    return (pair_round(x) & ~small) | (u & 0x80000000u & small);
#endif
}

/* Words of two elements each: `first` goes to the lower halves. */
VECTOR_INLINE luint words_of(lfloat first, lfloat second)
{
    return round_like_hardware(first) >> 16 | (round_like_hardware(second) & 0xffff0000u);
}

/* LANES words along deep, the source contiguous along it, `left` elements before its end. */
VECTOR_INLINE luint load_deep(bool paired, const float *from, int64_t left)
{
    lfloat x = lanes_load_first(from, left);
    if (!paired)
        return (luint)x;
    lfloat y = lanes_load_first(from + LANES, left - LANES);
    return lanes_pack(round_like_hardware(x) >> 16, round_like_hardware(y) >> 16);
}

/*
 * LANES words of one line or of one row of columns: `count` of them from `from`, paired with those `pitch` further. Of
 * deep `left` elements are left: with 1, those are not there.
 */
VECTOR_INLINE luint load_across(bool paired, const float *from, int64_t pitch, int64_t left, int64_t count)
{
    lfloat x = lanes_load_first(from, left > 0 ? count : 0);
    return paired ? words_of(x, lanes_load_first(from + pitch, left > 1 ? count : 0)) : (luint)x;
}

/* As load_across, with a short way for whole vectors. */
VECTOR_INLINE luint load_line(bool paired, const float *from, int64_t pitch, int64_t left, int64_t count)
{
    if (left > 1 && count >= LANES)
        return load_across(paired, from, pitch, 2, LANES);
    return load_across(paired, from, pitch, left, count);
}

VECTOR_INLINE void store_first(uint32_t *to, luint words, int64_t count)
{
    if (count >= LANES)
        memcpy(to, &words, sizeof words);
    else
        memcpy(to, &words, (size_t)count * sizeof *to);
}

VECTOR_INLINE int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

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
        __builtin_prefetch(row + AHEAD_DEEP);
        if (paired)
            __builtin_prefetch(row + AHEAD_DEEP + LANES);
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
            for (int64_t ahead = 0; ahead < (paired ? 2 : 1); ahead++)
                __builtin_prefetch(from + wide + (AHEAD_ROWS + ahead) * plan->deep.from);
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
            __builtin_prefetch(row + AHEAD_COLUMNS);
            if (paired)
                __builtin_prefetch(row + plan->deep.from + AHEAD_COLUMNS);
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
            __builtin_prefetch(from + i + AHEAD_DENSE * plan->deep.from);
            if (paired)
                __builtin_prefetch(from + i + (AHEAD_DENSE + 1) * plan->deep.from);
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
