/*
 * Every case x back end x dtype x memory format against the reference back end. `test_check [WORD]` runs the operators
 * whose name contains WORD. CLPROF_TEST_BACKEND=NAME judges that back end instead of those of the CPU: cuda, on a GPU or on
 * tests/simgpu. CLPROF_TEST_SHIFT=BYTES: tensors begin that much inside their memory; float16 only, for the sake of time.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ops/call.h"

static const struct backend *judged[] = {&backend_cpu, &backend_ref, &backend_cpu_blocked};
static int backends = (int)(sizeof judged / sizeof *judged);
static const enum dtype dtypes[] = {DTYPE_FLOAT32, DTYPE_BFLOAT16, DTYPE_FLOAT16};
#define DTYPES ((int)(sizeof dtypes / sizeof *dtypes))

/* Whether a call tells each of its kernels once, in order, with times that make sense. */
struct watch {
    int kernels, next;
    bool wrong, launching;
};
#define FIRST_NUMBER 100

static void watch_kernel(void *self, int kernel, int64_t start_ns, int64_t end_ns)
{
    struct watch *watch = self;
    watch->wrong |= kernel != FIRST_NUMBER + watch->next || start_ns <= 0 || end_ns < start_ns;
    watch->next++;
}

/* Of a device with a clock of its own: the launches, in order, each ended before the next. */
static void watch_launch(void *self, int kernel, int64_t launch_ns)
{
    struct watch *watch = self;
    watch->wrong |= kernel != FIRST_NUMBER + watch->next || launch_ns <= 0 || watch->launching;
    watch->launching = true;
}

static void watch_launched(void *self, int kernel)
{
    struct watch *watch = self;
    watch->wrong |= kernel != FIRST_NUMBER + watch->next || !watch->launching;
    watch->launching = false;
    watch->next++;
}

/* One case in one dtype on one back end; the variants of formats share its values. */
struct check {
    const struct backend *backend;
    struct device *device;
    const struct op_case *row;
    enum dtype varied;
    struct case_values first, values, expected; /* first: other numbers, for the run before the one that counts */
    struct strbuf failures; /* of the variant being run */
    struct strbuf report;   /* of the failed variants, as far as one message of Check goes */
    int failed, variants;
};
#define REPORT_LENGTH 2500

/*
 * cuDNN writes a weight's gradient in the dtype that it computes in, as it does for PyTorch under autocast; it is widened
 * afterwards.
 */
static enum dtype rounded_to(const struct check *check, const struct placed_tensor *placed, int position)
{
    bool gradient = check->row->op == OP_CONVOLUTION_BACKWARD && position == 1 && strcmp(check->backend->name, "cuda") == 0;
    return gradient ? check->varied : placed->tensor.dtype;
}

static void compare(struct check *check, struct test_call *call, const struct placed_tensor *placed,
                    const double *wanted, const char *kind, int position)
{
    char what[32];
    double *got = test_call_values(call, placed);
    snprintf(what, sizeof what, "%s %d", kind, position);
    compare_values(&check->failures, what, case_tolerance(check->row, rounded_to(check, placed, position)),
                   tensor_count(&placed->tensor), got, wanted);
    free(got);
}

static void compare_all(struct check *check, struct test_call *call)
{
    for (int i = 0; i < OP_MAX_OUT; i++)
        if (check->row->out[i].present)
            compare(check, call, &call->out[i], check->expected.out[i], "output", i);
    for (int i = 0; i < OP_MAX_IN; i++)
        if (check->row->in[i].updated)
            compare(check, call, &call->in[i], check->expected.in[i], "updated input", i);
}

/* On cuda, whose kernels are our own: padding is told exactly where more is written than the tensor has. */
static bool tells_padding(const struct check *check, const struct conversion_info *conversion)
{
    int64_t bytes = tensor_count(&conversion->tensor) * (int64_t)dtype_bytes(conversion->dest_dtype);
    return strcmp(check->backend->name, "cuda") != 0 || conversion->padded == (conversion->bytes_written > bytes);
}

static void check_facts(struct check *check, const struct op_prepared *prepared)
{
    bool good = prepared->kernels >= 1 && prepared->kernels <= OP_MAX_KERNELS && prepared->conversions >= 0 &&
                prepared->conversions <= OP_MAX_KERNELS && prepared->run && prepared->destroy;
    for (int i = 0; good && i < prepared->kernels; i++)
        good = prepared->kernel[i].name && prepared->kernel[i].name[0];
    for (int i = 0; good && i < prepared->conversions; i++)
        good = prepared->conversion_kernel[i] >= 0 && prepared->conversion_kernel[i] < prepared->kernels &&
               tells_padding(check, &prepared->conversion[i]);
    if (!good)
        strbuf_append(&check->failures, "    prepare: kernels or conversions are not described\n");
}

