/* Reads the whole-run figures of an analysed trace (table figure; figures.c writes them). */
#ifndef ANALYSIS_FIGURE_H
#define ANALYSIS_FIGURE_H

#include <sqlite3.h>

#include "base/stats.h"
#include "base/status.h"

/* Three columns of a row as value, low, high; NAN where NULL. */
struct stats_interval figure_interval(sqlite3_stmt *row, int column);

/* A figure by its name, such as "images_per_s"; NAN where unknown. Fails (NOT_FOUND) when the trace is not analysed. */
enum status figure_read(sqlite3 *db, const char *name, struct stats_interval *figure);

#endif
