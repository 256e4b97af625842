/* Which tensor of a checkpoint belongs to which parameter of a network, by name.
 *
 *   1. the same name, or
 *   2. the same canonical name, whichever fits more parameters first:
 *        - what wraps the network (module., model., ...) and a first component that all share are
 *          dropped;
 *        - "shortcut" is "downsample";
 *        - the components of numbered children are counted 0, 1, 2 (so other layers between do not
 *          matter), a single one is dropped;
 *        - the last linear layer is "head", be it fc, linear or classifier
 *   3. the order, when as many of both are left and they pair up with equal shapes and equal last
 *      components (weight, bias, running_mean, ...)
 *
 * Counters that no inference needs belong to nothing: num_batches_tracked, n_averaged (PyTorch),
 * total_ops, total_params (thop), and any single integer without dimensions, as an epoch is. */
#ifndef RSL_IO_MATCH_H
#define RSL_IO_MATCH_H

#include "io/tensors.h"

enum { RSL_UNMATCHED = -1, RSL_IGNORED = -2 };

struct rsl_match {
    struct rsl_arena arena;
    size_t n_parameters, n_tensors;
    int64_t *tensor_of;    /* for each parameter: index of its tensor, or RSL_UNMATCHED */
    int64_t *parameter_of; /* for each tensor: index of its parameter, or one of the above */
    size_t by_order;       /* how many were matched by step 3 */
};

/* Steps 1 and 2: names only. The match is to be freed also after a failure. */
int rsl_match_names(struct rsl_match *m, const struct rsl_named_tensor *parameters, size_t n,
                    const struct rsl_tensors *ts);
/* Step 3, for what is left; pairs all of it or nothing. */
void rsl_match_order(struct rsl_match *m, const struct rsl_named_tensor *parameters,
                     const struct rsl_tensors *ts);
/* How many parameters have a partner of their shape. */
size_t rsl_match_score(const struct rsl_match *m, const struct rsl_named_tensor *parameters,
                       const struct rsl_tensors *ts);
/* Whether names and shapes are the network's own as they stand, but for what wraps it: 1 or 0, or a
 * negative status. */
int rsl_match_exact(const struct rsl_named_tensor *parameters, size_t n,
                    const struct rsl_tensors *ts);
void rsl_match_free(struct rsl_match *m);

#endif
