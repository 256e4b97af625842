/* See packed_ends.h. */
#include "memory/packed_ends.h"

#include <string.h>

double rsl_packed_unit(const float *x, int64_t n) {
    int32_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= INT32_MAX;
        largest = bits > largest ? bits : largest;
    }
    float max;
    int exponent;
    memcpy(&max, &largest, sizeof max);
    if (!isfinite(max)) return 0;
    double fraction = frexp((double)max, &exponent);
    exponent -= fraction * 0x1p23 <= RSL_PACKED_LARGEST ? 23 : 22;
    return ldexp(1, exponent < -126 ? -126 : exponent);
}

double rsl_packed_plain_sum(const struct rsl_packed_layer *l, int64_t image, int64_t pixel,
                            const uint8_t *code, double zero, double scale) {
    int64_t row = pixel / l->out[1] * l->stride[0] - l->pad_begin[0],
            column = pixel % l->out[1] * l->stride[1] - l->pad_begin[1];
    double sum = 0;
    for (int64_t c = 0; c < l->channels; c++)
        for (int64_t i = 0; i < l->kernel[0]; i++)
            for (int64_t j = 0; j < l->kernel[1]; j++, code++) {
                int64_t r = row + i * l->dilation[0], s = column + j * l->dilation[1];
                if (r < 0 || r >= l->in[0] || s < 0 || s >= l->in[1]) continue;
                double x = (double)l->x[((image * l->channels + c) * l->in[0] + r) * l->in[1] + s];
                sum += scale * (*code - zero) * x;
            }
    return sum;
}
