/* Slice: start, end and step per axis, clamped as in NumPy; attributes before opset 10 (without
 * steps), inputs from then on. */
#include "ops/slice.h"
#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/strided.h"

static int cut_axis(int64_t dim, int64_t start, int64_t end, int64_t step, struct rsl_cut *cut) {
    if (step == 0) return rsl_fail(RSL_ESHAPE, "a step is 0");
    /* Beyond the largest dimension all steps are alike, and this one can be negated. */
    step = rsl_clamp(step, -RSL_MAX_ELEMENTS, RSL_MAX_ELEMENTS);
    if (start < 0) start += dim;
    if (end < 0) end += dim;
    int64_t n;
    if (step > 0) {
        start = rsl_clamp(start, 0, dim);
        end = rsl_clamp(end, 0, dim);
        n = end > start ? (end - start - 1) / step + 1 : 0;
    } else {
        start = rsl_clamp(start, -1, dim - 1);
        end = rsl_clamp(end, -1, dim - 1);
        n = start > end ? (start - end - 1) / -step + 1 : 0;
    }
    *cut = (struct rsl_cut){.start = n ? start : 0, .step = n > 1 ? step : 1, .n = n};
    return RSL_OK;
}

int rsl_slice_cuts(const struct rsl_call *c, struct rsl_cut cuts[RSL_MAX_RANK]) {
    const struct rsl_shape *x = &c->in[0]->shape;
    struct rsl_list starts, ends, axes, steps;
    RSL_TRY(rsl_read_list(c, "starts", 1, 10, &starts));
    RSL_TRY(rsl_read_list(c, "ends", 2, 10, &ends));
    RSL_TRY(rsl_read_list(c, "axes", 3, 10, &axes));
    RSL_TRY(rsl_read_list(c, "steps", 4, 10, &steps));
    RSL_TRY(rsl_need_list(&starts, "starts", starts.n));
    RSL_TRY(rsl_need_list(&ends, "ends", starts.n));
    if (axes.given) RSL_TRY(rsl_need_list(&axes, "axes", starts.n));
    if (steps.given) RSL_TRY(rsl_need_list(&steps, "steps", starts.n));
    for (int k = 0; !axes.given && k < starts.n; k++) axes.at[k] = k;
    axes.n = starts.n;
    RSL_TRY(rsl_list_axes(&axes, x->rank));
    for (int k = 0; k < x->rank; k++)
        cuts[k] = (struct rsl_cut){.start = 0, .step = 1, .n = x->dim[k]};
    for (int k = 0; k < axes.n; k++)
        RSL_TRY(cut_axis(x->dim[axes.at[k]], starts.at[k], ends.at[k],
                         steps.given ? steps.at[k] : 1, &cuts[axes.at[k]]));
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_cut cuts[RSL_MAX_RANK];
    RSL_TRY(rsl_slice_cuts(c, cuts));
    struct rsl_shape s = c->in[0]->shape;
    for (int k = 0; k < s.rank; k++) s.dim[k] = cuts[k].n;
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tensor *y = c->out[0];
    struct rsl_cut cuts[RSL_MAX_RANK];
    RSL_TRY(rsl_slice_cuts(c, cuts));
    if (rsl_tensor_count(y) == 0) return RSL_OK;
    int64_t from[RSL_MAX_RANK], to[RSL_MAX_RANK], first = 0;
    rsl_strides(&x->shape, from);
    rsl_strides(&y->shape, to);
    struct rsl_walk w = {.rank = 0};
    for (int k = 0; k < x->shape.rank; k++) {
        first += cuts[k].start * from[k];
        rsl_walk_add(&w, cuts[k].n, to[k], from[k] * cuts[k].step);
    }
    size_t bytes = rsl_dtype_bytes((int)x->dtype);
    rsl_copy_strided(&w, y->data, (const char *)x->data + (size_t)first * bytes, bytes);
    return RSL_OK;
}

/* dx is zero but at the places that were kept. */
static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_cut cuts[RSL_MAX_RANK] = {{0}};
    int64_t start[RSL_MAX_RANK], step[RSL_MAX_RANK];
    RSL_TRY(rsl_slice_cuts(rsl_backward_call(b, &again), cuts));
    size_t rank = (size_t)again.tensor[0].shape.rank;
    for (size_t k = 0; k < rank; k++) {
        start[k] = cuts[k].start;
        step[k] = cuts[k].step;
    }
    b->dx[0] = rsl_emit(b, "SliceGrad", 1, b->dy[0]);
    rsl_emit_shape_of(b, 0);
    rsl_emit_ints(b, "starts", start, rank);
    rsl_emit_ints(b, "steps", step, rank);
    return RSL_OK;
}

const struct rsl_op rsl_op_Slice = {
    .name = "Slice",
    .domain = "",
    .in_min = 1,
    .in_max = 5,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
