/* Text for terminals, see text.h. */
#include "reports/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

static bool has_colour(FILE *out)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    int descriptor = fileno(out); /* -1 for a stream that is no file */

    return descriptor >= 0 && isatty(descriptor) && (none == NULL || *none == '\0') && terminal != NULL &&
           *terminal != '\0' && strcmp(terminal, "dumb") != 0;
}

void text_colour(FILE *out, enum text_colour colour)
{
    /* Of the 16 colours that every terminal has, and that its owner has chosen to be readable. */
    static const char *const codes[] = {
        [TEXT_PLAIN] = "0", [TEXT_BOLD] = "1", [TEXT_RED] = "1;31", [TEXT_YELLOW] = "33", [TEXT_GREEN] = "32"};

    if (has_colour(out))
        fprintf(out, "\x1b[%sm", codes[colour]);
}

enum text_colour text_verdict_colour(const char *verdict)
{
    static const struct {
        const char *verdict;
        enum text_colour colour;
    } colours[] = {{"thrash", TEXT_RED},         {"library", TEXT_RED},    {"new", TEXT_RED},
                   {"worse", TEXT_RED},          {"FAIL", TEXT_RED},       {"slow_kernel", TEXT_YELLOW},
                   {"unknown", TEXT_YELLOW},     {"clean", TEXT_GREEN},    {"fixed", TEXT_GREEN},
                   {"better", TEXT_GREEN},       {"ok", TEXT_GREEN}};

    for (size_t i = 0; verdict != NULL && i < sizeof colours / sizeof *colours; i++)
        if (strcmp(colours[i].verdict, verdict) == 0)
            return colours[i].colour;
    return TEXT_PLAIN;
}

const char *number_fixed(char buffer[32], double value, int decimals)
{
    double least = 0.5 * pow(10, -decimals);

    if (!isfinite(value))
        return strcpy(buffer, "-");
    if (value > 0 && value < least)
        snprintf(buffer, 32, "<%.*f", decimals, 2 * least);
    else
        snprintf(buffer, 32, "%.*f", decimals, value);
    return buffer;
}

const char *number_short(char buffer[32], double value)
{
    int decimals = 2;

    if (!isfinite(value))
        return strcpy(buffer, "-");
    if (value != 0)
        decimals = 2 - (int)floor(log10(fabs(value)));
    decimals = decimals < 0 ? 0 : decimals > 4 ? 4 : decimals;
    snprintf(buffer, 32, "%.*f", decimals, value);
    return buffer;
}

const char *number_interval(char buffer[72], double low, double high)
{
    char text_low[32], text_high[32];

    if (!isfinite(low) || !isfinite(high) || low == high)
        return strcpy(buffer, "");
    snprintf(buffer, 72, "[%s, %s]", number_short(text_low, low), number_short(text_high, high));
    return buffer;
}

/* As many characters as fit `width` columns together with an ellipsis at the end. */
static void append_cut(struct strbuf *out, const char *text, size_t width)
{
    size_t from = out->length;

    while (*text != '\0') {
        size_t before = out->length;
        uint32_t code;
        size_t bytes = utf8_decode(text, &code);

        strbuf_append_bytes(out, text, bytes);
        if (utf8_width(out->text + from) >= width) {
            out->text[out->length = before] = '\0';
            break;
        }
        text += bytes;
    }
    strbuf_append(out, "…");
}

/* The blanks left of a cell go to `out`, those right of it to *pending: they are written when something follows. */
static void put_column(FILE *out, const struct text_column *column, const char *cell, size_t *pending)
{
    enum text_colour colour = column->colour == NULL ? TEXT_PLAIN : column->colour(cell);
    size_t width = (size_t)column->width, needed;
    struct strbuf safe, shown;

    strbuf_init(&safe);
    strbuf_init(&shown);
    utf8_printable(&safe, cell);
    if (utf8_width(safe.text) > width && !column->right)
        append_cut(&shown, safe.text, width);
    else
        strbuf_append(&shown, safe.text);
    needed = utf8_width(shown.text);
    if (column->right && needed < width)
        *pending += width - needed;
    if (needed > 0) {
        fprintf(out, "%*s", (int)*pending, "");
        *pending = 0;
        if (colour != TEXT_PLAIN)
            text_colour(out, colour);
        fputs(shown.text, out);
        if (colour != TEXT_PLAIN)
            text_colour(out, TEXT_PLAIN);
    }
    if (!column->right && needed < width)
        *pending += width - needed;
    strbuf_release(&shown);
    strbuf_release(&safe);
}