/* Scratch of exactly the wanted size, full of NaN patterns, between guards. */
static unsigned char *scratch_create(struct check *check, size_t bytes)
{
    unsigned char *image = test_alloc(bytes + 128), *scratch = check->backend->alloc(check->device, bytes + 128, "a test");
    memset(image, 0xFF, bytes + 128);
    check->backend->copy_in(check->device, scratch, image, bytes + 128);
    free(image);
    return scratch;
}

static void check_scratch(struct check *check, const unsigned char *scratch, size_t bytes)
{
    unsigned char *image = test_alloc(bytes + 128);
    bool good = true;
    check->backend->copy_out(check->device, image, scratch, bytes + 128);
    for (size_t i = 0; i < 64; i++)
        good = good && image[i] == 0xFF && image[64 + bytes + i] == 0xFF;
    if (!good)
        strbuf_printf(&check->failures, "    wrote outside its %zu bytes of scratch\n", bytes);
    free(image);
}

/* Runs with other numbers first, so that anything kept from one run to the next shows. */
static enum status run_twice(struct check *check, struct test_call *call, struct op_prepared *prepared)
{
    int numbers[OP_MAX_KERNELS];
    struct watch watch = {.kernels = prepared->kernels};
    struct observer observer = {.self = &watch, .kernel = watch_kernel, .launch_begin = watch_launch, .launch_end = watch_launched};
    unsigned char *scratch = scratch_create(check, prepared->scratch_bytes);
    struct run_context context = {.device = check->device, .scratch = scratch + 64, .kernel_number = numbers};
    for (int i = 0; i < OP_MAX_KERNELS; i++)
        numbers[i] = FIRST_NUMBER + i;
    test_call_upload(call, &check->first);
    enum status status = prepared->run(prepared, &context);
    if (status == STATUS_OK)
        status = check->backend->synchronize(check->device);
    if (status == STATUS_OK) {
        context.observer = &observer;
        test_call_upload(call, &check->values);
        status = prepared->run(prepared, &context);
    }
    if (status == STATUS_OK)
        status = check->backend->synchronize(check->device);
    if (status == STATUS_OK && (watch.wrong || watch.next != watch.kernels))
        strbuf_printf(&check->failures, "    told of %d kernels, or not in order; it declared %d\n", watch.next,
                      watch.kernels);
    check_scratch(check, scratch, prepared->scratch_bytes);
    check->backend->free(check->device, scratch);
    return status;
}

/* Prepares before memory is planned: data pointers are NULL until the first run. */
static enum status prepare_unplaced(struct check *check, struct test_call *call, struct op_prepared **prepared)
{
    void *in[OP_MAX_IN], *out[OP_MAX_OUT];
    for (int i = 0; i < OP_MAX_IN; i++) {
        in[i] = call->in[i].tensor.data;
        call->in[i].tensor.data = NULL;
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        out[i] = call->out[i].tensor.data;
        call->out[i].tensor.data = NULL;
    }
    enum status status = backend_prepare(check->backend, check->device, &call->call, prepared);
    for (int i = 0; i < OP_MAX_IN; i++)
        call->in[i].tensor.data = in[i];
    for (int i = 0; i < OP_MAX_OUT; i++)
        call->out[i].tensor.data = out[i];
    return status;
}

static bool may_refuse(const struct op_case *row, const struct call_variant *variant)
{
    return (row->flags & CASE_MAY_REFUSE) && variant->in[0] != variant->in[1];
}

static void report_variant(struct check *check, const struct call_variant *variant)
{
    check->failed++;
    if (check->report.length > REPORT_LENGTH)
        return;
    strbuf_printf(&check->report, "  %s ", check->backend->name);
    variant_describe(&check->report, check->row, variant);
    strbuf_printf(&check->report, "\n%.600s", check->failures.text);
}

static void check_variant(const struct call_variant *variant, void *context)
{
    struct check *check = context;
    struct test_call call;
    struct op_prepared *prepared = NULL;
    strbuf_clear(&check->failures);
    check->variants++;
    test_call_init(&call, check->backend, check->device, check->row, variant);
    enum status status = prepare_unplaced(check, &call, &prepared);
    if (status == STATUS_UNSUPPORTED && may_refuse(check->row, variant)) {
        /* allowed: the plan would convert first */
    } else if (status != STATUS_OK) {
        strbuf_printf(&check->failures, "    prepare: %s\n", status_message());
    } else {
        check_facts(check, prepared);
        if (run_twice(check, &call, prepared) == STATUS_OK) {
            compare_all(check, &call);
            test_call_untouched(&call, &check->values, &check->failures);
        } else {
            strbuf_printf(&check->failures, "    run: %s\n", status_message());
        }
    }
    if (prepared)
        prepared->destroy(prepared);
    test_call_release(&call);
    if (check->failures.length)
        report_variant(check, variant);
}

