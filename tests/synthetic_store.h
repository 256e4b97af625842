/* Stores with made-up trials: what a trial has is a function of (point, k), so that any part of a
 * campaign can be written in any order and by any process. */
#ifndef TESTS_SYNTHETIC_STORE_H
#define TESTS_SYNTHETIC_STORE_H

#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "campaign/store.h"

#include <math.h>
#include <string.h>

enum { SYNTHETIC_IMAGES = 200, SYNTHETIC_POINTS = 3, SYNTHETIC_TRIALS = 500 };

static inline struct rsl_store_identity synthetic_identity(int shard, int shards) {
    return (struct rsl_store_identity){
        .model_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        .data = "cifar10",
        .split = "test",
        .data_images = 10000,
        .data_sha256 = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        .preprocess = "mean=.4914,.4822,.4465 std=.2023,.1994,.2010",
        .images = SYNTHETIC_IMAGES,
        .seed = 7,
        .compute = "f32",
        .shard = shard,
        .shards = shards,
    };
}

static const struct rsl_store_session synthetic_session = {
    "m.onnx", "resile inject m.onnx --store R.db", "0.1.0", "a processor", 2};

static const struct rsl_store_campaign synthetic_campaign = {
    .storage = "affine5/msb",
    .encoding = "affine5",
    .protection = "msb",
    .bits_per_weight = 7,
    .weights = 1000,
    .bits = 9000,
};

/* Right about 4 images of 5. */
static inline void synthetic_golden(uint8_t right[SYNTHETIC_IMAGES]) {
    for (int i = 0; i < SYNTHETIC_IMAGES; i++) right[i] = i % 5 != 3;
}

/* Points 0 and 1: bit error rates on all images. Point 2: single faults, with places and outcomes.
 */
static inline struct rsl_store_point synthetic_point(int point, int64_t campaign) {
    struct rsl_store_point p = {
        .campaign = campaign,
        .fault = "ber",
        .rate = point == 0 ? 1e-4 : 1e-3,
        .sampling = "bits",
        .design = "all",
        .expected = point == 0 ? 0.7 : 7,
        .population = 7000,
        .limit = INT64_MAX,
    };
    if (point == 2) {
        p.fault = "single";
        p.rate = NAN;
        p.expected = 1;
    }
    return p;
}

struct synthetic_trial {
    struct rsl_store_trial trial;
    struct rsl_store_place place;
    struct rsl_shape shape;
    uint8_t outcomes[SYNTHETIC_IMAGES];
};

static inline void synthetic_trial(struct synthetic_trial *s, int point, int64_t k) {
    struct rsl_rng r = rsl_rng((uint64_t)point + 1, (uint64_t)k);
    struct rsl_store_trial *t = &s->trial;
    uint64_t harm = rsl_rng_below(&r, 10);
    *s = (struct synthetic_trial){0};
    t->k = k;
    t->images = SYNTHETIC_IMAGES;
    for (int i = 0; i < SYNTHETIC_IMAGES; i++) {
        bool was_right = i % 5 != 3, is_right = was_right;
        uint64_t draw = rsl_rng_below(&r, 20);
        uint8_t o = RSL_MASKED;
        if (draw < harm) {
            bool due = draw == 1;
            is_right = !was_right && draw == 0;
            o = is_right ? RSL_SDC_RIGHT : due ? RSL_DUE_SDC : RSL_SDC;
        } else if (draw < 2 * harm) {
            o = draw == 13 ? RSL_DUE : RSL_TOLERABLE;
        }
        s->outcomes[i] = o;
        t->masked += o == RSL_MASKED;
        t->tolerable += o == RSL_TOLERABLE;
        t->due += o == RSL_DUE || o == RSL_DUE_SDC;
        t->due_sdc += o == RSL_DUE_SDC;
        t->sdc += o == RSL_SDC || o == RSL_SDC_RIGHT || o == RSL_DUE_SDC;
        t->correct += is_right;
        t->golden_correct += was_right;
    }
    t->faults = point == 2 ? 1 : (int64_t)rsl_rng_below(&r, 30);
    t->changed = t->faults;
    t->corrected = t->faults / 2;
    if (point != 2) return;
    s->shape = rsl_shape_of(4, (const int64_t[]){16, 3, 3, 3});
    s->place = (struct rsl_store_place){
        .injection = 10 * k,
        .layer = k % 2 ? "conv1" : "layer1.0.conv1",
        .number = k % 2 ? 0 : 1,
        .element = (int64_t)rsl_rng_below(&r, 432),
        .bit = (int)rsl_rng_below(&r, 7),
        .effect = "flip",
    };
}

/* Pointers into itself, set where the struct stays. */
static inline const struct rsl_store_trial *synthetic_settle(struct synthetic_trial *s, int point) {
    if (point == 2) {
        s->place.shape = &s->shape;
        s->trial.place = &s->place;
        s->trial.outcomes = s->outcomes;
    }
    return &s->trial;
}

/* Adds the trials k in [first, end) that belong to the shard and are not done, in batches. */
static inline int synthetic_fill(struct rsl_store *store, int point, int64_t id, int64_t first,
                                 int64_t end, size_t batch) {
    struct rsl_store_done done = {0};
    struct synthetic_trial some[64];
    struct rsl_store_trial trials[64];
    size_t n = 0;
    int rc = rsl_store_find_done(store, id, &done);
    for (int64_t k = rsl_store_next(&done, first); rc == RSL_OK && k < end;
         k = rsl_store_next(&done, k + 1)) {
        synthetic_trial(&some[n], point, k);
        trials[n] = *synthetic_settle(&some[n], point);
        if (++n < batch && n < 64) continue;
        rc = rsl_store_add_trials(store, id, trials, n);
        n = 0;
    }
    if (rc == RSL_OK) rc = rsl_store_add_trials(store, id, trials, n);
    rsl_free(done.at);
    return rc;
}

/* A campaign with all its points, each filled with trials 0..trials-1 and finished. */
static inline int synthetic_write_as(struct rsl_store *store, const char *storage, int64_t trials,
                                     size_t batch) {
    struct rsl_store_campaign c = synthetic_campaign;
    uint8_t golden[SYNTHETIC_IMAGES];
    int64_t campaign, id;
    synthetic_golden(golden);
    c.storage = storage;
    RSL_TRY(rsl_store_add_campaign(store, &c, &campaign));
    RSL_TRY(rsl_store_golden(store, campaign, golden));
    for (int p = 0; p < SYNTHETIC_POINTS; p++) {
        const struct rsl_store_point point = synthetic_point(p, campaign);
        RSL_TRY(rsl_store_add_point(store, &point, &id));
        RSL_TRY(synthetic_fill(store, p, id, 0, trials, batch));
        RSL_TRY(rsl_store_finish(store, id, &(struct rsl_store_end){.reason = "trials"}));
    }
    return RSL_OK;
}

static inline int synthetic_write(struct rsl_store *store, int64_t trials, size_t batch) {
    return synthetic_write_as(store, synthetic_campaign.storage, trials, batch);
}

#endif
