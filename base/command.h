/*
 * A command is one cmd_x.c of at most 200 lines that ends in one const row like this; clprof.c lists the rows.
 *
 * To add a command: write commands/cmd_x.c, add its row to commands/commands.def, a golden test in tests/cli and a line
 * to README's list. -h, man page and completions come from the row; tests/shell checks that it has an example.
 */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include "base/options.h"

struct command_example {
    const char *line; /* as typed, one line: "clprof report trace.db" */
    const char *what; /* what it does or shows, a sentence without a dot */
};

#define COMMAND_EXAMPLES 5

struct command {
    const char *name;            /* "train" */
    const char *arguments;       /* "MODEL", "TRACE [SQL]" for the usage line */
    const char *summary;         /* one line for `clprof -h` */
    const struct option *options; /* NULL = none */
    /* argv[0] is the command's name. Returns the process exit code; prints its own failures with command_failed. */
    int (*run)(const struct command *self, int argc, char **argv);
    /* What -h and the man page say beyond the summary: paragraphs parted by an empty line, broken by whoever shows them. */
    const char *about;
    struct command_example examples[COMMAND_EXAMPLES]; /* ended by a row of zeros or by the array */
};

/*
 * What every command does first: parses, and answers -h on stdout. Returns -1 to go on, or an exit code to return.
 * *positional gets the number of positional arguments, which stand in argv[1..*positional]; fewer than `least` or more
 * than `most` is a usage failure.
 */
int command_begin(const struct command *self, void *target, int argc, char **argv, int least, int most, int *positional);

/* What -h prints, in lines of at most 80 columns. */
void command_help(struct strbuf *out, const struct command *self);

/* Prints "clprof NAME: <status_message>" on stderr and returns the exit code of `code`. */
int command_failed(const struct command *self, enum status code);

#endif
