/*
 * A libcupti on paper (built under libcupti's soname): just enough of CUPTI 13 to drive clprof_cupti.so without a device. Its
 * clock is the wall clock's kind: an offset from the monotonic one, and a drift. What "the device runs" is said by the test.
 */
#ifndef TESTS_CUPTI_PAPER_CUPTI_H
#define TESTS_CUPTI_PAPER_CUPTI_H

#include <stdint.h>

/* Its clock: clock_ns() * (1 + drift) + offset. */
void paper_clock(int64_t offset_ns, double drift);

/* The calling thread makes a runtime call that runs a kernel (mangled name) from start_ns to end_ns of clock_ns(); -1, -1: the
 * times are lost. Returns the correlation number. */
uint32_t paper_launch(const char *name, int64_t start_ns, int64_t end_ns, uint32_t stream);
/* The same of a graph: one call, whose nodes run one after the other, each for so long. */
uint32_t paper_graph(const char *const *names, int count, int64_t start_ns, int64_t each_ns, uint32_t stream);
uint32_t paper_copy(uint64_t bytes, int64_t start_ns, int64_t end_ns, uint32_t stream);

/* A record of 0.5 ms of instrumentation; so many records dropped; a buffer with unfinished records is held back. */
void paper_overhead(void);
void paper_drop(unsigned records);
void paper_hold(int held);

/* Somebody of that name has subscribed (NULL: nobody has). */
void paper_taken(const char *by);

/* Records as an older library lays them out: shorter by so many bytes at their ends. */
void paper_shorter(unsigned bytes);

/* Is anybody subscribed; how many kinds are on; how many forced flushes. */
int paper_subscribed(void);
int paper_kinds(void);
int paper_forced(void);

#endif
