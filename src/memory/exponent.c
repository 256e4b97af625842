/* The K top exponent bits of a floating-point number stored twice more in place of the mantissa's
 * last 2K bits: triplication without memory. A flip of the top exponent bit is what destroys
 * networks in floating point; the mantissa's last bits carry next to nothing.
 *
 *   bit   0 .. K-1     first copies, bit i of the K top exponent bits (0 is the highest)
 *         K .. 2K-1    second copies
 *         2K .. m-1    the rest of the mantissa, rounded to nearest even
 *         m .. w-2     the exponent, its highest bit last
 *         w-1          the sign
 *
 * A reader votes and takes bits 0..2K-1 as 0. */
#include "memory/protection.h"

#include "base/status.h"
#include "memory/majority.h"

static int mantissa_bits(const struct rsl_encoding *e) {
    return e->bits - 1 - e->kind->exponent_bits;
}

static int accepts(const struct rsl_protection *p, const struct rsl_encoding *e) {
    char name[RSL_ENCODING_TEXT];
    if (!e->kind->exponent_bits)
        return rsl_fail(RSL_EARG,
                        "protection exponent is for f32, f16 and bf16; %s has no exponent",
                        rsl_encoding_text(e, name));
    if (p->top <= e->kind->exponent_bits && 2 * p->top < mantissa_bits(e)) return RSL_OK;
    return rsl_fail(RSL_EARG,
                    "protection exponent:%d does not fit %s: it has %d exponent bits, and the "
                    "copies must leave some of its %d mantissa bits",
                    p->top, rsl_encoding_text(e, name), e->kind->exponent_bits, mantissa_bits(e));
}

/* Exponent bits of K positions, the highest as bit 0. */
static uint64_t top_bits(const struct rsl_protection *p, const struct rsl_encoding *e,
                         uint64_t data) {
    uint64_t top = 0;
    for (int i = 0; i < p->top; i++) top |= (data >> (e->bits - 2 - i) & 1) << i;
    return top;
}

static uint64_t with_top_bits(const struct rsl_protection *p, const struct rsl_encoding *e,
                              uint64_t data, uint64_t top) {
    for (int i = 0; i < p->top; i++) {
        uint64_t bit = (uint64_t)1 << (e->bits - 2 - i);
        data = top >> i & 1 ? data | bit : data & ~bit;
    }
    return data;
}

/* Rounds the mantissa to what is kept: up through the exponent, but never to infinity; NaN stays
 * NaN. */
static uint64_t shorten(uint64_t data, int dropped, const struct rsl_encoding *e) {
    uint64_t sign = data >> (e->bits - 1) << (e->bits - 1), size = data ^ sign;
    uint64_t infinity = rsl_low_bits(e->kind->exponent_bits) << mantissa_bits(e);
    if (size > infinity) return sign | infinity | (uint64_t)1 << (mantissa_bits(e) - 1);
    uint64_t half = (uint64_t)1 << (dropped - 1), even = size >> dropped & 1;
    uint64_t rounded = (size + half - 1 + even) & ~rsl_low_bits(dropped);
    if (size < infinity && rounded >= infinity) rounded = size & ~rsl_low_bits(dropped);
    return sign | rounded;
}

static uint64_t prepare(const struct rsl_protection *p, const struct rsl_encoding *e,
                        uint64_t data) {
    uint64_t kept = shorten(data, 2 * p->top, e), top = top_bits(p, e, kept);
    return kept | top | top << p->top;
}

static unsigned correct(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                        struct rsl_group *group) {
    (void)n;
    uint64_t top = top_bits(p, e, group->data), low = rsl_low_bits(p->top);
    uint64_t first = group->data & low, second = group->data >> p->top & low;
    group->data = with_top_bits(p, e, group->data, rsl_majority(top, first, second)) &
                  ~rsl_low_bits(2 * p->top);
    return top != first || top != second ? RSL_CORRECTED : 0;
}

static struct rsl_bit_role role(const struct rsl_protection *p, const struct rsl_encoding *e,
                                int b) {
    if (b >= 2 * p->top) return (struct rsl_bit_role){.kind = RSL_BIT_DATA, .bit = b};
    return (struct rsl_bit_role){RSL_BIT_COPY, e->bits - 2 - b % p->top, 1 + b / p->top};
}

const struct rsl_protection_kind rsl_protection_exponent = {
    .name = "exponent",
    .about = "the K top exponent bits three times, the copies in the mantissa's last bits",
    .default_top = 1,
    .accepts = accepts,
    .prepare = prepare,
    .correct = correct,
    .role = role,
};
