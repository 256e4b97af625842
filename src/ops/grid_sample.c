/* See grid_sample.h. */
#include "ops/grid_sample.h"

#include <math.h>

/* Opset 20 took the "bi" off the names. GridSampleGrad, ours, has those of its GridSample. */
static int read_mode(const struct rsl_call *c, enum rsl_grid_mode *mode) {
    static const char *const words[] = {"bilinear", "nearest", "bicubic",
                                        "linear",   "nearest", "cubic"};
    bool standard = c->node->op->domain[0] == 0;
    int from = standard && c->opset >= 20 ? 3 : 0, which;
    RSL_TRY(rsl_read_word(c, "mode", words + from, standard ? 3 : 6, &which));
    *mode = (enum rsl_grid_mode)(which % 3);
    return RSL_OK;
}

int rsl_grid_read(const struct rsl_call *c, const struct rsl_tensor *image,
                  const struct rsl_tensor *grid, struct rsl_grid *g) {
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    int padding;
    const struct rsl_shape *x = &image->shape, *places = &grid->shape;
    *g = (struct rsl_grid){.align_corners = rsl_node_int(c->node, "align_corners", 0) != 0,
                           .size = {x->dim[2], x->dim[3]}};
    RSL_TRY(read_mode(c, &g->mode));
    RSL_TRY(rsl_read_word(c, "padding_mode", paddings, 3, &padding));
    g->padding = (enum rsl_grid_padding)padding;
    if (places->dim[0] == x->dim[0] && places->dim[3] == 2 && x->dim[2] > 0 && x->dim[3] > 0)
        return RSL_OK;
    char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "grid of shape %s does not fit images of shape %s",
                    rsl_shape_text(places, a), rsl_shape_text(x, b));
}

/* Reflects x between the borders low and high until it lies between them. */
static double reflect(double x, double low, double high, double *slope) {
    double range = high - low;
    *slope = 0;
    if (range <= 0) return low;
    double at = fmod(fabs(x - low), 2 * range);
    *slope = (x < low) == (at <= range) ? -1 : 1;
    return low + (at <= range ? at : 2 * range - at);
}

/* Brings a coordinate into the image where padding says so. */
static double pad(const struct rsl_grid *g, double x, int64_t n, double *slope) {
    double last = (double)(n - 1);
    *slope = 1;
    if (g->padding == RSL_GRID_ZEROS) return x;
    if (g->padding == RSL_GRID_REFLECTION)
        return g->align_corners ? reflect(x, 0, last, slope) : reflect(x, -0.5, last + 0.5, slope);
    if (x > 0 && x < last) return x;
    *slope = 0;
    return x <= 0 ? 0 : last;
}

/* Keys' cubic convolution with a = -3/4 at distance d in [0,1] and in [1,2]. */
static double near_weight(double d, double *slope) {
    const double a = -0.75;
    *slope = (3 * (a + 2) * d - 2 * (a + 3)) * d;
    return ((a + 2) * d - (a + 3)) * d * d + 1;
}

static double far_weight(double d, double *slope) {
    const double a = -0.75;
    *slope = (3 * a * d - 10 * a) * d + 8 * a;
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

/* Weights at t in [0,1) beyond the first (of four: the second) pixel, and their slopes. */
static int weigh(enum rsl_grid_mode mode, double t, double w[4], double slope[4]) {
    double u = 1 - t;
    slope[0] = 0;
    w[0] = 1;
    if (mode == RSL_GRID_NEAREST) return 1;
    slope[0] = -1;
    slope[1] = 1;
    w[0] = u;
    w[1] = t;
    if (mode == RSL_GRID_LINEAR) return 2;
    w[0] = far_weight(t + 1, &slope[0]);
    w[1] = near_weight(t, &slope[1]);
    w[2] = near_weight(u, &slope[2]);
    w[3] = far_weight(u + 1, &slope[3]);
    slope[2] = -slope[2];
    slope[3] = -slope[3];
    return 4;
}

void rsl_grid_taps(const struct rsl_grid *g, double place, int axis, struct rsl_grid_taps *t) {
    int64_t n = g->size[axis];
    double last = (double)(n - 1), padded, none;
    double pixels = g->align_corners ? last / 2 : (double)n / 2; /* per unit of place */
    double x = g->align_corners ? (place + 1) / 2 * last : ((place + 1) * (double)n - 1) / 2;
    if (g->mode == RSL_GRID_NEAREST) x = rint(x);
    x = pad(g, x, n, &padded);
    double left = g->mode == RSL_GRID_NEAREST ? rint(x) : floor(x);
    t->n = weigh(g->mode, x - left, t->w, t->slope);
    if (g->mode == RSL_GRID_CUBIC) left -= 1;
    for (int k = 0; k < t->n; k++) {
        double p = rint(pad(g, left + k, n, &none));
        if (g->padding == RSL_GRID_REFLECTION) p = p < 0 ? 0 : p > last ? last : p;
        t->at[k] = p >= 0 && p <= last ? (int64_t)p : -1;
        t->slope[k] *= padded * pixels;
    }
}
