/*
 * Each case of cases/: what the passes find in a hand-made chunk. CLPROF_UPDATE=1 writes what they found into the
 * files, to be read before it is committed. CLPROF_CASE=FILE prints what is found in one file.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/case.h"

#define CASES PROJECT_DIR "/tests/passes/cases"
#define MOST_CASES 100

static char *names[MOST_CASES];
static int names_count;

static void write_expectation(const char *path, const char *text, const char *found)
{
    const char *expect = strstr(text, "\nexpect\n");
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%.*s\nexpect\n%s", (int)(expect ? expect - text : (long)strlen(text)), text, found);
    fclose(file);
}

START_TEST(test_case)
{
    char path[4096];
    struct strbuf found;
    snprintf(path, sizeof path, "%s/%s", CASES, names[_i]);
    char *text = case_read(path);
    const char *expect = strstr(text, "\nexpect\n");
    strbuf_init(&found);
    case_run(text, &found);
    if (getenv("CLPROF_UPDATE"))
        write_expectation(path, text, found.text);
    else
        ck_assert_msg(expect && strcmp(expect + strlen("\nexpect\n"), found.text) == 0, "%s: found\n%s", names[_i],
                      found.text);
    strbuf_release(&found);
    free(text);
}
END_TEST

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_cases(void)
{
    DIR *folder = opendir(CASES);
    for (struct dirent *entry; folder && names_count < MOST_CASES && (entry = readdir(folder));) {
        if (strstr(entry->d_name, ".case"))
            names[names_count++] = strdup(entry->d_name);
    }
    if (folder)
        closedir(folder);
    qsort(names, (size_t)names_count, sizeof *names, by_name);
}

START_TEST(print_one)
{
    struct strbuf found;
    char *text = case_read(getenv("CLPROF_CASE"));
    strbuf_init(&found);
    case_run(text, &found);
    fputs(found.text, stdout);
    strbuf_release(&found);
    free(text);
}
END_TEST

int main(void)
{
    list_cases();
    Suite *suite = suite_create("passes");
    TCase *cases = tcase_create("cases");
    if (getenv("CLPROF_CASE"))
        tcase_add_test(cases, print_one);
    else
        tcase_add_loop_test(cases, test_case, 0, names_count);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    for (int i = 0; i < names_count; i++)
        free(names[i]);
    return failed != 0 || names_count == 0;
}
