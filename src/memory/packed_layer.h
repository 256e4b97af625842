/* A convolution or linear layer on packed weights.
 *
 * Convolutions, and linear layers on batches, decode 16 rows of codes into a panel that stays in
 * cache and multiply it with all pixels before the next. A linear layer on one image streams its
 * bits once and keeps nothing. Images with NaN or infinity are computed in double from the decoded
 * weights, slowly, so that both arrive where they should. */
#ifndef RSL_MEMORY_PACKED_LAYER_H
#define RSL_MEMORY_PACKED_LAYER_H

#include "base/arena.h"
#include "memory/packed.h"

enum rsl_packed_activation {
    RSL_PACKED_LINEAR,
    RSL_PACKED_RELU,
    RSL_PACKED_CLIP,
    RSL_PACKED_LEAKY_RELU,
    RSL_PACKED_HARD_SWISH
};

struct rsl_packed_layer {
    /* ---- given: a linear layer has images of one pixel ---- */
    const struct rsl_packed *w; /* [outputs][channels][kernel] */
    const struct rsl_packed_cpu *cpu;
    int threads;
    int64_t images, channels, outputs;
    int64_t in[2], out[2], kernel[2], stride[2], dilation[2], pad_begin[2], pad_end[2];
    enum rsl_packed_activation activation;
    float alpha, beta;
    bool one_bias;             /* for all outputs */
    const float *x, *bias, *z; /* bias and residual may be NULL */
    float *y;
    /* ---- found by rsl_packed_layer_plan ---- */
    bool stream;                       /* one image, no panels */
    bool along;                        /* quads are four neighbours of a row, not four channels */
    int64_t terms;                     /* of a sum: channels times taps */
    int64_t high, wide, planes, quads; /* padded image, its planes of quads; quads of a window */
    int32_t *offset, *pixel;           /* of quads from a pixel, of pixels in an image */
    size_t scratch;
    /* ---- in the scratch ---- */
    int8_t *digits;  /* [images][planes][high][wide][3][4]; stream: [2][3][terms up to
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
