/* Completion for zsh: a call of _arguments for each command, and completion.zsh around them. */
#include <string.h>

#include "commands/commands.h"
#include "shell/completion.h"
#include "shell/words.h"

/* `text` inside single quotes, with a backslash before each character of `special`. */
static void append_escaped(struct strbuf *out, const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_append(out, "'\\''");
        else if (*text == '\\' || strchr(special, *text))
            strbuf_printf(out, "\\%c", *text);
        else
            strbuf_append_bytes(out, text, 1);
    }
}

/* ":PLACEHOLDER:action" */
static void append_action(struct strbuf *out, const char *placeholder, enum word_kind kind, const char *words)
{
    strbuf_append(out, ":");
    append_escaped(out, placeholder, ":");
    switch (kind) {
    case WORDS_NONE: strbuf_append(out, ": "); break;
    case WORDS_LIST: strbuf_printf(out, ":(%s)", words); break;
    case WORDS_FOLDERS: strbuf_printf(out, ": _clprof_folders %s", words); break;
    case WORDS_TRACES: strbuf_append(out, ":_clprof_traces"); break;
    case WORDS_FILES: strbuf_append(out, ":_files"); break;
    case WORDS_COMMAND: strbuf_append(out, ":_normal"); break;
    }
}

static void append_option(struct strbuf *out, const struct option *option)
{
    const char *equals = option->kind == OPTION_FLAG ? "" : "=";
    struct strbuf text;

    strbuf_init(&text);
    option_right(&text, option);
    strbuf_append(out, " \\\n            '");
    if (option->letter)
        strbuf_printf(out, "(-%c --%s)'{-%c,--%s%s}'", option->letter, option->name, option->letter, option->name, equals);
    else
        strbuf_printf(out, "--%s%s", option->name, equals);
    strbuf_append(out, "[");
    append_escaped(out, text.text, "[]");
    strbuf_append(out, "]");
    if (option->kind != OPTION_FLAG) {
        strbuf_clear(&text);
        enum word_kind kind = words_of_option(option, &text);
        append_action(out, option_shape(option), kind, text.text);
    }
    strbuf_append(out, "'");
    strbuf_release(&text);
}

static void append_arguments(struct strbuf *out, const struct command *command)
{
    const char *usage = command->arguments ? command->arguments : "";
    struct argument argument;
    struct strbuf words;

    strbuf_init(&words);
    for (int place = 1; argument_next(&usage, &argument); place++) {
        strbuf_clear(&words);
        enum word_kind kind = words_of_placeholder(argument.name, &words);
        strbuf_append(out, " \\\n            '");
        if (kind == WORDS_COMMAND) /* a program, then whatever its own completion says */
            strbuf_printf(out, "%d:%s: _command_names -e' \\\n            '*:", place, argument.name);
        else if (argument.repeated)
            strbuf_append(out, "*");
        else
            strbuf_printf(out, "%d%s", place, argument.optional ? ":" : "");
        append_action(out, argument.name, kind, words.text);
        strbuf_append(out, "'");
    }
    strbuf_release(&words);
}

static void append_command(struct strbuf *out, const struct command *command)
{
    strbuf_printf(out, "    %s)\n        _arguments -S", command->name);
    for (const struct option *option = command->options; option && option->name; option++)
        append_option(out, option);
    strbuf_append(out, " \\\n            '(- *)'{-h,--help}'[options and examples]'");
    append_arguments(out, command);
    strbuf_append(out, "\n        ;;\n");
}

void completion_zsh(struct strbuf *out)
{
    strbuf_append(out, "#compdef clprof\n# zsh completion for clprof. Made by clprof_shell from the commands' own rows.\n\n"
                       "_clprof_list_commands() {\n    local -a rows=(\n");
    for (size_t i = 0; i < command_count; i++) {
        strbuf_printf(out, "        '%s:", command_list[i]->name);
        append_escaped(out, command_list[i]->summary, ":");
        strbuf_append(out, "'\n");
    }
    strbuf_append(out, "        'help:options and examples of a command'\n    )\n    _describe -t commands command rows\n}\n\n"
                       "_clprof_of_command() {\n    case $words[1] in\n");
    for (size_t i = 0; i < command_count; i++)
        append_command(out, command_list[i]);
    strbuf_append(out, "    help) _arguments '1: :_clprof_list_commands' ;;\n    esac\n}\n");
    strbuf_append(out, embed_find(completion_files, "completion.zsh"));
}
