/* Prefix, optional parts, then fields by the template. */
#define _GNU_SOURCE /* memmem */
#include "importers/onednn/line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_CALL_MS 1e9           /* eleven days */
#define LATEST_MS 4102444800000       /* the year 2100 */

bool text_is(struct text text, const char *wanted)
{
    return strlen(wanted) == (size_t)text.length && memcmp(text.at, wanted, (size_t)text.length) == 0;
}

bool text_starts(struct text text, const char *start)
{
    return strlen(start) <= (size_t)text.length && memcmp(text.at, start, strlen(start)) == 0;
}

struct text text_part(struct text *rest, char separator)
{
    const char *found = rest->length ? memchr(rest->at, separator, (size_t)rest->length) : NULL;
    struct text part = {rest->at, found ? (int)(found - rest->at) : rest->length};
    int taken = part.length + (found != NULL);
    rest->at += taken;
    rest->length -= taken;
    return part;
}

const char *line_prefix(struct text line, int *length)
{
    static const char *const prefixes[] = {"onednn_verbose,", "mkldnn_verbose,", "dnnl_verbose,"};
    const char *tail = line.length ? memmem(line.at, (size_t)line.length, "_verbose,", 9) : NULL;
    for (size_t i = 0; tail && i < sizeof prefixes / sizeof prefixes[0]; i++) {
        int before = (int)strlen(prefixes[i]) - 9;
        if (tail - line.at >= before && memcmp(tail - before, prefixes[i], (size_t)before) == 0) {
            *length = before + 9;
            return tail - before;
        }
    }
    return NULL;
}

static enum verbose_field field_of(struct text name)
{
    static const char *const names[FIELD_COUNT] = {
        [FIELD_OPERATION] = "operation", [FIELD_ENGINE] = "engine", [FIELD_PRIMITIVE] = "primitive",
        [FIELD_IMPLEMENTATION] = "implementation", [FIELD_PROP_KIND] = "prop_kind",
        [FIELD_DESCRIPTORS] = "memory_descriptors", [FIELD_ATTRIBUTES] = "attributes", [FIELD_AUXILIARY] = "auxiliary",
        [FIELD_PROBLEM] = "problem_desc", [FIELD_TIME] = "exec_time",
    };
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (text_is(name, names[i]))
            return (enum verbose_field)i;
    }
    return FIELD_OTHER;
}

/* "operation,engine,...": a template without what every execution has is none. */
static void read_template(struct text names, struct verbose_template *order)
{
    struct verbose_template made = {.fields = 0};
    unsigned seen = 0;
    while (names.length && made.fields < TEMPLATE_FIELDS) {
        struct text name = text_part(&names, ',');
        if (text_is(name, "timestamp"))
            continue;
        enum verbose_field field = field_of(name);
        seen |= 1u << field;
        made.field[made.fields++] = (uint8_t)field;
    }
    unsigned needed = 1u << FIELD_OPERATION | 1u << FIELD_PRIMITIVE | 1u << FIELD_DESCRIPTORS | 1u << FIELD_TIME;
    if ((seen & needed) == needed)
        *order = made;
}

/* Orders of the versions that print no header, by number of fields. */
static const struct verbose_template *template_by_count(int count)
{
    static const struct verbose_template known[] = {
        {{FIELD_OPERATION, FIELD_PRIMITIVE, FIELD_IMPLEMENTATION, FIELD_PROP_KIND, FIELD_DESCRIPTORS, FIELD_AUXILIARY,
          FIELD_PROBLEM, FIELD_TIME}, 8},
        {{FIELD_OPERATION, FIELD_ENGINE, FIELD_PRIMITIVE, FIELD_IMPLEMENTATION, FIELD_PROP_KIND, FIELD_DESCRIPTORS,
          FIELD_AUXILIARY, FIELD_PROBLEM, FIELD_TIME}, 9},
        {{FIELD_OPERATION, FIELD_ENGINE, FIELD_PRIMITIVE, FIELD_IMPLEMENTATION, FIELD_PROP_KIND, FIELD_DESCRIPTORS,
          FIELD_ATTRIBUTES, FIELD_AUXILIARY, FIELD_PROBLEM, FIELD_TIME}, 10},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].fields == count)
            return &known[i];
    }
    return NULL;
}

static bool all_digits(struct text text)
{
    for (int i = 0; i < text.length; i++) {
        if (!isdigit((unsigned char)text.at[i]))
            return false;
    }
    return text.length > 0;
}

