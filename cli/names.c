/* See names.h. */
#include "names.h"

#include <resile/data.h>
#include <resile/train.h>
#include <resile/zoo.h>

#include <stddef.h>

const char *name_of_arch(int i) {
    return rsl_zoo_name((size_t)i);
}

const char *name_of_dataset(int i) {
    return rsl_dataset_name(i);
}

const char *name_of_split(int i) {
    static const char *const names[] = {"test", "train", NULL};
    return names[i];
}

const char *name_of_recipe(int i) {
    return rsl_recipe_name(i);
}

const char *name_of_encoding(int i) {
    static const char *const names[] = {"affine", "symmetric", NULL};
    return names[i];
}

const char *name_of_granularity(int i) {
    static const char *const names[] = {"channel", "tensor", NULL};
    return names[i];
}

const char *name_of_rounding(int i) {
    static const char *const names[] = {"code", "paper", NULL};
    return names[i];
}

const char *name_of_layout(int i) {
    static const char *const names[] = {"word", "plane", "block", NULL};
    return names[i];
}
