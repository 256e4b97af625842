/* Trials: from a point of a campaign (a fault spec on a memory image and a network) and a number k
 * to what an executor puts into the network.
 *
 *     struct rsl_point_faults *point;    spec meets image and graph; shared by threads
 *     struct rsl_trial *trial;           one thread's cells and lists, for all points of an image
 *
 *     RSL_TRY(rsl_trial_begin(trial, point, 0, seed, k));
 *     ... rsl_executor_run(e, worker, &trial->strike, logits), any number of times
 *     rsl_trial_end(trial);
 *
 * A trial is a pure function of (seed, k), point and image. Once the lists have grown, trials
 * allocate nothing. */
#ifndef RSL_CAMPAIGN_TRIAL_H
#define RSL_CAMPAIGN_TRIAL_H

#include "campaign/activation.h"
#include "fault/bins.h"

/* ---- a point's faults ---- the spec with its rate set; spec, image and network must outlive it */

struct rsl_point_faults;

/* Activations of an integer network are struck in their own form only, int8. */
int rsl_point_faults_new(struct rsl_point_faults **point, const struct rsl_fault_spec *spec,
                         const struct rsl_memory *image, const struct rsl_activation_source *from);
void rsl_point_faults_free(struct rsl_point_faults *point);

/* The scales of activations of a float network that are struck as int8, from the fault-free network
 * (graph) on some images; to be called before the first trial when rsl_point_faults_scaled says so.
 */
bool rsl_point_faults_scaled(const struct rsl_point_faults *point);
int rsl_point_faults_calibrate(struct rsl_point_faults *point, const struct rsl_graph *g,
                               const float *images, int n);

/* Models about activations, fault lists that name some included; the number of the i-th of them in
 * the spec, and its activations. */
int rsl_point_faults_neurons(const struct rsl_point_faults *point);
int rsl_point_faults_neuron(const struct rsl_point_faults *point, int i);
const struct rsl_activations *rsl_point_faults_activations(const struct rsl_point_faults *point,
                                                           int i);
const struct rsl_fault_source *rsl_point_faults_source(const struct rsl_point_faults *point);

/* For samples of a fault list, see rsl_fault_source_shuffle. */
void rsl_point_faults_shuffle(struct rsl_point_faults *point, uint64_t seed);

/* Sorts the faults into at most `most` bins where they are single flips, for stratified sampling;
 * one bin where they are not. */
int rsl_point_faults_sort(struct rsl_point_faults *point, int most);
const struct rsl_fault_bins *rsl_point_faults_bins(const struct rsl_point_faults *point);

double rsl_point_faults_expected(const struct rsl_point_faults *point);    /* per trial */
int64_t rsl_point_faults_population(const struct rsl_point_faults *point); /* bits to strike */
int64_t rsl_point_faults_limit(const struct rsl_point_faults *point);      /* trials there are */
/* "bits" or "layers"; "mixed" where models differ; "" for faults that are not sampled. */
const char *rsl_point_faults_sampling(const struct rsl_point_faults *point);

/* What the i-th activation of a model sees: bits that can be struck, faults per trial. */
struct rsl_site_share {
    int64_t bits;
    double expected;
};

struct rsl_site_share rsl_point_faults_site(const struct rsl_point_faults *point, int model, int i);

/* ---- a trial ---- */

struct rsl_trial {
    struct rsl_strike strike;
    int64_t faults, changed; /* drawn; stored bits that really changed, activations hit */
    struct rsl_votes votes;
    int first_node; /* the first that can compute something else; INT_MAX: none */
    /* Where the only fault of the trial hit; kind NOWHERE for none or several. */
    struct rsl_trial_place {
        enum { RSL_NOWHERE, RSL_IN_MEMORY, RSL_IN_ACTIVATION } kind;
        int number;      /* the image's tensor, or the activation: index of the point's list */
        int model;       /* RSL_IN_ACTIVATION: of the point's models about activations */
        int64_t element; /* of the tensor, or of one image's activation */
        int bit;         /* -1: a whole element */
        enum rsl_effect effect;
        enum rsl_site_form form; /* of an activation */
    } place;
    struct rsl_trial_lists *lists;
};

int rsl_trial_new(struct rsl_trial **trial, const struct rsl_memory *image,
                  const struct rsl_graph *g);
void rsl_trial_free(struct rsl_trial *trial);

/* Draws and applies, from all faults (bin 0 of one), or from a bin of those that are sorted. After
 * a failure nothing is applied. */
int rsl_trial_begin(struct rsl_trial *trial, const struct rsl_point_faults *point, int bin,
                    uint64_t seed, uint64_t k);
/* The same trial once more, its changes being known: only `strike` is set, without cells. */
int rsl_trial_again(struct rsl_trial *trial, const struct rsl_point_faults *point, uint64_t seed,
                    uint64_t k, const struct rsl_change *changes, size_t n);
/* The faults in memory of a trial that has begun. */
const struct rsl_faults *rsl_trial_faults(const struct rsl_trial *trial);
void rsl_trial_end(struct rsl_trial *trial);

#endif
