/* ReverseSequence: of each sequence of the batch the first sequence_lens[b] (input 1) steps come in
 * reverse order; time and batch are axes 0 and 1 or 1 and 0. */
#include <string.h>

#include "graph/gradient.h"
#include "ops/op.h"

static int infer(struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    int64_t batch = rsl_node_int(c->node, "batch_axis", 1);
    int64_t time = rsl_node_int(c->node, "time_axis", 0);
    RSL_TRY(rsl_need_rank(c, 0, 2, RSL_MAX_RANK));
    RSL_TRY(rsl_need_dtype(c, 1, "i64"));
    RSL_TRY(rsl_need_rank(c, 1, 1, 1));
    if (batch < 0 || batch > 1 || time != 1 - batch)
        return rsl_fail(RSL_EARG, "batch_axis %lld and time_axis %lld are not 0 and 1",
                        (long long)batch, (long long)time);
    if (c->in[1]->shape.dim[0] != x->dim[batch])
        return rsl_fail(RSL_ESHAPE, "%lld sequence lengths for a batch of %lld",
                        (long long)c->in[1]->shape.dim[0], (long long)x->dim[batch]);
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_shape *x = &c->in[0]->shape;
    int batch = (int)rsl_node_int(c->node, "batch_axis", 1);
    int64_t sequences = x->dim[batch], steps = x->dim[1 - batch];
    int64_t next_sequence = batch ? 1 : steps, next_step = batch ? sequences : 1;
    size_t bytes = (size_t)rsl_shape_span(x, 2, x->rank) * rsl_dtype_bytes((int)c->in[0]->dtype);
    for (int64_t b = 0; b < sequences; b++) {
        int64_t length = rsl_tensor_int(c->in[1], b);
        if (length < 0 || length > steps)
            return rsl_fail(RSL_EARG,
                            "sequence length %lld, element %lld of input 1, is not in 0..%lld",
                            (long long)length, (long long)b, (long long)steps);
        for (int64_t t = 0; bytes && t < steps; t++) {
            int64_t from = t < length ? length - 1 - t : t;
            memcpy((char *)c->out[0]->data + (size_t)(b * next_sequence + t * next_step) * bytes,
                   (const char *)c->in[0]->data +
                       (size_t)(b * next_sequence + from * next_step) * bytes,
                   bytes);
        }
    }
    return RSL_OK;
}

/* Its own inverse. */
static int gradient(struct rsl_backward *b) {
    b->dx[0] = rsl_emit(b, "ReverseSequence", 2, b->dy[0], b->node.in[1]);
    rsl_emit_attributes(b);
    return RSL_OK;
}

const struct rsl_op rsl_op_ReverseSequence = {
    .name = "ReverseSequence",
    .domain = "",
    .since = 10,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
