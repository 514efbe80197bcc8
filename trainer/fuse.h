/*
 * Which nodes one kernel does together. The host runs; the others keep their rows in the trace and say `fused_into`.
 *   batch_norm + relu_            one pass over memory instead of two; backward masks while it normalises
 *   batch_norm + add_ + relu_     the residual block's end
 *   add + threshold_backward      gradient accumulation at a residual block's start, then the relu's mask
 *   _to_copy + _to_copy           the batch's layout conversion and autocast's cast
 */
#ifndef TRAINER_FUSE_H
#define TRAINER_FUSE_H

#include "trainer/graph.h"

/* After layouts_assign. */
void fuse_nodes(struct graph *graph);

#endif
