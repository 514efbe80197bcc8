/*
 * Recording while things go wrong: the process is killed at any moment, the disk fills at any write. What is left must
 * open, be sound, and hold whole steps: as many as were told to be there.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "profiler/ring.h"
#include "support_trace.h"

/* Shared with the forked child: how far it came. */
struct progress {
    volatile int64_t told_steps; /* step_end called */
    volatile int64_t finished;   /* recorder_finish returned */
    volatile int status;
    char message[1024];
};

static struct progress *shared_progress(void)
{
    struct progress *progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(progress, MAP_FAILED);
    return progress;
}

static void pause_us(int64_t us)
{
    const struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    nanosleep(&pause, NULL);
}

/* Records `steps` steps, a pause every 16; finishes and keeps what recorder_finish said. */
static void record(const char *path, int64_t steps, struct progress *progress)
{
    struct recorder *recorder = start_recorder(path);
    const struct observer *observer = recorder_observer(recorder);
    struct small_model model;

    declare_small_model(observer, &model);
    for (int64_t i = 0; i < steps; i++) {
        run_small_step(observer, &model, i, i * STEP_LENGTH_NS);
        progress->told_steps = i + 1;
        if (i % 16 == 15)
            pause_us(100);
    }
    progress->status = recorder_finish(recorder);
    snprintf(progress->message, sizeof progress->message, "%s", status_message());
    progress->finished++;
}

static void wait_killed(pid_t child)
{
    int how;

    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL, "the child ended by itself: %d", how);
}

START_TEST(killed_while_recording)
{
    const char *path = scratch_path("a.db");
    struct progress *progress = shared_progress();
    const uint64_t key = random_key(1, "moments");
    int64_t steps, all = 0;

    for (uint64_t round = 0; round < 16; round++) {
        pid_t child;
        sqlite3 *db;

        progress->told_steps = 0;
        child = fork();
        if (child == 0) {
            record(path, INT64_MAX, progress);
            _exit(0);
        }
        while (!progress->told_steps) /* the trace of this round is there */
            pause_us(200);
        pause_us((int64_t)(random_uniform(key, round) * 60000));
        kill(child, SIGKILL);
        wait_killed(child);
        db = open_or_stop(path);
        steps = expect_whole_steps(db);
        ck_assert_int_le(steps, progress->told_steps + 1);
        expect_sound(db);
        trace_close(db);
        all += steps;
    }
    ck_assert_int_gt(all, 0);
    munmap(progress, sizeof *progress);
}
END_TEST

/* A folder where traces are made and finished over and over has, at any moment, no trace or a sound one. */
START_TEST(killed_while_making_and_finishing)
{
    const char *path = scratch_path("a.db");
    struct progress *progress = shared_progress();
    const uint64_t key = random_key(2, "moments");

    for (uint64_t round = 0; round < 16; round++) {
        pid_t child = fork();
        sqlite3 *db;

        if (child == 0) {
            for (;;)
                record(path, 3, progress);
        }
        while (!progress->finished) /* the first round waits for one whole trace */
            pause_us(200);
        pause_us((int64_t)(random_uniform(key, round) * 40000));
        kill(child, SIGKILL);
        wait_killed(child);
        if (access(path, F_OK) != 0)
            continue;
        db = open_or_stop(path);
        ck_assert_int_le(expect_whole_steps(db), 3);
        expect_sound(db);
        trace_close(db);
    }
    munmap(progress, sizeof *progress);
}
END_TEST

/* The trace holds what the failure's line says. Returns the number of steps. */
static int64_t expect_as_told(const char *path, const char *message)
{
    char expected[700];
    sqlite3 *db = open_or_stop(path);
    int64_t steps = expect_whole_steps(db);

    snprintf(expected, sizeof expected, "%s holds the first %lld steps, the next ", path, (long long)steps);
    ck_assert_msg(strncmp(message, expected, strlen(expected)) == 0, "not '%s': %s", expected, message);
    expect_sound(db);
    trace_close(db);
    return steps;
}

