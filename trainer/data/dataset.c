/* The datasets: files of the MNIST family, and images made of numbers. */
#include "trainer/data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/random.h"
#include "trainer/data/idx.h"

/* Where Debian's dataset-fashion-mnist puts its files. */
#define FASHION_MNIST_FOLDER "/usr/share/datasets/fashion-mnist"

static const char *const image_files[SPLIT_COUNT] = {"train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"};
static const char *const label_files[SPLIT_COUNT] = {"train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};

static void path_of(const struct dataset *dataset, const char *file, char *path, size_t room)
{
    snprintf(path, room, "%s/%s", dataset->folder, file);
}

static enum status open_split(struct dataset *dataset, enum split split)
{
    char images[4096], labels[4096];
    int64_t size[3], label_count;
    path_of(dataset, image_files[split], images, sizeof images);
    path_of(dataset, label_files[split], labels, sizeof labels);
    TRY(idx_header(images, 3, size));
    TRY(idx_header(labels, 1, &label_count));
    if (label_count != size[0])
        return FAIL(CORRUPT, "%s holds %lld images but %s holds %lld labels", images, (long long)size[0], labels,
                    (long long)label_count);
    if (split != SPLIT_TRAIN && (size[1] != dataset->height || size[2] != dataset->width))
        return FAIL(CORRUPT, "%s: images of %lldx%lld (byte 8), but those of %s are %dx%d", images, (long long)size[1],
                    (long long)size[2], image_files[SPLIT_TRAIN], dataset->height, dataset->width);
    dataset->count[split] = size[0];
    dataset->height = (int)size[1];
    dataset->width = (int)size[2];
    return STATUS_OK;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static enum status open_folder(struct dataset *dataset, const char *folder, const char *hint)
{
    if (!is_folder(folder))
        return FAIL(NOT_FOUND, "no folder %s; %s", folder, hint);
    dataset->folder = strdup(folder);
    /* Mean and deviation of Fashion-MNIST's training pixels. */
    dataset->mean = 0.2860f;
    dataset->deviation = 0.3530f;
    enum status status = STATUS_OK;
    for (int split = 0; split < SPLIT_COUNT && status == STATUS_OK; split++)
        status = open_split(dataset, (enum split)split);
    if (status != STATUS_OK)
        dataset_release(dataset);
    return status;
}

enum status dataset_open(const char *source, struct dataset *out)
{
    memset(out, 0, sizeof *out);
    out->classes = 10;
    if (strcmp(source, "synthetic") == 0) {
        out->count[SPLIT_TRAIN] = 50000;
        out->count[SPLIT_TEST] = 1000;
        return STATUS_OK;
    }
    if (strcmp(source, "fashion-mnist") == 0)
        return open_folder(out, FASHION_MNIST_FOLDER, "install Debian's package dataset-fashion-mnist, or use --data synthetic");
    return open_folder(out, source, "--data takes fashion-mnist, synthetic, or a folder with the four idx.gz files");
}

/* One file of a split, of the sizes that dataset_open saw. */
static enum status load_file(const struct dataset *dataset, const char *path, int dims, const int64_t *expected,
                             uint8_t **data)
{
    int64_t size[3];
    TRY(idx_read(path, dims, size, data));
    for (int d = 0; d < dims; d++) {
        if (size[d] != expected[d])
            return FAIL(CORRUPT, "%s: size %lld at byte %d was %lld when %s was opened", path, (long long)size[d],
                        4 + 4 * d, (long long)expected[d], dataset->folder);
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

enum status dataset_load(struct dataset *dataset, enum split split)
{
    char path[4096];
    uint8_t *pixels = NULL, *labels = NULL;
    int64_t size[3] = {dataset->count[split], dataset->height, dataset->width};
    enum status status;
    if (!dataset->folder || dataset->labels[split])
        return STATUS_OK;
    path_of(dataset, image_files[split], path, sizeof path);
    TRY_OUT(load_file(dataset, path, 3, size, &pixels));
    path_of(dataset, label_files[split], path, sizeof path);
    TRY_OUT(load_file(dataset, path, 1, size, &labels));
    TRY_OUT(check_labels(dataset, path, labels, size[0]));
    dataset->pixels[split] = pixels;
    dataset->labels[split] = labels;
    pixels = labels = NULL;
out:
    free(pixels);
    free(labels);
    return status;
}

void dataset_release(struct dataset *dataset)
{
    for (int split = 0; split < SPLIT_COUNT; split++) {
        free(dataset->pixels[split]);
        free(dataset->labels[split]);
    }
    free(dataset->folder);
    memset(dataset, 0, sizeof *dataset);
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

/* Resizes in two passes: rows of the source horizontally, then between two of them vertically. */
static void resize(const struct dataset *dataset, const uint8_t *pixels, int side, float *plane)
{
    int height = dataset->height, width = dataset->width, step = width > 1, below = height > 1;
    float scale = 1.0f / (255.0f * dataset->deviation), shift = -dataset->mean / dataset->deviation;
    float *rows = malloc((size_t)height * (size_t)side * sizeof(float));
    if (!rows)
        abort();
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
    free(rows);
}

static void sample_synthetic(const struct dataset *dataset, enum split split, int64_t index, int side, float *image,
                             int64_t *label)
{
    uint64_t key = random_key((uint64_t)index, split == SPLIT_TRAIN ? "synthetic.train" : "synthetic.test");
    int64_t count = 3 * (int64_t)side * side;
    for (int64_t i = 0; i < count; i++)
        image[i] = 3.4641016f * (random_uniform(key, (uint64_t)i + 1) - 0.5f); /* uniform of variance 1 */
    *label = (int64_t)(random_bits(key, 0) % (uint64_t)dataset->classes);
}

void dataset_sample(const struct dataset *dataset, enum split split, int64_t index, int side, float *image,
                    int64_t *label)
{
    if (!dataset->folder) {
        sample_synthetic(dataset, split, index, side, image, label);
        return;
    }
    size_t plane = (size_t)side * (size_t)side;
    resize(dataset, dataset->pixels[split] + index * dataset->height * dataset->width, side, image);
    memcpy(image + plane, image, plane * sizeof(float));
    memcpy(image + 2 * plane, image, plane * sizeof(float));
    *label = dataset->labels[split][index];
}
