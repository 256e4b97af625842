/* Replaying a network: what changes when a few parameters or activations do, at the cost of what
 * changes.
 *
 *     rsl_replay_new(&r, graph, NULL);
 *     rsl_replay_golden(r, images, n);              once per tile of images: every activation kept
 *     rsl_replay_worker_new(&w, r);                 one per thread
 *     rsl_replay_change(w, weight, 17, -3.5F);      any number of parameters
 *     rsl_replay_run(w, NULL, logits);              the faulty outputs; all changes are undone
 *
 * Activations lie as [channel][row][column][image]: sixteen images to a vector, so that a single
 * pixel of a single channel is work for whole vectors, and what is computed follows exactly what
 * differs (region.h): a changed weight recomputes its output channel; a changed neuron a window
 * that grows from layer to layer; a region that turns out equal to the fault-free one ends there.
 *
 * Every output is the same, bit for bit, whatever was skipped: a convolution sums blocks of input
 * channels, each block one chain of fused multiply-adds in the order channel, tap, and adds the
 * blocks in order; each image is computed without regard to its neighbours.
 * rsl_replay_options.naive runs everything, with the same kernels.
 *
 * Networks of convolutions, linear layers, pools, normalizations, activations, additions and
 * concatenations in float32 are taken; others are refused by name of the node. */
#ifndef RSL_REPLAY_REPLAY_H
#define RSL_REPLAY_REPLAY_H

#include "graph/graph.h"

struct rsl_replay;        /* the network and one tile of images: shared by workers */
struct rsl_replay_worker; /* used by one thread at a time */

struct rsl_replay_options {
    const int *visible; /* values of the graph that hits will strike: they are computed as such */
    int n_visible;
    int threads; /* of the golden run; 0: 1 */
    bool naive;  /* recompute everything in every run */
    size_t sums; /* bytes for kept partial sums; 0: 256 MiB */
    int tile;    /* images at a time that suffice; 0: as many as are fastest */
};

/* The graph must be checked; it may be freed afterwards, its constants' data must stay.
 * RSL_EUNSUPPORTED with the node that cannot be replayed. */
int rsl_replay_new(struct rsl_replay **replay, const struct rsl_graph *g,
                   const struct rsl_replay_options *options);
void rsl_replay_free(struct rsl_replay *replay);

int rsl_replay_tile(const struct rsl_replay *replay);    /* images at a time */
int rsl_replay_outputs(const struct rsl_replay *replay); /* numbers per image of output 0 */
/* Whether elements of the graph's constant `value` can be changed. */
bool rsl_replay_can_change(const struct rsl_replay *replay, int value);

/* Takes n images, [n, C, H, W], and runs the unchanged network. Not while workers run. */
int rsl_replay_golden(struct rsl_replay *replay, const float *images, int n);
const float *rsl_replay_golden_output(const struct rsl_replay *replay); /* [n, outputs] */

int rsl_replay_worker_new(struct rsl_replay_worker **worker, struct rsl_replay *replay);
void rsl_replay_worker_free(struct rsl_replay_worker *worker);

/* Element `index` of constant `value` reads `to` in the next run. RSL_OK or RSL_ENOMEM. */
int rsl_replay_change(struct rsl_replay_worker *worker, int value, int64_t index, float to);

/* Takes all changes back without a run. */
void rsl_replay_drop(struct rsl_replay_worker *worker);

/* Elements of visible values that are replaced when they have been computed, in every image. */
struct rsl_replay_hits {
    size_t n;
    const struct rsl_replay_hit {
        int value;       /* of the graph; any order, those of one element act one after the other */
        int64_t element; /* of one image's [C, H, W] */
    } * at;
    float (*strike)(const void *context, size_t hit, float value);
    const void *context;
};

/* Runs with the changes and the hits (NULL: none) and undoes them. `output` gets [n, outputs].
 * Returns 1 when some output differs from the golden one, else RSL_OK. Allocates nothing. */
int rsl_replay_run(struct rsl_replay_worker *worker, const struct rsl_replay_hits *hits,
                   float *output);
/* Multiply-accumulates that the last run really did, for all images of the tile. */
int64_t rsl_replay_work(const struct rsl_replay_worker *worker);

#endif
