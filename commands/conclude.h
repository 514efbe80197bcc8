/* What train, run and import do when their trace is written. */
#ifndef COMMANDS_CONCLUDE_H
#define COMMANDS_CONCLUDE_H

#include "base/status.h"

/* Analyses a finished trace, prints the text report on stdout and writes it to `report` (NULL: nowhere). */
enum status conclude_trace(const char *trace, const char *report);

/* Names the command that comes next where something thrashes; of what train wrote, which can be trained again. */
enum status conclude_next(const char *trace);

#endif
