/* Man pages from the commands' rows; only what belongs to no command is written here. */
#include "shell/man.h"

#include <ctype.h>
#include <string.h>

#include "commands/commands.h"
#include "shell/roff.h"
#include "shell/words.h"

struct entry {
    const char *name, *text;
};

static const struct entry exit_codes[] = {
    {"0", "Done."},
    {"1", "Failed; a line on standard error says what, where and what to do."},
    {"2", "Wrong usage."},
    {"3", "A limit of `clprof check` is exceeded."},
};

static const struct entry environment[] = {
    {"CLPROF_LOG", "What goes to standard error besides failures: error, warn, info or debug, or one folder of the "
                   "source with a level (trainer=debug), several parted by commas. Without it: warn."},
    {"CLPROF_PLUGINS", "The folder of back ends that are loaded (clprof_cuda.so). Without it: the program's own, then its "
                       "../lib/clprof."},
    {"NO_COLOR", "When set and not empty, nothing is coloured, on a terminal either."},
    {"OMP_WAIT_POLICY", "passive: threads that wait for others sleep instead of spinning; for machines that others use, too "
                        "(libgomp)."},
    {"TMPDIR", "Where temporary files go."},
};

static const struct entry files[] = {
    {"trace.db", "The trace, an SQLite database, where -o names no other."},
    {"/usr/share/datasets/fashion-mnist", "The images that are trained on by default (Debian's dataset-fashion-mnist)."},
};

#define EACH(array, at) (const struct entry *at = array; at < array + sizeof array / sizeof *array; at++)

static void begin(struct strbuf *out, const struct man_edition *edition, const char *title)
{
    strbuf_append(out, ".\\\" Made by clprof_shell from the commands' own rows.\n.TH ");
    for (const char *at = title; *at; at++) {
        char letter[2] = {(char)toupper((unsigned char)*at)};
        roff_text(out, letter);
    }
    strbuf_printf(out, " 1 %s \"clprof %s\" \"User Commands\"\n", edition->date, edition->version);
}

/* NAME: "clprof-train \- summary", which whatis and apropos read. */
static void append_name(struct strbuf *out, const char *title, const char *summary)
{
    roff_section(out, "NAME");
    roff_text(out, title);
    strbuf_append(out, " \\- ");
    roff_paragraphs(out, summary);
}

static void append_entry(struct strbuf *out, const char *name, const char *text)
{
    strbuf_append(out, ".TP\n");
    roff_bold(out, name);
    roff_paragraphs(out, text);
}

static void append_italic(struct strbuf *out, const char *text)
{
    strbuf_append(out, "\\fI");
    roff_text(out, text);
    strbuf_append(out, "\\fR");
}

/* Arguments in italics, brackets and dashes as they are. */
static void append_arguments(struct strbuf *out, const struct command *command)
{
    const char *usage = command->arguments ? command->arguments : "";
    struct argument argument;

    if (strncmp(usage, "-- ", 3) == 0)
        strbuf_append(out, " \\fB\\-\\-\\fR");
    while (argument_next(&usage, &argument)) {
        strbuf_append(out, argument.optional ? " [" : " ");
        append_italic(out, argument.name);
        strbuf_append(out, argument.repeated ? "..." : "");
        strbuf_append(out, argument.optional ? "]" : "");
    }
    strbuf_append(out, "\n");
}

static void append_synopsis(struct strbuf *out, const struct command *command)
{
    roff_section(out, "SYNOPSIS");
    strbuf_append(out, "\\fBclprof ");
    roff_text(out, command->name);
    strbuf_append(out, "\\fR");
    if (command->options && command->options->name) {
        strbuf_append(out, " [");
        append_italic(out, "OPTIONS");
        strbuf_append(out, "]");
    }
    append_arguments(out, command);
}

/* A phrase of a table as a sentence: a capital if it begins with a plain word, a dot at the end. */
static void append_sentence(struct strbuf *out, const char *phrase)
{
    struct strbuf text;

    strbuf_init(&text);
    strbuf_append(&text, phrase);
    size_t word = strspn(text.text, "abcdefghijklmnopqrstuvwxyz");
    if (word && strchr(" ,", text.text[word]))
        text.text[0] = (char)toupper((unsigned char)text.text[0]);
    if (text.length && !strchr(".?!", text.text[text.length - 1]))
        strbuf_append(&text, ".");
    roff_paragraphs(out, text.text);
    strbuf_release(&text);
}

