/*
 * Pass: channels_last kernels against contiguous ones. Only operators that ran as they do in channels_last take part: of the
 * others, the penalty tells. The other side is the faster of what the operator does on contiguous tensors and, for a
 * convolution, of oneDNN's blocked kernel with the reorders around it.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_int.h"

static void add(struct contest *sum, const struct measurement *measurement)
{
    const double *contiguous = measurement->dur_ns[VARIANT_CONTIGUOUS], *blocked = measurement->dur_ns[VARIANT_BLOCKED];
    const double *other = !blocked || contiguous[0] <= blocked[0] ? contiguous : blocked;

    for (int d = 0; d < DRAWS; d++) {
        sum->kept_ns[d] += measurement->dur_ns[VARIANT_CHANNELS_LAST][d];
        sum->other_ns[d] += other[d];
    }
    sum->contiguous_ns += contiguous[0];
    sum->blocked_ns += blocked ? blocked[0] : NAN;
    sum->reorders_ns += blocked ? measurement->library_ns : NAN;
}

enum status pass_slow_kernels(struct analysis *self)
{
    for (int i = 0; i < self->step.ops_count && self->now->cost >= 0; i++) {
        int number = self->step.ops[i].def->measurement, key;
        if (number < 0)
            continue;
        const struct measurement *measurement = &self->measurements[number];
        if (measurement->dur_ns[VARIANT_AS_RUN] || !measurement->dur_ns[VARIANT_CHANNELS_LAST] ||
            !measurement->dur_ns[VARIANT_CONTIGUOUS])
            continue;
        TRY(ledger_key(self, i, &key));
        struct contest **contest = &self->keys[key].contest;
        if (!*contest)
            TRY(array_make(contest, 1, sizeof **contest));
        add(*contest, measurement);
    }
    return STATUS_OK;
}

bool contest_of(const struct analysis *self, enum scope scope, int item, struct contest *sum)
{
    bool known = false;

    *sum = (struct contest){0};
    for (int k = 0; k < self->keys_count; k++) {
        const struct contest *one = self->keys[k].contest;
        if (!one || ledger_item(self, k, scope) != item)
            continue;
        known = true;
        for (int d = 0; d < DRAWS; d++) {
            sum->kept_ns[d] += one->kept_ns[d];
            sum->other_ns[d] += one->other_ns[d];
        }
        sum->contiguous_ns += one->contiguous_ns;
        sum->blocked_ns += one->blocked_ns;
        sum->reorders_ns += one->reorders_ns;
    }
    return known;
}

struct stats_interval contest_margin(const struct contest *contest)
{
    double margin[DRAWS];

    for (int d = 0; d < DRAWS; d++)
        margin[d] = 100 * (contest->kept_ns[d] / contest->other_ns[d] - 1);
    return (struct stats_interval){margin[0], stats_quantile(margin, DRAWS, 0.025), stats_quantile(margin, DRAWS, 0.975)};
}

void contests_release(struct analysis *self)
{
    for (int k = 0; k < self->keys_count; k++)
        free(self->keys[k].contest);
}
