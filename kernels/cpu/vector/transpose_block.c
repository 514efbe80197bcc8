/*
 * Transposition of one block in registers. A tile is W rows of W 32-bit elements: two rounds of interleaving inside
 * 128-bit lanes, then an exchange of lanes. 16-bit elements are first interleaved by pairs of rows, which makes 32-bit
 * elements of them; the low and the high half of a pair give one tile each.
 *
 * Written three times, for registers of 16, 8 and 4 elements; a block takes the widest that the instruction set has and
 * its sizes allow. At edges the last tile is moved back over the one before: the same elements are written twice.
 */
#include "kernels/cpu/vector/convert.h"

/* Two rounds that leave, in lane L of u[4i + c], rows 4i..4i+3 of column 4L + c. */
#define INTERLEAVE_LANES(width, type, lo32, hi32, lo64, hi64)                \
    type t[width], u[width];                                                \
    for (int i = 0; i < width; i += 2) {                                    \
        t[i] = lo32(r[i], r[i + 1]);                                        \
        t[i + 1] = hi32(r[i], r[i + 1]);                                    \
    }                                                                       \
    for (int i = 0; i < width; i += 4) {                                    \
        u[i] = lo64(t[i], t[i + 2]);                                        \
        u[i + 1] = hi64(t[i], t[i + 2]);                                    \
        u[i + 2] = lo64(t[i + 1], t[i + 3]);                                \
        u[i + 3] = hi64(t[i + 1], t[i + 3]);                                \
    }

VECTOR_INLINE void transpose_4(__m128i r[4])
{
    INTERLEAVE_LANES(4, __m128i, _mm_unpacklo_epi32, _mm_unpackhi_epi32, _mm_unpacklo_epi64, _mm_unpackhi_epi64)
    memcpy(r, u, sizeof u);
}

#if defined(__AVX2__)
VECTOR_INLINE void transpose_8(__m256i r[8])
{
    INTERLEAVE_LANES(8, __m256i, _mm256_unpacklo_epi32, _mm256_unpackhi_epi32, _mm256_unpacklo_epi64,
                     _mm256_unpackhi_epi64)
    for (int c = 0; c < 4; c++) {
        r[c] = _mm256_permute2x128_si256(u[c], u[4 + c], 0x20);
        r[4 + c] = _mm256_permute2x128_si256(u[c], u[4 + c], 0x31);
    }
}
#endif

#if defined(__AVX512F__)
VECTOR_INLINE void transpose_16(__m512i r[16])
{
    INTERLEAVE_LANES(16, __m512i, _mm512_unpacklo_epi32, _mm512_unpackhi_epi32, _mm512_unpacklo_epi64,
                     _mm512_unpackhi_epi64)
    for (int c = 0; c < 4; c++) {
        __m512i even_a = _mm512_shuffle_i32x4(u[c], u[4 + c], 0x88), odd_a = _mm512_shuffle_i32x4(u[c], u[4 + c], 0xdd);
        __m512i even_b = _mm512_shuffle_i32x4(u[8 + c], u[12 + c], 0x88);
        __m512i odd_b = _mm512_shuffle_i32x4(u[8 + c], u[12 + c], 0xdd);
        r[c] = _mm512_shuffle_i32x4(even_a, even_b, 0x88);
        r[4 + c] = _mm512_shuffle_i32x4(odd_a, odd_b, 0x88);
        r[8 + c] = _mm512_shuffle_i32x4(even_a, even_b, 0xdd);
        r[12 + c] = _mm512_shuffle_i32x4(odd_a, odd_b, 0xdd);
    }
}
#endif

/* Fetches what is read next: into the second level for staged blocks, whose buffers fill the first. */
VECTOR_INLINE void prefetch(const char *address, enum transpose_store store)
{
    if (store == STORE_STAGED)
        __builtin_prefetch(address, 0, 2);
    else
        __builtin_prefetch(address, 0, 3);
}

VECTOR_INLINE bool is_streaming(enum transpose_store store)
{
    return store == STORE_STREAM_DOWN || store == STORE_STREAM_ALONG;
}

