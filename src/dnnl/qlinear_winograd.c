/* FusedQLinearConv, 3x3 with stride 1, by exact Winograd transforms (winograd.h).
 *
 * A thread takes a run of tiles through all three steps at a time: input, products and output of
 * the run stay in its second-level cache, and weights are streamed once per run. Where there are
 * too few runs for the threads, or the weights are too large to be streamed for each, all tiles of
 * a chunk are transformed first and threads take blocks of output channels. */
#include "base/status.h"
#include "dnnl/winograd.h"

#if defined(__x86_64__)
#include <omp.h>

enum {
    POINTS = RSL_WINOGRAD_POINTS,
    TILES = RSL_WINOGRAD_TILES,
    LANES = RSL_OWN_LANES,
    PAIR = 2 * LANES,
    RUN = 32,                   /* tiles: images often have a power of two of them */
    MANY_RUNS = 16,             /* per thread; with fewer they are halved */
    CHUNK = 64,                 /* tiles; their sums of PAIR channels are 600 KB */
    LEAST_CHANNELS = 64,        /* with fewer the transforms cost what they save */
    LEAST_TILES = 48,           /* weights, eight times as large, are read for them */
    MOST_BYTES = 20 << 20,      /* of transformed weights: every plan has its own */
    STREAMED_BYTES = 1 << 21,   /* of transformed weights, for each run */
    NUMBERS_BETWEEN_POINTS = 16 /* of sums, see rsl_winograd_step */
};

struct layer {
    struct rsl_winograd w;
    int64_t tiles;      /* of all images */
    int64_t run, chunk; /* tiles; chunk is 0 where runs are independent */
    int64_t width;      /* output channels for which a transformed point is read once */
};

static inline int64_t pitch_of(const struct layer *k) {
    return POINTS * rsl_winograd_step(&k->w);
}
static inline int64_t sums_step(const struct layer *k) {
    return k->run * k->width + NUMBERS_BETWEEN_POINTS;
}

/* [M][C][3][3] -> [36][M/LANES][C/2][LANES][2] */
static void pack_one(const struct rsl_own *k, int64_t m, int64_t c, const int8_t *g, void *packed) {
    int64_t channels = k->g.in_channels, step = k->g.out_channels * channels;
    int16_t t[POINTS], *u = packed;
    rsl_winograd_weight(g, t);
    u += m / LANES * LANES * channels + c / 2 * LANES * 2 + m % LANES * 2 + c % 2;
    for (int p = 0; p < POINTS; p++) u[p * step] = t[p];
}

/* A run of `n` tiles, from `first` on and transformed at v, and output channels m to `end`. */
static void run_tiles(const struct layer *k, void *const *data, int64_t first, int64_t n, int64_t m,
                      int64_t end, const int16_t *v) {
    const int16_t *u = data[RSL_OWN_U];
    int32_t *sums = (int32_t *)data[RSL_OWN_SUMS] + omp_get_thread_num() * POINTS * sums_step(k);
    int64_t channels = k->w.own.g.in_channels, size = k->w.own.g.out_channels * channels;
    int64_t step = rsl_winograd_step(&k->w), pitch = pitch_of(k);
    struct rsl_winograd_tile tile[CHUNK];
    for (int64_t t = 0; t < n; t++) tile[t] = rsl_winograd_tile(&k->w, first + t);
    for (int64_t next; m < end; m = next) {
        next = rsl_own_least(m + k->width, end);
        for (int p = 0; p < POINTS; p++)
            for (int64_t b = m; b < next; b += LANES)
                for (int64_t t = 0; t < n; t += TILES)
                    rsl_winograd_product(n - t, channels, pitch, v + t * pitch + p * step,
                                         u + p * size + b * channels,
                                         sums + p * sums_step(k) + (b - m) * k->run + t * LANES);
        for (int64_t b = m; b < next; b += LANES)
            for (int64_t t = 0; t < n; t++)
                rsl_winograd_output(&k->w, data, tile[t], b, sums + (b - m) * k->run + t * LANES,
                                    sums_step(k));
    }
}

static void run_apart(const struct layer *k, void *const *data) {
    int64_t pitch = pitch_of(k);
#pragma omp parallel for schedule(dynamic)
    for (int64_t first = 0; first < k->tiles; first += k->run) {
        int16_t *v = (int16_t *)data[RSL_OWN_V] + omp_get_thread_num() * k->run * pitch;
        int64_t n = rsl_own_least(k->tiles - first, k->run);
        for (int64_t t = 0; t < n; t++)
            rsl_winograd_input(&k->w, data[RSL_OWN_X], first + t, v + t * pitch);
        run_tiles(k, data, first, n, 0, k->w.own.g.out_channels, v);
    }
}

