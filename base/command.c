/* What every command does before and after its own work. Part of the command layer: it prints. */
#include "base/command.h"

#include <stdio.h>

#include "base/utf8.h"
#include "base/wrap.h"

static void append_examples(struct strbuf *out, const struct command *self)
{
    const struct command_example *example = self->examples;

    if (example->line)
        strbuf_append(out, "\nExamples:\n");
    for (; example < self->examples + COMMAND_EXAMPLES && example->line; example++) {
        strbuf_printf(out, "  %s\n      ", example->line);
        wrap_append(out, example->what, 6, 6);
    }
}

void command_help(struct strbuf *out, const struct command *self)
{
    bool options = self->options && self->options->name;
    bool arguments = self->arguments && *self->arguments;

    strbuf_printf(out, "usage: clprof %s%s%s%s\n\n", self->name, options ? " [OPTIONS]" : "", arguments ? " " : "",
                  arguments ? self->arguments : "");
    wrap_append(out, self->summary, 0, 0);
    if (self->about) {
        strbuf_append(out, "\n");
        wrap_append(out, self->about, 0, 0);
    }
    if (options) {
        strbuf_append(out, "\nOptions:\n");
        options_help(out, self->options);
    }
    append_examples(out, self);
}

static void print_help(const struct command *self)
{
    struct strbuf text;

    strbuf_init(&text);
    command_help(&text, self);
    fputs(text.text, stdout);
    strbuf_release(&text);
}

int command_begin(const struct command *self, void *target, int argc, char **argv, int least, int most, int *positional)
{
    bool help;
    enum status status = options_parse(self->options, target, argc, argv, positional, &help);

    if (status != STATUS_OK)
        return command_failed(self, status);
    if (help) {
        print_help(self);
        return status_exit_code(STATUS_OK);
    }
    if (*positional < least)
        return command_failed(self, FAIL(USAGE, "too few arguments: write clprof %s %s", self->name,
                                         self->arguments ? self->arguments : ""));
    if (*positional > most)
        return command_failed(self, FAIL(USAGE, "'%s' is one argument too many: write clprof %s %s", argv[most + 1],
                                         self->name, self->arguments ? self->arguments : ""));
    return -1;
}

int command_failed(const struct command *self, enum status code)
{
    const char *message = status_message();
    struct strbuf text;

    /* Messages name files, and words of traces: whatever they hold, it is one line and no more than text. */
    strbuf_init(&text);
    utf8_printable(&text, *message ? message : status_text(code));
    fflush(stdout);
    fprintf(stderr, "clprof %s: %s\n", self->name, text.text);
    strbuf_release(&text);
    return status_exit_code(code);
}
