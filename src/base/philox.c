/* See philox.h. */
#include "base/philox.h"

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

double rsl_rng_normal(struct rsl_rng *r) {
    double radius = sqrt(-2 * log(1 - rsl_rng_unit(r)));
    return radius * cos(6.283185307179586 * rsl_rng_unit(r));
}
