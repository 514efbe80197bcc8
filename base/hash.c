/* Folded 64 x 64 -> 128 bit products of the input xored with odd constants, two independent chains. */
#include "base/hash.h"

#include <string.h>

/* Odd numbers with as many ones as zeros: fractional parts of the square roots of 2, 3, 5, 7, made odd. */
#define MIX_A 0x6A09E667F3BCC909u
#define MIX_B 0xBB67AE8584CAA73Bu
#define MIX_C 0x3C6EF372FE94F82Bu
#define MIX_D 0xA54FF53A5F1D36F1u

static uint64_t load(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to 16 bytes as two numbers; the length is mixed in by the caller. */
static void load_tail(const unsigned char *at, size_t length, uint64_t *low, uint64_t *high)
{
    unsigned char bytes[16] = {0};

    memcpy(bytes, at, length);
    *low = load(bytes);
    *high = load(bytes + 8);
}

uint64_t hash_bytes(const void *bytes, size_t length, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t a = seed ^ MIX_A, b = seed + MIX_B, low, high;
    size_t left = length;

    for (; left >= 32; left -= 32, at += 32) {
        a = fold(load(at) ^ MIX_C, load(at + 8) ^ a);
        b = fold(load(at + 16) ^ MIX_D, load(at + 24) ^ b);
    }
    if (left >= 16) {
        a = fold(load(at) ^ MIX_D, load(at + 8) ^ a);
        left -= 16;
        at += 16;
    }
    if (left == 8) {
        low = load(at);
        high = 0;
    } else {
        load_tail(at, left, &low, &high);
    }
    b = fold(low ^ MIX_C, high ^ b);
    return fold(a ^ MIX_B, b ^ length ^ MIX_D);
}
