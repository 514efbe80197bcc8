/* The source of MNIST's family: four idx.gz files in a folder, held in memory. "fashion-mnist" is Debian's folder. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trainer/data/dataset.h"
#include "trainer/data/idx_file.h"

/* Where Debian's dataset-fashion-mnist puts its files. */
#define FASHION_MNIST_FOLDER "/usr/share/datasets/fashion-mnist"

/* Mean and deviation of Fashion-MNIST's training pixels, scaled to [0,1]. */
#define MEAN 0.2860f
#define DEVIATION 0.3530f

static const char *const image_files[SPLIT_COUNT] = {"train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"};
static const char *const label_files[SPLIT_COUNT] = {"train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};

struct idx {
    char *folder;
    int height, width;            /* of the stored images */
    uint8_t *pixels[SPLIT_COUNT]; /* (count, height, width); NULL until loaded */
    uint8_t *labels[SPLIT_COUNT]; /* (count) */
};

static void path_of(const char *folder, const char *file, char *path, size_t room)
{
    snprintf(path, room, "%s/%s", folder, file);
}

static bool accepts(const char *data)
{
    if (strcmp(data, "fashion-mnist") == 0)
        return true;
    for (int split = 0; split < SPLIT_COUNT; split++) {
        char images[4096], labels[4096];
        path_of(data, image_files[split], images, sizeof images);
        path_of(data, label_files[split], labels, sizeof labels);
        if (access(images, F_OK) == 0 || access(labels, F_OK) == 0)
            return true;
    }
    return false;
}

static enum status open_split(struct dataset *dataset, enum split split)
{
    struct idx *self = dataset->self;
    char images[4096], labels[4096];
    int64_t size[3], label_count;
    path_of(self->folder, image_files[split], images, sizeof images);
    path_of(self->folder, label_files[split], labels, sizeof labels);
    TRY(idx_header(images, 3, size));
    TRY(idx_header(labels, 1, &label_count));
    if (label_count != size[0])
        return FAIL(CORRUPT, "%s holds %lld images but %s holds %lld labels", images, (long long)size[0], labels,
                    (long long)label_count);
    if (split != SPLIT_TRAIN && (size[1] != self->height || size[2] != self->width))
        return FAIL(CORRUPT, "%s: images of %lldx%lld (byte 8), but those of %s are %dx%d", images, (long long)size[1],
                    (long long)size[2], image_files[SPLIT_TRAIN], self->height, self->width);
    dataset->count[split] = size[0];
    self->height = (int)size[1];
    self->width = (int)size[2];
    return STATUS_OK;
}

static enum status open_data(struct dataset *dataset, const char *data)
{
    bool debian = strcmp(data, "fashion-mnist") == 0;
    if (debian && access(FASHION_MNIST_FOLDER, F_OK) != 0)
        return FAIL(NOT_FOUND, "no folder %s; install Debian's package dataset-fashion-mnist, or use --data synthetic",
                    FASHION_MNIST_FOLDER);
    struct idx *self = calloc(1, sizeof *self);
    dataset->self = self;
    if (self)
        self->folder = strdup(debian ? FASHION_MNIST_FOLDER : data);
    if (!self || !self->folder)
        return FAIL(NO_MEMORY, "no memory for the name %s", data);
    dataset->classes = 10;
    dataset->outputs = 1000; /* ImageNet's, as models are measured */
    TRY(open_split(dataset, SPLIT_TRAIN));
    return open_split(dataset, SPLIT_TEST);
}

/* One file of a split, of the sizes that open saw. */
static enum status load_file(const struct idx *self, const char *path, int dims, const int64_t *expected, uint8_t **data)
{
    int64_t size[3];
    TRY(idx_read(path, dims, size, data));
    for (int d = 0; d < dims; d++) {
        if (size[d] != expected[d])
            return FAIL(CORRUPT, "%s: size %lld at byte %d was %lld when %s was opened", path, (long long)size[d],
                        4 + 4 * d, (long long)expected[d], self->folder);
    }
    return STATUS_OK;
}

static enum status check_labels(const struct dataset *dataset, const char *path, const uint8_t *labels, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (labels[i] >= dataset->classes)
            return FAIL(CORRUPT, "%s: label %d at byte %lld, but there are only %d classes", path, labels[i],
                        (long long)(8 + i), dataset->classes);
    }
    return STATUS_OK;
}

