/* Round trips of one step as paths: conversion, culprits and carriers in order, conversion. */
#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/html_tables.h"
#include "reports/text.h"
#include "reports/words.h"

#define TRIPS_OPEN 3

static void put_time(FILE *out, double ns)
{
    char number[32];

    if (isnan(ns))
        fputs("time unknown", out);
    else
        fprintf(out, "%s ms", number_short(number, ns / 1e6));
}

static void put_bytes(FILE *out, double bytes)
{
    char number[32];

    if (!isnan(bytes))
        fprintf(out, ", %s MB", number_short(number, bytes / 1e6));
}

static void put_culprit_names(FILE *out, const struct table *paths, size_t first, size_t end)
{
    const char *separator = "culprit ";

    for (size_t i = first; i < end; i++) {
        if (!table_is(paths, i, "role", "culprit"))
            continue;
        fputs(separator, out);
        fputs("<code>", out);
        html_known(out, table_text(paths, i, "name"));
        fputs("</code> in ", out);
        html_known(out, table_text(paths, i, "module_path"));
        separator = ", ";
    }
    if (strcmp(separator, ", ") != 0)
        fputs("no culprit is known", out);
}

static void put_member(FILE *out, const struct table *paths, size_t row)
{
    bool conversion = table_is(paths, row, "role", "conversion");

    fputs("<li class=\"", out);
    html_known(out, table_text(paths, row, "role"));
    fputs("\"><span class=\"role\">", out);
    html_known(out, table_text(paths, row, "role"));
    fputs(conversion ? ", cause " : "", out);
    html_text(out, conversion ? table_text_or(paths, row, "cause", "unknown") : "");
    fputs("</span><span class=\"name\">", out);
    if (conversion) {
        html_known(out, table_text(paths, row, "from_format"));
        fputs(" → ", out);
        html_known(out, table_text(paths, row, "to_format"));
    } else {
        html_known(out, table_text(paths, row, "name"));
    }
    fputs("</span><span class=\"place\">", out);
    html_text(out, words_place(table_text(paths, row, "module_path")));
    fputs("</span><span class=\"cost\">", out);
    put_time(out, table_number(paths, row, "dur_ns"));
    put_bytes(out, table_number(paths, row, "bytes"));
    fputs("</span></li>\n", out);
}

static void put_trip(FILE *out, const struct table *paths, size_t first, size_t end, bool open)
{
    fprintf(out, "<details class=\"trip\"%s><summary>", open ? " open=\"open\"" : "");
    html_known(out, table_text(paths, first, "kind"));
    fputs(": ", out);
    put_culprit_names(out, paths, first, end);
    fputs(" <span class=\"cost\">", out);
    put_time(out, table_number(paths, first, "trip_dur_ns"));
    put_bytes(out, table_number(paths, first, "trip_bytes"));
    if (!isnan(table_number(paths, first, "trip_exposed_ns"))) {
        fputs(", exposed ", out);
        put_time(out, table_number(paths, first, "trip_exposed_ns"));
    }
    fputs("</span></summary>\n<ol class=\"path\">\n", out);
    for (size_t i = first; i < end; i++)
        put_member(out, paths, i);
    fputs("</ol></details>\n", out);
}

void html_round_trips(const struct report *report, FILE *out)
{
    const struct table *paths = &report->section[SECTION_paths];
    size_t trips = 0, end;

    if (paths->rows == 0) {
        fputs("<p>None in the median steady step.</p>\n", out);
        return;
    }
    fputs("<p class=\"muted\">Those of the median steady step, costliest first, at most 300. The cost of a round trip "
          "is that of its conversions; with several culprits it goes only when all are fixed.</p>\n",
          out);
    for (size_t first = 0; first < paths->rows; first = end) {
        const char *id = table_text_or(paths, first, "round_trip_id", "");

        for (end = first + 1; end < paths->rows && table_is(paths, end, "round_trip_id", id); end++)
            continue;
        put_trip(out, paths, first, end, trips++ < TRIPS_OPEN);
    }
}
