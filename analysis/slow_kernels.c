/*
 * Pass: channels_last kernels against contiguous ones. Only operators that ran as they do in channels_last take part: of the
 * others, the penalty tells. The other side is the faster of what the operator does on contiguous tensors and, for a
 * convolution, of oneDNN's blocked kernel with the reorders around it.
 *
 * Sides of a measurement run in turn, round by round, so that a busy machine disturbs both alike: if neither were the slower one, each
 * round would be a toss of a coin. A weighted sign test (one toss for every round of every measurement, which counts by what its
 * typical difference is to the sum) says how likely as clear a result is by chance; with many kernels looked at, one in
 * twenty traces may have one false verdict, not one in twenty kernels (Bonferroni). Sizes of differences play no part: no single
 * disturbed round can decide.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_int.h"
#include "base/random.h"

#define FALSE_TRACES 0.05 /* of traces without a slow kernel, how many may be told to have one */
#define TOSSES_PER_TEST 100 /* tossed so often, for each kernel looked at: five tosses decide at the threshold */
#define MOST_TOSSES 50000

static enum variant other_side(const struct measurement *measurement)
{
    const double *contiguous = measurement->dur_ns[VARIANT_CONTIGUOUS], *blocked = measurement->dur_ns[VARIANT_BLOCKED];
    return !blocked || contiguous[0] <= blocked[0] ? VARIANT_CONTIGUOUS : VARIANT_BLOCKED;
}

static void add(struct contest *sum, const struct measurement *measurement)
{
    const double *contiguous = measurement->dur_ns[VARIANT_CONTIGUOUS], *blocked = measurement->dur_ns[VARIANT_BLOCKED];
    const double *other = measurement->dur_ns[other_side(measurement)];

    for (int d = 0; d < DRAWS; d++) {
        sum->kept_ns[d] += measurement->dur_ns[VARIANT_CHANNELS_LAST][d];
        sum->other_ns[d] += other[d];
    }
    sum->contiguous_ns += contiguous[0];
    sum->blocked_ns += blocked ? blocked[0] : NAN;
    sum->reorders_ns += blocked ? measurement->library_ns : NAN;
}

static enum status count_run(struct analysis *self, int key, int measurement)
{
    for (int i = 0; i < self->parts_count; i++) {
        struct contest_part *part = &self->parts[i];
        if (part->key == key && part->measurement == measurement) {
            part->runs++;
            return STATUS_OK;
        }
    }
    ARRAY_ADD(self, parts, (struct contest_part){key, measurement, 1});
    return STATUS_OK;
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
        TRY(count_run(self, key, number));
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

/* Kernels that are compared at all. */
static int count_tests(const struct analysis *self)
{
    int tests = 0;
    for (int i = 0; i < self->measurements_count; i++)
        tests += self->measurements[i].rounds[VARIANT_CONTIGUOUS] > 0;
    return tests;
}

/* Heads minus tails of as many tosses as the measurement has rounds. */
static int toss(uint64_t key, uint64_t *index, int rounds)
{
    int heads = 0;
    for (int left = rounds; left > 0; left -= 64) {
        uint64_t bits = random_bits(key, (*index)++);
        heads += __builtin_popcountll(left < 64 ? bits >> (64 - left) : bits);
    }
    return 2 * heads - rounds;
}

bool contest_is_clear(const struct analysis *self, enum scope scope, int item)
{
    int tests = count_tests(self), tosses = tests * TOSSES_PER_TEST, as_clear = 1;
    uint64_t key = random_key((uint64_t)item, "sign test"), index = 0;
    double observed = 0;

    tosses = tosses < MOST_TOSSES ? tosses : MOST_TOSSES;
    for (int t = -1; t < tosses; t++) { /* -1: what was observed */
        double sum = 0;
        for (int i = 0; i < self->parts_count; i++) {
            const struct contest_part *part = &self->parts[i];
            if (ledger_item(self, part->key, scope) != item)
                continue;
            const struct measurement *measurement = &self->measurements[part->measurement];
            enum variant other = other_side(measurement);
            int rounds = measurement->rounds[other];
            double weight = part->runs * fabs(measurement->dur_ns[VARIANT_CHANNELS_LAST][0] - measurement->dur_ns[other][0]);
            sum += weight / rounds * (t < 0 ? 2 * measurement->slower[other] - rounds : toss(key, &index, rounds));
        }
        if (t < 0)
            observed = sum;
        else
            as_clear += sum >= observed;
    }
    return observed > 0 && (double)as_clear / (tosses + 1) <= FALSE_TRACES / tests;
}

void contests_release(struct analysis *self)
{
    for (int k = 0; k < self->keys_count; k++)
        free(self->keys[k].contest);
    free(self->parts);
}
