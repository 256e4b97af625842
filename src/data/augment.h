/* Data augmentation: random changes of a training image, each a pure function of
 * (seed, epoch, index of the image) and of its own name.
 *
 *     struct rsl_augment a;
 *     rsl_augment_parse(&a, "crop:4,flip");
 *     uint8_t *result = rsl_augment_apply(&a, seed, epoch, i, shape, bytes, spare);
 *
 * Every step draws from a stream of its own, so adding, dropping or moving one changes no other's
 * draws. Integers and the IEEE operations + - * / decide every byte: the result is the same on
 * every machine. Nothing here allocates; parsed augmentations are plain data and may be copied.
 *
 * A new augmentation is one file with a `const struct rsl_augmentation rsl_augmentation_<symbol>`
 * and one line in augmentations.def. */
#ifndef RSL_DATA_AUGMENT_H
#define RSL_DATA_AUGMENT_H

#include "base/philox.h"

#include <stdbool.h>
#include <stdint.h>

enum { RSL_AUGMENT_STEPS = 8, RSL_AUGMENT_NUMBERS = 4, RSL_AUGMENT_FIELDS = 4 };

struct rsl_augmentation {
    const char *name;  /* at most 7 letters: they also name its stream */
    const char *form;  /* how it is written, with limits: for messages and help */
    const char *about; /* one line for people */
    /* The n texts after the name, between colons, as numbers; false when they are none of the
     * form. */
    bool (*parse)(int n, const char *const *field, int64_t *number);
    /* From `in` to `out`, both bytes [C,H,W] = shape. */
    void (*apply)(const int64_t *number, struct rsl_rng *rng, const int shape[3], const uint8_t *in,
                  uint8_t *out);
};

struct rsl_augment {
    int n;
    struct rsl_augment_step {
        const struct rsl_augmentation *kind;
        uint64_t stream;
        int64_t number[RSL_AUGMENT_NUMBERS];
    } step[RSL_AUGMENT_STEPS];
};

/* "none" (or NULL), or augmentations in the order of their use, separated by commas. */
int rsl_augment_parse(struct rsl_augment *a, const char *text);

/* `bytes` is the image, `spare` as large; both are written. Returns the one with the result. */
uint8_t *rsl_augment_apply(const struct rsl_augment *a, uint64_t seed, int64_t epoch, int64_t index,
                           const int shape[3], uint8_t *bytes, uint8_t *spare);

/* For the parsers: a whole number, and a decimal like 0.25 in units of 10^-9, in low..high. */
bool rsl_augment_whole(const char *text, int64_t low, int64_t high, int64_t *number);
bool rsl_augment_decimal(const char *text, int64_t low, int64_t high, int64_t *number);

#endif
