/* CIFAR-10 and CIFAR-100, "binary version" (A. Krizhevsky): records without header,
 *
 *   CIFAR-10:  1 byte label, 3072 bytes [3,32,32]
 *   CIFAR-100: 1 byte coarse label, 1 byte fine label, 3072 bytes [3,32,32]
 *
 * Files are mapped; images are numbered through the files in their official order. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
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

/* One of the two formats. */
struct layout {
    size_t head;               /* bytes of labels; the last one is the class */
    const char *subfolders[2]; /* of the official archive */
    int n_train;
    const char *train[MAX_FILES];
    const char *test;
    const char *pickled[3]; /* files that only the version for Python has, and its subfolder */
    int64_t official;       /* images in each file, for the split read */
};

struct cifar {
    size_t record, head;
    int n;
    struct rsl_file file[MAX_FILES];
    int64_t start[MAX_FILES + 1]; /* number of each file's first image */
};

static int open_file(struct cifar *c, const char *place, const char *name, int64_t official) {
    struct rsl_text path = {0};
    rsl_text_printf(&path, "%s%s", place, name);
    struct rsl_file *f = &c->file[c->n];
    int rc = path.status < 0 ? path.status : rsl_file_open(f, path.at);
    if (rc < 0) goto out;
    c->start[c->n + 1] = c->start[c->n] + (int64_t)(f->size / c->record);
    c->n++;
    if (f->size == 0 || f->size % c->record != 0)
        rc = rsl_fail(RSL_EFORMAT, "%s: its %zu bytes are not a whole number of records of %zu",
                      path.at, f->size, c->record);
    else if ((int64_t)(f->size / c->record) != official)
        rsl_log(RSL_LOG_WARNING, "%s: holds %zu images, the official file %lld", path.at,
                f->size / c->record, (long long)official);
out:
    rsl_text_free(&path);
    return rc;
}

static const uint8_t *record_of(const struct cifar *c, int64_t i) {
    int k = 0;
    while (i >= c->start[k + 1]) k++;
    return c->file[k].data + (size_t)(i - c->start[k]) * c->record;
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

/* Pickles instead of records: the same set, downloaded in the form for Python. */
static bool is_pickled(const struct rsl_data *d, const struct layout *l) {
    char *place = NULL;
    const char *subfolders[] = {l->pickled[2], NULL};
    int rc = rsl_data_locate(d, l->pickled, 2, subfolders, &place);
    rsl_free(place);
    return rc == RSL_OK;
}

static int locate(const struct rsl_data *d, const struct layout *l, const char *const *files, int n,
                  char **place) {
    int rc = rsl_data_locate(d, files, n, l->subfolders, place);
    if (rc != RSL_ENOTFOUND) return rc;
    if (!is_pickled(d, l)) /* its own sentence again */
        return rsl_data_locate(d, files, n, l->subfolders, place);
    return rsl_fail(RSL_ENOTFOUND,
                    "%s: %s holds the version for Python, pickles; the binary version is needed, "
                    "which `resile data get %s` fetches",
                    d->type->name, d->folder, d->type->name);
}

static int open_layout(struct rsl_data *d, const struct layout *l) {
    struct cifar *c = d->state = rsl_calloc(1, sizeof *c);
    if (!c) return RSL_ENOMEM;
    c->head = l->head;
    c->record = l->head + PIXELS;
    int n = d->train ? l->n_train : 1;
    const char *const *files = d->train ? l->train : &l->test;
    char *place = NULL;
    RSL_TRY(locate(d, l, files, n, &place));
    int rc = RSL_OK;
    for (int k = 0; k < n && rc == RSL_OK; k++) rc = open_file(c, place, files[k], l->official);
    rsl_free(place);
    RSL_TRY(rc);
    d->count = c->start[c->n];
    d->channels = 3;
    d->height = d->width = SIDE;
    return read_labels(d, c);
}

static int open10(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    static const struct layout layout = {
        .head = 1,
        .subfolders = {"cifar-10-batches-bin"},
        .n_train = 5,
        .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                  "data_batch_5.bin"},
        .test = "test_batch.bin",
        .pickled = {"data_batch_1", "test_batch", "cifar-10-batches-py"},
        .official = OFFICIAL_PER_FILE_10,
    };
    d->classes = 10;
    d->class_names = names10;
    return open_layout(d, &layout);
}

static int open100(struct rsl_data *d, const struct rsl_data_options *options) {
    (void)options;
    struct layout layout = {
        .head = 2,
        .subfolders = {"cifar-100-binary"},
        .n_train = 1,
        .train = {"train.bin"},
        .test = "test.bin",
        .pickled = {"train", "test", "cifar-100-python"},
        .official = d->train ? 50000 : 10000,
    };
    d->classes = 100;
    d->class_names = names100;
    d->supers = 20;
    d->super_names = coarse100;
    d->super_of = coarse_of;
    return open_layout(d, &layout);
}

static void close_files(struct rsl_data *d) {
    struct cifar *c = d->state;
    for (int k = 0; c && k < c->n; k++) rsl_file_close(&c->file[k]);
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