/* Milliseconds as %g writes them, with the decimal sign of any locale. */
static bool read_ms(struct text text, double *ms)
{
    char copy[48], *end;
    if (text.length == 0 || text.length >= (int)sizeof copy || !isdigit((unsigned char)text.at[0]))
        return false;
    memcpy(copy, text.at, (size_t)text.length);
    copy[text.length] = 0;
    for (char *at = copy; *at; at++)
        *at = *at == ',' ? '.' : *at;
    *ms = strtod(copy, &end);
    return *end == 0 && *ms >= 0 && *ms <= LONGEST_CALL_MS;
}

/* "1795375683031.982910": milliseconds since the epoch, to nanoseconds without the rounding of a double. */
static int64_t read_timestamp(struct text text)
{
    struct text rest = text, whole = text_part(&rest, '.');
    int64_t ns = 0, unit = 1000000;
    if (whole.length > 13 || !all_digits(whole) || (rest.length && !all_digits(rest)))
        return -1;
    for (int i = 0; i < whole.length; i++)
        ns = ns * 10 + (whole.at[i] - '0');
    if (ns > LATEST_MS)
        return -1;
    ns *= unit;
    for (int i = 0; i < rest.length && unit > 1; i++)
        ns += (rest.at[i] - '0') * (unit /= 10);
    return ns;
}

/* Splits what is left; a time in a locale with a comma makes one field more. Returns how many, -1 = too many. */
static int split(struct text rest, int wanted, struct text *field)
{
    int count = 0;
    for (bool more = true; more; count++) {
        if (count == TEMPLATE_FIELDS)
            return -1;
        const char *end = rest.at + rest.length;
        field[count] = text_part(&rest, ',');
        more = field[count].at + field[count].length < end;
    }
    if (count == wanted + 1 && all_digits(field[count - 1]) && all_digits(field[count - 2])) {
        field[count - 2].length += 1 + field[count - 1].length;
        count--;
    }
    return count;
}

static bool read_exec(struct text rest, bool oldest, const struct verbose_template *order, struct verbose_line *out)
{
    struct text field[TEMPLATE_FIELDS];
    double ms;
    int count = split(rest, order->fields ? order->fields : oldest ? 8 : TEMPLATE_FIELDS, field);
    if (!order->fields)
        order = template_by_count(count);
    if (!order || count != order->fields)
        return false;
    for (int i = 0; i < count; i++) {
        if (order->field[i] < FIELD_COUNT)
            out->field[order->field[i]] = field[i];
    }
    if (!read_ms(out->field[FIELD_TIME], &ms))
        return false;
    out->dur_ns = (int64_t)(ms * 1e6 + 0.5);
    return out->field[FIELD_PRIMITIVE].length > 0;
}

/* "v1", "v2": the version of the log's format. */
static void skip_version(struct text *rest)
{
    struct text after = *rest, part = text_part(&after, ',');
    struct text number = {part.at + 1, part.length - 1};
    if (part.length > 1 && part.at[0] == 'v' && all_digits(number))
        *rest = after;
}

static void read_info(struct text rest, struct verbose_template *order, struct verbose_line *out)
{
    out->kind = LINE_INFO;
    out->field[0] = rest;
    struct text names = rest;
    text_part(&names, ':');
    if (text_starts(rest, "template:") || text_starts(rest, "prim_template:"))
        read_template(names, order);
}

void line_read(struct text line, struct verbose_template *order, struct verbose_line *out)
{
    int length;
    const char *prefix = line_prefix(line, &length);
    *out = (struct verbose_line){.start_ns = -1};
    if (!prefix)
        return;
    out->kind = LINE_OTHER;
    struct text rest = {prefix + length, (int)(line.at + line.length - prefix) - length};
    skip_version(&rest);
    struct text after = rest, part = text_part(&after, ',');
    out->start_ns = read_timestamp(part);
    if (out->start_ns >= 0)
        rest = after;
    after = rest;
    if (text_is(text_part(&after, ','), "primitive"))
        rest = after;
    after = rest;
    part = text_part(&after, ',');
    if (text_is(part, "info"))
        read_info(after, order, out);
    else if (text_is(part, "exec"))
        out->kind = read_exec(rest, *prefix == 'm', order, out) ? LINE_EXEC : LINE_BROKEN;
}
