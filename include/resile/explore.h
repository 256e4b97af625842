/* Which width and protection of the weights is the cheapest that survives: FORTUNE's search, and
 * beyond it mixes of them under a memory budget.
 *
 *     struct rsl_explore *e;
 *     rsl_explore_new(&e, model, data, &(struct rsl_explore_options){
 *         .bits_low = 3, .bits_high = 8, .accuracy_min = 0.9, .drop_max = 0.02,
 *         .rates = (double[]){1e-5, 1e-4}, .n_rates = 2, .trials = 20, .store = "R.db"});
 *     rsl_explore_run(e);
 *     if (rsl_explore_recommended(e) >= 0)
 *         rsl_explore_candidate(e, rsl_explore_recommended(e), &best);
 *     rsl_explore_free(e);
 *
 * Every candidate is a campaign (resile/campaign.h) on its own storage; all are in one store and
 * are continued there. docs/explore.md says what is decided how. */
#ifndef RESILE_EXPLORE_H
#define RESILE_EXPLORE_H

#include "resile/campaign.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_explore;

struct rsl_explore_progress {
    const char *storage; /* of the candidate at work */
    int candidate;       /* its number, from 1 */
    const char *phase;   /* "fault-free run", "trials", "layers", "timing" */
    int64_t done, planned;
};

/* Zero and NULL are the defaults, but where something is said. Texts and arrays need to live only
 * during rsl_explore_new. */
struct rsl_explore_options {
    int bits_low, bits_high; /* widths, 2..8; to be given */
    const char *encoding;    /* "affine" (default) or "symmetric" */
    const char *granularity; /* "channel" (default) or "tensor" */
    const char *rounding;    /* affine: "code" (default) or "paper" */
    const char *layout;      /* "block" (default), "plane" or "word" */
    const char *protect;     /* a list; NULL: "none,msb" */
    const char *search;      /* "binary" (default): the least width that meets the requirements, for
                              * each protection. "sweep": all widths */
    const char *baseline;    /* measured beside the candidates; NULL: "symmetric8:channel" */
    int64_t budget;          /* bits of all weights: then mixes are searched, too; 0: none */
    /* Requirements, shares of images: fault-free accuracy, and its drop at the rate `at`. Negative
     * accuracy_min: that of the baseline less drop_max. drop_max 1: any drop. Where nothing is
     * required, of a budget neither, all widths are measured and the one that keeps most accuracy
     * under faults is recommended. */
    double accuracy_min, drop_max;
    double at;           /* one of the rates; 0: the largest */
    const double *rates; /* ascending; to be given */
    int n_rates;
    const char *fault;   /* that leaves its rate open; NULL: "ber" */
    const char *regions; /* as for campaigns, and so is what follows */
    int64_t images;
    const struct rsl_preprocess_options *preprocess;
    const char *compute;
    int64_t trials;
    double margin, confidence;
    uint64_t seed;
    int threads;
    const char *store, *model_name, *command;
    double constant; /* C of P_drop; 0: the publication's */
    double
        seconds;   /* of measuring time, for each candidate; 0: 1; negative: time is not measured */
    int64_t batch; /* images at a time in that; 0: 1 */
    /* A nonzero answer ends the run with RSL_EINTERRUPTED; what is complete is stored. */
    int (*progress)(void *context, const struct rsl_explore_progress *progress);
    void *context;
};

/* Checks everything that can be checked without running. Model and data must outlive it. */
RSL_API int rsl_explore_new(struct rsl_explore **explore, const struct rsl_model *model,
                            const struct rsl_data *data, const struct rsl_explore_options *options);
RSL_API void rsl_explore_free(struct rsl_explore *explore);
/* Measures candidates until the search is over, going on from what the store has. */
RSL_API int rsl_explore_run(struct rsl_explore *explore);

struct rsl_explore_plan {
    int candidates; /* looked at, at most: with the baseline and, of a budget, two mixes */
    int64_t images; /* of each trial */
    int threads;
    const char *baseline, *executor; /* live as long as the explorer */
    double seconds;                  /* of all candidates, and with a budget of all single layers;
                                      * NaN with a margin */
};

/* What a run would do. Runs a few trials of the baseline to say how long; stores nothing. */
RSL_API int rsl_explore_plan(struct rsl_explore *explore, struct rsl_explore_plan *plan);

/* Where what single layers cost is kept, beside the store; NULL without a budget or a store. */
RSL_API const char *rsl_explore_layers_store(const struct rsl_explore *explore);

/* ---- what came out ---- */

struct rsl_explore_candidate {
    const char *storage; /* "affine3/msb/block"; lives as long as the explorer */
    const char *role;    /* "baseline", "uniform", "mix" */
    int64_t weights, weight_bits, scale_bits;
    double memory_ratio; /* weight_bits to eight bits for each weight */
    double golden;       /* fault-free accuracy */
    int injected;        /* 0: its golden accuracy was not enough to go on */
    /* Per batch; to the baseline when that takes eight bits a weight, unprotected, else to
     * "symmetric8:channel". NaN: not measured. */
    double seconds, time_ratio;
    /* At the rate `at`; NaN when not injected. The drop's bounds have the confidence asked for. */
    double drop, drop_low, drop_high;
    double p_drop, p_drop_bounded, rap; /* RAP is of the drop in per cent */
    int meets;  /* the requirements, by the means, and the budget; not asked of the baseline: 0 */
    int sure;   /* and the whole interval of the drop does */
    int pareto; /* no other is better in golden accuracy, drop, bits or time and as good in all */
};

/* Baseline first, then in the order of protections and widths, then mixes. */
RSL_API int rsl_explore_candidates(const struct rsl_explore *explore);
/* RSL_EARG when there is no candidate i. */
RSL_API int rsl_explore_candidate(const struct rsl_explore *explore, int i,
                                  struct rsl_explore_candidate *out);
/* At one of the rates; RSL_EARG when the candidate was not injected. */
RSL_API int rsl_explore_at(const struct rsl_explore *explore, int i, int rate,
                           struct rsl_campaign_result *out);
/* The candidate to take, or -1 when none meets the requirements; and why, in a sentence that lives
 * as long as the explorer. */
RSL_API int rsl_explore_recommended(const struct rsl_explore *explore);
RSL_API const char *rsl_explore_why(const struct rsl_explore *explore);

#ifdef __cplusplus
}
#endif
#endif
