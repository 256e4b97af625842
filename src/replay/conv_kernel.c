/* See conv_kernel.h. Every sum is one chain of multiply-adds in the order (channel, tap), started
 * at 0, whatever the block of pixels or channels: that is what makes partial results exact. This
 * file is compiled with contraction, so that a multiply-add rounds once wherever the processor can;
 * all kernels are here, so that all do the same. */
#include "replay/conv_kernel.h"

#include "base/lanes.h"

#define INLINE     static inline __attribute__((always_inline))
#define EACH(i, n) _Pragma("GCC unroll 24") for (int i = 0; i < (n); i++)

/* Vectors of sums: as many as stay in registers, and enough to wait for multiply-adds. */
enum { SUMS = 24 };

/* P pixels, Q output channels, V vectors of images. */
INLINE void sum(const struct conv_row *k, int first, const int P, const int Q, const int V) {
    lanes acc[SUMS];
    const float *w = k->w;
    EACH(i, P * Q * V) {
        acc[i] = (lanes){0};
    }
    for (int c = 0; c < k->channels; c++, w += k->w_step) {
        const float *plane = k->x[c] + first * k->x_step;
        for (const struct conv_tap *t = k->tap, *end = t + k->taps; t < end; t++) {
            const float *x = plane + t->x, *wt = w + t->w;
            EACH(p, P) {
                lanes xs[3];
                EACH(v, V) {
                    xs[v] = *(const lanes *)(x + p * k->x_step + v * LANES);
                }
                EACH(q, Q) {
                    EACH(v, V) {
                        acc[(p * Q + q) * V + v] += wt[q] * xs[v];
                    }
                }
            }
        }
    }
    EACH(p, P) {
        EACH(q, Q) {
            EACH(v, V) {
                lanes *y = (lanes *)(k->out[q] + (first + p) * k->out_step + v * LANES);
                *y = k->add ? *y + acc[(p * Q + q) * V + v] : acc[(p * Q + q) * V + v];
            }
        }
    }
}

/* One kernel for a block of Q channels, pixel by pixel, and one for a single channel, P pixels at a
 * time. */
#define KERNELS(V, Q, P)                                             \
    RSL_LANES static void rows_##V##_##Q(const struct conv_row *k) { \
        for (int i = 0; i < k->pixels; i++) sum(k, i, 1, Q, V);      \
    }                                                                \
    RSL_LANES static void row_##V##_##Q(const struct conv_row *k) {  \
        int i = 0;                                                   \
        for (; i + (P) <= k->pixels; i += (P)) sum(k, i, P, 1, V);   \
        for (; i < k->pixels; i++) sum(k, i, 1, 1, V);               \
    }                                                                \
    static const struct conv_kernels kernels_##V##_##Q = {V, Q, rows_##V##_##Q, row_##V##_##Q};

KERNELS(3, 8, 4)
KERNELS(1, 8, 8)
KERNELS(1, 4, 4)

const struct conv_kernels *rsl_conv_kernels(bool small) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return small ? &kernels_1_8 : &kernels_3_8;
#endif
    (void)small;
    return &kernels_1_4; /* sixteen registers of 8 or 4 floats */
}