static enum status load(struct dataset *dataset, enum split split)
{
    struct idx *self = dataset->self;
    char path[4096];
    uint8_t *pixels = NULL, *labels = NULL;
    int64_t size[3] = {dataset->count[split], self->height, self->width};
    enum status status;
    if (self->labels[split])
        return STATUS_OK;
    path_of(self->folder, image_files[split], path, sizeof path);
    TRY_OUT(load_file(self, path, 3, size, &pixels));
    path_of(self->folder, label_files[split], path, sizeof path);
    TRY_OUT(load_file(self, path, 1, size, &labels));
    TRY_OUT(check_labels(dataset, path, labels, size[0]));
    self->pixels[split] = pixels;
    self->labels[split] = labels;
    pixels = labels = NULL;
out:
    free(pixels);
    free(labels);
    return status;
}

static void release(void *given)
{
    struct idx *self = given;
    for (int split = 0; split < SPLIT_COUNT; split++) {
        free(self->pixels[split]);
        free(self->labels[split]);
    }
    free(self->folder);
    free(self);
}

/* Left neighbour and weight of the right one for output `i` of `to` from `from` pixels (half-pixel centres). */
static int neighbour(int i, int from, int to, float *weight)
{
    float at = ((float)i + 0.5f) * (float)from / (float)to - 0.5f;
    at = at < 0 ? 0 : at;
    int left = (int)at;
    left = left > from - 2 ? (from > 1 ? from - 2 : 0) : left;
    *weight = fminf(at - (float)left, 1.0f);
    return left;
}

/* Resizes in two passes: rows of the source horizontally into `rows` (height, side), then between two of them vertically. */
static void resize(const struct idx *self, const uint8_t *pixels, int side, float *rows, float *plane)
{
    int height = self->height, width = self->width, step = width > 1, below = height > 1;
    float scale = 1.0f / (255.0f * DEVIATION), shift = -MEAN / DEVIATION;
    for (int x = 0; x < side; x++) {
        float w;
        int left = neighbour(x, width, side, &w);
        for (int y = 0; y < height; y++) {
            const uint8_t *p = pixels + y * width + left;
            rows[y * side + x] = ((float)p[0] + w * ((float)p[step] - (float)p[0])) * scale + shift;
        }
    }
    for (int y = 0; y < side; y++) {
        float w;
        const float *top = rows + neighbour(y, height, side, &w) * side, *next = top + below * side;
        for (int x = 0; x < side; x++)
            plane[y * side + x] = top[x] + w * (next[x] - top[x]);
    }
}

/* Bilinear with half-pixel centres, as torch's interpolate(align_corners=False); grey in all three channels. */
static enum status sample(const struct dataset *dataset, const struct sample *which, float *image, int64_t *label)
{
    const struct idx *self = dataset->self;
    size_t plane = (size_t)which->side * (size_t)which->side;
    float *rows = malloc((size_t)self->height * (size_t)which->side * sizeof(float));
    if (!rows)
        return FAIL(NO_MEMORY, "no memory for an image of %d rows and %d columns", self->height, which->side);
    resize(self, self->pixels[which->split] + which->index * self->height * self->width, which->side, rows, image);
    free(rows);
    memcpy(image + plane, image, plane * sizeof(float));
    memcpy(image + 2 * plane, image, plane * sizeof(float));
    *label = self->labels[which->split][which->index];
    return STATUS_OK;
}

const struct source source_idx = {
    .accepts = accepts, .open = open_data, .load = load, .sample = sample, .release = release};
