/* The way back through a pool, shared by MaxPoolGrad and AveragePoolGrad: dY is spread over the
 * elements under each window. */
#ifndef RSL_OPS_POOL_GRADIENT_H
#define RSL_OPS_POOL_GRADIENT_H

#include "ops/pool_geometry.h"

/* One window: the places of its elements in the image (row-major), its gradient, the number of
 * padded and real positions, and the image's gradient to add to. `x` is the image, or NULL. */
struct rsl_pool_spread {
    const struct rsl_node *node;
    const int64_t *places;
    int64_t n, padded;
    double dy;
    const double *x;
    double *dx;
};
typedef void (*rsl_pool_spread_fn)(const struct rsl_pool_spread *s);

/* Geometry of a pool whose input has shape `x`; refuses a gradient (input 0) that does not fit. */
int rsl_pool_grad_geometry(struct rsl_pool_geometry *g, const struct rsl_call *c,
                           const struct rsl_shape *x);
/* The shape rule where input 1 is the pool's X. */
int rsl_pool_grad_infer(struct rsl_call *c);
size_t rsl_pool_grad_scratch(const struct rsl_pool_geometry *g);
/* Output 0 from dY (input 0) and, when `x` is not NULL, the pool's input. */
void rsl_pool_backward(const struct rsl_call *c, const struct rsl_pool_geometry *g,
                       const struct rsl_tensor *x, rsl_pool_spread_fn spread);

#endif
