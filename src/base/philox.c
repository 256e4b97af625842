/* See philox.h. */
#include "base/philox.h"

#include "base/turn.h"

#include <Random123/philox.h>
#include <math.h>

struct rsl_philox4 rsl_philox(uint64_t seed, uint64_t stream, uint64_t index) {
    philox4x32_ctr_t ctr = {
        {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t out = philox4x32(ctr, key);
    return (struct rsl_philox4){{out.v[0], out.v[1], out.v[2], out.v[3]}};
}

uint32_t rsl_rng_u32(struct rsl_rng *r) {
    if (r->left == 0) {
        r->buffer = rsl_philox(r->seed, r->stream, r->index++);
        r->left = 4;
    }
    return r->buffer.v[4 - r->left--];
}

uint64_t rsl_rng_u64(struct rsl_rng *r) {
    uint64_t low = rsl_rng_u32(r);
    return low | (uint64_t)rsl_rng_u32(r) << 32;
}

__extension__ typedef unsigned __int128 uint128;

uint64_t rsl_rng_below(struct rsl_rng *r, uint64_t n) {
    uint128 m = (uint128)rsl_rng_u64(r) * n;
    if ((uint64_t)m < n) {
        uint64_t floor = -n % n;
        while ((uint64_t)m < floor) m = (uint128)rsl_rng_u64(r) * n;
    }
    return (uint64_t)(m >> 64);
}

double rsl_rng_unit(struct rsl_rng *r) {
    return (double)(rsl_rng_u64(r) >> 11) * 0x1p-53;
}

/* x = m 2^e, ln m = 2 artanh((m-1)/(m+1)); error below 2 ulp. */
double rsl_log_unit(double x) {
    int e;
    double m = frexp(x, &e);
    if (m < 0.70710678118654752) {
        m *= 2;
        e--;
    }
    double s = (m - 1) / (m + 1), square = s * s, sum = 0;
    for (int k = 21; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
    return e * 0.69314718055994531 + 2 * s * sum;
}

void rsl_normal_pair(struct rsl_philox4 draw, double pair[2]) {
    uint64_t a = draw.v[0] | (uint64_t)draw.v[1] << 32, b = draw.v[2] | (uint64_t)draw.v[3] << 32;
    double radius = sqrt(-2 * rsl_log_unit(1 - (double)(a >> 11) * 0x1p-53));
    double eighths = (double)(b >> 11) * 0x1p-50, cosine, sine;
    rsl_turn(eighths, &cosine, &sine);
    pair[0] = radius * cosine;
    pair[1] = radius * sine;
}

double rsl_rng_normal(struct rsl_rng *r) {
    uint64_t a = rsl_rng_u64(r), b = rsl_rng_u64(r);
    struct rsl_philox4 draw = {
        {(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b, (uint32_t)(b >> 32)}};
    double pair[2];
    rsl_normal_pair(draw, pair);
    return pair[0];
}
