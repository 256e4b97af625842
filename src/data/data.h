/* Inside of a data set: one struct for all, and what a kind of set has to provide.
 *
 * A new set is one file with a `const struct rsl_data_type rsl_data_<symbol>` and one line in
 * datasets.def. */
#ifndef RSL_DATA_DATA_H
#define RSL_DATA_DATA_H

#include "base/text.h"
#include "io/image.h"
#include "resile/data.h"

#include <stdbool.h>

struct rsl_data {
    const struct rsl_data_type *type;
    char *folder; /* "" for drawn sets */
    bool train;
    int64_t count;
    int classes;
    const char *const *class_names;
    int supers; /* 0: none, and the two below are NULL */
    const char *const *super_names;
    const uint8_t *super_of;
    int channels, height, width; /* height and width 0: they vary */
    int *labels;                 /* rsl_malloc'ed, or NULL when type->label computes them */
    void *state;                 /* of the type; released by type->close */
};

struct rsl_data_type {
    const char *name;  /* as in NAME:DIR */
    const char *about; /* one line for people */
    bool drawn;        /* needs no folder */
    /* Fills count, classes, names, shape, labels and state. When it fails, close is called. */
    int (*open)(struct rsl_data *d, const struct rsl_data_options *options);
    void (*close)(struct rsl_data *d); /* state may be NULL */
    int (*label)(const struct rsl_data *d, int64_t i);
    /* Exactly one of the two: sets with one size write [C,H,W]; those of pictures decode, and may
     * have one size all the same. */
    int (*read)(const struct rsl_data *d, int64_t i, uint8_t *pixels);
    int (*decode)(const struct rsl_data *d, int64_t i, struct rsl_image *image);
};

/* Appends the folder of the set `name` among all sets. */
int rsl_data_place(struct rsl_text *place, const char *name);

/* The type called `name`, or NULL. */
const struct rsl_data_type *rsl_data_type_find(const char *name);

/* Looks for all of `files` in the set's folder, then in each of `subfolders` (where official
 * archives unpack to; ends in NULL; may be NULL). On success *place is the folder with a '/' at its
 * end, to be freed with rsl_free. Fails with RSL_ENOTFOUND and the list of what is missing. */
int rsl_data_locate(const struct rsl_data *d, const char *const *files, int n,
                    const char *const *subfolders, char **place);

/* Image i of a set with one size, as [H,W,C]. */
int rsl_data_pixels(const struct rsl_data *d, int64_t i, struct rsl_image *image);

/* That a decoded picture has the size of the set, when there is one. */
int rsl_data_check_size(const struct rsl_data *d, const struct rsl_image *image);

/* Fails when images first..first+n-1 are not all in the set. */
int rsl_data_check_range(const struct rsl_data *d, int64_t first, int64_t n);

/* [H,W,C] -> [C,H,W] and back; `area` is H*W. */
void rsl_pixels_to_planes(const uint8_t *in, uint8_t *out, size_t area, size_t channels);
void rsl_planes_to_pixels(const uint8_t *in, uint8_t *out, size_t area, size_t channels);

#endif
