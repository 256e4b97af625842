/* The inside of a campaign: made by setup.c and prepare.c, run by campaign.c, asked by report.c. */
#ifndef RSL_CAMPAIGN_CAMPAIGN_INT_H
#define RSL_CAMPAIGN_CAMPAIGN_INT_H

#include "campaign/crew.h"
#include "campaign/estimate.h"
#include "campaign/ranks.h"
#include "campaign/stopping.h"
#include "memory/integer_model.h"
#include "resile/campaign.h"

/* One fault spec at one rate. */
struct rsl_point {
    struct rsl_fault_spec *spec;
    struct rsl_point_faults *faults;
    char *fault;                      /* text, its rate left open */
    double rate;                      /* NaN: has its own */
    char *design;                     /* which images a trial runs on */
    struct rsl_store_stratum *strata; /* the bins, when there are several */
    char ***sites;                    /* names of the activations of each model about activations */
    int64_t trials;                   /* planned; 0: until the margin is reached */
    int64_t id;                       /* in the store */
    struct rsl_store_done done;
    int64_t finished_trials; /* of this shard, done */
    struct rsl_estimate estimate;
    int64_t trials_added, faults_drawn, bits_changed; /* over all trials */
    int64_t images;                                   /* of the last trial that was added */
    const char *reason;                               /* NULL: more are wanted */
};

/* On how many images of a block a point's executor is right without faults. */
struct rsl_seen {
    int point;
    int64_t first, images, right;
};

struct rsl_campaign {
    struct rsl_campaign_options options; /* texts copied to the arena; arrays not kept */
    struct rsl_arena arena;
    const struct rsl_model *model;
    const struct rsl_data *data;
    enum rsl_compute_mode compute;
    enum rsl_quantity quantity;
    int threads;
    const char *storage_text; /* in the one form of what means the same */
    char encoding[RSL_ENCODING_TEXT], protection[RSL_PROTECTION_TEXT]; /* or "mixed" */
    struct rsl_memory *image;
    struct rsl_ranges ranges;           /* of activations; int8 */
    struct rsl_integer_network integer; /* whose activations are struck; int8 */
    bool strikes_integers;
    struct rsl_preprocess *preprocess;
    char *preprocess_text; /* one line */
    int64_t n_images;
    struct rsl_images images;
    const char **layers; /* [image->n] as fault lists name them */
    struct rsl_point *points;
    int n_points;
    struct rsl_crew *crew;                  /* once something is to be run */
    struct rsl_ranks *ranks;                /* NULL: this process is alone */
    const struct rsl_point_faults **served; /* with ranks: those of the points */
    struct {
        struct rsl_seen *at;
        size_t n, cap;
    } seen; /* with ranks: of the jobs so far */
    struct rsl_store *store;
    int64_t id; /* in the store */
    const uint8_t *right;
    int64_t golden_correct;
    bool begun;
    /* Of the last run. */
    double started, seconds;             /* seconds: of complete groups */
    int64_t inferences, planned;         /* faulty ones: of complete groups, and of all */
    int64_t trials_done, trials_planned; /* those of earlier sessions included */
    size_t last_group;
};

/* Before points are made: the integer network, where faults may strike its activations. */
int rsl_campaign_find_activations(struct rsl_campaign *c);
/* The network whose activations the campaign's points strike. */
struct rsl_activation_source rsl_campaign_activations(const struct rsl_campaign *c);
/* Images, threads and executors; nothing when they are there already. */
int rsl_campaign_prepare(struct rsl_campaign *c);

/* Adds a trial to the point's sums; where trials run on blocks, in the order of k. */
int rsl_point_add(struct rsl_point *p, const struct rsl_store_trial *t);

/* ---- with the store (campaign_store.c); without one these do nothing ---- */

int rsl_campaign_open_store(struct rsl_campaign *c);
/* Points, with the trials of earlier sessions in their sums. */
int rsl_campaign_add_points(struct rsl_campaign *c);
/* 1: golden_correct is what the store says; 0: it does not know. */
int rsl_campaign_stored_golden(struct rsl_campaign *c);
/* Trials of one point, in ascending k. */
int rsl_campaign_store_trials(struct rsl_campaign *c, const struct rsl_point *p,
                              struct rsl_job *jobs, size_t n);
int rsl_campaign_finish_point(struct rsl_campaign *c, struct rsl_point *p, const char *reason);

/* ---- with several ranks (campaign_ranks.c) ---- */

/* Collective, before the first group; `status` is how this rank stands. */
int rsl_campaign_agree(struct rsl_campaign *c, int status);
/* What ranks other than the leader do. */
int rsl_campaign_serve(struct rsl_campaign *c);
int rsl_campaign_check_ranks(struct rsl_campaign *c, const struct rsl_job *jobs, size_t n);

/* ---- running (campaign.c) ---- */

/* Finds out about which images the fault-free network is right. */
int rsl_campaign_know_golden(struct rsl_campaign *c);
/* How many trials of so many images the next group should have. */
size_t rsl_campaign_group_size(const struct rsl_campaign *c, int64_t images);
/* Runs jobs of any points as a group, stores them, adds them to their points' sums and tells the
 * caller; those that are complete, when the caller interrupts it. The order of the jobs changes. */
int rsl_campaign_group(struct rsl_campaign *c, struct rsl_job *jobs, size_t n);

/* Trials of a point until its margin is reached (margin.c). */
int rsl_campaign_run_margin(struct rsl_campaign *c, struct rsl_point *p);

#endif
