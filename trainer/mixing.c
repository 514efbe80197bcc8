/* Beta-distributed shares, boxes, and mixing on the host. */
#include "trainer/mixing.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

/* Uniform in (0, 1]: its logarithm is finite. */
static double positive(uint64_t key, uint64_t index)
{
    return 1 - (double)random_uniform(key, index);
}

/* Gamma(shape, 1) by Marsaglia and Tsang (2000), from numbers *index on. shape < 1 by their boost. */
static double gamma_draw(double shape, uint64_t key, uint64_t *index)
{
    double raised = shape < 1 ? shape + 1 : shape, d = raised - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = random_normal(key, *index), v = 1 + c * x, u = positive(key, *index + 1);
        *index += 2;
        if (v <= 0 || log(u) >= 0.5 * x * x + d * (1 - v * v * v + 3 * log(v)))
            continue;
        double drawn = d * v * v * v;
        return shape < 1 ? drawn * pow(positive(key, (*index)++), 1 / shape) : drawn;
    }
}

double mixing_beta(double alpha, uint64_t key, uint64_t index)
{
    double a = gamma_draw(alpha, key, &index), b = gamma_draw(alpha, key, &index);
    return a + b > 0 ? a / (a + b) : 0.5; /* both vanish for a tiny alpha */
}

static int clamp(int value, int side)
{
    return value < 0 ? 0 : value > side ? side : value;
}

/* timm's rand_bbox: a square of area 1 - share around a random centre, cut off at the border, and the share that is left. */
static void draw_box(struct mix *mix, uint64_t key, uint64_t index, int side)
{
    int cut = (int)(side * sqrt(1 - mix->share));
    int y = (int)(random_bits(key, index) % (uint64_t)side), x = (int)(random_bits(key, index + 1) % (uint64_t)side);
    mix->top = clamp(y - cut / 2, side);
    mix->bottom = clamp(y + (cut + 1) / 2, side);
    mix->left = clamp(x - cut / 2, side);
    mix->right = clamp(x + (cut + 1) / 2, side);
    mix->share = 1 - (double)(mix->bottom - mix->top) * (mix->right - mix->left) / ((double)side * side);
}

struct mix mixing_draw(const struct mixing *mixing, int64_t number, int side)
{
    uint64_t choice = random_key(mixing->seed, "mixing.choice"), shares = random_key(mixing->seed, "mixing.share");
    uint64_t boxes = random_key(mixing->seed, "mixing.box"), n = (uint64_t)number;
    bool either = mixing->mixup_alpha > 0 && mixing->cutmix_alpha > 0;
    struct mix mix = {.cut = either ? random_uniform(choice, n) < 0.5f : mixing->cutmix_alpha > 0};
    mix.share = mixing_beta(mix.cut ? mixing->cutmix_alpha : mixing->mixup_alpha, shares, n << 20);
    if (mix.cut)
        draw_box(&mix, boxes, 2 * n, side);
    return mix;
}

static void blend(const float *a, const float *b, float *to, int64_t count, float share)
{
    float rest = 1 - share;
    for (int64_t i = 0; i < count; i++)
        to[i] = a[i] * share + b[i] * rest;
}

static void paste(const struct mix *mix, const float *from, float *to, int side)
{
    size_t bytes = (size_t)(mix->right - mix->left) * sizeof *to;
    for (int row = mix->top; row < mix->bottom; row++)
        memcpy(to + (int64_t)row * side + mix->left, from + (int64_t)row * side + mix->left, bytes);
}

void mixing_images(const struct mix *mix, const float *from, float *to, int64_t count, int side)
{
    int64_t plane = (int64_t)side * side;
#pragma omp parallel for
    for (int64_t p = 0; p < 3 * count; p++) {
        const float *self = from + p * plane, *other = from + ((count - 1 - p / 3) * 3 + p % 3) * plane;
        if (!mix->cut) {
            blend(self, other, to + p * plane, plane, (float)mix->share);
            continue;
        }
        memcpy(to + p * plane, self, (size_t)plane * sizeof *to);
        paste(mix, other, to + p * plane, side);
    }
}

void mixing_targets(double share, const int64_t *labels, float *to, int64_t count, int classes, double smoothing)
{
    float off = (float)(smoothing / classes);
    for (int64_t i = 0; i < count * classes; i++)
        to[i] = off;
    for (int64_t i = 0; i < count; i++) {
        to[i * classes + labels[i]] += (float)(share * (1 - smoothing));
        to[i * classes + labels[count - 1 - i]] += (float)((1 - share) * (1 - smoothing));
    }
}
