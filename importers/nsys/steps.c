/* Candidates by name, then one word on one thread. */
#include "importers/nsys/steps.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

#define MOST_CANDIDATES 1000000

/* What people write around a step, the surest first: what a batch is inside a step of several is for the steps above it. */
static const char *const words[] = {
    "profilerstep",  "train_step", "training_step", "train step", "training step", "global_step", "global step",
    "step",          "train_iter", "training_iteration", "train_iteration", "iteration", "iter", "train_batch",
    "train batch",   "batch",
};
#define WORDS ((int)(sizeof words / sizeof words[0]))

/* Number of the word that the text begins with, the longest; -1. */
static int find_word(const char *text, int length)
{
    int best = -1;
    for (int i = 0; i < WORDS; i++) {
        int wanted = (int)strlen(words[i]);
        if (wanted <= length && strncasecmp(text, words[i], (size_t)wanted) == 0 &&
            (best < 0 || wanted > (int)strlen(words[best])))
            best = i;
    }
    return best;
}

/* The number behind a step's word. False: something else stands there. */
static bool read_rest(const char *text, int length, int64_t *number)
{
    static const char signs[] = " #_-:=./[]()";
    int at = 0, digits;
    int64_t value = 0;
    *number = -1;
    while (at < length && strchr(signs, text[at]))
        at++;
    for (digits = 0; at < length && isdigit((unsigned char)text[at]) && digits < 18; digits++)
        value = value * 10 + (text[at++] - '0');
    while (digits && at < length && strchr(signs, text[at]))
        at++;
    if (digits)
        *number = value;
    return at == length;
}

enum status steps_add(struct steps *self, const char *text, int length, int64_t start_ns, int64_t end_ns, int64_t thread)
{
    struct step_range made = {start_ns, end_ns, thread, -1, find_word(text, length)};
    if (made.word < 0 || self->too_many)
        return STATUS_OK;
    int word = (int)strlen(words[made.word]);
    if (!read_rest(text + word, length - word, &made.number))
        return STATUS_OK;
    self->too_many = self->range_count == MOST_CANDIDATES;
    if (!self->too_many)
        ARRAY_ADD(self, range, made);
    return STATUS_OK;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By word, thread, time. */
static int compare_candidates(const void *a, const void *b)
{
    const struct step_range *x = a, *y = b;
    int by_word = x->word - y->word;
    if (by_word)
        return by_word;
    int by_thread = compare(x->thread, y->thread);
    return by_thread ? by_thread : compare(x->start_ns, y->start_ns);
}

/* How many candidates from `first` on share word and thread. */
static int group_length(const struct steps *self, int first)
{
    int count = 1;
    while (first + count < self->range_count && self->range[first + count].word == self->range[first].word &&
           self->range[first + count].thread == self->range[first].thread)
        count++;
    return count;
}

static bool apart(const struct step_range *range, int count)
{
    for (int i = 1; i < count; i++) {
        if (range[i].start_ns < range[i - 1].end_ns)
            return false;
    }
    return count >= 2;
}

static void number_steps(struct step_range *range, int count)
{
    bool grow = range[0].number >= 0;
    for (int i = 1; i < count; i++)
        grow &= range[i].number > range[i - 1].number;
    for (int i = 0; i < count && !grow; i++)
        range[i].number = i;
}

void steps_choose(struct steps *self)
{
    int first = 0, count = 0, word = WORDS;
    if (self->too_many)
        self->range_count = 0;
    if (self->range_count)
        qsort(self->range, (size_t)self->range_count, sizeof *self->range, compare_candidates);
    for (int at = 0, length; at < self->range_count; at += length) {
        length = group_length(self, at);
        if (self->range[at].word > word || length <= count || !apart(self->range + at, length))
            continue;
        first = at;
        count = length;
        word = self->range[at].word;
    }
    self->range_count = count;
    if (count) {
        memmove(self->range, self->range + first, (size_t)count * sizeof *self->range);
        number_steps(self->range, count);
    }
}

const struct step_range *steps_find(const struct steps *self, int64_t start_ns, int64_t end_ns, int64_t thread)
{
    int low = 0, high = self->range_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (self->range[middle].start_ns < start_ns)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == self->range_count)
        return NULL;
    const struct step_range *found = self->range + low;
    return found->start_ns == start_ns && found->end_ns == end_ns && found->thread == thread ? found : NULL;
}

void steps_release(struct steps *self)
{
    free(self->range);
    *self = (struct steps){0};
}
