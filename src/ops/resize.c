/* See resize.h. */
#include "ops/resize.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "ops/axis_matrix.h"
#include "ops/lists.h"
#include "ops/strided.h"

int rsl_resize_init(const struct rsl_call *c, struct rsl_resize *r) {
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    const struct rsl_shape *x = &c->in[0]->shape;
    int mode;
    RSL_TRY(rsl_read_word(c, "mode", modes, 3, &mode));
    *r = (struct rsl_resize){.mode = (enum rsl_resize_mode)mode, .rank = x->rank};
    if (r->mode != RSL_RESIZE_NEAREST)
        RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i8 i16 i32 u8 u16 u32"));
    for (int k = 0; k < x->rank; k++)
        r->axis[k] =
            (struct rsl_resize_axis){.in = x->dim[k], .out = x->dim[k], .scale = 1, .roi = {0, 1}};
    return RSL_OK;
}

int rsl_resize_scale(struct rsl_resize *r, int axis, double scale) {
    if (!(scale > 0 && scale < (double)RSL_MAX_ELEMENTS))
        return rsl_fail(RSL_EARG, "axis %d has the impossible scale %g", axis, scale);
    struct rsl_resize_axis *a = &r->axis[axis];
    /* In float, as shape inference and ONNX Runtime do: 10 * 0.7f is 7, in double it is less. */
    float out = floorf((float)a->in * (float)scale);
    a->scale = scale;
    a->out = out < (float)RSL_MAX_ELEMENTS ? (int64_t)out : RSL_MAX_ELEMENTS + 1;
    return RSL_OK;
}

/* First tap, counted from the input position left of the coordinate, of a filter that reaches
 * `reach` input positions to both sides, or further when it averages over a shrinking axis. */
static int64_t first_tap(const struct rsl_resize *r, const struct rsl_resize_axis *a) {
    if (r->mode == RSL_RESIZE_NEAREST) return 0;
    double reach = r->mode == RSL_RESIZE_LINEAR ? 1 : 2;
    return (int64_t)floor(-reach / (r->antialias && a->scale < 1 ? a->scale : 1)) + 1;
}

/* None for an axis that becomes empty: its scale may be 0. Others have at least 1 / (2 in). */
static int64_t count_taps(const struct rsl_resize *r, const struct rsl_resize_axis *a) {
    if (a->out == 0) return 0;
    return r->mode == RSL_RESIZE_NEAREST ? 1 : 2 - 2 * first_tap(r, a);
}

