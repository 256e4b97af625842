/* Checkpoints of a training: a safetensors file that holds everything a training needs to go on
 * bit-exactly.
 *
 *   model.<name>        master weights and running statistics
 *   optimizer.<name>    the optimizer's memory
 *   metadata            resile.checkpoint (version), resile.settings, where the training stands,
 * and resile.sha256: of these texts and of the tensors' bytes
 *
 * Written atomically: a reader finds the old file or the new one. */
#ifndef RSL_TRAIN_TRAIN_CHECKPOINT_H
#define RSL_TRAIN_TRAIN_CHECKPOINT_H

#include "io/tensors.h"
#include "train/trainer.h"

/* Between two steps; sums run over the epoch. */
struct rsl_train_position {
    int64_t epoch, batch; /* what comes next; the step is the trainer's */
    double loss;          /* sum over images */
    int64_t correct, images;
    double last_loss, last_accuracy; /* of the last whole epoch */
    double test_loss, test_top1;     /* NaN: not evaluated */
    int64_t log_bytes;               /* length of the log when this was written */
};

int rsl_train_checkpoint_write(const struct rsl_trainer *t, const struct rsl_train_position *p,
                               const char *settings, const char *path);

/* Fails when the file `path` holds something that a new training must not replace: what is no
 * checkpoint, and, unless `discard`, that of a training which has not ended. */
int rsl_train_checkpoint_replaceable(const char *path, bool discard);

struct rsl_train_settings;
/* Fills the trainer's tensors and the position from those of a file. Refuses, with nothing changed,
 * what is no checkpoint of this network and these settings. */
int rsl_train_checkpoint_apply(struct rsl_trainer *t, struct rsl_train_position *p,
                               const struct rsl_train_settings *settings,
                               const struct rsl_tensors *ts);

#endif
