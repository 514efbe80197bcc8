/* Text for terminals, see text.h. */
#include "reports/text.h"

#include <math.h>
#include <string.h>

#include "reports/utf8.h"

void text_safe(struct strbuf *out, const char *text)
{
    while (*text != '\0') {
        char bytes[4];
        uint32_t code;

        text += utf8_decode(text, &code);
        if (code == '\n')
            strbuf_append(out, "\\n");
        else if (code == '\t')
            strbuf_append(out, "\\t");
        else if (code < 0x20 || (code >= 0x7F && code < 0xA0))
            strbuf_printf(out, "\\x%02x", (unsigned)code);
        else
            strbuf_append_bytes(out, bytes, utf8_encode(code, bytes));
    }
}

size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
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

static void append_blanks(struct strbuf *out, size_t count)
{
    strbuf_printf(out, "%*s", (int)count, "");
}

/* The first `width` characters, the last of them an ellipsis when something was cut. */
static void append_cut(struct strbuf *out, const char *text, size_t width)
{
    size_t bytes = 0;

    for (size_t shown = 0; shown + 1 < width; shown++) {
        uint32_t code;

        bytes += utf8_decode(text + bytes, &code);
    }
    strbuf_append_bytes(out, text, bytes);
    strbuf_append(out, "…");
}

static void append_column(struct strbuf *out, const struct text_column *column, const char *cell)
{
    size_t width = (size_t)column->width, needed;
    struct strbuf safe;

    strbuf_init(&safe);
    text_safe(&safe, cell == NULL ? "-" : cell);
    needed = text_width(safe.text);
    if (column->right && needed < width)
        append_blanks(out, width - needed);
    if (needed > width && !column->right)
        append_cut(out, safe.text, width);
    else
        strbuf_append(out, safe.text);
    if (!column->right && needed < width)
        append_blanks(out, width - needed);
    strbuf_release(&safe);
}

void text_row(FILE *out, const struct text_column *columns, size_t count, const char *const *cells)
{
    struct strbuf line;

    strbuf_init(&line);
    for (size_t i = 0; i < count; i++) {
        append_column(&line, &columns[i], cells[i]);
        strbuf_append(&line, i + 1 < count ? "  " : "");
    }
    while (line.length > 0 && line.text[line.length - 1] == ' ')
        line.length--;
    fprintf(out, "%.*s\n", (int)line.length, line.text);
    strbuf_release(&line);
}

void text_titles(FILE *out, const struct text_column *columns, size_t count)
{
    const char *titles[32];

    for (size_t i = 0; i < count && i < 32; i++)
        titles[i] = columns[i].title;
    text_row(out, columns, count, titles);
}

void text_wrap(FILE *out, const char *first, const char *text)
{
    size_t indent = text_width(first), used = indent;
    bool line_open = false;

    fputs(first, out);
    while (*(text += strspn(text, " \n\t\r")) != '\0') {
        size_t bytes = strcspn(text, " \n\t\r");
        struct strbuf word;

        strbuf_init(&word);
        strbuf_append_bytes(&word, text, bytes);
        if (line_open && used + 1 + text_width(word.text) > TEXT_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            used = indent;
            line_open = false;
        }
        used += text_width(word.text) + line_open;
        fprintf(out, "%s%s", line_open ? " " : "", word.text);
        line_open = true;
        text += bytes;
        strbuf_release(&word);
    }
    fputc('\n', out);
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
