/* LRN: local response normalization across channels (Krizhevsky et al., 2012),
 *     Y[c] = X[c] / (bias + alpha / size * sum of X[i]^2)^beta,
 * i from c - floor((size-1)/2) to c + ceil((size-1)/2), as far as there are channels. */
#include "graph/gradient.h"
#include "ops/op.h"

#include <inttypes.h>
#include <math.h>

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16"));
    RSL_TRY(rsl_need_rank(c, 0, 2, RSL_MAX_RANK));
    int64_t size = rsl_node_int(c->node, "size", 0);
    if (size < 1) return rsl_fail(RSL_ESHAPE, "attribute size is %" PRId64, size);
    const struct rsl_shape *x = &c->in[0]->shape;
    c->scratch_size = (size_t)rsl_shape_span(x, 1, x->rank) * sizeof(double);
    return rsl_infer_same(c);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    const struct rsl_dtype_traits *t = rsl_dtype_traits((int)x->dtype);
    int64_t channels = x->shape.dim[1], area = rsl_shape_span(&x->shape, 2, x->shape.rank);
    int64_t size = rsl_node_int(c->node, "size", 1), before = (size - 1) / 2, after = size / 2;
    double alpha = (double)rsl_node_float(c->node, "alpha", 1e-4F);
    double beta = (double)rsl_node_float(c->node, "beta", 0.75F);
    double bias = (double)rsl_node_float(c->node, "bias", 1), *image = c->scratch;
    for (int64_t n = 0; n < x->shape.dim[0]; n++) {
        int64_t first = n * channels * area;
        t->to_double((const char *)x->data + (size_t)first * t->bytes, image,
                     (size_t)(channels * area));
        for (int64_t i = 0; i < channels * area; i++) {
            int64_t k = i / area, low = k < before ? 0 : k - before;
            int64_t high = after < channels - 1 - k ? k + after : channels - 1;
            double squares = 0;
            for (int64_t j = low; j <= high; j++) {
                double v = image[j * area + i % area];
                squares += v * v;
            }
            double y = image[i] / pow(bias + alpha / (double)size * squares, beta);
            rsl_tensor_set_double(c->out[0], first + i, y);
        }
    }
    return RSL_OK;
}

/* Mean over a window of channels from `before` to `after`, zeros outside counted: x as one image of
 * channels by pixels. */
static int window_mean(struct rsl_backward *b, int x, int64_t size, int64_t before, int64_t after) {
    struct rsl_shape s = rsl_backward_in(b, 0)->shape;
    const int64_t dims[] = {s.dim[0], 1, s.dim[1], rsl_shape_span(&s, 2, s.rank)};
    const struct rsl_shape image = rsl_shape_of(4, dims);
    int mean = rsl_emit(b, "AveragePool", 1, rsl_emit_reshape(b, x, &image));
    rsl_emit_ints(b, "kernel_shape", (const int64_t[]){size, 1}, 2);
    rsl_emit_ints(b, "pads", (const int64_t[]){before, 0, after, 0}, 4);
    rsl_emit_int(b, "count_include_pad", 1);
    return rsl_emit_reshape(b, mean, &s);
}

/* With d = bias + alpha mean(X^2) and w the mean over the mirrored window:
 *     dX = dY d^-beta - 2 alpha beta X w(dY Y / d) */
static int gradient(struct rsl_backward *b) {
    int64_t size = rsl_node_int(&b->node, "size", 1), before = (size - 1) / 2, after = size / 2;
    double alpha = (double)rsl_node_float(&b->node, "alpha", 1e-4F);
    double beta = (double)rsl_node_float(&b->node, "beta", 0.75F);
    double bias = (double)rsl_node_float(&b->node, "bias", 1);
    int x = b->node.in[0], dy = b->dy[0];
    int mean = window_mean(b, rsl_emit(b, "Mul", 2, x, x), size, before, after);
    int d = rsl_emit_with(b, "Add", rsl_emit_with(b, "Mul", mean, alpha), bias);
    int direct = rsl_emit(b, "Mul", 2, dy, rsl_emit_with(b, "Pow", d, -beta));
    int ratio = rsl_emit(b, "Div", 2, rsl_emit(b, "Mul", 2, dy, b->node.out[0]), d);
    int shared = window_mean(b, ratio, size, after, before);
    int part = rsl_emit_with(b, "Mul", rsl_emit(b, "Mul", 2, x, shared), 2 * alpha * beta);
    b->dx[0] = rsl_emit(b, "Sub", 2, direct, part);
    return RSL_OK;
}

const struct rsl_op rsl_op_LRN = {
    .name = "LRN",
    .domain = "",
    .in_min = 1,
    .in_max = 1,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
