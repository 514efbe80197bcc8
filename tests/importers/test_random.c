/* Whatever is fed, in whatever order and overlap: the trace keeps every rule of checks.sql, and nothing is told twice. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "profiler/trace.h"
#include "support_feed.h"

#define SEEDS 100
#define SPANS 400

struct dice {
    uint64_t key, rolls;
};

static int64_t roll(struct dice *dice, int64_t sides)
{
    return (int64_t)(random_bits(dice->key, dice->rolls++) % (uint64_t)sides);
}

static const char *const operators[] = {
    "aten::conv2d",  "aten::convolution", "aten::cudnn_convolution", "aten::copy_", "aten::contiguous", "aten::clone", "aten::to",
    "aten::_to_copy", "aten::relu", "aten::add", "aten::native_group_norm", "aten::mean", "aten::cat",
    "autograd::engine::evaluate_function: ConvolutionBackward0", "ConvolutionBackward0", "aten::convolution_backward",
    "Optimizer.step#SGD.step", "aten::upsample_bicubic2d", "aten::max_pool2d"};
static const char *const kernels[] = {
    "void cudnn::ops::nchwToNhwcKernel<float, float, float, false, true, (cudnnKernelDataType_t)2>(int)",
    "void cudnn::ops::nhwcToNchwKernel<float, float, float, true, false, (cudnnKernelDataType_t)0>(int)",
    "batched_transpose_32x32_half", "sm80_xmma_fprop_implicit_gemm", "Memcpy HtoD (Pageable -> Device)"};

static int32_t random_signature(struct feed *feed, struct dice *dice)
{
    struct tensor_use tensor[3];
    const struct signature signature = {tensor, (int)roll(dice, 4), 0, roll(dice, 2) ? "channels_last\tFalse" : NULL};
    int32_t number;

    memset(tensor, 0, sizeof tensor);
    for (int i = 0; i < signature.tensors; i++) {
        struct tensor_kind *kind = &tensor[i].kind;
        kind->dtype = roll(dice, 2) ? "float32" : "bfloat16";
        kind->dims = 4;
        kind->has_strides = roll(dice, 8) > 0;
        for (int d = 0; d < 4; d++)
            kind->size[d] = 1 + roll(dice, 3);
        layout_strides(roll(dice, 2) ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, 4, kind->size, kind->stride);
        tensor[i].position = (int)roll(dice, 3);
        tensor[i].out = roll(dice, 4) == 0;
    }
    ok(job_signature(feed->job, &signature, &number));
    return number;
}

static struct span random_span(struct feed *feed, struct dice *dice, const char **name)
{
    const int64_t start = roll(dice, 1000), length = roll(dice, 4) ? roll(dice, 30) : roll(dice, 400);
    enum span_kind kind = roll(dice, 2) ? SPAN_OPERATOR : (enum span_kind)roll(dice, SPAN_KIND_COUNT);
    bool device = kind >= SPAN_KERNEL && roll(dice, 6);
    int32_t host = roll(dice, 3) ? feed->main : feed->backward;
    struct span span = plain_span(kind, device ? feed->stream : host, start, start + length);

    *name = kind == SPAN_OPERATOR ? operators[roll(dice, sizeof operators / sizeof operators[0])]
            : kind == SPAN_MODULE ? (roll(dice, 2) ? "layer1.conv:Conv2d" : "layer1")
                                  : kernels[roll(dice, sizeof kernels / sizeof kernels[0])];
    span.correlation = kind >= SPAN_LAUNCH ? roll(dice, 60) - 1 : -1;
    span.sequence = kind == SPAN_STEP ? roll(dice, 6) - 1 : kind == SPAN_OPERATOR ? roll(dice, 20) - 1 : -1;
    span.record_id = kind == SPAN_OPERATOR ? roll(dice, 40) - 1 : -1;
    span.bytes = roll(dice, 100) - 1;
    span.forward_thread = roll(dice, 2) ? -1 : 1;
    span.signature = kind == SPAN_OPERATOR && roll(dice, 5) ? random_signature(feed, dice) : -1;
    return span;
}

static void add_sidecar(struct feed *feed, struct dice *dice)
{
    struct tensor_use tensor = {.kind = {.dtype = "float32", .dims = 4, .has_strides = true, .size = {2, 3, 4, 4}}};
    const struct tensor_identity identity = {roll(dice, 9) - 1, roll(dice, 9) - 1, roll(dice, 3) - 1};
    const struct signature signature = {&tensor, 1, 0, NULL};

    tensor.out = roll(dice, 2);
    layout_strides(roll(dice, 2) ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, 4, tensor.kind.size, tensor.kind.stride);
    ok(job_tensors(feed->job, roll(dice, 40), &signature, &identity));
}

static void feed_randomly(struct feed *feed, struct dice *dice)
{
    const char *name;

    for (int i = 0; i < SPANS; i++) {
        struct span span = random_span(feed, dice, &name);
        if (span.kind == SPAN_STEP && roll(dice, 3))
            continue;
        ok(job_mode(feed->job, roll(dice, 30) ? NULL : "timed"));
        feed_span(feed, span, name);
        if (roll(dice, 10) == 0)
            feed_span(feed, span, name);
        if (roll(dice, 12) == 0)
            add_sidecar(feed, dice);
        if (roll(dice, 100) == 0)
            ok(job_undisturbed(feed->job, roll(dice, 9), roll(dice, 1000) * US, roll(dice, 100) * US, 4));
    }
}

START_TEST(every_rule_holds)
{
    struct feed feed;
    struct dice dice = {random_key((uint64_t)_i, "spans"), 0};
    sqlite3 *db;

    feed_begin(&feed, scratch_path("a.db"));
    feed_randomly(&feed, &dice);
    if (roll(&dice, 3) == 0) {
        feed_process(&feed, 1, 2);
        feed_randomly(&feed, &dice);
    }
    db = feed_end(&feed); /* runs the checks */
    ck_assert_int_gt(query_int(db, "SELECT count(*) FROM op"), SPANS / 4);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op c JOIN op p ON p.op_id = c.parent_op_id"
                                   " WHERE c.thread_id <> p.thread_id OR c.start_ns < p.start_ns"
                                   " OR c.start_ns + c.dur_ns > p.start_ns + p.dur_ns"),
                     0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM (SELECT 1 FROM kernels GROUP BY name, start_ns, dur_ns, stream, correlation_id,"
                                   " step_id HAVING count(*) > 1 AND correlation_id IS NOT NULL AND stream IS NOT NULL"
                                   " AND (SELECT count(*) FROM run) = 1)"),
                     0);
    trace_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, every_rule_holds, 0, SEEDS);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
