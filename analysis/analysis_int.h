/*
 * What the passes share. Costs are kept per group: the conversions and round trips that have the same set of culprits.
 * A finding of any scope is a union of groups, so no conversion is counted twice in it.
 */
#ifndef ANALYSIS_ANALYSIS_INT_H
#define ANALYSIS_ANALYSIS_INT_H

#include <stdint.h>

#include "analysis/analysis.h"
#include "base/array.h"
#include "base/strbuf.h"
#include "analysis/flow.h"
#include "base/intern.h"
#include "base/stats.h"
#include "profiler/trace.h"

enum step_phase { STEP_WARMUP, STEP_STEADY, STEP_OUTLIER, STEP_TIMED, STEP_RECORDED };
/* How `clprof run` ran a step; PROFILED: as every other writer does, watched and in earnest. */
enum step_mode { MODE_PROFILED, MODE_UNDISTURBED, MODE_TIMED, MODE_RECORDED };

/* Rows with ids from first to last. */
struct id_range {
    int64_t first, last;
};

/*
 * A step, or, of a trace without steps, a part of the one step that is the whole of it: so many rows as a step may well
 * have, so that memory does not grow with the trace. A round trip across two parts is not seen.
 */
#define PART_ROWS 100000

struct analysis_step {
    int64_t step_id;                 /* -1: a part */
    struct id_range ops, conversions; /* of a part; its conversions under no operator */
    int64_t run_id;
    enum step_mode mode;
    enum step_phase phase;
    double dur_ns, images; /* NAN = unknown */
    int cost;              /* number among the cost steps, -1 = not one */
};

/* The time steps: those whose wall time and images make throughput, step time and the T of lost throughput. */
struct step_times {
    double *dur_ns, *images; /* NAN = unknown */
    int count;
    bool are_cost_steps; /* the same steps in the same order as the cost steps */
};

/*
 * An operator measured by itself in several memory formats (table format_measurement). A number is the lower quartile of
 * its repetitions; draw 0 is that of the sample, the others are those of DRAWS - 1 resamples of them, so that a sum over
 * operators has an interval, too: every draw is a possible outcome of the whole measurement.
 */
#define DRAWS 200
enum variant { VARIANT_AS_RUN, VARIANT_CHANNELS_LAST, VARIANT_CONTIGUOUS, VARIANT_BLOCKED, VARIANT_COUNT };
struct measurement {
    int64_t id;
    double *dur_ns[VARIANT_COUNT]; /* by draw; of as_run without the library's conversions, which the trace has timed; NULL = not measured */
    double library_ns;             /* of blocked: its reorders of activations */
    double kernel_ns;              /* of as_run: kernels that convert nothing */
    double scale;                  /* what those take within a step, by what they take by themselves */
    /* Of contiguous and blocked: rounds in which both it and channels_last ran, and those in which channels_last took longer. */
    int rounds[VARIANT_COUNT], slower[VARIANT_COUNT];
};

/* The channels_last kernels of an instance against what it could run in contiguous; sums over the cost steps. */
struct contest {
    double kept_ns[DRAWS], other_ns[DRAWS]; /* other: the faster of contiguous and blocked, by measurement */
    double contiguous_ns, blocked_ns, reorders_ns; /* NAN: of one of its operators not measured */
};

/* What a contest is the sum of: an instance's measurement, and how often a cost step ran it. */
struct contest_part {
    int key, measurement, runs;
};

/* An operator instance: name and module path of a forward operator. */
struct key {
    int name, path, block; /* numbers in words; block: path of the module that holds it and its consumers */
    bool dark;             /* of one of its operators at least, a conversion would not show */
    unsigned phases;       /* of the operators themselves */
    int seen_steps, trip_steps, last_seen, last_trip; /* cost steps in which it occurs / is a culprit */
    struct contest *contest;                          /* owned; NULL = not measured */
};

/* Culprits that must be fixed together: keys, ascending. */
struct culprits {
    int first, count; /* in analysis.member */
    int group[2];     /* of its conversions, [1]: of its repacks; -1 = none yet */
};

