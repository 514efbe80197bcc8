/* A finding before it is a row; findings_store.c makes it one. */
#ifndef ANALYSIS_FINDINGS_H
#define ANALYSIS_FINDINGS_H

#include "analysis/analysis_int.h"

enum verdict { VERDICT_THRASH, VERDICT_UNKNOWN, VERDICT_NECESSARY, VERDICT_CLEAN };

struct finding {
    enum scope scope;
    int item;       /* ledger_item() of its scope; SCOPE_SET: the set */
    int name, path; /* words, -1 = NULL */
    enum verdict verdict;
    unsigned phases, situations;
    double conversions, trips; /* per step */
    double timed, exposures;   /* conversions whose duration (exposed part) is known, over all steps */
    double dur_ns, exposed_ns; /* per step, of those */
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
