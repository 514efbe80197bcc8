/*
 * The source of image folders, as torchvision's ImageFolder: DIR/train/<class>/ with DIR/val/<class>/ (or valid, or test), or
 * class folders in DIR itself; then every tenth image of a class, and at least one of two, is the test split.
 *
 * Training samples are a random resized crop, flipped or not; test samples a centre crop (trainer/image/view.h). What a
 * sample is follows from its index and key alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "trainer/data/dataset.h"
#include "trainer/data/folder_scan.h"
#include "trainer/image/picture.h"

#define HOLD_OUT 10 /* one image in so many is a test image where no folder says which */
#define MOST_FILE_BYTES ((int64_t)1 << 30)

struct folder {
    struct image_list images[SPLIT_COUNT];
};

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Moves the test images of one class, [first, end) of `all`, and appends the others to the training split. */
static enum status divide_class(struct image_list *all, int first, int end, struct folder *self)
{
    int count = end - first, step = count < HOLD_OUT ? count : HOLD_OUT;
    for (int i = 0; i < count; i++) {
        bool held = count > 1 && i % step == step - 1;
        struct image_list *to = &self->images[held ? SPLIT_TEST : SPLIT_TRAIN];
        ARRAY_ADD(to, file, all->file[first + i]);
        all->file[first + i].path = NULL;
    }
    return STATUS_OK;
}

/* Class folders in `root` itself: images are divided class by class. */
static enum status hold_out(const char *root, const struct class_list *classes, struct folder *self)
{
    struct image_list all = {0};
    enum status status;
    TRY_OUT(folder_images(root, classes, &all));
    self->images[SPLIT_TRAIN].left_out = all.left_out;
    for (int first = 0, end = 0; first < all.file_count; first = end) {
        while (end < all.file_count && all.file[end].label == all.file[first].label)
            end++;
        TRY_OUT(divide_class(&all, first, end, self));
    }
out:
    image_list_release(&all);
    return status;
}

/* The folder of test images, beside that of training images: the first of these names. NULL = none. */
static const char *test_folder(const char *data, struct strbuf *path)
{
    static const char *const names[] = {"val", "valid", "test"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        strbuf_clear(path);
        strbuf_printf(path, "%s/%s", data, names[i]);
        if (is_folder(path->text))
            return path->text;
    }
    return NULL;
}

static void summarise(struct dataset *dataset, const char *train, const char *test)
{
    const struct folder *self = dataset->self;
    long long left_out = (long long)(self->images[SPLIT_TRAIN].left_out + self->images[SPLIT_TEST].left_out);
    struct strbuf text;
    strbuf_init(&text);
    strbuf_printf(&text, "%s: %d classes, %lld training images; ", train, dataset->classes,
                  (long long)dataset->count[SPLIT_TRAIN]);
    if (test)
        strbuf_printf(&text, "%s: %lld test images", test, (long long)dataset->count[SPLIT_TEST]);
    else
        strbuf_printf(&text, "%lld test images, one in %d of each class, since there is no folder of them",
                      (long long)dataset->count[SPLIT_TEST], HOLD_OUT);
    if (left_out)
        strbuf_printf(&text, "; files left out, since they are neither .jpg, .jpeg nor .png: %lld", left_out);
    dataset->summary = strbuf_take(&text);
}

