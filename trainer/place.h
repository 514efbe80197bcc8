/* Memory of a plan: lifetimes of values, and offsets in one arena such that values alive at the same time never overlap. */
#ifndef TRAINER_PLACE_H
#define TRAINER_PLACE_H

#include "trainer/plan.h"

/*
 * Sets tensor.data of every value that calls touch: outside[value] where given, else an offset in plan->arena, which is
 * allocated here (with the scratch behind it). Offsets are found largest first, lowest fit (greedy by size: Pisarchyk &
 * Lee 2020), aligned to 64 bytes.
 */
enum status place_values(struct plan *plan, void *const *outside);

#endif
