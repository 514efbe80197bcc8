/* base: what a signal finds unfinished is removed, and the process ends by that signal. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"

static char name[512];

static void make_name(void)
{
    snprintf(name, sizeof name, "%s/clprof-interrupt-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
    close(mkstemp(name));
}

static void remove_name(void)
{
    unlink(name);
}

static void clean(void *what)
{
    unlink(what);
}

/* A child under a guard, which says when it is there; `ignored`: a signal that it was started to ignore. */
static pid_t guarded_child(int ignored, int ended_first)
{
    int ready[2];
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct interrupt_guard *guard;
        signal(SIGTERM, SIG_DFL); /* Check's own handler came along */
        if (ignored)
            signal(ignored, SIG_IGN);
        if (interrupt_guard_begin(clean, name, &guard) != STATUS_OK)
            _exit(1);
        if (ended_first)
            interrupt_guard_end(guard);
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static int signal_of(pid_t child)
{
    int ended;

    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    return WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
}

START_TEST(cleaned)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    pid_t child = guarded_child(0, 0);

    kill(child, signals[_i]);
    ck_assert_int_eq(signal_of(child), signals[_i]);
    ck_assert_int_ne(access(name, F_OK), 0);
}
END_TEST

START_TEST(ignored_stays_ignored)
{
    pid_t child = guarded_child(SIGHUP, 0);

    kill(child, SIGHUP);
    usleep(50000);
    ck_assert_int_eq(access(name, F_OK), 0);
    ck_assert_int_eq(waitpid(child, NULL, WNOHANG), 0);
    kill(child, SIGTERM);
    ck_assert_int_eq(signal_of(child), SIGTERM);
}
END_TEST

START_TEST(over)
{
    pid_t child = guarded_child(0, 1);

    kill(child, SIGTERM);
    ck_assert_int_eq(signal_of(child), SIGTERM);
    ck_assert_int_eq(access(name, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interrupt");
    TCase *tests = tcase_create("signals");

    tcase_add_checked_fixture(tests, make_name, remove_name);
    tcase_add_loop_test(tests, cleaned, 0, 3);
    tcase_add_test(tests, ignored_stays_ignored);
    tcase_add_test(tests, over);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
