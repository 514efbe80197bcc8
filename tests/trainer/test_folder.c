/* The source of image folders: what is found, in which order, what is refused, what samples are. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/trainer/support_idx.h"
#include "tests/trainer/support_image.h"
#include "tests/trainer/support_trainer.h"
#include "trainer/data/folder_scan.h"
#include "trainer/data/loader.h"

static char folder[64];
static const struct png_kind rgb = {"RGB", 2, 8};

static void setup(void)
{
    scratch_create(folder);
}

/* scratch_remove takes files of one folder only. */
static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* FOLDER/NAME, with the folders on the way made; valid until the next call. */
static const char *place(const char *name)
{
    static char path[512];
    size_t root = strlen(folder) + 1;
    ck_assert_int_lt(snprintf(path, sizeof path, "%s/%s", folder, name), (int)sizeof path);
    for (char *slash = strchr(path + root, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
    return path;
}

static void put_text(const char *name, const char *text)
{
    write_plain(place(name), text, strlen(text));
}

static void put_png(const char *name, int width, int height)
{
    size_t size;
    unsigned char *bytes = make_png(&rgb, width, height, &size);
    write_plain(place(name), bytes, size);
    free(bytes);
}

static void put_jpeg(const char *name, int kind, int width, int height)
{
    size_t size;
    unsigned char *bytes = make_jpeg(&jpeg_kinds[kind], width, height, &size);
    write_plain(place(name), bytes, size);
    free(bytes);
}

/* Names behind FOLDER/ and labels, in order: "a/1.png 0, ". */
static void expect_files(const char *root, const char *want)
{
    struct class_list classes = {0};
    struct image_list images = {0};
    char path[256], have[2048] = "";
    snprintf(path, sizeof path, "%s/%s", folder, root);
    must(folder_classes(path, &classes));
    must(folder_images(path, &classes, &images));
    for (int i = 0; i < images.file_count; i++)
        snprintf(have + strlen(have), sizeof have - strlen(have), "%s %d, ", images.file[i].path + strlen(path) + 1,
                 images.file[i].label);
    ck_assert_str_eq(have, want);
    class_list_release(&classes);
    image_list_release(&images);
}

/* The order of torchvision.datasets.ImageFolder, observed: sorted(os.walk()), upper case before lower. */
START_TEST(files_in_imagefolder_s_order)
{
    static const char *const names[] = {"t/b/2.png", "t/b/10.JPEG", "t/b/sub/1.jpg", "t/b/sub.x/0.Png", "t/b/sub/z/9.jpg",
                                        "t/a/x.jpeg", "t/B/q.png", "t/b/zz.png", "t/a/note.txt", "t/b/archive.jpg.bak",
                                        "t/.hidden/1.png", "t/loose.png"};
    setup();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put_text(names[i], "");
    expect_files("t", "B/q.png 0, a/x.jpeg 1, b/10.JPEG 2, b/2.png 2, b/zz.png 2, b/sub/1.jpg 2, b/sub.x/0.Png 2, "
                      "b/sub/z/9.jpg 2, ");
    teardown();
}
END_TEST

START_TEST(splits_by_folder)
{
    struct dataset dataset;
    setup();
    for (int i = 0; i < 6; i++) {
        char name[64];
        snprintf(name, sizeof name, "train/%c/%d.png", 'a' + i % 3, i);
        put_text(name, "x");
    }
    put_text("val/b/0.jpg", "x");
    put_text("val/c/0.jpg", "x");
    put_text("val/c/readme", "x");
    put_text("test/a/0.jpg", "x"); /* val is there: it is not looked at */
    must(dataset_open(folder, &dataset));
    ck_assert_int_eq(dataset.classes, 3);
    ck_assert_int_eq(dataset.outputs, 3);
    ck_assert_int_eq(dataset.count[SPLIT_TRAIN], 6);
    ck_assert_int_eq(dataset.count[SPLIT_TEST], 2);
    ck_assert_int_eq(dataset.max_broken, 10);
    ck_assert_ptr_nonnull(strstr(dataset.summary, "/train: 3 classes, 6 training images"));
    ck_assert_ptr_nonnull(strstr(dataset.summary, "/val: 2 test images"));
    ck_assert_ptr_nonnull(strstr(dataset.summary, "files left out, since they are neither .jpg, .jpeg nor .png: 1"));
    dataset_release(&dataset);
    teardown();
}
END_TEST

START_TEST(one_in_ten_is_held_out)
{
    struct dataset dataset;
    static const int counts[] = {25, 10, 9, 2, 1};
    setup();
    for (int c = 0; c < 5; c++) {
        for (int i = 0; i < counts[c]; i++) {
            char name[64];
            snprintf(name, sizeof name, "%c/%02d.png", 'a' + c, i);
            put_png(name, 8 + i, 8);
        }
    }
    must(dataset_open(folder, &dataset));
    ck_assert_int_eq(dataset.count[SPLIT_TEST], 2 + 1 + 1 + 1 + 0);
    ck_assert_int_eq(dataset.count[SPLIT_TRAIN], 47 - 5);
    ck_assert_ptr_nonnull(strstr(dataset.summary, "5 test images, one in 10 of each class"));
    static const int labels[] = {0, 0, 1, 2, 3};
    for (int i = 0; i < 5; i++) {
        float image[3 * 8 * 8];
        int64_t label;
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TEST, i, 8, 0}, image, &label));
        ck_assert_int_eq(label, labels[i]);
    }
    dataset_release(&dataset);
    teardown();
}
END_TEST

static void refuse_folder(enum status code, const char *one, const char *two)
{
    struct dataset dataset;
    refused_with(dataset_open(folder, &dataset), code, (const char *const[]){one, two, NULL});
}

