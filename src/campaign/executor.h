/* Executors: the network with and without faults, on one tile of images at a time.
 *
 *     rsl_executor_golden(e, images, n)             the fault-free run of a tile, kept
 *     rsl_executor_run(e, worker, strike, logits)   the same tile with faults, any number of times
 *
 * An executor may skip whatever cannot change: what it gives is bit for bit what running the whole
 * faulty network gives (options.naive does just that, to compare). Afterwards everything is again
 * as it was. The fault-free network is the one that the memory image reads as, not the float
 * original it was made from.
 *
 * One executor serves several workers, each used by one thread at a time. Results do not depend on
 * their number. Once the lists have grown, trials allocate nothing. Graph, image and the arrays of
 * the options must outlive the executor. */
#ifndef RSL_CAMPAIGN_EXECUTOR_H
#define RSL_CAMPAIGN_EXECUTOR_H

#include "fault/site.h"
#include "graph/plan.h"

enum { RSL_TILE = 64 }; /* the most images of a tile */

/* Where activation faults strike: a computed value, or (node) the value as this node reads it while
 * all other readers see it intact. The graph is the network's, with RSL_MODE_INT8 that of the
 * integer network (memory/integer_network.h). */
struct rsl_activation {
    int value; /* of the graph; [N, channels, ...] */
    int node;  /* or RSL_ABSENT */
    int first; /* node of the graph that is the first to see it */
};

/* What one activation fault model does in a trial, alike in every image of the tile. */
struct rsl_strike_hits {
    const struct rsl_site_model *model;
    const struct rsl_site *sites;
    const struct rsl_activation *at; /* of each site */
    const struct rsl_hits *hits;
};

/* The faults of one trial. */
struct rsl_strike {
    const struct rsl_change *changes; /* parameters that read differently: memory/cells.h */
    size_t n_changes;
    /* Where they come from; may be NULL. RSL_MODE_INT8 needs them for changed scales and zero
     * points. */
    const struct rsl_cells *cells;
    const struct rsl_strike_hits *hits; /* applied one after the other */
    int n_hits;
};

struct rsl_executor_options {
    int workers; /* 0: 1 */
    enum rsl_compute_mode compute;
    const struct rsl_ranges *ranges; /* of activations: RSL_MODE_INT8 needs them */
    bool naive;                      /* every trial runs everything */
    bool reference;                  /* only reference kernels */
    bool dense; /* trials have so many faults that they reach nearly everything */
    int tile;   /* images per tile at most; 0: what suits the network */
    /* Bytes of golden values that a tile may take, where they are all kept; 0: 256 MiB. A single
     * image may take more. */
    size_t memory;
    /* Everywhere hits may strike. */
    const struct rsl_activation *activations;
    int n_activations;
};

struct rsl_executor;

/* The first kind of executors that can run the graph so. The graph has one input of images and one
 * output [N, classes]. */
int rsl_executor_new(struct rsl_executor **executor, const struct rsl_graph *g,
                     const struct rsl_memory *image, const struct rsl_executor_options *options);
void rsl_executor_free(struct rsl_executor *executor);

const char *rsl_executor_kind(const struct rsl_executor *executor); /* "plan", ... */
int rsl_executor_tile(const struct rsl_executor *executor);         /* images, at most RSL_TILE */
int rsl_executor_classes(const struct rsl_executor *executor);

/* The fault-free run of a tile, images[n, ...] with n at most the tile's; not while workers run. */
int rsl_executor_golden(struct rsl_executor *executor, const float *images, int n);
/* Whether nothing of it is kept but the logits: then these, of the same tile, stand for the run. */
bool rsl_executor_recalls(const struct rsl_executor *executor);
void rsl_executor_recall(struct rsl_executor *executor, const float *images, int n,
                         const float *logits);                                /* [n, classes] */
const float *rsl_executor_golden_logits(const struct rsl_executor *executor); /* [n, classes] */

/* The tile under faults; worker is 0..workers-1. */
int rsl_executor_run(struct rsl_executor *executor, int worker, const struct rsl_strike *strike,
                     float *logits); /* [n, classes] */

#endif
