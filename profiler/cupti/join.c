/* Two clocks, joined by two readings. */
#include "profiler/cupti/join.h"

#include <stdint.h>

#include "base/clock.h"

#define READINGS 5            /* the one with the least time around it counts */
#define APART_NS 10000000     /* a reading is good to 100 ns, so a rate over 10 ms is good to 1e-5 */
#define RATE_MOST 1e-3        /* NTP slews by 5e-4 at most: what goes faster was set */

static double rate(const struct clock_join *self)
{
    double host = (double)(self->pair[1].host_ns - self->pair[0].host_ns);
    double cupti = (double)(int64_t)(self->pair[1].cupti_ns - self->pair[0].cupti_ns);

    return cupti > 0 ? host / cupti : 0;
}

void clock_join_add(struct clock_join *self, struct clock_pair pair)
{
    if (self->pairs == 2 && self->pair[1].host_ns - self->pair[0].host_ns >= APART_NS &&
        pair.host_ns - self->pair[1].host_ns >= APART_NS)
        self->pair[0] = self->pair[1];
    self->pair[self->pairs ? 1 : 0] = pair;
    if (self->pairs < 2)
        self->pairs++;
    if (self->pairs < 2)
        return;
    double now = rate(self);
    if (pair.host_ns - self->pair[0].host_ns < APART_NS || (now > 1 - RATE_MOST && now < 1 + RATE_MOST))
        return;
    self->set++;
    self->pair[0] = pair;
    self->pairs = 1;
}

int clock_join_read(struct clock_join *self, const struct cupti_api *api)
{
    struct clock_pair best = {0, 0};
    int64_t least_ns = INT64_MAX;

    for (int i = 0; i < READINGS; i++) {
        uint64_t cupti_ns = 0;
        int64_t before_ns = clock_ns();
        if (api->cuptiGetTimestamp(&cupti_ns) != CUPTI_SUCCESS)
            return 0;
        int64_t after_ns = clock_ns();
        if (after_ns - before_ns >= least_ns)
            continue;
        least_ns = after_ns - before_ns;
        best = (struct clock_pair){before_ns + least_ns / 2, cupti_ns};
    }
    clock_join_add(self, best);
    return 1;
}

int64_t clock_join_host(const struct clock_join *self, uint64_t cupti_ns)
{
    int64_t since_ns = (int64_t)(cupti_ns - self->pair[0].cupti_ns);

    if (self->pairs < 2 || self->pair[1].host_ns - self->pair[0].host_ns < APART_NS)
        return self->pair[0].host_ns + since_ns;
    return self->pair[0].host_ns + (int64_t)((double)since_ns * rate(self));
}
