/* GridSample: output pixel p of image n is image n sampled at the place grid[n,p] in [-1,1]^2,
 * where the last coordinate counts along the width.
 *
 * Places outside are zero, the border, or the reflection, applied to the place and then to each
 * pixel that the filter touches, as in ONNX's definition. A place that is not finite gives NaN. */
#include <math.h>
#include <string.h>

#include "ops/op.h"

enum mode { NEAREST, LINEAR, CUBIC };
enum padding { ZEROS, BORDER, REFLECTION };

struct sampling {
    enum mode mode;
    enum padding padding;
    bool align_corners;
    int64_t size[2]; /* height, width */
};

static int read(const struct rsl_call *c, struct sampling *s) {
    static const char *const modes[] = {"nearest", "bilinear", "bicubic"};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    const char *mode = rsl_node_string(c->node, "mode", "bilinear");
    const char *padding = rsl_node_string(c->node, "padding_mode", "zeros");
    *s = (struct sampling){.align_corners = rsl_node_int(c->node, "align_corners", 0) != 0,
                           .size = {c->in[0]->shape.dim[2], c->in[0]->shape.dim[3]}};
    while (strcmp(mode, modes[s->mode]) != 0)
        if (++s->mode > CUBIC) return rsl_fail(RSL_EUNSUPPORTED, "mode '%s' is not offered", mode);
    while (strcmp(padding, paddings[s->padding]) != 0)
        if (++s->padding > REFLECTION)
            return rsl_fail(RSL_EUNSUPPORTED, "padding_mode '%s' is not offered", padding);
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct sampling s;
    RSL_TRY(rsl_need_rank(c, 0, 4, 4));
    RSL_TRY(rsl_need_rank(c, 1, 4, 4));
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_dtype(c, 1, "f32 f64 f16 bf16"));
    const struct rsl_shape *x = &c->in[0]->shape, *grid = &c->in[1]->shape;
    if (grid->dim[0] != x->dim[0] || grid->dim[3] != 2 || x->dim[2] == 0 || x->dim[3] == 0) {
        char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
        return rsl_fail(RSL_ESHAPE, "grid of shape %s does not fit images of shape %s",
                        rsl_shape_text(grid, a), rsl_shape_text(x, b));
    }
    RSL_TRY(read(c, &s));
    int64_t dims[4] = {x->dim[0], x->dim[1], grid->dim[1], grid->dim[2]};
    struct rsl_shape out = rsl_shape_of(4, dims);
    return rsl_set_out(c, 0, c->in[0]->dtype, &out);
}

/* Reflects x between the borders low and high until it lies between them. */
static double reflect(double x, double low, double high) {
    double range = high - low;
    if (range <= 0) return low;
    double at = fmod(fabs(x - low), 2 * range);
    return low + (at <= range ? at : 2 * range - at);
}

/* Brings a coordinate into the image where padding says so. */
static double pad(const struct sampling *s, double x, int64_t n) {
    double last = (double)(n - 1);
    if (s->padding == BORDER) return x < 0 ? 0 : x > last ? last : x;
    if (s->padding == ZEROS) return x;
    return s->align_corners ? reflect(x, 0, last) : reflect(x, -0.5, last + 0.5);
}

/* The taps along one axis: places (-1: outside, zero) and weights; returns how many. */
static int find_taps(const struct sampling *s, double place, int axis, int64_t at[4], double w[4]) {
    const double a = -0.75; /* Keys' cubic convolution */
    int64_t n = s->size[axis];
    double last = (double)(n - 1);
    double x = s->align_corners ? (place + 1) / 2 * last : ((place + 1) * (double)n - 1) / 2;
    if (s->mode == NEAREST) x = rint(x);
    x = pad(s, x, n);
    double left = s->mode == NEAREST ? rint(x) : floor(x), t = x - left, u = 1 - t;
    int taps = s->mode == NEAREST ? 1 : s->mode == LINEAR ? 2 : 4;
    w[0] = s->mode == LINEAR ? u : 1;
    w[1] = t;
    if (s->mode == CUBIC) {
        left -= 1;
        w[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
        w[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
        w[2] = ((a + 2) * u - (a + 3)) * u * u + 1;
        w[3] = ((a * (u + 1) - 5 * a) * (u + 1) + 8 * a) * (u + 1) - 4 * a;
    }
    for (int k = 0; k < taps; k++) {
        double p = rint(pad(s, left + k, n));
        if (s->padding == REFLECTION) p = p < 0 ? 0 : p > last ? last : p;
        at[k] = p >= 0 && p <= last ? (int64_t)p : -1;
    }
    return taps;
}

/* All channels of one output pixel; `x` and `y` are element numbers, channels `plane` apart. */
static void sample(const struct rsl_call *c, const struct sampling *s, const double place[2],
                   int64_t x, int64_t y, int64_t y_plane) {
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)c->in[0]->dtype);
    int64_t at[2][4];
    double w[2][4];
    int taps = 0;
    bool finite = isfinite(place[0]) && isfinite(place[1]);
    for (int axis = 0; finite && axis < 2; axis++)
        taps = find_taps(s, place[1 - axis], axis, at[axis], w[axis]);
    for (int64_t channel = 0; channel < c->in[0]->shape.dim[1]; channel++) {
        double sum = finite ? 0 : NAN;
        for (int i = 0; i < taps; i++)
            for (int j = 0; j < taps; j++)
                if (at[0][i] >= 0 && at[1][j] >= 0)
                    sum += w[0][i] * w[1][j] *
                           rsl_tensor_double(c->in[0], x + at[0][i] * s->size[1] + at[1][j]);
        type->from_double(&sum, (char *)c->out[0]->data + (size_t)y * type->bytes, 1);
        x += s->size[0] * s->size[1];
        y += y_plane;
    }
}

static int forward(const struct rsl_call *c) {
    const struct rsl_shape *y = &c->out[0]->shape;
    struct sampling s;
    RSL_TRY(read(c, &s));
    int64_t plane = y->dim[2] * y->dim[3], channels = y->dim[1];
    for (int64_t n = 0; n < y->dim[0]; n++)
        for (int64_t p = 0; p < plane; p++) {
            int64_t g = 2 * (n * plane + p);
            double place[2] = {rsl_tensor_double(c->in[1], g), rsl_tensor_double(c->in[1], g + 1)};
            sample(c, &s, place, n * channels * s.size[0] * s.size[1], n * channels * plane + p,
                   plane);
        }
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
};
