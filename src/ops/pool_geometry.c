/* See pool_geometry.h. */
#include "ops/pool_geometry.h"

#include <inttypes.h>

int rsl_pool_geometry(struct rsl_pool_geometry *g, const struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 3, RSL_MAX_RANK));
    const struct rsl_shape *x = &c->in[0]->shape;
    *g = (struct rsl_pool_geometry){.batch = x->dim[0], .channels = x->dim[1]};
    struct rsl_window *w = &g->window;
    enum rsl_auto_pad auto_pad;
    w->rank = x->rank - 2;
    for (int i = 0; i < w->rank; i++) w->in[i] = x->dim[2 + i];
    RSL_TRY(rsl_window_kernel(w, c->node));
    struct rsl_shape kernel = rsl_shape_of(w->rank, w->kernel);
    RSL_TRY(rsl_shape_check(&kernel));
    RSL_TRY(rsl_window_read(w, c, &auto_pad));
    RSL_TRY(rsl_window_slide(w, auto_pad, rsl_node_int(c->node, "ceil_mode", 0) != 0));
    for (int i = 0; i < w->rank; i++) {
        int64_t reach = rsl_window_reach(w, i);
        if (w->pad_begin[i] >= reach || w->pad_end[i] >= reach)
            return rsl_fail(RSL_ESHAPE,
                            "along spatial axis %d the pads %" PRId64 " and %" PRId64
                            " are not smaller than the window of %" PRId64,
                            i, w->pad_begin[i], w->pad_end[i], reach);
    }
    struct rsl_shape out = rsl_pool_out_shape(g);
    return rsl_shape_check(&out);
}

struct rsl_shape rsl_pool_out_shape(const struct rsl_pool_geometry *g) {
    struct rsl_shape s = {.rank = 2 + g->window.rank, .dim = {g->batch, g->channels}};
    for (int i = 0; i < g->window.rank; i++) s.dim[2 + i] = g->window.out[i];
    return s;
}

bool rsl_pool_holds_pixels(const struct rsl_pool_geometry *g) {
    const struct rsl_window *w = &g->window;
    for (int d = 0; d < w->rank; d++)
        if (w->dilation[d] != 1 && (w->pad_begin[d] || w->pad_end[d])) return false;
    return true;
}
