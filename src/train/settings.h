/* The settings of a training: options over the recipe, checked, all numbers known.
 *
 * Their text, one "key=value" a line, rides in checkpoints: a training is only continued with the
 * settings it was begun with, and a difference is named. Data and network enter as digests. */
#ifndef RSL_TRAIN_SETTINGS_H
#define RSL_TRAIN_SETTINGS_H

#include "base/arena.h"
#include "base/text.h"
#include "data/augment.h"
#include "resile/train.h"
#include "train/recipe.h"
#include "train/schedule.h"
#include "train/trainer.h"

struct rsl_train_settings {
    const struct rsl_recipe *recipe;
    int64_t epochs;
    double rate;
    struct rsl_schedule schedule;
    struct rsl_augment augment;
    struct rsl_encoding encoding;
    struct rsl_trainer_options trainer; /* points to `encoding` and into the arena */
    struct rsl_text text;
    struct rsl_arena arena;
};

/* To be freed also after a failure. Nothing is kept of `options`. */
int rsl_train_settings(struct rsl_train_settings *s, const struct rsl_train_options *options,
                       const struct rsl_model *model, const struct rsl_data *data);
/* Adds that the images are not the first ones of the set. */
int rsl_train_settings_subset(struct rsl_train_settings *s);
/* Adds how images become the network's input, as the model says. */
int rsl_train_settings_input(struct rsl_train_settings *s, const struct rsl_model *model);
/* Adds a digest of the network without what the trainer trains: its nodes and frozen constants. */
int rsl_train_settings_network(struct rsl_train_settings *s, const struct rsl_trainer *trainer);
void rsl_train_settings_free(struct rsl_train_settings *s);

/* What the text of a checkpoint says of `key`, up to the end of its line: *n bytes. NULL when it
 * says nothing. */
const char *rsl_train_settings_value(const char *text, const char *key, size_t *n);
/* Refuses when the text of a checkpoint says something else, naming the first difference. */
int rsl_train_settings_same(const struct rsl_train_settings *s, const char *text);

#endif