/* Goes on at column `indent` of the line. */
static void wrap(FILE *out, size_t indent, const char *text)
{
    size_t used = indent;
    bool line_open = false;

    while (*(text += strspn(text, " \n\t\r")) != '\0') {
        size_t bytes = strcspn(text, " \n\t\r");
        struct strbuf word;

        if (text[bytes] == ' ' && text[bytes + 1] == '%') /* "12.3 %" is one word */
            bytes += 1 + strcspn(text + bytes + 1, " \n\t\r");

        strbuf_init(&word);
        strbuf_append_bytes(&word, text, bytes);
        if (line_open && used + 1 + utf8_width(word.text) > TEXT_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            used = indent;
            line_open = false;
        }
        used += utf8_width(word.text) + line_open;
        fprintf(out, "%s%s", line_open ? " " : "", word.text);
        line_open = true;
        text += bytes;
        strbuf_release(&word);
    }
    fputc('\n', out);
}

/* True when the cell, too wide for its column, was written on a line of its own, or on several. */
static bool put_wide(FILE *out, const struct text_column *column, const char *cell)
{
    struct strbuf safe;

    strbuf_init(&safe);
    utf8_printable(&safe, cell);
    bool wide = !column->right && utf8_width(safe.text) > (size_t)column->width;
    if (wide && utf8_width(safe.text) > TEXT_WIDTH)
        wrap(out, 0, safe.text);
    else if (wide)
        fprintf(out, "%s\n", safe.text);
    strbuf_release(&safe);
    return wide;
}

void text_row(FILE *out, const struct text_column *columns, size_t count, const char *const *cells)
{
    size_t pending = 0;

    for (size_t i = 0; i < count; i++) {
        const char *cell = cells[i] == NULL ? "-" : cells[i];

        put_column(out, &columns[i], i == 0 && put_wide(out, &columns[0], cell) ? "" : cell, &pending);
        pending += 2;
    }
    fputc('\n', out);
}

void text_titles(FILE *out, const struct text_column *columns, size_t count)
{
    const char *titles[32];

    struct text_column plain[32];

    for (size_t i = 0; i < count && i < 32; i++) {
        titles[i] = columns[i].title;
        plain[i] = columns[i];
        plain[i].colour = NULL;
    }
    text_colour(out, TEXT_BOLD);
    text_row(out, plain, count, titles);
    text_colour(out, TEXT_PLAIN);
}

void text_wrap(FILE *out, const char *first, const char *text)
{
    text_colour(out, TEXT_BOLD);
    fputs(first, out);
    text_colour(out, TEXT_PLAIN);
    wrap(out, utf8_width(first), text);
}

void text_wrap_after(FILE *out, size_t at, const char *text)
{
    struct strbuf safe;

    strbuf_init(&safe);
    utf8_printable(&safe, text);
    wrap(out, at, safe.text);
    strbuf_release(&safe);
}

void text_wrap_safe(FILE *out, const char *first, const char *text)
{
    struct strbuf safe;

    strbuf_init(&safe);
    utf8_printable(&safe, text);
    text_wrap(out, first, safe.text);
    strbuf_release(&safe);
}

void text_shell_word(struct strbuf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+@%,:=";

    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        strbuf_append(out, word);
        return;
    }
    strbuf_append(out, "'");
    for (; *word != '\0'; word++)
        if (*word == '\'')
            strbuf_append(out, "'\\''");
        else
            strbuf_append_bytes(out, word, 1);
    strbuf_append(out, "'");
}
