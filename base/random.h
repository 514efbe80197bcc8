/*
 * Random numbers by counting: the i-th number of a stream is a pure function of (key, i), so any thread can make any
 * part, and a second implementation (tests/parity/weights.py) can make the same numbers.
 * Mixing is splitmix64 (Steele, Lea, Flood 2014).
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* Key of a named stream, e.g. (seed, "layer1.0.conv1.weight"): FNV-1a of the name mixed with the seed. */
uint64_t random_key(uint64_t seed, const char *name);

/* 64 random bits number `index` of the stream. */
uint64_t random_bits(uint64_t key, uint64_t index);

/* Uniform in [0,1) with 24 random bits, exact in float. */
float random_uniform(uint64_t key, uint64_t index);

/* Standard normal (Box-Muller on two uniforms). */
float random_normal(uint64_t key, uint64_t index);

#endif
