/* Fresh parameters. Each tensor is a pure function of (seed, its name): nothing depends on the
 * order in which layers are built, and no function of libm takes part, so the same bits come out
 * on every machine. */
#ifndef RSL_ZOO_INIT_H
#define RSL_ZOO_INIT_H

#include "tensor/tensor.h"

enum rsl_draw {
    RSL_DRAW_UNIFORM,        /* U(-b,b), b = 1/sqrt(fan_in): kaiming_uniform with a = sqrt(5) */
    RSL_DRAW_NORMAL_FAN_IN,  /* N(0, 2/fan_in) */
    RSL_DRAW_NORMAL_FAN_OUT, /* N(0, 2/fan_out) */
    RSL_DRAW_NORMAL_SMALL    /* N(0, 0.01^2) */
};

/* How a family draws. Zero is PyTorch's default: uniform weights, biases in the same bounds. */
struct rsl_initialisation {
    enum rsl_draw conv, linear;
    bool zero_bias;
};

/* Fills a weight of shape [out,in,...] (PyTorch's fans: in * receptive field and out * receptive
 * field, whatever the groups or the direction of the convolution). */
void rsl_draw_weight(struct rsl_tensor *t, enum rsl_draw draw, uint64_t seed, const char *name);
/* U(-bound, bound) in f32. */
void rsl_draw_uniform(struct rsl_tensor *t, double bound, uint64_t seed, const char *name);
void rsl_draw_constant(struct rsl_tensor *t, float value);

#endif
