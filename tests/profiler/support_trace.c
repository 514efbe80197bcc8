/* Shared by the profiler's test programs; see support_trace.h. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/check.h"
#include "support_trace.h"

static char folder[256];

const char *scratch_path(const char *name)
{
    static char paths[8][512];
    static int next;
    const char *base = getenv("TMPDIR");
    char *path = paths[next++ % 8];

    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/clprof-test-XXXXXX", base ? base : P_tmpdir);
        ck_assert_msg(mkdtemp(folder) != NULL, "no scratch folder %s", folder);
    }
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void remove_tree(const char *path)
{
    DIR *entries = opendir(path);
    struct dirent *entry;
    char name[1024];

    while (entries && (entry = readdir(entries))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR)
            remove_tree(name);
        else
            unlink(name);
    }
    if (entries)
        closedir(entries);
    rmdir(path);
}

void scratch_clear(void)
{
    if (folder[0])
        remove_tree(folder);
    folder[0] = '\0';
}

static sqlite3_stmt *first_row(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    ck_assert_msg(sqlite3_step(statement) == SQLITE_ROW, "%s: no row (%s)", sql, sqlite3_errmsg(db));
    return statement;
}

int64_t query_int(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = first_row(db, sql);
    int64_t value = sqlite3_column_int64(statement, 0);

    sqlite3_finalize(statement);
    return value;
}

const char *query_text(sqlite3 *db, const char *sql)
{
    static char text[512];
    sqlite3_stmt *statement = first_row(db, sql);
    const unsigned char *value = sqlite3_column_text(statement, 0);

    snprintf(text, sizeof text, "%s", value ? (const char *)value : "NULL");
    sqlite3_finalize(statement);
    return text;
}

sqlite3 *open_or_stop(const char *path)
{
    sqlite3 *db = NULL;

    ck_assert_msg(trace_open(path, 0, &db) == STATUS_OK, "%s", status_message());
    return db;
}

void expect_sound(sqlite3 *db)
{
    struct strbuf report;
    int64_t broken;

    ck_assert_str_eq(query_text(db, "PRAGMA integrity_check"), "ok");
    strbuf_init(&report);
    ck_assert_msg(trace_check(db, &report, &broken) == STATUS_OK, "%s", status_message());
    ck_assert_msg(broken == 0, "%lld broken rows:\n%s", (long long)broken, report.text);
    strbuf_release(&report);
}

/* Number of steps whose rows in `table` are not `expected`. */
static int64_t uneven_steps(sqlite3 *db, const char *table, int expected)
{
    char sql[200];

    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM step LEFT JOIN (SELECT step_id, count(*) AS rows FROM %s GROUP BY 1)"
             " USING (step_id) WHERE rows IS NOT %d",
             table, expected);
    return query_int(db, sql);
}

int64_t expect_whole_steps(sqlite3 *db)
{
    int64_t steps = query_int(db, "SELECT count(*) FROM step");

    ck_assert_int_eq(query_int(db, "SELECT ifnull(max(step_index) + 1, 0) FROM step"), steps);
    ck_assert_int_eq(uneven_steps(db, "op", STEP_OPS), 0);
    ck_assert_int_eq(uneven_steps(db, "kernel", STEP_KERNELS), 0);
    ck_assert_int_eq(uneven_steps(db, "conversion", STEP_CONVERSIONS), 0);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM op WHERE step_id IS NOT NULL"), steps * STEP_OPS);
    return steps;
}

struct recorder *start_recorder_on(const char *path, const char *device)
{
    const struct run_info run = {.source = "train",
                                 .model = "small",
                                 .device = device,
                                 .memory_format = "channels_last",
                                 .batch_size = 2,
                                 .threads = 1,
                                 .rank = -1,
                                 .world_size = -1,
                                 .warmup_steps = -1};
    struct recorder *recorder = NULL;

    ck_assert_msg(recorder_create(path, &run, &recorder) == STATUS_OK, "%s", status_message());
    return recorder;
}

struct recorder *start_recorder(const char *path)
{
    return start_recorder_on(path, "cpu");
}

static void ok(enum status status)
{
    ck_assert_msg(status == STATUS_OK, "%s", status_message());
}

static struct tensor_info image(int64_t id, enum memory_format format)
{
    return (struct tensor_info){.tensor = tensor_make_4d(DTYPE_BFLOAT16, 2, 8, 4, 4, format), .id = id};
}

static struct tensor_info weight(void)
{
    const int64_t size[1] = {8};
    return (struct tensor_info){
        .tensor = tensor_make(DTYPE_FLOAT32, 1, size, FORMAT_CONTIGUOUS), .id = 100, .persistent = true};
}

static int declare(const struct observer *o, struct op_info op, struct tensor_info input, struct tensor_info output)
{
    const struct tensor_info inputs[2] = {input, weight()};
    const int positions[2] = {0, 2}; /* argument 1 is absent */
    const int first[1] = {0};
    int number;

    op.inputs = 2;
    op.outputs = 1;
    op.input = inputs;
    op.output = &output;
    op.input_position = positions;
    op.output_position = first;
    ok(o->declare_op(o->self, &op, &number));
    return number;
}

static int declare_kernel(const struct observer *o, int op, const char *name, enum kernel_role role)
{
    const struct kernel_info kernel = {
        .name = name, .role = role, .bytes_read = 512, .bytes_written = 512, .flops = -1};
    int number;

    ok(o->declare_kernel(o->self, op, &kernel, &number));
    return number;
}

