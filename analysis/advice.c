/* What to change in the PyTorch program: rows of advice.tsv, "operator<TAB>situation<TAB>text<TAB>source". */
#include <string.h>

#include "analysis/analysis_int.h"
#include "base/embed.h"

extern const struct embedded_text analysis_files[];

/* The first that applies decides. */
static const struct {
    enum situation situation;
    const char *name;
} situations[] = {
    {SITUATION_SET, "set"},           {SITUATION_LIBRARY, "library"}, {SITUATION_EXPLICIT, "explicit"},
    {SITUATION_TRIP, "trip"},         {SITUATION_INPUT, "input"},     {SITUATION_BORN, "born"},
    {SITUATION_ONE_WAY, "one_way"},   {SITUATION_UNPAIRED, "unpaired"}, {SITUATION_WEIGHT, "weight"},
    {SITUATION_SLOW_KERNEL, "slow_kernel"},
};

/* Length of the field at `text`. */
static size_t field(const char *text)
{
    return strcspn(text, "\t\n");
}

static bool field_is(const char *text, const char *word)
{
    return field(text) == strlen(word) && strncmp(text, word, field(text)) == 0;
}

/* The text of the row for an operator and a situation; NULL when there is none. */
static const char *find_row(const char *table, const char *op_name, const char *situation)
{
    for (const char *line = table; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *second = line + field(line);
        if (*line == '#' || *second != '\t' || !field_is(line, op_name) || !field_is(second + 1, situation))
            continue;
        return second + 1 + field(second + 1) + 1;
    }
    return NULL;
}

const char *advice_situation(unsigned set)
{
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        if (set & situations[i].situation)
            return situations[i].name;
    }
    return NULL;
}

void advice_append(struct strbuf *out, const char *op_name, const char *situation)
{
    const char *table = embed_find(analysis_files, "advice.tsv");
    const char *text = table ? find_row(table, op_name, situation) : NULL;

    if (table && !text)
        text = find_row(table, "*", situation);
    if (text)
        strbuf_append_bytes(out, text, field(text));
}
