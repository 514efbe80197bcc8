/*
 * What is remembered of a process's last recorded step, so that timed steps, whose recorder told times alone, know
 * their tensors and modules.
 */
#ifndef IMPORTERS_PASSES_RECALL_H
#define IMPORTERS_PASSES_RECALL_H

#include "importers/chunk.h"

struct recall;

enum status recall_create(struct recall **out);
void recall_destroy(struct recall *recall); /* harmless with NULL */

#endif
