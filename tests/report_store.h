/* A store that a report has everything to show of: four ways of storing at four rates, at the
 * lowest of which a trial happens to have one fault, single faults in layers whose names would do
 * harm if a page took them for HTML, and one point not finished. */
#ifndef TESTS_REPORT_STORE_H
#define TESTS_REPORT_STORE_H

#include "base/philox.h"
#include "base/status.h"
#include "campaign/store.h"

#include <math.h>

enum { REPORT_IMAGES = 100, REPORT_STORAGES = 4, REPORT_RATES = 4, REPORT_TRIALS = 12 };
enum { REPORT_SINGLES = 300, REPORT_LAYERS = 4, REPORT_BITS = 5 };

static const char *const report_layers[REPORT_LAYERS] = {
    "<script>window.harmed = 1</script>", "</script><img src=x onerror=window.harmed=1>", "conv10",
    "conv2"};
/* Their places in the network. */
static const int report_numbers[REPORT_LAYERS] = {7, 0, 9, 4};
static const struct {
    const char *storage, *encoding, *protection;
    double bits_per_weight, ratio; /* of times; 0: not measured */
} report_storages[REPORT_STORAGES] = {{"affine5/msb", "affine5", "msb", 7, 0.75},
                                      {"affine5/none", "affine5", "none", 5, 1},
                                      {"affine5/tmr", "affine5", "tmr", 15, 1.5},
                                      {"f32<b>", "f32", "none", 32, 0}};
static const double report_rates[REPORT_RATES] = {1e-5, 3e-5, 1e-3, 1e-2};

/* Harm grows with the rate and the number of the storage. */
static inline struct rsl_store_trial report_trial(int storage, int rate, int64_t k) {
    struct rsl_rng r = rsl_rng((uint64_t)(10 * storage + rate), (uint64_t)k);
    int64_t sdc = (int64_t)rsl_rng_below(&r, (uint64_t)(2 + 6 * rate * (1 + storage)));
    int64_t due = storage == 3 ? (int64_t)rsl_rng_below(&r, 3) : 0;
    return (struct rsl_store_trial){
        .k = k,
        .images = REPORT_IMAGES,
        .masked = 10,
        .sdc = sdc,
        .due = due,
        .tolerable = REPORT_IMAGES - 10 - sdc - due,
        .correct = storage == 1 && rate == 0 ? 90 + sdc : 90 - sdc, /* there, faults do good */
        .golden_correct = 90,
        .faults = 3 + rate,
        .changed = 3 + rate,
        .corrected = storage % 2 ? 0 : 2,
        .missed = 1,
    };
}

static const struct rsl_shape report_shape = {.rank = 2, .dim = {10, 100}};

static inline struct rsl_store_place report_place(int64_t k) {
    return (struct rsl_store_place){.injection = k,
                                    .layer = report_layers[k % REPORT_LAYERS],
                                    .number = report_numbers[k % REPORT_LAYERS],
                                    .shape = &report_shape,
                                    .element = k,
                                    .bit = (int)(k / REPORT_LAYERS % REPORT_BITS)};
}

static inline int report_add_single(struct rsl_store *store, int64_t campaign) {
    static const struct rsl_store_point point = {.fault = "single",
                                                 .rate = NAN,
                                                 .sampling = "bits",
                                                 .design = "all",
                                                 .expected = 1,
                                                 .population = 5000,
                                                 .limit = INT64_MAX};
    struct rsl_store_point p = point;
    int64_t id;
    p.campaign = campaign;
    RSL_TRY(rsl_store_add_point(store, &p, &id));
    for (int64_t k = 0; k < REPORT_SINGLES; k++) {
        struct rsl_store_place place = report_place(k);
        struct rsl_store_trial t = report_trial(1, place.bit / 2, k);
        t.faults = t.changed = 1;
        t.place = &place;
        RSL_TRY(rsl_store_add_trials(store, id, &t, 1));
    }
    return rsl_store_finish(store, id, &(struct rsl_store_end){.reason = "trials"});
}

static inline int report_add_storage(struct rsl_store *store, int s) {
    uint8_t golden[REPORT_IMAGES];
    int64_t campaign, id;
    const struct rsl_store_campaign c = {
        .storage = report_storages[s].storage,
        .encoding = report_storages[s].encoding,
        .protection = report_storages[s].protection,
        .bits_per_weight = report_storages[s].bits_per_weight,
        .weights = 1000,
        .bits = (int64_t)(1000 * report_storages[s].bits_per_weight) + 500,
        .scale_bits = s == 3 ? 0 : 320};
    for (int i = 0; i < REPORT_IMAGES; i++) golden[i] = i < 90;
    RSL_TRY(rsl_store_add_campaign(store, &c, &campaign));
    RSL_TRY(rsl_store_golden(store, campaign, golden));
    if (report_storages[s].ratio > 0)
        RSL_TRY(rsl_store_set_timing(
            store, campaign,
            &(struct rsl_store_timing){"affine5/none<b>", 16, 2, 0.01 * report_storages[s].ratio,
                                       report_storages[s].ratio, "<i>kernel</i>"}));
    for (int rate = 0; rate < REPORT_RATES; rate++) {
        const struct rsl_store_point p = {.campaign = campaign,
                                          .fault = "ber",
                                          .rate = report_rates[rate],
                                          .sampling = "bits",
                                          .design = "all",
                                          .expected = 3,
                                          .population = c.bits,
                                          .limit = INT64_MAX};
        struct rsl_store_trial trials[REPORT_TRIALS];
        RSL_TRY(rsl_store_add_point(store, &p, &id));
        for (int k = 0; k < REPORT_TRIALS; k++) trials[k] = report_trial(s, rate, k);
        const struct rsl_store_place place = report_place(0);
        if (rate == 0) trials[0].faults = trials[0].changed = 1, trials[0].place = &place;
        RSL_TRY(rsl_store_add_trials(store, id, trials, REPORT_TRIALS));
        if (s == 0 && rate == 0) continue; /* not finished */
        RSL_TRY(rsl_store_finish(store, id, &(struct rsl_store_end){.reason = "trials"}));
    }
    return s == 1 ? report_add_single(store, campaign) : RSL_OK;
}

static inline int report_store_make(const char *path) {
    static const struct rsl_store_identity identity = {
        .model_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        .data = "signs & \"marks\"",
        .split = "test",
        .data_images = 1000,
        .data_sha256 = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        .preprocess = "mean=.5",
        .images = REPORT_IMAGES,
        .seed = 7,
        .compute = "f32"};
    static const struct rsl_store_session session = {"nets/<i>m</i>.onnx",
                                                     "resile inject '<i>m</i>.onnx' --store R.db",
                                                     "0.1.0", "a processor", 2};
    struct rsl_store *store;
    int rc = RSL_OK;
    RSL_TRY(rsl_store_open(&store, path, &identity, &session));
    for (int s = 0; s < REPORT_STORAGES && rc == RSL_OK; s++) rc = report_add_storage(store, s);
    rsl_store_close(store);
    return rc;
}

#endif
