/*
 * Counted random numbers. Draw i of a stream is the i-th output of splitmix64 seeded with the stream's key; a normal
 * number i uses uniforms 2i and 2i+1 of its stream, in double until the last rounding.
 */
#include "base/random.h"

#include <math.h>

#define GOLDEN 0x9E3779B97F4A7C15ull /* 2^64 / golden ratio, splitmix64's increment */
#define TWO_PI 6.283185307179586476925

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

uint64_t random_key(uint64_t seed, const char *name)
{
    uint64_t hash = 0xCBF29CE484222325ull; /* FNV-1a, 64 bits */
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        hash = (hash ^ *c) * 0x100000001B3ull;
    return mix(hash ^ mix(seed + GOLDEN));
}

uint64_t random_bits(uint64_t key, uint64_t index)
{
    return mix(key + (index + 1) * GOLDEN);
}

float random_uniform(uint64_t key, uint64_t index)
{
    return (float)(random_bits(key, index) >> 40) * 0x1p-24f;
}

float random_normal(uint64_t key, uint64_t index)
{
    double radius = sqrt(-2.0 * log(1.0 - random_uniform(key, 2 * index))); /* 1 - u is in (0,1] */
    double angle = TWO_PI * random_uniform(key, 2 * index + 1);
    return (float)(radius * cos(angle));
}
