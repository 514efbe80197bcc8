/* What the passes remember of a process from chunk to chunk. chunk.h says who owns it. */
#ifndef IMPORTERS_PASSES_CARRY_H
#define IMPORTERS_PASSES_CARRY_H

#include "importers/chunk.h"
#include "importers/passes/facts.h"
#include "importers/passes/places.h"
#include "importers/passes/recall.h"

struct carry {
    struct facts *facts;
    struct recall *recall;
    struct places persistent; /* place -> number of a parameter, buffer or state, the same in every chunk */
    struct places unmade;     /* places that the last chunk read although nobody in it had made them */
    int64_t persistent_count;
    bool said_inferred; /* the note stands */
};

#endif
