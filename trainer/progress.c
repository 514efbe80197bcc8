/* The bar and the lines. */
#include "trainer/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define BAR_EVERY_NS 100000000LL
#define LINE_EVERY_NS 5000000000LL
#define BAR_WIDTH 24

void progress_begin(struct progress *progress, int64_t steps, bool quiet)
{
    memset(progress, 0, sizeof *progress);
    progress->quiet = quiet;
    progress->terminal = isatty(STDERR_FILENO);
    progress->steps = steps;
    progress->start_ns = clock_ns();
}

static void print_bar(const struct progress *progress, int64_t done)
{
    char bar[BAR_WIDTH + 1];
    int filled = progress->steps ? (int)(done * BAR_WIDTH / progress->steps) : 0;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)(filled > BAR_WIDTH ? BAR_WIDTH : filled));
    bar[BAR_WIDTH] = 0;
    fprintf(stderr, "\r[%s] ", bar);
}

void progress_step(struct progress *progress, int64_t step, int64_t images, double loss, double learning_rate)
{
    int64_t now = clock_ns(), every = progress->terminal ? BAR_EVERY_NS : LINE_EVERY_NS;
    bool last = progress->steps && step + 1 == progress->steps;
    progress->images += images;
    progress->loss = progress->any ? 0.9 * progress->loss + 0.1 * loss : loss;
    if (progress->quiet || (progress->any && !last && now - progress->shown_ns < every))
        return;
    progress->any = true;
    progress->shown_ns = now;
    if (progress->terminal)
        print_bar(progress, step + 1);
    fprintf(stderr, "step %lld", (long long)step + 1);
    if (progress->steps)
        fprintf(stderr, "/%lld", (long long)progress->steps);
    fprintf(stderr, "  loss %.4f  %.1f img/s  lr %.4g%s", progress->loss,
            (double)progress->images / ((double)(now - progress->start_ns) / 1e9), learning_rate,
            progress->terminal ? "   " : "\n");
}

void progress_say(struct progress *progress, const char *format, ...)
{
    if (progress->quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    if (progress->terminal && progress->any)
        fputc('\n', stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void progress_metrics(struct progress *progress, const char *what, const struct metrics *metrics)
{
    double images = (double)metrics->images;
    progress_say(progress, "%s: loss %.4f  top-1 %.2f %%  top-5 %.2f %%  (%lld images)", what, metrics->loss_sum / images,
                 100 * (double)metrics->top1 / images, 100 * (double)metrics->top5 / images, (long long)metrics->images);
}

void progress_end(struct progress *progress)
{
    if (!progress->quiet && progress->terminal && progress->any)
        fputc('\n', stderr);
}
