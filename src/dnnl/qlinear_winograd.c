/* FusedQLinearConv, 3x3 with stride 1, by exact Winograd transforms (winograd.h).
 *
 * Where there are many tiles and few weights, a thread takes a run of tiles through all three steps
 * at a time: input, products and output of the run stay in its second-level cache, and weights are
 * streamed once per run. Otherwise all tiles of a chunk are transformed first, and threads take
 * runs of them and blocks of output channels. */
#include "base/status.h"
#include "dnnl/winograd.h"

#if defined(__x86_64__)
#include <omp.h>

enum {
    POINTS = RSL_WINOGRAD_POINTS,
    TILES = RSL_WINOGRAD_TILES,
    STEP = RSL_WINOGRAD_SUMS_STEP,
    LANES = RSL_OWN_LANES,
    RUN = 16,                /* tiles whose data usually leave half of a second-level cache free */
    RUNS_PER_THREAD = 3,     /* at least, or chunks are faster */
    CHUNK = 128,             /* tiles that are transformed first, */
    CHUNK_RUN = 32,          /* and that are multiplied together */
    LEAST_CHANNELS = 64,     /* with fewer the transforms cost what they save */
    LEAST_TILES = 16,        /* with fewer there is too little to share out */
    MOST_BYTES = 20 << 20,   /* of transformed weights: every plan has its own */
    TILE_BYTES = 768 << 10,  /* of them, which are worth reading for each tile */
    STREAMED_BYTES = 1 << 21 /* of them, which are read again for each run */
};

struct layer {
    struct rsl_winograd w;
    int64_t tiles;      /* of all images */
    int64_t run, chunk; /* tiles; chunk is 0 where runs are independent */
};

static inline int64_t pitch_of(const struct layer *k) {
    return POINTS * rsl_winograd_point_step(&k->w);
}
/* The sums of a run: [run/TILES][POINTS][STEP]. */
static inline int64_t count_sums(const struct layer *k) {
    return rsl_own_ceiling(k->run, TILES) * POINTS * STEP;
}
static inline int64_t sums_at(int64_t tile) {
    return tile / TILES * POINTS * STEP + tile % TILES * LANES;
}

static inline int32_t *sums_of_thread(const struct layer *k, void *const *data) {
    return (int32_t *)data[RSL_OWN_SUMS] + omp_get_thread_num() * count_sums(k);
}

/* [M][C][3][3] -> [M/LANES][36][C/2][LANES][2] */
static void pack_points(const struct rsl_own *k, int64_t m, int64_t c, const int8_t *g,
                        void *packed) {
    int64_t step = LANES * k->g.in_channels;
    int16_t t[POINTS], *u = packed;
    rsl_winograd_weight(g, t);
    u += m / LANES * POINTS * step + c / 2 * LANES * 2 + m % LANES * 2 + c % 2;
    for (int p = 0; p < POINTS; p++) u[p * step] = t[p];
}

/* LANES output channels, from m on, of point p: n tiles, transformed at v. */
static void multiply_point(const struct layer *k, void *const *data, int64_t n, int64_t m, int p,
                           const int16_t *v, int32_t *sums) {
    int64_t channels = k->w.own.g.in_channels, pitch = pitch_of(k);
    const int16_t *u = (const int16_t *)data[RSL_OWN_U] + (m * POINTS + p * LANES) * channels;
    for (int64_t t = 0; t < n; t += TILES)
        rsl_winograd_product(rsl_own_least(n - t, TILES), channels, pitch,
                             v + t * pitch + p * rsl_winograd_point_step(&k->w), u,
                             sums + sums_at(t) + p * STEP);
}

/* While point p is multiplied, asks for its share of what n tiles from `first` on will need. */
static void ask_outputs(const struct layer *k, void *const *data, int64_t first, int64_t n,
                        int64_t m, int p) {
    if (m % RSL_OWN_LINE != 0) return; /* it was asked for with the channels before */
    for (int64_t t = p * n / POINTS; t < (p + 1) * n / POINTS; t++)
        rsl_winograd_ask_output(&k->w, data, first + t, m);
}
static void ask_inputs(const struct layer *k, void *const *data, int64_t first, int p) {
    int64_t end = rsl_own_least(first + (p + 1) * k->run / POINTS, k->tiles);
    for (int64_t t = first + p * k->run / POINTS; t < end; t++)
        rsl_winograd_ask_input(&k->w, data[RSL_OWN_X], t);
}