/* tile_<bytes>_<width>: one tile of width x width 4-byte, or 2 width x 2 width 2-byte elements. */
#define DEFINE_TILES(width, type, load, keep, stream, lo16, hi16)                                                     \
    VECTOR_INLINE void tile_store_##width(char *to, int64_t step, int64_t skip, const type r[width],                  \
                                          enum transpose_store store)                                                 \
    {                                                                                                                 \
        for (int i = 0; i < width; i++) {                                                                             \
            void *row = to + (i + i / 4 * skip) * step;                                                               \
            if (is_streaming(store))                                                                                  \
                stream(row, r[i]);                                                                                    \
            else                                                                                                      \
                keep(row, r[i]);                                                                                      \
        }                                                                                                             \
    }                                                                                                                 \
    VECTOR_INLINE void tile_4_##width(const char *from, int64_t from_pitch, char *to, int64_t to_pitch, int64_t ahead, \
                                      enum transpose_store store)                                                     \
    {                                                                                                                 \
        type r[width];                                                                                                \
        for (int i = 0; i < width; i++) {                                                                             \
            r[i] = load((const void *)(from + i * from_pitch));                                                       \
            prefetch(from + i * from_pitch + ahead, store);                                                           \
        }                                                                                                             \
        transpose_##width(r);                                                                                         \
        tile_store_##width(to, to_pitch, 0, r, store);                                                                \
    }                                                                                                                 \
    VECTOR_INLINE void tile_2_##width(const char *from, int64_t from_pitch, char *to, int64_t to_pitch, int64_t ahead, \
                                      enum transpose_store store)                                                     \
    {                                                                                                                 \
        for (int half = 0; half < 2; half++) {                                                                        \
            type r[width];                                                                                            \
            for (int i = 0; i < width; i++) {                                                                         \
                const char *row = from + 2 * i * from_pitch;                                                          \
                type a = load((const void *)row), b = load((const void *)(row + from_pitch));                         \
                r[i] = half ? hi16(a, b) : lo16(a, b);                                                                \
                prefetch(row + half * from_pitch + ahead, store);                                                     \
            }                                                                                                         \
            transpose_##width(r);                                                                                     \
            tile_store_##width(to + half * 4 * to_pitch, to_pitch, 4, r, store);                                      \
        }                                                                                                             \
    }

DEFINE_TILES(4, __m128i, _mm_loadu_si128, _mm_storeu_si128, _mm_stream_si128, _mm_unpacklo_epi16, _mm_unpackhi_epi16)
#if defined(__AVX2__)
DEFINE_TILES(8, __m256i, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_stream_si256, _mm256_unpacklo_epi16,
             _mm256_unpackhi_epi16)
#endif
#if defined(__AVX512BW__)
DEFINE_TILES(16, __m512i, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_stream_si512, _mm512_unpacklo_epi16,
             _mm512_unpackhi_epi16)
#endif

#if defined(__AVX512BW__)
/*
 * Strips: eight rows of one line, for blocks that are staged. A large power of two as pitch puts all rows of a line's
 * column into one set of the first-level cache, of 8 to 12 lines; eight rows fit. Their short stores go to a buffer,
 * where that costs little. NHWC to NCHW, 2048x7x7 bf16, one thread: 17 GB/s of payload against 10 with full tiles.
 */
VECTOR_INLINE void interleave_quad(const __m512i r[4], __m512i u[4])
{
    __m512i t0 = _mm512_unpacklo_epi32(r[0], r[1]), t1 = _mm512_unpackhi_epi32(r[0], r[1]);
    __m512i t2 = _mm512_unpacklo_epi32(r[2], r[3]), t3 = _mm512_unpackhi_epi32(r[2], r[3]);
    u[0] = _mm512_unpacklo_epi64(t0, t2);
    u[1] = _mm512_unpackhi_epi64(t0, t2);
    u[2] = _mm512_unpacklo_epi64(t1, t3);
    u[3] = _mm512_unpackhi_epi64(t1, t3);
}

VECTOR_INLINE void load_strip(const char *from, int64_t from_pitch, int64_t ahead, __m512i r[8])
{
    for (int i = 0; i < 8; i++) {
        r[i] = _mm512_loadu_si512(from + i * from_pitch);
        prefetch(from + i * from_pitch + ahead, STORE_STAGED);
    }
}

/* Lane L of u[c] holds rows 0..3 of column 4L + c, and v has rows 4..7. */
VECTOR_INLINE void strip_4(const char *from, int64_t from_pitch, char *to, int64_t to_pitch, int64_t ahead)
{
    const __m512i low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    __m512i r[8], u[4], v[4];
    load_strip(from, from_pitch, ahead, r);
    interleave_quad(r, u);
    interleave_quad(r + 4, v);
    for (int c = 0; c < 4; c++) {
        __m512i first = _mm512_permutex2var_epi64(u[c], low, v[c]);
        __m512i second = _mm512_permutex2var_epi64(u[c], high, v[c]);
        char *row = to + c * to_pitch;
        _mm256_storeu_si256((__m256i *)row, _mm512_castsi512_si256(first));
        _mm256_storeu_si256((__m256i *)(row + 4 * to_pitch), _mm512_extracti64x4_epi64(first, 1));
        _mm256_storeu_si256((__m256i *)(row + 8 * to_pitch), _mm512_castsi512_si256(second));
        _mm256_storeu_si256((__m256i *)(row + 12 * to_pitch), _mm512_extracti64x4_epi64(second, 1));
    }
}