int rsl_resize_infer(struct rsl_call *c, struct rsl_resize *r) {
    struct rsl_shape s = {.rank = r->rank};
    int64_t taps = 0;
    for (int k = 0; k < r->rank; k++) {
        struct rsl_resize_axis *a = &r->axis[k];
        if (a->in == 0 && a->out > 0)
            return rsl_fail(RSL_ESHAPE, "axis %d is empty and cannot become %lld long", k,
                            (long long)a->out);
        s.dim[k] = a->out;
        taps += rsl_times(a->out, count_taps(r, a));
        if (taps > RSL_MAX_ELEMENTS) return rsl_fail(RSL_ESHAPE, "axis %d is too long", k);
    }
    c->scratch_size = (size_t)taps * (sizeof(int64_t) + sizeof(double));
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

/* ---- taps ---- */

/* Where output position i lies in the input. */
static double coordinate(const struct rsl_resize *r, const struct rsl_resize_axis *a, int64_t i) {
    double x = (double)i, in = (double)a->in, roi = a->roi[1] - a->roi[0];
    switch (r->coordinates) {
        case RSL_HALF_PIXEL:
            return (x + 0.5) / a->scale - 0.5;
        case RSL_PYTORCH_HALF_PIXEL:
            return a->out > 1 ? (x + 0.5) / a->scale - 0.5 : 0;
        case RSL_ALIGN_CORNERS: /* in * scale, not rounded, is the length */
            return a->out > 1 ? x * (in - 1) / (in * a->scale - 1) : 0;
        case RSL_ASYMMETRIC:
            return x / a->scale;
        case RSL_TF_HALF_PIXEL_FOR_NN:
            return (x + 0.5) / a->scale;
        case RSL_HALF_PIXEL_SYMMETRIC: /* in * scale, not rounded, is the length */
            return in / 2 * (1 - (double)a->out / (in * a->scale)) + (x + 0.5) / a->scale - 0.5;
        case RSL_TF_CROP_AND_RESIZE:
            break;
    }
    if (a->out == 1) return (a->roi[0] + a->roi[1]) / 2 * (in - 1);
    return a->roi[0] * (in - 1) + x * roi * (in - 1) / (double)(a->out - 1);
}

/* Whether the position right of the coordinate, which lies `ratio` in (0,1] beyond the left one, is
 * the nearest one. */
static bool takes_right(const struct rsl_resize *r, const struct rsl_resize_axis *a, double ratio) {
    if (ratio == 1) return true;
    switch (r->nearest) {
        case RSL_ROUND_PREFER_FLOOR:
            return ratio > 0.5;
        case RSL_ROUND_PREFER_CEIL:
            return ratio >= 0.5;
        case RSL_FLOOR:
            return false;
        case RSL_CEIL:
            return true;
        case RSL_CEIL_TO_SHRINK:
            break;
    }
    return a->scale < 1;
}

/* The filter at distance d, in taps: a tent, or Keys' cubic convolution kernel with parameter a. */
static double filter(const struct rsl_resize *r, double d) {
    double t = fabs(d), a = r->cubic_a;
    if (r->mode == RSL_RESIZE_LINEAR) return t < 1 ? 1 - t : 0;
    if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

/* Fills the taps of one output coordinate. Positions outside of the input repeat the edge, or get
 * no weight when they are excluded. */
static void fill_taps(const struct rsl_resize *r, const struct rsl_resize_axis *a, int64_t i,
                      int64_t *place, double *weight) {
    double x = coordinate(r, a, i), last = (double)(a->in - 1), sum = 0;
    place[0] = -1;
    if (r->coordinates == RSL_TF_CROP_AND_RESIZE && !(x >= 0 && x <= last)) return;
    double left = ceil(x) - 1, ratio = x - left; /* a whole x is reached from the left */
    double narrow = r->antialias && a->scale < 1 ? a->scale : 1;
    int64_t first = first_tap(r, a);
    if (r->mode == RSL_RESIZE_NEAREST) first = takes_right(r, a, ratio);
    for (int64_t t = 0; t < a->taps; t++) {
        double at = left + (double)(first + t);
        bool outside = at < 0 || at > last;
        weight[t] =
            r->mode == RSL_RESIZE_NEAREST ? 1 : filter(r, narrow * ((double)(first + t) - ratio));
        if (outside && r->exclude_outside) weight[t] = 0;
        place[t] = at <= 0 ? 0 : at >= last ? a->in - 1 : (int64_t)at;
        sum += weight[t];
    }
    if (r->mode == RSL_RESIZE_NEAREST || (!r->exclude_outside && narrow == 1)) return;
    for (int64_t t = 0; sum != 0 && t < a->taps; t++) weight[t] /= sum;
}

bool rsl_resize_repeats(const struct rsl_resize *r, int64_t factor[RSL_MAX_RANK]) {
    if (r->mode != RSL_RESIZE_NEAREST) return false;
    for (int k = 0; k < r->rank; k++) {
        struct rsl_resize_axis a = r->axis[k];
        int64_t place;
        double weight;
        a.taps = 1;
        if (a.in == 0 || a.out == 0 || a.out % a.in != 0) return false;
        factor[k] = a.out / a.in;
        for (int64_t i = 0; i < a.out; i++) {
            fill_taps(r, &a, i, &place, &weight);
            if (place != i / factor[k]) return false;
        }
    }
    return true;
}

static void make_taps(const struct rsl_call *c, struct rsl_resize *r) {
    int64_t total = 0;
    for (int k = 0; k < r->rank; k++) {
        r->axis[k].taps = count_taps(r, &r->axis[k]);
        total += r->axis[k].out * r->axis[k].taps;
    }
    int64_t *place = c->scratch;
    double *weight = (double *)(place + total);
    for (int k = 0; k < r->rank; k++) {
        struct rsl_resize_axis *a = &r->axis[k];
        a->place = place;
        a->weight = weight;
        for (int64_t i = 0; i < a->out; i++)
            fill_taps(r, a, i, place + i * a->taps, weight + i * a->taps);
        place += a->out * a->taps;
        weight += a->out * a->taps;
    }
}

/* ---- elements ---- */

struct sampler {
    const struct rsl_resize *r;
    const struct rsl_tensor *x;
    int64_t stride[RSL_MAX_RANK], index[RSL_MAX_RANK];
};

/* Sum over the taps of axes k, k+1 ... at the input element `place`. */
static double interpolate(const struct sampler *s, int k, int64_t place) {
    if (k == s->r->rank) return rsl_tensor_double(s->x, place);
    const struct rsl_resize_axis *a = &s->r->axis[k];
    int64_t first = s->index[k] * a->taps;
    double sum = 0;
    for (int64_t t = first; t < first + a->taps; t++)
        if (a->weight[t] != 0)
            sum += a->weight[t] * interpolate(s, k + 1, place + a->place[t] * s->stride[k]);
    return sum;
}

/* The first tap's element, or -1 when an axis is outside of the region of interest. */
static int64_t first_place(const struct sampler *s) {
    int64_t place = 0;
    for (int k = 0; k < s->r->rank; k++) {
        const struct rsl_resize_axis *a = &s->r->axis[k];
        int64_t at = a->place[s->index[k] * a->taps];
        if (at < 0) return -1;
        place += at * s->stride[k];
    }
    return place;
}

int rsl_resize_forward(const struct rsl_call *c, struct rsl_resize *r) {
    struct rsl_tensor *y = c->out[0];
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)y->dtype);
    struct sampler s = {.r = r, .x = c->in[0]};
    if (rsl_tensor_count(y) == 0) return RSL_OK;
    make_taps(c, r);
    rsl_strides(&c->in[0]->shape, s.stride);
    char *to = y->data;
    do {
        int64_t place = first_place(&s);
        if (place >= 0 && r->mode == RSL_RESIZE_NEAREST) {
            memcpy(to, (const char *)s.x->data + (size_t)place * type->bytes, type->bytes);
        } else {
            double v = place < 0 ? r->extrapolation : interpolate(&s, 0, 0);
            if (type->class != 'F') v = rint(v);
            type->from_double(&v, to, 1);
        }
        to += type->bytes;
    } while (rsl_step(y->shape.rank, y->shape.dim, s.index));
    return RSL_OK;
}

