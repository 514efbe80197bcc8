/* Walking through class folders. */
#include "trainer/data/folder_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/strbuf.h"

static const char *const endings[] = {".jpg", ".jpeg", ".png"};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(const char *root, const char *name)
{
    struct strbuf path;
    struct stat about;
    strbuf_init(&path);
    strbuf_printf(&path, "%s/%s", root, name);
    bool folder = stat(path.text, &about) == 0 && S_ISDIR(about.st_mode);
    strbuf_release(&path);
    return folder;
}

static enum status add_class(struct class_list *list, const char *name)
{
    ARRAY_ADD(list, class, strdup(name));
    return list->class[list->class_count - 1] ? STATUS_OK : FAIL(NO_MEMORY, "no memory for the class %s", name);
}

enum status folder_classes(const char *root, struct class_list *out)
{
    DIR *dir = opendir(root);
    enum status status = STATUS_OK;
    if (!dir)
        return FAIL(IO, "%s: the folder can't be read: %s", root, strerror(errno));
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.' && is_folder(root, entry->d_name))
            status = add_class(out, entry->d_name);
    }
    closedir(dir);
    if (out->class_count > 1)
        qsort(out->class, (size_t)out->class_count, sizeof *out->class, compare_names);
    return status;
}

static bool is_image(const char *name)
{
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending && i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(ending, endings[i]) == 0)
            return true;
    }
    return false;
}

/* By folder, then by name, as sorted(os.walk()) does: "a/b.jpg" comes before "a/a/b.jpg". */
static int compare_files(const void *a, const void *b)
{
    const char *one = ((const struct image_file *)a)->path, *two = ((const struct image_file *)b)->path;
    size_t one_folder = (size_t)(strrchr(one, '/') - one), two_folder = (size_t)(strrchr(two, '/') - two);
    size_t shorter = one_folder < two_folder ? one_folder : two_folder;
    int order = memcmp(one, two, shorter);
    if (order == 0 && one_folder != two_folder)
        order = one_folder < two_folder ? -1 : 1;
    return order ? order : strcmp(one + one_folder, two + two_folder);
}

static enum status add_file(struct image_list *list, const char *path, int label)
{
    ARRAY_ADD(list, file, (struct image_file){.path = strdup(path), .label = label});
    return list->file[list->file_count - 1].path ? STATUS_OK : FAIL(NO_MEMORY, "no memory for the name %s", path);
}

/* One entry of the walk. A link to nowhere is a file: reading it will say so. */
static enum status visit(const FTSENT *entry, int label, struct image_list *list)
{
    switch (entry->fts_info) {
    case FTS_F:
    case FTS_SLNONE:
    case FTS_DEFAULT:
        if (is_image(entry->fts_name))
            return add_file(list, entry->fts_path, label);
        list->left_out++;
        return STATUS_OK;
    case FTS_DC:
        return FAIL(CORRUPT, "%s: a link that leads back to a folder above it", entry->fts_path);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return FAIL(IO, "%s: can't be read: %s", entry->fts_path, strerror(entry->fts_errno));
    default:
        return STATUS_OK;
    }
}

static enum status walk_class(char *path, int label, struct image_list *list)
{
    FTS *walk = fts_open((char *[]){path, NULL}, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    enum status status = STATUS_OK;
    int first = list->file_count;
    if (!walk)
        return FAIL(IO, "%s: the folder can't be read: %s", path, strerror(errno));
    for (FTSENT *entry; status == STATUS_OK && (entry = fts_read(walk)) != NULL;)
        status = visit(entry, label, list);
    fts_close(walk);
    TRY(status);
    if (list->file_count == first)
        return FAIL(CORRUPT, "%s: no .jpg, .jpeg or .png in this class's folder; remove it or fill it", path);
    qsort(list->file + first, (size_t)(list->file_count - first), sizeof *list->file, compare_files);
    return STATUS_OK;
}

static enum status add_class_images(const char *root, char *name, const struct class_list *classes,
                                    struct image_list *out)
{
    char **known = bsearch(&name, classes->class, (size_t)classes->class_count, sizeof name, compare_names);
    struct strbuf path;
    if (!known)
        return FAIL(CORRUPT, "%s/%s: this class is none of the %d of the training split", root, name,
                    classes->class_count);
    strbuf_init(&path);
    strbuf_printf(&path, "%s/%s", root, name);
    enum status status = walk_class(path.text, (int)(known - classes->class), out);
    strbuf_release(&path);
    return status;
}

enum status folder_images(const char *root, const struct class_list *classes, struct image_list *out)
{
    struct class_list here = {0};
    enum status status;
    TRY_OUT(folder_classes(root, &here));
    for (int i = 0; i < here.class_count; i++)
        TRY_OUT(add_class_images(root, here.class[i], classes, out));
out:
    class_list_release(&here);
    return status;
}

void class_list_release(struct class_list *list)
{
    for (int i = 0; i < list->class_count; i++)
        free(list->class[i]);
    free(list->class);
    *list = (struct class_list){0};
}

void image_list_release(struct image_list *list)
{
    for (int i = 0; i < list->file_count; i++)
        free(list->file[i].path);
    free(list->file);
    *list = (struct image_list){0};
}
