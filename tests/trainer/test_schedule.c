/* Learning rates against torch.optim.lr_scheduler's (schedules.tsv, made by schedules.py). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/trainer/support_trainer.h"
#include "trainer/schedule.h"

#define PEAK 0.1
#define TOLERANCE 1e-9 /* torch's cosine is a product of steps - 1 quotients */

START_TEST(constant_is_the_peak)
{
    for (int64_t step = 0; step < 20; step++)
        ck_assert_double_eq(schedule_rate(SCHEDULE_CONSTANT, 0.25, step, 20), 0.25);
    ck_assert_double_eq(schedule_rate(SCHEDULE_CONSTANT, 0.25, 5, 0), 0.25);
}
END_TEST

/* Compares the rows of one kind; returns how many there were. */
static int compare_rows(const char *kind, enum schedule_kind schedule)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/schedules.tsv", "r");
    char line[256], of[16];
    long long steps, step;
    double want;
    int rows = 0;
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%15s %lld %lld %lf", of, &steps, &step, &want), 4);
        if (strcmp(of, kind) != 0)
            continue;
        double have = schedule_rate(schedule, PEAK, step, steps);
        ck_assert_msg(fabs(have - want) <= TOLERANCE * PEAK, "%s: step %lld of %lld gives %.12g, torch %.12g", kind,
                      step, steps, have, want);
        rows++;
    }
    fclose(file);
    return rows;
}

START_TEST(cosine_is_torchs)
{
    ck_assert_int_ge(compare_rows("cosine", SCHEDULE_COSINE), 20);
}
END_TEST

START_TEST(onecycle_is_torchs)
{
    ck_assert_int_ge(compare_rows("onecycle", SCHEDULE_ONECYCLE), 20);
}
END_TEST

START_TEST(rates_scale_with_the_peak)
{
    for (int64_t step = 0; step < 17; step++) {
        double one = schedule_rate(SCHEDULE_ONECYCLE, 1, step, 17);
        double three = schedule_rate(SCHEDULE_ONECYCLE, 3, step, 17);
        ck_assert_double_gt(one, 0);
        ck_assert_double_eq_tol(three, 3 * one, 1e-14);
    }
}
END_TEST

/* Training that goes on after its planned end keeps the last rate. */
START_TEST(after_the_end_the_last_rate_stays)
{
    for (int kind = SCHEDULE_CONSTANT; kind <= SCHEDULE_ONECYCLE; kind++)
        ck_assert_double_eq(schedule_rate((enum schedule_kind)kind, PEAK, 1000, 10),
                            schedule_rate((enum schedule_kind)kind, PEAK, 9, 10));
}
END_TEST

int main(void)
{
    return run_tests("schedule", (const TTest *const[]){
                                     constant_is_the_peak, cosine_is_torchs, onecycle_is_torchs,
                                     rates_scale_with_the_peak, after_the_end_the_last_rate_stays, NULL});
}
