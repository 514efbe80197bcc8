/* Options from an array: one parser per kind in a table, so that a default and a given value go the same way. */
#include "base/options.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h" /* names_nearest: for unknown options */
#include "base/wrap.h"

const char *option_shape(const struct option *option)
{
    return option->value_name ? option->value_name : option->choices ? option->choices : "VALUE";
}

/* " from 1 to 64", or nothing for an option without bounds. */
static void append_bounds(struct strbuf *out, const struct option *option)
{
    if (option->low != 0 || option->high != 0)
        strbuf_printf(out, " from %.15g to %.15g", option->low, option->high);
}

static enum status refuse(const struct option *option, const char *text, const char *expected, bool bounded)
{
    struct strbuf bounds;
    strbuf_init(&bounds);
    if (bounded)
        append_bounds(&bounds, option);
    enum status status = FAIL(USAGE, "--%s: '%s' is not allowed; give %s%s", option->name, text, expected, bounds.text);
    strbuf_release(&bounds);
    return status;
}

static bool within_bounds(const struct option *option, double value)
{
    return (option->low == 0 && option->high == 0) || (value >= option->low && value <= option->high);
}

/* A whole decimal number that ends at `end_character`; *end is left behind it. */
static bool read_int(const char *text, char end_character, int64_t *value, const char **end)
{
    char *stop;
    errno = 0;
    long long parsed = strtoll(text, &stop, 10);
    if (stop == text || *stop != end_character || errno || text[0] == ' ' || text[0] == '+')
        return false;
    *value = parsed;
    *end = stop;
    return true;
}

static enum status set_flag(const struct option *option, void *member, const char *text)
{
    (void)option;
    *(bool *)member = text != NULL;
    return STATUS_OK;
}

static enum status set_int(const struct option *option, void *member, const char *text)
{
    const char *end;
    int64_t value = 0;
    if (text && (!read_int(text, '\0', &value, &end) || !within_bounds(option, (double)value)))
        return refuse(option, text, "a whole number", true);
    *(int64_t *)member = value;
    return STATUS_OK;
}

static enum status set_number(const struct option *option, void *member, const char *text)
{
    char *end = NULL;
    double value = text ? strtod(text, &end) : 0;
    if (text && (end == text || *end || text[0] == ' ' || !isfinite(value) || !within_bounds(option, value)))
        return refuse(option, text, "a number", true);
    *(double *)member = value;
    return STATUS_OK;
}

static enum status set_text(const struct option *option, void *member, const char *text)
{
    (void)option;
    *(const char **)member = text;
    return STATUS_OK;
}

static enum status set_choice(const struct option *option, void *member, const char *text)
{
    int number = 0;
    if (!text) {
        *(int *)member = 0;
        return STATUS_OK;
    }
    for (const char *choice = option->choices; *choice; number++) {
        size_t length = strcspn(choice, "|");
        if (strlen(text) == length && memcmp(choice, text, length) == 0) {
            *(int *)member = number;
            return STATUS_OK;
        }
        choice += length + (choice[length] == '|');
    }
    return refuse(option, text, option->choices, false);
}

static enum status set_pair(const struct option *option, void *member, const char *text)
{
    int64_t *pair = member, value[2] = {0, 0};
    const char *end;
    if (text && (!read_int(text, ':', &value[0], &end) || !read_int(end + 1, '\0', &value[1], &end) ||
                 !within_bounds(option, (double)value[0]) || !within_bounds(option, (double)value[1])))
        return refuse(option, text, "two whole numbers written A:B, each", true);
    pair[0] = value[0];
    pair[1] = value[1];
    return STATUS_OK;
}

/* By kind. `text` NULL means unset. */
static enum status (*const setters[])(const struct option *option, void *member, const char *text) = {
    [OPTION_FLAG] = set_flag, [OPTION_INT] = set_int,       [OPTION_NUMBER] = set_number,
    [OPTION_TEXT] = set_text, [OPTION_CHOICE] = set_choice, [OPTION_PAIR] = set_pair,
};

static enum status set_option(const struct option *option, void *target, const char *text, bool given)
{
    TRY(setters[option->kind](option, (char *)target + option->offset, text));
    if (option->given_offset)
        *(bool *)((char *)target + option->given_offset) = given;
    return STATUS_OK;
}

