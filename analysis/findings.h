/* A finding before it is a row; findings_store.c makes it one. */
#ifndef ANALYSIS_FINDINGS_H
#define ANALYSIS_FINDINGS_H

#include "analysis/analysis_int.h"

enum verdict { VERDICT_THRASH, VERDICT_UNKNOWN, VERDICT_SLOW_KERNEL, VERDICT_NECESSARY, VERDICT_CLEAN };

/*
 * A channels_last kernel is slow when the whole interval of its margin is above 0, the margin above SLOW_PERCENT, the rounds of its
 * measurements clear (slow_kernels.c), and what it takes longer more than SLOW_STEP_PERCENT of a step: of a few microseconds the place of a buffer decides.
 */
#define SLOW_PERCENT 5.0
#define SLOW_STEP_PERCENT 0.1

struct finding {
    enum scope scope;
    int item;       /* ledger_item() of its scope; SCOPE_SET: the set */
    int name, path; /* words, -1 = NULL */
    enum verdict verdict;
    unsigned phases, situations;
    double conversions, trips; /* per step */
    double timed, exposures;   /* conversions whose duration (exposed part) is known, over all steps */
    double dur_ns, exposed_ns; /* per step, of those */
    double penalty_ns;         /* per step, NAN = not measured; of a slow kernel below 0: contiguous is faster */
    struct lost lost;
};

/* The order of the list is that of finding_id, from 1. */
struct finding_list {
    struct finding *findings;
    int findings_count, findings_room;
    int *links; /* findings, by group: see struct group */
    int links_count, links_room;
};

enum status findings_store(const struct analysis *self, const struct finding_list *list);

#endif
