/* MaxUnpool: puts the elements of X at the places that MaxPool's Indices name, zeros elsewhere.
 *
 * The indices count in the shape that undoes the pool, in = (out - 1) * stride + kernel - pads.
 * When input 2 asks for another shape, each element keeps its coordinates (as the ONNX test has
 * it). Of two elements with the same index the later one stays. */
#include "graph/gradient.h"
#include "ops/window.h"

#include <inttypes.h>
#include <string.h>

/* The shape in which the indices count. */
static int undo(struct rsl_shape *s, const struct rsl_call *c) {
    RSL_TRY(rsl_need_rank(c, 0, 3, RSL_MAX_RANK));
    const struct rsl_shape *x = &c->in[0]->shape;
    struct rsl_window w = {.rank = x->rank - 2};
    enum rsl_auto_pad auto_pad;
    RSL_TRY(rsl_window_kernel(&w, c->node));
    RSL_TRY(rsl_window_read(&w, c, &auto_pad));
    *s = *x;
    for (int i = 0; i < w.rank; i++)
        s->dim[2 + i] =
            (x->dim[2 + i] - 1) * w.stride[i] + w.kernel[i] - w.pad_begin[i] - w.pad_end[i];
    return rsl_shape_check(s);
}

static int infer(struct rsl_call *c) {
    struct rsl_shape s;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_dtype(c, 1, "i64"));
    RSL_TRY(rsl_need_dtype(c, 2, "i64"));
    RSL_TRY(undo(&s, c));
    char xt[RSL_SHAPE_TEXT], it[RSL_SHAPE_TEXT];
    if (!rsl_shape_equal(&c->in[0]->shape, &c->in[1]->shape))
        return rsl_fail(RSL_ESHAPE, "X has shape %s, the indices have %s",
                        rsl_shape_text(&c->in[0]->shape, xt), rsl_shape_text(&c->in[1]->shape, it));
    if (c->n_in > 2 && c->in[2]) {
        if (c->in[2]->shape.rank != 1 || c->in[2]->shape.dim[0] != s.rank)
            return rsl_fail(RSL_ESHAPE, "input 2 has shape %s, it must be [%d]",
                            rsl_shape_text(&c->in[2]->shape, it), s.rank);
        for (int i = 0; i < s.rank; i++) s.dim[i] = rsl_tensor_int(c->in[2], i);
    }
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    struct rsl_shape s;
    RSL_TRY(undo(&s, c));
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tensor *y = c->out[0];
    size_t bytes = rsl_dtype_bytes((int)x->dtype);
    int64_t count = rsl_shape_count(&s), stride[RSL_MAX_RANK];
    rsl_strides(&y->shape, stride);
    if (rsl_tensor_bytes(y) > 0) memset(y->data, 0, rsl_tensor_bytes(y));
    for (int64_t i = 0; i < rsl_tensor_count(x); i++) {
        int64_t index = rsl_tensor_int(c->in[1], i), left = index, place = 0;
        bool inside = index >= 0 && index < count;
        for (int k = s.rank - 1; inside && k >= 0; k--) {
            inside = left % s.dim[k] < y->shape.dim[k];
            place += left % s.dim[k] * stride[k];
            left /= s.dim[k];
        }
        if (!inside)
            return rsl_fail(RSL_ESHAPE, "index %" PRId64 " lies outside of the output", index);
        memcpy((char *)y->data + (size_t)place * bytes, (const char *)x->data + (size_t)i * bytes,
               bytes);
    }
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    struct rsl_shape counted;
    RSL_TRY(undo(&counted, rsl_backward_call(b, &again)));
    if (!rsl_shape_equal(&counted, &rsl_backward_out(b, 0)->shape))
        return rsl_fail(RSL_EUNSUPPORTED, "no gradient when an output_shape moves the indices");
    int64_t count = rsl_shape_count(&counted);
    const struct rsl_shape flat = rsl_shape_of(1, &count);
    int dy = rsl_emit_reshape(b, b->dy[0], &flat);
    b->dx[0] = rsl_emit(b, "Gather", 2, dy, b->node.in[1]);
    return RSL_OK;
}

const struct rsl_op rsl_op_MaxUnpool = {
    .name = "MaxUnpool",
    .domain = "",
    .since = 9,
    .in_min = 2,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .value_inputs = 1u << 2,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
