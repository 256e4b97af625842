/* Campaigns: many trials of faults in a model, and what they do to its predictions.
 *
 *     struct rsl_campaign *c;
 *     rsl_campaign_new(&c, model, data, &(struct rsl_campaign_options){
 *         .fault = "ber", .rates = (double[]){1e-5, 1e-4}, .n_rates = 2, .trials = 100,
 *         .storage = "symmetric8", .store = "R.db"});
 *     rsl_campaign_run(c);
 *     for (int i = 0; i < rsl_campaign_points(c); i++) rsl_campaign_result(c, i, &result);
 *     rsl_campaign_free(c);
 *
 * A point is one fault spec at one rate. Trial k of a point is a function of (seed, k) alone:
 * threads, shards, interruptions and order change nothing. With a store, a run that was stopped
 * goes on where it was when the same options come again. */
#ifndef RESILE_CAMPAIGN_H
#define RESILE_CAMPAIGN_H

#include "resile/data.h"
#include "resile/fault.h"
#include "resile/memory.h"
#include "resile/model.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_campaign;

/* One trial that was run; texts are valid during the call only. */
struct rsl_campaign_trial {
    int point;
    int64_t k;
    int64_t images, masked, tolerable, sdc, due, due_sdc; /* images; due_sdc: both */
    int64_t correct, golden_correct;     /* of these images, with and without faults */
    int64_t faults, changed;             /* drawn; stored bits or activations that really changed */
    int64_t corrected, detected, missed; /* by the memory's protection */
    /* Where the only fault of the trial hit; layer NULL: there were none or several. */
    const char *layer;
    int64_t element;
    int bit; /* -1: a whole element */
};

struct rsl_campaign_progress {
    int64_t done, planned; /* faulty inferences: images x trials; planned 0: not known. While faults
                            * are only written: trials */
    int64_t trials, of;    /* trials done, earlier sessions included, and planned (or 0) */
    double seconds;        /* since the first trial of this session */
    const char *phase;     /* "fault-free run", "trials"; "faults" while they are written */
};

/* Zero everywhere is the default. Texts and arrays need to live only during rsl_campaign_new. */
struct rsl_campaign_options {
    const char *fault;   /* spec; see resile/fault.h */
    const double *rates; /* for models whose rate the spec leaves open: one point each */
    int n_rates;
    const char *regions; /* "weights,scales": for models whose spec does not say; NULL: weights */
    const char *storage; /* of the weights; NULL: as the file has them (stored codes, f16, bf16),
                          * else "f32", with int8 "symmetric8:channel" */
    int64_t images;      /* the first so many of the set; 0: all */
    const struct rsl_preprocess_options *preprocess; /* NULL: as the model says */
    const char *compute; /* as in struct rsl_run_options, or "int8": integer networks */
    int reference;       /* only the plain-C reference kernels */
    int naive;           /* skip nothing: slow, and the same outcomes */
    /* How much. Either `trials` per point, each on all images, or until the `margin` is reached.
     * Neither: all injections of a fault list. */
    int64_t trials;
    double margin;                    /* half the width of the interval wanted, as a share: 0.01 */
    double confidence;                /* 0: 0.95 */
    const char *quantity;             /* of the margin: "drop" (of accuracy; default) or "sdc" */
    uint64_t seed;                    /* at most INT64_MAX */
    int threads;                      /* 0: rsl_cpu_threads() */
    int shard, shards;                /* only trials k with k % shards == shard; 0 shards: all */
    const char *store;                /* file of results; NULL: none is kept */
    int outcomes;                     /* also store every image's outcome */
    const char *model_name, *command; /* for the store's record of sessions; may be NULL */
    /* Called now and then; a nonzero answer ends the run with RSL_EINTERRUPTED after what is
     * complete has been stored. May be NULL. */
    int (*progress)(void *context, const struct rsl_campaign_progress *progress);
    /* Called for every trial after it was stored, in any order. May be NULL. */
    void (*trial)(void *context, const struct rsl_campaign_trial *trial);
    void *context;
};

/* RSL_OK when sampling can stop on them: a margin more than 0 and less than 0.5, a confidence of at
 * least 0.5 and less than 1. */
RSL_API int rsl_margin_check(double margin, double confidence);

/* Checks everything that can be checked without running: specs, layers, lists, images. Model and
 * data must outlive the campaign. The store is not touched. */
RSL_API int rsl_campaign_new(struct rsl_campaign **campaign, const struct rsl_model *model,
                             const struct rsl_data *data,
                             const struct rsl_campaign_options *options);
RSL_API void rsl_campaign_free(struct rsl_campaign *campaign);

/* ---- what would be done ---- */

struct rsl_campaign_point {
    const char *fault;    /* lives as long as the campaign, as all texts */
    double rate;          /* NaN: the spec has none, or several models of their own */
    const char *sampling; /* "bits", "layers", "": not sampled */
    int64_t population;   /* bits (of activations: elements x bits) that can be struck */
    double expected;      /* faults per trial */
    int64_t limit;        /* trials there are; INT64_MAX: no end */
    int64_t trials;       /* planned; 0: until the margin is reached */
    int64_t leveugle;     /* where a trial is one fault: Leveugle's fixed sample size for the margin
                           * (not given: 0.01) at the confidence, rsl_fault_sample_size; else 0 */
    int layers;           /* rows of rsl_campaign_layer */
};