/* Why a group's conversions are there; the advice follows from it. */
enum situation {
    SITUATION_LIBRARY = 1,
    SITUATION_EXPLICIT = 2,
    SITUATION_TRIP = 4,
    SITUATION_INPUT = 8,
    SITUATION_WEIGHT = 16,
    SITUATION_BORN = 32,
    SITUATION_UNPAIRED = 64,
    SITUATION_ONE_WAY = 128, /* the library's, inside an operator, without a way back that the trace shows */
    SITUATION_SET = 256,     /* several culprits: only of findings */
    SITUATION_SLOW_KERNEL = 512 /* only of findings */
};

struct group {
    int set;
    bool repack;                                  /* batch, weight, optimizer: never vanishes with a round trip */
    int64_t conversions, timed, exposures, trips; /* over the cost steps; timed: of known duration */
    double dur_ns;
    double *exposed_ns; /* by cost step */
    double *penalty_ns; /* by draw, a sum over the cost steps; NULL = nothing measured. Owned */
    unsigned phases, situations;
    int first_link, links; /* its findings, in finding_list.links */
};

enum trip_kind { TRIP_FORWARD, TRIP_BACKWARD, TRIP_LIBRARY };
enum member_role { MEMBER_CULPRIT, MEMBER_CARRIER, MEMBER_CONSUMER };

struct trip_member {
    int op;
    enum member_role role;
};

struct trip {
    enum trip_kind kind;
    int opening, closing;                /* conversions; opening -1: silent, without a row */
    bool counts_opening, counts_closing; /* whether this is the first round trip that holds it */
    int first_member, members, set;
    char *culprits, *carriers; /* "a@x, b@y", made at first use; owned by the pattern */
};

/* What the dataflow of a step gave; good for every step that runs the same operators in the same order. */
struct pattern {
    int64_t *id; /* op_def_ids, then (operator, conversion_def_id, without kernel) of each conversion */
    int id_count;
    struct trip *trips;
    int trips_count, trips_room;
    struct trip_member *members;
    int members_count, members_room;
    int *charge;  /* by conversion: group, -1 = none */
    int *penalty; /* by operator: the group that its penalty is charged to, -1 = none */
};
#define PATTERN_COUNT 8

struct charge {
    int64_t conversion_id;
    int group;
};

/* Whether the trace could show a conversion under an operator instance (evidence.c). */
enum evidence { EVIDENCE_UNCHECKED, EVIDENCE_FOUND, EVIDENCE_NONE };

/* Rows of the *_def tables; all begin with their id. */
struct op_def {
    int64_t id, sequence; /* -1 = unknown */
    int name, path;       /* words, -1 = no module */
    int measurement;      /* -1 = none */
    int key;              /* of operators of this definition that have no forward operator; -1 = none yet */
    enum phase phase;
    enum evidence evidence;
};
struct conversion_def {
    int64_t id, source, dest, bytes; /* as in struct step_conversion */
    enum cause cause;
    enum order from, to;
    bool moves; /* the order of elements changes */
};
struct kernel_def {
    int64_t id;
    int stream; /* word, -1 = none */
};
struct definitions {
    struct op_def *ops;
    int ops_count, ops_room;
    struct conversion_def *conversions;
    int conversions_count, conversions_room;
    struct kernel_def *kernels;
    int kernels_count, kernels_room;
};

/* By cost step; dur_ns is that of the conversions of known duration, NAN when none is known. */
struct tally {
    double *conversions, *dur_ns, *trips;
};

enum scope { SCOPE_OPERATOR, SCOPE_INSTANCE, SCOPE_MODULE, SCOPE_SET, SCOPE_COUNT };

