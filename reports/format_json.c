/* The JSON of CONTRACT.md's `report --format json`, and the findings as CSV. */
#include "reports/formats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/json.h"

static void put_interval(struct json *json, const struct report *report, const char *key, const char *value_name,
                         const char *column)
{
    char low[64], high[64];

    snprintf(low, sizeof low, "%s_low", column);
    snprintf(high, sizeof high, "%s_high", column);
    json_open_object(json, key);
    json_number(json, value_name, report_figure(report, column));
    json_number(json, "low", report_figure(report, low));
    json_number(json, "high", report_figure(report, high));
    json_close_object(json);
}

static void put_run(struct json *json, const struct report *report)
{
    const struct table *run = &report->section[SECTION_run];

    json_open_object(json, "run");
    if (run->rows > 0)
        json_row(json, run, 0, 0, (int)run->columns);
    json_close_object(json);
}

static void put_ranks(struct json *json, const struct report *report)
{
    const struct table *ranks = &report->section[SECTION_ranks];

    json_open_array(json, "ranks");
    for (size_t i = 0; i < ranks->rows; i++) {
        json_open_object(json, NULL);
        json_row(json, ranks, i, 0, (int)ranks->columns);
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_steps(struct json *json, const struct report *report)
{
    json_open_object(json, "steps");
    json_number(json, "steady", report_figure(report, "steady_steps"));
    json_number(json, "warmup", report_figure(report, "warmup_steps"));
    json_number(json, "outlier", report_figure(report, "outlier_steps"));
    json_number(json, "timed", report_figure(report, "timed_steps"));
    json_number(json, "recorded", report_figure(report, "recorded_steps"));
    json_close_object(json);
    json_text(json, "costs_from", table_text(&report->section[SECTION_summary], 0, "costs_from"));
    json_text(json, "times_from", table_text(&report->section[SECTION_summary], 0, "times_from"));
}

static void put_conversions(struct json *json, const struct report *report)
{
    const struct table *causes = &report->section[SECTION_conversions];

    json_open_object(json, "conversions");
    json_number(json, "per_step", report_figure(report, "conversions_per_step"));
    json_number(json, "ms_per_step", report_figure(report, "conversion_ms_per_step"));
    json_number(json, "percent_of_step", report_figure(report, "conversion_percent_of_step"));
    json_open_object(json, "by_cause");
    for (size_t i = 0; i < causes->rows; i++) {
        json_open_object(json, table_text_or(causes, i, "cause", "unknown"));
        json_number(json, "per_step", table_number(causes, i, "per_step"));
        json_number(json, "ms_per_step", table_number(causes, i, "ms_per_step"));
        json_close_object(json);
    }
    json_close_object(json);
    json_close_object(json);
}

/* Columns from baseline_images_per_s on are the verification's; it exists when its number of pairs does. */
static void put_findings(struct json *json, const struct report *report)
{
    const struct table *findings = &report->section[SECTION_findings];
    int verification = table_column(findings, "baseline_images_per_s");

    json_open_array(json, "findings");
    for (size_t i = 0; i < findings->rows; i++) {
        json_open_object(json, NULL);
        json_row(json, findings, i, 0, verification);
        if (isnan(table_number(findings, i, "pairs"))) {
            json_null(json, "verification");
        } else {
            json_open_object(json, "verification");
            json_row(json, findings, i, verification, (int)findings->columns);
            json_close_object(json);
        }
        json_close_object(json);
    }
    json_close_array(json);
}

/* Of the whole fix order: what `lost_percent_total` was estimated to be. */
static void put_verification(struct json *json, const struct report *report)
{
    if (isnan(report_figure(report, "verified_pairs"))) {
        json_null(json, "verification");
        return;
    }
    json_open_object(json, "verification");
    json_number(json, "gain_percent", report_figure(report, "verified_percent"));
    json_number(json, "gain_percent_low", report_figure(report, "verified_percent_low"));
    json_number(json, "gain_percent_high", report_figure(report, "verified_percent_high"));
    json_number(json, "pairs", report_figure(report, "verified_pairs"));
    json_close_object(json);
}

/* "3,7": the numbers of a fix. */
static void put_finding_ids(struct json *json, const char *ids)
{
    json_open_array(json, "finding_ids");
    while (ids != NULL && *ids != '\0') {
        char *end;
        long long id = strtoll(ids, &end, 10);

        if (end != ids)
            json_whole(json, NULL, id);
        ids = end + (*end != '\0');
    }
    json_close_array(json);
}

static void put_fix_order(struct json *json, const struct report *report)
{
    const struct table *order = &report->section[SECTION_fix_order];

    json_open_array(json, "fix_order");
    for (size_t i = 0; i < order->rows; i++) {
        json_open_object(json, NULL);
        put_finding_ids(json, table_text(order, i, "finding_ids"));
        json_number(json, "lost_percent_cumulative", table_number(order, i, "lost_percent_cumulative"));
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_notes(struct json *json, const struct report *report)
{
    const struct table *notes = &report->section[SECTION_notes];

    json_open_array(json, "notes");
    for (size_t i = 0; i < notes->rows; i++)
        json_text(json, NULL, table_text(notes, i, "text"));
    json_close_array(json);
}

void report_json_object(struct json *json, const struct report *report)
{
    json_open_object(json, NULL);
    json_text(json, "clprof", CLPROF_VERSION);
    put_run(json, report);
    put_steps(json, report);
    put_interval(json, report, "throughput", "images_per_s", "images_per_s");
    put_interval(json, report, "step_ms", "median", "step_ms");
    put_conversions(json, report);
    json_number(json, "round_trips_per_step", report_figure(report, "round_trips_per_step"));
    put_interval(json, report, "lost_percent_total", "value", "lost_percent");
    put_verification(json, report);
    put_findings(json, report);
    put_fix_order(json, report);
    put_notes(json, report);
    put_ranks(json, report);
    json_close_object(json);
}

void report_write_json(const struct report *report, FILE *out)
{
    struct json json;

    json_begin(&json, out, 2, false);
    report_json_object(&json, report);
    fputc('\n', out);
}