/* What is asked about a point or a layer that is not there comes back as zeros. */
RSL_API int rsl_campaign_points(const struct rsl_campaign *campaign);
RSL_API void rsl_campaign_point(const struct rsl_campaign *campaign, int point,
                                struct rsl_campaign_point *out);

/* What one layer sees of one fault model. */
struct rsl_campaign_layer {
    const char *model; /* "ber" */
    const char *layer;
    int64_t bits;    /* that can be struck */
    double expected; /* faults per trial */
    double rate;     /* per bit */
};

RSL_API void rsl_campaign_layer(const struct rsl_campaign *campaign, int point, int i,
                                struct rsl_campaign_layer *out);

struct rsl_campaign_facts {
    int64_t images;
    int classes;
    const char *storage;
    int64_t weights, bits;           /* stored weights, and stored bits of all regions */
    int64_t weight_bits, scale_bits; /* of those: the weights', and their scales and zero points' */
    double bits_per_weight;
    int threads;
};

RSL_API void rsl_campaign_facts(const struct rsl_campaign *campaign,
                                struct rsl_campaign_facts *out);

/* Runs a few trials on a few images to say how long the planned trials would take; seconds is
 * negative when their number is not known (margins). `executor` names what runs them. */
RSL_API int rsl_campaign_estimate(struct rsl_campaign *campaign, double *seconds,
                                  const char **executor);

struct rsl_fault_list_facts {
    int64_t trials, faults; /* drawn; rows of the list */
    int64_t without;        /* trials in which nothing is struck: they have no row */
    const char *as;         /* form of activations that the column As says, "bf16"; NULL: none */
};

/* Writes the faults of all planned trials as a fault list, a row for each bit that is struck, with
 * the trial's number as Injection; runs nothing. "list:FILE" then has the same trials but for those
 * without faults. RSL_EARG with several points or a margin; RSL_EUNSUPPORTED for activations that
 * become a value or are struck in two forms, which a list cannot say. RSL_EINTERRUPTED when
 * `progress` answers so. The file appears whole or not at all. */
RSL_API int rsl_campaign_write_faults(struct rsl_campaign *campaign, const char *path,
                                      struct rsl_fault_list_facts *facts);

/* ---- doing it ---- */

/* Called again, as after RSL_EINTERRUPTED, it goes on where the store ends, or without a store runs
 * every trial anew; results and speed are those of the last call.
 * In an MPI job (a library built with RSL_MPI, a program started by mpirun) all ranks make the same
 * campaign and run it together; rank 0 alone has the store, calls back and knows the results. */
RSL_API int rsl_campaign_run(struct rsl_campaign *campaign);
/* Only the fault-free network, on all images: its accuracy, 0..1. What is found is stored; trials
 * may follow. Refused in an MPI job. */
RSL_API int rsl_campaign_golden(struct rsl_campaign *campaign, double *accuracy);
/* 1 for the process that has the results: rank 0, or the only one. */
RSL_API int rsl_campaign_leads(const struct rsl_campaign *campaign);

/* Shares are 0..1; intervals have the options' confidence. Of all trials that the store has. */
struct rsl_campaign_result {
    int64_t trials, images; /* images per trial, of the last one */
    int64_t inferences;     /* faulty ones, in all trials */
    double golden;          /* accuracy without faults, on all images */
    double accuracy, accuracy_low, accuracy_high;
    double drop, drop_low, drop_high; /* golden - accuracy */
    double sdc, sdc_low, sdc_high;
    double due, due_low, due_high;
    double masked;
    double faults, changed; /* per trial */
    const char *reason;     /* "trials", "margin", "limit"; NULL: not finished */
};

/* RSL_EARG for a point without trials, or when there is no such point. */
RSL_API int rsl_campaign_result(const struct rsl_campaign *campaign, int point,
                                struct rsl_campaign_result *out);

/* Of the last run: faulty inferences, seconds they took (fault-free runs included). */
RSL_API void rsl_campaign_speed(const struct rsl_campaign *campaign, int64_t *inferences,
                                double *seconds);

/* ---- speed ---- */

struct rsl_bench_inject_options {
    const char *fault, *storage, *compute; /* as above; fault NULL: "single" */
    double rate;                           /* of a fault that leaves it open; 0: 1e-5 */
    int64_t images;                        /* random ones; 0: 64 */
    int64_t trials;                        /* per pass; 0: 64 */
    int threads, naive, reference;
    double seconds; /* measured time; 0: 3 */
    uint64_t seed;
};

struct rsl_bench_inject_result {
    double fault_inferences_per_second; /* images x trials / time, fault-free runs included */
    double trials_per_minute;
    double golden_images_per_second; /* fault-free runs alone, per thread */
    int64_t passes;
    double seconds, setup_seconds;
    int64_t trials, images;
    const char *executor;
};

/* Repeats passes of trials on random images. */
RSL_API int rsl_bench_inject(const struct rsl_model *model,
                             const struct rsl_bench_inject_options *options,
                             struct rsl_bench_inject_result *result);

#ifdef __cplusplus
}
#endif
#endif
