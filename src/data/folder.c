/* A folder of pictures: each subfolder is a class, named by it; .jpg .jpeg .png .ppm.
 *
 * Classes and images have the order of torchvision's ImageFolder: class names sorted as bytes; in
 * a class all folders below sorted by path, in each folder the names sorted. Names that start with
 * a dot are nobody's. When the subfolders are train (or training) and test (testing) or val (valid,
 * validation), the classes are in them and the split is taken from them; with all three, val is
 * left alone. Such names beside others are refused, but one alone may be a class. Without them,
 * training and test images are the same, which a warning says. */
#define _POSIX_C_SOURCE 200809L
#include "base/alloc.h"
#include "base/log.h"
#include "base/status.h"
#include "base/vec.h"
#include "data/image_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 16, MAX_CLASSES = 100000 };

struct names {
    const char **at;
    size_t n, cap;
};

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct names *v) {
    if (v->n) qsort(v->at, v->n, sizeof *v->at, by_bytes);
}

static int add_entry(struct rsl_arena *arena, const char *folder, const char *entry,
                     struct names *folders, struct names *files) {
    struct stat st;
    if (entry[0] == '.') return RSL_OK;
    const char *path = rsl_arena_printf(arena, "%s/%s", folder, entry);
    if (!path) return RSL_ENOMEM;
    if (stat(path, &st) < 0) /* a dangling link is nobody's picture */
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
                   ? RSL_OK
                   : rsl_fail(RSL_EIO, "%s: %s", path, strerror(errno));
    const char *name = path + strlen(folder) + 1;
    if (S_ISDIR(st.st_mode)) return rsl_vec_push(folders, name);
    return S_ISREG(st.st_mode) ? rsl_vec_push(files, name) : RSL_OK;
}

/* Names of subfolders and of files, each sorted; they live in `arena`. */
static int list_folder(struct rsl_arena *arena, const char *folder, struct names *folders,
                       struct names *files) {
    DIR *dir = opendir(folder);
    if (!dir) return rsl_fail(RSL_EIO, "%s: cannot be listed: %s", folder, strerror(errno));
    int rc = RSL_OK;
    struct dirent *e;
    while (errno = 0, rc == RSL_OK && (e = readdir(dir)))
        rc = add_entry(arena, folder, e->d_name, folders, files);
    if (rc == RSL_OK && errno != 0)
        rc = rsl_fail(RSL_EIO, "%s: cannot be listed: %s", folder, strerror(errno));
    closedir(dir);
    sort(folders);
    sort(files);
    return rc;
}

static bool ends_in(const char *name, const char *const *endings) {
    const char *dot = strrchr(name, '.');
    for (; dot && *endings; endings++)
        if (strcasecmp(dot, *endings) == 0) return true;
    return false;
}

/* Files that are no pictures are passed over; pictures that cannot be read are refused, for
 * leaving them out would change every number. */
static int add_files(struct rsl_image_files *f, const char *folder, const struct names *files,
                     int label) {
    static const char *const read[] = {".jpg", ".jpeg", ".png", ".ppm", NULL};
    static const char *const unread[] = {".bmp", ".pgm", ".tif", ".tiff", ".webp", NULL};
    const char *place = rsl_arena_printf(&f->arena, "%s/", folder);
    if (!place) return RSL_ENOMEM;
    for (size_t k = 0; k < files->n; k++) {
        if (ends_in(files->at[k], unread))
            return rsl_fail(RSL_EUNSUPPORTED,
                            "%s/%s: pictures are read from .jpg, .jpeg, .png and .ppm only", folder,
                            files->at[k]);
        if (ends_in(files->at[k], read))
            RSL_TRY(rsl_image_files_add(f, place, files->at[k], label));
    }
    return RSL_OK;
}

/* All folders at and below `folder`, as paths. */
static int collect(struct rsl_arena *arena, const char *folder, int depth, struct names *all) {
    if (depth > MAX_DEPTH)
        return rsl_fail(RSL_EUNSUPPORTED, "%s: folders nested deeper than %d; a link to itself?",
                        folder, MAX_DEPTH);
    RSL_TRY(rsl_vec_push(all, folder));
    struct names folders = {0}, files = {0};
    int rc = list_folder(arena, folder, &folders, &files);
    for (size_t k = 0; k < folders.n && rc == RSL_OK; k++) {
        const char *path = rsl_arena_printf(arena, "%s/%s", folder, folders.at[k]);
        rc = path ? collect(arena, path, depth + 1, all) : RSL_ENOMEM;
    }
    rsl_free(folders.at);
    rsl_free(files.at);
    return rc;
}

