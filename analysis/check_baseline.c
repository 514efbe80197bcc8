/* Operators and set-up of two traces: new culprits, fixed ones, and what else differs (check.h). */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analysis/check_int.h"
#include "profiler/trace.h"

/* An operator's finding; one that a trace does not have is clean. */
struct operator_finding {
    char verdict[32];
    double round_trips;
    struct stats_interval lost;
};

static const char operator_sql[] =
    "SELECT op_name, phase, verdict, round_trips_per_step, lost_percent, lost_percent_low, lost_percent_high FROM finding "
    "WHERE scope = 'operator' AND (?1 IS NULL OR (op_name = ?1 AND phase IS ?2)) ORDER BY finding_id";

static struct operator_finding read_finding(sqlite3_stmt *row)
{
    struct operator_finding finding = {"", trace_column_number(row, 3), figure_interval(row, 4)};
    const char *verdict = (const char *)sqlite3_column_text(row, 2);

    snprintf(finding.verdict, sizeof finding.verdict, "%s", verdict ? verdict : "");
    return finding;
}

/* The finding of the operator that stands in `row`, in the trace that `other` reads. */
static enum status find_same(sqlite3_stmt *row, sqlite3_stmt *other, struct operator_finding *finding)
{
    int more;

    *finding = (struct operator_finding){"", 0, {0, 0, 0}};
    sqlite3_reset(other);
    trace_bind_text(other, 1, (const char *)sqlite3_column_text(row, 0));
    trace_bind_text(other, 2, (const char *)sqlite3_column_text(row, 1));
    TRY(trace_step(other, &more));
    if (more)
        *finding = read_finding(other);
    return STATUS_OK;
}

static bool is(const struct operator_finding *finding, const char *verdict)
{
    return strcmp(finding->verdict, verdict) == 0;
}

static void append_cost(struct strbuf *out, const struct operator_finding *finding)
{
    strbuf_printf(out, "%.4g round trips per step, ", finding->round_trips);
    if (isnan(finding->lost.value)) {
        strbuf_append(out, "what they cost is unknown");
        return;
    }
    check_append(out, finding->lost, " %");
    strbuf_append(out, " of throughput lost");
}

/* What became of an operator that has a finding now; nothing for one that neither thrashes nor costs anything. */
static enum check_outcome judge(const struct operator_finding *now, const struct operator_finding *before, double tolerance,
                                struct strbuf *words)
{
    bool thrashes = is(now, "thrash"), thrashed = is(before, "thrash");
    bool dearer = check_is_larger(before->lost, now->lost, tolerance);

    if (thrashes && !thrashed) {
        strbuf_append(words, "new culprit: ");
        append_cost(words, now);
        return CHECK_FAILED;
    }
    if (thrashes && now->round_trips >= before->round_trips + LEAST_COUNT) {
        strbuf_append(words, "more round trips: ");
        append_cost(words, now);
        strbuf_printf(words, "; the baseline has %.4g", before->round_trips);
        return CHECK_FAILED;
    }
    if (dearer) {
        strbuf_append(words, is(now, "slow_kernel") ? "slower kernel: lost throughput " : "lost throughput ");
        check_append_loss(words, before->lost, now->lost);
        return CHECK_FAILED;
    }
    if (thrashed) {
        strbuf_append(words, thrashes ? "thrashes, as in the baseline: " : "fixed: it thrashes no more; the baseline has ");
        append_cost(words, thrashes ? now : before);
        return thrashes ? CHECK_PASSED : CHECK_TOLD;
    }
    if (is(now, "slow_kernel") && !is(before, "slow_kernel"))
        strbuf_append(words, "its channels_last kernel is measured to be slower than its contiguous one; not so in the baseline");
    return CHECK_TOLD;
}

