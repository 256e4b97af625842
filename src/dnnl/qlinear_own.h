/* Convolutions of integers by kernels of our own, where they are faster than oneDNN's: what they
 * share. They take any multipliers, but no zero points of weights, and run on processors with
 * AVX-512 and VNNI (with AMX oneDNN's are better). Tensors are channels last. */
#ifndef RSL_DNNL_QLINEAR_OWN_H
#define RSL_DNNL_QLINEAR_OWN_H

#include "dnnl/qlinear.h"

/* Memories of a run. Scratch is for all threads together. */
enum rsl_own_data {
    RSL_OWN_Y,
    RSL_OWN_X,
    RSL_OWN_U, /* the weights, packed */
    RSL_OWN_MULTIPLIER,
    RSL_OWN_BIAS, /* may be NULL, like Z */
    RSL_OWN_Z,
    RSL_OWN_V, /* scratch */
    RSL_OWN_SUMS,
    RSL_OWN_DATA
};

enum {
    RSL_OWN_LINE = 64,      /* bytes of a line of a cache */
    RSL_OWN_LANES = 32,     /* channels come in multiples of it; output channels of a product */
    RSL_OWN_PER_THREAD = 6, /* pieces of work, so that the last one keeps nobody waiting for long */
};

/* Begins a layer, which comes back as the context of `pack_one` and `run`. */
struct rsl_own {
    struct rsl_conv_geometry g;
    struct rsl_qlinear_end end;
    bool is_signed, z_signed; /* the input, the residual */
    int64_t threads, taps;    /* taps: of the kernel */
    bool packed;              /* the weights as they are */
    const char *name;
    size_t u_bytes, v_bytes, sums_bytes;
    /* Packs the taps of one pair of channels. */
    void (*pack_one)(const struct rsl_own *k, int64_t m, int64_t c, const int8_t *taps, void *u);
    void (*run)(const struct rsl_own *k, void *const *data);
};

/* `size` bytes that begin with a struct rsl_own of this convolution; NULL: out of memory. */
void *rsl_own_new(const struct qlinear_conv *q, size_t size);
/* Makes the kernel and raises *scratch to what it needs. */
int rsl_own_build(struct rsl_own *k, const struct qlinear_conv *q, struct seq **way,
                  size_t *scratch);

/* Each sets *way where it is faster than oneDNN. */
int rsl_own_winograd(const struct qlinear_conv *q, struct seq **way, size_t *scratch);
int rsl_own_together(const struct qlinear_conv *q, struct seq **way, size_t *scratch);
int rsl_own_columns(const struct qlinear_conv *q, struct seq **way, size_t *scratch);
/* The first of them that does, if any. */
int rsl_own_way(const struct qlinear_conv *q, struct seq **way, size_t *scratch);

static inline int64_t rsl_own_least(int64_t a, int64_t b) {
    return a < b ? a : b;
}
static inline int64_t rsl_own_ceiling(int64_t n, int64_t by) {
    return (n + by - 1) / by;
}
/* In how many parts the output channels are shared out where there are so many runs. */
static inline int64_t rsl_own_parts(const struct rsl_own *k, int64_t runs) {
    return rsl_own_least(k->g.out_channels / RSL_OWN_LANES,
                         rsl_own_ceiling(RSL_OWN_PER_THREAD * k->threads, runs));
}

#endif
