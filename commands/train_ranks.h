/* `clprof train --ranks N`: N processes that train one model together on a machine, each on a GPU of its own. */
#ifndef COMMANDS_TRAIN_RANKS_H
#define COMMANDS_TRAIN_RANKS_H

#include "base/strbuf.h"
#include "kernels/backend.h"
#include "trainer/ranks.h"

/*
 * Makes `count` processes, before anything is open that a child must not share. In each of them *exit_code is -1 and `out` is filled, to
 * be released by train_ranks_release. The calling process comes back when all have ended, with the exit code of the first that failed,
 * else 0: it hands on SIGINT and SIGTERM, and when one rank fails, ends those that wait for it.
 */
enum status train_ranks_start(int count, struct ranks *out, int *exit_code);
void train_ranks_release(struct ranks *ranks);

/* The group that the ranks' devices join. UNSUPPORTED where the back end has no ranks. */
enum status train_ranks_group(struct ranks *ranks, const struct backend *backend, struct backend_group *out);

/* "trace.rank1.db" for rank 1's "trace.db"; rank 0's keeps its name. By strbuf_release to be freed. */
void train_ranks_file(const struct ranks *ranks, const char *path, struct strbuf *out);

#endif
