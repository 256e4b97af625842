/* See recipe.h. */
#include "train/recipe.h"

#include "base/nearest.h"
#include "base/status.h"
#include "resile/train.h"

#include <string.h>

static const struct rsl_recipe recipes[] = {
#define X(...) {__VA_ARGS__},
#include "train/recipes.def"
#undef X
};

enum { RECIPES = sizeof recipes / sizeof *recipes };

/* Data sets that a recipe serves. */
static const struct {
    const char *data, *recipe;
} suits[] = {{"cifar10", "cifar"},         {"cifar100", "cifar"}, {"mnist", "mnist"},
             {"fashion-mnist", "fashion"}, {"gtsrb", "signs"},    {"synth-signs", "signs"}};

static const struct rsl_recipe *at(int i) {
    return i >= 0 && i < RECIPES ? &recipes[i] : NULL;
}

const char *rsl_recipe_name(int i) {
    return at(i) ? at(i)->name : NULL;
}

static const char *name_at(size_t i) {
    return rsl_recipe_name((int)i);
}

int rsl_recipe_find(const struct rsl_recipe **recipe, const char *name, const char *data) {
    for (size_t i = 0; !name && i < sizeof suits / sizeof *suits; i++)
        if (strcmp(suits[i].data, data) == 0) name = suits[i].recipe;
    if (!name) name = recipes[0].name;
    for (int i = 0; i < RECIPES; i++)
        if (strcmp(recipes[i].name, name) == 0) {
            *recipe = &recipes[i];
            return RSL_OK;
        }
    return rsl_fail_unknown("recipe", name, name_at);
}
