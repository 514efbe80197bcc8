/*
 * Hand-made traces. A case file is the text of one step, repeated for every step, and after a line "expect" all that
 * the analysis must find in it.
 *
 *   # a comment
 *   run batch=8 warmup=2 source=kineto       columns of table run; a second one is the next rank, with steps of its own
 *   steps 1000 1000 1200                    durations, one a step; "steps none" = rows outside steps
 *   steps 1000u 1300t 4000r                 modes undisturbed (without operators), timed, recorded
 *   policy aten::native_group_norm 1        a policy_rule row: operator, breaks
 *   module layer1.0.bn1                     a module row; its parents are made with it
 *   op LABEL NAME[@PATH] PHASE [in=T,T] [out=T] [dur=N] [at=N] [thread=N] [forward=LABEL] [into=LABEL]
 *      [level=N] [parent=LABEL]
 *   cv CAUSE FROM>TO [src=T] [dst=T] [dur=N | silent] [stream=N] [at=N] [launch=N]     a conversion of the operator above
 *   kernel dur=N at=N stream=N [launch=N] [role=copy]                       a kernel of the operator above
 *   measure VARIANT NS,NS,NS [library=N] [kernel=N]       repetitions of a measurement of the operator above
 *
 * T is NAME:FORMAT, NAME!:FORMAT for persistent tensors; formats c (contiguous) cl e (either) b (blocked) s (strided)
 * 5 (5-D) 2 (2-D). Operators follow one another in time unless `at` (from the step's start) says otherwise.
 */
#ifndef TESTS_ANALYSIS_CASE_H
#define TESTS_ANALYSIS_CASE_H

#include <sqlite3.h>

#include "base/strbuf.h"

/* An empty trace in memory, with tables and views. */
sqlite3 *case_database(void);

/* Fills a trace from a case's text, up to "expect"; returns the text behind it. Aborts the test naming the line. */
const char *case_load(sqlite3 *db, const char *text);

/* Everything that analysis_run wrote, as text. Conversions are numbered within a step, from 1. */
void case_print(sqlite3 *db, struct strbuf *out);

/* The text of a file of tests/analysis/cases, to be freed. */
char *case_read(const char *name);

/* First column of the first row. */
double case_number(sqlite3 *db, const char *sql);

#endif