START_TEST(what_is_wrong_with_a_folder_is_said)
{
    setup();
    refuse_folder(STATUS_NOT_FOUND, "holds 0 folders", "train/CLASS");
    put_text("train/a/1.png", "x");
    refuse_folder(STATUS_NOT_FOUND, "/train holds 1 folders", "two classes");
    put_text("train/b/1.txt", "x");
    refuse_folder(STATUS_CORRUPT, "/train/b: no .jpg, .jpeg or .png", "");
    put_text("train/b/1.jpg", "x");
    put_text("val/c/1.png", "x");
    refuse_folder(STATUS_CORRUPT, "/val/c: this class is none of the 2", "");
    char loop[256];
    snprintf(loop, sizeof loop, "%s/train/a/loop", folder);
    ck_assert_int_eq(symlink("../../train", loop), 0);
    refuse_folder(STATUS_CORRUPT, "leads back", "loop");
    teardown();
}
END_TEST

/* Both formats, told by their content, whatever their names say; training samples follow the key, test samples don't. */
START_TEST(samples_follow_index_and_key)
{
    struct dataset dataset;
    float one[3 * 24 * 24], two[3 * 24 * 24];
    int64_t label;
    setup();
    put_jpeg("train/a/1.png", 3, 70, 50);
    put_png("train/b/1.JPG", 50, 70);
    put_jpeg("val/a/1.jpg", 10, 70, 50);
    put_png("val/b/1.png", 24, 24);
    must(dataset_open(folder, &dataset));
    for (int64_t i = 0; i < 2; i++) {
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, i, 24, 5}, one, &label));
        ck_assert_int_eq(label, i);
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, i, 24, 5}, two, &label));
        ck_assert_mem_eq(one, two, sizeof one);
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, i, 24, 6}, two, &label));
        ck_assert_int_ne(memcmp(one, two, sizeof one), 0);
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TEST, i, 24, 5}, one, &label));
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TEST, i, 24, 6}, two, &label));
        ck_assert_mem_eq(one, two, sizeof one);
        ck_assert_int_eq(label, i);
    }
    dataset_release(&dataset);
    teardown();
}
END_TEST

START_TEST(broken_files_are_named)
{
    struct dataset dataset;
    float image[3 * 16 * 16];
    int64_t label;
    static const char *const names[] = {"train/a/0.jpg", "train/a/1.jpg", "train/a/2.jpg", "train/b/3.jpg", "train/b/4.png"};
    static const char *const words[] = {"the file is empty", "cut short", "a GIF", "No such file", "0x78"};
    size_t size;
    setup();
    unsigned char *bytes = make_jpeg(&jpeg_kinds[3], 60, 60, &size);
    put_text(names[0], "");
    write_plain(place(names[1]), bytes, size / 2);
    put_text(names[2], "GIF89a");
    ck_assert_int_eq(symlink("nowhere", place(names[3])), 0);
    put_text(names[4], "xyz");
    put_text("val/a/1.png", "x");
    free(bytes);
    must(dataset_open(folder, &dataset));
    for (int64_t i = 0; i < 5; i++) {
        enum status status = dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, i, 16, 0}, image, &label);
        ck_assert_int_ne(status, STATUS_OK);
        ck_assert_int_ne(status, STATUS_NO_MEMORY);
        ck_assert_msg(strstr(status_message(), names[i]) && strstr(status_message(), words[i]), "%s", status_message());
    }
    dataset_release(&dataset);
    teardown();
}
END_TEST

/* Through the loader: the same batches whatever the workers, with a broken file among them, from any beginning. */
START_TEST(batches_are_the_same_for_all_workers)
{
    enum { SIDE = 20, BATCH = 4, BATCHES = 9, PIXELS = BATCH * 3 * SIDE * SIDE };
    struct dataset dataset;
    float *images = calloc(BATCHES, PIXELS * sizeof(float));
    ck_assert_ptr_nonnull(images);
    setup();
    for (int i = 0; i < 14; i++) {
        char name[64];
        snprintf(name, sizeof name, "train/%c/%02d.jpg", 'a' + i % 2, i);
        put_jpeg(name, i % jpeg_kind_count, 50 + i, 40);
    }
    put_text("train/a/06.jpg", "broken");
    put_png("val/a/1.png", 30, 30);
    must(dataset_open(folder, &dataset));
    for (int run = 0; run < 4; run++) {
        struct loader_config config = {.dataset = &dataset, .batch = BATCH, .side = SIDE, .seed = 8,
                                       .workers = 1 + 2 * (run % 3), .first_batch = run == 3 ? 5 : 0};
        struct loader *loader;
        struct batch batch;
        bool more;
        must(loader_create(&config, &loader));
        for (int64_t number = config.first_batch; number < BATCHES; number++) {
            must(loader_next(loader, &batch, &more));
            ck_assert(more && batch.count == BATCH);
            if (run == 0)
                memcpy(images + number * PIXELS, batch.images, PIXELS * sizeof(float));
            else
                ck_assert_mem_eq(images + number * PIXELS, batch.images, PIXELS * sizeof(float));
        }
        loader_destroy(loader);
        ck_assert_int_eq(dataset.broken, 1);
    }
    dataset_release(&dataset);
    free(images);
    teardown();
}
END_TEST

int main(void)
{
    return run_tests("folder", (const TTest *const[]){
                                   files_in_imagefolder_s_order, splits_by_folder, one_in_ten_is_held_out,
                                   what_is_wrong_with_a_folder_is_said, samples_follow_index_and_key,
                                   broken_files_are_named, batches_are_the_same_for_all_workers, NULL});
}
