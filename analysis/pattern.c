/* Pass: steps of a training run repeat; the dataflow of one that ran the same operators before is known. */
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"

/* op_def_ids in order, where each forward operator stands, and the conversions. */
static enum status identify(const struct step *step, int64_t **id, int *count)
{
    int at = 0;
    TRY(array_make(id, 3 * step->ops_count + 3 * step->conversions_count, sizeof **id));
    for (int i = 0; i < step->ops_count; i++) {
        (*id)[at++] = step->ops[i].op_def_id;
        (*id)[at++] = step->ops[i].forward - i;
        (*id)[at++] = step->ops[i].cluster - i;
    }
    for (int i = 0; i < step->conversions_count; i++) {
        (*id)[at++] = step->conversions[i].op;
        (*id)[at++] = step->conversions[i].conversion_def_id;
        (*id)[at++] = step->conversions[i].kernel_id < 0;
    }
    *count = at;
    return STATUS_OK;
}

static void pattern_release(struct pattern *pattern)
{
    for (int i = 0; i < pattern->trips_count; i++) {
        free(pattern->trips[i].culprits);
        free(pattern->trips[i].carriers);
    }
    free(pattern->id);
    free(pattern->trips);
    free(pattern->members);
    free(pattern->charge);
    free(pattern->penalty);
    *pattern = (struct pattern){0};
}

static bool has_id(const struct pattern *pattern, const int64_t *id, int count)
{
    return pattern->id && pattern->id_count == count && memcmp(pattern->id, id, (size_t)count * sizeof *id) == 0;
}

enum status pass_pattern(struct analysis *self)
{
    int64_t *id = NULL;
    int count;

    TRY(identify(&self->step, &id, &count));
    self->pattern_is_new = false;
    for (int i = 0; i < PATTERN_COUNT; i++) {
        if (has_id(&self->patterns[i], id, count)) {
            self->pattern = &self->patterns[i];
            free(id);
            return STATUS_OK;
        }
    }
    self->pattern_is_new = true;
    self->pattern = &self->patterns[self->patterns_made++ % PATTERN_COUNT];
    pattern_release(self->pattern);
    self->pattern->id = id;
    self->pattern->id_count = count;
    return STATUS_OK;
}

void patterns_release(struct analysis *self)
{
    for (int i = 0; i < PATTERN_COUNT; i++)
        pattern_release(&self->patterns[i]);
}
