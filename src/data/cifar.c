/* CIFAR-10 and CIFAR-100, "binary version" (A. Krizhevsky): records without header,
 *
 *   CIFAR-10:  1 byte label, 3072 bytes [3,32,32]
 *   CIFAR-100: 1 byte coarse label, 1 byte fine label, 3072 bytes [3,32,32]
 *
 * Files are mapped; images are numbered through the files in their official order. Where the folder
 * holds the version for Python instead, it is rewritten as such records in memory. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "data/cifar_python.h"
#include "data/data.h"

#include <string.h>

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, MAX_FILES = 5, OFFICIAL_PER_FILE_10 = 10000 };

static const char *const names10[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                      "dog",      "frog",       "horse", "ship", "truck"};
static const char *const names100[] = {
    "apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
    "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
    "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
    "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
    "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
    "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
    "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
    "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
    "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
    "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
    "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
    "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
    "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
    "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
    "table",       "tank",          "telephone", "television", "tiger",        "tractor",
    "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
    "willow_tree", "wolf",          "woman",     "worm"};
static const char *const coarse100[] = {"aquatic_mammals",
                                        "fish",
                                        "flowers",
                                        "food_containers",
                                        "fruit_and_vegetables",
                                        "household_electrical_devices",
                                        "household_furniture",
                                        "insects",
                                        "large_carnivores",
                                        "large_man-made_outdoor_things",
                                        "large_natural_outdoor_scenes",
                                        "large_omnivores_and_herbivores",
                                        "medium_mammals",
                                        "non-insect_invertebrates",
                                        "people",
                                        "reptiles",
                                        "small_mammals",
                                        "trees",
                                        "vehicles_1",
                                        "vehicles_2"};
static const uint8_t coarse_of[100] = {
    4,  1,  14, 8,  0,  6,  7,  7,  18, 3,  3,  14, 9,  18, 7,  11, 3,  9,  7,  11,
    6,  11, 5,  10, 7,  6,  13, 15, 3,  15, 0,  11, 1,  10, 12, 14, 16, 9,  11, 5,
    5,  19, 8,  8,  15, 13, 14, 17, 18, 10, 16, 4,  17, 4,  2,  0,  17, 4,  18, 17,
    10, 3,  2,  12, 12, 16, 12, 1,  9,  19, 2,  10, 0,  1,  16, 12, 9,  13, 15, 13,
    16, 19, 2,  4,  6,  19, 5,  5,  8,  19, 18, 1,  2,  15, 6,  0,  17, 8,  14, 13};

/* One of the two sets, in one of the two versions. */
struct layout {
    int head;                  /* bytes of labels; the last one is the class */
    const char *subfolders[2]; /* of the official archive */
    int n_train;
    const char *train[MAX_FILES];
    const char *test;
    int64_t official;      /* images in each file, for the split read */
    const char *labels[2]; /* version for Python: their keys; else NULL */
};

struct cifar {
    size_t record, head;
    int n;
    struct part {
        struct rsl_file file;   /* binary version */
        uint8_t *made;          /* version for Python */
        const uint8_t *records; /* either */
    } part[MAX_FILES];
    int64_t start[MAX_FILES + 1]; /* number of each file's first image */
};

static int open_records(struct part *p, const struct layout *l, const char *path, size_t *size) {
    if (l->labels[0]) {
        RSL_TRY(rsl_cifar_python_read(path, l->labels, l->head, PIXELS, &p->made, size));
        p->records = p->made;
        return RSL_OK;
    }
    RSL_TRY(rsl_file_open(&p->file, path));
    p->records = p->file.data;
    *size = p->file.size;
    return RSL_OK;
}

static int open_file(struct cifar *c, const struct layout *l, const char *place, const char *name) {
    struct rsl_text path = {0};
    size_t size = 0;
    rsl_text_printf(&path, "%s%s", place, name);
    int rc = path.status < 0 ? path.status : open_records(&c->part[c->n], l, path.at, &size);
    if (rc < 0) goto out;
    int64_t count = (int64_t)(size / c->record);
    c->start[c->n + 1] = c->start[c->n] + count;
    c->n++;
    if (size == 0 || size % c->record != 0)
        rc = rsl_fail(RSL_EFORMAT, "%s: its %zu bytes are not a whole number of records of %zu",
                      path.at, size, c->record);
    else if (count != l->official)
        rsl_log(RSL_LOG_WARNING, "%s: holds %lld images, the official file %lld", path.at,
                (long long)count, (long long)l->official);
out:
    rsl_text_free(&path);
    return rc;
}

static const uint8_t *record_of(const struct cifar *c, int64_t i) {
    int k = 0;
    while (i >= c->start[k + 1]) k++;
    return c->part[k].records + (size_t)(i - c->start[k]) * c->record;
}