static int add_class(struct rsl_image_files *f, const char *folder, int label) {
    struct names all = {0};
    size_t before = f->paths.n;
    int rc = collect(&f->arena, folder, 0, &all);
    sort(&all);
    for (size_t k = 0; k < all.n && rc == RSL_OK; k++) {
        struct names folders = {0}, files = {0};
        rc = list_folder(&f->arena, all.at[k], &folders, &files);
        if (rc == RSL_OK) rc = add_files(f, all.at[k], &files, label);
        rsl_free(folders.at);
        rsl_free(files.at);
    }
    rsl_free(all.at);
    if (rc == RSL_OK && f->paths.n == before)
        rc = rsl_fail(RSL_EFORMAT, "%s: a class without a picture", folder);
    return rc;
}

enum split { TRAIN, TEST, VALIDATION, SPLITS };

/* The split that a subfolder's name stands for, or SPLITS. */
static enum split split_of(const char *name) {
    static const char *const words[SPLITS][4] = {
        {"train", "training"}, {"test", "testing"}, {"val", "valid", "validation"}};
    for (int s = 0; s < SPLITS; s++)
        for (int k = 0; k < 4 && words[s][k]; k++)
            if (strcasecmp(name, words[s][k]) == 0) return (enum split)s;
    return SPLITS;
}

/* *folder: the subfolder with the classes, or "" when the classes are in the folder itself. */
static int choose_split(const struct rsl_data *d, const struct names *folders,
                        const char **folder) {
    const char *name[SPLITS] = {0}, *other = NULL;
    size_t n = 0;
    for (size_t k = 0; k < folders->n; k++) {
        enum split s = split_of(folders->at[k]);
        if (s == SPLITS || name[s])
            other = folders->at[k];
        else
            name[s] = folders->at[k], n++;
    }
    *folder = "";
    if (n == 0 || (n == 1 && other)) return RSL_OK; /* a class may be called train */
    if (other)
        return rsl_fail(RSL_EFORMAT,
                        "%s: '%s' stands beside folders named as splits: classes belong into "
                        "train and test, all else elsewhere",
                        d->folder, other);
    const char *test = name[TEST] ? name[TEST] : name[VALIDATION];
    if (!name[TRAIN] || !test)
        return rsl_fail(RSL_EFORMAT, "%s: has a folder '%s' and none for %s images", d->folder,
                        name[TRAIN] ? name[TRAIN] : test, name[TRAIN] ? "test" : "training");
    *folder = d->train ? name[TRAIN] : test;
    return RSL_OK;
}

static int add_classes(struct rsl_data *d, struct rsl_image_files *f, const char *root,
                       struct names *classes) {
    struct names files = {0};
    int rc = list_folder(&f->arena, root, classes, &files);
    rsl_free(files.at);
    RSL_TRY(rc);
    if (classes->n == 0 || classes->n > MAX_CLASSES)
        return rsl_fail(RSL_EFORMAT, "%s: has %zu subfolders; each is a class", root, classes->n);
    for (size_t k = 0; k < classes->n; k++) {
        const char *folder = rsl_arena_printf(&f->arena, "%s/%s", root, classes->at[k]);
        if (!folder) return RSL_ENOMEM;
        RSL_TRY(add_class(f, folder, (int)k));
    }
    d->classes = (int)classes->n;
    d->class_names = rsl_arena_memdup(&f->arena, classes->at, classes->n * sizeof *classes->at);
    return d->class_names ? rsl_image_files_finish(d) : RSL_ENOMEM;
}

static int open_folder(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    struct rsl_image_files *f = rsl_image_files_new(d);
    if (!f) return RSL_ENOMEM;
    char *place = NULL;
    RSL_TRY(rsl_data_locate(d, NULL, 0, NULL, &place));
    rsl_free(place);
    struct names folders = {0}, files = {0}, classes = {0};
    const char *split = "", *root = d->folder;
    int rc = list_folder(&f->arena, d->folder, &folders, &files);
    if (rc == RSL_OK) rc = choose_split(d, &folders, &split);
    if (rc == RSL_OK && *split) root = rsl_arena_printf(&f->arena, "%s/%s", d->folder, split);
    if (rc == RSL_OK) rc = root ? add_classes(d, f, root, &classes) : RSL_ENOMEM;
    if (rc == RSL_OK && !*split && d->train)
        rsl_log(RSL_LOG_WARNING, "%s: has no folders train and test: its images are both",
                d->folder);
    rsl_free(folders.at);
    rsl_free(files.at);
    rsl_free(classes.at);
    return rc;
}

const struct rsl_data_type rsl_data_folder = {
    .name = "folder",
    .about =
        "your own pictures: a subfolder for each class, or train and test with these; JPEG, PNG, "
        "PPM",
    .open = open_folder,
    .close = rsl_image_files_close,
    .decode = rsl_image_files_decode,
};
