/* The sentences of a comparison, the same in text and HTML (compare.h). */
#include <math.h>
#include <string.h>

#include "reports/compare.h"
#include "reports/text.h"
#include "reports/words.h"

static const char *setting(const struct comparison *self, const char *name, int side)
{
    const struct table *run = &self->report[side].section[SECTION_run];

    return run->rows == 0 ? NULL : table_text(run, 0, name);
}

static bool differs(const struct comparison *self, const char *name)
{
    const char *a = setting(self, name, SIDE_A), *b = setting(self, name, SIDE_B);

    return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

static void append_signed_interval(struct strbuf *out, struct stats_interval figure, const char *unit)
{
    double size = fabs(figure.value);
    int decimals = size >= 1000 ? 0 : size >= 10 ? 1 : 2;

    strbuf_printf(out, "%+.*f%s", decimals, figure.value, unit);
    if (figure.low < figure.high)
        strbuf_printf(out, " [%+.*f, %+.*f]", decimals, figure.low, decimals, figure.high);
}

void comparison_run(struct strbuf *out, const struct comparison *self, int side)
{
    struct strbuf device;

    strbuf_init(&device);
    words_model(out, &self->report[side]);
    words_device(&device, &self->report[side]);
    strbuf_printf(out, "; ran on %s", device.text);
    strbuf_release(&device);
}

void comparison_verdict(struct strbuf *out, const struct comparison *self)
{
    struct stats_interval change = self->figure[0].change;

    if (isnan(change.value)) {
        strbuf_printf(out, "Which of them is faster is unknown: %s does not tell its throughput.",
                      isnan(self->figure[0].side[SIDE_A].value) ? "A" : "B");
        return;
    }
    if (isnan(change.low) || !(change.low > 0 || change.high < 0)) {
        strbuf_append(out, isnan(change.low) ? "B's throughput against A's, from too few steps for an interval: "
                                             : "No significant difference in throughput: ");
        append_signed_interval(out, change, " %");
        strbuf_append(out, ".");
        return;
    }
    strbuf_printf(out, "B is %s than A: ", change.value > 0 ? "faster" : "slower");
    append_signed_interval(out, change, " %");
    strbuf_append(out, " throughput, measured.");
}

bool comparison_note(struct strbuf *out, const struct comparison *self, int number)
{
    const struct {
        bool holds;
        const char *text;
    } notes[] = {
        {differs(self, "model"), "these are different models: their rates and counts do not tell one change's effect."},
        {differs(self, "device_name") || differs(self, "device"), "the devices differ: times compare devices, not layouts."},
        {differs(self, "batch_size"), "the batch sizes differ: compare images/s, not step times."},
        {differs(self, "threads"), "the numbers of threads differ."},
        {differs(self, "source"), "the traces were recorded in different ways, whose own costs differ."},
        {!self->analysed[SIDE_A], "A has no findings yet: run clprof analyze on it."},
        {!self->analysed[SIDE_B], "B has no findings yet: run clprof analyze on it."},
        {!isnan(self->figure[0].change.low),
         "intervals are those of the steps of each run; two runs of one program may differ by more."},
    };

    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (notes[i].holds && number-- == 0) {
            strbuf_append(out, notes[i].text);
            return true;
        }
    }
    return false;
}

void comparison_value(struct strbuf *out, const struct compare_figure *figure, int side)
{
    struct stats_interval value = figure->side[side];
    char number[32], interval[72];

    if (figure->decimals >= 0) {
        strbuf_append(out, number_fixed(number, value.value, figure->decimals));
        return;
    }
    strbuf_append(out, number_short(number, value.value));
    number_interval(interval, value.low, value.high);
    strbuf_printf(out, "%s%s", *interval != '\0' ? " " : "", interval);
}

void comparison_change(struct strbuf *out, const struct compare_figure *figure)
{
    if (isnan(figure->change.value))
        strbuf_append(out, "-");
    else if (figure->decimals >= 0)
        strbuf_printf(out, "%+.*f", figure->decimals, figure->change.value);
    else
        append_signed_interval(out, figure->change, figure->relative ? " %" : "");
}

static void append_side(struct strbuf *out, const struct compare_operator *operator, int side)
{
    char number[32], interval[72];

    if (operator->verdict[side] == NULL) {
        strbuf_append(out, "no finding");
        return;
    }
    strbuf_append(out, operator->verdict[side]);
    if (operator->round_trips[side] > 0)
        strbuf_printf(out, ", %s round trips per step", number_fixed(number, operator->round_trips[side], 1));
    if (isnan(operator->lost[side].value))
        return;
    number_interval(interval, operator->lost[side].low, operator->lost[side].high);
    strbuf_printf(out, ", %s %%%s%s lost", number_short(number, operator->lost[side].value), *interval != '\0' ? " " : "",
                  interval);
}

void comparison_operator(struct strbuf *out, const struct compare_operator *operator)
{
    strbuf_append(out, "A: ");
    append_side(out, operator, SIDE_A);
    strbuf_append(out, "; B: ");
    append_side(out, operator, SIDE_B);
    if (isnan(operator->more_lost.value) || operator->verdict[SIDE_A] == NULL || operator->verdict[SIDE_B] == NULL)
        return;
    strbuf_append(out, "; change ");
    append_signed_interval(out, operator->more_lost, " points");
}
