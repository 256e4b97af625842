/* The geometry of a pool: window, batch and channels of X [N,C,in...], checked once for the shape
 * rules, the reference kernels and the back ends. */
#ifndef RSL_OPS_POOL_GEOMETRY_H
#define RSL_OPS_POOL_GEOMETRY_H

#include "ops/window.h"

struct rsl_pool_geometry {
    int64_t batch, channels;
    struct rsl_window window; /* after auto_pad: pads are final */
};

/* From the node's attributes and input 0. Refuses pads that are as large as the window: some
 * windows would hold nothing. */
int rsl_pool_geometry(struct rsl_pool_geometry *g, const struct rsl_call *c);
struct rsl_shape rsl_pool_out_shape(const struct rsl_pool_geometry *g);
/* Whether every window is sure to hold a pixel: with dilation one may lie on padding only. */
bool rsl_pool_holds_pixels(const struct rsl_pool_geometry *g);

#endif
