/* The log of a training: one JSON object per epoch and line.
 *
 *     {"epoch":1,"step":391,"rate":0.05,"loss":1.52,"accuracy":44.1,"test_loss":1.2,
 *      "test_top1":56.2,"seconds":31.4,"images_per_second":1592}
 *
 * A training that goes on from a checkpoint cuts the log to the length it had then, so that every
 * epoch has one line however often the training was killed. */
#ifndef RSL_TRAIN_EPOCH_LOG_H
#define RSL_TRAIN_EPOCH_LOG_H

#include <stdint.h>

struct rsl_epoch_line {
    int64_t epoch, step; /* epochs are counted from 1 here */
    double rate, loss, accuracy, test_loss, test_top1, seconds, images_per_second;
};

/* Empties the file, or cuts it to `bytes` when the training is continued; a shorter file stays.
 * `lost`: the checkpoint that was to be continued from and is not there, else NULL; lines of epochs
 * are then refused rather than cut. Refused always: a file that begins with anything but a line of
 * a log. */
int rsl_epoch_log_start(const char *path, int64_t bytes, const char *lost);
/* Appends a line, flushed to the disk; *bytes is the file's length afterwards. */
int rsl_epoch_log_add(const char *path, const struct rsl_epoch_line *line, int64_t *bytes);

#endif
