/* Symmetric quantization to signed codes: s = max|x| / (2^(w-1) - 1), q = round(x / s) in two's
 * complement, ties to even, value = s * q. Per tensor it is NeuralFuse's quantizer; per channel
 * with 8 bits it is quanto's qint8, the 8-bit baseline of FORTUNE's programs.
 *
 * Those programs flip the top bit of that baseline in their own way, kept as `negate`: x becomes
 * -x, except that -127 becomes 0; -128, which has no opposite, stays. Two such flips are not always
 * the identity, so flips are undone from the pristine codes, never by flipping again. */
#include "memory/encoding.h"
#include "memory/grid.h"

#include <math.h>

static void grid(const struct rsl_encoding *e, float min, float max, struct rsl_grid *g) {
    float half = (float)(1 << (e->bits - 1));
    g->scale = fmaxf(fabsf(min), fabsf(max)) / (half - 1);
    g->low = -half;
    g->high = half - 1;
}

const struct rsl_encoding_kind rsl_encoding_symmetric = {
    .name = "symmetric",
    .about = "signed codes with a scale (NeuralFuse, quanto's qint8)",
    .widths = 0x1fc,
    .options = RSL_OPTION_CHANNEL | RSL_OPTION_NEGATE,
    .is_signed = true,
    .grid = grid,
};
