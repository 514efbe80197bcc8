/* The smaller parts of the HTML page: words about the run, notes, the timeline's data; and the list of all parts. */
#include "reports/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/formats.h"
#include "reports/html_table.h"
#include "reports/html_tables.h"
#include "reports/json.h"
#include "reports/text.h"
#include "reports/words.h"

static void put_words(const struct report *report, FILE *out,
                      void (*words)(struct strbuf *text, const struct report *report))
{
    struct strbuf text;

    strbuf_init(&text);
    words(&text, report);
    html_text(out, text.text);
    strbuf_release(&text);
}

static void put_title(const struct report *report, FILE *out)
{
    put_words(report, out, words_model);
    fputs(" – clprof", out);
}

static void put_model(const struct report *report, FILE *out)
{
    put_words(report, out, words_model);
}

static void put_device(const struct report *report, FILE *out)
{
    fputs("Ran on ", out);
    put_words(report, out, words_device);
}

/* "Before words. ", nothing where there are no words. */
static void put_sentence(const struct report *report, FILE *out, const char *before,
                         void (*words)(struct strbuf *text, const struct report *report))
{
    struct strbuf text;

    strbuf_init(&text);
    words(&text, report);
    if (text.length > 0) {
        fputs(before, out);
        html_text(out, text.text);
        fputs(". ", out);
    }
    strbuf_release(&text);
}

static void put_policy(const struct report *report, FILE *out)
{
    put_sentence(report, out, "Layout policy ", words_policy);
}

static void put_measured(const struct report *report, FILE *out)
{
    put_sentence(report, out, "Measured ", words_measured);
}

static void put_ranks(const struct report *report, FILE *out)
{
    put_sentence(report, out, "Ranks: ", words_ranks);
}

static void put_steps(const struct report *report, FILE *out)
{
    put_words(report, out, words_steps);
}

/* " Drawn: the longest 3000 of 81234 operators.", where some are left out; `of` is the column that counts them. */
static void put_cut(FILE *out, const struct table *table, const char *of)
{
    double all = table->rows > 0 ? table_number(table, 0, of) : 0;

    if (all > (double)table->rows)
        fprintf(out, " <strong class=\"cut\">Drawn are the longest %zu of %.0f %s.</strong>", table->rows, all, of);
}

static void put_timeline(const struct report *report, FILE *out)
{
    const struct table *timeline = &report->section[SECTION_timeline];
    char number[32];

    if (timeline->rows == 0) {
        fputs("No operator was recorded with its time.", out);
        return;
    }
    fprintf(out, "%s%s: %s ms. An operator's colour is the memory format of its output.",
            table_text(timeline, 0, "step_index") != NULL ? "The median step, number " : "All of the trace",
            table_text_or(timeline, 0, "step_index", ""),
            number_short(number, table_number(timeline, 0, "step_dur_ns") / 1e6));
    put_cut(out, timeline, "operators");
    put_cut(out, &report->section[SECTION_timeline_conversions], "conversions");
    put_cut(out, &report->section[SECTION_timeline_kernels], "kernels");
}

/* What a reader calls the columns of the run. */
static const struct {
    const char *column, *label;
} run_facts[] = {{"command_line", "Command"},
                 {"model", "Model"},
                 {"memory_format", "Memory format"},
                 {"autocast_dtype", "Autocast"},
                 {"batch_size", "Batch size"},
                 {"policy", "Layout policy"},
                 {"device", "Device"},
                 {"device_name", "Device name"},
                 {"threads", "Threads"},
                 {"library_versions", "Versions"},
                 {"source", "Recorded by"},
                 {"world_size", "Processes"}};

static void put_started(const struct table *run, FILE *out)
{
    double ns = table_number(run, 0, "started_unix_ns");
    time_t seconds = (time_t)(ns / 1e9);
    struct tm parts;
    char text[64];

    if (isnan(ns) || ns < 0 || ns > 9e18 || gmtime_r(&seconds, &parts) == NULL)
        return;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    fprintf(out, "<dt>Started</dt><dd>%s</dd>\n", text);
}

