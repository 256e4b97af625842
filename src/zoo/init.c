/* See init.h. */
#include "zoo/init.h"

#include "base/philox.h"

#include <math.h>

/* FNV-1a, 64 bits. */
static uint64_t stream_of(const char *name) {
    uint64_t h = 0xcbf29ce484222325u;
    for (const char *p = name; *p; p++) h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    return h;
}

void rsl_draw_uniform(struct rsl_tensor *t, double bound, uint64_t seed, const char *name) {
    struct rsl_rng rng = rsl_rng(seed, stream_of(name));
    float *data = t->data;
    int64_t count = rsl_tensor_count(t);
    for (int64_t i = 0; i < count; i++)
        data[i] = (float)(((double)rsl_rng_u32(&rng) * 0x1p-31 - 1) * bound);
}

static void draw_normal(struct rsl_tensor *t, double deviation, uint64_t seed, const char *name) {
    uint64_t stream = stream_of(name);
    float *data = t->data;
    int64_t count = rsl_tensor_count(t);
    for (int64_t i = 0; i < count; i += 2) {
        double pair[2];
        rsl_normal_pair(rsl_philox(seed, stream, (uint64_t)i / 2), pair);
        data[i] = (float)(deviation * pair[0]);
        if (i + 1 < count) data[i + 1] = (float)(deviation * pair[1]);
    }
}

void rsl_draw_weight(struct rsl_tensor *t, enum rsl_draw draw, uint64_t seed, const char *name) {
    const struct rsl_shape *s = &t->shape;
    double field = (double)rsl_shape_span(s, 2, s->rank);
    double fan_out = (double)s->dim[0] * field, fan_in = (double)s->dim[1] * field;
    switch (draw) {
        case RSL_DRAW_UNIFORM:
            rsl_draw_uniform(t, 1 / sqrt(fan_in), seed, name);
            break;
        case RSL_DRAW_NORMAL_FAN_IN:
            draw_normal(t, sqrt(2 / fan_in), seed, name);
            break;
        case RSL_DRAW_NORMAL_FAN_OUT:
            draw_normal(t, sqrt(2 / fan_out), seed, name);
            break;
        case RSL_DRAW_NORMAL_SMALL:
            draw_normal(t, 0.01, seed, name);
            break;
    }
}

void rsl_draw_constant(struct rsl_tensor *t, float value) {
    float *data = t->data;
    int64_t count = rsl_tensor_count(t);
    for (int64_t i = 0; i < count; i++) data[i] = value;
}
