/* A network as a memory image reads: a copy of a model's graph whose parameters are the image's
 * values, in memory of its own, and may be changed. */
#ifndef RSL_CAMPAIGN_DECODED_H
#define RSL_CAMPAIGN_DECODED_H

#include "memory/cells.h"

struct rsl_decoded {
    struct rsl_graph graph;
    /* [n] the constant of each tensor of the image; RSL_ABSENT: scales and zero points, which have
     * none. */
    int *value;
    void **aligned; /* [n] or NULL: see rsl_decoded_align */
    int n;
};

/* The original must outlive it: what is no parameter is shared. */
int rsl_decoded_init(struct rsl_decoded *d, const struct rsl_graph *g,
                     const struct rsl_memory *image);
void rsl_decoded_free(struct rsl_decoded *d);

/* Moves a tensor's constant to memory that is aligned for every kernel (RSL_ALIGN). */
int rsl_decoded_align(struct rsl_decoded *d, int tensor);

/* One element of the constant that tensor number `tensor` of the image is. */
void rsl_decoded_set(struct rsl_decoded *d, int tensor, int64_t index, float value);

#endif
