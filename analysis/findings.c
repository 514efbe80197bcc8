/* Pass: findings. Each is a union of groups; their conversions are linked to it. */
#include "analysis/findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"

static bool includes(const struct analysis *self, const struct finding *finding, const struct group *group)
{
    return ledger_set_has(self, group->set, finding->scope, finding->item) &&
           (finding->verdict != VERDICT_THRASH || group_avoidable(self, group));
}

/* Whether a conversion of that situation (any: 0) is charged to the item. */
static bool has_conversions(const struct analysis *self, enum scope scope, int item, unsigned situation)
{
    for (int i = 0; i < self->groups_count; i++) {
        const struct group *group = &self->groups[i];
        if (group->conversions > 0 && (!situation || group->situations & situation) &&
            ledger_set_has(self, group->set, scope, item))
            return true;
    }
    return false;
}

static enum verdict judge(const struct analysis *self, enum scope scope, int item)
{
    bool thrashes = scope == SCOPE_SET;
    for (int i = 0; !thrashes && i < self->keys_count; i++)
        thrashes = ledger_item(self, i, scope) == item && key_thrashes(&self->keys[i]);
    return thrashes                                                   ? VERDICT_THRASH
           : has_conversions(self, scope, item, SITUATION_ONE_WAY)    ? VERDICT_UNKNOWN
           : has_conversions(self, scope, item, 0)                    ? VERDICT_NECESSARY
                                                                      : VERDICT_CLEAN;
}

/* A conversion would have shown in every one of its operators. */
static bool is_evident(const struct analysis *self, enum scope scope, int item)
{
    for (int i = 0; i < self->keys_count; i++) {
        if (self->keys[i].dark && ledger_item(self, i, scope) == item)
            return false;
    }
    return true;
}

static void add_group(struct finding *finding, const struct group *group, double *exposed_ns, int steps)
{
    finding->conversions += (double)group->conversions;
    finding->trips += (double)group->trips;
    finding->timed += (double)group->timed;
    finding->exposures += (double)group->exposures;
    finding->dur_ns += group->dur_ns;
    finding->situations |= group->situations;
    if (group->conversions > 0 || group->trips > 0)
        finding->phases |= group->phases;
    for (int s = 0; s < steps; s++) {
        exposed_ns[s] += group->exposed_ns[s];
        finding->exposed_ns += group->exposed_ns[s];
    }
}

/* Adds up the groups; exposed_ns is scratch, one number a cost step. Whole ns are exact: divided only at the end. */
static void add_up(const struct analysis *self, struct finding *finding, double *exposed_ns)
{
    double penalty_ns[DRAWS] = {0};
    bool measured = false;
    double *const sums[] = {&finding->conversions, &finding->trips, &finding->dur_ns, &finding->exposed_ns};

    memset(exposed_ns, 0, (size_t)self->cost_steps * sizeof *exposed_ns);
    for (int i = 0; i < self->groups_count; i++) {
        if (!includes(self, finding, &self->groups[i]))
            continue;
        add_group(finding, &self->groups[i], exposed_ns, self->cost_steps);
        measured |= add_penalty(&self->groups[i], penalty_ns);
    }
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        *sums[i] /= self->cost_steps;
    finding->lost = (struct lost){{NAN, NAN, NAN}, NAN};
    finding->penalty_ns = measured && finding->verdict == VERDICT_THRASH ? penalty_ns[0] / self->cost_steps : NAN;
    if (finding->verdict == VERDICT_NECESSARY || finding->verdict == VERDICT_UNKNOWN ||
        (finding->conversions > 0 && finding->exposures == 0))
        return;
    lost_throughput(self, exposed_ns, measured && finding->verdict == VERDICT_THRASH ? penalty_ns : NULL, &finding->lost);
}

static double shortest_step(const struct analysis *self)
{
    double shortest = INFINITY;
    for (int i = 0; i < self->times.count; i++)
        shortest = fmin(shortest, self->times.dur_ns[i]);
    return shortest;
}

