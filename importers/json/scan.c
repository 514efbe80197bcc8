/*
 * The scan as bit masks, one bit a byte: quotes that are not escaped, their running parity = what is inside of strings,
 * brackets outside. One body, compiled for SSE2 (every x86-64 has it) and for AVX2 with POPCNT.
 */
#include "importers/json/scan.h"

#include <stdbool.h>
#include <stddef.h>

const char *json_scan_plain(struct json_scan *scan, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (scan->escaped) {
            scan->escaped = 0;
        } else if (*at == '\\') {
            scan->escaped = 1;
        } else if (*at == '"') {
            scan->in_string = ~scan->in_string;
        } else if (!scan->in_string && (*at == '{' || *at == '[')) {
            scan->depth++;
        } else if (!scan->in_string && (*at == '}' || *at == ']') && --scan->depth == 0) {
            return at + 1;
        }
    }
    return NULL;
}

#ifdef __SSE2__
#include <emmintrin.h>

#define INLINE static inline __attribute__((always_inline))

struct masks {
    uint64_t quote, backslash, open, close;
};

INLINE uint64_t equal(const __m128i bytes[4], char c)
{
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes[i], _mm_set1_epi8(c))) << (16 * i);
    return mask;
}

INLINE struct masks look(const char *at)
{
    struct masks masks;
    __m128i bytes[4], folded[4];

    for (int i = 0; i < 4; i++) {
        bytes[i] = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
        folded[i] = _mm_or_si128(bytes[i], _mm_set1_epi8(0x20)); /* [ and { differ in this bit, so do ] and } */
    }
    masks.quote = equal(bytes, '"');
    masks.backslash = equal(bytes, '\\');
    masks.open = equal(folded, '{');
    masks.close = equal(folded, '}');
    return masks;
}

/* The bytes that a backslash stands before, itself not escaped. Backslashes are rare, so one at a time. */
INLINE uint64_t escaped_bytes(uint64_t backslash, uint64_t carried)
{
    uint64_t escaped = carried;
    for (; backslash; backslash &= backslash - 1) {
        uint64_t lowest = backslash & -backslash;
        if (!(escaped & lowest))
            escaped |= lowest << 1;
    }
    return escaped;
}

/* Whether the last of `count` bytes is a backslash in force. */
INLINE uint64_t carried_escape(uint64_t backslash, uint64_t escaped, unsigned count)
{
    return (backslash & ~escaped) >> (count - 1) & 1;
}

/* Bit i of the result: parity of bits 0..i. */
INLINE uint64_t running_parity(uint64_t bits)
{
    for (int shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* Position after the bracket that closes all, -1 when none of these bytes does. */
INLINE int closing(int64_t depth, uint64_t open, uint64_t close)
{
    for (; close; close &= close - 1) {
        uint64_t below = (close & -close) - 1;
        depth--;
        if (depth + __builtin_popcountll(open & below) == 0)
            return __builtin_ctzll(close) + 1;
    }
    return -1;
}

INLINE const char *scan_body(struct json_scan *scan, const char *at, const char *end)
{
    for (; at < end; at += 64) {
        struct masks masks = look(at);
        unsigned count = end - at < 64 ? (unsigned)(end - at) : 64;
        uint64_t valid = ~0ull >> (64 - count), escaped = 0;

        if (__builtin_expect((masks.backslash | scan->escaped) != 0, 0)) {
            masks.backslash &= valid;
            escaped = escaped_bytes(masks.backslash, scan->escaped);
            scan->escaped = carried_escape(masks.backslash, escaped, count);
        }
        uint64_t inside = running_parity(masks.quote & valid & ~escaped) ^ scan->in_string;
        scan->in_string = (uint64_t)((int64_t)inside >> 63);
        masks.open &= valid & ~inside & ~escaped;
        masks.close &= valid & ~inside & ~escaped;
        int closes = __builtin_popcountll(masks.close);
        if (closes >= scan->depth) {
            int position = closing(scan->depth, masks.open, masks.close);
            if (position >= 0) {
                *scan = (struct json_scan){0};
                return at + position;
            }
        }
        scan->depth += __builtin_popcountll(masks.open) - closes;
    }
    return NULL;
}

static const char *scan_sse2(struct json_scan *scan, const char *at, const char *end)
{
    return scan_body(scan, at, end);
}

__attribute__((target("avx2,popcnt,bmi"))) static const char *scan_avx2(struct json_scan *scan, const char *at,
                                                                        const char *end)
{
    return scan_body(scan, at, end);
}

const char *json_scan(struct json_scan *scan, const char *at, const char *end)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") ? scan_avx2(scan, at, end)
                                                                           : scan_sse2(scan, at, end);
}

const char *json_string_end(const char *at, const char *end)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');

    while (at < end) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        int hit = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        if (!hit) {
            at += 16;
            continue;
        }
        at += __builtin_ctz((unsigned)hit);
        if (at >= end)
            return NULL;
        if (*at == '"')
            return at;
        at += 2;
    }
    return NULL;
}

#else

const char *json_scan(struct json_scan *scan, const char *at, const char *end)
{
    return json_scan_plain(scan, at, end);
}

const char *json_string_end(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '"')
            return at;
        if (*at == '\\')
            at++;
    }
    return NULL;
}

#endif
