/* The three schedules. */
#include "trainer/schedule.h"

#include <math.h>

static double cosine_between(double start, double end, double part)
{
    return end + (start - end) * 0.5 * (1 + cos(M_PI * part));
}

static double onecycle(double peak, int64_t step, int64_t steps)
{
    double initial = peak / 25, final = initial / 1e4;
    double up_end = 0.3 * (double)steps - 1, down_end = (double)steps - 1;
    if (steps < 1)
        return peak;
    /* With fewer than four steps there is no way up (up_end < 0), and torch starts beyond the peak. */
    if ((double)step <= up_end)
        return cosine_between(initial, peak, (double)step / up_end);
    return cosine_between(peak, final, ((double)step - up_end) / (down_end - up_end));
}

double schedule_rate(enum schedule_kind kind, double peak, int64_t step, int64_t steps)
{
    if (steps > 0 && step > steps - 1)
        step = steps - 1;
    switch (kind) {
    case SCHEDULE_COSINE:
        return steps > 0 ? cosine_between(peak, 0, (double)step / (double)steps) : peak;
    case SCHEDULE_ONECYCLE:
        return onecycle(peak, step, steps);
    default:
        return peak;
    }
}
