/* See integer_operands.h. */
#include "ops/integer_operands.h"

#include <inttypes.h>
#include <math.h>

int rsl_need_parameter(const struct rsl_call *c, int i, int64_t along, int64_t repeats) {
    if (i >= c->n_in || !c->in[i]) return RSL_OK;
    int64_t count = rsl_tensor_count(c->in[i]);
    if (count == 1 || (count > 0 && (count == along || count == along * repeats))) return RSL_OK;
    char text[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "input %d has shape %s, it needs 1 or %" PRId64 " elements", i,
                    rsl_shape_text(&c->in[i]->shape, text), along);
}

double rsl_parameter(const struct rsl_call *c, int i, int64_t k) {
    if (i >= c->n_in || !c->in[i]) return 0;
    return rsl_tensor_double(c->in[i], k % rsl_tensor_count(c->in[i]));
}

void rsl_subtract_zero(const struct rsl_call *c, int zero, bool left, int64_t p,
                       union rsl_number *v, int64_t rows, int64_t columns) {
    for (int64_t i = 0; i < rows * columns; i++) {
        int64_t k = left ? p * rows + i / columns : p * columns + i % columns;
        v[i].u -= (uint64_t)(int64_t)rsl_parameter(c, zero, k);
    }
}

double rsl_requantize(double v, double zero) {
    return nearbyint(v) + zero;
}