/* ---- gradient ---- */

/* Weights of output position i on the input, [out, in]; a row outside of the region of interest
 * stays zero. */
static int fill_matrix(const struct rsl_resize *r, const struct rsl_resize_axis *axis,
                       struct rsl_axis_matrix *m) {
    struct rsl_resize_axis a = *axis;
    a.taps = count_taps(r, axis);
    int64_t *place = rsl_calloc((size_t)a.taps, sizeof *place);
    double *weight = rsl_calloc((size_t)a.taps, sizeof *weight);
    for (int64_t i = 0; place && weight && i < m->out; i++) {
        fill_taps(r, &a, i, place, weight);
        for (int64_t t = 0; t < a.taps && place[0] >= 0; t++)
            m->at[i * m->in + place[t]] += weight[t];
    }
    int rc = place && weight ? RSL_OK : RSL_ENOMEM;
    rsl_free(place);
    rsl_free(weight);
    return rc;
}

static bool is_identity(const struct rsl_axis_matrix *m) {
    bool same = m->out == m->in;
    for (int64_t i = 0; same && i < m->out * m->in; i++) same = m->at[i] == (i % (m->in + 1) == 0);
    return same;
}

int rsl_resize_gradient(struct rsl_backward *b, const struct rsl_resize *r) {
    struct rsl_shape x = rsl_backward_in(b, 0)->shape, s = rsl_backward_out(b, 0)->shape;
    int dx = b->dy[0];
    if (!rsl_wanted(b, 0)) return RSL_OK;
    for (int k = 0; k < r->rank; k++) {
        struct rsl_axis_matrix m;
        RSL_TRY(rsl_axis_matrix_new(&m, s.dim[k], x.dim[k]));
        int rc = fill_matrix(r, &r->axis[k], &m);
        if (rc == RSL_OK && !is_identity(&m)) dx = rsl_axis_matrix_emit_back(b, dx, &s, k, &m);
        rsl_free(m.at);
        RSL_TRY(rc);
    }
    b->dx[0] = rsl_emit_reshape(b, dx, &x);
    return RSL_OK;
}
