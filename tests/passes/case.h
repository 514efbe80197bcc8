/*
 * Hand-made chunks. A case file is one or more steps of operator spans, then a line "expect" and what the passes must
 * say.
 *
 *   # a comment
 *   step                                    begins a chunk; the next one is of the same process
 *   LABEL NAME [seq=N] [fwd=N] [lane=N] [note=WORD] [module=N] [in=T;T] [out=T;T]
 *     LABEL NAME ...                        indented by two more: runs inside the span above
 *     kernel NAME                           a device kernel launched in the span above
 *   orphan NAME                             a kernel of no known launch
 *
 * Spaces in names are written '~'. T is ID:DTYPE:SHAPE:STRIDES, '-' an absent one, T+T a list at one position. ID is
 * `a` (its own memory), `b@a` (another tensor in the memory of a), `b@a+64` (from there on) or `?` (not told). DTYPE is
 * f (float32), b (bfloat16) or i (int64). SHAPE is 2x8x4x4. STRIDES are c (contiguous), cl, 128.1.32.8 or ? (not told).
 */
#ifndef TESTS_PASSES_CASE_H
#define TESTS_PASSES_CASE_H

#include "base/strbuf.h"

/* Runs the passes (all but the writing of rows) over each chunk of a case and appends what they found. */
void case_run(const char *text, struct strbuf *out);

/* The text of a file, to be freed. */
char *case_read(const char *path);

#endif