static void run_chunk(const struct layer *k, void *const *data, int64_t first, int64_t n) {
    int64_t blocks = rsl_own_ceiling(k->w.own.g.out_channels, k->width);
    int64_t runs = rsl_own_ceiling(n, k->run), pitch = pitch_of(k);
    int16_t *v = data[RSL_OWN_V];
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t t = 0; t < n; t++)
            rsl_winograd_input(&k->w, data[RSL_OWN_X], first + t, v + t * pitch);
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < runs * blocks; i++) {
            int64_t t = i % runs * k->run, m = i / runs * k->width;
            run_tiles(k, data, first + t, rsl_own_least(n - t, k->run), m,
                      rsl_own_least(m + k->width, k->w.own.g.out_channels), v + t * pitch);
        }
    }
}

static void run(const struct rsl_own *own, void *const *data) {
    const struct layer *k = (const struct layer *)own;
    if (!k->chunk) {
        run_apart(k, data);
        return;
    }
    for (int64_t first = 0; first < k->tiles; first += k->chunk)
        run_chunk(k, data, first, rsl_own_least(k->tiles - first, k->chunk));
}

/* ---- the kernel ---- */

static inline int64_t tiles_of(int64_t out) {
    return rsl_own_ceiling(out, RSL_WINOGRAD_OUT);
}

static inline int64_t weight_bytes(const struct rsl_conv_geometry *g) {
    return g->in_channels * g->out_channels * POINTS * (int64_t)sizeof(int16_t);
}

/* Where this is faster. Tiles should be mostly full. */
static bool pays(const struct qlinear_conv *q) {
    const struct rsl_conv_geometry *g = &q->g;
    const struct rsl_window *w = &g->window;
    int64_t tiles = g->batch;
    bool fits = weight_bytes(g) <= MOST_BYTES && g->in_channels >= LEAST_CHANNELS &&
                g->out_channels >= LEAST_CHANNELS && g->in_channels <= RSL_WINOGRAD_MOST_CHANNELS;
    for (int d = 0; fits && d < w->rank; d++) {
        int64_t n = tiles_of(w->out[d]);
        fits = w->kernel[d] == 3 && w->stride[d] == 1 && w->dilation[d] == 1 &&
               8 * w->out[d] >= 7 * n * RSL_WINOGRAD_OUT;
        tiles *= n;
    }
    return fits && tiles >= LEAST_TILES;
}

/* Sets run, chunk and width. */
static void share_out(struct layer *k, const struct rsl_conv_geometry *g, int64_t threads) {
    int64_t blocks = rsl_own_ceiling(g->out_channels, PAIR);
    k->width = LANES;
    k->run = k->tiles >= MANY_RUNS * RUN * threads ? RUN : RUN / 2;
    if (weight_bytes(g) <= STREAMED_BYTES && k->tiles >= RSL_OWN_PER_THREAD * threads * k->run)
        return;
    k->width = PAIR;
    k->chunk = rsl_own_least(rsl_own_ceiling(k->tiles, 4) * 4, CHUNK);
    k->run = k->chunk;
    while (blocks * (k->chunk / k->run) < 2 * threads && k->run > TILES)
        k->run = (k->run / TILES + 1) / 2 * TILES;
}

int rsl_own_winograd(const struct qlinear_conv *q, struct seq **way, size_t *scratch) {
    if (!pays(q)) return RSL_OK;
    struct layer *k = rsl_own_new(q, sizeof *k);
    uint8_t *zeros = rsl_arena_alloc(q->rq->arena, (size_t)q->g.in_channels);
    if (!k || !zeros) return RSL_ENOMEM;
    struct rsl_own *own = &k->w.own;
    k->w.zeros = zeros;
    k->w.down = tiles_of(q->g.window.out[0]);
    k->w.across = tiles_of(q->g.window.out[1]);
    k->tiles = q->g.batch * k->w.down * k->w.across;
    share_out(k, &q->g, own->threads);
    int64_t tiles = k->chunk ? k->chunk : k->run * own->threads;
    own->u_bytes = (size_t)weight_bytes(&q->g);
    own->v_bytes = (size_t)(tiles * pitch_of(k)) * sizeof(int16_t);
    own->sums_bytes = (size_t)(own->threads * POINTS * sums_step(k)) * sizeof(int32_t);
    own->pack_one = pack_one;
    own->run = run;
    own->name = "integer winograd";
    return rsl_own_build(own, q, way, scratch);
}

#endif
