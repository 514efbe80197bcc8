/*
 * A command is one cmd_x.c of at most 200 lines that ends in one const row like this; clprof.c lists the rows.
 *
 * To add a command: write folder/cmd_x.c in the highest folder it uses, add its row to the list in clprof.c, a golden
 * test in tests/cli and a line to README's list. tests/cli checks that every row answers -h.
 */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include "base/options.h"

struct command {
    const char *name;            /* "train" */
    const char *arguments;       /* "MODEL", "TRACE [SQL]" for the usage line */
    const char *summary;         /* one line for `clprof -h` */
    const struct option *options; /* NULL = none */
    /* argv[0] is the command's name. Returns the process exit code; prints its own failures with command_failed. */
    int (*run)(const struct command *self, int argc, char **argv);
};

/*
 * What every command does first: parses, and answers -h on stdout. Returns -1 to go on, or an exit code to return.
 * *positional gets the number of positional arguments, which stand in argv[1..*positional]; fewer than `least` or more
 * than `most` is a usage failure.
 */
int command_begin(const struct command *self, void *target, int argc, char **argv, int least, int most, int *positional);

/* Prints "clprof NAME: <status_message>" on stderr and returns the exit code of `code`. */
int command_failed(const struct command *self, enum status code);

#endif
