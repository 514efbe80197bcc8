/*
 * Command-line options: one array entry each; parsing, defaults, checks and -h come from the array.
 *
 * To add an option: add one row to the command's array, one member to the struct it fills.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/strbuf.h"

enum option_kind {
    OPTION_FLAG,   /* bool; no value */
    OPTION_INT,    /* int64_t; .low <= value <= .high */
    OPTION_NUMBER, /* double; .low <= value <= .high */
    OPTION_TEXT,   /* const char *; borrowed from argv */
    OPTION_CHOICE, /* int: index into .choices ("a|b|c") */
    OPTION_PAIR    /* int64_t[2] written "A:B"; each .low <= value <= .high */
};

struct option {
    const char *name;       /* long name without dashes: "batch" */
    char letter;            /* short name, 0 = none: 'o' */
    enum option_kind kind;
    size_t offset;          /* offsetof the member in the command's options struct */
    const char *value_name; /* shown in -h, and what shells complete (shell/words.c): "N", "TRACE"; NULL for flags */
    const char *choices;    /* OPTION_CHOICE only: "auto|fp16|bf16|off" */
    const char *initial;    /* default as text, NULL = zero/unset; shown in -h when not NULL */
    double low, high;       /* bounds for INT, NUMBER, PAIR; ignored when both are 0 */
    const char *help;       /* one line */
    size_t given_offset;    /* offsetof a bool set to true when the option was given; 0 = not wanted */
};

#define OPTION_END {0}

/*
 * Fills `target` (defaults, then argv[1..argc-1]). Positional arguments are moved to the front of argv, their number goes
 * to *positional. "--name=value", "--name value", "-o value"; "--" ends options; "-h"/"--help" sets *help. Fails with
 * USAGE naming the option, the value, what is allowed, and the nearest option names for an unknown one.
 */
enum status options_parse(const struct option *options, void *target, int argc, char **argv, int *positional,
                          bool *help);

/* Appends the option table, aligned, with choices and defaults, in lines of at most 80 columns. */
void options_help(struct strbuf *out, const struct option *options);

/*
 * The two sides of an option's row, for whoever shows it in another form: "  -o, --output TRACE" and
 * "the trace to write (default trace.db)"; what stands for the value alone: its name or its choices.
 */
void option_left(struct strbuf *out, const struct option *option);
void option_right(struct strbuf *out, const struct option *option);
const char *option_shape(const struct option *option);

#endif
