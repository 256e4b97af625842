/* Pad: elements before and after each axis, or fewer of them where a pad is negative. What is added
 * is a constant, the edge, the reflection without the edge, or from opset 19 on what lies at the
 * other end (wrap); the last two are repeated when the pad is longer. The pads are an attribute
 * before opset 11, inputs from then on, for some axes only from 18 on. */
#include <string.h>

#include "graph/gradient.h"
#include "ops/axis_matrix.h"
#include "ops/lists.h"
#include "ops/pad.h"
#include "ops/strided.h"

static int read_pads(const struct rsl_call *c, struct rsl_padding *p) {
    int rank = c->in[0]->shape.rank;
    struct rsl_list pads, axes;
    RSL_TRY(rsl_read_list(c, "pads", 1, 11, &pads));
    RSL_TRY(rsl_read_list(c, "axes", 3, 18, &axes));
    if (!axes.given || c->opset < 18) {
        axes.n = rank;
        for (int k = 0; k < rank; k++) axes.at[k] = k;
    }
    RSL_TRY(rsl_list_axes(&axes, rank));
    RSL_TRY(rsl_need_list(&pads, "pads", 2 * axes.n));
    for (int k = 0; k < axes.n; k++) {
        int64_t before = pads.at[k], after = pads.at[axes.n + k];
        if (before < -RSL_MAX_ELEMENTS || before > RSL_MAX_ELEMENTS || after < -RSL_MAX_ELEMENTS ||
            after > RSL_MAX_ELEMENTS)
            return rsl_fail(RSL_ESHAPE, "pads %lld and %lld are impossible", (long long)before,
                            (long long)after);
        p->before[axes.at[k]] = before;
        p->after[axes.at[k]] = after;
    }
    return RSL_OK;
}

int rsl_pad_read(const struct rsl_call *c, struct rsl_padding *p) {
    static const char *const modes[] = {"constant", "reflect", "edge", "wrap"};
    int mode;
    RSL_TRY(rsl_read_word(c, "mode", modes, c->opset < 19 ? 3 : 4, &mode));
    *p = (struct rsl_padding){.mode = (enum rsl_pad_mode)mode};
    return read_pads(c, p);
}

