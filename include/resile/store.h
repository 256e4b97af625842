/* Stores of campaigns: results with their intervals, single injections, merging of shards.
 * docs/store.md has the tables and views, for those who would rather ask SQLite. */
#ifndef RESILE_STORE_H
#define RESILE_STORE_H

#include "resile/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- results ---- */

/* One point: one fault at one rate in one way of storing the parameters. Texts live as long as the
 * results. Unknown numbers are NaN. Accuracies and drops are per cent of images, everything else
 * that can be a share is one, 0 to 1. */
struct rsl_result {
    const char *store, *model, *model_sha256;
    const char *data, *split, *compute;
    uint64_t seed;
    const char *storage, *encoding, *protection; /* "affine5/msb/plane", "affine5", "msb" */
    double bits_per_weight;
    int64_t weight_bits; /* of all weights, redundancy included */
    int64_t scale_bits;  /* of their scales and zero points */
    double time_ratio;   /* time of the network so stored / of the 8-bit one */

    const char *fault;    /* the spec, its rate left open */
    double ber;           /* the rate, that of the spec included */
    const char *sampling; /* "bits", "layers", or NULL where nothing is sampled */
    const char *design;   /* which images a trial runs on: "all", or how they are chosen */
    const char *apart;    /* "to a margin" or "all images" where another row of the store differs
                             only in the design; else NULL */
    double expected;      /* faults per trial */
    int64_t population;   /* bits, or elements, that can be struck */
    int stratified;       /* 1: some faults were drawn more often than others; means weigh that */

    int64_t trials;
    int64_t images; /* that the campaign is about: golden is measured on all of them */
    int64_t runs;   /* of one image with faults, over all trials */
    double golden;  /* accuracy without faults */
    double accuracy, accuracy_low, accuracy_high;
    double drop, drop_low, drop_high;
    double sdc, sdc_low, sdc_high; /* share of runs whose prediction is not the fault-free one */
    double due, due_low, due_high; /* share of runs with NaN or infinity among the logits */
    double masked, tolerable;      /* shares of runs */
    double faults, changed;        /* mean over trials: drawn; stored bits that changed */
    double corrected, detected, missed;

    /* FORTUNE's, of the mean drop; one below 0 counts as 0. */
    bool upsets;           /* the fault is flips of any bits of the weights at one rate */
    double p_drop;         /* weight_bits^2 * C * ber * drop: drops to be expected in a life; NaN
                              of other faults */
    double p_drop_bounded; /* 1 - exp(-p_drop), probability of one or more */
    double rap;            /* drop * weight_bits / (8 * weights) * time_ratio, per cent */

    double confidence; /* of all intervals */
    /* Names of the methods: of drop and accuracy, of SDC, of DUE. */
    const char *drop_interval, *share_interval, *due_interval;
    /* Why they are not the intervals asked for; NULL: they are. */
    const char *drop_kept, *share_kept, *due_kept;
    const char *reason; /* why no more trials ran: "trials", "margin", "limit"; NULL: unfinished */
    double margin;      /* asked for; 0: none */
};

struct rsl_results;

/* Other intervals than the usual ones, for points whose trials ran on all images and are not too
 * unlike each other. CLOPPER_PEARSON: of shares. BOOTSTRAP: of drop and accuracy, over trials and
 * images, for points that have the outcomes of all images. docs/statistics.md tells what they are
 * for. */
enum rsl_interval_choice {
    RSL_INTERVAL_USUAL,
    RSL_INTERVAL_CLOPPER_PEARSON,
    RSL_INTERVAL_BOOTSTRAP
};

/* One row per point, store after store. `confidence` 0: what was asked of the point, else 0.95. */
RSL_API int rsl_results_read(struct rsl_results **results, const char *const *stores, int n,
                             double confidence);
/* The same with other intervals where they are to be had; a row says which it has, and why. */
RSL_API int rsl_results_read_with(struct rsl_results **results, const char *const *stores, int n,
                                  double confidence, enum rsl_interval_choice choice);
/* C of P_drop: life / interval * P_single, both times in the same unit. */
RSL_API double rsl_drop_constant(double life, double interval, double p_single);
/* With another C than the publication's (0), which is there from the start. */
RSL_API int rsl_results_set_drop_constant(struct rsl_results *results, double constant);
RSL_API void rsl_results_free(struct rsl_results *results);
RSL_API int64_t rsl_results_count(const struct rsl_results *results);
/* NULL when `i` is out of range. */
RSL_API const struct rsl_result *rsl_results_at(const struct rsl_results *results, int64_t i);

/* ---- single injections ---- */

/* A trial of one fault, in the published form. */
struct rsl_injection {
    int64_t injection; /* its number */
    const char *layer;
    const char *index; /* "(3, 0, 2, 1)" */
    int bit;
    const char *effect; /* "flip", "stuck0", "stuck1"; NULL in all rows when all are flips */
    const char *as; /* form of the activation, "bf16", or ""; NULL in all rows when all are f32 */
    int64_t images, masked, non_critical, critical;
};

struct rsl_injections;

/* RSL_EUNSUPPORTED where a fault list cannot say what was struck, or the store does not.
 * The trials of the store's one point whose trials have places; `fault` (NULL: any) tells which, as
 * rsl_result.fault does, where there are several. */
RSL_API int rsl_injections_open(struct rsl_injections **injections, const char *store,
                                const char *fault);
/* 1: *injection is the next one, its texts until the next call; 0: there are no more. */
RSL_API int rsl_injections_next(struct rsl_injections *injections, struct rsl_injection *injection);
RSL_API void rsl_injections_close(struct rsl_injections *injections);

/* ---- merging ---- */

struct rsl_merge_summary {
    int64_t points, finished; /* finished: alike in all shards, and no trial is missing */
    int64_t trials;
    char digest[65];
};

/* Puts all n shards of a campaign together into a new store, which has the digest of a run that was
 * not sharded. Refuses shards that are missing (RSL_ENOTFOUND), that overlap or are not of the same
 * campaign (RSL_EMISMATCH), and an output that is there already. The output appears whole or not at
 * all. `summary` may be NULL. */
RSL_API int rsl_merge_stores(const char *const *inputs, int n, const char *output,
                             struct rsl_merge_summary *summary);

/* SHA-256 of a store's content: the same for every way in which the same trials came about. */
RSL_API int rsl_store_fingerprint(const char *store, char digest[65]);

#ifdef __cplusplus
}
#endif
#endif
