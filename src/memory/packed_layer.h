/* A convolution or linear layer on packed weights.
 *
 * Convolutions, and linear layers on batches, decode 16 rows of codes into a panel that stays in
 * cache and multiply it with all pixels before the next. A linear layer on one image streams its
 * bits once and keeps nothing. What comes in and what goes out, floats or 8-bit integers, is the
 * affair of the layer's ends (packed_ends.h). */
#ifndef RSL_MEMORY_PACKED_LAYER_H
#define RSL_MEMORY_PACKED_LAYER_H

#include "base/arena.h"
#include "memory/packed.h"
#include "ops/fused_qlinear.h"

enum rsl_packed_activation {
    RSL_PACKED_LINEAR,
    RSL_PACKED_RELU,
    RSL_PACKED_CLIP,
    RSL_PACKED_LEAKY_RELU,
    RSL_PACKED_HARD_SWISH
};

/* What is around the products of floats. */
struct rsl_packed_floats {
    enum rsl_packed_activation activation;
    float alpha, beta;
    bool one_bias;             /* for all outputs */
    const float *x, *bias, *z; /* bias and residual may be NULL */
    float *y;
};

/* What is around those of integers: ops/fused_qlinear.h. Bias, zero and residual may be NULL. */
struct rsl_packed_integers {
    struct rsl_qlinear_end end;
    enum rsl_dtype z_type;
    const float *offset; /* [outputs] that unsigned codes are less; NULL: none are unsigned */
    const uint8_t *x, *z;
    const float *multiplier, *bias;
    const int32_t *zero;
    void *y;
};

struct rsl_packed_layer {
    /* ---- given: a linear layer has images of one pixel ---- */
    const struct rsl_packed *w; /* [outputs][channels][kernel] */
    const struct rsl_packed_cpu *cpu;
    const struct rsl_packed_ends *ends;
    int threads;
    int64_t images, channels, outputs;
    int64_t in[2], out[2], kernel[2], stride[2], dilation[2], pad_begin[2], pad_end[2];
    struct rsl_packed_floats floats; /* this or the next, by the ends */
    struct rsl_packed_integers integers;
    bool given[RSL_QLINEAR_INPUTS]; /* inputs of the node that are there */
    int8_t nothing;                 /* the lowest digit of X = 0 */
    /* ---- found by rsl_packed_layer_plan ---- */
    bool stream;                       /* one image, no panels */
    bool along;                        /* quads are four neighbours of a row, not four channels */
    int quad;                          /* bytes: four digits, or three times four */
    int64_t terms;                     /* of a sum: channels times taps */
    int64_t high, wide, planes, quads; /* padded image, its planes of quads; quads of a window */
    int32_t *offset, *pixel;           /* of quads from a pixel, of pixels in an image */
    size_t scratch;
    /* ---- in the scratch ---- */
    int8_t *digits;  /* [images][planes][high][wide][1 or 3][4]; stream: [2][3][terms up to
                      * a block], as they are and merged (packed.h) */
    double *unit;    /* [images]; 0 for one that is not finite */
    double *at;      /* [images][high][wide]: sum of the channels' X */
    double *sum;     /* [images][out]: sum of a window's X */
    uint8_t *codes;  /* [threads][16][terms] */
    uint8_t *panels; /* [threads][quads][16][4] */
};

/* False when the sums might not fit. *rc is negative when memory is refused. */
bool rsl_packed_layer_plan(struct rsl_packed_layer *l, struct rsl_arena *arena, int *rc);
/* scratch is aligned to 64 bytes. */
void rsl_packed_layer_bind(struct rsl_packed_layer *l, void *scratch);
void rsl_packed_layer_run(const struct rsl_packed_layer *l);

#endif