static int infer(struct rsl_call *c) {
    struct rsl_shape s = c->in[0]->shape;
    struct rsl_padding p;
    RSL_TRY(rsl_pad_read(c, &p));
    RSL_TRY(rsl_need_same_dtype(c, 2));
    const struct rsl_tensor *value = rsl_input(c, 2);
    if (value && (c->opset < 11 || rsl_tensor_count(value) != 1))
        return rsl_fail(RSL_ESHAPE, "input 2, the constant to pad with, is not one element");
    for (int k = 0; k < s.rank; k++) {
        bool empty = s.dim[k] == 0;
        s.dim[k] += p.before[k] + p.after[k];
        if (empty && s.dim[k] > 0 && p.mode != RSL_PAD_CONSTANT)
            return rsl_fail(RSL_ESHAPE, "axis %d is empty, it has nothing to pad with", k);
    }
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

/* The position in [0,n) whose element is seen at position i of the padded axis (0: the first of the
 * input), or -1 for the constant. */
static int64_t source(enum rsl_pad_mode mode, int64_t i, int64_t n) {
    if (i >= 0 && i < n) return i;
    if (mode == RSL_PAD_CONSTANT) return -1;
    if (mode == RSL_PAD_EDGE || n == 1) return i < 0 ? 0 : n - 1;
    int64_t period = mode == RSL_PAD_WRAP ? n : 2 * (n - 1), at = i % period;
    if (at < 0) at += period;
    return at < n ? at : period - at;
}

/* One row of `width` elements; `x` is the input's row, NULL for a row of constants. */
static void pad_row(char *y, int64_t width, const char *x, int64_t n, int64_t before,
                    enum rsl_pad_mode mode, const char *constant, size_t bytes) {
    for (int64_t i = 0; i < width; i++, y += bytes) {
        int64_t run = n - (i - before);
        if (x && i >= before && run > 1) {
            if (run > width - i) run = width - i;
            memcpy(y, x + (size_t)(i - before) * bytes, (size_t)run * bytes);
            i += run - 1;
            y += (size_t)(run - 1) * bytes;
            continue;
        }
        int64_t from = x ? source(mode, i - before, n) : -1;
        memcpy(y, from < 0 ? constant : x + (size_t)from * bytes, bytes);
    }
}

void rsl_pad_constant(const struct rsl_call *c, char constant[8]) {
    const struct rsl_dtype_traits *type = rsl_dtype_traits((int)c->in[0]->dtype);
    const struct rsl_tensor *value = rsl_input(c, 2);
    double d = c->opset < 11 ? (double)rsl_node_float(c->node, "value", 0) : 0;
    if (value)
        memcpy(constant, value->data, type->bytes);
    else
        type->from_double(&d, constant, 1);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tensor *y = c->out[0];
    size_t bytes = rsl_dtype_bytes((int)x->dtype);
    struct rsl_padding p;
    char constant[8];
    RSL_TRY(rsl_pad_read(c, &p));
    rsl_pad_constant(c, constant);
    if (rsl_tensor_count(y) == 0) return RSL_OK;
    if (x->shape.rank == 0) return rsl_forward_copy(c);
    int last = x->shape.rank - 1;
    int64_t stride[RSL_MAX_RANK], index[RSL_MAX_RANK] = {0}, width = y->shape.dim[last];
    rsl_strides(&x->shape, stride);
    char *row = y->data;
    do {
        int64_t place = x->shape.dim[last] ? 0 : -1; /* of the input's row; -1: constants */
        for (int k = 0; k < last && place >= 0; k++) {
            int64_t from = source(p.mode, index[k] - p.before[k], x->shape.dim[k]);
            place = from < 0 ? -1 : place + from * stride[k];
        }
        pad_row(row, width, place < 0 ? NULL : (const char *)x->data + (size_t)place * bytes,
                x->shape.dim[last], p.before[last], p.mode, constant, bytes);
        row += (size_t)width * bytes;
    } while (rsl_step(last, y->shape.dim, index));
    return RSL_OK;
}

/* The gradient of the elements around: the constant was copied to all places that are not the
 * input's. */
static int gradient_of_constant(struct rsl_backward *b, int pads) {
    struct rsl_shape x = rsl_backward_in(b, 0)->shape, y = rsl_backward_out(b, 0)->shape;
    int zeros = rsl_emit_zeros_of(b, &x), one = rsl_emit_number(b, 1);
    int around = rsl_emit(b, "Pad", 3, zeros, pads, one);
    int sum = rsl_emit(b, "Mul", 2, b->dy[0], around);
    int64_t axes[RSL_MAX_RANK];
    for (int k = 0; k < y.rank; k++) axes[k] = k;
    if (y.rank > 0) sum = rsl_emit_reduce_sum(b, sum, axes, (size_t)y.rank, false);
    return rsl_emit_reshape(b, sum, &rsl_backward_in(b, 2)->shape);
}

/* What was cut off comes back as zeros, what was added goes. */
static void gradient_of_constant_mode(struct rsl_backward *b, const struct rsl_padding *p) {
    int64_t pads[2 * RSL_MAX_RANK], back[2 * RSL_MAX_RANK];
    int rank = rsl_backward_in(b, 0)->shape.rank;
    for (int k = 0; k < rank; k++) {
        pads[k] = p->before[k];
        pads[rank + k] = p->after[k];
        back[k] = -pads[k];
        back[rank + k] = -pads[rank + k];
    }
    size_t n = 2 * (size_t)rank;
    if (rsl_wanted(b, 0)) b->dx[0] = rsl_emit(b, "Pad", 2, b->dy[0], rsl_emit_list(b, back, n));
    if (rsl_wanted(b, 2)) b->dx[2] = gradient_of_constant(b, rsl_emit_list(b, pads, n));
}

static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_padding p;
    RSL_TRY(rsl_pad_read(rsl_backward_call(b, &again), &p));
    if (p.mode == RSL_PAD_CONSTANT) {
        gradient_of_constant_mode(b, &p);
        return RSL_OK;
    }
    if (!rsl_wanted(b, 0)) return RSL_OK;
    struct rsl_shape x = rsl_backward_in(b, 0)->shape, s = rsl_backward_out(b, 0)->shape;
    int dx = b->dy[0];
    for (int k = 0; k < x.rank; k++) { /* along each axis, padding is a matrix of zeros and ones */
        if (!p.before[k] && !p.after[k]) continue;
        struct rsl_axis_matrix m;
        RSL_TRY(rsl_axis_matrix_new(&m, s.dim[k], x.dim[k]));
        for (int64_t i = 0; i < m.out; i++)
            m.at[i * m.in + source(p.mode, i - p.before[k], m.in)] = 1;
        dx = rsl_axis_matrix_emit_back(b, dx, &s, k, &m);
    }
    b->dx[0] = rsl_emit_reshape(b, dx, &x);
    return RSL_OK;
}

const struct rsl_op rsl_op_Pad = {
    .name = "Pad",
    .domain = "",
    .in_min = 1,
    .in_max = 4,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 1 | 1u << 3,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
