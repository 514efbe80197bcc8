/*
 * Limits and baselines: what `clprof check` decides, in rows that a command writes in the form wanted.
 *
 * A limit is held against the figure's value. A baseline is an earlier trace, analysed too. Against it fail
 *   - a new culprit: an operator (and phase) that thrashes and did not thrash there;
 *   - a culprit with more round trips per step;
 *   - more lost throughput, of the whole or of an operator that has a finding: when the whole 95 % interval of the difference
 *     lies above `tolerance`, since two runs of one program differ by more than the steps of each;
 *   - lower throughput, where that is asked for: when the interval of the change lies below 0, and the change below what is
 *     allowed. It is not looked at without being asked: machines differ.
 * Counts are means over steps; what differs by less than half a round trip per step is not in most steps, and noise.
 */
#ifndef ANALYSIS_CHECK_H
#define ANALYSIS_CHECK_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/array.h"
#include "base/status.h"

#define CHECK_TOLERANCE 1.0 /* percentage points of throughput */

struct check_limits {
    double max_lost_percent;                  /* NAN = none */
    int64_t max_round_trips, max_conversions; /* per step; -1 = none */
    double tolerance;                         /* percentage points, against a baseline */
    double max_slowdown_percent;              /* of throughput, against a baseline; NAN = not compared */
};

enum check_outcome { CHECK_PASSED, CHECK_FAILED, CHECK_TOLD };

/* Names and words hold names from traces, as they are there. */
struct check_row {
    enum check_outcome outcome; /* CHECK_TOLD: nothing to pass, worth knowing */
    char *name;                 /* what was looked at: "lost throughput", "aten::native_group_norm (forward)" */
    char *words;                /* what was found, and what was allowed */
};

struct check_list {
    struct check_row *row;
    int rows, row_room, failed;
};

/*
 * Fills the list, which check_release releases, also after a failure. LIMIT when a row failed. Fails NOT_FOUND when a trace
 * is not analysed or a limited figure is unknown, USAGE when throughput of different devices would be compared.
 */
enum status analysis_check(sqlite3 *db, const struct check_limits *limits, sqlite3 *baseline, struct check_list *out);
void check_release(struct check_list *list);

#endif
