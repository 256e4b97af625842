/* Data sets: labelled images, and how they become the input of a model.
 *
 *     struct rsl_data *data;
 *     rsl_data_open(&data, "cifar10:/sets/cifar10", NULL);
 *     struct rsl_preprocess *pre;
 *     rsl_preprocess_new(&pre, model, NULL);
 *     int shape[3];
 *     rsl_preprocess_shape(pre, data, shape);          [C,H,W] of one input
 *     rsl_data_batch(data, pre, 0, 128, input, labels);
 *
 * Ownership: what comes through a `**` pointer is the caller's until the matching close or free;
 * texts belong to the data set. An open set never changes: the same index always gives the same
 * bytes, and any number of threads may read it at once. */
#ifndef RESILE_DATA_H
#define RESILE_DATA_H

#include "resile/model.h"
#include "resile/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_data;
struct rsl_preprocess;

/* ---- the sets there are ---- */

RSL_API int rsl_dataset_count(void);
/* NULL when `i` is out of range. */
RSL_API const char *rsl_dataset_name(int i);
RSL_API const char *rsl_dataset_about(int i);

/* The folder that has a folder for each set: $RESILE_DATA, else resile/data in the user's cache
 * ($XDG_CACHE_HOME, ~/.cache). */
RSL_API int rsl_data_root(char *root, size_t size);

/* Fetches a published set into `folder` (NULL: NAME in rsl_data_root): downloads, continues what
 * was interrupted, checks, unpacks, and puts it in place when it is complete. Does nothing when the
 * set is there. `base` (NULL: the publisher) is the URL of another folder with the same files.
 * `progress` may be NULL; a nonzero result stops with RSL_EINTERRUPTED. */
RSL_API int rsl_data_get(const char *name, const char *folder, const char *base,
                         int (*progress)(void *context, const char *file, int64_t done,
                                         int64_t total),
                         void *context);

/* ---- opening ---- */

/* Zero everywhere is the default. */
struct rsl_data_options {
    const char *split; /* "test" (default) or "train" */
    uint64_t seed;     /* drawn sets: which world is drawn */
    int64_t count;     /* drawn sets: number of images; 0: 10000 (test), 40000 (train) */
};

/* `spec` is NAME or NAME:DIR; without DIR the folder is NAME in rsl_data_root. Everything that can
 * be known without decoding images is checked here: missing files, sizes, counts, label ranges.
 * `options` may be NULL. */
RSL_API int rsl_data_open(struct rsl_data **data, const char *spec,
                          const struct rsl_data_options *options);
RSL_API void rsl_data_close(struct rsl_data *data);

/* ---- what is known about a set ---- */

RSL_API const char *rsl_data_name(const struct rsl_data *data);
RSL_API const char *rsl_data_split(const struct rsl_data *data); /* "test" or "train" */
RSL_API int64_t rsl_data_count(const struct rsl_data *data);
RSL_API int rsl_data_classes(const struct rsl_data *data);
/* NULL when `label` is out of range. */
RSL_API const char *rsl_data_class_name(const struct rsl_data *data, int label);
/* Super-classes: their number (0: the set has none), their names, and the one of each class. */
RSL_API int rsl_data_supers(const struct rsl_data *data);
RSL_API const char *rsl_data_super_name(const struct rsl_data *data, int super);
RSL_API int rsl_data_super_of(const struct rsl_data *data, int label); /* -1: none */
/* [C,H,W]; H and W are 0 when they vary from image to image. */
RSL_API void rsl_data_shape(const struct rsl_data *data, int shape[3]);
/* Never decodes the image; -1 when `i` is out of range. */
RSL_API int rsl_data_label(const struct rsl_data *data, int64_t i);

/* ---- pixels ---- */

/* Images first..first+n-1 of a set with one size as bytes [n,C,H,W]; `labels` may be NULL. */
RSL_API int rsl_data_read(const struct rsl_data *data, int64_t first, int64_t n, uint8_t *pixels,
                          int *labels);
/* One image of any set as bytes [C,H,W]: sets `shape` and, when `pixels` is not NULL, fills it;
 * RSL_EARG when `capacity` bytes do not hold the image. */
RSL_API int rsl_data_image(const struct rsl_data *data, int64_t i, int shape[3], uint8_t *pixels,
                           size_t capacity);

/* ---- from pixels to the input of a model ---- */

/* What replaces the model's metadata, in the same words; NULL: as the model says.
 *   scale   "1/255" (default), "2/255", "1": multiplies a pixel 0..255
 *   offset  "0" (default), "-1": added then
 *   mean    "0.485 0.456 0.406": per channel, subtracted after that (one number: all channels)
 *   std     per channel, divided by after that
 *   resize  "224": short side; "227x227": exactly HxW; "none"
 *   crop    "224" or "224x224": centre crop after resizing; "none"
 *   filter  "bilinear" (default) or "bicubic", both antialiased as Pillow's
 * A mean or std given without a scale or offset is that of pixels 0..1: the model's scale and
 * offset give way to 1/255 and 0. */
struct rsl_preprocess_options {
    const char *scale, *offset, *mean, *std, *resize, *crop, *filter;
};

/* `model` NULL: the defaults above and no expectation about the shape. `options` may be NULL.
 * The model may be freed while the result lives. */
RSL_API int rsl_preprocess_new(struct rsl_preprocess **preprocess, const struct rsl_model *model,
                               const struct rsl_preprocess_options *options);
RSL_API void rsl_preprocess_free(struct rsl_preprocess *preprocess);
/* [C,H,W] of what rsl_data_batch writes for this set. When that is not what the model takes, fails
 * with RSL_EMISMATCH and a sentence that says which option makes it fit. Grey images serve a model
 * of three channels by repetition, colour images one of a single channel by their luma. */
RSL_API int rsl_preprocess_shape(const struct rsl_preprocess *preprocess,
                                 const struct rsl_data *data, int shape[3]);

/* States the sizes that the model's input leaves open: those of this set's images after
 * preprocessing. Refuses what rsl_preprocess_new and rsl_preprocess_shape refuse. */
RSL_API int rsl_model_fit(struct rsl_model *model, const struct rsl_data *data,
                          const struct rsl_preprocess_options *options);

/* Images first..first+n-1 as floats [n,C,H,W]; `labels` may be NULL. */
RSL_API int rsl_data_batch(const struct rsl_data *data, const struct rsl_preprocess *preprocess,
                           int64_t first, int64_t n, float *out, int *labels);

/* ---- augmentation ---- */

/* What training can do to its images at random, as --augment takes it: "crop:4,flip". */
RSL_API int rsl_augmentation_count(void);
/* How it is written, and what it does; NULL when `i` is out of range. */
RSL_API const char *rsl_augmentation_form(int i);
RSL_API const char *rsl_augmentation_about(int i);

#ifdef __cplusplus
}
#endif
#endif
