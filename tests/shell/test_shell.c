/* What man pages and completions are made of: escapes, placeholders, and that every command's row has what they need. */
#include <check.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "commands/commands.h"
#include "shell/completion.h"
#include "shell/man.h"
#include "shell/roff.h"
#include "shell/words.h"

static void check_roff(void (*append)(struct strbuf *, const char *), const char *text, const char *expected)
{
    struct strbuf out;
    strbuf_init(&out);
    append(&out, text);
    ck_assert_str_eq(out.text, expected);
    strbuf_release(&out);
}

START_TEST(roff_shows_what_stands_there)
{
    check_roff(roff_text, "a-b", "a\\-b");
    check_roff(roff_text, ".SH evil", "\\&.SH evil");
    check_roff(roff_text, "'br", "\\(aqbr");
    check_roff(roff_text, "\\fB \\n(.$", "\\efB \\en(.$");
    check_roff(roff_text, "`x' \"y\" ~ ^", "\\(gax\\(aq \\(dqy\\(dq \\(ti \\(ha");
    check_roff(roff_bold, ".x", ".B .x\n");
    check_roff(roff_paragraphs, "One. Two `b` c.\n\n.three", "One.\nTwo \\fBb\\fR c.\n.PP\n\\&.three\n");
    check_roff(roff_paragraphs, "an odd ` stays", "an odd \\(ga stays\n");
    /* a line that is broken before a dot must not become a request */
    check_roff(roff_paragraphs, "123456789 123456789 123456789 123456789 123456789 123456789 123456789 .html",
               "123456789 123456789 123456789 123456789 123456789 123456789 123456789\n\\&.html\n");
}
END_TEST

START_TEST(arguments_of_a_usage_line)
{
    const char *usage = "TRACE [SQL] FILE... [MODEL...] -- COMMAND...";
    static const struct argument expected[] = {{"TRACE", false, false}, {"SQL", true, false},      {"FILE", false, true},
                                               {"MODEL", true, true},   {"COMMAND", false, true}};
    struct argument argument;
    for (int i = 0; i < 5; i++) {
        ck_assert(argument_next(&usage, &argument));
        ck_assert_str_eq(argument.name, expected[i].name);
        ck_assert_int_eq(argument.optional, expected[i].optional);
        ck_assert_int_eq(argument.repeated, expected[i].repeated);
    }
    ck_assert(!argument_next(&usage, &argument));
    usage = "";
    ck_assert(!argument_next(&usage, &argument));
}
END_TEST

START_TEST(placeholders_have_words)
{
    struct strbuf words;
    strbuf_init(&words);
    ck_assert_int_eq(words_of_placeholder("MODEL", &words), WORDS_LIST);
    ck_assert_ptr_nonnull(strstr(words.text, "resnet50_gn"));
    strbuf_clear(&words);
    ck_assert_int_eq(words_of_placeholder("POLICY", &words), WORDS_LIST);
    ck_assert_ptr_nonnull(strstr(words.text, "torch-2.14-cuda"));
    strbuf_clear(&words);
    ck_assert_int_eq(words_of_placeholder("TRACE", &words), WORDS_TRACES);
    ck_assert_int_eq(words_of_placeholder("SECONDS", &words), WORDS_NONE);
    ck_assert_str_eq(words.text, "");
    const struct option choice = {"x", 0, OPTION_CHOICE, 0, "TRACE", "a|b|c"};
    ck_assert_int_eq(words_of_option(&choice, &words), WORDS_LIST);
    ck_assert_str_eq(words.text, "a b c");
    strbuf_release(&words);
}
END_TEST

/* An example that the command's own options refuse would be a lie in three places. */
static void check_example(const struct command *command, const char *line)
{
    alignas(max_align_t) char target[8192] = {0};
    struct strbuf text;
    struct words split = {0};
    char *argv[40]; /* options_parse moves words about; split frees each once */
    int positional;
    bool help;

    strbuf_init(&text);
    strbuf_append(&text, line);
    char *pipe = strstr(text.text, " | ");
    if (pipe)
        *pipe = '\0';
    ck_assert_int_eq(words_split(&split, text.text), STATUS_OK);
    ck_assert_msg(split.words >= 2 && strcmp(split.word[0], "clprof") == 0 && strcmp(split.word[1], command->name) == 0,
                  "%s: an example of another command: %s", command->name, line);
    ck_assert_int_lt(split.words, 40);
    memcpy(argv, split.word, (size_t)split.words * sizeof *argv);
    ck_assert_msg(options_parse(command->options, target, split.words - 1, argv + 1, &positional, &help) == STATUS_OK,
                  "%s: example `%s`: %s", command->name, line, status_message());
    ck_assert(!help);
    words_release(&split);
    strbuf_release(&text);
}

START_TEST(rows_are_complete)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = command_list[i];
        ck_assert_msg(command->about && strlen(command->about) > 30, "%s says nothing about itself", command->name);
        ck_assert_msg(command->examples[0].line, "%s has no example", command->name);
        for (int n = 0; n < COMMAND_EXAMPLES && command->examples[n].line; n++) {
            ck_assert_msg(strlen(command->examples[n].line) <= 78, "over 78 columns: %s", command->examples[n].line);
            ck_assert_ptr_nonnull(command->examples[n].what);
            check_example(command, command->examples[n].line);
        }
        for (const struct option *option = command->options; option && option->name; option++)
            ck_assert_msg(option->help && *option->help, "%s --%s has no help", command->name, option->name);
    }
}
END_TEST

/* Every option of every command is in the page and in both completions. */
START_TEST(nothing_is_left_out)
{
    const struct man_edition edition = {"2026-11-25", "0.1.0"};
    struct strbuf bash, zsh, page, name;
    strbuf_init(&bash);
    strbuf_init(&zsh);
    strbuf_init(&page);
    strbuf_init(&name);
    completion_bash(&bash);
    completion_zsh(&zsh);
    for (size_t i = 0; i < command_count; i++) {
        strbuf_clear(&page);
        man_command(&page, &edition, command_list[i]);
        for (const struct option *option = command_list[i]->options; option && option->name; option++) {
            strbuf_clear(&name);
            strbuf_append(&name, "\\fB\\-\\-");
            roff_text(&name, option->name);
            ck_assert_ptr_nonnull(strstr(page.text, name.text));
            strbuf_clear(&name);
            strbuf_printf(&name, "--%s", option->name);
            ck_assert_ptr_nonnull(strstr(bash.text, name.text));
            ck_assert_ptr_nonnull(strstr(zsh.text, name.text));
        }
    }
    strbuf_release(&name);
    strbuf_release(&page);
    strbuf_release(&zsh);
    strbuf_release(&bash);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shell");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, roff_shows_what_stands_there);
    tcase_add_test(tests, arguments_of_a_usage_line);
    tcase_add_test(tests, placeholders_have_words);
    tcase_add_test(tests, rows_are_complete);
    tcase_add_test(tests, nothing_is_left_out);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
