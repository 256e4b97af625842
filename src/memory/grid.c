/* See grid.h. The loops are written for the vectorizer: no branches, integer reductions. */
#include "memory/grid.h"

#include <string.h>

/* Signed integers in the order of the floats they are made from; its own inverse. -0 counts as just
 * below 0, which no grid can tell. */
static inline int32_t ordered(int32_t bits) {
    return bits ^ (bits >> 31 & INT32_MAX);
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

void rsl_range_add(struct rsl_range *r, const float *w, int64_t n) {
    int32_t min = r->min, max = r->max, magnitude = r->magnitude;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits = bits_of(w[i]), key = ordered(bits), size = bits & INT32_MAX;
        min = key < min ? key : min;
        max = key > max ? key : max;
        magnitude = size > magnitude ? size : magnitude;
    }
    *r = (struct rsl_range){min, max, magnitude};
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

void rsl_grid_snap(const struct rsl_grid *grid, const float *w, float *out, int64_t n) {
    const struct rsl_grid g = *grid; /* a copy: `out` cannot change it, the loop need not reload */
    for (int64_t i = 0; i < n; i++) out[i] = rsl_grid_value(&g, rsl_grid_code(&g, w[i]));
}

void rsl_grid_encode(const struct rsl_grid *grid, int bits, const float *w, uint8_t *code,
                     int64_t n) {
    const struct rsl_grid g = *grid;
    const uint8_t mask = (uint8_t)((1u << bits) - 1);
    for (int64_t i = 0; i < n; i++) code[i] = (uint8_t)((int32_t)rsl_grid_code(&g, w[i]) & mask);
}
