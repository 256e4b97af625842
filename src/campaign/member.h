/* A member of a crew: one thread's executors, its device's cells, and the tile it works on.
 *
 * Executors round differently, and so which one runs must not depend on what else a campaign does:
 * a trial's is chosen by its own point, and the fault-free network, whose predictions the store
 * keeps, always runs on the same one. */
#ifndef RSL_CAMPAIGN_MEMBER_H
#define RSL_CAMPAIGN_MEMBER_H

#include "campaign/crew.h"
#include "campaign/executor.h"
#include "campaign/golden_cache.h"

#include <pthread.h>

enum rsl_lane {
    RSL_LANE_FEW,  /* few faults: most of the network need not run */
    RSL_LANE_MANY, /* so many that they reach nearly everything, in activations, too */
    RSL_LANE_FREE, /* none, or many in parameters alone */
    RSL_LANE_KINDS
};

struct rsl_member {
    const struct rsl_crew_options *options;
    struct {
        struct rsl_executor *executor; /* NULL: no point needs it */
        int64_t first;                 /* of the tile whose fault-free run it has; -1: none */
        int n;
    } lane[RSL_LANE_KINDS];
    struct rsl_golden_cache *cache; /* the crew's */
    struct rsl_trial *trial;
    float *input, *logits;
    double golden_seconds;
    int64_t golden_images;
    /* The crew's. */
    struct rsl_crew *crew;
    struct {
        struct rsl_store_trial *at; /* this thread's part of each job's counts */
        size_t n, cap;
    } counts;
    pthread_t thread;
};

/* The lane of a point's trials; `activations`: some point of the crew strikes them. */
enum rsl_lane rsl_lane_of_point(const struct rsl_point_faults *point, bool activations);

/* The options must outlive it. `needed`: the lanes with points. */
int rsl_member_init(struct rsl_member *m, const struct rsl_crew_options *options,
                    const bool needed[RSL_LANE_KINDS], const struct rsl_activation *activations,
                    int n_activations);
void rsl_member_free(struct rsl_member *m);

/* The fault-free run of the tile, unless the lane has it. */
int rsl_member_golden(struct rsl_member *m, enum rsl_lane lane, int64_t first, int n);
/* That tile and the logits of the last run. */
struct rsl_outcome_tile rsl_member_tile(const struct rsl_member *m, enum rsl_lane lane);

#endif
