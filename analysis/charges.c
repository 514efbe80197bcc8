/* Pass: which operators each conversion of a step is charged to. The rule stands in analysis.h. */
#include "analysis/analysis_int.h"
#include "analysis/search.h"

/* Stays whatever becomes of the round trips: the batch, parameters, and what a library does to a parameter's gradient.
 */
static bool is_repack(const struct analysis *self, int conversion)
{
    enum cause cause = self->step.conversions[conversion].cause;
    return cause == CAUSE_INPUT || cause == CAUSE_WEIGHT || cause == CAUSE_OPTIMIZER ||
           (cause == CAUSE_GRADIENT && self->flow.conversion[conversion].role == ROLE_NONE);
}

static enum status charge(struct analysis *self, int conversion, int set, unsigned situation)
{
    bool repack = is_repack(self, conversion);
    int group;
    if (repack)
        situation = self->step.conversions[conversion].cause == CAUSE_INPUT ? SITUATION_INPUT : SITUATION_WEIGHT;
    TRY(ledger_group(self, set, repack, &group));
    self->groups[group].situations |= situation;
    self->pattern->charge[conversion] = group;
    return STATUS_OK;
}

static enum status charge_trips(struct analysis *self)
{
    const struct pattern *pattern = self->pattern;
    for (int i = 0; i < pattern->trips_count; i++) {
        const struct trip *trip = &pattern->trips[i];
        bool explicit_copy = trip->opening >= 0 && self->step.conversions[trip->opening].cause == CAUSE_EXPLICIT;
        unsigned situation = trip->kind == TRIP_LIBRARY ? SITUATION_LIBRARY
                             : explicit_copy            ? SITUATION_EXPLICIT
                                                        : SITUATION_TRIP;
        if (trip->counts_opening)
            TRY(charge(self, trip->opening, trip->set, situation));
        if (trip->counts_closing)
            TRY(charge(self, trip->closing, trip->set, situation));
    }
    return STATUS_OK;
}

/* Who is to blame for a conversion outside of round trips. */
static enum status charge_other(struct analysis *self, struct search *search, int conversion)
{
    const struct step_conversion *c = &self->step.conversions[conversion];
    enum conversion_role role = self->flow.conversion[conversion].role;
    unsigned situation = role == ROLE_NONE && c->cause == CAUSE_LIBRARY ? SITUATION_ONE_WAY : SITUATION_UNPAIRED;
    int op = c->op, set;

    if (role == ROLE_CLOSING || role == ROLE_BORN) {
        if (role == ROLE_CLOSING)
            search_origin(search, conversion);
        else
            search_origin_of_inputs(search, op, self->flow.conversion[conversion].source);
        if (search->born >= 0) {
            op = search->born;
            situation = SITUATION_BORN;
        }
    }
    TRY(ledger_set(self, &op, 1, &set));
    return charge(self, conversion, set, situation);
}

enum status pass_charges(struct analysis *self)
{
    struct search search = {0};
    struct pattern *pattern = self->pattern;
    enum status status;

    if (!self->pattern_is_new)
        return STATUS_OK;
    TRY_OUT(array_make(&pattern->charge, self->step.conversions_count, sizeof *pattern->charge));
    for (int i = 0; i < self->step.conversions_count; i++)
        pattern->charge[i] = -1;
    TRY_OUT(search_init(&search, &self->flow));
    TRY_OUT(charge_trips(self));
    for (int i = 0; i < self->step.conversions_count; i++) {
        if (pattern->charge[i] < 0 && self->step.conversions[i].op >= 0)
            TRY_OUT(charge_other(self, &search, i));
    }
out:
    search_release(&search);
    return status;
}
