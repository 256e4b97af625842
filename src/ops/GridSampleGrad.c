/* GridSampleGrad (domain resile): inputs dY, X, grid; outputs dX and, when asked for, dGrid;
 * attributes of GridSample. A place that is not finite takes no part in dX and has
 * NaN in dGrid. */
#include <math.h>
#include <string.h>

#include "ops/grid_sample.h"

static int infer(struct rsl_call *c) {
    struct rsl_grid g;
    for (int i = 0; i < 3; i++) {
        RSL_TRY(rsl_need_rank(c, i, 4, 4));
        RSL_TRY(rsl_need_dtype(c, i, "f32 f64 f16 bf16"));
    }
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_grid_read(c, c->in[1], c->in[2], &g));
    const struct rsl_shape *x = &c->in[1]->shape, *grid = &c->in[2]->shape;
    const int64_t dims[4] = {x->dim[0], x->dim[1], grid->dim[1], grid->dim[2]};
    const struct rsl_shape y = rsl_shape_of(4, dims);
    char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
    if (!rsl_shape_equal(&c->in[0]->shape, &y))
        return rsl_fail(RSL_ESHAPE, "input 0 has shape %s, the output has %s",
                        rsl_shape_text(&c->in[0]->shape, have), rsl_shape_text(&y, need));
    c->scratch_size = (size_t)rsl_shape_span(x, 1, 4) * sizeof(double);
    RSL_TRY(rsl_set_out(c, 1, c->in[2]->dtype, grid));
    return rsl_set_out(c, 0, c->in[1]->dtype, x);
}

/* One pixel of dY, all channels: adds to the image `dx`, and gives the gradient of its place. */
static void spread(const struct rsl_call *c, const struct rsl_grid *g,
                   const struct rsl_grid_taps taps[2], int64_t n, int64_t p, double *dx,
                   double d_place[2]) {
    const struct rsl_shape *y = &c->in[0]->shape;
    int64_t area = g->size[0] * g->size[1], plane = y->dim[2] * y->dim[3];
    for (int64_t k = 0; k < y->dim[1]; k++, dx += area) {
        double dy = rsl_tensor_double(c->in[0], (n * y->dim[1] + k) * plane + p);
        for (int i = 0; i < taps[0].n; i++)
            for (int j = 0; j < taps[1].n; j++) {
                if (taps[0].at[i] < 0 || taps[1].at[j] < 0) continue;
                int64_t at = taps[0].at[i] * g->size[1] + taps[1].at[j];
                double x = rsl_tensor_double(c->in[1], (n * y->dim[1] + k) * area + at);
                dx[at] += dy * taps[0].w[i] * taps[1].w[j];
                d_place[0] += dy * x * taps[0].w[i] * taps[1].slope[j];
                d_place[1] += dy * x * taps[0].slope[i] * taps[1].w[j];
            }
    }
}

static int forward(const struct rsl_call *c) {
    struct rsl_grid g;
    RSL_TRY(rsl_grid_read(c, c->in[1], c->in[2], &g));
    const struct rsl_shape *y = &c->in[0]->shape;
    int64_t plane = y->dim[2] * y->dim[3], image = y->dim[1] * g.size[0] * g.size[1];
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)c->in[1]->dtype);
    struct rsl_tensor *d_grid = c->n_out > 1 ? c->out[1] : NULL;
    double *dx = c->scratch;
    for (int64_t n = 0; n < y->dim[0]; n++) {
        if (image) memset(dx, 0, (size_t)image * sizeof *dx);
        for (int64_t p = 0; p < plane; p++) {
            int64_t at = 2 * (n * plane + p);
            double place[2] = {rsl_tensor_double(c->in[2], at),
                               rsl_tensor_double(c->in[2], at + 1)};
            double d_place[2] = {(double)NAN, (double)NAN};
            if (isfinite(place[0]) && isfinite(place[1])) {
                struct rsl_grid_taps taps[2];
                for (int axis = 0; axis < 2; axis++)
                    rsl_grid_taps(&g, place[1 - axis], axis, &taps[axis]);
                d_place[0] = d_place[1] = 0;
                spread(c, &g, taps, n, p, dx, d_place);
            }
            for (int k = 0; d_grid && k < 2; k++) rsl_tensor_set_double(d_grid, at + k, d_place[k]);
        }
        if (c->out[0] && image)
            type->from_double(dx, (char *)c->out[0]->data + (size_t)(n * image) * type->bytes,
                              (size_t)image);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_GridSampleGrad = {
    .name = "GridSampleGrad",
    .domain = "resile",
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 2,
    .infer = infer,
    .forward = forward,
};