/* Of an operator with no conversions, or none but of parameters: whether its channels_last kernel is the slower one. */
static void judge_kernel(const struct analysis *self, struct finding *finding)
{
    struct contest contest;

    if (finding->scope > SCOPE_INSTANCE || (finding->verdict != VERDICT_CLEAN && finding->verdict != VERDICT_NECESSARY) ||
        finding->situations & ~(unsigned)SITUATION_WEIGHT || !contest_of(self, finding->scope, finding->item, &contest))
        return;
    struct stats_interval margin = contest_margin(&contest);
    double longer_ns = (contest.kept_ns[0] - contest.other_ns[0]) / self->cost_steps;
    if (!(margin.low > 0 && margin.value > SLOW_PERCENT && longer_ns > SLOW_STEP_PERCENT / 100 * shortest_step(self)) ||
        !contest_is_clear(self, finding->scope, finding->item))
        return;
    finding->verdict = VERDICT_SLOW_KERNEL;
    finding->penalty_ns = -longer_ns;
    finding->lost = (struct lost){{NAN, NAN, NAN}, NAN};
}

static enum status add_finding(const struct analysis *self, struct finding_list *list, enum scope scope, int item,
                               double *exposed_ns)
{
    struct finding finding = {.scope = scope, .item = item, .name = -1, .path = -1};

    finding.verdict = judge(self, scope, item);
    if (finding.verdict == VERDICT_CLEAN && (scope == SCOPE_MODULE || !is_evident(self, scope, item)))
        return STATUS_OK;
    if (scope == SCOPE_OPERATOR)
        finding.name = item;
    if (scope == SCOPE_MODULE)
        finding.path = item;
    if (scope == SCOPE_INSTANCE) {
        finding.name = self->keys[item].name;
        finding.path = self->keys[item].path;
    }
    add_up(self, &finding, exposed_ns);
    judge_kernel(self, &finding);
    for (int i = 0; finding.phases == 0 && i < self->keys_count; i++) {
        if (scope != SCOPE_SET && ledger_item(self, i, scope) == item && self->keys[i].seen_steps > 0)
            finding.phases |= self->keys[i].phases;
    }
    ARRAY_ADD(list, findings, finding);
    return STATUS_OK;
}

/* Every item of a scope once, in the order of first appearance. */
static enum status add_scope(const struct analysis *self, struct finding_list *list, enum scope scope,
                             double *exposed_ns)
{
    int first = list->findings_count;
    for (int key = 0; key < self->keys_count; key++) {
        int item = ledger_item(self, key, scope), known = first;
        while (known < list->findings_count && list->findings[known].item != item)
            known++;
        if (known == list->findings_count && item >= 0 && self->keys[key].seen_steps > 0)
            TRY(add_finding(self, list, scope, item, exposed_ns));
    }
    return STATUS_OK;
}

static enum status add_sets(const struct analysis *self, struct finding_list *list, double *exposed_ns)
{
    for (int i = 0; i < self->groups_count; i++) {
        const struct group *group = &self->groups[i];
        if (self->sets[group->set].count > 1 && group->trips > 0 && group_avoidable(self, group))
            TRY(add_finding(self, list, SCOPE_SET, group->set, exposed_ns));
    }
    return STATUS_OK;
}

/* Operator types that took part and have no finding. */
static enum status count_unknown(struct analysis *self, const struct finding_list *list)
{
    bool *known = NULL; /* by word: has a finding, or is counted */

    TRY(array_make(&known, self->words.text_count, sizeof *known));
    for (int i = 0; i < list->findings_count; i++) {
        if (list->findings[i].scope == SCOPE_OPERATOR)
            known[list->findings[i].name] = true;
    }
    for (int i = 0; i < self->keys_count; i++) {
        const struct key *key = &self->keys[i];
        if (key->seen_steps == 0 || key->name < 0 || known[key->name])
            continue;
        known[key->name] = true;
        self->operators_unknown++;
    }
    free(known);
    return STATUS_OK;
}

/* Costliest first within a scope; then by name, so that the same trace gives the same numbers. */
struct ranked {
    const struct analysis *analysis;
    struct finding finding;
};

static int compare_text(const struct analysis *self, int a, int b)
{
    const char *x = intern_text(&self->words, a), *y = intern_text(&self->words, b);
    return strcmp(x ? x : "", y ? y : "");
}

static double cost_of(const struct finding *finding)
{
    return finding->exposed_ns + (isnan(finding->penalty_ns) ? 0 : finding->penalty_ns);
}

