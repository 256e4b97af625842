/* ConvWeightGrad (domain resile): the gradients of Conv with respect to W (output 0) and the bias
 * (output 1, optional), from X and dY; attributes of Conv, and "shape", that of W.
 *
 *     dW[m,c,k] = sum over n, o of dY[n,m,o] X[n, group(m) c, o stride + k dilation - pad]
 *
 * The reference sums in double, images in order, and rounds once. */
#include "ops/conv_gradient.h"

#include <string.h>

struct sums {
    struct rsl_conv_geometry g;
    int64_t taps, x_area, y_area, weights;
    double *x, *dy, *dw; /* one image of each operand; all weights */
};

static void sizes(struct sums *s) {
    s->taps = rsl_window_kernel_count(&s->g.window);
    s->x_area = rsl_window_in_count(&s->g.window);
    s->y_area = rsl_window_out_count(&s->g.window);
    s->weights = s->g.out_channels * (s->g.in_channels / s->g.group) * s->taps;
}

static int infer(struct rsl_call *c) {
    struct sums s;
    struct rsl_shape w;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_conv_weight_grad_geometry(&s.g, c));
    RSL_TRY(rsl_need_shape(c, &w));
    sizes(&s);
    c->scratch_size =
        (size_t)(s.g.in_channels * s.x_area + s.g.out_channels * s.y_area + s.weights) *
        sizeof(double);
    struct rsl_shape bias = rsl_shape_of(1, &s.g.out_channels);
    RSL_TRY(rsl_set_out(c, 0, c->in[0]->dtype, &w));
    return rsl_set_out(c, 1, c->in[0]->dtype, &bias);
}

/* sum over o of dy[o] x[o stride + shift], where that is inside the image. */
static double correlate(const struct rsl_window *w, const int64_t *tap, const double *x,
                        const double *dy) {
    const int64_t zero[RSL_MAX_SPATIAL] = {0};
    int64_t at[RSL_MAX_SPATIAL] = {0};
    double sum = 0;
    do {
        int64_t from = 0;
        bool inside = true;
        for (int i = 0; i < w->rank; i++) {
            int64_t p = at[i] * w->stride[i] + tap[i] * w->dilation[i] - w->pad_begin[i];
            inside = inside && p >= 0 && p < w->in[i];
            from = from * w->in[i] + p;
        }
        if (inside) sum += *dy * x[from];
        dy++;
    } while (rsl_window_next(w->rank, at, zero, w->out));
    return sum;
}

static void add_image(struct sums *s) {
    const struct rsl_conv_geometry *g = &s->g;
    const int64_t zero[RSL_MAX_SPATIAL] = {0};
    int64_t in_per_group = g->in_channels / g->group, out_per_group = g->out_channels / g->group;
    double *dw = s->dw;
    for (int64_t m = 0; m < g->out_channels; m++)
        for (int64_t k = 0; k < in_per_group; k++) {
            const double *x = s->x + (m / out_per_group * in_per_group + k) * s->x_area;
            int64_t tap[RSL_MAX_SPATIAL] = {0};
            do *dw++ += correlate(&g->window, tap, x, s->dy + m * s->y_area);
            while (rsl_window_next(g->window.rank, tap, zero, g->window.kernel));
        }
}

static void bias(const struct rsl_call *c, const struct sums *s) {
    for (int64_t m = 0; m < s->g.out_channels; m++) {
        double sum = 0;
        for (int64_t n = 0; n < s->g.batch; n++)
            for (int64_t i = 0; i < s->y_area; i++)
                sum += rsl_tensor_double(c->in[1], (n * s->g.out_channels + m) * s->y_area + i);
        rsl_tensor_set_double(c->out[1], m, sum);
    }
}

static int forward(const struct rsl_call *c) {
    struct sums s;
    RSL_TRY(rsl_conv_weight_grad_geometry(&s.g, c));
    sizes(&s);
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)c->in[0]->dtype);
    size_t n_x = (size_t)(s.g.in_channels * s.x_area), n_y = (size_t)(s.g.out_channels * s.y_area);
    s.x = c->scratch;
    s.dy = s.x + n_x;
    s.dw = s.dy + n_y;
    memset(s.dw, 0, (size_t)s.weights * sizeof *s.dw);
    for (int64_t n = 0; n < s.g.batch && c->out[0]; n++) {
        t->to_double((const char *)c->in[0]->data + (size_t)n * n_x * t->bytes, s.x, n_x);
        t->to_double((const char *)c->in[1]->data + (size_t)n * n_y * t->bytes, s.dy, n_y);
        add_image(&s);
    }
    if (c->out[0]) t->from_double(s.dw, c->out[0]->data, (size_t)s.weights);
    if (c->n_out > 1 && c->out[1]) bias(c, &s);
    return RSL_OK;
}

static int64_t macs(const struct rsl_call *c) {
    struct rsl_conv_geometry g;
    return rsl_conv_weight_grad_geometry(&g, c) < 0 ? 0 : rsl_conv_macs(&g);
}

const struct rsl_op rsl_op_ConvWeightGrad = {
    .name = "ConvWeightGrad",
    .domain = "resile",
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 2,
    .infer = infer,
    .forward = forward,
    .macs = macs,
};
