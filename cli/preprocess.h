/* The options that say how an image becomes the input of a model, for every command that feeds
 * images or writes that knowledge into a model. */
#ifndef CLI_PREPROCESS_H
#define CLI_PREPROCESS_H

#include "option.h"

#include <resile/data.h>

struct preprocess {
    struct numbers mean, std;
    const char *resize, *crop;
    int filter; /* 0: as the model says */
};

struct preprocess_texts {
    char mean[OPTION_LIST_MAX * 32], std[OPTION_LIST_MAX * 32];
    struct rsl_preprocess_options options;
};

/* The library's form of the options, which lives as long as both arguments; NULL when none was
 * given. */
const struct rsl_preprocess_options *preprocess_texts(struct preprocess_texts *texts,
                                                      const struct preprocess *given);

const char *name_of_filter(int i);

#define PREPROCESS_OPTIONS(owner, field)                                                        \
    {"mean",         0,                                                                         \
     OPTION_NUMBERS, offsetof(owner, field.mean),                                               \
     "M,M,M",        "per channel, subtracted from pixels 0..1 (default: as the model says)",   \
     .preset = NULL},                                                                           \
        {"std",          0,                                                                     \
         OPTION_NUMBERS, offsetof(owner, field.std),                                            \
         "S,S,S",        "per channel, divided by (default: as the model says)",                \
         .preset = NULL},                                                                       \
        {"resize",      0,                                                                      \
         OPTION_TEXT,   offsetof(owner, field.resize),                                          \
         "SIZE",        "224: short side; 227x227: exactly; none (default: as the model says)", \
         .preset = NULL},                                                                       \
        {"crop",                                                                                \
         0,                                                                                     \
         OPTION_TEXT,                                                                           \
         offsetof(owner, field.crop),                                                           \
         "SIZE",                                                                                \
         "centre crop after resizing: 224, 224x224 or none (default: as the model says)",       \
         .preset = NULL},                                                                       \
    {                                                                                           \
        "filter", 0, OPTION_CHOICE, offsetof(owner, field.filter), "F", "of resizing", "model", \
            .words = name_of_filter                                                             \
    }

#endif