static int read_labels(struct rsl_data *d, const struct cifar *c) {
    d->labels = rsl_malloc((size_t)d->count * sizeof *d->labels);
    if (!d->labels) return RSL_ENOMEM;
    for (int64_t i = 0; i < d->count; i++) {
        const uint8_t *r = record_of(c, i);
        int label = d->labels[i] = r[c->head - 1];
        if (label >= d->classes)
            return rsl_fail(RSL_EFORMAT, "%s: image %lld has label %d, the set has %d classes",
                            d->folder, (long long)i, label, d->classes);
        if (d->supers && r[0] != d->super_of[label])
            return rsl_fail(RSL_EFORMAT, "%s: image %lld has coarse label %d, its class %s has %d",
                            d->folder, (long long)i, r[0], d->class_names[label],
                            d->super_of[label]);
    }
    return RSL_OK;
}

/* The files of the split read. */
static const char *const *files_of(const struct rsl_data *d, const struct layout *l, int *n) {
    *n = d->train ? l->n_train : 1;
    return d->train ? l->train : &l->test;
}

static int locate(const struct rsl_data *d, const struct layout *l, char **place) {
    int n;
    const char *const *files = files_of(d, l, &n);
    return rsl_data_locate(d, files, n, l->subfolders, place);
}

/* The binary version when it is there, else the one for Python, else what the first lacks. */
static int choose(const struct rsl_data *d, const struct layout versions[2],
                  const struct layout **l, char **place) {
    *l = &versions[0];
    int rc = locate(d, *l, place);
    if (rc != RSL_ENOTFOUND) return rc;
    *l = &versions[1];
    rc = locate(d, *l, place);
    return rc == RSL_ENOTFOUND ? locate(d, &versions[0], place) : rc;
}

static int open_version(struct rsl_data *d, const struct layout versions[2]) {
    struct cifar *c = d->state = rsl_calloc(1, sizeof *c);
    if (!c) return RSL_ENOMEM;
    const struct layout *l;
    char *place = NULL;
    RSL_TRY(choose(d, versions, &l, &place));
    c->head = (size_t)l->head;
    c->record = c->head + PIXELS;
    int rc = RSL_OK, n;
    const char *const *files = files_of(d, l, &n);
    for (int k = 0; k < n && rc == RSL_OK; k++) rc = open_file(c, l, place, files[k]);
    rsl_free(place);
    RSL_TRY(rc);
    d->count = c->start[c->n];
    d->channels = 3;
    d->height = d->width = SIDE;
    return read_labels(d, c);
}

static int open10(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    static const struct layout versions[2] = {
        {
            .head = 1,
            .subfolders = {"cifar-10-batches-bin"},
            .n_train = 5,
            .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                      "data_batch_4.bin", "data_batch_5.bin"},
            .test = "test_batch.bin",
            .official = OFFICIAL_PER_FILE_10,
        },
        {
            .head = 1,
            .subfolders = {"cifar-10-batches-py"},
            .n_train = 5,
            .train = {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                      "data_batch_5"},
            .test = "test_batch",
            .official = OFFICIAL_PER_FILE_10,
            .labels = {"labels"},
        },
    };
    d->classes = 10;
    d->class_names = names10;
    return open_version(d, versions);
}

static int open100(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    const int64_t official = d->train ? 50000 : 10000;
    const struct layout versions[2] = {
        {
            .head = 2,
            .subfolders = {"cifar-100-binary"},
            .n_train = 1,
            .train = {"train.bin"},
            .test = "test.bin",
            .official = official,
        },
        {
            .head = 2,
            .subfolders = {"cifar-100-python"},
            .n_train = 1,
            .train = {"train"},
            .test = "test",
            .official = official,
            .labels = {"coarse_labels", "fine_labels"},
        },
    };
    d->classes = 100;
    d->class_names = names100;
    d->supers = 20;
    d->super_names = coarse100;
    d->super_of = coarse_of;
    return open_version(d, versions);
}

static void close_files(struct rsl_data *d) {
    struct cifar *c = d->state;
    for (int k = 0; c && k < MAX_FILES; k++) {
        rsl_file_close(&c->part[k].file);
        rsl_free(c->part[k].made);
    }
    rsl_free(c);
}

static int read_image(const struct rsl_data *d, int64_t i, uint8_t *pixels) {
    const struct cifar *c = d->state;
    memcpy(pixels, record_of(c, i) + c->head, PIXELS);
    return RSL_OK;
}

const struct rsl_data_type rsl_data_cifar10 = {
    .name = "cifar10",
    .about = "small photographs, 32x32 RGB, 10 classes, 50000 + 10000",
    .open = open10,
    .close = close_files,
    .read = read_image,
};

const struct rsl_data_type rsl_data_cifar100 = {
    .name = "cifar100",
    .about = "small photographs, 32x32 RGB, 100 classes in 20 super-classes, 50000 + 10000",
    .open = open100,
    .close = close_files,
    .read = read_image,
};
