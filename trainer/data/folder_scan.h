/* The image files of a folder of classes, in the order of torchvision's ImageFolder. */
#ifndef TRAINER_DATA_FOLDER_SCAN_H
#define TRAINER_DATA_FOLDER_SCAN_H

#include <stdint.h>

#include "base/status.h"

struct image_file {
    char *path; /* owned */
    int label;
};

struct image_list {
    struct image_file *file; /* owned */
    int file_count, file_room;
    int64_t left_out; /* files that are neither .jpg, .jpeg nor .png */
};

struct class_list {
    char **class; /* names, sorted by their bytes; owned */
    int class_count, class_room;
};

/* The folders in `root` whose names don't begin with a dot. Fails with IO naming the folder; the list may be empty. */
enum status folder_classes(const char *root, struct class_list *out);

/*
 * Appends the images below root/<class>/ for every class folder of `root`, each with the label that its name has in
 * `classes`: class by class, folder by folder, name by name, sorted by bytes; links are followed. Fails with CORRUPT when a
 * class is not in `classes` or its folder holds no image, with IO when a folder can't be read.
 */
enum status folder_images(const char *root, const struct class_list *classes, struct image_list *out);

void class_list_release(struct class_list *list);
void image_list_release(struct image_list *list);

#endif
