/* See unary.h. Works through short pieces so that type conversion stays out of the inner loop. */
#include "ops/unary.h"

int rsl_unary(const struct rsl_call *c, double (*f)(double x, const struct rsl_node *n)) {
    const struct rsl_tensor *x = c->in[0];
    struct rsl_tensor *y = c->out[0];
    const struct rsl_dtype_traits *tx = rsl_dtype_traits((int)x->dtype);
    const struct rsl_dtype_traits *ty = rsl_dtype_traits((int)y->dtype);
    int64_t count = rsl_tensor_count(x);
    double piece[256];
    for (int64_t first = 0; first < count; first += 256) {
        size_t n = (size_t)(count - first < 256 ? count - first : 256);
        tx->to_double((const char *)x->data + (size_t)first * tx->bytes, piece, n);
        for (size_t i = 0; i < n; i++) piece[i] = f(piece[i], c->node);
        ty->from_double(piece, (char *)y->data + (size_t)first * ty->bytes, n);
    }
    return RSL_OK;
}
