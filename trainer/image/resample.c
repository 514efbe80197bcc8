/* Both axes as loops over vectors of GNU C, compiled twice: for any x86-64 (or other machine) and for AVX2. */
#include "trainer/image/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINT 22 /* bits of weights after the point: 8 more for the pixel and 2 to spare fill 32 */
#define HALF (1 << (POINT - 1))
#define LANES 8

typedef int32_t int4 __attribute__((vector_size(16)));
typedef uint8_t byte4 __attribute__((vector_size(4)));
typedef int32_t int8 __attribute__((vector_size(32)));
typedef uint8_t byte8 __attribute__((vector_size(8)));

#define INLINE static inline __attribute__((always_inline))

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

/* Weights of the source pixels [low, high) around `centre`, in pixels of the source; they add up to one. */
static void set_weights(double centre, double scale, int low, int high, int32_t *weight)
{
    double sum = 0;
    for (int i = low; i < high; i++)
        sum += triangle((i - centre + 0.5) / scale);
    for (int i = low; i < high; i++) {
        double share = triangle((i - centre + 0.5) / scale) / (sum != 0 ? sum : 1);
        weight[i - low] = (int32_t)(0.5 + share * (1 << POINT));
    }
}

enum status resample_init(struct resample_axis *axis, int from, int64_t to, int64_t first, int count)
{
    double ratio = (double)from / (double)to, scale = ratio < 1 ? 1 : ratio;
    *axis = (struct resample_axis){.count = count, .begin = from, .most = 2 * (int)ceil(scale) + 1};
    axis->first = calloc((size_t)count, sizeof *axis->first);
    axis->taps = calloc((size_t)count, sizeof *axis->taps);
    axis->weight = calloc((size_t)count * (size_t)axis->most, sizeof *axis->weight);
    if (!axis->first || !axis->taps || !axis->weight)
        return FAIL(NO_MEMORY, "no memory to resize %d pixels to %lld", from, (long long)to);
    for (int i = 0; i < count; i++) {
        double centre = ((double)(first + i) + 0.5) * ratio;
        int low = (int)(centre - scale + 0.5), high = (int)(centre + scale + 0.5);
        low = low < 0 ? 0 : low;
        high = high > from ? from : high;
        set_weights(centre, scale, low, high, axis->weight + (size_t)i * (size_t)axis->most);
        axis->first[i] = low;
        axis->taps[i] = high - low;
        axis->begin = low < axis->begin ? low : axis->begin;
        axis->end = high > axis->end ? high : axis->end;
    }
    for (int i = 0; i < count; i++)
        axis->first[i] -= axis->begin;
    return STATUS_OK;
}

void resample_release(struct resample_axis *axis)
{
    free(axis->first);
    free(axis->taps);
    free(axis->weight);
    memset(axis, 0, sizeof *axis);
}

int resample_stride(int count)
{
    return (4 * count + LANES - 1) / LANES * LANES;
}

INLINE void row_body(const struct resample_axis *axis, const uint8_t *source, uint8_t *out)
{
    for (int x = 0; x < axis->count; x++) {
        const uint8_t *at = source + 4 * (size_t)axis->first[x];
        const int32_t *weight = axis->weight + (size_t)x * (size_t)axis->most;
        int4 sum = {HALF, HALF, HALF, HALF};
        for (int k = 0; k < axis->taps[x]; k++) {
            byte4 pixel;
            memcpy(&pixel, at + 4 * k, sizeof pixel);
            sum += __builtin_convertvector(pixel, int4) * weight[k];
        }
        byte4 result = __builtin_convertvector(sum >> POINT, byte4);
        memcpy(out + 4 * x, &result, sizeof result);
    }
}

INLINE void column_body(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out)
{
    const int32_t *weight = axis->weight + (size_t)y * (size_t)axis->most;
    const uint8_t *top = rows + (size_t)axis->first[y] * (size_t)stride;
    for (int x = 0; x < stride; x += LANES) {
        int8 sum = {HALF, HALF, HALF, HALF, HALF, HALF, HALF, HALF};
        for (int k = 0; k < axis->taps[y]; k++) {
            byte8 pixels;
            memcpy(&pixels, top + (size_t)k * (size_t)stride + x, sizeof pixels);
            sum += __builtin_convertvector(pixels, int8) * weight[k];
        }
        byte8 result = __builtin_convertvector(sum >> POINT, byte8);
        memcpy(out + x, &result, sizeof result);
    }
}

#if defined(__x86_64__)
#define FOR_AVX2 __attribute__((target("avx2")))

FOR_AVX2 static void row_avx2(const struct resample_axis *axis, const uint8_t *source, uint8_t *out)
{
    row_body(axis, source, out);
}

FOR_AVX2 static void column_avx2(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out)
{
    column_body(axis, y, rows, stride, out);
}

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#define row_avx2 row_body
#define column_avx2 column_body

static int has_avx2(void)
{
    return 0;
}
#endif

void resample_row(const struct resample_axis *axis, const uint8_t *source, uint8_t *out)
{
    if (has_avx2())
        row_avx2(axis, source, out);
    else
        row_body(axis, source, out);
}

void resample_column(const struct resample_axis *axis, int y, const uint8_t *rows, int stride, uint8_t *out)
{
    if (has_avx2())
        column_avx2(axis, y, rows, stride, out);
    else
        column_body(axis, y, rows, stride, out);
}
