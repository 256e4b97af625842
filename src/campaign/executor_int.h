/* What a kind of executors is made of. A kind embeds struct rsl_executor as its first member and
 * has a line in executors.def; there the more special kinds come first. */
#ifndef RSL_CAMPAIGN_EXECUTOR_INT_H
#define RSL_CAMPAIGN_EXECUTOR_INT_H

#include "campaign/executor.h"

struct rsl_executor_kind {
    const char *name;
    /* Sets *executor only when it succeeds; RSL_EUNSUPPORTED: the next kind is asked. */
    int (*make)(struct rsl_executor **executor, const struct rsl_graph *g,
                const struct rsl_memory *image, const struct rsl_executor_options *o);
    void (*free)(struct rsl_executor *executor);
    int (*golden)(struct rsl_executor *executor, const float *images, int n);
    /* Takes the images without running them; the logits are in golden_logits already. NULL: more
     * than logits is kept of a fault-free run. */
    void (*recall)(struct rsl_executor *executor, const float *images, int n);
    int (*run)(struct rsl_executor *executor, int worker, const struct rsl_strike *strike,
               float *logits);
};

struct rsl_executor {
    const struct rsl_executor_kind *kind;
    int tile, classes, workers;
    int n;                /* images of the golden tile */
    float *golden_logits; /* [tile, classes] */
};

#endif
