/*
 * Transposition of one block in registers. Its unit is a strip: 16 bytes' worth of rows (4 rows of 4-byte or 8 of
 * 2-byte elements) by 64, 32 or 16 bytes of columns. Interleaving inside 128-bit lanes, the same steps at every width of
 * register, leaves 16 bytes of one output column in each lane. A strip goes down the rows one line wide: the pitch of
 * NHWC images puts all rows of a line's column into one set of the first-level cache, so a line is read once and whole.
 *
 * At edges the last strip is moved back over the one before: the same elements are written twice.
 */
#include <immintrin.h>

#include "kernels/cpu/vector/transpose.h"

#define NARROW_PIECE 64 /* elements of the long side between two turns of the queue */

/*
 * Vectors of one width: rows[] is one vector from each of a strip's rows. store_lanes puts lane L to `to` + L * step.
 * interleave leaves, in lane L of out[c], the four 4-byte elements of column 4L + c.
 */
#define DEFINE_STRIPS(width, vector, mm, suffix)                                                                  \
    VECTOR_INLINE void interleave_##width(const vector rows[4], vector out[4])                                    \
    {                                                                                                             \
        vector low_a = mm##_unpacklo_epi32(rows[0], rows[1]), high_a = mm##_unpackhi_epi32(rows[0], rows[1]);     \
        vector low_b = mm##_unpacklo_epi32(rows[2], rows[3]), high_b = mm##_unpackhi_epi32(rows[2], rows[3]);     \
        out[0] = mm##_unpacklo_epi64(low_a, low_b);                                                               \
        out[1] = mm##_unpackhi_epi64(low_a, low_b);                                                               \
        out[2] = mm##_unpacklo_epi64(high_a, high_b);                                                             \
        out[3] = mm##_unpackhi_epi64(high_a, high_b);                                                             \
    }                                                                                                             \
    VECTOR_INLINE void strip_4_##width(const char *from, int64_t from_pitch, char *to, int64_t to_pitch)          \
    {                                                                                                             \
        vector rows[4], out[4];                                                                                   \
        for (int i = 0; i < 4; i++)                                                                               \
            rows[i] = mm##_loadu_##suffix((const void *)(from + i * from_pitch));                                 \
        interleave_##width(rows, out);                                                                            \
        for (int c = 0; c < 4; c++)                                                                               \
            store_lanes_##width(to + c * to_pitch, 4 * to_pitch, out[c]);                                         \
    }                                                                                                             \
    VECTOR_INLINE void strip_2_##width(const char *from, int64_t from_pitch, char *to, int64_t to_pitch)          \
    {                                                                                                             \
        vector rows[8], pairs[4], out[4];                                                                         \
        for (int i = 0; i < 8; i++)                                                                               \
            rows[i] = mm##_loadu_##suffix((const void *)(from + i * from_pitch));                                 \
        for (int half = 0; half < 2; half++) {                                                                    \
            for (int i = 0; i < 4; i++)                                                                           \
                pairs[i] = half ? mm##_unpackhi_epi16(rows[2 * i], rows[2 * i + 1])                               \
                                : mm##_unpacklo_epi16(rows[2 * i], rows[2 * i + 1]);                              \
            interleave_##width(pairs, out);                                                                       \
            for (int c = 0; c < 4; c++)                                                                           \
                store_lanes_##width(to + (4 * half + c) * to_pitch, 8 * to_pitch, out[c]);                        \
        }                                                                                                         \
    }

VECTOR_INLINE void store_lanes_16(char *to, int64_t step, __m128i x)
{
    (void)step;
    _mm_storeu_si128((void *)to, x);
}
DEFINE_STRIPS(16, __m128i, _mm, si128)

#if defined(__AVX2__)
VECTOR_INLINE void store_lanes_32(char *to, int64_t step, __m256i x)
{
    _mm_storeu_si128((void *)to, _mm256_castsi256_si128(x));
    _mm_storeu_si128((void *)(to + step), _mm256_extracti128_si256(x, 1));
}
DEFINE_STRIPS(32, __m256i, _mm256, si256)
#define WIDEST 32
#else
#define WIDEST 16
#endif

#if defined(__AVX512BW__)
VECTOR_INLINE void store_lanes_64(char *to, int64_t step, __m512i x)
{
    _mm_storeu_si128((void *)to, _mm512_castsi512_si128(x));
    _mm_storeu_si128((void *)(to + step), _mm512_extracti32x4_epi32(x, 1));
    _mm_storeu_si128((void *)(to + 2 * step), _mm512_extracti32x4_epi32(x, 2));
    _mm_storeu_si128((void *)(to + 3 * step), _mm512_extracti32x4_epi32(x, 3));
}
DEFINE_STRIPS(64, __m512i, _mm512, si512)
#undef WIDEST
#define WIDEST 64
#endif

/*
 * A strip of `span` bytes by the widest vectors there are. `ahead` and `reach` say where the rows read later start and
 * end, in bytes from `from`; both ends are fetched, which are all lines of a piece no longer than a line.
 */
typedef void transpose_strip(const char *from, int64_t from_pitch, char *to, int64_t to_pitch, int64_t ahead,
                             int64_t reach);

