/* Protections: which redundant bits ride along with the codes, and what a reader makes of them.
 *
 * The unit is the group: the data bits that are protected together, and their redundant bits. For
 * most protections a group is the code of one weight; for `secded` it is 64 consecutive bits of the
 * tensor's codes (weight i has bits i*w..i*w+w-1 of that stream), the last group being shorter.
 *
 *   none         the code
 *   msb[:K]      the K top bits (1 by default: FORTUNE) stored three times, majority
 *   tmr          every bit stored three times, majority
 *   parity       one more bit; a weight whose parity is wrong reads as 0
 *   secded       8 check bits for 64: one error corrected, two detected and left
 *   exponent[:K] f32, f16, bf16: the K top exponent bits stored twice more in the mantissa's last
 *                2K bits, which read as 0: no more memory, less precision
 *
 * All functions are pure. */
#ifndef RSL_MEMORY_PROTECTION_H
#define RSL_MEMORY_PROTECTION_H

#include "memory/encoding.h"

/* Bits of a group as they are stored, or as they were read. */
struct rsl_group {
    uint64_t data, redundant;
};

/* What a reader noticed. */
enum rsl_verdict {
    RSL_CORRECTED = 1, /* something was put right (or so it seemed) */
    RSL_DETECTED = 2,  /* something was wrong and could not be put right */
    RSL_ZEROED = 4     /* the weight is to be read as 0; comes with RSL_DETECTED */
};

enum rsl_bit_kind { RSL_BIT_DATA, RSL_BIT_COPY, RSL_BIT_CHECK };

/* What a stored bit is: data bit `bit`, its copy number `copy` (1 or 2), or check bit `bit`. */
struct rsl_bit_role {
    enum rsl_bit_kind kind;
    int bit, copy;
};

struct rsl_protection {
    const struct rsl_protection_kind *kind;
    int top; /* K of msb and exponent, else 0 */
};

struct rsl_protection_kind {
    const char *name;
    const char *about; /* one line for help and documentation */
    int default_top;   /* 0: takes no K */
    bool stream;       /* groups of 64 code bits, not one weight each */
    bool copies;       /* of what is voted: the redundant bits are two copies of the top ones, and a
                        * reader asks the second only where the first differs from the code */
    /* Refuses encodings it makes no sense for; NULL: all will do. */
    int (*accepts)(const struct rsl_protection *p, const struct rsl_encoding *e);
    int (*redundant_bits)(const struct rsl_protection *p, const struct rsl_encoding *e);
    /* The data that are stored for data: the same, but for in-word schemes (NULL: the same). */
    uint64_t (*prepare)(const struct rsl_protection *p, const struct rsl_encoding *e,
                        uint64_t data);
    /* The redundant bits of stored data. NULL when there are none. */
    uint64_t (*protect)(const struct rsl_protection *p, const struct rsl_encoding *e,
                        uint64_t data);
    /* Turns a group of n data bits as read into what the reader takes it for; verdicts or'ed. NULL:
     * it is taken as it is. */
    unsigned (*correct)(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                        struct rsl_group *group);
    /* Bit b of a group: 0.. are data bits, from n_data on redundant ones. NULL: all are data. */
    struct rsl_bit_role (*role)(const struct rsl_protection *p, const struct rsl_encoding *e,
                                int b);
};

/* The kinds in the order of protections.def; NULL after the last. */
const struct rsl_protection_kind *rsl_protection_kind(size_t i);

int rsl_protection_parse(struct rsl_protection *p, const char *text);
enum { RSL_PROTECTION_TEXT = 32 };
const char *rsl_protection_text(const struct rsl_protection *p, char text[RSL_PROTECTION_TEXT]);

/* RSL_OK when weights of that encoding can be protected so. */
int rsl_protection_accepts(const struct rsl_protection *p, const struct rsl_encoding *e);

/* Data bits of a full group: the code's, or 64. */
int rsl_protection_data_bits(const struct rsl_protection *p, const struct rsl_encoding *e);
int rsl_protection_redundant_bits(const struct rsl_protection *p, const struct rsl_encoding *e);
/* The last ones of these that a reader seldom asks: second copies. */
int rsl_protection_spare_bits(const struct rsl_protection *p, const struct rsl_encoding *e);
/* Exactly what `count` weights take. */
int64_t rsl_protection_stored_bits(const struct rsl_protection *p, const struct rsl_encoding *e,
                                   int64_t count);

/* The group that is stored for n data bits. */
struct rsl_group rsl_protect(const struct rsl_protection *p, const struct rsl_encoding *e,
                             uint64_t data);
/* What a reader takes the group for: group->data is corrected, redundant bits are what they should
 * be. Verdicts or'ed; 0 when nothing was noticed. */
unsigned rsl_correct(const struct rsl_protection *p, const struct rsl_encoding *e, int n,
                     struct rsl_group *group);
struct rsl_bit_role rsl_protection_role(const struct rsl_protection *p,
                                        const struct rsl_encoding *e, int b);

/* Groups in which something was corrected; detected but not corrected; and missed: read as other
 * data than were written, with nothing detected. A group can be both corrected and missed. */
struct rsl_votes {
    int64_t corrected, detected, missed;
};

/* Adds one group's verdict; `same`: it was read as what was written. */
static inline void rsl_votes_add(struct rsl_votes *v, unsigned verdict, bool same) {
    v->corrected += (verdict & RSL_CORRECTED) != 0;
    v->detected += (verdict & RSL_DETECTED) != 0;
    v->missed += !same && !(verdict & RSL_DETECTED);
}

#endif
