/* Outcomes: what became of each image of a trial, beside the fault-free run of the same images. The
 * classes are those of the store (enum rsl_outcome):
 *
 *   due        some logit is NaN or infinite
 *   sdc        the prediction differs from the fault-free one; can hold with due
 *   masked     all logits equal the fault-free ones as numbers (-0 is 0), none is NaN or infinite
 *   tolerable  everything else: other logits, the same prediction
 *
 * The prediction is the largest logit; the first NaN counts as largest, the first of equals wins.
 */
#ifndef RSL_CAMPAIGN_OUTCOME_H
#define RSL_CAMPAIGN_OUTCOME_H

#include "campaign/store.h"

/* Of n images: logits [n, classes] of both runs, labels [n]. `outcomes` has n, or is NULL. */
struct rsl_outcome_tile {
    const float *golden, *faulty;
    const int *labels;
    int n, classes;
    uint8_t *outcomes;
};

/* Adds the images' counts (masked .. golden_correct, and images) to the trial's. */
void rsl_outcomes_add(struct rsl_store_trial *t, const struct rsl_outcome_tile *tile);

/* Whether the fault-free run is right about each image. */
void rsl_outcomes_right(const struct rsl_outcome_tile *tile, uint8_t *right);

#endif
