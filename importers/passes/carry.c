/* Making and freeing what the passes remember. */
#include "importers/passes/carry.h"

#include <stdlib.h>

#include "base/array.h"

enum status carry_create(struct carry **out)
{
    struct carry *self = NULL;
    enum status status;
    *out = NULL;
    TRY(array_make(&self, 1, sizeof *self));
    TRY_OUT(facts_create(&self->facts));
    TRY_OUT(recall_create(&self->recall));
    *out = self;
    self = NULL;
out:
    carry_destroy(self);
    return status;
}

void carry_destroy(struct carry *self)
{
    if (!self)
        return;
    facts_destroy(self->facts);
    recall_destroy(self->recall);
    places_release(&self->persistent);
    places_release(&self->unmade);
    free(self);
}
