/* base: files in and out, and the lines on stderr. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

static char folder[64], path[128];

static void make_folder(void)
{
    strcpy(folder, "clprof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out.txt", folder);
}

static int count_entries(void)
{
    int count = 0;
    DIR *stream = opendir(folder);
    ck_assert_ptr_nonnull(stream);
    for (struct dirent *entry; (entry = readdir(stream));)
        count += entry->d_name[0] != '.';
    closedir(stream);
    return count;
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static void write_text(const char *text)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

static void holds(const char *text)
{
    struct strbuf buf;
    strbuf_init(&buf);
    ck_assert_int_eq(file_read(path, &buf), STATUS_OK);
    ck_assert_str_eq(buf.text, text);
    strbuf_release(&buf);
}

START_TEST(read_all_bytes)
{
    struct strbuf buf;
    strbuf_init(&buf);
    FILE *stream = fopen(path, "wb");
    for (int i = 0; i < 200000; i++)
        fputc(i % 256, stream);
    fclose(stream);
    strbuf_append(&buf, "head");
    ck_assert_int_eq(file_read(path, &buf), STATUS_OK);
    ck_assert_uint_eq(buf.length, 200004);
    for (int i = 0; i < 200000; i++)
        ck_assert_int_eq((unsigned char)buf.text[4 + i], i % 256);
    strbuf_release(&buf);
}
END_TEST

START_TEST(read_failures)
{
    struct strbuf buf;
    strbuf_init(&buf);
    ck_assert_int_eq(file_read(path, &buf), STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(status_message(), path));
    ck_assert_int_eq(file_read(folder, &buf), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), strerror(EISDIR)));
    ck_assert_uint_eq(buf.length, 0);
    strbuf_release(&buf);
}
END_TEST

START_TEST(commit_gives_the_name)
{
    struct file_writer writer;
    ck_assert_int_eq(file_create(&writer, path), STATUS_OK);
    fputs("new", writer.stream);
    fflush(writer.stream);
    ck_assert_int_ne(access(path, F_OK), 0); /* nothing half-written under the final name */
    ck_assert_int_eq(count_entries(), 1);
    ck_assert_int_eq(file_commit(&writer), STATUS_OK);
    file_abandon(&writer);
    holds("new");
    ck_assert_int_eq(count_entries(), 1);
}
END_TEST

START_TEST(old_file_stays_until_commit)
{
    struct file_writer writer;
    struct stat info;
    write_text("old");
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(file_create(&writer, path), STATUS_OK);
    fputs("new", writer.stream);
    fflush(writer.stream);
    holds("old");
    file_abandon(&writer);
    holds("old");
    ck_assert_int_eq(count_entries(), 1);
    ck_assert_int_eq(file_create(&writer, path), STATUS_OK);
    fputs("new", writer.stream);
    ck_assert_int_eq(file_commit(&writer), STATUS_OK);
    holds("new");
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0640);
}
END_TEST

/* A file-size limit stands in for a full disk. A small write fails when the buffer is flushed, a large one before. */
START_TEST(failed_write_leaves_the_old_file)
{
    static const size_t sizes[] = {1500, 50000};
    struct file_writer writer;
    struct rlimit limit = {1000, 1000};
    char *block = calloc(1, sizes[_i]);
    write_text("old");
    ck_assert_int_eq(file_create(&writer, path), STATUS_OK);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fwrite(block, 1, sizes[_i], writer.stream);
    ck_assert_int_eq(file_commit(&writer), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), path));
    ck_assert_ptr_nonnull(strstr(status_message(), _i == 0 ? strerror(EFBIG) : "disk"));
    holds("old");
    ck_assert_int_eq(count_entries(), 1);
    file_abandon(&writer);
    free(block);
}
END_TEST

START_TEST(create_failures)
{
    struct file_writer writer;
    char missing[160];
    snprintf(missing, sizeof missing, "%s/none/out", folder);
    ck_assert_int_eq(file_create(&writer, missing), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), missing));
    ck_assert_ptr_nonnull(strstr(status_message(), strerror(ENOENT)));
    file_abandon(&writer);
    ck_assert_int_eq(file_create(&writer, folder), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), "a folder"));
    file_abandon(&writer);
    ck_assert_int_eq(count_entries(), 0);
}
END_TEST

/* What log_write puts on stderr with a value of CLPROF_LOG (NULL = unset): one line of each level from "kernels". */
static void logged_is(const char *setting, const char *expected)
{
    char text[1024] = "";
    int saved = dup(STDERR_FILENO);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(file, 0);
    if (setting)
        setenv("CLPROF_LOG", setting, 1);
    else
        unsetenv("CLPROF_LOG");
    dup2(file, STDERR_FILENO);
    log_write(LOG_ERROR, "kernels", "e%d", 1);
    log_warn("kernels", "w");
    log_info("kernels", "i");
    log_debug("kernels", "d");
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    close(file);
    ck_assert_int_ge(length, 0);
    ck_assert_str_eq(text, expected);
}

/* One test each: the variable is read once in a process. */
static const char *const log_cases[][2] = {
    {NULL, "clprof: e1\nclprof: w\n"},
    {"error", "clprof: e1\n"},
    {"info", "clprof: e1\nclprof: w\nclprof: i\n"},
    {"debug", "clprof: e1\nclprof: w\nclprof: i\nclprof: d\n"},
    {"kernels=debug", "clprof: e1\nclprof: w\nclprof: i\nclprof: d\n"},
    {"trainer=debug", "clprof: e1\nclprof: w\n"},
    {"error,kernels=info,trainer=debug", "clprof: e1\nclprof: w\nclprof: i\n"},
    {"", "clprof: e1\nclprof: w\n"},
};

START_TEST(log_levels)
{
    logged_is(log_cases[_i][0], log_cases[_i][1]);
}
END_TEST

START_TEST(log_setting_not_understood)
{
    char text[512] = "";
    int saved = dup(STDERR_FILENO);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    setenv("CLPROF_LOG", "kernels=loud", 1);
    dup2(file, STDERR_FILENO);
    log_warn("kernels", "w");
    log_warn("kernels", "w");
    dup2(saved, STDERR_FILENO);
    close(saved);
    ck_assert_int_gt(pread(file, text, sizeof text - 1, 0), 0);
    close(file);
    ck_assert_ptr_nonnull(strstr(text, "'kernels=loud'"));
    ck_assert_ptr_null(strstr(strstr(text, "loud") + 4, "loud")); /* said once */
    ck_assert_ptr_nonnull(strstr(text, "clprof: w\nclprof: w\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_file");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, read_all_bytes);
    tcase_add_test(tests, read_failures);
    tcase_add_test(tests, commit_gives_the_name);
    tcase_add_test(tests, old_file_stays_until_commit);
    tcase_add_loop_test(tests, failed_write_leaves_the_old_file, 0, 2);
    tcase_add_test(tests, create_failures);
    tcase_add_loop_test(tests, log_levels, 0, sizeof log_cases / sizeof *log_cases);
    tcase_add_test(tests, log_setting_not_understood);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK); /* limits and the environment are the process's */
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
