/*
 * Every file of cases/: the analysis of the hand-made trace gives exactly the text behind "expect". After a change that
 * is meant to change findings, CLPROF_UPDATE_CASES=1 rewrites the texts; read the difference.
 */
#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/case.h"
#include "base/file.h"

#define MOST_CASES 64
static char *names[MOST_CASES];
static int name_count;

static void rewrite(const char *name, const char *text, const char *expected, const char *found)
{
    char path[512];
    struct file_writer writer;
    snprintf(path, sizeof path, PROJECT_DIR "/tests/analysis/cases/%s", name);
    ck_assert_int_eq(file_create(&writer, path), STATUS_OK);
    fwrite(text, 1, (size_t)(expected - text), writer.stream);
    fputs(strstr(text, "\nexpect\n") ? "" : "expect\n", writer.stream);
    fputs(found, writer.stream);
    ck_assert_int_eq(file_commit(&writer), STATUS_OK);
}

START_TEST(finds_what_the_case_says)
{
    char *text = case_read(names[_i]);
    sqlite3 *db = case_database();
    const char *expected = case_load(db, text);
    struct strbuf found;

    strbuf_init(&found);
    ck_assert_msg(analysis_run(db) == STATUS_OK, "%s: %s", names[_i], status_message());
    case_print(db, &found);
    if (getenv("CLPROF_UPDATE_CASES"))
        rewrite(names[_i], text, expected, found.text);
    else
        ck_assert_msg(strcmp(found.text, expected) == 0, "%s: found\n%sexpected\n%s", names[_i], found.text, expected);
    strbuf_release(&found);
    sqlite3_close(db);
    free(text);
}
END_TEST

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_cases(void)
{
    DIR *folder = opendir(PROJECT_DIR "/tests/analysis/cases");
    for (struct dirent *entry; folder && (entry = readdir(folder)) && name_count < MOST_CASES;) {
        if (strstr(entry->d_name, ".case"))
            names[name_count++] = strdup(entry->d_name);
    }
    if (folder)
        closedir(folder);
    qsort(names, (size_t)name_count, sizeof *names, by_name);
}

START_TEST(there_are_cases)
{
    ck_assert_int_ge(name_count, 14);
}
END_TEST

int main(void)
{
    list_cases();
    Suite *suite = suite_create("analysis cases");
    TCase *tcase = tcase_create("cases");
    tcase_add_test(tcase, there_are_cases);
    tcase_add_loop_test(tcase, finds_what_the_case_says, 0, name_count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    for (int i = 0; i < name_count; i++)
        free(names[i]);
    return failed != 0;
}
