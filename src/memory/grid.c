/* See grid.h. The loops are written for the vectorizer: no branches, integer reductions. */
#include "memory/grid.h"

#include <string.h>

/* Signed integers in the order of the floats they are made from; its own inverse. -0 counts as just
 * below 0, which no grid can tell. */
static inline int32_t ordered(int32_t bits) {
    return bits ^ (-(bits < 0) & INT32_MAX);
}

static inline int32_t bits_of(float f) {
    int32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline float float_of(int32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* The three loops over weights, compiled twice: for the processor that the compiler was told of,
 * and for AVX2. The arithmetic is the same, so are the bits. */
static inline __attribute__((always_inline)) void range_loop(struct rsl_range *r, const float *w,
                                                             int64_t n) {
    int32_t min = r->min, max = r->max, magnitude = r->magnitude;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits = bits_of(w[i]), key = ordered(bits), size = bits & INT32_MAX;
        min = key < min ? key : min;
        max = key > max ? key : max;
        magnitude = size > magnitude ? size : magnitude;
    }
    *r = (struct rsl_range){min, max, magnitude};
}

/* The grid comes as a copy: `out` cannot change it, the loop need not read it again. */
static inline __attribute__((always_inline)) void snap_loop(const struct rsl_grid g, const float *w,
                                                            float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = rsl_grid_value(&g, rsl_grid_code(&g, w[i]));
}

static inline __attribute__((always_inline)) void encode_loop(const struct rsl_grid g, int bits,
                                                              const float *w, uint8_t *code,
                                                              int64_t n) {
    const uint8_t mask = (uint8_t)((1u << bits) - 1);
    for (int64_t i = 0; i < n; i++) code[i] = (uint8_t)((int32_t)rsl_grid_code(&g, w[i]) & mask);
}

#if defined(__x86_64__) && !defined(__AVX2__)
#define AVX2 __attribute__((target("avx2")))
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}
AVX2 static void range_avx2(struct rsl_range *r, const float *w, int64_t n) {
    range_loop(r, w, n);
}
AVX2 static void snap_avx2(const struct rsl_grid *g, const float *w, float *out, int64_t n) {
    snap_loop(*g, w, out, n);
}
AVX2 static void encode_avx2(const struct rsl_grid *g, int bits, const float *w, uint8_t *code,
                             int64_t n) {
    encode_loop(*g, bits, w, code, n);
}
#define IF_AVX2(call) \
    if (has_avx2()) { \
        call;         \
        return;       \
    }
#else
#define IF_AVX2(call)
#endif

void rsl_range_add(struct rsl_range *r, const float *w, int64_t n) {
    IF_AVX2(range_avx2(r, w, n))
    range_loop(r, w, n);
}

void rsl_range_join(struct rsl_range *r, const struct rsl_range *other) {
    if (other->min < r->min) r->min = other->min;
    if (other->max > r->max) r->max = other->max;
    if (other->magnitude > r->magnitude) r->magnitude = other->magnitude;
}

bool rsl_grid_of(const struct rsl_encoding *e, const struct rsl_range *r, struct rsl_grid *g) {
    *g = (struct rsl_grid){.step = 1};
    if (r->min > r->max) return true; /* no values */
    if (r->magnitude > bits_of(RSL_GRID_LIMIT)) return false;
    e->kind->grid(e, float_of(ordered(r->min)), float_of(ordered(r->max)), g);
    g->step = g->scale > 0 ? g->scale : 1;
    return true;
}

void rsl_grid_snap(const struct rsl_grid *g, const float *w, float *out, int64_t n) {
    IF_AVX2(snap_avx2(g, w, out, n))
    snap_loop(*g, w, out, n);
}

void rsl_grid_encode(const struct rsl_grid *g, int bits, const float *w, uint8_t *code, int64_t n) {
    IF_AVX2(encode_avx2(g, bits, w, code, n))
    encode_loop(*g, bits, w, code, n);
}
