/* See pool_norm.h. */
#include "ops/pool_norm.h"

#include <inttypes.h>
#include <math.h>

int rsl_need_norm(const struct rsl_call *c) {
    int64_t p = rsl_node_int(c->node, "p", 2);
    return p >= 1 ? RSL_OK : rsl_fail(RSL_EUNSUPPORTED, "attribute p is %" PRId64, p);
}

double rsl_pool_norm(const struct rsl_node *n, const struct rsl_pool_window *w, int64_t *best) {
    (void)best;
    double p = (double)rsl_node_int(n, "p", 2), sum = 0;
    for (int64_t i = 0; i < w->n; i++) sum += pow(fabs(w->values[i]), p);
    return pow(sum, 1 / p);
}
