/* Learning rate schedules: pure functions of the step number. */
#ifndef TRAINER_SCHEDULE_H
#define TRAINER_SCHEDULE_H

#include <stdint.h>

enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_COSINE, SCHEDULE_ONECYCLE };

/*
 * Learning rate of step `step` (from 0) of `steps`; `peak` is --lr.
 *   constant  peak
 *   cosine    peak * (1 + cos(pi step / steps)) / 2         torch.optim.lr_scheduler.CosineAnnealingLR, eta_min 0
 *   onecycle  torch.optim.lr_scheduler.OneCycleLR: cosine from peak/25 up to peak over the first 30 %, then down to
 *             peak/25/1e4
 */
double schedule_rate(enum schedule_kind kind, double peak, int64_t step, int64_t steps);

#endif
