/* See standardize.h. */
#include "ops/standardize.h"

int rsl_emit_mean(struct rsl_backward *b, int x, const struct rsl_standardized *s) {
    int mean = rsl_emit(b, "ReduceMean", 1, x);
    rsl_emit_ints(b, "axes", s->axes, s->n);
    return mean;
}

int rsl_emit_centred(struct rsl_backward *b, int x, const struct rsl_standardized *s) {
    return rsl_emit(b, "Sub", 2, x, rsl_emit_mean(b, x, s));
}

void rsl_emit_standardized(struct rsl_backward *b, int x, int from, int to, double epsilon,
                           struct rsl_standardized *s) {
    *s = (struct rsl_standardized){.n = 0};
    for (int k = from; k < to; k++) s->axes[s->n++] = k;
    int centred = rsl_emit_centred(b, x, s);
    int variance = rsl_emit_mean(b, rsl_emit(b, "Mul", 2, centred, centred), s);
    s->deviation = rsl_emit(b, "Sqrt", 1, rsl_emit_with(b, "Add", variance, epsilon));
    s->unit = rsl_emit(b, "Div", 2, centred, s->deviation);
}

int rsl_emit_standardized_gradient(struct rsl_backward *b, const struct rsl_standardized *s,
                                   int du) {
    int centred = rsl_emit_centred(b, du, s);
    int common = rsl_emit_mean(b, rsl_emit(b, "Mul", 2, du, s->unit), s);
    int along = rsl_emit(b, "Mul", 2, s->unit, common);
    return rsl_emit(b, "Div", 2, rsl_emit(b, "Sub", 2, centred, along), s->deviation);
}
