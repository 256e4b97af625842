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

#define OPTION_DATA(owner, field)                                                               \
    {                                                                                           \
        "data", 'd', OPTION_TEXT, offsetof(owner, field), "NAME[:DIR]",                         \
            "data set and its folder; without DIR: $RESILE_DATA/NAME", .required = true,        \
                                                                       .words = name_of_dataset \
    }
#define OPTION_SPLIT(owner, field)                                                          \
    {                                                                                       \
        "split", 0, OPTION_CHOICE, offsetof(owner, field), "WHICH", "test or train images", \
            "test", .words = name_of_split                                                  \
    }

#endif
