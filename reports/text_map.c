/* The layout map of a text report: one letter a module in order of execution, so that thrash shows as stripes. */
#include "reports/text_findings.h"

#include <string.h>

#include "reports/text.h"

struct letter {
    const char *format, *letter;
    enum text_colour colour;
};

/* The format that a module gives; other words and NULL are the last row. */
static const struct letter letters[] = {
    {"channels_last", "L", TEXT_GREEN}, {"contiguous", "C", TEXT_RED},  {"either", "-", TEXT_PLAIN},
    {"blocked", "B", TEXT_YELLOW},      {"strided", "S", TEXT_YELLOW},  {NULL, ".", TEXT_PLAIN},
};

static const struct letter *letter_of(const char *format)
{
    const struct letter *at = letters;

    while (at->format != NULL && (format == NULL || strcmp(at->format, format) != 0))
        at++;
    return at;
}

/* A colour is switched where it changes, not at each letter. */
static void put_letters(const struct table *map, const char *column, FILE *out)
{
    enum text_colour now = TEXT_PLAIN;
    size_t used = 0;

    for (size_t i = 0; i < map->rows; i++) {
        const struct letter *letter = letter_of(table_text(map, i, column));

        if (used == TEXT_WIDTH - 10) {
            fputs("\n          ", out);
            used = 0;
        }
        if (letter->colour != now)
            text_colour(out, letter->colour);
        now = letter->colour;
        fputs(letter->letter, out);
        used++;
    }
    if (now != TEXT_PLAIN)
        text_colour(out, TEXT_PLAIN);
    fputc('\n', out);
}

static bool is_known(const struct table *map, const char *column)
{
    for (size_t i = 0; i < map->rows; i++)
        if (table_text(map, i, column) != NULL)
            return true;
    return false;
}

void text_map(const struct report *report, FILE *out)
{
    static const struct {
        const char *label, *column;
    } sides[] = {{"forward", "forward_format"}, {"backward", "backward_format"}};
    const struct table *map = &report->section[SECTION_layout_map];

    if (!is_known(map, "forward_format") && !is_known(map, "backward_format"))
        return;
    text_colour(out, TEXT_BOLD);
    fputs("\nLayout map: what each module gives, in order of execution\n", out);
    text_colour(out, TEXT_PLAIN);
    for (size_t side = 0; side < sizeof sides / sizeof *sides; side++) {
        if (!is_known(map, sides[side].column))
            continue;
        fprintf(out, "%-10s", sides[side].label);
        put_letters(map, sides[side].column, out);
    }
    fputs("          L channels_last, C contiguous, - either, B blocked, S strided, . other\n", out);
    double places = table_number(map, 0, "places");
    if (places > (double)map->rows)
        fprintf(out, "          the first %zu of %.0f places\n", map->rows, places);
}
