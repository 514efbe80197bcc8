/*
 * What clprof's agent left, put together: steps of three modes on one clock, ranks, files that are missing or cut off. The agent
 * itself is tested with PyTorch (tests/torch); here its files are written by hand.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "importers/torch/torch.h"
#include "profiler/trace.h"
#include "support_feed.h"

#define STEPS                                                                                                                  \
    "fact\tdevice\tcpu\nfact\tmodel\tResNet\nfact\tthreads\t2\nfact\tmemory_format\tchannels_last\n"                           \
    "fact\tautocast_dtype\tbfloat16\nfact\tof_a_later_version\t1\nline of a later version\t1\n"                                \
    "step\tundisturbed\t3\t1000000000000100000\t80000\t8\nstep\trecorded\t5\t1000000000000300000\t90000\t8\n"                  \
    "step\ttimed\t7\t1000000000000500000\t70000\t-1\nstep\tundisturbed\t8\t1000000000000600000\t60000\t8\n"                    \
    "step\tundisturbed\tx\t1\t1\t1\nstep\tundisturbed\t9\nnote\tsomething to tell\n"

/* Times in the file are microseconds after base. */
#define EVENT(cat, name, ts, dur, args)                                                                                        \
    "{\"ph\":\"X\",\"cat\":\"" cat "\",\"name\":\"" name "\",\"pid\":9,\"tid\":9,\"ts\":" ts ",\"dur\":" dur ",\"args\":{" args "}}"
#define KINETO(events) "{\"schemaVersion\":1,\"baseTimeNanoseconds\":1000000000000000000,\"traceEvents\":[" events "]}"
#define RECORDED                                                                                                               \
    KINETO(EVENT("user_annotation", "ProfilerStep#5", "300", "90", "") ","                                                     \
           EVENT("user_annotation", "clprof.module:stem.conv:Conv2d", "310", "50", "") ","                                     \
           EVENT("cpu_op", "aten::relu", "320", "20", "\"Record function id\":4,\"Input Dims\":[[2,3,4,4]],"                    \
                 "\"Input Strides\":[[48,1,12,3]],\"Input type\":[\"float\"]"))
#define TIMED                                                                                                                  \
    KINETO(EVENT("user_annotation", "ProfilerStep#7", "500", "70", "") "," EVENT("cpu_op", "aten::relu", "520", "10",           \
                                                                                 "\"Record function id\":0"))

static char folder[256];

static void write_file(const char *name, const char *text)
{
    char path[600];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void make_folder(const char *name)
{
    char path[600];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void begin(void)
{
    snprintf(folder, sizeof folder, "%s/clprof-torch-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void end(void)
{
    char line[400];

    snprintf(line, sizeof line, "rm -rf %s", folder);
    ck_assert_int_eq(system(line), 0);
    scratch_clear();
}

static enum status import(struct agent_left *left)
{
    ok(agent_left_read(left, folder));
    enum status status = import_torch_job(folder, left, "clprof run -- python train.py", NULL, scratch_path("a.db"));
    agent_left_release(left);
    return status;
}

static sqlite3 *imported(void)
{
    struct agent_left left;
    sqlite3 *db = NULL;

    ok(import(&left));
    ok(trace_open(scratch_path("a.db"), 0, &db));
    expect_sound(db);
    return db;
}

static void write_rank(const char *rank)
{
    static const char *const name[] = {"steps.tsv", "recorded.json", "timed.json", "done"};
    static const char *const text[] = {STEPS, RECORDED, TIMED, ""};
    char path[100];

    make_folder(rank);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", rank, name[i]);
        write_file(path, text[i]);
    }
}

START_TEST(modes_on_one_clock)
{
    write_rank("rank0");
    sqlite3 *db = imported();
    ck_assert_str_eq(query_rows(db, "SELECT step_index, mode, start_ns, dur_ns, images FROM steps"),
                     "3|undisturbed|100000|80000|8\n5|recorded|300000|90000|8\n7|timed|500000|70000|8\n"
                     "8|undisturbed|600000|60000|8\n");
    ck_assert_str_eq(query_rows(db, "SELECT mode, name, module_path, input_format, operators.dur_ns FROM operators JOIN steps USING (step_id)"),
                     "recorded|aten::relu|stem.conv|channels_last|20000\ntimed|aten::relu|stem.conv|channels_last|10000\n");
    ck_assert_str_eq(query_rows(db, "SELECT source, command_line, model, device, memory_format, autocast_dtype, batch_size, threads, rank FROM runs"),
                     "run|clprof run -- python train.py|ResNet|cpu|channels_last|bfloat16|8|2|-\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text = 'something to tell'"), 1);
    trace_close(db);
}
END_TEST

START_TEST(ranks)
{
    write_rank("rank0");
    write_rank("rank10");
    write_rank("rank2");
    write_file("rank2/steps.tsv", STEPS "fact\trank\t2\nfact\tworld_size\t3\n");
    make_folder("rankle");
    write_file("second.77", "");
    sqlite3 *db = imported();
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM runs"), 3);
    ck_assert_int_eq(query_int(db, "SELECT world_size FROM runs WHERE rank = 2"), 3);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '1 more process%'"), 1);
    trace_close(db);
}
END_TEST

/* The command was killed: what is there is imported, and what is not is told. */
START_TEST(killed_before_the_times)
{
    write_rank("rank0");
    write_file("torch", "2.15.0\n");
    char path[600];
    snprintf(path, sizeof path, "%s/rank0/timed.json", folder);
    remove(path);
    snprintf(path, sizeof path, "%s/rank0/done", folder);
    remove(path);
    sqlite3 *db = imported();
    ck_assert_str_eq(query_rows(db, "SELECT mode FROM steps"), "undisturbed\nrecorded\nundisturbed\n");
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%before a step was timed%'"), 1);
    ck_assert_int_eq(query_int(db, "SELECT count(*) FROM note WHERE text LIKE '%ended by force%'"), 1);
    trace_close(db);
}
END_TEST

/* Damaged files fail with their name, and leave no trace. */
START_TEST(damaged)
{
    struct agent_left left;

    write_rank("rank0");
    write_file("rank0/recorded.json", "{\"traceEvents\": [ nonsense");
    ck_assert_int_ne(import(&left), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(status_message(), "recorded.json"));
    ck_assert_int_eq(scratch_files(), 0);
}
END_TEST

START_TEST(what_is_left)
{
    struct agent_left left;

    ok(agent_left_read(&left, folder));
    ck_assert(!left.entered && !left.torch && !left.window && left.optimizer_steps == -1);
    agent_left_release(&left);
    write_file("entered", "");
    write_file("torch", "2.15.0+cu132");
    write_file("seen.4", "2.15.0\t2\t3\n");
    write_file("seen.5", "2.15.0\t0\t3\n");
    write_file("failed.6", "a line\nand another");
    make_folder("rank0");
    ok(agent_left_read(&left, folder));
    ck_assert(left.entered && left.torch && left.window);
    ck_assert_int_eq(left.optimizer_steps, 2);
    ck_assert_int_eq(left.rank_count, 0); /* nothing recorded in it */
    ck_assert_str_eq(left.torch_version, "2.15.0+cu132");
    ck_assert_str_eq(left.failed, "a line");
    agent_left_release(&left);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("torch");
    TCase *tests = tcase_create("torch");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, modes_on_one_clock);
    tcase_add_test(tests, ranks);
    tcase_add_test(tests, killed_before_the_times);
    tcase_add_test(tests, damaged);
    tcase_add_test(tests, what_is_left);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
