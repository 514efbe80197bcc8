/* base: outcomes, strings, nearest names, options, embedded texts. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"
#include "base/embed.h"
#include "base/names.h"
#include "base/options.h"
#include "base/strbuf.h"

static enum status fail_here(const char *what)
{
    return FAIL(CORRUPT, "%s: row %d is bad", what, 7);
}

START_TEST(status_line_and_birthplace)
{
    ck_assert_int_eq(fail_here("file.tsv"), STATUS_CORRUPT);
    ck_assert_str_eq(status_message(), "file.tsv: row 7 is bad");
    ck_assert_ptr_nonnull(strstr(status_birthplace(), "test_base_text.c:"));
    ck_assert_ptr_null(strchr(status_birthplace(), '/'));
}
END_TEST

/* A line may quote the line before it, though both live in the same buffer. */
START_TEST(status_line_may_name_the_last_one)
{
    fail_here("a");
    FAIL(IO, "while reading: %s", status_message());
    ck_assert_str_eq(status_message(), "while reading: a: row 7 is bad");
}
END_TEST

START_TEST(status_line_is_cut_not_overrun)
{
    char big[5000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    FAIL(IO, "%s", big);
    ck_assert_uint_gt(strlen(status_message()), 1000);
    ck_assert_uint_lt(strlen(status_message()), sizeof big - 1);
}
END_TEST

START_TEST(status_table)
{
    ck_assert_str_eq(status_name(STATUS_OK), "OK");
    ck_assert_str_eq(status_name(STATUS_NOT_FOUND), "NOT_FOUND");
    ck_assert_int_eq(status_exit_code(STATUS_OK), 0);
    ck_assert_int_eq(status_exit_code(STATUS_IO), 1);
    ck_assert_int_eq(status_exit_code(STATUS_USAGE), 2);
    ck_assert_int_eq(status_exit_code(STATUS_LIMIT), 3);
    for (int code = 0; code < STATUS_COUNT; code++)
        ck_assert_uint_gt(strlen(status_text((enum status)code)), 0);
}
END_TEST

START_TEST(strbuf_grows_and_keeps_zero_bytes)
{
    struct strbuf buf;
    strbuf_init(&buf);
    ck_assert_str_eq(buf.text, "");
    ck_assert_uint_eq(buf.capacity, 0);
    for (int i = 0; i < 10000; i++)
        strbuf_printf(&buf, "%d,", i % 10);
    ck_assert_uint_eq(buf.length, 20000);
    ck_assert_str_eq(buf.text + 19996, "8,9,");
    strbuf_clear(&buf);
    ck_assert_str_eq(buf.text, "");
    strbuf_append_bytes(&buf, "a\0b", 3);
    ck_assert_uint_eq(buf.length, 3);
    ck_assert_int_eq(memcmp(buf.text, "a\0b", 4), 0);
    strbuf_append_bytes(&buf, NULL, 0);
    ck_assert_uint_eq(buf.length, 3);
    strbuf_release(&buf);
    ck_assert_str_eq(buf.text, "");
    strbuf_clear(&buf);
    strbuf_release(&buf);
}
END_TEST

START_TEST(strbuf_take_hands_over)
{
    struct strbuf buf;
    strbuf_init(&buf);
    char *empty = strbuf_take(&buf); /* a string to free even when nothing was appended */
    ck_assert_str_eq(empty, "");
    free(empty);
    strbuf_append(&buf, "text");
    char *text = strbuf_take(&buf);
    ck_assert_str_eq(text, "text");
    ck_assert_uint_eq(buf.length, 0);
    ck_assert_str_eq(buf.text, "");
    free(text);
    strbuf_release(&buf);
}
END_TEST

static void nearest_is(const char *word, const char *expected)
{
    static const char *const names[] = {"resnet18", "resnet34", "resnet50", "vgg16", "vgg16_bn", "mobilenet_v2", "a"};
    struct strbuf out;
    strbuf_init(&out);
    size_t found = names_nearest(&out, word, names, sizeof names / sizeof *names, 3);
    size_t commas = 0;
    for (const char *c = out.text; *c; c++)
        commas += *c == ',';
    ck_assert_str_eq(out.text, expected);
    ck_assert_uint_eq(found, *expected ? commas + 1 : 0);
    strbuf_release(&out);
}

START_TEST(names_by_distance)
{
    nearest_is("resnet50", "resnet50, resnet18, resnet34"); /* 0, 2, 2 in the order of the list */
    nearest_is("resent50", "resnet50");                     /* a transposition is one edit */
    nearest_is("vgg61", "vgg16");
    nearest_is("mobilnetv2", "mobilenet_v2");
    nearest_is("transformer", "");
    nearest_is("b", ""); /* "a" shares nothing with "b" */
    nearest_is("", "");
}
END_TEST

START_TEST(names_most)
{
    static const char *const names[] = {"aaa", "aab", "aac"};
    struct strbuf out;
    strbuf_init(&out);
    ck_assert_uint_eq(names_nearest(&out, "aac", names, 3, 1), 1);
    ck_assert_str_eq(out.text, "aac");
    ck_assert_uint_eq(names_nearest(&out, "aac", names, 0, 3), 0);
    ck_assert_uint_eq(names_nearest(&out, "aac", names, 3, 0), 0);
    strbuf_release(&out);
}
END_TEST

struct settings {
    bool quiet, batch_given, policy_given;
    int64_t batch, window[2];
    double rate;
    const char *output, *policy;
    int amp;
};

static const struct option table[] = {
    {"quiet", 'q', OPTION_FLAG, offsetof(struct settings, quiet), .help = "say nothing"},
    {"batch", 'b', OPTION_INT, offsetof(struct settings, batch), "N", .initial = "16", .low = 1, .high = 4096,
     .help = "images per step", .given_offset = offsetof(struct settings, batch_given)},
    {"lr", 0, OPTION_NUMBER, offsetof(struct settings, rate), "X", .initial = "0.1", .low = 1e-6, .high = 10,
     .help = "learning rate"},
    {"output", 'o', OPTION_TEXT, offsetof(struct settings, output), "TRACE", .initial = "trace.db",
     .help = "trace file"},
    {"policy", 0, OPTION_TEXT, offsetof(struct settings, policy), "NAME", .help = "layout policy",
     .given_offset = offsetof(struct settings, policy_given)},
    {"amp", 0, OPTION_CHOICE, offsetof(struct settings, amp), .choices = "auto|fp16|bf16|off", .initial = "auto",
     .help = "autocast"},
    {"profile", 0, OPTION_PAIR, offsetof(struct settings, window), "WARMUP:ACTIVE", .initial = "3:10", .low = 0,
     .high = 1e6, .help = "profiled window"},
    OPTION_END,
};

static enum status parse(struct settings *settings, int *positional, bool *help, char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    memset(settings, 0x55, sizeof *settings); /* defaults must not count on zeroed memory */
    return options_parse(table, settings, argc, argv, positional, help);
}
#define ARGS(...) (char *[]){"train", __VA_ARGS__, NULL}

START_TEST(options_defaults)
{
    struct settings s;
    int positional;
    bool help;
    ck_assert_int_eq(parse(&s, &positional, &help, (char *[]){"train", NULL}), STATUS_OK);
    ck_assert(!s.quiet && !s.batch_given && !s.policy_given && !help);
    ck_assert_int_eq(s.batch, 16);
    ck_assert_double_eq(s.rate, 0.1);
    ck_assert_str_eq(s.output, "trace.db");
    ck_assert_ptr_null(s.policy);
    ck_assert_int_eq(s.amp, 0);
    ck_assert_int_eq(s.window[0], 3);
    ck_assert_int_eq(s.window[1], 10);
    ck_assert_int_eq(positional, 0);
}
END_TEST

START_TEST(options_all_forms)
{
    struct settings s;
    int positional;
    bool help;
    char **argv = ARGS("resnet50", "--batch=32", "-o", "x.db", "--lr", "5e-2", "-q", "second", "--amp", "bf16",
                       "--profile", "0:1", "--policy=", "--", "--batch", "-x", "-");
    ck_assert_int_eq(parse(&s, &positional, &help, argv), STATUS_OK);
    ck_assert(s.quiet && s.batch_given && s.policy_given);
    ck_assert_int_eq(s.batch, 32);
    ck_assert_double_eq(s.rate, 0.05);
    ck_assert_str_eq(s.output, "x.db");
    ck_assert_str_eq(s.policy, "");
    ck_assert_int_eq(s.amp, 2);
    ck_assert_int_eq(s.window[0], 0);
    ck_assert_int_eq(s.window[1], 1);
    ck_assert_int_eq(positional, 5);
    ck_assert_str_eq(argv[1], "resnet50");
    ck_assert_str_eq(argv[2], "second");
    ck_assert_str_eq(argv[3], "--batch");
    ck_assert_str_eq(argv[4], "-x");
    ck_assert_str_eq(argv[5], "-");
}
END_TEST

START_TEST(options_last_one_wins_and_help_stops)
{
    struct settings s;
    int positional;
    bool help;
    ck_assert_int_eq(parse(&s, &positional, &help, ARGS("--batch", "1", "--batch", "2")), STATUS_OK);
    ck_assert_int_eq(s.batch, 2);
    ck_assert_int_eq(parse(&s, &positional, &help, ARGS("-h", "--nonsense")), STATUS_OK);
    ck_assert(help);
    ck_assert_int_eq(parse(&s, &positional, &help, ARGS("--help")), STATUS_OK);
    ck_assert(help);
}
END_TEST

/* Each must be refused with USAGE and a line that holds all of the words. */
static const struct refused {
    const char *argument, *value, *words[3];
} refused[] = {
    {"--bacth", "3", {"--bacth", "near: batch", "unknown option"}},
    {"--zzzzzzzz", NULL, {"unknown option --zzzzzzzz", "-h"}},
    {"-z", NULL, {"unknown option -z"}},
    {"-qq", NULL, {"unknown option -qq"}},
    {"--batch", NULL, {"--batch", "needs a value", "N"}},
    {"--batch", "x", {"--batch", "'x'", "from 1 to 4096"}},
    {"--batch", "", {"--batch", "''", "whole number"}},
    {"--batch", "3.5", {"'3.5'", "whole number"}},
    {"--batch", "12k", {"'12k'", "whole number"}},
    {"--batch", "0", {"'0'", "from 1 to 4096"}},
    {"--batch", "-4", {"'-4'", "from 1 to 4096"}},
    {"--batch", "4097", {"'4097'", "from 1 to 4096"}},
    {"--batch", "99999999999999999999999", {"whole number"}},
    {"--lr", "nan", {"--lr", "'nan'", "a number"}},
    {"--lr", "inf", {"--lr", "'inf'", "a number"}},
    {"--lr", "0", {"'0'", "from 1e-06 to 10"}},
    {"--lr", "1e-3x", {"'1e-3x'", "a number"}},
    {"--amp", "int8", {"--amp", "'int8'", "auto|fp16|bf16|off"}},
    {"--amp", "", {"--amp", "''", "auto|fp16|bf16|off"}},
    {"--amp", "aut", {"'aut'", "auto|fp16|bf16|off"}},
    {"--profile", "3", {"--profile", "'3'", "A:B"}},
    {"--profile", "3:", {"'3:'", "A:B"}},
    {"--profile", ":3", {"':3'", "A:B"}},
    {"--profile", "1:2:3", {"'1:2:3'", "A:B"}},
    {"--profile", "-1:3", {"'-1:3'", "from 0 to 1000000"}},
    {"--quiet=yes", NULL, {"--quiet", "takes no value", "'yes'"}},
};

START_TEST(options_refused)
{
    const struct refused *row = &refused[_i];
    struct settings s;
    int positional;
    bool help;
    enum status status = parse(&s, &positional, &help, ARGS((char *)row->argument, (char *)row->value));
    ck_assert_int_eq(status, STATUS_USAGE);
    for (int i = 0; i < 3 && row->words[i]; i++)
        ck_assert_msg(strstr(status_message(), row->words[i]), "'%s' is not in: %s", row->words[i], status_message());
}
END_TEST

START_TEST(options_help_is_aligned)
{
    struct strbuf out;
    strbuf_init(&out);
    options_help(&out, table);
    ck_assert_ptr_nonnull(strstr(out.text, "  -o, --output TRACE"));
    ck_assert_ptr_nonnull(strstr(out.text, "      --amp auto|fp16|bf16|off"));
    ck_assert_ptr_nonnull(strstr(out.text, "trace file (default trace.db)\n"));
    ck_assert_ptr_nonnull(strstr(out.text, "say nothing\n"));
    size_t column = 0, rows = 0;
    for (char *line = strtok(out.text, "\n"); line; line = strtok(NULL, "\n"), rows++) {
        static const char *const helps[] = {"say nothing", "images per step", "learning rate",   "trace file",
                                            "layout policy", "autocast",      "profiled window"};
        const char *help = strstr(line, helps[rows]);
        ck_assert_ptr_nonnull(help);
        ck_assert(column == 0 || column == (size_t)(help - line));
        column = (size_t)(help - line);
    }
    ck_assert_uint_eq(rows, 7);
    strbuf_release(&out);
}
END_TEST

START_TEST(options_of_no_table)
{
    int positional;
    bool help;
    char *argv[] = {"models", "x", NULL};
    ck_assert_int_eq(options_parse(NULL, NULL, 2, argv, &positional, &help), STATUS_OK);
    ck_assert_int_eq(positional, 1);
    char *bad[] = {"models", "--x", NULL};
    ck_assert_int_eq(options_parse(NULL, NULL, 2, bad, &positional, &help), STATUS_USAGE);
}
END_TEST

START_TEST(command_counts_arguments)
{
    const struct command command = {"train", "MODEL", "trains", table, NULL};
    struct settings s;
    int positional;
    ck_assert_int_eq(command_begin(&command, &s, 2, ARGS("resnet50"), 1, 1, &positional), -1);
    ck_assert_int_eq(positional, 1);
    ck_assert_int_eq(command_begin(&command, &s, 1, (char *[]){"train", NULL}, 1, 1, &positional), 2);
    ck_assert_ptr_nonnull(strstr(status_message(), "clprof train MODEL"));
    ck_assert_int_eq(command_begin(&command, &s, 3, ARGS("a", "extra"), 1, 1, &positional), 2);
    ck_assert_ptr_nonnull(strstr(status_message(), "'extra'"));
    ck_assert_int_eq(command_begin(&command, &s, 2, ARGS("-h"), 1, 1, &positional), 0);
    ck_assert_int_eq(command_failed(&command, FAIL(LIMIT, "too much")), 3);
}
END_TEST

START_TEST(embed_by_name)
{
    static const struct embedded_text texts[] = {{"a.sql", "one", 3}, {"b.sql", "two", 3}, {0, 0, 0}};
    ck_assert_str_eq(embed_find(texts, "b.sql"), "two");
    ck_assert_ptr_null(embed_find(texts, "b"));
    ck_assert_ptr_null(embed_find(texts + 2, "a.sql"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_text");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, status_line_and_birthplace);
    tcase_add_test(tests, status_line_may_name_the_last_one);
    tcase_add_test(tests, status_line_is_cut_not_overrun);
    tcase_add_test(tests, status_table);
    tcase_add_test(tests, strbuf_grows_and_keeps_zero_bytes);
    tcase_add_test(tests, strbuf_take_hands_over);
    tcase_add_test(tests, names_by_distance);
    tcase_add_test(tests, names_most);
    tcase_add_test(tests, options_defaults);
    tcase_add_test(tests, options_all_forms);
    tcase_add_test(tests, options_last_one_wins_and_help_stops);
    tcase_add_loop_test(tests, options_refused, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, options_help_is_aligned);
    tcase_add_test(tests, options_of_no_table);
    tcase_add_test(tests, command_counts_arguments);
    tcase_add_test(tests, embed_by_name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
