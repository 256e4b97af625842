/* The whole code stored three times: bits 0..w-1 and two copies of them, w..2w-1 and 2w..3w-1. */
#include "memory/majority.h"
#include "memory/protection.h"

static int redundant_bits(const struct rsl_protection *p, const struct rsl_encoding *e) {
    (void)p;
    return 2 * e->bits;
}

static uint64_t protect(const struct rsl_protection *p, const struct rsl_encoding *e,
                        uint64_t data) {
    (void)p;
    return data | data << e->bits;
}

static unsigned correct(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                        struct rsl_group *group) {
    uint64_t data = group->data, first = group->redundant & rsl_low_bits(n),
             second = group->redundant >> n;
    group->data = rsl_majority(data, first, second);
    group->redundant = protect(p, e, group->data);
    return data != first || data != second ? RSL_CORRECTED : 0;
}

static struct rsl_bit_role role(const struct rsl_protection *p, const struct rsl_encoding *e,
                                int b) {
    (void)p;
    return (struct rsl_bit_role){b < e->bits ? RSL_BIT_DATA : RSL_BIT_COPY, b % e->bits,
                                 b / e->bits};
}

const struct rsl_protection_kind rsl_protection_tmr = {
    .name = "tmr",
    .about = "every bit three times, majority",
    .copies = true,
    .redundant_bits = redundant_bits,
    .protect = protect,
    .correct = correct,
    .role = role,
};
