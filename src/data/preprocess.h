/* Inside of preprocessing: resize, centre crop, then each byte through a table of 256 floats per
 * channel. preprocess.c makes it from texts, prepare.c puts images through it. */
#ifndef RSL_DATA_PREPROCESS_H
#define RSL_DATA_PREPROCESS_H

#include "io/resize.h"
#include "resile/data.h"

enum { RSL_PREPROCESS_CHANNELS = 3 };

struct rsl_preprocess {
    int statistics; /* channels that mean and std were given for; 1: any */
    float table[RSL_PREPROCESS_CHANNELS][256];
    int resize_height, resize_width; /* both 0: none; width 0: short side */
    int crop_height, crop_width;     /* 0: none */
    enum rsl_filter filter;
    int channels, height, width; /* what the model takes; 0: anything */
    bool channels_last;          /* the numbers of a pixel side by side, not planes */
};

/* What is done to images, in words: the options', else the model's; NULL where neither speaks and
 * the default holds. Who gives a mean or a deviation means that of pixels 0..1, so the model's own
 * scale and offset give way to 1/255 and 0 unless they are given, too. */
enum { RSL_PREPROCESS_WORDS = 7 };
struct rsl_preprocess_word {
    const char *key; /* "resile.input.scale" ...: of the model's metadata */
    const char *text;
};
/* `model` and `options` may be NULL. The texts are theirs. */
void rsl_preprocess_words(struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS],
                          const struct rsl_model *model,
                          const struct rsl_preprocess_options *options);

/* Size of a picture after resizing, before cropping. */
void rsl_preprocess_resized(const struct rsl_preprocess *p, int *height, int *width);

#endif
