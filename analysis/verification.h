/*
 * What `clprof verify` asks of the findings, and where its answers go. Pure functions over the database; the training in
 * between is the caller's.
 */
#ifndef ANALYSIS_VERIFICATION_H
#define ANALYSIS_VERIFICATION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/stats.h"
#include "base/status.h"

struct culprit {
    char *op_name, *module_path; /* module_path NULL: every instance; "": under no module, or the model's own */
};

/* What is fixed together: a finding's culprits with those that it needs, or all that thrash. */
struct target {
    int64_t finding_id; /* -1: the whole fix order */
    bool is_whole;      /* all that thrashes: its outcome is the whole fix order's, too */
    char *label;        /* "aten::native_group_norm, layer1.0.bn1" */
    struct culprit *culprits;
    int culprits_count, culprits_room;
    bool library;           /* the library converts in a contiguous model: the model itself goes to channels_last */
    double estimate_percent; /* lost throughput; NAN = unknown */
    double low_percent, high_percent;
};

struct targets {
    struct target *list;
    int list_count, list_room;
};

enum target_choice {
    TARGETS_OPERATORS, /* operator types, and all of them together */
    TARGETS_ALL        /* instances, modules and sets, too */
};

/*
 * The thrash findings of an analysed trace. `finding` > 0: that one alone, of whatever scope. Fails (NOT_FOUND) when the
 * trace is not analysed, or has no such finding; (UNSUPPORTED) when that finding is no thrash one.
 */
enum status targets_read(sqlite3 *db, int64_t finding, enum target_choice choice, struct targets *out);
void targets_release(struct targets *targets);

/*
 * Pairs of steps, baseline and fixed, in ns. A pair is left out when either step is an outlier by the rule of
 * analysis.h. gain = sum of baseline / sum of fixed - 1, as `lost throughput` is defined; its interval is a 95 % bootstrap over pairs.
 */
struct verified {
    double baseline_images_per_s, fixed_images_per_s;
    struct stats_interval gain_percent;
    int pairs;
};
enum status verify_pairs(const double *baseline_ns, const double *fixed_ns, int pairs, double images,
                         struct verified *out);

/*
 * Whether baseline steps now ran at a speed that is none of the trace's: above or below it by more than SPEED_TOLERANCE. An
 * estimate is made of the times of its own steps. False when that of the trace is unknown (NAN).
 */
#define SPEED_TOLERANCE 0.1
bool verify_speed_changed(double recorded_images_per_s, const struct verified *verified);

/* Replaces the finding's row (finding_id -1: NULL, all together) in table verification. */
enum status verified_store(sqlite3 *db, int64_t finding_id, const struct verified *verified);

#endif
