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
};

/* Size of a picture after resizing, before cropping. */
void rsl_preprocess_resized(const struct rsl_preprocess *p, int *height, int *width);

#endif
