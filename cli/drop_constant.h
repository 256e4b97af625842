/* The constant C of P_drop, given as such or by its three factors:
 *
 *     struct results { ...; struct drop_constant drop_constant; };
 *     static const struct option options[] = {..., OPTIONS_DROP_CONSTANT(struct results,
 * drop_constant), {0}};
 */
#ifndef CLI_DROP_CONSTANT_H
#define CLI_DROP_CONSTANT_H

#include "option.h"

struct drop_constant {
    double constant; /* 0: FORTUNE's */
    double life, interval, p_single;
    bool life_given, interval_given, p_single_given;
};

/* C, or 0 for FORTUNE's. Returns EXIT_DONE, or EXIT_USAGE after complaining. */
int drop_constant_of(const struct drop_constant *d, double *constant);

#define OPTIONS_DROP_CONSTANT(owner, field)                                                     \
    {"drop-constant",                                                                           \
     .type = OPTION_DOUBLE,                                                                     \
     .at = offsetof(owner, field.constant),                                                     \
     .value = "C",                                                                              \
     .help = "of P_drop = bits^2 * C * rate * drop; 0: 1.3301e-13, FORTUNE's",                  \
     .preset = "0",                                                                             \
     .max = 1e300},                                                                             \
        {"life",                                                                                \
         .type = OPTION_DOUBLE,                                                                 \
         .at = offsetof(owner, field.life),                                                     \
         .value = "T",                                                                          \
         .help = "of the device; with --interval and --p-single, C = T / t * P",                \
         .max = 1e300,                                                                          \
         .given = offsetof(owner, field.life_given)},                                           \
        {"interval",                                                                            \
         .type = OPTION_DOUBLE,                                                                 \
         .at = offsetof(owner, field.interval),                                                 \
         .value = "t",                                                                          \
         .help = "between tests, in the unit of T",                                             \
         .max = 1e300,                                                                          \
         .given = offsetof(owner, field.interval_given)},                                       \
    {                                                                                           \
        "p-single", .type = OPTION_DOUBLE, .at = offsetof(owner, field.p_single), .value = "P", \
                    .help = "probability that one bit flips during t", .max = 1,                \
                    .given = offsetof(owner, field.p_single_given)                              \
    }

#endif
