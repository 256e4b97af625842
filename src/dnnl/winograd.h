/* Winograd's F(4x4, 3x3) for 8-bit convolutions, in integers and exactly: what is done with one
 * tile of 4x4 outputs. winograd.c has the matrices; qlinear_winograd.c goes over tiles and threads.
 *
 * Only for processors with AVX-512 and VNNI. Channels come and go in multiples of RSL_OWN_LANES. */
#ifndef RSL_DNNL_WINOGRAD_H
#define RSL_DNNL_WINOGRAD_H

#include "dnnl/qlinear_own.h"

enum {
    RSL_WINOGRAD_SIDE = 6, /* of the input tile */
    RSL_WINOGRAD_OUT = 4,  /* of the output tile */
    RSL_WINOGRAD_POINTS = RSL_WINOGRAD_SIDE * RSL_WINOGRAD_SIDE,
    RSL_WINOGRAD_TILES = 12, /* of a product, at most */
    /* 9 * 255 * 128 times as many stay below 2^29, which is what can be told apart. */
    RSL_WINOGRAD_MOST_CHANNELS = 1824,
    /* Numbers from one point's sums to the next's: a product's, and a constant for speed. */
    RSL_WINOGRAD_SUMS_STEP = RSL_WINOGRAD_TILES * RSL_OWN_LANES + RSL_OWN_LANES / 2
};

struct rsl_winograd {
    struct rsl_own own;
    int64_t down, across; /* tiles of an image */
    const uint8_t *zeros; /* [C], for pixels on padding */
};

/* Numbers between the points of a transformed tile. A multiple of a page would put all points into
 * the same few places of the first-level cache. */
static inline int64_t rsl_winograd_point_step(const struct rsl_winograd *k) {
    return k->own.g.in_channels + RSL_OWN_LANES;
}

/* 3x3 weights -> 36 points. */
void rsl_winograd_weight(const int8_t *g, int16_t u[RSL_WINOGRAD_POINTS]);

/* 6x6 pixels of tile number `tile` -> [36][C], points one step after the other. */
void rsl_winograd_input(const struct rsl_winograd *k, const uint8_t *x, int64_t tile, int16_t *v);

/* Ask for what will be needed, which processors' own prefetching does not get in time: the 4x4
 * pixels of the input at a tile's place, so that each is asked for once; where the outputs of
 * channel m go and its residual lies, the rest of the line that it is in included. */
void rsl_winograd_ask_input(const struct rsl_winograd *k, const uint8_t *x, int64_t tile);
void rsl_winograd_ask_output(const struct rsl_winograd *k, void *const *data, int64_t tile,
                             int64_t m);

/* One point: [tiles][C], tiles `pitch` numbers after each other, times [C/2][LANES][2] gives
 * [tiles][LANES]. At most RSL_WINOGRAD_TILES; of 4, 8 and 12 it computes the next, for which v and
 * sums have to be large enough. */
void rsl_winograd_product(int64_t tiles, int64_t channels, int64_t pitch, const int16_t *v,
                          const int16_t *u, int32_t *sums);

/* Where a tile's outputs lie: their first pixel, and how many there are, at least 1. */
struct rsl_winograd_tile {
    int64_t first, down, across;
};
struct rsl_winograd_tile rsl_winograd_tile(const struct rsl_winograd *k, int64_t tile);

/* 36 sums, RSL_WINOGRAD_SUMS_STEP numbers after each other -> 4x4 pixels of 32 channels, from m on,
 * of a tile; `data` is that of the run. */
void rsl_winograd_output(const struct rsl_winograd *k, void *const *data,
                         struct rsl_winograd_tile tile, int64_t m, const int32_t *sums);

#endif
