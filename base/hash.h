/*
 * A fast hash of bytes, for tables in memory: 32 bytes a round, so that a kernel name of 1000 bytes costs about 60 ns.
 * Not for anything that leaves the process, and no protection against names made to collide.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Different seeds give hashes that have nothing to do with each other. */
uint64_t hash_bytes(const void *bytes, size_t length, uint64_t seed);

#endif
