/* The K top bits of a code stored three times (FORTUNE: K = 1). Stored width w + 2K:
 *
 *   bit   0 .. w-1       the code, top bit last
 *         w .. w+K-1     first copies of bits w-K .. w-1
 *         w+K .. w+2K-1  second copies
 *
 * With K = 1 that is FORTUNE's word: the copies of bit w-1 are bits w and w+1. */
#include "memory/protection.h"

#include "base/status.h"
#include "memory/majority.h"

static int accepts(const struct rsl_protection *p, const struct rsl_encoding *e) {
    char name[RSL_ENCODING_TEXT];
    if (p->top <= e->bits) return RSL_OK;
    return rsl_fail(RSL_EARG, "msb:%d protects more bits than the %d of %s", p->top, e->bits,
                    rsl_encoding_text(e, name));
}

static int redundant_bits(const struct rsl_protection *p, const struct rsl_encoding *e) {
    (void)e;
    return 2 * p->top;
}

static uint64_t protect(const struct rsl_protection *p, const struct rsl_encoding *e,
                        uint64_t data) {
    uint64_t top = data >> (e->bits - p->top);
    return top | top << p->top;
}

static unsigned correct(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                        struct rsl_group *group) {
    int low = n - p->top;
    uint64_t top = group->data >> low, first = group->redundant & rsl_low_bits(p->top),
             second = group->redundant >> p->top, voted = rsl_majority(top, first, second);
    unsigned verdict = top != first || top != second ? RSL_CORRECTED : 0;
    group->data = (group->data & rsl_low_bits(low)) | voted << low;
    group->redundant = protect(p, e, group->data);
    return verdict;
}

static struct rsl_bit_role role(const struct rsl_protection *p, const struct rsl_encoding *e,
                                int b) {
    if (b < e->bits) return (struct rsl_bit_role){.kind = RSL_BIT_DATA, .bit = b};
    int copy = (b - e->bits) / p->top, bit = (b - e->bits) % p->top;
    return (struct rsl_bit_role){RSL_BIT_COPY, e->bits - p->top + bit, 1 + copy};
}

const struct rsl_protection_kind rsl_protection_msb = {
    .name = "msb",
    .about = "the K top bits three times, majority (FORTUNE: K = 1)",
    .default_top = 1,
    .copies = true,
    .accepts = accepts,
    .redundant_bits = redundant_bits,
    .protect = protect,
    .correct = correct,
    .role = role,
};
