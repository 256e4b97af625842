/* LayerNormalization: Y = Scale * (X - mean) / sqrt(var + epsilon) + B over the axes from `axis`
 * on, with population variance; Scale and B are broadcast to X. Outputs 1 and 2 are mean and 1 /
 * sqrt(var + epsilon), of type stash_type. Sums are in double, with the range of float32
 * (group_norm.h). */
#include "graph/gradient.h"
#include "ops/group_norm.h"
#include "ops/standardize.h"

#include <inttypes.h>
#include <math.h>

static int need_broadcast(const struct rsl_call *c, int i) {
    if (i >= c->n_in || !c->in[i]) return RSL_OK;
    const struct rsl_shape *x = &c->in[0]->shape, *s = &c->in[i]->shape;
    struct rsl_shape both;
    if (rsl_broadcast(s, x, &both) == RSL_OK && rsl_shape_equal(&both, x)) return RSL_OK;
    char st[RSL_SHAPE_TEXT], xt[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "input %d of shape %s cannot be broadcast to X of shape %s", i,
                    rsl_shape_text(s, st), rsl_shape_text(x, xt));
}

static int infer(struct rsl_call *c) {
    int axis;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_same_dtype(c, 1));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    struct rsl_shape x = c->in[0]->shape, rows = x;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), x.rank, false, &axis));
    RSL_TRY(need_broadcast(c, 1));
    RSL_TRY(need_broadcast(c, 2));
    int64_t stash = rsl_node_int(c->node, "stash_type", RSL_f32);
    if (stash != RSL_f32 && stash != RSL_bf16)
        return rsl_fail(RSL_EUNSUPPORTED, "attribute stash_type is %" PRId64, stash);
    for (int i = axis; i < x.rank; i++) rows.dim[i] = 1;
    c->scratch_size = 3 * (size_t)rsl_shape_span(&x, axis, x.rank) * sizeof(double);
    RSL_TRY(rsl_set_out(c, 1, (enum rsl_dtype)stash, &rows));
    RSL_TRY(rsl_set_out(c, 2, (enum rsl_dtype)stash, &rows));
    return rsl_infer_same(c);
}

/* Scale or B, broadcast to one row of X after the other. */
struct factor {
    const struct rsl_tensor *t; /* NULL: there is none */
    int64_t stride[RSL_MAX_RANK];
    bool varies; /* from row to row */
    double *row;
};

static struct factor factor_of(const struct rsl_call *c, int i, int axis, double *row) {
    struct factor f = {.t = i < c->n_in ? c->in[i] : NULL, .row = row};
    if (!f.t) return f;
    rsl_broadcast_strides(&f.t->shape, &c->in[0]->shape, f.stride);
    for (int k = 0; k < axis; k++) f.varies |= f.stride[k] != 0;
    return f;
}

/* The row that begins with X's element `first`. */
static void load(const struct factor *f, const struct rsl_shape *x, int64_t first, int64_t length) {
    if (!f->t || (first > 0 && !f->varies)) return;
    for (int64_t i = 0; i < length; i++) {
        int64_t place = 0, index = first + i;
        for (int k = x->rank - 1; k >= 0; k--) {
            place += index % x->dim[k] * f->stride[k];
            index /= x->dim[k];
        }
        f->row[i] = rsl_tensor_double(f->t, place);
    }
}

static int forward(const struct rsl_call *c) {
    int axis;
    const struct rsl_tensor *x = c->in[0];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    const struct rsl_shape *s = &x->shape;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), s->rank, false, &axis));
    int64_t rows = rsl_shape_span(s, 0, axis), length = rsl_shape_span(s, axis, s->rank);
    double epsilon = (double)rsl_node_float(c->node, "epsilon", 1e-5F), *row = c->scratch;
    struct factor scale = factor_of(c, 1, axis, row + length);
    struct factor bias = factor_of(c, 2, axis, row + 2 * length);
    enum rsl_variance how = x->dtype == RSL_f64 ? RSL_VARIANCE_WIDE : RSL_VARIANCE_MOMENTS;
    for (int64_t r = 0; r < rows; r++) {
        double mean, var;
        size_t at = (size_t)(r * length) * t->bytes;
        t->to_double((const char *)x->data + at, row, (size_t)length);
        rsl_mean_variance(row, length, how, &mean, &var);
        double unit = 1 / sqrt(var + epsilon);
        if (c->n_out > 1 && c->out[1]) rsl_tensor_set_double(c->out[1], r, mean);
        if (c->n_out > 2 && c->out[2]) rsl_tensor_set_double(c->out[2], r, unit);
        if (!c->out[0]) continue;
        load(&scale, s, r * length, length);
        load(&bias, s, r * length, length);
        for (int64_t i = 0; i < length; i++) row[i] = (row[i] - mean) * unit * scale.row[i];
        for (int64_t i = 0; bias.t && i < length; i++) row[i] += bias.row[i];
        t->from_double(row, (char *)c->out[0]->data + at, (size_t)length);
    }
    return RSL_OK;
}

/* With u the standardized x: dscale = dy u, dB = dy, and dx by way of du = dy scale. */
static int gradient(struct rsl_backward *b) {
    struct rsl_shape x = rsl_backward_in(b, 0)->shape;
    struct rsl_standardized s;
    int axis;
    RSL_TRY(rsl_need_axis(rsl_node_int(&b->node, "axis", -1), x.rank, false, &axis));
    for (int i = 1; i < b->node.n_out; i++)
        if (b->dy[i] != RSL_ABSENT)
            return rsl_fail(RSL_EUNSUPPORTED, "no gradient of the outputs mean and deviation");
    bool of_x = rsl_wanted(b, 0), of_scale = rsl_wanted(b, 1);
    if (of_x || of_scale)
        rsl_emit_standardized(b, b->node.in[0], axis, x.rank,
                              (double)rsl_node_float(&b->node, "epsilon", 1e-5F), &s);
    if (of_x) {
        int du = rsl_emit(b, "Mul", 2, b->dy[0], b->node.in[1]);
        b->dx[0] = rsl_emit_standardized_gradient(b, &s, du);
    }
    if (of_scale) b->dx[1] = rsl_emit_sum_to(b, rsl_emit(b, "Mul", 2, b->dy[0], s.unit), 1);
    if (rsl_wanted(b, 2)) b->dx[2] = rsl_emit_sum_to(b, b->dy[0], 2);
    return RSL_OK;
}

const struct rsl_op rsl_op_LayerNormalization = {
    .name = "LayerNormalization",
    .domain = "",
    .since = 17,
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 3,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