/* Lane L of u[c] holds rows 0..7 of column 8L + c, or 8L + 4 + c in the second half. */
VECTOR_INLINE void strip_2(const char *from, int64_t from_pitch, char *to, int64_t to_pitch, int64_t ahead)
{
    __m512i r[8], pair[4], u[4];
    load_strip(from, from_pitch, ahead, r);
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 4; i++)
            pair[i] = half ? _mm512_unpackhi_epi16(r[2 * i], r[2 * i + 1])
                           : _mm512_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
        interleave_quad(pair, u);
        for (int c = 0; c < 4; c++) {
            char *row = to + (half * 4 + c) * to_pitch;
            _mm_storeu_si128((__m128i *)row, _mm512_castsi512_si128(u[c]));
            _mm_storeu_si128((__m128i *)(row + 8 * to_pitch), _mm512_extracti32x4_epi32(u[c], 1));
            _mm_storeu_si128((__m128i *)(row + 16 * to_pitch), _mm512_extracti32x4_epi32(u[c], 2));
            _mm_storeu_si128((__m128i *)(row + 24 * to_pitch), _mm512_extracti32x4_epi32(u[c], 3));
        }
    }
}
#endif

VECTOR_INLINE int64_t tile_start(int64_t i, int64_t total, int64_t tile)
{
    return i + tile <= total ? i : total - tile;
}

#if defined(__AVX512BW__)
#define DEFINE_STRIPS(bytes)                                                                                          \
    static void block_##bytes##_strips(const char *from, int64_t from_pitch, char *to, int64_t to_pitch, int64_t rows, \
                                       int64_t columns, int64_t ahead)                                                \
    {                                                                                                                 \
        for (int64_t r = 0; r < rows; r += 8)                                                                         \
            for (int64_t c = 0; c < columns; c += LINE_BYTES / bytes) {                                               \
                int64_t r0 = tile_start(r, rows, 8), c0 = tile_start(c, columns, LINE_BYTES / bytes);                 \
                strip_##bytes(from + r0 * from_pitch + c0 * bytes, from_pitch, to + c0 * to_pitch + r0 * bytes,       \
                              to_pitch, ahead);                                                                       \
            }                                                                                                         \
    }
DEFINE_STRIPS(4)
DEFINE_STRIPS(2)
#endif

/*
 * A block as squares of one line by one line, each as tiles; squares go down the rows (filling one output row after the
 * other) or along the columns. Inside a square tiles go down the rows, so that streamed lines fill up at once.
 */
#define DEFINE_BLOCK(bytes, width, store, down, suffix)                                                               \
    static void block_##bytes##_##width##_##suffix(const char *from, int64_t from_pitch, char *to, int64_t to_pitch,  \
                                                   int64_t rows, int64_t columns, int64_t ahead)                      \
    {                                                                                                                 \
        const int64_t tile = width * 4 / bytes, line = LINE_BYTES / bytes;                                            \
        int64_t outer_end = (down) ? columns : rows, inner_end = (down) ? rows : columns;                             \
        for (int64_t outer = 0; outer < outer_end; outer += line)                                                     \
            for (int64_t inner = 0; inner < inner_end; inner += line) {                                               \
                int64_t row = (down) ? inner : outer, column = (down) ? outer : inner;                                \
                int64_t row_end = row + line < rows ? row + line : rows;                                              \
                int64_t column_end = column + line < columns ? column + line : columns;                               \
                for (int64_t c = column; c < column_end; c += tile)                                                   \
                    for (int64_t r = row; r < row_end; r += tile) {                                                   \
                        int64_t r0 = tile_start(r, rows, tile), c0 = tile_start(c, columns, tile);                    \
                        tile_##bytes##_##width(from + r0 * from_pitch + c0 * bytes, from_pitch,                       \
                                               to + c0 * to_pitch + r0 * bytes, to_pitch, ahead, store);              \
                    }                                                                                                 \
            }                                                                                                         \
    }

#define DEFINE_BLOCKS(bytes, width)                              \
    DEFINE_BLOCK(bytes, width, STORE_CACHED, true, cached)       \
    DEFINE_BLOCK(bytes, width, STORE_STREAM_ALONG, false, along) \
    DEFINE_BLOCK(bytes, width, STORE_STREAM_DOWN, true, down)    \
    DEFINE_BLOCK(bytes, width, STORE_STAGED, false, staged)

