/* Lists of names that the library offers, in the form that option tables take, and the entries that
 * several commands make of them. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "option.h"

/* Name i, NULL after the last. */
const char *name_of_arch(int i);
const char *name_of_dataset(int i);
const char *name_of_split(int i);
const char *name_of_recipe(int i);
const char *name_of_encoding(int i);
const char *name_of_granularity(int i);
const char *name_of_rounding(int i);
const char *name_of_layout(int i);

#define OPTION_DATA(owner, field)                                                                 \
    {                                                                                             \
        "data", 'd', OPTION_TEXT, offsetof(owner, field), "NAME[:DIR]",                           \
            "data set and its folder; without DIR: NAME in $RESILE_DATA or ~/.cache/resile/data", \
            .required = true, .words = name_of_dataset                                            \
    }
#define OPTION_SPLIT(owner, field)                                                          \
    {                                                                                       \
        "split", 0, OPTION_CHOICE, offsetof(owner, field), "WHICH", "test or train images", \
            "test", .words = name_of_split                                                  \
    }
#define ENCODING_OPTIONS(owner, encoding, granularity, rounding)                           \
    {"encoding",    'e',                                                                   \
     OPTION_CHOICE, offsetof(owner, encoding),                                             \
     "HOW",         "affine: scale and zero point. symmetric: scale only",                 \
     "affine",      .words = name_of_encoding},                                            \
        {"granularity", 'g',                                                               \
         OPTION_CHOICE, offsetof(owner, granularity),                                      \
         "WHAT",        "what has a scale of its own: each output channel, or the tensor", \
         "channel",     .words = name_of_granularity},                                     \
    {                                                                                      \
        "rounding", 0, OPTION_CHOICE, offsetof(owner, rounding), "HOW",                    \
            "FORTUNE's programs round w/s and -min/s, its paper their sum", "code",        \
            .words = name_of_rounding                                                      \
    }
#define OPTION_LAYOUT(owner, field, preset)                                                       \
    {                                                                                             \
        "layout", 'l', OPTION_CHOICE, offsetof(owner, field), "HOW",                              \
            "word: the bits of a weight together. plane: bit 0 of all, bit 1 of all, ... block: " \
            "planes of 512 weights",                                                              \
            preset, .words = name_of_layout                                                       \
    }

#endif
