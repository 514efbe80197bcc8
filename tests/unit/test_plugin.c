/* Plugins: a good one is loaded, a bad one is refused with the reason in words, and a device that isn't there has its line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "kernels/plugin.h"

/* Loads from one of the folders that tests/unit/plugin makes. */
static enum status load_from(const char *folder, const struct backend **out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", PLUGIN_FOLDER, folder);
    ck_assert_int_eq(setenv("CLPROF_PLUGINS", path, 1), 0);
    return plugin_load("cuda", out);
}

static void check_refused(const char *folder, const char *words)
{
    const struct backend *backend;
    ck_assert_int_eq(load_from(folder, &backend), STATUS_UNSUPPORTED);
    ck_assert_ptr_null(backend);
    ck_assert_msg(strstr(status_message(), words) != NULL, "%s: %s", folder, status_message());
}

START_TEST(a_good_one_is_loaded_and_has_its_say)
{
    const struct backend *backend, *again;
    ck_assert_int_eq(load_from("good", &backend), STATUS_OK);
    ck_assert_str_eq(backend->name, "cuda");
    ck_assert_str_eq(status_message(), "told by the plugin");
    ck_assert_int_eq(load_from("good", &again), STATUS_OK);
    ck_assert_ptr_eq(backend, again);
    ck_assert_ptr_eq(backend_find("cuda"), backend);
    ck_assert_int_eq(backend_usable("cuda", &again), STATUS_UNSUPPORTED);
    ck_assert_str_eq(status_message(), "the stand-in has no device");
}
END_TEST

START_TEST(others_are_refused)
{
    check_refused("abi", "of another clprof (back-end version");
    check_refused("ops", "of another clprof");
    check_refused("name", "holds the back end tpu");
    check_refused("symbol", "has no clprof_cuda_backend");
    check_refused("library", "no cuDNN 9");
    check_refused("garbage", "can't be loaded");
    check_refused("nowhere", "this build has no cuda back end");
}
END_TEST

START_TEST(no_back_end_is_no_crash)
{
    const struct backend *backend;
    ck_assert_int_eq(setenv("CLPROF_PLUGINS", PLUGIN_FOLDER "/abi", 1), 0);
    ck_assert_ptr_null(backend_find("cuda"));
    ck_assert_int_eq(backend_usable("cuda", &backend), STATUS_UNSUPPORTED);
    ck_assert_int_eq(backend_usable("tpu", &backend), STATUS_UNSUPPORTED);
    ck_assert_int_eq(backend_usable("cpu", &backend), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plugin");
    TCase *tests = tcase_create("plugin");
    tcase_add_test(tests, a_good_one_is_loaded_and_has_its_say);
    tcase_add_test(tests, others_are_refused);
    tcase_add_test(tests, no_back_end_is_no_crash);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
