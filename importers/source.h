/*
 * A file as one stream of bytes, plain or gzip (any number of members), read and inflated on a thread of its own ahead of
 * whoever takes them. The taker sees a window that slides over the stream: source_more moves it on and keeps what is
 * still needed, so that a record that crosses two blocks lies in one piece. Memory: SOURCE_BLOCKS blocks, whatever the
 * file's size, and what is kept.
 *
 * Offsets count inflated bytes.
 */
#ifndef IMPORTERS_SOURCE_H
#define IMPORTERS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SOURCE_BLOCK_BYTES (512u << 10)
#define SOURCE_BLOCKS 4
#define SOURCE_KEEP_BYTES (16u << 20) /* the most that source_more keeps: the longest record */
#define SOURCE_PAD_BYTES 64           /* zeroed bytes behind the window, for loops that read ahead */

struct source;

/* Fails (NOT_FOUND, IO, NO_MEMORY). */
enum status source_open(const char *path, struct source **out);

/*
 * Lengthens the window. In: *at is the first byte still needed, within the window or at its end. Out: the window is
 * [*at, *end), the same bytes and at least one more, elsewhere in memory; pointers into the old one are dead. At the end
 * of the stream nothing is added and *more is false. Fails (IO) when the file can't be read, (CORRUPT) when over
 * SOURCE_KEEP_BYTES are to be kept.
 */
enum status source_more(struct source *self, const char **at, const char **end, bool *more);

/* Where a byte of the window stands in the stream. */
int64_t source_offset(const struct source *self, const char *at);

/* After the end: what broke the stream off ("its gzip checksum is wrong"), NULL when it ended well. */
const char *source_trouble(const struct source *self);

/* Harmless with NULL. */
void source_close(struct source *self);

/* The first bytes, inflated, up to `capacity`; fewer when the file is shorter or breaks off. Fails (CORRUPT) when none can be inflated. */
enum status source_head(const char *path, char *buffer, size_t capacity, size_t *length);

#endif
