/* The external sorter against qsort, in memory and from many runs; memory and failures of the disk. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "importers/sorter.h"
#include "support_feed.h"

/* As long as the test wants; `order` says when it was added. */
struct record {
    int64_t key, second, order;
    int64_t filler[9];
};

static int by_second(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    return x->second < y->second ? -1 : x->second > y->second;
}

static int reference(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    int order;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    order = by_second(a, b);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

/* `keys` different keys and seconds; 0 = any 64 bits. */
static struct record *random_records(int count, uint64_t keys, uint64_t seed)
{
    struct record *records = calloc((size_t)count + 1, sizeof *records);
    const uint64_t key = random_key(seed, "records");

    for (int i = 0; i < count; i++) {
        uint64_t bits = random_bits(key, 2 * (uint64_t)i), second = random_bits(key, 2 * (uint64_t)i + 1);
        records[i].key = (int64_t)(keys ? bits % keys - keys / 2 : bits);
        records[i].second = (int64_t)(keys ? second % keys : second % 2);
        records[i].order = i;
    }
    return records;
}

static struct sorter *fill(const struct record *records, int count, size_t record_bytes, size_t buffer_bytes,
                           sorter_compare *compare)
{
    struct sorter *sorter;
    void *room;

    ok(sorter_create(scratch_path("a.db"), record_bytes, buffer_bytes, compare, &sorter));
    for (int i = 0; i < count; i++) {
        ok(sorter_add(sorter, &room));
        memcpy(room, &records[i], record_bytes);
    }
    ck_assert_int_eq(sorter_count(sorter), count);
    ok(sorter_sort(sorter));
    return sorter;
}

static void check_sorted(int count, uint64_t keys, size_t record_bytes, size_t buffer_bytes)
{
    struct record *records = random_records(count, keys, (uint64_t)count + keys);
    struct sorter *sorter = fill(records, count, record_bytes, buffer_bytes, by_second);
    const void *next;

    qsort(records, (size_t)count, sizeof *records, reference);
    for (int i = 0; i < count; i++) {
        ok(sorter_next(sorter, &next));
        ck_assert_ptr_nonnull(next);
        ck_assert_msg(memcmp(next, &records[i], record_bytes) == 0, "record %d of %d, %zu bytes each, buffer %zu", i, count,
                      record_bytes, buffer_bytes);
    }
    ok(sorter_next(sorter, &next));
    ck_assert_ptr_null(next);
    ok(sorter_next(sorter, &next));
    ck_assert_ptr_null(next);
    sorter_destroy(sorter);
    free(records);
}

START_TEST(orders_like_qsort)
{
    static const int counts[] = {0, 1, 2, 3, 255, 256, 257, 1000, 6000};
    static const uint64_t keys[] = {1, 2, 50, 100000, 0};
    static const size_t buffers[] = {512, 4096, 100000, (size_t)8 << 20};
    static const size_t bytes[] = {24, 32, 96};

    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            for (size_t b = 0; b < sizeof buffers / sizeof buffers[0]; b++)
                for (size_t r = 0; r < sizeof bytes / sizeof bytes[0]; r++)
                    check_sorted(counts[c], keys[k], bytes[r], buffers[b]);
    ck_assert_int_eq(scratch_files(), 0);
}
END_TEST

/* Without a compare function, records of equal key come in the order in which they were added, over runs, too. */
START_TEST(keeps_order_of_adding)
{
    struct record *records = random_records(5000, 7, 3);
    struct sorter *sorter = fill(records, 5000, 24, 2400, NULL);
    struct record last = {.key = INT64_MIN};
    const void *next;

    for (int i = 0; i < 5000; i++) {
        ok(sorter_next(sorter, &next));
        const struct record *record = next;
        ck_assert(record->key > last.key || (record->key == last.key && record->order > last.order));
        memcpy(&last, record, 24);
    }
    sorter_destroy(sorter);
    free(records);
}
END_TEST

static enum status add_many(const char *path)
{
    struct sorter *sorter;
    enum status status;
    void *room;

    TRY(sorter_create(path, 96, 20000, NULL, &sorter));
    for (int i = 0; i < 5000; i++) {
        TRY_OUT(sorter_add(sorter, &room));
        memset(room, 0, 96);
    }
out:
    sorter_destroy(sorter);
    return status;
}

/* In a child, where Check's assertions must not be used. */
static int run_out_of_disk(const char *path)
{
    const struct rlimit limit = {100000, 100000};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    return add_many(path) == STATUS_IO && strstr(status_message(), path) && strstr(status_message(), "File too large") ? 0 : 1;
}

START_TEST(a_full_disk_is_told)
{
    const char *path = scratch_path("a.db");
    pid_t child = fork();
    int how;

    if (child == 0)
        _exit(run_out_of_disk(path));
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "the child failed: %d", how);
    ck_assert_int_eq(scratch_files(), 0);
}
END_TEST

START_TEST(no_folder_is_told)
{
    ck_assert_int_eq(add_many("/nonexistent/a.db"), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(status_message(), "/nonexistent/a.db"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sorter");
    TCase *tests = tcase_create("sorter");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, NULL, scratch_clear);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, orders_like_qsort);
    tcase_add_test(tests, keeps_order_of_adding);
    tcase_add_test(tests, a_full_disk_is_told);
    tcase_add_test(tests, no_folder_is_told);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