#define STRIP_PASTE2(bytes, width) strip_##bytes##_##width
#define STRIP_PASTE(bytes, width) STRIP_PASTE2(bytes, width)
#define DEFINE_STRIP(bytes, span, width)                                                                           \
    static void span_##bytes##_##span(const char *from, int64_t from_pitch, char *to, int64_t to_pitch,            \
                                      int64_t ahead, int64_t reach)                                                \
    {                                                                                                              \
        for (int i = 0; i < TRANSPOSE_LEAST_BYTES / bytes; i++) {                                                  \
            __builtin_prefetch(from + i * from_pitch + ahead, 0, 2);                                               \
            __builtin_prefetch(from + i * from_pitch + reach - 1, 0, 2);                                           \
        }                                                                                                          \
        for (int at = 0; at < span; at += width)                                                                   \
            STRIP_PASTE(bytes, width)(from + at, from_pitch, to + at / bytes * to_pitch, to_pitch);                \
    }

DEFINE_STRIP(4, 64, WIDEST)
DEFINE_STRIP(2, 64, WIDEST)
#if WIDEST > 16
DEFINE_STRIP(4, 32, 32)
DEFINE_STRIP(2, 32, 32)
#else
DEFINE_STRIP(4, 32, 16)
DEFINE_STRIP(2, 32, 16)
#endif
DEFINE_STRIP(4, 16, 16)
DEFINE_STRIP(2, 16, 16)

/* Widest first. */
static const int64_t spans[] = {64, 32, 16};
static transpose_strip *const strips_4[] = {span_4_64, span_4_32, span_4_16};
static transpose_strip *const strips_2[] = {span_2_64, span_2_32, span_2_16};

static void block_strips(const struct transpose_block *block, int64_t bytes, struct line_queue *queue)
{
    int64_t high = TRANSPOSE_LEAST_BYTES / bytes, row_bytes = block->columns * bytes;
    for (int64_t at = 0, next; at < row_bytes; at = next) {
        int i = 0;
        while (i < 2 && spans[i] > row_bytes - at)
            i++;
        transpose_strip *strip = bytes == 4 ? strips_4[i] : strips_2[i];
        int64_t bytes_out = high * spans[i] * 5 / 4 / LINE_BYTES * LINE_BYTES; /* a little faster out than in */
        next = at + spans[i] < row_bytes ? at + spans[i] : row_bytes;
        const char *from = block->from + next - spans[i];
        int64_t reach = block->ahead + (next < row_bytes ? spans[i] : block->ahead_bytes - (next - spans[i]));
        char *to = block->to + (next - spans[i]) / bytes * block->to_pitch;
        for (int64_t row = 0; row < block->rows; row += high) {
            int64_t r = row + high <= block->rows ? row : block->rows - high;
            strip(from + r * block->from_pitch, block->from_pitch, to + r * bytes, block->to_pitch, block->ahead, reach);
            line_queue_write(queue, bytes_out);
        }
    }
}

/* A piece of a matrix too narrow for a strip. With a short side of 3, a constant, the compiler makes vectors of it. */
#define DEFINE_NARROW(bytes, type)                                                                                \
    static void narrow_##bytes(const struct transpose_block *block)                                               \
    {                                                                                                             \
        if (block->rows == 3 && block->to_pitch == 3 * bytes) {                                                   \
            const type *a = (const void *)block->from, *b = (const void *)(block->from + block->from_pitch);      \
            const type *c = (const void *)(block->from + 2 * block->from_pitch);                                  \
            type *restrict out = (void *)block->to;                                                               \
            for (int64_t i = 0; i < block->columns; i++) {                                                        \
                out[3 * i] = a[i];                                                                                \
                out[3 * i + 1] = b[i];                                                                            \
                out[3 * i + 2] = c[i];                                                                            \
            }                                                                                                     \
        } else if (block->columns == 3 && block->from_pitch == 3 * bytes) {                                       \
            const type *in = (const void *)block->from;                                                           \
            type *restrict a = (void *)block->to, *restrict b = (void *)(block->to + block->to_pitch);            \
            type *restrict c = (void *)(block->to + 2 * block->to_pitch);                                         \
            for (int64_t i = 0; i < block->rows; i++) {                                                           \
                a[i] = in[3 * i];                                                                                 \
                b[i] = in[3 * i + 1];                                                                             \
                c[i] = in[3 * i + 2];                                                                             \
            }                                                                                                     \
        } else {                                                                                                  \
            for (int64_t c = 0; c < block->columns; c++)                                                          \
                for (int64_t r = 0; r < block->rows; r++)                                                         \
                    memcpy(block->to + c * block->to_pitch + r * bytes,                                           \
                           block->from + r * block->from_pitch + c * bytes, bytes);                               \
        }                                                                                                         \
    }
DEFINE_NARROW(4, uint32_t)
DEFINE_NARROW(2, uint16_t)

static void block_narrow(const struct transpose_block *block, int64_t bytes, struct line_queue *queue)
{
    bool flat = block->rows < block->columns;
    int64_t length = flat ? block->columns : block->rows, width = flat ? block->rows : block->columns;
    for (int64_t i = 0; i < length; i += NARROW_PIECE) {
        int64_t count = length - i < NARROW_PIECE ? length - i : NARROW_PIECE;
        struct transpose_block piece = *block;
        piece.from += flat ? i * bytes : i * block->from_pitch;
        piece.to += flat ? i * block->to_pitch : i * bytes;
        *(flat ? &piece.columns : &piece.rows) = count;
        if (bytes == 4)
            narrow_4(&piece);
        else
            narrow_2(&piece);
        line_queue_write(queue, (count * width * bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES);
    }
}

void VECTOR_NAME(transpose_block)(const struct transpose_block *block, size_t element_bytes, struct line_queue *queue)
{
    int64_t least = TRANSPOSE_LEAST_BYTES / (int64_t)element_bytes;
    if (block->rows >= least && block->columns >= least)
        block_strips(block, (int64_t)element_bytes, queue);
    else
        block_narrow(block, (int64_t)element_bytes, queue);
}
