/* What the two files of `check` share: figures with intervals, their words, rows of the list. */
#ifndef ANALYSIS_CHECK_INT_H
#define ANALYSIS_CHECK_INT_H

#include "analysis/check.h"
#include "analysis/figure.h"
#include "base/stats.h"
#include "base/strbuf.h"

/* Less is not in most steps (SEMANTICS: thrash is said of what happens in at least half of them). */
#define LEAST_COUNT 0.5

/* "12.4 % [12.3, 12.5]"; `unit` begins with a blank. "unknown" for NAN. */
void check_append(struct strbuf *out, struct stats_interval figure, const char *unit);

/* "12.4 % [12.3, 12.5], the baseline has 1.2 % [1.1, 1.3]: 11.2 points more [11.0, 11.4]" */
void check_append_loss(struct strbuf *out, struct stats_interval before, struct stats_interval now);

/* Whether the loss is larger by more than the tolerance, by all of the difference's interval. Unknown is not. */
bool check_is_larger(struct stats_interval before, struct stats_interval now, double tolerance);

enum status check_add(struct check_list *list, enum check_outcome outcome, const char *name, const char *words);

/* The operators of both traces, and what differs in their set-up. */
enum status check_operators(sqlite3 *db, sqlite3 *baseline, double tolerance, struct check_list *list);
enum status check_setup(sqlite3 *db, sqlite3 *baseline, struct check_list *list);

/* Whether both ran on the same device with the same batch and threads: whether their times may be compared. */
enum status check_same_machine(sqlite3 *db, sqlite3 *baseline, bool *same);

#endif
