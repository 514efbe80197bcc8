/*
 * Memory does not grow with the job: ten times the spans, the same peak. The spans are those of a training job: 500 operators a
 * step within modules, with shapes, two kernels for three of them, some in the backward thread.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support_feed.h"

#define STEP_OPERATORS 500
#define STEP_SPANS 1337 /* operators, modules, launches, kernels, the step */
#define PEAK_MB 120
#define SKIPPED 77

static enum status word(struct job *job, const char *format, int number, int32_t *out)
{
    char text[400];
    int length = snprintf(text, sizeof text, format, number);

    return job_word(job, text, (size_t)length, out);
}

static enum status add(struct job *job, struct span span, enum span_kind kind, int64_t start_ns, int64_t dur_ns)
{
    span.kind = kind;
    span.start_ns = start_ns;
    span.dur_ns = dur_ns;
    span.order++;
    return job_span(job, &span);
}

static enum status add_signature(struct job *job, int number, int32_t *out)
{
    struct tensor_use tensor = {.kind = {.dtype = "float32", .dims = 4, .has_strides = true, .size = {16, number % 40 + 1, 8, 8}}};
    const struct signature signature = {&tensor, 1, 0, NULL};

    layout_strides(FORMAT_CHANNELS_LAST, 4, tensor.kind.size, tensor.kind.stride);
    return job_signature(job, &signature, out);
}

struct lanes {
    int32_t main, backward, stream;
};

/* One step: operator i takes 20 us of the host from 25 i; kernels run 1 ms later. */
static enum status add_step(struct job *job, const struct lanes *lanes, int64_t step)
{
    const int64_t start_ns = step * STEP_OPERATORS * 25 * US;
    struct span span = plain_span(SPAN_STEP, lanes->main, 0, 0);

    TRY(word(job, "step", 0, &span.name));
    span.sequence = step;
    TRY(add(job, span, SPAN_STEP, start_ns, STEP_OPERATORS * 25 * US - 2));
    for (int i = 0; i < STEP_OPERATORS; i++) {
        int64_t at_ns = start_ns + (int64_t)i * 25 * US;
        span = plain_span(SPAN_OPERATOR, i % 5 == 4 ? lanes->backward : lanes->main, 0, 0);
        if (i % 3 == 0) {
            TRY(word(job, "layer%d:Conv2d", i, &span.name));
            TRY(add(job, span, SPAN_MODULE, at_ns, 24 * US));
        }
        TRY(word(job, "aten::operator_%d", i % 30, &span.name));
        TRY(add_signature(job, i, &span.signature));
        TRY(add(job, span, SPAN_OPERATOR, at_ns + 1 * US, 20 * US));
        span.signature = -1;
        if (i % 3 == 2)
            continue;
        span.correlation = i + 1; /* used again in each step */
        TRY(add(job, span, SPAN_LAUNCH, at_ns + 5 * US, 3 * US));
        TRY(word(job, "void kernel_%d<a template of some length, as all of them have, with types and numbers>", i % 50, &span.name));
        span.lane = lanes->stream;
        TRY(add(job, span, SPAN_KERNEL, at_ns + 1000 * US, 10 * US));
    }
    return STATUS_OK;
}

static enum status import_steps(const char *path, int64_t steps)
{
    const struct job_info info = {.source = "kineto", .batch_size = -1, .threads = -1, .started_unix_ns = -1};
    struct lanes lanes;
    struct job *job;
    enum status status;

    TRY_OUT(job_create(path, &job));
    TRY_OUT(job_process(job, &info, -1, -1));
    TRY_OUT(job_thread(job, 10, 1, &lanes.main));
    TRY_OUT(job_thread(job, 10, 2, &lanes.backward));
    TRY_OUT(job_stream(job, "cuda", 0, 7, &lanes.stream));
    for (int64_t step = 0; step < steps; step++)
        TRY_OUT(add_step(job, &lanes, step));
    return job_finish(job);
out:
    job_abandon(job);
    return status;
}

/* Peak of a process of its own, in MB. */
static double peak_of(const char *path, int64_t steps)
{
    struct rusage usage;
    pid_t child = fork();
    int how;

    if (child == 0)
        _exit(import_steps(path, steps) == STATUS_OK ? 0 : 1);
    ck_assert_int_eq(wait4(child, &how, 0, &usage), child);
    ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "the child failed: %d", how);
    return (double)usage.ru_maxrss / 1024;
}

START_TEST(ten_times_the_spans)
{
    const char *path = scratch_path("a.db");
    double once, ten_times;

    once = peak_of(path, 350000 / STEP_SPANS);
    ten_times = peak_of(path, 3500000 / STEP_SPANS);
    printf("peak of %d spans: %.1f MB, of ten times as many: %.1f MB\n", 350000, once, ten_times);
    ck_assert_double_lt(once, PEAK_MB);
    ck_assert_double_lt(ten_times, 1.2 * once);
}
END_TEST

static int run_tests(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, ten_times_the_spans);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(void)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)run_tests;
    puts("skipped: resident memory is mostly the sanitizer's, which grows with every allocation");
    return SKIPPED;
#else
    return run_tests();
#endif
}
