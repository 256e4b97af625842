/* See gradient_norm.h. */
#include "train/gradient_norm.h"

#include "base/status.h"

#include <inttypes.h>
#include <math.h>

/* Sums side by side: enough to hide the latency of the addition, few enough for registers. */
enum { LANES = 8 };

static double sum_of_squares(const float *x, size_t n) {
    double lane[LANES] = {0}, sum = 0;
    size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            double v = (double)x[i + j];
            lane[j] += v * v;
        }
    for (size_t i = whole; i < n; i++) lane[i - whole] += (double)x[i] * (double)x[i];
    for (size_t j = 0; j < LANES; j++) sum += lane[j];
    return sum;
}

/* Names the first value that is no number. There is one. */
static int not_finite(const struct rsl_trained *trained, size_t n) {
    for (size_t k = 0; k < n; k++)
        for (int64_t i = 0; i < trained[k].count; i++)
            if (!isfinite(trained[k].gradient[i]))
                return rsl_fail(
                    RSL_EARG, "the gradient of '%s' is %f at element %" PRId64 " of %" PRId64,
                    trained[k].name, (double)trained[k].gradient[i], i, trained[k].count);
    return rsl_fail(RSL_EINTERNAL, "the gradients changed while their norm was computed");
}

int rsl_gradient_norm(double *norm, const struct rsl_trained *trained, size_t n) {
    struct rsl_pieces pieces;
    double part[RSL_PIECES], sum = 0;
    rsl_pieces_start(&pieces);
    while (rsl_pieces_next(&pieces, trained, n)) {
        ptrdiff_t count = (ptrdiff_t)pieces.n;
#pragma omp parallel for schedule(dynamic)
        for (ptrdiff_t i = 0; i < count; i++) {
            const struct rsl_piece *p = &pieces.at[i];
            part[i] = sum_of_squares(trained[p->tensor].gradient + p->first, p->count);
        }
        for (ptrdiff_t i = 0; i < count; i++) sum += part[i];
    }
    *norm = sqrt(sum);
    return isfinite(*norm) ? RSL_OK : not_finite(trained, n);
}

double rsl_clip_factor(double norm, double max_norm) {
    double factor = max_norm / (norm + 1e-6);
    return factor > 1 ? 1 : factor;
}
