/* Weights, and both axes as plain loops: what other code is judged by. */
#include "trainer/image/resample_int.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

/* Weights of the source pixels [low, high) around `centre`, in pixels of the source; they add up to one. */
static void set_weights(double centre, double scale, int low, int high, int32_t *weight)
{
    double sum = 0, inverse = 1 / scale; /* multiplied, not divided by scale: the last bit is PIL's too */
    for (int i = low; i < high; i++)
        sum += triangle((i - centre + 0.5) * inverse);
    for (int i = low; i < high; i++) {
        double share = triangle((i - centre + 0.5) * inverse) / (sum != 0 ? sum : 1);
        weight[i - low] = (int32_t)(0.5 + share * (1 << RESAMPLE_POINT));
    }
}

/* Source pixels [low, high) of the result around `centre`. */
static void find_window(double centre, double scale, int from, int *low, int *high)
{
    *low = (int)(centre - scale + 0.5);
    *high = (int)(centre + scale + 0.5);
    *low = *low < 0 ? 0 : *low;
    *high = *high > from ? from : *high;
}

/* Begin, end and the number of taps; returns false without memory for the weights. */
static bool make_room(struct resample_axis *axis, int from, double ratio, double scale, int64_t first)
{
    for (int i = 0; i < axis->count; i++) {
        int low, high;
        find_window(((double)(first + i) + 0.5) * ratio, scale, from, &low, &high);
        axis->begin = low < axis->begin ? low : axis->begin;
        axis->end = high > axis->end ? high : axis->end;
        axis->taps = high - low > axis->taps ? high - low : axis->taps;
    }
    axis->taps += axis->taps % 2;
    size_t count = (size_t)axis->count, weights = count * (size_t)axis->taps;
    axis->first = calloc(count, sizeof *axis->first);
    axis->weight = calloc(weights, sizeof *axis->weight);
    axis->across = calloc(4 * weights, sizeof *axis->across);
    return axis->first && axis->weight && axis->across;
}

enum status resample_init(struct resample_axis *axis, int from, int64_t to, int64_t first, int count)
{
    double ratio = (double)from / (double)to, scale = ratio < 1 ? 1 : ratio;
    *axis = (struct resample_axis){.count = count, .begin = from};
    if (from < 1 || count < 1 || first < 0 || count > to - first)
        return FAIL(USAGE, "%d pixels can't become %d of %lld", from, count, (long long)to);
    if (!make_room(axis, from, ratio, scale, first))
        return FAIL(NO_MEMORY, "no memory to resize %d pixels to %lld", from, (long long)to);
    for (int i = 0; i < count; i++) {
        double centre = ((double)(first + i) + 0.5) * ratio;
        int32_t *weight = axis->weight + (size_t)i * (size_t)axis->taps;
        int low, high, latest = axis->end - axis->taps;
        find_window(centre, scale, from, &low, &high);
        latest = latest < axis->begin ? axis->begin : latest;
        int begin = low < latest ? low : latest; /* earlier than needed, so that taps without weight are inside too */
        set_weights(centre, scale, low, high, weight + low - begin);
        axis->first[i] = begin - axis->begin;
    }
    for (size_t i = 0; i < 4 * (size_t)count * (size_t)axis->taps; i++)
        axis->across[i] = axis->weight[i / 4];
    return STATUS_OK;
}

void resample_release(struct resample_axis *axis)
{
    free(axis->first);
    free(axis->weight);
    free(axis->across);
    memset(axis, 0, sizeof *axis);
}

int resample_stride(int count)
{
    return (4 * count + RESAMPLE_BLOCK - 1) / RESAMPLE_BLOCK * RESAMPLE_BLOCK;
}

static void plain_row(const struct resample_axis *axis, const uint8_t *source, uint8_t *out)
{
    for (int i = 0; i < 4 * axis->count; i++) {
        const int32_t *weight = axis->weight + (size_t)(i / 4) * (size_t)axis->taps;
        const uint8_t *at = source + 4 * axis->first[i / 4] + i % 4;
        int32_t sum = RESAMPLE_HALF;
        for (int k = 0; k < axis->taps; k++)
            sum += at[4 * k] * weight[k];
        out[i] = (uint8_t)(sum >> RESAMPLE_POINT);
    }
}

static void plain_column(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out)
{
    const int32_t *weight = axis->weight + (size_t)y * (size_t)axis->taps;
    const uint8_t *top = rows + (size_t)axis->first[y] * (size_t)stride;
    for (int x = 0; x < stride; x++) {
        int32_t sum = RESAMPLE_HALF;
        for (int k = 0; k < axis->taps; k++)
            sum += top[x + k * stride] * weight[k];
        out[x] = (uint8_t)(sum >> RESAMPLE_POINT);
    }
}

const struct resample_code resample_plain = {plain_row, plain_column};

static const struct resample_code *code(void)
{
    return resample_avx2() ? resample_avx2() : &resample_plain;
}

void resample_row(const struct resample_axis *axis, const uint8_t *source, uint8_t *out)
{
    code()->row(axis, source, out);
}

void resample_column(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out)
{
    code()->column(axis, y, rows, stride, out);
}
