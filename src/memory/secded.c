/* Extended Hamming (72,64): one error in 72 bits is corrected, two are detected.
 *
 * The positions 1..71 of the Hamming code hold check bit j at 2^j (j = 0..6) and the 64 data bits,
 * in order, at the others: 3, 5, 6, 7, 9 ... 71. Check bit j is the parity of the data bits whose
 * position has bit j set; check bit 7 makes the parity of all 72 bits even. A shorter last group
 * counts as filled up with zeros that are not stored.
 *
 * When two errors are detected the data are left as they were read: a memory controller would raise
 * an alarm, and what follows is the system's business. */
#include "memory/majority.h"
#include "memory/protection.h"

enum { CHECKS = 7, OVERALL = 1 << CHECKS };

/* masks[j]: the data bits whose position has bit j set. */
static const uint64_t masks[CHECKS] = {0xab55555556aaad5b, 0xcd9999999b33366d, 0xf1e1e1e1e3c3c78e,
                                       0x01fe01fe03fc07f0, 0x01fffe0003fff800, 0x01fffffffc000000,
                                       0xfe00000000000000};

static int redundant_bits(const struct rsl_protection *p, const struct rsl_encoding *e) {
    (void)p;
    (void)e;
    return CHECKS + 1;
}

static uint64_t hamming(uint64_t data) {
    uint64_t check = 0;
    for (int j = 0; j < CHECKS; j++) check |= (uint64_t)__builtin_parityll(data & masks[j]) << j;
    return check;
}

static uint64_t protect(const struct rsl_protection *p, const struct rsl_encoding *e,
                        uint64_t data) {
    (void)p;
    (void)e;
    uint64_t check = hamming(data);
    bool odd = __builtin_parityll(data) != __builtin_parityll(check);
    return odd ? check | OVERALL : check;
}

/* The data bit at a position that is no power of two: positions below it, less the powers. */
static int data_bit(int position) {
    int powers = 32 - __builtin_clz((unsigned)position);
    return position - powers - 1;
}

static unsigned correct(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                        struct rsl_group *group) {
    uint64_t check = group->redundant;
    int syndrome = (int)((hamming(group->data) ^ check) & (OVERALL - 1));
    bool odd = __builtin_parityll(group->data) != __builtin_parityll(check);
    if (!odd) {
        if (syndrome == 0) return 0;
        return RSL_DETECTED;
    }
    if (syndrome & (syndrome - 1)) { /* neither the overall bit nor a check bit */
        int bit = data_bit(syndrome);
        if (bit >= n) return RSL_DETECTED; /* no such bit: three errors or more */
        group->data ^= (uint64_t)1 << bit;
    }
    group->redundant = protect(p, e, group->data);
    return RSL_CORRECTED;
}

static struct rsl_bit_role role(const struct rsl_protection *p, const struct rsl_encoding *e,
                                int b) {
    (void)p;
    (void)e;
    return (struct rsl_bit_role){b < 64 ? RSL_BIT_DATA : RSL_BIT_CHECK, b < 64 ? b : b - 64, 0};
}

const struct rsl_protection_kind rsl_protection_secded = {
    .name = "secded",
    .about = "Hamming (72,64): one error in 64 bits corrected, two detected",
    .stream = true,
    .redundant_bits = redundant_bits,
    .protect = protect,
    .correct = correct,
    .role = role,
};
