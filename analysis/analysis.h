/*
 * From the raw rows of a trace to findings. Pure functions over the database: no tensors, no devices, no clock.
 * Words are SEMANTICS.md's; tables are profiler/sql/schema.sql's.
 *
 * Steps. The first W steps of a run are warm-up: W is the trace's own (run.warmup_steps, --profile W:A) where it says,
 * else the leading steps (of the first half) that take more than WARMUP_EXCESS times the median of the later half, at
 * least one when there are WARMUP_LEAST_STEPS or more. Of the rest, a step is an outlier when it takes longer than the
 * median by more than OUTLIER_DEVIATIONS x 1.4826 x MAD and by more than OUTLIER_EXCESS of the median. The last step of
 * a run is never warm-up. A trace without steps is one steady step, looked at in parts. The ranks of a job are classified one by one.
 *
 * `clprof run` runs steps in three ways. Undisturbed ones are classified as above, and give wall times only; timed ones
 * give the costs of operators; recorded ones give counts, never a time. So findings are means over the cost steps (timed,
 * else steady, else recorded), and step time, throughput and the T of lost throughput are those of the time steps
 * (steady, else timed). Of most traces both are the steady steps. Intervals are 95 % bootstrap intervals over steps, NULL
 * for fewer than two; where cost and time steps differ, both are drawn independently.
 *
 * Charges. A conversion is charged to the culprits of the first round trip (by the order of execution of its first
 * conversion) that holds it; without one to the operator that made the contiguous tensor it starts from, when that was
 * made from inputs without an order (born); else to the operator that holds it. A backward operator's charges are its
 * forward operator's, so that one finding covers both directions; backward names get no findings of their own.
 *
 * Culprits of a round trip are the operators on its path that break channels_last: by the policy's word, else because they
 * are seen to in this step, or because they copy a view of 5 or more dimensions (a channel shuffle, which breaks whatever
 * it is given).
 *
 * Verdicts. thrash: culprit of a round trip in at least half of the cost steps in which it occurs; unknown: a library's
 * conversion inside it goes one way, and the trace shows no way back; necessary: charged with other conversions, but no
 * culprit; slow_kernel: no conversions but of parameters, and a channels_last kernel that the probe of `train` measured to be
 * the slower one (findings.h says by how much); clean: none, and the trace would have shown one (formats of its tensors, or kernels that are no copies). Of an operator of
 * which it shows neither there is no finding. The figures of a thrash finding are those of the conversions
 * that vanish with its round trips: a batch, weight or optimizer conversion under the same operator is no part of them.
 *
 * Penalties. Where the probe measured an operator as it ran and as it would run in channels_last, the difference is charged
 * to the culprits of the first round trip on whose path it is, else to those after whom its input is out of channels_last,
 * and adds to what is lost. Its level is that of the operator's
 * kernels within steps, its ratio the measurement's. Without a measurement it is NULL, and what is lost is conversions alone.
 *
 * A necessary or unknown finding has costs, but nothing that could be won back: its lost throughput is NULL.
 * Durations are sums over the conversions whose duration is known, and NULL when none is.
 */
#ifndef ANALYSIS_ANALYSIS_H
#define ANALYSIS_ANALYSIS_H

#include <sqlite3.h>

#include "base/status.h"

#define WARMUP_EXCESS 1.2
#define WARMUP_LEAST_STEPS 4
#define OUTLIER_DEVIATIONS 3.0
#define OUTLIER_EXCESS 0.10

/* Rewrites every finding table but `verification`, in one transaction. The same trace gives the same rows. */
enum status analysis_run(sqlite3 *db);

#endif
