/* The graph of a training step: the training form with loss, logits, gradients and batch statistics
 * as its outputs. */
#ifndef RSL_TRAIN_STEP_GRAPH_H
#define RSL_TRAIN_STEP_GRAPH_H

#include "train/trainer.h"

#define RSL_LABELS_INPUT "resile.labels" /* [N] i64 */

/* Its outputs: those of the form's parameters in their order, then a mean and a variance of each of
 * its normalizations. */
enum { RSL_STEP_LOSS, RSL_STEP_LOGITS, RSL_STEP_GRADIENTS };

/* Makes the form that graph. Parameters that the loss does not depend on stop being parameters:
 * they become constants again, with the data that `from`, the form's origin, has. *classes: how
 * many the logits tell apart. */
int rsl_step_graph(struct rsl_training_form *form, const struct rsl_graph *from,
                   const struct rsl_trainer_options *options, int64_t *classes);

#endif
