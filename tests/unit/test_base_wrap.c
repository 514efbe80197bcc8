/* base/wrap and the help that is made with it: nothing is lost, nothing is wider than 80 columns. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"
#include "base/wrap.h"

static char *wrapped(const char *text, size_t at, size_t indent)
{
    struct strbuf out;
    strbuf_init(&out);
    wrap_append(&out, text, at, indent);
    return strbuf_take(&out);
}

static void check_wrapped(const char *text, size_t at, size_t indent, const char *expected)
{
    char *actual = wrapped(text, at, indent);
    ck_assert_str_eq(actual, expected);
    free(actual);
}

#define SIXTY "123456789 123456789 123456789 123456789 123456789 123456789 "

START_TEST(breaks_at_the_edge)
{
    check_wrapped("", 0, 2, "\n");
    check_wrapped("one", 10, 2, "one\n");
    check_wrapped(SIXTY "123456789 123456789.", 0, 2, SIXTY "123456789 123456789.\n"); /* exactly 80 */
    check_wrapped(SIXTY "123456789 123456789 ab", 0, 2, SIXTY "123456789 123456789\n  ab\n");
    check_wrapped(SIXTY "ab", 18, 4, "123456789 123456789 123456789 123456789 123456789 123456789 ab\n");
    check_wrapped(SIXTY "ab", 19, 4, "123456789 123456789 123456789 123456789 123456789 123456789\n    ab\n");
}
END_TEST

START_TEST(keeps_paragraphs_and_long_words)
{
    char word[101];
    memset(word, 'x', 100);
    word[100] = '\0';
    check_wrapped("one\n\ntwo", 0, 0, "one\n\ntwo\n");
    check_wrapped("one\ntwo   three ", 0, 0, "one two three\n");
    struct strbuf text, expected;
    strbuf_init(&text);
    strbuf_init(&expected);
    strbuf_printf(&text, "a %s b", word);
    strbuf_printf(&expected, "a\n  %s\n  b\n", word);
    check_wrapped(text.text, 0, 2, expected.text);
    strbuf_release(&expected);
    strbuf_release(&text);
}
END_TEST

START_TEST(counts_characters_not_bytes)
{
    ck_assert_uint_eq(wrap_columns("\xc3\xa4\xe2\x82\xac!", 6), 3);
    struct strbuf text;
    strbuf_init(&text);
    for (int i = 0; i < 79; i++)
        strbuf_append(&text, i % 10 == 9 ? " " : "\xc3\xa4");
    strbuf_append(&text, "b"); /* 80 columns, */
    char *actual = wrapped(text.text, 0, 0);
    ck_assert_ptr_null(strchr(actual, '\n') < actual + strlen(actual) - 1 ? actual : NULL);
    free(actual);
    strbuf_release(&text);
}
END_TEST

static const struct option rows[] = {
    {"format", 'f', OPTION_CHOICE, 0, NULL, "text|html|json|csv|junit", "text", .help = "how to write it"},
    {"amp", 0, OPTION_CHOICE, 0, "DTYPE", "auto|off", "auto", .help = "autocast"},
    {"n", 0, OPTION_INT, 0, "N",
     .help = "a help that is so long that it does not fit on one line with the option and has to be broken somewhere"},
    OPTION_END,
};

START_TEST(help_of_a_command)
{
    const struct command command = {"x", "TRACE [SQL]", "does x", rows, NULL, "More.\n\nStill more.", {{"clprof x t.db", "shows x"}}};
    struct strbuf out;
    strbuf_init(&out);
    command_help(&out, &command);
    ck_assert_str_eq(out.text,
                     "usage: clprof x [OPTIONS] TRACE [SQL]\n\ndoes x\n\nMore.\n\nStill more.\n\nOptions:\n"
                     "  -f, --format text|html|json|csv|junit\n"
                     "                   how to write it (default text)\n"
                     "      --amp DTYPE  autocast: auto|off (default auto)\n"
                     "      --n N        a help that is so long that it does not fit on one line with\n"
                     "                   the option and has to be broken somewhere\n"
                     "\nExamples:\n  clprof x t.db\n      shows x\n");
    strbuf_release(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_wrap");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, breaks_at_the_edge);
    tcase_add_test(tests, keeps_paragraphs_and_long_words);
    tcase_add_test(tests, counts_characters_not_bytes);
    tcase_add_test(tests, help_of_a_command);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
