/* Lost throughput of a set of conversions, and intervals over steady steps. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_int.h"

#define RESAMPLES 1000

struct sample {
    const double *dur_ns, *exposed_ns, *images; /* by steady step */
};

static double sum_over(const double *values, const uint32_t *index, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[index[i]];
    return sum;
}

static double lost_percent(const void *data, const uint32_t *index, size_t n)
{
    const struct sample *sample = data;
    double taken = sum_over(sample->dur_ns, index, n);
    return 100 * (taken / (taken - sum_over(sample->exposed_ns, index, n)) - 1);
}

/* NAN when a step's number of images is not known. */
static double lost_images(const struct analysis *self, const struct sample *sample)
{
    double taken = 0, exposed = 0, images = 0;
    for (int i = 0; i < self->steady_count; i++) {
        taken += sample->dur_ns[i];
        exposed += sample->exposed_ns[i];
        images += sample->images[i];
    }
    return 1e9 * (images / (taken - exposed) - images / taken);
}

struct stats_interval steady_interval(const struct analysis *self, stats_fn *statistic, const void *data)
{
    struct stats_interval interval = stats_bootstrap(statistic, data, (size_t)self->steady_count, RESAMPLES);
    if (self->steady_count < 2)
        interval.low = interval.high = NAN;
    return interval;
}

/* Step times and images in one array each. Unknown when a step's time is, or when nothing but conversions ran. */
static bool fill(const struct analysis *self, const double *exposed_ns, double *dur_ns, double *images)
{
    for (int i = 0; i < self->steps_count; i++) {
        const struct analysis_step *step = &self->steps[i];
        if (step->steady < 0)
            continue;
        if (!(step->dur_ns - exposed_ns[step->steady] > 0))
            return false;
        dur_ns[step->steady] = step->dur_ns;
        images[step->steady] = step->images;
    }
    return self->steady_count > 0;
}

enum status lost_throughput(const struct analysis *self, const double *exposed_ns, struct lost *lost)
{
    double *dur_ns = NULL, *images = NULL;
    enum status status;

    *lost = (struct lost){{NAN, NAN, NAN}, NAN};
    TRY_OUT(array_make(&dur_ns, self->steady_count, sizeof *dur_ns));
    TRY_OUT(array_make(&images, self->steady_count, sizeof *images));
    if (!fill(self, exposed_ns, dur_ns, images))
        goto out;
    struct sample sample = {dur_ns, exposed_ns, images};
    lost->percent = steady_interval(self, lost_percent, &sample);
    lost->images_per_s = lost_images(self, &sample);
out:
    free(dur_ns);
    free(images);
    return status;
}