static const struct option *find_long(const struct option *options, const char *name, size_t length)
{
    for (const struct option *option = options; option && option->name; option++)
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static const struct option *find_short(const struct option *options, char letter)
{
    for (const struct option *option = options; option && option->name; option++)
        if (letter && option->letter == letter)
            return option;
    return NULL;
}

/* "unknown option --bacth; near: --batch" */
static enum status refuse_unknown(const struct option *options, const char *argument)
{
    enum { MOST = 128 };
    const char *names[MOST];
    size_t count = 0, word = strcspn(argument, "=");
    struct strbuf given, near;

    strbuf_init(&given);
    strbuf_init(&near);
    strbuf_append_bytes(&given, argument, word);
    for (const struct option *option = options; option && option->name && count < MOST; option++)
        names[count++] = option->name;
    size_t found = names_nearest(&near, given.text + strspn(given.text, "-"), names, count, 3);
    enum status status = found ? FAIL(USAGE, "unknown option %s; near: %s; -h lists all", given.text, near.text)
                               : FAIL(USAGE, "unknown option %s; -h lists all", given.text);
    strbuf_release(&near);
    strbuf_release(&given);
    return status;
}

/* One argument that begins with a dash, at argv[*at]; *at is left on the last argument used. */
static enum status parse_option(const struct option *options, void *target, int argc, char **argv, int *at)
{
    const char *argument = argv[*at], *value = NULL;
    const struct option *option;

    if (argument[1] == '-') {
        size_t length = strcspn(argument + 2, "=");
        option = find_long(options, argument + 2, length);
        if (argument[2 + length] == '=')
            value = argument + 2 + length + 1;
    } else {
        option = argument[2] ? NULL : find_short(options, argument[1]);
    }
    if (!option)
        return refuse_unknown(options, argument);
    if (option->kind == OPTION_FLAG) {
        if (value)
            return FAIL(USAGE, "--%s takes no value, '%s' was given; leave it out", option->name, value);
        return set_option(option, target, "", true);
    }
    if (!value && *at + 1 >= argc)
        return FAIL(USAGE, "--%s needs a value: --%s %s", option->name, option->name, option_shape(option));
    if (!value)
        value = argv[++*at];
    return set_option(option, target, value, true);
}

enum status options_parse(const struct option *options, void *target, int argc, char **argv, int *positional,
                          bool *help)
{
    bool ended = false;

    *positional = 0;
    *help = false;
    for (const struct option *option = options; option && option->name; option++)
        TRY(set_option(option, target, option->initial, false));

    for (int i = 1; i < argc; i++) {
        char *argument = argv[i];
        if (ended || argument[0] != '-' || !argument[1]) {
            argv[++*positional] = argument;
        } else if (strcmp(argument, "--") == 0) {
            ended = true;
        } else if (strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0) {
            *help = true;
            return STATUS_OK;
        } else {
            TRY(parse_option(options, target, argc, argv, &i));
        }
    }
    return STATUS_OK;
}

void option_left(struct strbuf *out, const struct option *option)
{
    if (option->letter)
        strbuf_printf(out, "  -%c, --%s", option->letter, option->name);
    else
        strbuf_printf(out, "      --%s", option->name);
    if (option->kind != OPTION_FLAG)
        strbuf_printf(out, " %s", option_shape(option));
}

void option_right(struct strbuf *out, const struct option *option)
{
    strbuf_append(out, option->help);
    if (option->kind == OPTION_CHOICE && option->value_name)
        strbuf_printf(out, ": %s", option->choices);
    if (option->initial)
        strbuf_printf(out, " (default %s)", option->initial);
}

/* The widest left side that still leaves its help on the same line. */
#define LEFT_MOST 30

void options_help(struct strbuf *out, const struct option *options)
{
    struct strbuf left, right;
    size_t width = 0;

    strbuf_init(&left);
    strbuf_init(&right);
    for (const struct option *option = options; option && option->name; option++) {
        strbuf_clear(&left);
        option_left(&left, option);
        if (left.length > width && left.length <= LEFT_MOST)
            width = left.length;
    }
    for (const struct option *option = options; option && option->name; option++) {
        strbuf_clear(&left);
        strbuf_clear(&right);
        option_left(&left, option);
        option_right(&right, option);
        if (left.length > width)
            strbuf_printf(out, "%s\n%*s", left.text, (int)width + 2, "");
        else
            strbuf_printf(out, "%-*s  ", (int)width, left.text);
        wrap_append(out, right.text, width + 2, width + 2);
    }
    strbuf_release(&right);
    strbuf_release(&left);
}