static void declare_conversion(const struct observer *o, int op, int kernel, enum conversion_cause cause,
                               enum memory_format from, enum memory_format to, int64_t source, int64_t dest)
{
    const struct conversion_info conversion = {.cause = cause,
                                               .from = from,
                                               .to = to,
                                               .tensor = image(0, from).tensor,
                                               .dest_dtype = DTYPE_BFLOAT16,
                                               .bytes_read = 512,
                                               .bytes_written = -1,
                                               .source_id = source,
                                               .dest_id = dest};
    ok(o->declare_conversion(o->self, op, kernel, &conversion));
}

static void declare_operators(const struct observer *o, struct small_model *m)
{
    const enum memory_format nchw = FORMAT_CONTIGUOUS, nhwc = FORMAT_CHANNELS_LAST;
    const struct module_info root = {.path = "", .class_name = "Small", .parent = -1};
    struct op_info op = {.name = "aten::to", .phase = PHASE_DATA, .module = -1, .forward_op = -1, .fused_into = -1};

    ok(o->declare_module(o->self, &root, &m->module));
    m->to = declare(o, op, image(1, nchw), image(2, nhwc));
    op.phase = PHASE_FORWARD;
    op.module = m->module;
    op.name = "aten::convolution";
    m->convolution = declare(o, op, image(2, nhwc), image(3, nhwc));
    op.fused_into = m->convolution;
    op.name = "aten::native_batch_norm";
    m->norm = declare(o, op, image(3, nhwc), image(4, nhwc));
    op.fused_into = m->norm; /* which is fused itself: both run in the convolution's kernel */
    op.name = "aten::relu";
    m->relu = declare(o, op, image(4, nhwc), image(5, nhwc));
    op.fused_into = -1;
    op.name = "aten::upsample_bicubic2d";
    m->upsample = declare(o, op, image(5, nhwc), image(6, nchw));
    op.name = "aten::native_group_norm";
    m->group_norm = declare(o, op, image(6, nchw), image(7, nchw));
    op.name = "aten::convolution_backward";
    op.phase = PHASE_BACKWARD;
    op.forward_op = m->convolution;
    m->backward = declare(o, op, image(7, nchw), image(8, nhwc));
    op.name = "aten::_fused_sgd_";
    op.phase = PHASE_OPTIMIZER;
    op.forward_op = op.module = -1;
    m->optimizer = declare(o, op, weight(), weight());
}

void declare_small_model(const struct observer *o, struct small_model *m)
{
    const enum memory_format nchw = FORMAT_CONTIGUOUS, nhwc = FORMAT_CHANNELS_LAST;

    declare_operators(o, m);
    m->k_to = declare_kernel(o, m->to, "convert_nchw_nhwc", ROLE_CONVERSION);
    m->k_convolution = declare_kernel(o, m->convolution, "brgconv", ROLE_COMPUTE);
    m->k_upsample = declare_kernel(o, m->upsample, "upsample", ROLE_COMPUTE);
    m->k_convert = declare_kernel(o, m->group_norm, "convert_nhwc_nchw", ROLE_CONVERSION);
    m->k_group_norm = declare_kernel(o, m->group_norm, "group_norm", ROLE_COMPUTE);
    m->k_backward = declare_kernel(o, m->backward, "brgconv_bwd", ROLE_COMPUTE);
    m->k_backward_weights = declare_kernel(o, m->backward, "brgconv_bwd_w", ROLE_COMPUTE);
    declare_conversion(o, m->to, m->k_to, CAUSE_INPUT, nchw, nhwc, 1, 2);
    declare_conversion(o, m->upsample, -1, CAUSE_OPERATOR, nhwc, nchw, 5, 6);
    declare_conversion(o, m->group_norm, m->k_convert, CAUSE_OPERATOR, nhwc, nchw, 6, -1);
    declare_conversion(o, m->backward, m->k_backward, CAUSE_GRADIENT, nchw, nhwc, 7, -1);
    declare_conversion(o, m->backward, m->k_backward, CAUSE_GRADIENT, nhwc, nchw, -1, 8);
}

void run_small_step(const struct observer *o, const struct small_model *m, int64_t index, int64_t start_ns)
{
    const int64_t t = start_ns;
    const struct step_info step = {.index = index,
                                   .start_ns = t,
                                   .end_ns = t + STEP_LENGTH_NS,
                                   .images = 2,
                                   .loss = (double)index / 2,
                                   .grad_scale = -1,
                                   .skipped = index == 3};

    o->step_begin(o->self, index, t);
    o->kernel(o->self, m->k_to, t + 110, t + 190);
    o->op(o->self, m->to, t + 100, t + 200);
    o->kernel(o->self, m->k_convolution, t + 1100, t + 1900);
    o->op(o->self, m->convolution, t + 1000, t + 2000);
    o->kernel(o->self, m->k_upsample, t + 2100, t + 2900);
    o->op(o->self, m->upsample, t + 2000, t + 3000);
    o->kernel(o->self, m->k_convert, t + 3100, t + 3300);
    o->kernel(o->self, m->k_group_norm, t + 3300, t + 3900);
    o->op(o->self, m->group_norm, t + 3000, t + 4000);
    o->kernel(o->self, m->k_backward, t + 4100, t + 4500);
    o->kernel(o->self, m->k_backward_weights, t + 4500, t + 4900);
    o->op(o->self, m->backward, t + 4000, t + 5000);
    o->op(o->self, m->optimizer, t + 6000, t + 6100);
    o->step_end(o->self, &step);
}