static void append_option(struct strbuf *out, const struct option *option)
{
    struct strbuf right;

    strbuf_append(out, ".TP\n");
    if (option->letter)
        strbuf_printf(out, "\\fB\\-%c\\fR, ", option->letter);
    strbuf_append(out, "\\fB\\-\\-");
    roff_text(out, option->name);
    strbuf_append(out, "\\fR");
    if (option->kind != OPTION_FLAG) {
        strbuf_append(out, " ");
        append_italic(out, option_shape(option));
    }
    strbuf_append(out, "\n");
    strbuf_init(&right);
    option_right(&right, option);
    append_sentence(out, right.text);
    strbuf_release(&right);
    if (option->kind != OPTION_FLAG && (option->low != 0 || option->high != 0))
        strbuf_printf(out, "Allowed: %.15g to %.15g.\n", option->low, option->high);
}

static void append_options(struct strbuf *out, const struct command *command)
{
    roff_section(out, "OPTIONS");
    for (const struct option *option = command->options; option && option->name; option++)
        append_option(out, option);
    append_entry(out, "-h, --help", "Say all this in short, and stop.");
}

static void append_examples(struct strbuf *out, const struct command *command)
{
    if (!command->examples[0].line)
        return;
    roff_section(out, "EXAMPLES");
    for (int i = 0; i < COMMAND_EXAMPLES && command->examples[i].line; i++) {
        strbuf_append(out, i ? ".PP\n.nf\n" : ".nf\n"); /* a command is not broken */
        roff_bold(out, command->examples[i].line);
        strbuf_append(out, ".fi\n.RS 4\n");
        append_sentence(out, command->examples[i].what);
        strbuf_append(out, ".RE\n");
    }
}

void man_command(struct strbuf *out, const struct man_edition *edition, const struct command *command)
{
    struct strbuf title;

    strbuf_init(&title);
    strbuf_printf(&title, "clprof-%s", command->name);
    begin(out, edition, title.text);
    append_name(out, title.text, command->summary);
    append_synopsis(out, command);
    roff_section(out, "DESCRIPTION");
    roff_paragraphs(out, command->about ? command->about : command->summary);
    append_options(out, command);
    append_examples(out, command);
    roff_section(out, "SEE ALSO");
    strbuf_append(out, ".BR clprof (1)\n");
    strbuf_release(&title);
}

static void append_commands(struct strbuf *out)
{
    roff_section(out, "COMMANDS");
    for (size_t i = 0; i < command_count; i++) {
        strbuf_append(out, ".TP\n\\fB");
        roff_text(out, command_list[i]->name);
        strbuf_append(out, "\\fR");
        append_arguments(out, command_list[i]);
        append_sentence(out, command_list[i]->summary);
    }
}

static void append_see_also(struct strbuf *out)
{
    roff_section(out, "SEE ALSO");
    for (size_t i = 0; i < command_count; i++) {
        strbuf_append(out, ".BR clprof\\-");
        roff_text(out, command_list[i]->name);
        strbuf_append(out, i + 1 < command_count ? " (1),\n" : " (1)\n");
    }
}

void man_program(struct strbuf *out, const struct man_edition *edition)
{
    begin(out, edition, "clprof");
    append_name(out, "clprof", "find channel thrashing in convnets");
    roff_section(out, "SYNOPSIS");
    strbuf_append(out, "\\fBclprof\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.br\n"
                       "\\fBclprof help\\fR [\\fICOMMAND\\fR]\n.br\n\\fBclprof \\-\\-version\\fR\n");
    roff_section(out, "DESCRIPTION");
    roff_paragraphs(out,
                    "clprof finds operators that force a convnet's tensors from channels-last (NHWC) to contiguous (NCHW) and "
                    "back, and so throw away the speed that channels-last with mixed precision should have brought. It trains "
                    "the model itself, or watches a PyTorch job, or reads another profiler's trace; it records every operator, "
                    "kernel and layout conversion in an SQLite database, and says which operator is to blame, where, what it "
                    "costs, and what to change.\n\n"
                    "`clprof COMMAND -h` and clprof-COMMAND(1) tell a command's options.");
    append_commands(out);
    roff_section(out, "EXIT STATUS");
    for EACH(exit_codes, row)
        append_entry(out, row->name, row->text);
    strbuf_append(out, ".PP\n\\fBclprof run\\fR ends with its command's exit code.\n");
    roff_section(out, "ENVIRONMENT");
    for EACH(environment, row)
        append_entry(out, row->name, row->text);
    roff_section(out, "FILES");
    for EACH(files, row)
        append_entry(out, row->name, row->text);
    append_see_also(out);
}
