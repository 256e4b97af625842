/* One even-parity bit per weight, after its code. An odd number of flipped bits is detected, and
 * the weight then reads as 0: a missing connection is a smaller harm than a wild one. An even
 * number is missed. */
#include "memory/protection.h"

static int redundant_bits(const struct rsl_protection *p, const struct rsl_encoding *e) {
    (void)p;
    (void)e;
    return 1;
}

static uint64_t protect(const struct rsl_protection *p, const struct rsl_encoding *e,
                        uint64_t data) {
    (void)p;
    (void)e;
    return (uint64_t)__builtin_parityll(data);
}

static unsigned correct(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                        struct rsl_group *group) {
    (void)n;
    return group->redundant == protect(p, e, group->data) ? 0 : RSL_DETECTED | RSL_ZEROED;
}

static struct rsl_bit_role role(const struct rsl_protection *p, const struct rsl_encoding *e,
                                int b) {
    (void)p;
    if (b < e->bits) return (struct rsl_bit_role){.kind = RSL_BIT_DATA, .bit = b};
    return (struct rsl_bit_role){.kind = RSL_BIT_CHECK};
}

const struct rsl_protection_kind rsl_protection_parity = {
    .name = "parity",
    .about = "one parity bit per weight; a weight in error reads as 0",
    .redundant_bits = redundant_bits,
    .protect = protect,
    .correct = correct,
    .role = role,
};
