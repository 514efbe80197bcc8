/* Round trips of one step as paths: conversion, culprits and carriers in order, conversion. */
#include <math.h>
#include <string.h>

#include "reports/html.h"
#include "reports/html_table.h"
#include "reports/html_tables.h"
#include "reports/text.h"
#include "reports/words.h"

#define TRIPS_OPEN 2      /* with their path shown */
#define TRIPS_UNFOLDED 12 /* listed; the others are one click away */

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

/* What a member hands on: "[8, 64, 56, 56] bfloat16 contiguous" with the format's colour. */
static void put_tensor(FILE *out, const struct table *paths, size_t row)
{
    const char *format = table_text_or(paths, row, "to_format", NULL),
               *dtype = table_text_or(paths, row, "dtype", NULL);

    fprintf(out, "<span class=\"format %s\">", html_format_class(format));
    html_text(out, table_text_or(paths, row, "shape", "shape unknown"));
    fputs(" ", out);
    html_text(out, dtype != NULL ? dtype : "");
    fputs(dtype != NULL ? " " : "", out);
    html_text(out, format != NULL ? format : "format unknown");
    fputs("</span>", out);
}

/* What it is (em), its name (b), its place (i), what it hands on (span), what it costs (small). */
static void put_member(FILE *out, const struct table *paths, size_t row)
{
    bool conversion = table_is(paths, row, "role", "conversion");

    fputs("<li class=\"", out);
    html_known(out, table_text(paths, row, "role"));
    fputs("\"><em>", out);
    html_known(out, table_text(paths, row, "role"));
    fputs(conversion ? ", cause " : "", out);
    html_text(out, conversion ? table_text_or(paths, row, "cause", "unknown") : "");
    fputs("</em><b>", out);
    if (conversion) {
        html_known(out, table_text(paths, row, "from_format"));
        fputs(" → ", out);
        html_known(out, table_text(paths, row, "to_format"));
    } else {
        html_known(out, table_text(paths, row, "name"));
    }
    fputs("</b><i>", out);
    html_text(out, words_place(table_text(paths, row, "module_path")));
    fputs("</i>", out);
    put_tensor(out, paths, row);
    fputs("<small>", out);
    put_time(out, table_number(paths, row, "dur_ns"));
    put_bytes(out, table_number(paths, row, "bytes"));
    fputs("</small></li>\n", out);
}

static void put_trip(FILE *out, const struct table *paths, size_t first, size_t end, bool open)
{
    fprintf(out, "<details class=\"fold trip\"%s><summary>", open ? " open=\"open\"" : "");
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

static const struct html_column kind_columns[] = {{"Kind", "kind", html_cell_code},
                                                  {"per step", "per_step", html_cell_number, 1},
                                                  {"ms per step", "ms_per_step", html_cell_number, 3},
                                                  {"exposed, ms per step", "exposed_ms_per_step", html_cell_number, 3},
                                                  {"MB per step", "megabytes_per_step", html_cell_number, 1},
                                                  {0}};
static const struct html_table kind_table = {"kind-table", "Round trips of a steady step, by kind", SECTION_round_trips,
                                             kind_columns};

static size_t count_trips(const struct table *paths)
{
    size_t trips = 0;

    for (size_t row = 0; row < paths->rows; row++)
        trips += row == 0 || !table_is(paths, row, "round_trip_id", table_text_or(paths, row - 1, "round_trip_id", ""));
    return trips;
}

static void put_intro(FILE *out, const struct table *paths, size_t trips)
{
    double all = table_number(paths, 0, "trips");

    fputs(
        "<p class=\"muted\">Paths of the median step, costliest first: what each member hands on, its place, time and "
        "bytes. The cost of a round trip is that of its conversions; with several culprits it goes only when all are "
        "fixed.</p>\n",
        out);
    if (all > (double)trips)
        fprintf(out, "<p class=\"cut\">Shown are the costliest %zu of %.0f round trips of that step.</p>\n", trips,
                all);
}

void html_round_trips(const struct report *report, FILE *out)
{
    const struct table *paths = &report->section[SECTION_paths];
    size_t trips = count_trips(paths), number = 0, end;

    html_table(out, report, &kind_table);
    if (paths->rows == 0) {
        fputs("<p>None in the median step.</p>\n", out);
        return;
    }
    put_intro(out, paths, trips);
    for (size_t first = 0; first < paths->rows; first = end, number++) {
        const char *id = table_text_or(paths, first, "round_trip_id", "");

        for (end = first + 1; end < paths->rows && table_is(paths, end, "round_trip_id", id); end++)
            continue;
        if (number == TRIPS_UNFOLDED && trips > TRIPS_UNFOLDED + 1)
            fprintf(out, "<details class=\"fold more\"><summary>%zu more round trips</summary>\n",
                    trips - TRIPS_UNFOLDED);
        put_trip(out, paths, first, end, number < TRIPS_OPEN);
    }
    if (trips > TRIPS_UNFOLDED + 1)
        fputs("</details>\n", out);
}