static enum status add_operator(sqlite3_stmt *row, const struct operator_finding *now, const struct operator_finding *before,
                                double tolerance, struct check_list *list)
{
    const char *name = (const char *)sqlite3_column_text(row, 0), *phase = (const char *)sqlite3_column_text(row, 1);
    enum status status = STATUS_OK;
    struct strbuf words, title;

    strbuf_init(&words);
    strbuf_init(&title);
    strbuf_append(&title, name ? name : "unknown operator");
    if (phase)
        strbuf_printf(&title, " (%s)", phase);
    enum check_outcome outcome = judge(now, before, tolerance, &words);
    if (words.length > 0)
        status = check_add(list, outcome, title.text, words.text);
    strbuf_release(&title);
    strbuf_release(&words);
    return status;
}

/* The operators of one trace; `gone`: only those that the other one has no finding of. */
static enum status walk_operators(sqlite3 *db, sqlite3 *other, bool gone, double tolerance, struct check_list *list)
{
    sqlite3_stmt *row = NULL, *same = NULL;
    struct operator_finding here, there;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, operator_sql, &row));
    TRY_OUT(trace_prepare(other, operator_sql, &same));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        here = read_finding(row);
        TRY_OUT(find_same(row, same, &there));
        if (!gone)
            TRY_OUT(add_operator(row, &here, &there, tolerance, list));
        else if (*there.verdict == '\0')
            TRY_OUT(add_operator(row, &there, &here, tolerance, list));
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    sqlite3_finalize(same);
    return status;
}

enum status check_operators(sqlite3 *db, sqlite3 *baseline, double tolerance, struct check_list *list)
{
    TRY(walk_operators(db, baseline, false, tolerance, list));
    return walk_operators(baseline, db, true, tolerance, list);
}

static const char setup_sql[] = "SELECT model, source, device, device_name, threads, policy, memory_format, autocast_dtype, "
                                "batch_size, world_size, library_versions FROM run ORDER BY run_id LIMIT 1";

static void append_text(struct strbuf *out, sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    strbuf_append(out, text ? text : "unknown");
}

static bool differs(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
    const char *text_a = (const char *)sqlite3_column_text(a, column), *text_b = (const char *)sqlite3_column_text(b, column);

    return (text_a == NULL) != (text_b == NULL) || (text_a && strcmp(text_a, text_b) != 0);
}

/* First rows of both runs. *found: both have one. */
static enum status read_setups(sqlite3 *db, sqlite3 *baseline, sqlite3_stmt **now, sqlite3_stmt **before, bool *found)
{
    int more_now, more_before;

    TRY(trace_prepare(db, setup_sql, now));
    TRY(trace_prepare(baseline, setup_sql, before));
    TRY(trace_step(*now, &more_now));
    TRY(trace_step(*before, &more_before));
    *found = more_now && more_before;
    return STATUS_OK;
}

enum status check_setup(sqlite3 *db, sqlite3 *baseline, struct check_list *list)
{
    sqlite3_stmt *now = NULL, *before = NULL;
    enum status status;
    struct strbuf words;
    bool found;

    strbuf_init(&words);
    TRY_OUT(read_setups(db, baseline, &now, &before, &found));
    for (int i = 0; found && i < sqlite3_column_count(now); i++) {
        if (!differs(now, before, i))
            continue;
        strbuf_printf(&words, "%s%s ", words.length > 0 ? "; " : "", sqlite3_column_name(now, i));
        append_text(&words, now, i);
        strbuf_append(&words, ", the baseline has ");
        append_text(&words, before, i);
    }
    if (words.length > 0)
        status = check_add(list, CHECK_TOLD, "set-up differs", words.text);
out:
    sqlite3_finalize(now);
    sqlite3_finalize(before);
    strbuf_release(&words);
    return status;
}

enum status check_same_machine(sqlite3 *db, sqlite3 *baseline, bool *same)
{
    static const int columns[] = {2, 3, 4, 8}; /* device, device_name, threads, batch_size */
    sqlite3_stmt *now = NULL, *before = NULL;
    enum status status;

    TRY_OUT(read_setups(db, baseline, &now, &before, same));
    for (size_t i = 0; *same && i < sizeof columns / sizeof *columns; i++)
        *same = !differs(now, before, columns[i]);
out:
    sqlite3_finalize(now);
    sqlite3_finalize(before);
    return status;
}
