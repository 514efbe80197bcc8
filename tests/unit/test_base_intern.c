/* Interned texts and bytes, and the hash under them. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/intern.h"

static int number_of(struct intern *words, const void *bytes, size_t length)
{
    int number;

    ck_assert_int_eq(intern_bytes(words, bytes, length, &number), STATUS_OK);
    return number;
}

START_TEST(same_text_same_number)
{
    struct intern words = {0};
    int number, again;
    char text[32];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            snprintf(text, sizeof text, "word %d", i);
            ck_assert_int_eq(intern_add(&words, text, &number), STATUS_OK);
            ck_assert_int_eq(number, i);
            ck_assert_str_eq(intern_text(&words, number), text);
        }
    }
    ck_assert_int_eq(intern_add(&words, "word 7", &again), STATUS_OK);
    ck_assert_int_eq(again, 7);
    ck_assert_int_eq(intern_add(&words, NULL, &number), STATUS_OK);
    ck_assert_int_eq(number, -1);
    ck_assert_ptr_null(intern_text(&words, -1));
    intern_release(&words);
}
END_TEST

/* Bytes may hold zeros; a text that begins like another is another; copies stay in place, aligned, with a NUL behind. */
START_TEST(any_bytes)
{
    static const char bytes[] = "a\0b\0c";
    struct intern words = {0};
    const char *kept;

    ck_assert_int_eq(number_of(&words, bytes, 1), 0);
    ck_assert_int_eq(number_of(&words, bytes, 2), 1);
    ck_assert_int_eq(number_of(&words, bytes, 5), 2);
    ck_assert_int_eq(number_of(&words, bytes, 0), 3);
    ck_assert_int_eq(number_of(&words, "a\0b\0d", 5), 4);
    ck_assert_int_eq(number_of(&words, bytes, 5), 2);
    kept = intern_text(&words, 2);
    ck_assert_int_eq(memcmp(kept, bytes, 6), 0);
    ck_assert_uint_eq((uintptr_t)kept % 8, 0);
    for (int i = 0; i < 3000; i++)
        number_of(&words, &i, sizeof i);
    ck_assert_ptr_eq(kept, intern_text(&words, 2));
    ck_assert_uint_eq(words.length[2], 5);
    intern_release(&words);
}
END_TEST

/* Every byte and the length count, at every length; seeds are independent. */
START_TEST(hash_sees_every_byte)
{
    unsigned char bytes[200];

    for (size_t length = 0; length < sizeof bytes; length++) {
        memset(bytes, 0, sizeof bytes);
        uint64_t hash = hash_bytes(bytes, length, 0);
        ck_assert(hash != hash_bytes(bytes, length + 1 < sizeof bytes ? length + 1 : 0, 0));
        ck_assert(hash != hash_bytes(bytes, length, 1));
        for (size_t i = 0; i < length; i++) {
            bytes[i] = 1;
            ck_assert_msg(hash_bytes(bytes, length, 0) != hash, "byte %zu of %zu", i, length);
            bytes[i] = 0;
        }
        ck_assert(hash_bytes(bytes, length, 0) == hash);
    }
}
END_TEST

/* Of a million numbers the low 32 bits collide about as often as chance has it (116 times), not much more. */
START_TEST(hash_spreads)
{
    const int count = 1000000;
    unsigned char *seen = calloc(1u << 29, 1); /* a bit for each 32-bit value */
    int collisions = 0;

    ck_assert_ptr_nonnull(seen);
    for (int64_t i = 0; i < count; i++) {
        uint32_t hash = (uint32_t)hash_bytes(&i, sizeof i, 0);
        collisions += seen[hash >> 3] >> (hash & 7) & 1;
        seen[hash >> 3] |= (unsigned char)(1 << (hash & 7));
    }
    ck_assert_int_lt(collisions, 250);
    free(seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intern");
    TCase *tests = tcase_create("intern");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, same_text_same_number);
    tcase_add_test(tests, any_bytes);
    tcase_add_test(tests, hash_sees_every_byte);
    tcase_add_test(tests, hash_spreads);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