static void put_run(const struct report *report, FILE *out)
{
    const struct table *run = &report->section[SECTION_run];

    if (run->rows == 0)
        return;
    fputs("<dl class=\"facts\" data-section=\"run\">\n", out);
    for (size_t i = 0; i < sizeof run_facts / sizeof *run_facts; i++) {
        fprintf(out, "<dt>%s</dt><dd data-c=\"%s\">", run_facts[i].label, run_facts[i].column);
        html_known(out, table_text(run, 0, run_facts[i].column));
        fputs("</dd>\n", out);
    }
    put_started(run, out);
    fputs("</dl>\n", out);
}

static const struct html_column rank_columns[] = {{"Rank", "rank", html_cell_code},
                                                  {"Device", "device_name", html_cell_text},
                                                  {"Steps", "steps", html_cell_number},
                                                  {"ms a step", "step_ms", html_cell_number, 3},
                                                  {"images/s", "images_per_s", html_cell_number, 2},
                                                  {0}};
static const struct html_table rank_table = {"rank-table", "Processes of the job", SECTION_ranks, rank_columns};

static void put_rank_table(const struct report *report, FILE *out)
{
    if (report->section[SECTION_ranks].rows > 1)
        html_table(out, report, &rank_table);
}

static void put_notes(const struct report *report, FILE *out)
{
    const struct table *notes = &report->section[SECTION_notes];

    if (notes->rows == 0)
        return;
    fputs("<h3>Notes</h3>\n<ul>\n", out);
    for (size_t i = 0; i < notes->rows; i++) {
        fputs("<li>", out);
        html_known(out, table_text(notes, i, "text"));
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static void put_footer(const struct report *report, FILE *out)
{
    fputs("Written by clprof " CLPROF_VERSION " from ", out);
    html_text(out, report->trace_path);
}

/* The first `columns` of a section, as json_table writes them. */
static void put_data_table(struct json *json, const char *key, const struct table *table, const char *until)
{
    int columns = table_column(table, until);

    json_open_object(json, key);
    json_open_array(json, "columns");
    for (int i = 0; i < columns; i++)
        json_text(json, NULL, table->names[i]);
    json_close_array(json);
    json_open_array(json, "rows");
    for (size_t row = 0; row < table->rows; row++) {
        json_open_array(json, NULL);
        for (int i = 0; i < columns; i++)
            json_cell(json, NULL, &table->cells[row * table->columns + (size_t)i]);
        json_close_array(json);
    }
    json_close_array(json);
    json_close_object(json);
}

/* What the timeline draws. Columns that are equal in all rows are left out. */
static void put_data(const struct report *report, FILE *out)
{
    const struct table *timeline = &report->section[SECTION_timeline];
    struct json json;

    json_begin(&json, out, 1, true);
    json_open_object(&json, NULL);
    json_open_object(&json, "timeline_step");
    json_number(&json, "dur_ns", timeline->rows > 0 ? table_number(timeline, 0, "step_dur_ns") : NAN);
    json_close_object(&json);
    put_data_table(&json, "timeline", timeline, "step_index");
    put_data_table(&json, "timeline_conversions", &report->section[SECTION_timeline_conversions], "conversions");
    put_data_table(&json, "timeline_kernels", &report->section[SECTION_timeline_kernels], "kernels");
    json_close_object(&json);
}

const struct html_part html_parts[] = {{"title", put_title},
                                       {"model", put_model},
                                       {"device", put_device},
                                       {"mood", html_mood},
                                       {"headline", html_headline},
                                       {"next", html_next},
                                       {"tiles", html_tiles},
                                       {"measured", put_measured},
                                       {"policy", put_policy},
                                       {"ranks", put_ranks},
                                       {"step counts", put_steps},
                                       {"fix order", html_fix_order},
                                       {"operators", html_operators},
                                       {"operator sections", html_operator_sections},
                                       {"layout map", html_layout_map},
                                       {"round trips", html_round_trips},
                                       {"timeline", put_timeline},
                                       {"causes", html_causes},
                                       {"steps", html_steps},
                                       {"instances", html_instances},
                                       {"modules", html_modules},
                                       {"run", put_run},
                                       {"rank table", put_rank_table},
                                       {"policy table", html_policy},
                                       {"notes", put_notes},
                                       {"footer", put_footer},
                                       {"data", put_data},
                                       {NULL, NULL}};
