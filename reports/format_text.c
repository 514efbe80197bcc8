/*
 * The report for a terminal: what a run cost in layouts, in 80 columns, coloured on a terminal that has colours. `train`,
 * `run` and `import` print this at their end. Operators that are clean and convert nothing are only counted; long lists
 * show their costliest rows, and say how many there are and which query shows all.
 */
#include "reports/formats.h"

#include <stdio.h>

#include "base/utf8.h"
#include "reports/text.h"
#include "reports/text_findings.h"
#include "reports/words.h"

static void put_facts(const struct report *report, FILE *out)
{
    static const struct {
        const char *label;
        void (*words)(struct strbuf *out, const struct report *report);
    } facts[] = {{"Model", words_model},           {"Ran on", words_device},           {"Measured", words_measured},
                 {"Policy", words_policy},         {"Ranks", words_ranks},             {"Steps", words_steps},
                 {"Throughput", words_throughput}, {"Step", words_step_time},          {"Step times", words_spread},
                 {"Conversions", words_conversions}, {"Round trips", words_round_trips}, {"Lost", words_lost},
                 {"Verified", words_verified},     {"Command", words_command},         {"Libraries", words_libraries},
                 {"Started", words_started}};
    struct strbuf text;
    char label[24];

    strbuf_init(&text);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        strbuf_clear(&text);
        facts[i].words(&text, report);
        if (text.length == 0)
            continue;
        snprintf(label, sizeof label, "%-13s", facts[i].label);
        text_wrap_safe(out, label, text.text);
    }
    fprintf(out, "%-13sbrackets are 95 %% intervals over steps; \"-\" is unknown\n", "");
    strbuf_release(&text);
}

static void put_verdict(const struct report *report, FILE *out)
{
    struct strbuf text;
    bool thrash = words_count_verdict(report, "thrash") > 0, slow = words_count_verdict(report, "slow_kernel") > 0;

    strbuf_init(&text);
    words_verdict(&text, report);
    fputc('\n', out);
    text_colour(out, thrash ? TEXT_RED : slow ? TEXT_YELLOW : TEXT_BOLD);
    text_wrap_safe(out, "", text.text);
    text_colour(out, TEXT_PLAIN);
    strbuf_release(&text);
}

static void put_causes(const struct report *report, FILE *out)
{
    static const struct text_column columns[] = {
        {"Conversions by cause", 31, false}, {"per step", 10, true}, {"ms/step", 10, true},
        {"% of step", 10, true},             {"MB/step", 10, true},
    };
    const struct table *causes = &report->section[SECTION_conversions];
    char number[4][32];

    if (causes->rows == 0)
        return;
    fputc('\n', out);
    text_titles(out, columns, 5);
    for (size_t i = 0; i < causes->rows; i++) {
        const char *cells[] = {table_text(causes, i, "cause"),
                               number_fixed(number[0], table_number(causes, i, "per_step"), 1),
                               number_fixed(number[1], table_number(causes, i, "ms_per_step"), 2),
                               number_fixed(number[2], table_number(causes, i, "percent_of_step"), 2),
                               number_fixed(number[3], table_number(causes, i, "megabytes_per_step"), 1)};

        text_row(out, columns, 5, cells);
    }
}

static void put_notes(const struct report *report, FILE *out)
{
    const struct table *notes = &report->section[SECTION_notes];

    for (size_t i = 0; i < notes->rows; i++) {
        fputs(i == 0 ? "\n" : "", out);
        text_wrap_safe(out, "Note: ", table_text_or(notes, i, "text", ""));
    }
}

static void put_next(const struct report *report, FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    utf8_printable(&text, report->trace_path);
    fputc('\n', out);
    text_wrap(out, "Trace: ", text.text);
    strbuf_clear(&text);
    words_next_report(&text, report);
    text_wrap_safe(out, "Next:  ", text.text);
    strbuf_clear(&text);
    strbuf_append(&text, "clprof query ");
    text_shell_word(&text, report->trace_path);
    strbuf_append(&text, " --list (timeline, step times, policy, ...)");
    text_wrap_safe(out, "More:  ", text.text);
    strbuf_release(&text);
}

void report_write_text(const struct report *report, FILE *out)
{
    static void (*const parts[])(const struct report *report, FILE *out) = {
        put_facts,  put_verdict, put_causes,    text_operators, text_instances,
        text_modules, text_map, text_paths, text_fix_order, put_notes,      put_next};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parts[i](report, out);
}