/* A limit on the size of files, as a quota would set it. */
START_TEST(file_size_limit)
{
    static const rlim_t limits[] = {250000, 400000, 700000, 1000000};
    struct progress *progress = shared_progress();
    const char *path = scratch_path("a.db");
    int how;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        pid_t child = fork();
        if (child == 0) {
            const struct rlimit limit = {limits[i], limits[i]};
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &limit);
            record(path, 3000, progress);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &how, 0), child);
        ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "the child failed: %d", how);
        ck_assert_int_eq(progress->told_steps, 3000);
        ck_assert_int_eq(progress->status, STATUS_IO);
        ck_assert_msg(strstr(progress->message, "File too large") != NULL, "%s", progress->message);
        ck_assert_ptr_nonnull(strstr(progress->message, "free space"));
        ck_assert_int_gt(expect_as_told(path, progress->message), 0);
    }
    munmap(progress, sizeof *progress);
}
END_TEST

/* SQLite's own way to replace the system calls under it: writes fail from the fatal one on, or only that one. */
static struct {
    _Atomic int64_t writes; /* so far */
    _Atomic int64_t fatal;  /* number of the write that fails; 0 = none */
    _Atomic int error;      /* errno; 0 = writes half and says so */
    _Atomic bool lasting;   /* every later write fails, too */
} disk;

static ssize_t faulty_pwrite(int file, const void *bytes, size_t count, off_t offset)
{
    int64_t number = ++disk.writes;

    if (!disk.fatal || number < disk.fatal || (number > disk.fatal && !disk.lasting))
        return pwrite(file, bytes, count, offset);
    if (!disk.error && number == disk.fatal)
        return pwrite(file, bytes, count / 2, offset);
    errno = disk.error ? disk.error : ENOSPC;
    return -1;
}

static void use_faulty_disk(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    int replaced = 0;

    replaced += vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)faulty_pwrite) == SQLITE_OK;
    replaced += vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)faulty_pwrite) == SQLITE_OK;
    ck_assert_int_gt(replaced, 0);
}

/* Whatever ran on the faulty disk: the file is a sound trace with whole steps, or was never there. */
static void expect_left_sound(const char *path)
{
    sqlite3 *db;

    disk.fatal = 0;
    if (access(path, F_OK) != 0)
        return;
    db = open_or_stop(path);
    expect_whole_steps(db);
    expect_sound(db);
    trace_close(db);
}

/* One recording of five steps that may fail anywhere. Returns whether a write failed. */
static bool record_on_faulty_disk(const char *path, int64_t fatal, int error, bool lasting)
{
    const struct run_info run = {.source = "train",
                                 .device = "cpu",
                                 .batch_size = 2,
                                 .threads = -1,
                                 .rank = -1,
                                 .world_size = -1,
                                 .warmup_steps = -1};
    struct recorder *recorder;
    struct small_model model;
    enum status status;

    disk.writes = 0;
    disk.fatal = 0;
    unlink(path);
    disk.error = error;
    disk.lasting = lasting;
    disk.fatal = fatal;
    status = recorder_create(path, &run, &recorder);
    if (status == STATUS_OK) {
        const int64_t begun = fatal;
        /* Declarations are made with a sound disk: their failures are the caller's, tested below. */
        disk.fatal = disk.writes >= begun ? begun : 0;
        declare_small_model(recorder_observer(recorder), &model);
        disk.fatal = begun;
        for (int64_t i = 0; i < 5; i++) {
            run_small_step(recorder_observer(recorder), &model, i, i * STEP_LENGTH_NS);
            pause_us(300);
        }
        status = recorder_finish(recorder);
    }
    if (status != STATUS_OK) {
        ck_assert_msg(status == STATUS_IO, "%s: %s", status_name(status), status_message());
        ck_assert_msg(strstr(status_message(), path) != NULL, "no path in: %s", status_message());
    }
    return disk.writes >= fatal;
}

