/* TopK: the k largest (or smallest, opset 11) elements along `axis`, best first, and their indices;
 * of equal ones the lower index first. NaN counts as larger than infinity. k is an attribute before
 * opset 10, input 1 from then on. The result is always sorted. */
#include <string.h>

#include "graph/gradient.h"
#include "ops/lists.h"
#include "ops/number.h"

struct item {
    uint64_t key; /* larger is better */
    int64_t index;
};

static bool better(struct item a, struct item b) {
    return a.key > b.key || (a.key == b.key && a.index < b.index);
}

/* heap[0..n): every item is worse than its two children 2i+1 and 2i+2. Places `item` at or below i.
 */
static void sift(struct item *heap, int64_t n, int64_t i, struct item item) {
    for (int64_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && better(heap[child], heap[child + 1])) child++;
        if (!better(item, heap[child])) break;
        heap[i] = heap[child];
    }
    heap[i] = item;
}

/* The k best of n elements `step` bytes apart, best first, in O(n log k). */
static void select_best(struct item *heap, int64_t k, enum rsl_dtype dtype, const char *x,
                        int64_t n, int64_t step, bool largest) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = rsl_order_key((int)dtype, x + i * step);
        struct item item = {largest ? key : ~key, i};
        if (i < k) {
            heap[i] = item;
            if (i == k - 1)
                for (int64_t p = k / 2; p-- > 0;) sift(heap, k, p, heap[p]);
        } else if (better(item, heap[0])) {
            sift(heap, k, 0, item);
        }
    }
    for (int64_t end = k - 1; end > 0; end--) {
        struct item worst = heap[0];
        sift(heap, end, 0, heap[end]);
        heap[end] = worst;
    }
}

static int read_k(const struct rsl_call *c, int axis, int64_t *k) {
    if (c->opset < 10) {
        *k = rsl_node_int(c->node, "k", -1);
    } else {
        if (!rsl_input(c, 1)) return rsl_fail(RSL_EGRAPH, "input 1, the number k, is missing");
        RSL_TRY(rsl_need_dtype(c, 1, "i64"));
        if (rsl_tensor_count(c->in[1]) != 1)
            return rsl_fail(RSL_ESHAPE, "input 1, the number k, is not one number");
        *k = rsl_tensor_int(c->in[1], 0);
    }
    int64_t n = c->in[0]->shape.dim[axis];
    if (*k < 0 || *k > n)
        return rsl_fail(RSL_EARG, "k is %lld, axis %d has %lld elements", (long long)*k, axis,
                        (long long)n);
    return RSL_OK;
}

static int infer(struct rsl_call *c) {
    struct rsl_shape s = c->in[0]->shape;
    int axis;
    int64_t k;
    RSL_TRY(rsl_need_dtype(c, 0, "f32 f64 f16 bf16 i8 i16 i32 i64 u8 u16 u32 u64"));
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), s.rank, false, &axis));
    RSL_TRY(read_k(c, axis, &k));
    s.dim[axis] = k;
    c->scratch_size = (size_t)k * sizeof(struct item);
    RSL_TRY(rsl_set_out(c, 1, RSL_i64, &s));
    return rsl_set_out(c, 0, c->in[0]->dtype, &s);
}

static int forward(const struct rsl_call *c) {
    const struct rsl_tensor *x = c->in[0];
    int axis;
    int64_t k;
    RSL_TRY(rsl_need_axis(rsl_node_int(c->node, "axis", -1), x->shape.rank, false, &axis));
    RSL_TRY(read_k(c, axis, &k));
    bool largest = c->opset < 11 || rsl_node_int(c->node, "largest", 1);
    struct rsl_span span = rsl_span_at(&x->shape, axis);
    int64_t bytes = (int64_t)rsl_dtype_bytes((int)x->dtype), step = span.inner * bytes;
    struct item *best = c->scratch;
    for (int64_t lane = 0; k && lane < span.outer * span.inner; lane++) {
        int64_t o = lane / span.inner, i = lane % span.inner;
        const char *from = (const char *)x->data + (o * span.n * span.inner + i) * bytes;
        select_best(best, k, x->dtype, from, span.n, step, largest);
        for (int64_t r = 0; r < k; r++) {
            int64_t to = (o * k + r) * span.inner + i;
            if (c->out[0])
                memcpy((char *)c->out[0]->data + to * bytes, from + best[r].index * step,
                       (size_t)bytes);
            if (c->n_out > 1 && c->out[1]) ((int64_t *)c->out[1]->data)[to] = best[r].index;
        }
    }
    return RSL_OK;
}

/* The values back to their places; the indices are found again when nobody wanted them. */
static int gradient(struct rsl_backward *b) {
    struct rsl_again again;
    int axis, indices = b->node.n_out > 1 ? b->node.out[1] : RSL_ABSENT;
    int64_t k;
    RSL_TRY(rsl_need_axis(rsl_node_int(&b->node, "axis", -1), rsl_backward_in(b, 0)->shape.rank,
                          false, &axis));
    RSL_TRY(read_k(rsl_backward_call(b, &again), axis, &k));
    if (indices == RSL_ABSENT) {
        const int in[] = {b->node.in[0], rsl_emit_list(b, &k, 1)};
        int out[] = {0, 0};
        rsl_emit_many(b, "TopK", in, 2, out, 2);
        rsl_emit_int(b, "axis", axis);
        rsl_emit_int(b, "largest", rsl_node_int(&b->node, "largest", 1));
        indices = out[1];
    }
    int zeros = rsl_emit_zeros_of(b, &again.tensor[0].shape);
    b->dx[0] = rsl_emit(b, "ScatterElements", 3, zeros, indices, b->dy[0]);
    rsl_emit_int(b, "axis", axis);
    return RSL_OK;
}

const struct rsl_op rsl_op_TopK = {
    .name = "TopK",
    .domain = "",
    .in_min = 1,
    .in_max = 2,
    .out_min = 1,
    .out_max = 2,
    .value_inputs = 1u << 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
