/*
 * Every wait between the copy stream, the compute stream and the host is needed, and tests/simgpu finds the one that is missing: the
 * waits of the plugin clprof_cuda.so are left out one by one (SIMGPU_FAULT=skip_wait:n, skip_sync:n). Each test is a process of its own.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/backend.h"

#define COUNT 1024
#define BATCHES 5        /* through a ring of two: the third is the first that meets memory in use */
#define WAITS 2          /* each batch: the copy for the memory, the step for the copy */
#define RING 16          /* pinned blocks of copies that nobody announced (kernels/cuda/device_memory.c) */
#define COPIES (RING + 3)

static float data[COPIES][COUNT];
static const struct backend *backend;
static struct device *device;
static void *memory[COPIES];

static void open_device(void)
{
    const struct backend_options options = {.threads = 1};

    ck_assert_msg(backend_usable("cuda", &backend) == STATUS_OK, "%s", status_message());
    ck_assert_int_eq(backend->open(&options, &device), STATUS_OK);
    for (int i = 0; i < COPIES; i++) {
        ck_assert_ptr_nonnull(memory[i] = backend->alloc(device, sizeof data[i], "a test"));
        for (int k = 0; k < COUNT; k++)
            data[i][k] = (float)(i * COUNT + k);
    }
    ck_assert_int_eq(backend->synchronize(device), STATUS_OK);
}

/* The host waits for nothing here, as within one long step. */
static enum status copy_all(int count, bool ahead)
{
    for (int i = 0; i < count; i++) {
        if (ahead)
            TRY(backend->prefetch(device, data[i], sizeof data[i]));
        TRY(backend->copy_in(device, memory[i], data[i], sizeof data[i]));
    }
    return STATUS_OK;
}

/* Everything is done, and has arrived. */
static bool is_right(int count, bool ahead)
{
    float back[COUNT];

    if (copy_all(count, ahead) != STATUS_OK)
        return false;
    for (int i = 0; i < count; i++) {
        if (backend->copy_out(device, back, memory[i], sizeof back) != STATUS_OK)
            return false;
        for (int k = 0; k < COUNT; k++)
            if (back[k] != data[i][k])
                return false;
    }
    return true;
}

static void skip(const char *what, int number)
{
    char fault[64];

    snprintf(fault, sizeof fault, "%s:%d", what, number);
    setenv("SIMGPU_FAULT", fault, 1);
}

START_TEST(all_waits)
{
    ck_assert_msg(is_right(BATCHES, true), "%s", status_message());
    ck_assert_msg(is_right(COPIES, false), "%s", status_message());
}
END_TEST

/*
 * The third batch's wait for its memory is needless: the second one waited for its own to be zeroed, which the compute stream did
 * behind taking the first batch from there. Leaving it out is right, and is not told.
 */
#define NEEDLESS 5

START_TEST(a_stream_does_not_wait)
{
    skip("skip_wait", _i);
    ck_assert_msg(is_right(BATCHES, true) == (_i == NEEDLESS), "wait %d: %s", _i, _i == NEEDLESS ? status_message() : "nobody missed it");
}
END_TEST

/* There are no others, which this test would have to leave out, too. */
START_TEST(these_are_all)
{
    skip("skip_wait", WAITS * BATCHES + 1);
    ck_assert_msg(is_right(BATCHES, true), "%s", status_message());
    skip("skip_wait", 1); /* counts on: the one that was to come next */
    ck_assert_msg(is_right(1, true), "%s", status_message());
}
END_TEST

/* These end by SIGSEGV: the host writes into pinned memory from which a copy is under way. */
START_TEST(the_host_does_not_wait_for_a_batch)
{
    skip("skip_sync", _i);
    copy_all(BATCHES, true);
}
END_TEST

START_TEST(the_host_does_not_wait_for_a_copy)
{
    skip("skip_sync", _i);
    copy_all(COPIES, false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("waits of the back end cuda");
    TCase *cases = tcase_create("cases");

    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, open_device, NULL);
    tcase_add_test(cases, all_waits);
    tcase_add_loop_test(cases, a_stream_does_not_wait, 1, WAITS * BATCHES + 1);
    tcase_add_test(cases, these_are_all);
    tcase_add_loop_test_raise_signal(cases, the_host_does_not_wait_for_a_batch, SIGSEGV, 3, BATCHES + 1);
    tcase_add_loop_test_raise_signal(cases, the_host_does_not_wait_for_a_copy, SIGSEGV, RING + 1, COPIES + 1);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
