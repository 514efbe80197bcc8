/* Words of the trace, looked up in lists. */
#include "analysis/terms.h"

#include <stddef.h>
#include <string.h>

struct term {
    const char *word;
    int value;
};

static const struct term orders[] = {
    {"contiguous", ORDER_CONTIGUOUS}, {"channels_last", ORDER_CHANNELS_LAST},
    {"either", ORDER_NONE},           {"blocked", ORDER_BLOCKED},
    {"strided", ORDER_STRIDED},       {NULL, ORDER_UNKNOWN},
};
static const struct term causes[] = {
    {"input", CAUSE_INPUT},   {"operator", CAUSE_OPERATOR}, {"explicit", CAUSE_EXPLICIT},   {"library", CAUSE_LIBRARY},
    {"weight", CAUSE_WEIGHT}, {"gradient", CAUSE_GRADIENT}, {"optimizer", CAUSE_OPTIMIZER}, {NULL, CAUSE_UNKNOWN},
};
static const struct term phases[] = {
    {"data", PHASE_DATA},           {"forward", PHASE_FORWARD}, {"backward", PHASE_BACKWARD},
    {"optimizer", PHASE_OPTIMIZER}, {NULL, PHASE_UNKNOWN},
};

static int look_up(const struct term *term, const char *word)
{
    while (term->word && (!word || strcmp(term->word, word) != 0))
        term++;
    return term->value;
}

int rank_of(const char *shape)
{
    int commas = 0, digits = 0;
    for (; shape && *shape; shape++) {
        commas += *shape == ',';
        digits += *shape >= '0' && *shape <= '9';
    }
    return digits ? commas + 1 : 0;
}

enum order order_of(const char *memory_format, const char *shape)
{
    /* A 2-D tensor has one order, a 3-D or 5-D view may carry that of a 4-D one. */
    if (!memory_format && shape && rank_of(shape) <= 2)
        return ORDER_NONE;
    return (enum order)look_up(orders, memory_format);
}

enum cause cause_of(const char *text)
{
    return (enum cause)look_up(causes, text);
}

enum phase phase_of(const char *text)
{
    return (enum phase)look_up(phases, text);
}

const char *phase_name(unsigned set)
{
    for (const struct term *term = phases; term->word; term++) {
        if ((unsigned)term->value == set)
            return term->word;
    }
    return NULL;
}