static int64_t fail_every_write(const char *path, int error, bool lasting)
{
    int64_t fatal = 1;

    while (record_on_faulty_disk(path, fatal, error, lasting)) {
        expect_left_sound(path);
        fatal++;
    }
    expect_left_sound(path);
    return fatal - 1;
}

START_TEST(disk_full_at_every_write)
{
    const char *path = scratch_path("a.db");

    use_faulty_disk();
    ck_assert_int_gt(fail_every_write(path, ENOSPC, true), 50);
    disk.fatal = 0;
}
END_TEST

START_TEST(one_failing_write)
{
    const char *path = scratch_path("a.db");

    use_faulty_disk();
    ck_assert_int_gt(fail_every_write(path, EIO, false), 50);
    disk.fatal = 0;
}
END_TEST

START_TEST(half_a_write)
{
    const char *path = scratch_path("a.db");

    use_faulty_disk();
    ck_assert_int_gt(fail_every_write(path, 0, true), 50);
    disk.fatal = 0;
}
END_TEST

/* After the disk is full the training goes on: the rings are still emptied, nobody waits for the trace. */
START_TEST(training_survives_a_full_disk)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    const struct observer *observer = recorder_observer(recorder);
    const int64_t steps = 5 * (int64_t)RING_EVENTS / 17;
    struct small_model model;
    char message[1024];
    int64_t kept;

    use_faulty_disk();
    declare_small_model(observer, &model);
    for (int64_t i = 0; i < steps; i++) {
        if (i == 100) {
            disk.error = ENOSPC;
            disk.lasting = true;
            disk.fatal = disk.writes + 20;
        }
        run_small_step(observer, &model, i, i * STEP_LENGTH_NS);
    }
    /* Declaring goes on, too, once the recording has stopped. */
    while (disk.writes < disk.fatal)
        pause_us(1000);
    pause_us(20000);
    declare_small_model(observer, &model);
    ck_assert_int_eq(recorder_note(recorder, "unheard"), STATUS_OK);
    ck_assert_int_eq(recorder_finish(recorder), STATUS_IO);
    snprintf(message, sizeof message, "%s", status_message());
    ck_assert_ptr_nonnull(strstr(message, "disk full"));
    disk.fatal = 0;
    kept = expect_as_told(path, message);
    ck_assert_int_lt(kept, steps);
}
END_TEST

/* The disk is full before the first step: whoever declares is told. */
START_TEST(declaring_on_a_full_disk)
{
    const char *path = scratch_path("a.db");
    struct recorder *recorder = start_recorder(path);
    const struct observer *observer = recorder_observer(recorder);
    const struct module_info module = {.path = "layer", .class_name = "Layer", .parent = -1};
    enum status status = STATUS_OK;
    int number;

    use_faulty_disk();
    disk.error = ENOSPC;
    disk.lasting = true;
    disk.fatal = 1;
    for (int i = 0; i < 200000 && status == STATUS_OK; i++)
        status = observer->declare_module(observer->self, &module, &number);
    ck_assert_int_eq(status, STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), "disk full"));
    ck_assert_int_eq(recorder_finish(recorder), STATUS_IO);
    disk.fatal = 0;
    ck_assert_int_eq(expect_as_told(path, status_message()), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tests = tcase_create("faults");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, killed_while_recording);
    tcase_add_test(tests, killed_while_making_and_finishing);
    tcase_add_test(tests, file_size_limit);
    tcase_add_test(tests, disk_full_at_every_write);
    tcase_add_test(tests, one_failing_write);
    tcase_add_test(tests, half_a_write);
    tcase_add_test(tests, training_survives_a_full_disk);
    tcase_add_test(tests, declaring_on_a_full_disk);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
