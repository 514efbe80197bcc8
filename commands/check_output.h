/* The rows of `clprof check` for people, for GitHub's log and as JUnit XML. */
#ifndef COMMANDS_CHECK_OUTPUT_H
#define COMMANDS_CHECK_OUTPUT_H

#include <stdio.h>

#include "analysis/check.h"

/*
 * One line a row that begins with FAIL, ok or note, then a last one. No line begins with what a trace holds: a CI system
 * might read it as a command. Rows of `trace`, as the reader would type it.
 */
void check_write_text(const struct check_list *list, const char *trace, FILE *out);

/* GitHub's workflow commands: ::error for what failed, ::notice for what is worth knowing. */
void check_write_github(const struct check_list *list, const char *trace, FILE *out);

/* JUnit XML: one test case a row; what is only worth knowing is its suite's output. */
void check_write_junit(const struct check_list *list, const char *trace, FILE *out);

#endif
