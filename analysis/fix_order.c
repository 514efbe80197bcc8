/*
 * Pass: what to fix first. A fix is one operator type, or several that only help together; each next one is that which
 * wins most time (exposed conversions and penalties) per operator on top of those before. When a single operator type thrashes, its instances are
 * ordered instead, at most FIX_ROWS of them; not so a library's doing, which one change of the whole model ends.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"

#define FIX_ROWS 20

struct planner {
    const struct analysis *analysis;
    int *fix_of;        /* by key: index of its fix, -1 = none */
    bool *chosen;       /* by fix */
    double *exposed_ns; /* scratch, by cost step */
    double penalty_ns[DRAWS]; /* scratch */
    bool measured;            /* something was added to it */
};

static int find_fix(const struct analysis *self, enum scope scope, int key)
{
    for (int i = 0; i < self->fixes_count; i++) {
        if (self->fixes[i].scope == scope && self->fixes[i].item == ledger_item(self, key, scope))
            return i;
    }
    return -1;
}

/* Fixes of a group that are not chosen yet, each once; *more = how many. Groups that can't be avoided have none. */
static void missing(const struct planner *self, const struct group *group, int *fixes, int *more)
{
    const struct culprits *set = &self->analysis->sets[group->set];
    *more = 0;
    for (int i = 0; i < set->count; i++) {
        int fix = self->fix_of[self->analysis->member[set->first + i]], known = 0;
        if (fix < 0 || self->chosen[fix])
            continue;
        while (known < *more && fixes[known] != fix)
            known++;
        if (known == *more)
            fixes[(*more)++] = fix;
    }
}

/* Whether all culprits of a group are chosen. */
static bool is_won(const struct planner *self, const struct group *group)
{
    const struct culprits *set = &self->analysis->sets[group->set];
    if (!group_avoidable(self->analysis, group))
        return false;
    for (int i = 0; i < set->count; i++) {
        int fix = self->fix_of[self->analysis->member[set->first + i]];
        if (fix < 0 || !self->chosen[fix])
            return false;
    }
    return true;
}

static double won_ns(struct planner *self, int64_t *trips, int64_t *exposures)
{
    const struct analysis *a = self->analysis;
    double sum = 0;
    memset(self->exposed_ns, 0, (size_t)a->cost_steps * sizeof *self->exposed_ns);
    memset(self->penalty_ns, 0, sizeof self->penalty_ns);
    self->measured = false;
    *trips = *exposures = 0;
    for (int g = 0; g < a->groups_count; g++) {
        if (!is_won(self, &a->groups[g]))
            continue;
        *trips += a->groups[g].trips;
        *exposures += a->groups[g].exposures;
        self->measured |= add_penalty(&a->groups[g], self->penalty_ns);
        for (int s = 0; s < a->cost_steps; s++) {
            self->exposed_ns[s] += a->groups[g].exposed_ns[s];
            sum += a->groups[g].exposed_ns[s];
        }
    }
    return sum + self->penalty_ns[0];
}

static void choose(struct planner *self, const int *fixes, int count, bool chosen)
{
    for (int i = 0; i < count; i++)
        self->chosen[fixes[i]] = chosen;
}

/* The group whose missing fixes win most each; -1 when every group is won. */
static int best_group(struct planner *self, int *fixes)
{
    const struct analysis *a = self->analysis;
    double best_ns = -INFINITY, best_trips = -1;
    int best = -1, count;
    for (int g = 0; g < a->groups_count; g++) {
        int64_t trips, exposures;
        if (!group_avoidable(a, &a->groups[g]))
            continue;
        missing(self, &a->groups[g], fixes, &count);
        if (count == 0)
            continue;
        choose(self, fixes, count, true);
        double ns = won_ns(self, &trips, &exposures) / count, each = (double)trips / count;
        choose(self, fixes, count, false);
        if (ns > best_ns || (ns == best_ns && each > best_trips)) {
            best = g;
            best_ns = ns;
            best_trips = each;
        }
    }
    return best;
}

static enum status store(struct planner *self, sqlite3_stmt *row, int position, const int *fixes, int count)
{
    struct lost lost = {{NAN, NAN, NAN}, NAN};
    struct strbuf ids;
    int64_t trips, exposures;
    enum status status;
    int more;

    strbuf_init(&ids);
    for (int i = 0; i < count; i++)
        strbuf_printf(&ids, "%s%lld", i ? "," : "", (long long)self->analysis->fixes[fixes[i]].finding_id);
    won_ns(self, &trips, &exposures);
    if (exposures > 0)
        lost_throughput(self->analysis, self->exposed_ns, self->measured ? self->penalty_ns : NULL, &lost);
    trace_bind_int(row, 1, position);
    trace_bind_text(row, 2, ids.text);
    trace_bind_number(row, 3, lost.percent.value);
    TRY_OUT(trace_step(row, &more));
    sqlite3_reset(row);
out:
    strbuf_release(&ids);
    return status;
}

static enum status order(struct planner *self)
{
    const struct analysis *a = self->analysis;
    sqlite3_stmt *row = NULL;
    int *fixes = NULL, group, count;
    enum status status;

    TRY_OUT(array_make(&fixes, a->member_count, sizeof *fixes));
    TRY_OUT(trace_prepare(a->db,
                          "INSERT INTO fix_order (position, finding_ids, lost_percent_cumulative)"
                          " VALUES (?1, ?2, ?3)",
                          &row));
    for (int position = 1; position <= FIX_ROWS && (group = best_group(self, fixes)) >= 0; position++) {
        missing(self, &a->groups[group], fixes, &count);
        choose(self, fixes, count, true);
        TRY_OUT(store(self, row, position, fixes, count));
    }
out:
    sqlite3_finalize(row);
    free(fixes);
    return status;
}

static bool is_only_the_library(const struct analysis *self)
{
    for (int g = 0; g < self->groups_count; g++) {
        if (self->groups[g].situations & (SITUATION_EXPLICIT | SITUATION_TRIP) && group_avoidable(self, &self->groups[g]))
            return false;
    }
    return true;
}

enum status pass_fix_order(struct analysis *self)
{
    struct planner planner = {.analysis = self};
    enum status status;
    int operators = 0;
    enum scope scope;

    for (int i = 0; i < self->fixes_count; i++)
        operators += self->fixes[i].scope == SCOPE_OPERATOR;
    scope = operators == 1 && !is_only_the_library(self) ? SCOPE_INSTANCE : SCOPE_OPERATOR;
    TRY_OUT(array_make(&planner.fix_of, self->keys_count, sizeof *planner.fix_of));
    for (int key = 0; key < self->keys_count; key++)
        planner.fix_of[key] = find_fix(self, scope, key);
    TRY_OUT(array_make(&planner.chosen, self->fixes_count, sizeof *planner.chosen));
    TRY_OUT(array_make(&planner.exposed_ns, self->cost_steps, sizeof *planner.exposed_ns));
    TRY_OUT(order(&planner));
out:
    free(planner.fix_of);
    free(planner.chosen);
    free(planner.exposed_ns);
    return status;
}
