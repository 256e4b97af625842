/* The p-norm as a pool: what LpPool and GlobalLpPool share. */
#ifndef RSL_OPS_POOL_NORM_H
#define RSL_OPS_POOL_NORM_H

#include "ops/pool_reference.h"

/* Refuses an attribute p below 1. */
int rsl_need_norm(const struct rsl_call *c);
/* (sum |x|^p)^(1/p) over the window, p from the node (default 2). */
double rsl_pool_norm(const struct rsl_node *n, const struct rsl_pool_window *w, int64_t *best);

#endif
