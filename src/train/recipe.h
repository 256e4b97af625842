/* Recipes: which settings suit which data; recipes.def lists them. */
#ifndef RSL_TRAIN_RECIPE_H
#define RSL_TRAIN_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

struct rsl_recipe {
    const char *name, *about;
    int64_t epochs, batch;
    double rate, rate_plain; /* peak; the second for networks without normalization layers */
    const char *schedule;
    double momentum, weight_decay, label_smoothing;
    const char *augment, *mean, *std;
};

/* By name (RSL_ENOTFOUND with the nearest), or the one for a data set of that name when NULL. */
int rsl_recipe_find(const struct rsl_recipe **recipe, const char *name, const char *data);

#endif
