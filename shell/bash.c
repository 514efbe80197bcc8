/* Completion for bash: three tables as case statements, and completion.bash, which reads them. */
#include "commands/commands.h"
#include "shell/completion.h"
#include "shell/words.h"

/* In single quotes. */
static void append_quoted(struct strbuf *out, const char *text)
{
    strbuf_append(out, "'");
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_append(out, "'\\''");
        else
            strbuf_append_bytes(out, text, 1);
    }
    strbuf_append(out, "'");
}

static void append_options(struct strbuf *out, const struct command *command)
{
    struct strbuf words;

    strbuf_init(&words);
    for (const struct option *option = command->options; option && option->name; option++) {
        strbuf_printf(&words, "--%s ", option->name);
        if (option->letter)
            strbuf_printf(&words, "-%c ", option->letter);
    }
    strbuf_append(&words, "--help -h");
    strbuf_printf(out, "    %s) printf %%s ", command->name);
    append_quoted(out, words.text);
    strbuf_append(out, " ;;\n");
    strbuf_release(&words);
}

/* "    train:--amp) printf %s 'list auto fp16' ;;" */
static void append_value(struct strbuf *out, const char *pattern, enum word_kind kind, const char *words)
{
    struct strbuf value;

    strbuf_init(&value);
    strbuf_printf(&value, "%s%s%s", word_kind_name(kind), *words ? " " : "", words);
    strbuf_printf(out, "    %s) printf '%%s\\n' ", pattern);
    append_quoted(out, value.text);
    strbuf_append(out, " ;;\n");
    strbuf_release(&value);
}

static void append_option_values(struct strbuf *out, const struct command *command)
{
    struct strbuf pattern, words;

    strbuf_init(&pattern);
    strbuf_init(&words);
    for (const struct option *option = command->options; option && option->name; option++) {
        if (option->kind == OPTION_FLAG)
            continue;
        strbuf_clear(&pattern);
        strbuf_clear(&words);
        strbuf_printf(&pattern, "%s:--%s", command->name, option->name);
        if (option->letter)
            strbuf_printf(&pattern, " | %s:-%c", command->name, option->letter);
        enum word_kind kind = words_of_option(option, &words);
        append_value(out, pattern.text, kind, words.text);
    }
    strbuf_release(&words);
    strbuf_release(&pattern);
}

/* "train:1" is the first argument, "import:\*" all that have no row of their own, "run:--" says that a command follows. */
static void append_argument_values(struct strbuf *out, const struct command *command)
{
    const char *usage = command->arguments ? command->arguments : "";
    struct strbuf pattern, words;
    struct argument argument;

    strbuf_init(&pattern);
    strbuf_init(&words);
    for (int place = 1; argument_next(&usage, &argument); place++) {
        strbuf_clear(&pattern);
        strbuf_clear(&words);
        enum word_kind kind = words_of_placeholder(argument.name, &words);
        if (kind == WORDS_COMMAND) { /* its own arguments are files, as far as anyone knows */
            strbuf_printf(&pattern, "%s:-- | %s:1", command->name, command->name);
            append_value(out, pattern.text, kind, "");
            kind = WORDS_FILES;
            strbuf_clear(&pattern);
        }
        if (argument.repeated)
            strbuf_printf(&pattern, "%s:\\*", command->name);
        else
            strbuf_printf(&pattern, "%s:%d", command->name, place);
        append_value(out, pattern.text, kind, words.text);
    }
    strbuf_release(&words);
    strbuf_release(&pattern);
}

void completion_bash(struct strbuf *out)
{
    strbuf_append(out, "# bash completion for clprof. Made by clprof_shell from the commands' own rows.\n# shellcheck shell=bash "
                       "disable=SC2207\n\n_clprof_commands='");
    for (size_t i = 0; i < command_count; i++)
        strbuf_printf(out, "%s%s", i ? " " : "", command_list[i]->name);
    strbuf_append(out, "'\n\n_clprof_options() {\n    case $1 in\n");
    for (size_t i = 0; i < command_count; i++)
        append_options(out, command_list[i]);
    strbuf_append(out, "    esac\n}\n\n# COMMAND:OPTION or COMMAND:PLACE -> the kind of word that stands there, and which ones.\n"
                       "_clprof_values() {\n    case $1 in\n");
    for (size_t i = 0; i < command_count; i++) {
        append_option_values(out, command_list[i]);
        append_argument_values(out, command_list[i]);
    }
    strbuf_append(out, "    esac\n}\n");
    strbuf_append(out, embed_find(completion_files, "completion.bash"));
}
