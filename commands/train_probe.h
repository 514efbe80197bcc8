/* What `clprof train` does between its last step and the analysis: operators measured in other memory formats. */
#ifndef COMMANDS_TRAIN_PROBE_H
#define COMMANDS_TRAIN_PROBE_H

#include "trainer/session.h"

/* Measures for about so many seconds and writes what came of it into the finished trace, all of it or nothing. */
enum status train_probe(struct session *session, double seconds, const char *trace);

#endif