/* Matrices too narrow for a tile. With the short side constant the compiler makes vectors of the loop (3 channels). */
VECTOR_INLINE void narrow_loop(size_t bytes, const char *from, int64_t from_pitch, char *to, int64_t to_pitch,
                               int64_t rows, int64_t columns)
{
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < rows; r++)
            memcpy(to + c * to_pitch + r * (int64_t)bytes, from + r * from_pitch + c * (int64_t)bytes, bytes);
}

#define DEFINE_NARROW(bytes, type)                                                                                \
    static void block_##bytes##_narrow(const char *from, int64_t from_pitch, char *to, int64_t to_pitch,          \
                                       int64_t rows, int64_t columns, int64_t ahead)                              \
    {                                                                                                             \
        (void)ahead;                                                                                              \
        if (rows == 3 && to_pitch == 3 * bytes) {                                                                 \
            const type *a = (const void *)from, *b = (const void *)(from + from_pitch);                           \
            const type *c = (const void *)(from + 2 * from_pitch);                                                \
            type *restrict out = (void *)to;                                                                      \
            for (int64_t i = 0; i < columns; i++) {                                                               \
                out[3 * i] = a[i];                                                                                \
                out[3 * i + 1] = b[i];                                                                            \
                out[3 * i + 2] = c[i];                                                                            \
            }                                                                                                     \
        } else if (columns == 3 && from_pitch == 3 * bytes) {                                                     \
            const type *in = (const void *)from;                                                                  \
            type *restrict a = (void *)to, *restrict b = (void *)(to + to_pitch);                                 \
            type *restrict c = (void *)(to + 2 * to_pitch);                                                       \
            for (int64_t i = 0; i < rows; i++) {                                                                  \
                a[i] = in[3 * i];                                                                                 \
                b[i] = in[3 * i + 1];                                                                             \
                c[i] = in[3 * i + 2];                                                                             \
            }                                                                                                     \
        } else {                                                                                                  \
            narrow_loop(bytes, from, from_pitch, to, to_pitch, rows, columns);                                    \
        }                                                                                                         \
    }

DEFINE_BLOCKS(4, 4)
DEFINE_BLOCKS(2, 4)
#if defined(__AVX2__)
DEFINE_BLOCKS(4, 8)
DEFINE_BLOCK(2, 8, STORE_CACHED, true, cached)
DEFINE_BLOCK(2, 8, STORE_STAGED, false, staged)
#endif
#if defined(__AVX512BW__)
DEFINE_BLOCK(4, 16, STORE_CACHED, true, cached)
DEFINE_BLOCK(4, 16, STORE_STREAM_ALONG, false, along)
DEFINE_BLOCK(2, 16, STORE_CACHED, true, cached)
DEFINE_BLOCK(2, 16, STORE_STREAM_ALONG, false, along)
#endif
DEFINE_NARROW(4, uint32_t)
DEFINE_NARROW(2, uint16_t)

/*
 * Widest first. Streamed blocks of 2-byte elements take narrow tiles: the processor gathers a streamed line in one of a
 * few buffers, and a tile of 16 rows and half a line in each leaves 16 of them half full (AVX2, 64x56x56 bf16: 0.45 of
 * memcpy's speed, 1.00 with tiles of 8). Going down, narrow tiles are also no slower in AVX-512, and faster where the
 * source's rows are not aligned (14x14: 0.97 against 0.80).
 */
static const struct {
    size_t bytes;
    int64_t least;
    transpose_block *block[STORE_COUNT];
} blocks[] = {
#if defined(__AVX512BW__)
    {4, 16, {block_4_16_cached, block_4_16_along, block_4_8_down, block_4_strips}},
    {2, 32, {block_2_16_cached, block_2_16_along, block_2_4_down, block_2_strips}},
#endif
#if defined(__AVX2__)
    {4, 8, {block_4_8_cached, block_4_8_along, block_4_8_down, block_4_8_staged}},
    {2, 16, {block_2_8_cached, block_2_4_along, block_2_4_down, block_2_8_staged}},
#endif
    {4, 4, {block_4_4_cached, block_4_4_along, block_4_4_down, block_4_4_staged}},
    {2, 8, {block_2_4_cached, block_2_4_along, block_2_4_down, block_2_4_staged}},
    {4, 1, {block_4_narrow, block_4_narrow, block_4_narrow, block_4_narrow}},
    {2, 1, {block_2_narrow, block_2_narrow, block_2_narrow, block_2_narrow}},
};

transpose_block *VECTOR_NAME(transpose_block_find)(size_t element_bytes, int64_t rows, int64_t columns,
                                                   enum transpose_store store, int64_t *least)
{
    size_t i = 0;
    while (blocks[i].bytes != element_bytes || blocks[i].least > rows || blocks[i].least > columns)
        i++;
    *least = blocks[i].least;
    return blocks[i].block[store];
}
