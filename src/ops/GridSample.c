/* GridSample: output pixel p of image n is image n sampled at the place grid[n,p] in [-1,1]^2,
 * where the last coordinate counts along the width.
 *
 * Places outside are zero, the border, or the reflection, applied to the place and then to each
 * pixel that the filter touches, as in ONNX's definition. A place that is not finite gives NaN. */
#include <math.h>

#include "graph/gradient.h"
#include "ops/grid_sample.h"

static int infer(struct rsl_call *c) {
    struct rsl_grid g;
    RSL_TRY(rsl_need_rank(c, 0, 4, 4));
    RSL_TRY(rsl_need_rank(c, 1, 4, 4));
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_dtype(c, 1, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_grid_read(c, c->in[0], c->in[1], &g));
    const struct rsl_shape *x = &c->in[0]->shape, *grid = &c->in[1]->shape;
    int64_t dims[4] = {x->dim[0], x->dim[1], grid->dim[1], grid->dim[2]};
    struct rsl_shape out = rsl_shape_of(4, dims);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

/* All channels of one output pixel; `x` and `y` are element numbers, channels `plane` apart. */
static void sample(const struct rsl_call *c, const struct rsl_grid *g, const double place[2],
                   int64_t x, int64_t y, int64_t y_plane) {
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)c->in[0]->dtype);
    struct rsl_grid_taps taps[2] = {{.n = 0}, {.n = 0}};
    bool finite = isfinite(place[0]) && isfinite(place[1]);
    for (int axis = 0; finite && axis < 2; axis++)
        rsl_grid_taps(g, place[1 - axis], axis, &taps[axis]);
    for (int64_t channel = 0; channel < c->in[0]->shape.dim[1]; channel++) {
        double sum = finite ? 0 : (double)NAN;
        for (int i = 0; i < taps[0].n; i++)
            for (int j = 0; j < taps[1].n; j++)
                if (taps[0].at[i] >= 0 && taps[1].at[j] >= 0)
                    sum +=
                        taps[0].w[i] * taps[1].w[j] *
                        rsl_tensor_double(c->in[0], x + taps[0].at[i] * g->size[1] + taps[1].at[j]);
        type->from_double(&sum, (char *)c->out[0]->data + (size_t)y * type->bytes, 1);
        x += g->size[0] * g->size[1];
        y += y_plane;
    }
}

static int forward(const struct rsl_call *c) {
    const struct rsl_shape *y = &c->out[0]->shape;
    struct rsl_grid g;
    RSL_TRY(rsl_grid_read(c, c->in[0], c->in[1], &g));
    int64_t plane = y->dim[2] * y->dim[3], channels = y->dim[1];
    for (int64_t n = 0; n < y->dim[0]; n++)
        for (int64_t p = 0; p < plane; p++) {
            int64_t at = 2 * (n * plane + p);
            double place[2] = {rsl_tensor_double(c->in[1], at),
                               rsl_tensor_double(c->in[1], at + 1)};
            sample(c, &g, place, n * channels * g.size[0] * g.size[1], n * channels * plane + p,
                   plane);
        }
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    const int in[] = {b->dy[0], b->node.in[0], b->node.in[1]};
    b->dx[0] = b->dx[1] = 0; /* to be replaced by the new values */
    rsl_emit_many(b, "GridSampleGrad", in, 3, b->dx, rsl_wanted(b, 1) ? 2 : 1);
    rsl_emit_attributes(b);
    return RSL_OK;
}

const struct rsl_op rsl_op_GridSample = {
    .name = "GridSample",
    .domain = "",
    .since = 16,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
