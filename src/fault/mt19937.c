/* See mt19937.h. */
#include "fault/mt19937.h"

enum { AHEAD = 397 };

void rsl_mt19937_seed(struct rsl_mt19937 *m, uint32_t seed) {
    m->state[0] = seed;
    for (uint32_t i = 1; i < RSL_MT_WORDS; i++)
        m->state[i] = 1812433253u * (m->state[i - 1] ^ m->state[i - 1] >> 30) + i;
    m->used = RSL_MT_WORDS;
}

static uint32_t twist(uint32_t a, uint32_t b) {
    uint32_t mixed = (a & 0x80000000u) | (b & 0x7fffffffu);
    return mixed >> 1 ^ (b & 1 ? 0x9908b0dfu : 0);
}

static void refill(struct rsl_mt19937 *m) {
    uint32_t *s = m->state;
    int i = 0;
    for (; i < RSL_MT_WORDS - AHEAD; i++) s[i] = s[i + AHEAD] ^ twist(s[i], s[i + 1]);
    for (; i < RSL_MT_WORDS - 1; i++) s[i] = s[i + AHEAD - RSL_MT_WORDS] ^ twist(s[i], s[i + 1]);
    s[i] = s[AHEAD - 1] ^ twist(s[i], s[0]);
    m->used = 0;
}

uint32_t rsl_mt19937_u32(struct rsl_mt19937 *m) {
    if (m->used == RSL_MT_WORDS) refill(m);
    uint32_t y = m->state[m->used++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

void rsl_mt19937_skip(struct rsl_mt19937 *m, uint32_t n) {
    for (; n > (uint32_t)(RSL_MT_WORDS - m->used); refill(m))
        n -= (uint32_t)(RSL_MT_WORDS - m->used);
    m->used += (int)n;
}

double rsl_mt19937_unit(struct rsl_mt19937 *m) {
    uint32_t high = rsl_mt19937_u32(m) >> 5, low = rsl_mt19937_u32(m) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}
