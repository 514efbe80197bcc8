/* Comparing what a back end answered with what the reference answered. */
#include <math.h>

#include "tests/ops/call.h"

double case_tolerance(const struct op_case *row, enum dtype dtype)
{
    if (dtype == DTYPE_INT64 || dtype == DTYPE_UINT8)
        return 0;
    return row->tolerance[dtype == DTYPE_FLOAT64 ? DTYPE_FLOAT32 : dtype];
}

/* 0 for equal values, infinities and NaNs included; infinity where only one of them is a number. */
static double difference(double got, double wanted)
{
    if (got == wanted || (isnan(got) && isnan(wanted)))
        return 0;
    return isfinite(got) && isfinite(wanted) ? fabs(got - wanted) : INFINITY;
}

void compare_values(struct strbuf *failures, const char *what, double tolerance, int64_t count, const double *got,
                    const double *wanted)
{
    int64_t worst = 0;
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(wanted[i]))
            largest = fmax(largest, fabs(wanted[i]));
        if (difference(got[i], wanted[i]) > difference(got[worst], wanted[worst]))
            worst = i;
    }
    double error = difference(got[worst], wanted[worst]) / (largest > 0 ? largest : 1);
    if (error > tolerance)
        strbuf_printf(failures, "    %s: error %.2e > %.2e at element %lld of %lld: %.9g, reference %.9g\n", what,
                      error, tolerance, (long long)worst, (long long)count, got[worst], wanted[worst]);
}
