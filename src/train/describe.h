/* What a network is told about itself when it is trained, and carries along from then on: how
 * images become its input, and the names of its classes. */
#ifndef RSL_TRAIN_DESCRIBE_H
#define RSL_TRAIN_DESCRIBE_H

#include "resile/data.h"
#include "resile/model.h"
#include "train/recipe.h"

#include <stdbool.h>

/* Into resile.input.*: what the options give, then what the model says, then, when it has neither
 * mean nor deviation, the statistics that the training was begun with, or the recipe's; and the
 * network's size where images of another are not resized otherwise. The recipe's take the place of
 * the scale and offset of a network that is `fresh`; one that is not keeps its own, and what it has
 * of neither is logged. `begun` is the text of the settings of a training that is gone on with,
 * NULL for a new one; `given` may be NULL. */
int rsl_describe_input(struct rsl_model *model, const struct rsl_data *data,
                       const struct rsl_preprocess_options *given, const struct rsl_recipe *recipe,
                       bool fresh, const char *begun);

/* Into resile.classes: the names of the data's classes, one a line. */
int rsl_describe_classes(struct rsl_model *model, const struct rsl_data *data);

#endif
