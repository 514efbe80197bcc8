/* Random resized crop, and resize with centre crop; halves are rounded to even, as Python's round does. */
#include "trainer/image/view.h"

#include <math.h>

#include "base/random.h"

#define TRIES 10
#define LEAST_SCALE 0.08
#define LEAST_RATIO (3.0 / 4)
#define MOST_RATIO (4.0 / 3)

/* Uniform in [0, count). */
static int below(uint64_t key, uint64_t index, int count)
{
    return (int)(random_bits(key, index) % (uint64_t)count);
}

static struct view crop(int left, int top, int width, int height, int side)
{
    return (struct view){.x = {left, width, side, 0}, .y = {top, height, side, 0}};
}

/* The largest middle part whose ratio of width and height is allowed. */
static struct view middle(int width, int height, int side)
{
    double ratio = (double)width / height;
    int part_width = ratio > MOST_RATIO ? (int)rint(height * MOST_RATIO) : width;
    int part_height = ratio < LEAST_RATIO ? (int)rint(width / LEAST_RATIO) : height;
    part_width = part_width < 1 ? 1 : part_width > width ? width : part_width;
    part_height = part_height < 1 ? 1 : part_height > height ? height : part_height;
    return crop((width - part_width) / 2, (height - part_height) / 2, part_width, part_height, side);
}

static struct view random_crop(int width, int height, int side, uint64_t key)
{
    double area = (double)width * height, low = log(LEAST_RATIO), high = log(MOST_RATIO);
    for (uint64_t i = 0; i < TRIES; i++) {
        double part = area * (LEAST_SCALE + (1 - LEAST_SCALE) * (double)random_uniform(key, 4 * i + 1));
        double ratio = exp(low + (high - low) * (double)random_uniform(key, 4 * i + 2));
        double part_width = rint(sqrt(part * ratio)), part_height = rint(sqrt(part / ratio));
        if (part_width < 1 || part_width > width || part_height < 1 || part_height > height)
            continue;
        int top = below(key, 4 * i + 3, height - (int)part_height + 1);
        int left = below(key, 4 * i + 4, width - (int)part_width + 1);
        return crop(left, top, (int)part_width, (int)part_height, side);
    }
    return middle(width, height, side);
}

struct view view_train(int width, int height, int side, uint64_t key)
{
    struct view view = random_crop(width, height, side, key);
    view.flip = random_uniform(key, 0) < 0.5f;
    return view;
}

struct view view_test(int width, int height, int side)
{
    int64_t shorter = width < height ? width : height, resized = (int64_t)side * 256 / 224;
    int64_t to_width = resized * width / shorter, to_height = resized * height / shorter;
    int64_t left = (int64_t)rint((double)(to_width - side) / 2), top = (int64_t)rint((double)(to_height - side) / 2);
    return (struct view){.x = {0, width, to_width, left}, .y = {0, height, to_height, top}};
}
