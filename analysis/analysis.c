/* Runs the passes of passes.def in one transaction. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_int.h"

enum pass_when { BEFORE, EACH_STEP, AFTER };

static const struct {
    enum status (*run)(struct analysis *);
    enum pass_when when;
} passes[] = {
#define PASS(name, when, what) {pass_##name, when},
#include "analysis/passes.def"
#undef PASS
};

static const char empty_tables[] = "DELETE FROM step_phase; DELETE FROM round_trip; DELETE FROM round_trip_member;"
                                   "DELETE FROM finding; DELETE FROM finding_conversion; DELETE FROM fix_order;"
                                   "DELETE FROM figure";

static enum status run_passes(struct analysis *self, enum pass_when when)
{
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        if (passes[i].when == when)
            TRY(passes[i].run(self));
    }
    return STATUS_OK;
}

static enum status make_tally(struct analysis *self)
{
    TRY(array_make(&self->tally.conversions, self->cost_steps, sizeof(double)));
    TRY(array_make(&self->tally.dur_ns, self->cost_steps, sizeof(double)));
    for (int i = 0; i < self->cost_steps; i++)
        self->tally.dur_ns[i] = NAN;
    return array_make(&self->tally.trips, self->cost_steps, sizeof(double));
}

static enum status analyse(struct analysis *self)
{
    TRY(trace_exec(self->db, empty_tables));
    TRY(run_passes(self, BEFORE));
    TRY(make_tally(self));
    for (int i = 0; i < self->steps_count; i++) {
        self->now = &self->steps[i];
        if (self->now->mode == MODE_UNDISTURBED)
            continue; /* nothing of it is known but its time */
        TRY(run_passes(self, EACH_STEP));
    }
    return run_passes(self, AFTER);
}

static void release(struct analysis *self)
{
    for (int i = 0; i < self->groups_count; i++)
        free(self->groups[i].exposed_ns);
    for (int i = 0; i < self->groups_count; i++)
        free(self->groups[i].penalty_ns);
    contests_release(self);
    measurements_release(self);
    void *const owned[] = {self->steps, self->breaks,  self->block_of, self->tally.conversions, self->tally.dur_ns,
                           self->keys,  self->sets,    self->member,   self->tally.trips,       self->groups, self->times.dur_ns, self->times.images,
                           self->fixes, self->charges, self->step.ops, self->step.conversions};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        free(owned[i]);
    intern_release(&self->words);
    intern_release(&self->key_words);
    intern_release(&self->set_words);
    flow_release(&self->flow);
    patterns_release(self);
    definitions_release(self);
}

enum status analysis_run(sqlite3 *db)
{
    struct analysis self = {.db = db};
    enum status status;

    TRY(trace_exec(db, "BEGIN IMMEDIATE"));
    status = analyse(&self);
    if (status == STATUS_OK)
        status = trace_exec(db, "COMMIT");
    if (status != STATUS_OK)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* the first failure is the one to report */
    release(&self);
    return status;
}