struct analysis {
    sqlite3 *db;
    struct analysis_step *steps;
    int steps_count, steps_room, cost_steps;
    struct step_times times;
    struct intern words; /* operator names, module paths, streams */
    signed char *breaks; /* policy, by word: 1, 0, -1 = no rule */
    int breaks_count;
    struct definitions definitions;
    struct measurement *measurements;
    int measurements_count, measurements_room;
    struct contest_part *parts;
    int parts_count, parts_room;
    int *block_of; /* by word that is a module path: path of its block; -1 = not in table module */
    int block_of_count;
    struct tally tally;
    bool single_lane; /* one thread, no streams: nothing can hide anything */
    struct intern key_words, set_words;
    struct key *keys;
    int keys_count, keys_room;
    struct culprits *sets;
    int sets_count, sets_room;
    int *member;
    int member_count, member_room;
    struct group *groups;
    int groups_count, groups_room;
    struct charge *charges;
    int charges_count, charges_room;
    const struct analysis_step *now; /* the step that EACH_STEP passes look at */
    struct step step;
    struct flow flow;
    struct pattern patterns[PATTERN_COUNT], *pattern;
    int patterns_made;
    bool pattern_is_new;
    struct fix *fixes; /* operator and instance findings that thrash, for fix_order */
    int fixes_count, fixes_room;
    int operators_unknown; /* types of which the trace could not have shown a conversion, and shows none */
};

/* A thrash finding as the greedy order sees it. */
struct fix {
    enum scope scope;
    int item; /* operator: word of the name; instance: key */
    int64_t finding_id;
};

#define PASS(name, when, what) enum status pass_##name(struct analysis *self);
#include "analysis/passes.def"
#undef PASS

/* definitions.c: NULL (-1 for a stream) where the trace has no such row. */
struct op_def *definition_of_op(struct analysis *self, int64_t id);
const struct conversion_def *definition_of_conversion(const struct analysis *self, int64_t id);
int stream_of_kernel(const struct analysis *self, int64_t kernel_def_id);

/* load.c: binds ?1 to the step (NULL for a part), ?2 and ?3 to the ids of `range`. */
void bind_step(const struct analysis *self, sqlite3_stmt *row, struct id_range range);
void definitions_release(struct analysis *self);

/* evidence.c: settles def->evidence. */
enum status evidence_look(struct analysis *self, struct op_def *def);

/* ledger.c: numbers for instances, sets and groups. */
enum status ledger_key(struct analysis *self, int op, int *key);
enum status ledger_set(struct analysis *self, const int *ops, int count, int *set);
enum status ledger_group(struct analysis *self, int set, bool repack, int *group);
bool ledger_set_has(const struct analysis *self, int set, enum scope scope, int item);
/* What a key is at a scope: word of the operator name, the key itself, word of the block. */
int ledger_item(const struct analysis *self, int key, enum scope scope);
bool key_thrashes(const struct key *key);
/* The group's conversions vanish when its culprits are fixed. */
bool group_avoidable(const struct analysis *self, const struct group *group);

void patterns_release(struct analysis *self);

/* "aten::native_group_norm@layer1.0.bn1" */
void append_instance(const struct analysis *self, struct strbuf *out, int name, int path);

void measurements_release(struct analysis *self);
void contests_release(struct analysis *self);

/* penalties.c: what groups add up to. `penalty_ns` has DRAWS numbers, zeroed by the caller; true when one was added. */
bool add_penalty(const struct group *group, double *penalty_ns);

/* slow_kernels.c: the contest of an item of a scope, and how much slower its channels_last kernels are, in percent. */
bool contest_of(const struct analysis *self, enum scope scope, int item, struct contest *sum);
struct stats_interval contest_margin(const struct contest *contest);
/* Whether more rounds than chance would give had the channels_last kernel as the slower one. */
bool contest_is_clear(const struct analysis *self, enum scope scope, int item);

/* lost.c: lost throughput of exposed time by cost step and of a penalty (by draw, over all cost steps; NULL = none). Unknown parts are NAN. */
struct lost {
    struct stats_interval percent;
    double images_per_s;
};
void lost_throughput(const struct analysis *self, const double *exposed_ns, const double *penalty_ns, struct lost *lost);
/* A bootstrap over n steps; low and high are NAN for fewer than two. */
struct stats_interval steps_interval(stats_fn *statistic, const void *data, int n);

/* advice.c: the situation that decides among a set; NULL for none. */
const char *advice_situation(unsigned situations);
/* Appends what to change in the PyTorch program; nothing when there is nothing to say. */
void advice_append(struct strbuf *out, const char *op_name, const char *situation);

#endif
