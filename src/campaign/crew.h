/* The crew: threads that run trials, each with an executor and a device's cells of its own.
 *
 * A group of jobs is cut into units, one tile of images with some of the trials on it; threads take
 * units as they get free, tiles outermost, so that a tile's fault-free run serves all trials of the
 * unit, and those whose first faulty layer is the same follow one another. Counts are sums of
 * integers: nothing depends on threads, units or order. Once the lists have grown to a group's
 * size, groups allocate nothing. */
#ifndef RSL_CAMPAIGN_CREW_H
#define RSL_CAMPAIGN_CREW_H

#include "campaign/images.h"
#include "campaign/outcome.h"
#include "campaign/trial.h"

/* One trial: what to run, and its result. */
struct rsl_job {
    const struct rsl_point_faults *point;
    int owner; /* the caller's */
    uint64_t k;
    /* first, images and stratum (bin of the point's faults) are given; the counts are the result.
     */
    struct rsl_store_trial record;
    uint8_t *outcomes;            /* [images] or NULL */
    struct rsl_trial_place place; /* result */
    /* The crew's own. */
    int lane, first_node;
    bool kept;
    size_t change, n_changes;
};

struct rsl_crew_options {
    const struct rsl_graph *graph;
    const struct rsl_memory *image;
    struct rsl_images *images;
    struct rsl_executor_options executor; /* workers and activations are the crew's business */
    uint64_t seed;
    int threads; /* at least 1 */
    /* All points that jobs are of; read while the crew is made. */
    struct rsl_point_faults *const *points;
    int n_points;
};

struct rsl_crew;

int rsl_crew_new(struct rsl_crew **crew, const struct rsl_crew_options *options);
void rsl_crew_free(struct rsl_crew *crew);

const char *rsl_crew_executor(const struct rsl_crew *crew); /* of the first point: its kind */
int rsl_crew_tile(const struct rsl_crew *crew);             /* of the fault-free network */
int rsl_crew_classes(const struct rsl_crew *crew);

/* Called now and then in the calling thread with the faulty inferences (images x trials) done;
 * nonzero ends the group with RSL_EINTERRUPTED as soon as every thread has ended its trial on a
 * tile. */
struct rsl_crew_watch {
    int (*progress)(void *context, int64_t done);
    void *context;
};

/* Runs the jobs and fills their results; their order changes. After RSL_EINTERRUPTED the results of
 * those jobs hold that rsl_job_complete tells, after another failure none. */
int rsl_crew_run(struct rsl_crew *crew, struct rsl_job *jobs, size_t n,
                 const struct rsl_crew_watch *watch);

/* Whether all images of the job have run. */
bool rsl_job_complete(const struct rsl_job *job);

/* Whether the fault-free network is right about each of the data set's first images, [images->n];
 * runs what no group has run. */
int rsl_crew_right(struct rsl_crew *crew, const struct rsl_crew_watch *watch,
                   const uint8_t **right);

/* Whether some points' trials run on another executor than the fault-free network, so that groups
 * leave rsl_crew_right something to run. */
bool rsl_crew_golden_apart(const struct rsl_crew *crew);

/* Fault-free runs of the last tiles are made again: for measuring. */
void rsl_crew_forget(struct rsl_crew *crew);

/* Seconds that fault-free runs have taken so far, summed over threads, and images they had. */
double rsl_crew_golden_seconds(const struct rsl_crew *crew, int64_t *images);

#endif
