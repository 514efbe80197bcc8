/* How a chunk is filled (sweep.c) and worked on (chunk.c). */
#ifndef IMPORTERS_CHUNK_INT_H
#define IMPORTERS_CHUNK_INT_H

#include "importers/chunk.h"
#include "importers/span.h"
#include "importers/step_list.h"
#include "importers/tie.h"

/* Empties the chunk for the step (NULL: what lies outside of steps). */
void chunk_begin(struct chunk *chunk, const struct step_span *step);

/* Adds an operator, its tensors as its signature or the file beside the trace tells them. */
enum status chunk_add_node(struct chunk *chunk, const struct span *span, struct node node);
enum status chunk_add_kernel(struct chunk *chunk, const struct tied_span *tied, int node);

/* Runs the passes. Does nothing for an empty chunk outside of steps. */
enum status chunk_work(struct chunk *chunk);
void chunk_release(struct chunk *chunk);

#endif