static int by_cost(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    const struct finding *f = &x->finding, *g = &y->finding;
    int order;
    if (f->scope != g->scope)
        return f->scope < g->scope ? -1 : 1;
    if (f->verdict != g->verdict)
        return f->verdict < g->verdict ? -1 : 1;
    const double left[] = {cost_of(f), f->trips, f->conversions}, right[] = {cost_of(g), g->trips, g->conversions};
    for (int i = 0; i < 3; i++) {
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    }
    order = compare_text(x->analysis, f->name, g->name);
    if (order == 0)
        order = compare_text(x->analysis, f->path, g->path);
    return order ? order : f->item - g->item;
}

static enum status rank(const struct analysis *self, struct finding_list *list)
{
    struct ranked *ranked = NULL;
    TRY(array_make(&ranked, list->findings_count, sizeof *ranked));
    for (int i = 0; i < list->findings_count; i++)
        ranked[i] = (struct ranked){self, list->findings[i]};
    qsort(ranked, (size_t)list->findings_count, sizeof *ranked, by_cost);
    for (int i = 0; i < list->findings_count; i++)
        list->findings[i] = ranked[i].finding;
    free(ranked);
    return STATUS_OK;
}

/* Which findings hold a group's conversions: an instance only when it is the group's one culprit. */
static bool is_linked(const struct analysis *self, const struct finding *finding, const struct group *group)
{
    if (finding->scope == SCOPE_INSTANCE && self->sets[group->set].count > 1)
        return false;
    return includes(self, finding, group);
}

static enum status store_links_of(const struct analysis *self, const struct finding_list *list, sqlite3_stmt *row,
                                  const struct charge *charge)
{
    const struct group *group = &self->groups[charge->group];
    int more;
    for (int i = group->first_link; i < group->first_link + group->links; i++) {
        trace_bind_int(row, 1, list->links[i] + 1);
        trace_bind_int(row, 2, charge->conversion_id);
        TRY(trace_step(row, &more));
        sqlite3_reset(row);
    }
    return STATUS_OK;
}

static enum status store_links(struct analysis *self, struct finding_list *list)
{
    sqlite3_stmt *row = NULL;
    enum status status;

    for (int g = 0; g < self->groups_count; g++) {
        self->groups[g].first_link = list->links_count;
        for (int i = 0; i < list->findings_count; i++) {
            if (is_linked(self, &list->findings[i], &self->groups[g]))
                ARRAY_ADD(list, links, i);
        }
        self->groups[g].links = list->links_count - self->groups[g].first_link;
    }
    TRY_OUT(
        trace_prepare(self->db, "INSERT INTO finding_conversion (finding_id, conversion_id) VALUES (?1, ?2)", &row));
    for (int i = 0; i < self->charges_count; i++)
        TRY_OUT(store_links_of(self, list, row, &self->charges[i]));
out:
    sqlite3_finalize(row);
    return status;
}

static enum status remember_fixes(struct analysis *self, const struct finding_list *list)
{
    for (int i = 0; i < list->findings_count; i++) {
        const struct finding *finding = &list->findings[i];
        if (finding->verdict == VERDICT_THRASH && finding->scope <= SCOPE_INSTANCE)
            ARRAY_ADD(self, fixes, (struct fix){finding->scope, finding->item, i + 1});
    }
    return STATUS_OK;
}

enum status pass_findings(struct analysis *self)
{
    struct finding_list list = {0};
    double *exposed_ns = NULL;
    enum status status;

    TRY_OUT(array_make(&exposed_ns, self->cost_steps, sizeof *exposed_ns));
    TRY_OUT(add_scope(self, &list, SCOPE_OPERATOR, exposed_ns));
    TRY_OUT(add_scope(self, &list, SCOPE_INSTANCE, exposed_ns));
    TRY_OUT(add_scope(self, &list, SCOPE_MODULE, exposed_ns));
    TRY_OUT(add_sets(self, &list, exposed_ns));
    TRY_OUT(count_unknown(self, &list));
    TRY_OUT(rank(self, &list));
    TRY_OUT(findings_store(self, &list));
    TRY_OUT(store_links(self, &list));
    TRY_OUT(remember_fixes(self, &list));
out:
    free(exposed_ns);
    free(list.findings);
    free(list.links);
    return status;
}