static enum status find_images(struct dataset *dataset, const char *data, const char *train, const char *test)
{
    struct folder *self = dataset->self;
    struct class_list classes = {0};
    enum status status;
    TRY_OUT(folder_classes(train, &classes));
    if (classes.class_count < 2) {
        status = FAIL(NOT_FOUND,
                      "--data %s: %s holds %d folders, but one per class is needed, and two classes: %s/train/CLASS/*.jpg "
                      "and %s/val/CLASS/*.jpg, or %s/CLASS/*.jpg, or the four idx.gz files of the MNIST family",
                      data, train, classes.class_count, data, data, data);
        goto out;
    }
    if (test) {
        TRY_OUT(folder_images(train, &classes, &self->images[SPLIT_TRAIN]));
        TRY_OUT(folder_images(test, &classes, &self->images[SPLIT_TEST]));
    } else {
        TRY_OUT(hold_out(train, &classes, self));
    }
    dataset->classes = dataset->outputs = classes.class_count;
    for (int split = 0; split < SPLIT_COUNT; split++)
        dataset->count[split] = self->images[split].file_count;
    summarise(dataset, train, test);
out:
    class_list_release(&classes);
    return status;
}

static enum status open_data(struct dataset *dataset, const char *data)
{
    struct strbuf train, test;
    dataset->self = calloc(1, sizeof(struct folder));
    if (!dataset->self)
        return FAIL(NO_MEMORY, "no memory for the images of %s", data);
    strbuf_init(&train);
    strbuf_init(&test);
    strbuf_printf(&train, "%s/train", data);
    bool divided = is_folder(train.text);
    enum status status = find_images(dataset, data, divided ? train.text : data, divided ? test_folder(data, &test) : NULL);
    strbuf_release(&train);
    strbuf_release(&test);
    return status;
}

static void release(void *given)
{
    struct folder *self = given;
    for (int split = 0; split < SPLIT_COUNT; split++)
        image_list_release(&self->images[split]);
    free(self);
}

/* The open file's bytes; malloc'd. */
static enum status read_open(int file, const char *path, uint8_t **bytes, size_t *size)
{
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
        return FAIL(CORRUPT, "%s: not a file", path);
    if (about.st_size > MOST_FILE_BYTES)
        return FAIL(CORRUPT, "%s: a file of %lld bytes; up to %lld are read", path, (long long)about.st_size,
                    (long long)MOST_FILE_BYTES);
    *bytes = malloc((size_t)about.st_size + 1);
    if (!*bytes)
        return FAIL(NO_MEMORY, "%s: no memory for its %lld bytes", path, (long long)about.st_size);
    for (*size = 0; *size < (size_t)about.st_size;) {
        ssize_t got = read(file, *bytes + *size, (size_t)about.st_size - *size);
        if (got < 0)
            return FAIL(IO, "%s: can't be read at byte %zu: %s", path, *size, strerror(errno));
        if (got == 0)
            return STATUS_OK; /* it has shrunk; what is there will be judged */
        *size += (size_t)got;
    }
    return STATUS_OK;
}

static enum status read_bytes(const char *path, uint8_t **bytes, size_t *size)
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe by this name shall not block */
    if (file < 0)
        return FAIL(IO, "%s: can't be opened: %s", path, strerror(errno));
    enum status status = read_open(file, path, bytes, size);
    close(file);
    return status;
}

static enum status sample(const struct dataset *dataset, const struct sample *which, float *image, int64_t *label)
{
    const struct folder *self = dataset->self;
    const struct image_file *file = &self->images[which->split].file[which->index];
    struct image_reader *reader = NULL;
    uint8_t *bytes = NULL, *rgbx = NULL;
    size_t size = 0;
    int stride;
    enum status status;
    TRY_OUT(read_bytes(file->path, &bytes, &size));
    TRY_OUT(image_open(file->path, bytes, size, &reader));
    int width = image_width(reader), height = image_height(reader);
    struct view view = which->split == SPLIT_TRAIN ? view_train(width, height, which->side, which->key)
                                                   : view_test(width, height, which->side);
    TRY_OUT(picture_resize(reader, &view, which->side, &rgbx, &stride));
    picture_normalise(rgbx, stride, which->side, view.flip, image);
    *label = file->label;
out:
    image_close(reader);
    free(bytes);
    free(rgbx);
    return status;
}

const struct source source_folder = {
    .costly = true, .accepts = is_folder, .open = open_data, .sample = sample, .release = release};
