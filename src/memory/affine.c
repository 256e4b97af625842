/* Affine quantization to unsigned codes (FORTUNE, eqs. 1-5). With min and max of the channel:
 *
 *   s = (max - min) / (2^w - 1)
 *   code    z = round(-min / s),  q = clamp(round(x / s) + z),  value = s * (q - z)
 *   paper   z = -min / s,         q = clamp(round(x / s + z)),  value = s * (q - z)
 *
 * both to 0..2^w-1, ties to even. `code` is what FORTUNE's programs do, `paper` what its equations
 * say: there the zero point is no whole number. The range need not contain 0, so z may lie outside
 * the codes.
 *
 * A channel whose values are (nearly) all equal would have a step too small to count with: s is at
 * least max|x| / 2^21, so that x / s and z are exact in single precision and a constant channel
 * decodes to its constant. All zeros: s = 0. */
#include "memory/encoding.h"
#include "memory/grid.h"

#include <float.h>
#include <math.h>

static float smallest_step(float min, float max) {
    float size = fmaxf(fabsf(min), fabsf(max)), step = size * 0x1p-21f;
    return step >= FLT_MIN ? step
                           : size; /* too small to divide exactly: count in units of itself */
}

static void grid(const struct rsl_encoding *e, float min, float max, struct rsl_grid *g) {
    float top = (float)((1 << e->bits) - 1), step = (max - min) / top;
    if (step < fmaxf(fabsf(min), fabsf(max)) * 0x1p-21f || step == 0)
        step = smallest_step(min, max);
    g->scale = step;
    if (step == 0) return;
    float zero = -min / step;
    if (e->rounding == RSL_ROUND_PAPER) {
        g->zero_point = g->before = zero;
        g->high = top;
        return;
    }
    zero = nearbyintf(zero) + 0.0f; /* no -0 */
    g->zero_point = g->after = zero;
    g->low = -zero;
    g->high = top - zero;
}

const struct rsl_encoding_kind rsl_encoding_affine = {
    .name = "affine",
    .about = "unsigned codes with a scale and a zero point (FORTUNE)",
    .widths = 0x1fc,
    .options = RSL_OPTION_CHANNEL | RSL_OPTION_ROUNDING,
    .per_channel = true,
    .zero_point = true,
    .grid = grid,
};
