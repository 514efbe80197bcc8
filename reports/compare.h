/*
 * Two traces put side by side, A and B: what their figures, operators and set-ups have in common and what not. Made once,
 * then written as text, HTML or JSON. Intervals of differences follow from those of both traces (base/stats.h).
 */
#ifndef REPORTS_COMPARE_H
#define REPORTS_COMPARE_H

#include <stdio.h>

#include "base/stats.h"
#include "base/strbuf.h"
#include "reports/section.h"

enum { SIDE_A, SIDE_B, SIDES };

/* A number of both; the change is in percent (b / a - 1) or b - a. Unknown is NAN. */
struct compare_figure {
    const char *key;   /* of JSON */
    const char *label; /* at most 11 columns */
    const char *unit;  /* of the values */
    bool relative;
    int decimals;      /* of values without an interval, -1 = three digits and the interval */
    struct stats_interval side[SIDES], change;
};

/* Conversions per step of one cause. */
struct compare_cause {
    const char *name; /* borrowed from a report */
    double side[SIDES];
};

/* An operator with conversions or a verdict other than clean in one of both. */
struct compare_operator {
    const char *name, *phase; /* borrowed; phase may be NULL */
    /* "new", "fixed", "worse", "better", "same" of one that thrashes or has a slow kernel in A or B; else NULL. */
    const char *change;
    const char *verdict[SIDES]; /* NULL: that trace has no finding of it */
    double conversions[SIDES], ms[SIDES], round_trips[SIDES];
    struct stats_interval lost[SIDES], more_lost;
};

/* A column of `runs` that differs; values are NULL where unknown. */
struct compare_setting {
    const char *name, *side[SIDES];
};

#define COMPARE_FIGURES 6

struct comparison {
    struct report report[SIDES];
    bool analysed[SIDES];
    struct compare_figure figure[COMPARE_FIGURES]; /* the first is throughput */
    struct compare_cause *cause;
    struct compare_operator *operator;
    struct compare_setting *setting;
    int causes, cause_room, operators, operator_room, settings, setting_room;
};

/* Names are the traces' as the reader would type them, borrowed. Released by comparison_release, also after a failure. */
enum status comparison_load(struct comparison *out, sqlite3 *a, const char *name_a, sqlite3 *b, const char *name_b);
void comparison_release(struct comparison *comparison);

/* What ran and where: "resnet50, channels_last, ...; ran on cpu: ...". `out` is empty. */
void comparison_run(struct strbuf *out, const struct comparison *comparison, int side);

/* The one sentence above all others: which is faster, by how much, and whether that is more than noise. */
void comparison_verdict(struct strbuf *out, const struct comparison *comparison);

/* What a reader must know before he believes the figures: one text a call, false after the last. */
bool comparison_note(struct strbuf *out, const struct comparison *comparison, int number);

/* "12.9 [12.8, 13.0]", "-" */
void comparison_value(struct strbuf *out, const struct compare_figure *figure, int side);

/* "+25.5 % [+25.1, +25.9]", "-2.00 [-2.10, -1.90]" */
void comparison_change(struct strbuf *out, const struct compare_figure *figure);

/* What an operator's change is, in words. */
void comparison_operator(struct strbuf *out, const struct compare_operator *operator);

void comparison_write_text(const struct comparison *comparison, FILE *out);
void comparison_write_html(const struct comparison *comparison, FILE *out);
void comparison_write_json(const struct comparison *comparison, FILE *out);

#endif
