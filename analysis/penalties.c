/*
 * Pass: penalties. An operator that ran in another way than it would in channels_last, and slower (or faster), is charged to
 * the culprits of the first round trip on whose path it is; of operators that read an operand in the other format and are
 * on none, to whom that mixed conversion is charged; else to those from whom its input comes out of channels_last: in a
 * contiguous model, whose round trips are the library's and lie inside a convolution, to the convolution before it.
 */
#include <stdlib.h>

#include "analysis/analysis_int.h"

static void set_once(int *group, int value)
{
    if (*group < 0)
        *group = value;
}

static enum status attribute_trips(struct analysis *self, bool consumers)
{
    const struct pattern *pattern = self->pattern;

    for (int t = 0; t < pattern->trips_count; t++) {
        const struct trip *trip = &pattern->trips[t];
        int group;
        TRY(ledger_group(self, trip->set, false, &group));
        for (int m = trip->first_member; m < trip->first_member + trip->members; m++) {
            if ((pattern->members[m].role == MEMBER_CONSUMER) == consumers)
                set_once(&pattern->penalty[pattern->members[m].op], group);
        }
    }
    return STATUS_OK;
}

/* Who made a version: an operator, also by a conversion just before it; -1 = nobody in this step. */
static int maker_of(const struct analysis *self, int version)
{
    const struct version *v = &self->flow.versions[version];
    return v->op >= 0 ? v->op : v->conversion >= 0 ? self->step.conversions[v->conversion].op : -1;
}

/* In order of execution, so that what the operator before it was charged to is known. */
static void inherit(struct analysis *self)
{
    const struct lists *reads = &self->flow.read_of;
    int *penalty = self->pattern->penalty;

    for (int i = 0; i < self->step.ops_count; i++) {
        for (int r = reads->start[i]; penalty[i] < 0 && r < reads->start[i + 1]; r++) {
            int maker = flow_follows(&self->flow, reads->item[r]) ? maker_of(self, reads->item[r]) : -1;
            if (maker >= 0 && maker != i)
                penalty[i] = penalty[maker];
        }
    }
}

static enum status attribute(struct analysis *self)
{
    struct pattern *pattern = self->pattern;

    TRY(array_make(&pattern->penalty, self->step.ops_count, sizeof *pattern->penalty));
    for (int i = 0; i < self->step.ops_count; i++)
        pattern->penalty[i] = -1;
    TRY(attribute_trips(self, false));
    TRY(attribute_trips(self, true));
    for (int c = 0; c < self->step.conversions_count; c++) {
        const struct step_conversion *conversion = &self->step.conversions[c];
        if (conversion->op >= 0 && conversion->kernel_id < 0 && pattern->charge[c] >= 0)
            set_once(&pattern->penalty[conversion->op], pattern->charge[c]);
    }
    inherit(self);
    return STATUS_OK;
}

static enum status charge(struct analysis *self, int number, const struct measurement *measurement)
{
    struct group *group = &self->groups[number];
    const double *as_run = measurement->dur_ns[VARIANT_AS_RUN], *kept = measurement->dur_ns[VARIANT_CHANNELS_LAST];

    if (!as_run || !kept)
        return STATUS_OK;
    if (!group->penalty_ns)
        TRY(array_make(&group->penalty_ns, DRAWS, sizeof *group->penalty_ns));
    for (int d = 0; d < DRAWS; d++)
        group->penalty_ns[d] += measurement->scale * (as_run[d] - kept[d]);
    return STATUS_OK;
}

enum status pass_penalties(struct analysis *self)
{
    if (self->measurements_count == 0)
        return STATUS_OK;
    if (self->pattern_is_new)
        TRY(attribute(self));
    for (int i = 0; i < self->step.ops_count && self->now->cost >= 0; i++) {
        int measurement = self->step.ops[i].def->measurement;
        if (measurement >= 0 && self->pattern->penalty[i] >= 0)
            TRY(charge(self, self->pattern->penalty[i], &self->measurements[measurement]));
    }
    return STATUS_OK;
}

bool add_penalty(const struct group *group, double *penalty_ns)
{
    for (int d = 0; d < DRAWS && group->penalty_ns; d++)
        penalty_ns[d] += group->penalty_ns[d];
    return group->penalty_ns != NULL;
}
