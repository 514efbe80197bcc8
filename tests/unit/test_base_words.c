/* Command lines as text and back. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"

START_TEST(round_trip)
{
    static const char *const words[] = {"clprof", "train", "", "a b", "it's", "$HOME", "x\\y", "--lr=0.1", "\xc3\xa9"};
    const int count = sizeof words / sizeof words[0];
    struct words split;
    struct strbuf text;

    strbuf_init(&text);
    for (int i = 0; i < count; i++)
        words_append(&text, words[i]);
    ck_assert_int_eq(words_split(&split, text.text), STATUS_OK);
    ck_assert_int_eq(split.words, count);
    for (int i = 0; i < count; i++)
        ck_assert_str_eq(split.word[i], words[i]);
    ck_assert_ptr_null(split.word[count]);
    words_release(&split);
    strbuf_release(&text);
}
END_TEST

START_TEST(plain_words_stay_plain)
{
    struct strbuf text;

    strbuf_init(&text);
    words_append(&text, "clprof");
    words_append(&text, "--data=a/b_c.d");
    words_append(&text, "a b");
    ck_assert_str_eq(text.text, "clprof --data=a/b_c.d 'a b'");
    strbuf_release(&text);
}
END_TEST

START_TEST(open_quote_is_refused)
{
    struct words split;

    ck_assert_int_eq(words_split(&split, "clprof 'train x"), STATUS_CORRUPT);
    ck_assert_ptr_null(split.word);
    ck_assert_int_eq(words_split(&split, "   "), STATUS_OK);
    ck_assert_int_eq(split.words, 0);
    words_release(&split);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words");
    TCase *tests = tcase_create("words");

    tcase_add_test(tests, round_trip);
    tcase_add_test(tests, plain_words_stay_plain);
    tcase_add_test(tests, open_quote_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