static void put_outputs(const struct layer *k, void *const *data, int64_t first, int64_t n,
                        int64_t m, const int32_t *sums) {
    for (int64_t t = 0; t < n; t++)
        rsl_winograd_output(&k->w, data, rsl_winograd_tile(&k->w, first + t), m, sums + sums_at(t));
}

/* LANES output channels, from m on, of n tiles that are transformed at v. */
static void run_block(const struct layer *k, void *const *data, int64_t first, int64_t n, int64_t m,
                      const int16_t *v) {
    int32_t *sums = sums_of_thread(k, data);
    for (int p = 0; p < POINTS; p++) {
        ask_outputs(k, data, first, n, m, p);
        if (!k->chunk && m == 0) ask_inputs(k, data, first + k->w.own.threads * k->run, p);
        multiply_point(k, data, n, m, p, v, sums);
    }
    put_outputs(k, data, first, n, m, sums);
}

/* ---- runs ---- */

static void run_tiles(const struct layer *k, void *const *data, int64_t first, int64_t n) {
    int64_t pitch = pitch_of(k);
    int16_t *v = (int16_t *)data[RSL_OWN_V] + omp_get_thread_num() * k->run * pitch;
    for (int64_t t = 0; t < n; t++)
        rsl_winograd_input(&k->w, data[RSL_OWN_X], first + t, v + t * pitch);
    for (int64_t m = 0; m < k->w.own.g.out_channels; m += LANES) run_block(k, data, first, n, m, v);
}

static void run_apart(const struct rsl_own *own, void *const *data) {
    const struct layer *k = (const struct layer *)own;
#pragma omp parallel for schedule(dynamic)
    for (int64_t first = 0; first < k->tiles; first += k->run)
        run_tiles(k, data, first, rsl_own_least(k->tiles - first, k->run));
}

/* ---- chunks ---- */

static void run_chunk(const struct layer *k, void *const *data, int64_t first, int64_t n) {
    int64_t blocks = k->w.own.g.out_channels / LANES;
    int64_t runs = rsl_own_ceiling(n, k->run), pitch = pitch_of(k);
    int16_t *v = data[RSL_OWN_V];
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t t = 0; t < n; t++) {
            rsl_winograd_ask_input(&k->w, data[RSL_OWN_X], first + rsl_own_least(t + 2, n - 1));
            rsl_winograd_input(&k->w, data[RSL_OWN_X], first + t, v + t * pitch);
        }
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < runs * blocks; i++) {
            int64_t t = i % runs * k->run;
            run_block(k, data, first + t, rsl_own_least(n - t, k->run), i / runs * LANES,
                      v + t * pitch);
        }
    }
}

static void run_chunks(const struct rsl_own *own, void *const *data) {
    const struct layer *k = (const struct layer *)own;
    for (int64_t first = 0; first < k->tiles; first += k->chunk)
        run_chunk(k, data, first, rsl_own_least(k->tiles - first, k->chunk));
}

/* ---- the kernel ---- */

static inline int64_t tiles_of(int64_t out) {
    return rsl_own_ceiling(out, RSL_WINOGRAD_OUT);
}

/* Transformed. */
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
    return fits && tiles >= LEAST_TILES && weight_bytes(g) <= tiles * TILE_BYTES;
}

/* Sets run, and chunk where runs are not independent. */
static void share_out(struct layer *k) {
    const struct rsl_own *own = &k->w.own;
    int64_t blocks = own->g.out_channels / LANES;
    k->run = RUN;
    if (weight_bytes(&own->g) <= STREAMED_BYTES &&
        k->tiles >= RUNS_PER_THREAD * own->threads * k->run)
        return;
    k->chunk = rsl_own_least(rsl_own_ceiling(k->tiles, 4) * 4, CHUNK);
    k->run = rsl_own_least(k->chunk, CHUNK_RUN);
    if (blocks * rsl_own_ceiling(k->chunk, k->run) < 2 * own->threads) k->run = TILES;
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
    share_out(k);
    int64_t tiles = k->chunk ? k->chunk : k->run * own->threads;
    own->u_bytes = (size_t)weight_bytes(&q->g);
    own->v_bytes = (size_t)(tiles * pitch_of(k)) * sizeof(int16_t);
    own->sums_bytes = (size_t)(own->threads * count_sums(k)) * sizeof(int32_t);
    own->pack_one = pack_points;
    own->run = k->chunk ? run_chunks : run_apart;
    own->name = "integer winograd";
    return rsl_own_build(own, q, way, scratch);
}

#endif
