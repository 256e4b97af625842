/* The reference pool, shared by MaxPool, AveragePool, LpPool and the Global pools: gather the
 * elements under each window, in double, and let the operator reduce them to one. */
#ifndef RSL_OPS_POOL_REFERENCE_H
#define RSL_OPS_POOL_REFERENCE_H

#include "ops/pool_geometry.h"

struct rsl_pool_window {
    int64_t n;            /* elements of the input under the window */
    const double *values; /* in row-major order of the window */
    int64_t padded;       /* the same and padding, but not what lies behind the padding */
    bool wide;            /* elements are f64; else sums have the range of float32 */
};

/* The window's result; *best is the index in `values` of the element that was picked (MaxPool). */
typedef double (*rsl_pool_reduce)(const struct rsl_node *n, const struct rsl_pool_window *w,
                                  int64_t *best);

size_t rsl_pool_scratch(const struct rsl_pool_geometry *g);
/* Output 0 from input 0; `places`, when not NULL, gets the flat index in the input of each
 * picked element, -1 when the window holds none. */
void rsl_pool_forward(const struct rsl_call *c, const struct rsl_pool_geometry *g,
                      rsl_pool_reduce reduce, int64_t *places);

/* One window that is the whole image: X [N,C,in...] to Y [N,C,1...]. */
int rsl_global_pool_infer(struct rsl_call *c);
int rsl_global_pool_forward(const struct rsl_call *c, rsl_pool_reduce reduce);

#endif
