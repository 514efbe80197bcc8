/* What the passes said of a chunk, as text. */
#ifndef TESTS_PASSES_PRINT_H
#define TESTS_PASSES_PRINT_H

#include "base/strbuf.h"
#include "importers/chunk.h"

/*
 * A line an operator, "LABEL NAME PHASE [forward=LABEL] [module=N] in=ID,ID out=ID" ("op", inner ones and wrappers in
 * one line of labels); a line a kernel of known role; a line a conversion. Persistent tensors are p0, p1, constants k0;
 * others t0, t1.
 */
void print_chunk(const struct chunk *chunk, struct strbuf *out);

#endif
