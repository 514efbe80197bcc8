/* Rows of table finding. */
#include "analysis/findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const scope_names[SCOPE_COUNT] = {"operator", "instance", "module", "set"};
static const char *const verdict_names[] = {"thrash", "unknown", "slow_kernel", "necessary", "clean"};

/* The other items of a scope with which a finding shares round trips. */
struct company {
    const struct analysis *analysis;
    int *items;
    int items_count, items_room;
};

static enum status add_company(struct company *self, int item)
{
    for (int i = 0; i < self->items_count; i++) {
        if (self->items[i] == item)
            return STATUS_OK;
    }
    ARRAY_ADD(self, items, item);
    return STATUS_OK;
}

static enum status collect(struct company *self, const struct finding *finding)
{
    const struct analysis *a = self->analysis;
    enum scope scope = finding->scope == SCOPE_SET ? SCOPE_INSTANCE : finding->scope;

    for (int g = 0; g < a->groups_count; g++) {
        const struct culprits *set = &a->sets[a->groups[g].set];
        if (set->count < 2 || !ledger_set_has(a, a->groups[g].set, finding->scope, finding->item) ||
            !group_avoidable(a, &a->groups[g]))
            continue;
        for (int i = 0; i < set->count; i++) {
            int item = ledger_item(a, a->member[set->first + i], scope);
            if (item >= 0 && (finding->scope == SCOPE_SET || item != finding->item))
                TRY(add_company(self, item));
        }
    }
    return STATUS_OK;
}

static void append_item(const struct analysis *self, struct strbuf *out, enum scope scope, int item)
{
    if (out->length)
        strbuf_append(out, ", ");
    if (scope == SCOPE_OPERATOR || scope == SCOPE_MODULE)
        strbuf_append(out, intern_text(&self->words, item));
    else
        append_instance(self, out, self->keys[item].name, self->keys[item].path);
}

static enum status append_together(const struct analysis *self, struct strbuf *out, const struct finding *finding)
{
    struct company company = {.analysis = self};
    enum status status = STATUS_OK;

    if (finding->verdict == VERDICT_THRASH)
        TRY_OUT(collect(&company, finding));
    for (int i = 0; i < company.items_count; i++)
        append_item(self, out, finding->scope, company.items[i]);
out:
    free(company.items);
    return status;
}

/* A set of one operator type is named after it. */
static const char *name_of(const struct analysis *self, const struct finding *finding)
{
    if (finding->scope != SCOPE_SET)
        return intern_text(&self->words, finding->name);
    const struct culprits *set = &self->sets[finding->item];
    int name = self->keys[self->member[set->first]].name;
    for (int i = 1; i < set->count; i++) {
        if (self->keys[self->member[set->first + i]].name != name)
            return NULL;
    }
    return intern_text(&self->words, name);
}

/* Why a finding's conversions are there; NULL: it has none, or (a module) for more than one reason. */
static const char *situation_of(const struct finding *finding)
{
    unsigned thrash = SITUATION_LIBRARY | SITUATION_EXPLICIT | SITUATION_TRIP;

    if (finding->verdict == VERDICT_CLEAN || finding->scope == SCOPE_MODULE)
        return NULL;
    if (finding->verdict == VERDICT_SLOW_KERNEL)
        return advice_situation(SITUATION_SLOW_KERNEL);
    return advice_situation(finding->scope == SCOPE_SET          ? SITUATION_SET
                            : finding->verdict == VERDICT_THRASH ? finding->situations & thrash
                                                                 : finding->situations & ~thrash);
}

static void bind_text_or_null(sqlite3_stmt *row, int position, const struct strbuf *text)
{
    trace_bind_text(row, position, text->length ? text->text : NULL);
}

/* Nothing is known of a sum of which no part is known; the sum of no parts is 0. */
static double known(const struct finding *finding, double parts, double sum)
{
    return finding->conversions > 0 && parts == 0 ? NAN : sum;
}

/* "Its channels_last kernels take 3.1 ms a step, contiguous 2.2 ms: 41 % more [35, 44]. ..." */
static void append_contest(const struct analysis *self, struct strbuf *out, const struct finding *finding)
{
    struct contest contest;
    double ms = 1e-6 / self->cost_steps;

    contest_of(self, finding->scope, finding->item, &contest);
    struct stats_interval margin = contest_margin(&contest);
    strbuf_printf(out,
                  "Its channels_last kernels take %.3g %% more time than the faster contiguous ones [%.3g, %.3g]. Measured"
                  " side by side on its own shapes, forward and backward, in ms a step: channels_last %.3g, contiguous %.3g",
                  margin.value, margin.low, margin.high, ms * contest.kept_ns[0], ms * contest.contiguous_ns);
    if (!isnan(contest.blocked_ns))
        strbuf_printf(out, ", the library's blocked formats %.3g, of it %.3g for reorders", ms * contest.blocked_ns,
                      ms * contest.reorders_ns);
    strbuf_append(out, ". ");
}

static enum status store(const struct analysis *self, sqlite3_stmt *row, const struct finding *finding, int64_t id)
{
    struct strbuf together, advice;
    enum status status;
    int more;

    const char *situation = situation_of(finding), *name = name_of(self, finding);

    strbuf_init(&together);
    strbuf_init(&advice);
    TRY_OUT(append_together(self, &together, finding));
    if (finding->verdict == VERDICT_SLOW_KERNEL)
        append_contest(self, &advice, finding);
    if (situation)
        advice_append(&advice, name ? name : "", situation);
    trace_bind_int(row, 1, id);
    trace_bind_text(row, 2, scope_names[finding->scope]);
    trace_bind_text(row, 3, name);
    trace_bind_text(row, 4, intern_text(&self->words, finding->path));
    trace_bind_text(row, 5, phase_name(finding->phases));
    trace_bind_text(row, 6, verdict_names[finding->verdict]);
    trace_bind_number(row, 7, finding->conversions);
    trace_bind_number(row, 8, finding->trips);
    trace_bind_number(row, 9, known(finding, finding->timed, finding->dur_ns));
    trace_bind_number(row, 10, known(finding, finding->exposures, finding->exposed_ns));
    trace_bind_number(row, 11, finding->lost.images_per_s);
    trace_bind_number(row, 12, finding->lost.percent.value);
    trace_bind_number(row, 13, finding->lost.percent.low);
    trace_bind_number(row, 14, finding->lost.percent.high);
    bind_text_or_null(row, 15, &together);
    bind_text_or_null(row, 16, &advice);
    trace_bind_text(row, 17, situation);
    trace_bind_number(row, 18, finding->penalty_ns);
    TRY_OUT(trace_step(row, &more));
    sqlite3_reset(row);
out:
    strbuf_release(&together);
    strbuf_release(&advice);
    return status;
}

enum status findings_store(const struct analysis *self, const struct finding_list *list)
{
    static const char sql[] =
        "INSERT INTO finding (finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step,"
        " round_trips_per_step, dur_ns_per_step, exposed_ns_per_step, lost_images_per_s, lost_percent,"
        " lost_percent_low, lost_percent_high, together_with, advice, situation, penalty_ns_per_step)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    sqlite3_stmt *row = NULL;
    enum status status;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    for (int i = 0; i < list->findings_count; i++)
        TRY_OUT(store(self, row, &list->findings[i], i + 1));
out:
    sqlite3_finalize(row);
    return status;
}