static void check_dtype(struct check *check, enum dtype varied)
{
    struct call_variant variant = {.varied = varied};
    check->varied = varied;
    case_values_init(&check->first, check->row, &variant, 2);
    case_values_init(&check->values, check->row, &variant, 1);
    case_values_judge(check->row, &variant, &check->values, &check->expected);
    case_variants(check->row, varied, check_variant, check);
    case_values_release(&check->first);
    case_values_release(&check->values);
    case_values_release(&check->expected);
}

static void check_case(const struct backend *backend, const struct op_case *row)
{
    struct check check = {.backend = backend, .row = row};
    struct backend_options options = {.threads = 2, .tf32 = TF32_OFF};
    bool convolution = row->op == OP_CONVOLUTION || row->op == OP_CONVOLUTION_BACKWARD;
    if (((row->flags & CASE_LARGE) && backend == &backend_ref) || (backend == &backend_cpu_blocked && !convolution))
        return;
    strbuf_init(&check.failures);
    strbuf_init(&check.report);
    const char *reason = backend->probe();
    ck_assert_msg(!reason, "back end %s can't be used here: %s", backend->name, reason ? reason : "");
    ck_assert_msg(backend->open(&options, &check.device) == STATUS_OK, "%s", status_message());
    bool varied = case_is_varied(row), one = varied && getenv("CLPROF_TEST_SHIFT");
    for (int i = 0; i < (varied ? DTYPES : 1); i++)
        if (!one || dtypes[i] == DTYPE_FLOAT16)
            check_dtype(&check, dtypes[i]);
    backend->close(check.device);
    if (check.failed)
        ck_abort_msg("%s (%s): %d of %d combinations failed\n%s", op_name(row->op), row->label, check.failed,
                     check.variants, check.report.text);
    strbuf_release(&check.failures);
    strbuf_release(&check.report);
}

/* The cases that the command line asks for. */
static int *selected;
static int selected_count;

START_TEST(every_case)
{
    check_case(judged[_i % backends], case_at(selected[_i / backends]));
}
END_TEST

START_TEST(every_operator_has_a_case)
{
    for (int op = 0; op < OP_COUNT; op++) {
        bool found = (op_flags((enum op_id)op) & OP_ALIAS) != 0;
        for (int i = 0; !found && i < case_count(); i++)
            found = (int)case_at(i)->op == op;
        ck_assert_msg(found, "missing case: %s (number %d) has no row in tests/ops", op_name((enum op_id)op), op);
    }
}
END_TEST

static bool is_backward(enum op_id op)
{
    return strstr(op_name(op), "_backward") != NULL;
}

/* op_infer must give the sizes that the rows say. Backward operators are not asked (op.h). */
START_TEST(sizes_are_inferred)
{
    const struct op_case *row = case_at(selected[_i]);
    struct call_variant variant = {.varied = DTYPE_FLOAT32};
    struct device *device = NULL;
    struct test_call call;
    struct tensor out[OP_MAX_OUT];
    if (is_backward(row->op))
        return;
    ck_assert(backend_ref.open(&(struct backend_options){0}, &device) == STATUS_OK);
    test_call_init(&call, &backend_ref, device, row, &variant);
    ck_assert_msg(op_infer(row->op, &row->attrs, (const struct tensor *const *)call.call.in, out) == STATUS_OK, "%s",
                  status_message());
    for (int i = 0; i < OP_MAX_OUT; i++)
        ck_assert_msg(!row->out[i].present || tensor_same_shape(&out[i], &call.out[i].tensor),
                      "%s (%s): op_infer gives output %d other sizes than the case", op_name(row->op), row->label, i);
    test_call_release(&call);
    backend_ref.close(device);
}
END_TEST

static void select_cases(const char *word)
{
    selected = test_alloc((size_t)case_count() * sizeof *selected);
    for (int i = 0; i < case_count(); i++)
        if (!word || strstr(op_name(case_at(i)->op), word))
            selected[selected_count++] = i;
}

/* What can't be used here is said, not passed: 77 is CTest's word for skipped. */
static void choose_backend(void)
{
    const char *name = getenv("CLPROF_TEST_BACKEND");
    if (!name)
        return;
    backends = 1;
    if (backend_usable(name, &judged[0]) == STATUS_OK)
        return;
    fprintf(stderr, "skipped: %s is not usable: %s\n", name, status_message());
    exit(77);
}

int main(int argc, char **argv)
{
    choose_backend();
    Suite *suite = suite_create("operators against the reference");
    TCase *cases = tcase_create("cases");
    select_cases(argc > 1 ? argv[1] : NULL);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, every_operator_has_a_case);
    tcase_add_loop_test(cases, sizes_are_inferred, 0, selected_count);
    tcase_add_loop_test(cases, every_case, 0, selected_count * backends);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    if (getenv("CLPROF_TEST_BACKEND")) /* what a fork inherits of CUDA can't be used */
        srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    free(selected);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
