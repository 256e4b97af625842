/* See pool_gradient.h. */
#include "ops/pool_gradient.h"

#include <string.h>

int rsl_pool_grad_geometry(struct rsl_pool_geometry *g, const struct rsl_call *c,
                           const struct rsl_shape *x) {
    const struct rsl_tensor tensor = {.dtype = c->in[0]->dtype, .shape = *x};
    const struct rsl_tensor *in[1] = {&tensor};
    const struct rsl_call pool = {.node = c->node, .opset = c->opset, .n_in = 1, .in = in};
    RSL_TRY(rsl_pool_geometry(g, &pool));
    struct rsl_shape y = rsl_pool_out_shape(g);
    char need[RSL_SHAPE_TEXT], have[RSL_SHAPE_TEXT];
    if (!rsl_shape_equal(&y, &c->in[0]->shape))
        return rsl_fail(RSL_ESHAPE, "the pool gives %s, its gradient has shape %s",
                        rsl_shape_text(&y, need), rsl_shape_text(&c->in[0]->shape, have));
    return RSL_OK;
}

size_t rsl_pool_grad_scratch(const struct rsl_pool_geometry *g) {
    const struct rsl_window *w = &g->window;
    return (size_t)(2 * rsl_window_in_count(w) + rsl_window_out_count(w)) * sizeof(double) +
           (size_t)rsl_window_kernel_count(w) * sizeof(int64_t);
}

int rsl_pool_grad_infer(struct rsl_call *c) {
    struct rsl_pool_geometry g;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_need_rank(c, 1, 3, RSL_MAX_RANK));
    RSL_TRY(rsl_pool_grad_geometry(&g, c, &c->in[1]->shape));
    c->scratch_size = rsl_pool_grad_scratch(&g);
    return rsl_set_out(c, 0, c->in[0]->dtype, &c->in[1]->shape);
}

/* Collects the places under the window at `at`. */
static void gather(const struct rsl_window *w, const int64_t *at, int64_t *places,
                   struct rsl_pool_spread *s) {
    const int64_t zero[RSL_MAX_SPATIAL] = {0};
    int64_t tap[RSL_MAX_SPATIAL] = {0};
    s->n = s->padded = 0;
    do {
        int64_t place = 0;
        bool inside = true, padded = true;
        for (int i = 0; i < w->rank; i++) {
            int64_t p = at[i] * w->stride[i] + tap[i] * w->dilation[i] - w->pad_begin[i];
            inside = inside && p >= 0 && p < w->in[i];
            padded = padded && p < w->in[i] + w->pad_end[i];
            place = place * w->in[i] + p;
        }
        s->padded += padded;
        if (inside) places[s->n++] = place;
    } while (rsl_window_next(w->rank, tap, zero, w->kernel));
}

void rsl_pool_backward(const struct rsl_call *c, const struct rsl_pool_geometry *g,
                       const struct rsl_tensor *x, rsl_pool_spread_fn spread) {
    const struct rsl_window *w = &g->window;
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)c->in[0]->dtype);
    const int64_t zero[RSL_MAX_SPATIAL] = {0};
    size_t in = (size_t)rsl_window_in_count(w), out = (size_t)rsl_window_out_count(w);
    double *image = c->scratch, *dx = image + in, *dy = dx + in;
    int64_t *places = (int64_t *)(dy + out);
    for (size_t p = 0; p < (size_t)(g->batch * g->channels); p++) {
        memset(dx, 0, in * sizeof *dx);
        t->to_double((const char *)c->in[0]->data + p * out * t->bytes, dy, out);
        if (x) t->to_double((const char *)x->data + p * in * t->bytes, image, in);
        struct rsl_pool_spread s = {.node = c->node, .places = places, .x = image, .dx = dx};
        int64_t at[RSL_MAX_SPATIAL] = {0};
        const double *next = dy;
        do {
            gather(w, at, places, &s);
            s.dy = *next++;
            spread(&s);
        } while (rsl_window_next(w->rank, at, zero, w->out));
        t->from_double(dx, (char *)c->out[0]->data + p * in * t->bytes, in);
    }
}
