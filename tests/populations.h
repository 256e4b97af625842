/* Populations of trials whose mean is known, and sampling on them until it stops: what the test of
 * the stopping rule and the table of its coverage have in common. */
#ifndef TESTS_POPULATIONS_H
#define TESTS_POPULATIONS_H

#include "base/philox.h"
#include "campaign/stopping.h"

#include <stddef.h>

struct population;
typedef struct rsl_stopping_outcome population_draw(const struct population *p, struct rsl_rng *rng,
                                                    const struct rsl_stopping_trial *trial);

struct population {
    const char *name;
    population_draw *draw;
    double rate, other, golden, truth;
    enum rsl_quantity quantity;
    double margin;
    int most_block, n_bins;
    int images, least_block; /* 0: 10,000 and 1 */
    bool degenerate; /* nearly nothing happens: the interval may cover more often than it says */
};

/* 2^-32 of precision is plenty, and fast. */
static inline bool happens(struct rsl_rng *rng, double probability) {
    return rsl_rng_u32(rng) < probability * 0x1p32;
}

/* Each image is an SDC with probability `rate`, whatever its trial. */
static inline struct rsl_stopping_outcome draw_images(const struct population *p,
                                                      struct rsl_rng *rng,
                                                      const struct rsl_stopping_trial *trial) {
    struct rsl_stopping_outcome o = {.images = trial->images, .golden_correct = trial->images};
    for (int i = 0; i < trial->images; i++) o.sdc += happens(rng, p->rate);
    o.correct = o.images - o.sdc;
    return o;
}

/* In a share `rate` of the trials the network guesses among ten classes; in the others a share
 * `other` of the images is guessed. */
static inline struct rsl_stopping_outcome draw_collapse(const struct population *p,
                                                        struct rsl_rng *rng,
                                                        const struct rsl_stopping_trial *trial) {
    struct rsl_stopping_outcome o = {.images = trial->images};
    double guessed = happens(rng, p->rate) ? 1 : p->other;
    for (int i = 0; i < trial->images; i++) {
        bool right = happens(rng, p->golden), guess = happens(rng, guessed);
        bool then = guess ? happens(rng, 0.1) : right;
        o.golden_correct += right;
        o.correct += then;
        o.sdc += guess && (then != right || (!then && happens(rng, 8.0 / 9)));
    }
    return o;
}

static inline double collapse_drop(double rate, double other, double golden) {
    return (rate + (1 - rate) * other) * (golden - 0.1);
}

/* Each trial guesses a share of images that is normal: mean `other`, standard deviation `rate`. */
static inline struct rsl_stopping_outcome draw_normal(const struct population *p,
                                                      struct rsl_rng *rng,
                                                      const struct rsl_stopping_trial *trial) {
    double share = p->other + p->rate * rsl_rng_normal(rng);
    struct population same = {.other = share > 0 ? share : 0, .golden = p->golden};
    return draw_collapse(&same, rng, trial);
}

/* Each trial has its own SDC rate u^other, u uniform: mean 1 / (other + 1), from nearly 0 to 1. */
static inline struct rsl_stopping_outcome draw_clusters(const struct population *p,
                                                        struct rsl_rng *rng,
                                                        const struct rsl_stopping_trial *trial) {
    double u = rsl_rng_unit(rng), rate = 1;
    for (int i = 0; i < (int)p->other; i++) rate *= u;
    struct population same = {.rate = rate};
    return draw_images(&same, rng, trial);
}

/* Single faults: a share `rate` of them changes nine images in ten, a share 0.3 one in a thousand,
 * the others none. Mean 0.9 rate + 0.0003. */
static inline struct rsl_stopping_outcome draw_single(const struct population *p,
                                                      struct rsl_rng *rng,
                                                      const struct rsl_stopping_trial *trial) {
    bool hot = happens(rng, p->rate), warm = happens(rng, 0.3 / (1 - p->rate));
    struct population same = {.rate = hot ? 0.9 : warm ? 0.001 : 0};
    return draw_images(&same, rng, trial);
}

/* The same images, a share `rate` of all, are SDCs in every trial. */
static inline struct rsl_stopping_outcome draw_same(const struct population *p, struct rsl_rng *rng,
                                                    const struct rsl_stopping_trial *trial) {
    (void)rng;
    struct rsl_stopping_outcome o = {.images = trial->images, .golden_correct = trial->images};
    for (int i = 0; i < trial->images; i++)
        o.sdc += (trial->first + i) * 7919 % 10000 < (int64_t)(p->rate * 10000);
    o.correct = o.images - o.sdc;
    return o;
}

/* Each image is an SDC with probability `other`, the last of all with `rate`. */
static inline struct rsl_stopping_outcome draw_last(const struct population *p, struct rsl_rng *rng,
                                                    const struct rsl_stopping_trial *trial) {
    struct rsl_stopping_outcome o = {.images = trial->images, .golden_correct = trial->images};
    for (int i = 0; i < trial->images; i++)
        o.sdc += happens(rng, trial->first + i == p->images - 1 ? p->rate : p->other);
    o.correct = o.images - o.sdc;
    return o;
}

/* Single faults in 32 bit positions: one in position 30 does harm with probability `rate`, others
 * with `other`, to all images. Without bins the position is drawn too. */
static inline struct rsl_stopping_outcome draw_positions(const struct population *p,
                                                         struct rsl_rng *rng,
                                                         const struct rsl_stopping_trial *trial) {
    int position = p->n_bins > 1 ? trial->bin : (int)(rsl_rng_u32(rng) % 32);
    bool harm = happens(rng, position == 30 ? p->rate : p->other);
    return (struct rsl_stopping_outcome){.images = trial->images,
                                         .golden_correct = trial->images,
                                         .correct = harm ? 0 : trial->images,
                                         .sdc = harm ? trial->images : 0};
}

/* Where sampling ended. */
struct sampled {
    struct rsl_interval interval;
    double mean;
    int64_t trials, images;
};

/* The `repeat`-th sampling of the population. */
static inline int sample(const struct population *p, uint64_t repeat, struct sampled *out) {
    double weights[32];
    for (int i = 0; i < 32; i++) weights[i] = 1.0 / 32;
    struct rsl_stopping_design design = {.quantity = p->quantity,
                                         .margin = p->margin,
                                         .confidence = 0.95,
                                         .golden = p->golden,
                                         .images = p->images ? p->images : 10000,
                                         .least_block = p->least_block ? p->least_block : 1,
                                         .most_block = p->most_block,
                                         .trial_cost = 1,
                                         .most_trials = INT64_MAX,
                                         .weights = p->n_bins > 1 ? weights : NULL,
                                         .n_bins = p->n_bins,
                                         .seed = repeat};
    struct rsl_stopping s;
    int rc = rsl_stopping_init(&s, &design);
    struct rsl_rng rng = rsl_rng(1, repeat);
    int64_t images = 0;
    while (rc >= 0 && !s.reason) {
        struct rsl_stopping_trial trial = rsl_stopping_trial(&s, s.done);
        struct rsl_stopping_outcome outcome = p->draw(p, &rng, &trial);
        images += trial.images;
        rc = rsl_stopping_add(&s, &outcome);
    }
    if (rc >= 0)
        *out = (struct sampled){rsl_stopping_interval(&s), rsl_stopping_mean(&s), s.done, images};
    rsl_stopping_free(&s);
    return rc;
}

static inline bool covers(struct rsl_interval i, double truth) {
    return i.low <= truth + 1e-12 && i.high >= truth - 1e-12;
}

#endif
