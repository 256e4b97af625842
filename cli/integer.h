/* How networks compute, and the options that make an integer network of a float one (--compute
 * int8), for every command that runs networks. */
#ifndef CLI_INTEGER_H
#define CLI_INTEGER_H

#include "option.h"

#include <resile/integer.h>

/* How an integer network stores its weights when nothing is said. */
#define INTEGER_STORAGE "symmetric8:channel"

struct integer {
    const char *storage;
    int ranges;
    int64_t calibrate;
    bool ranges_given, calibrate_given;
};

/* Is compute mode i, of rsl_compute_name, int8? */
bool integer_wanted(int compute);
/* Mode i of those of float networks, which come first; NULL after the last. */
const char *integer_float_compute(int i);
/* The name of the compute mode as the library's runners take it: the modes of float networks. */
const char *integer_compute(int compute);
/* 0 when the options go together, else the exit code, after complaining: without --compute int8
 * nothing would be measured. */
int integer_check(const struct integer *given, int compute);
/* What the library is to do. */
struct rsl_integer_options integer_options(const struct integer *given, int threads);
/* Opens the training images of the data set to measure activations on; when there are none, the
 * images that are evaluated. */
int integer_open_data(struct rsl_data **data, const char *spec,
                      const struct rsl_data_options *test);

#define FLOAT_COMPUTE_HELP \
    "f32: direct sums. f32-winograd: faster, rounds differently. bf16: faster and coarser"
#define OPTION_COMPUTE(owner, field)                                                   \
    {                                                                                  \
        "compute", 'c', OPTION_CHOICE, offsetof(owner, field), "HOW",                  \
            FLOAT_COMPUTE_HELP ". int8: integers, on the codes of the weights", "f32", \
            .words = rsl_compute_name                                                  \
    }
/* Of commands that train. */
#define OPTION_FLOAT_COMPUTE(owner, field)                                                       \
    {                                                                                            \
        "compute", 'c', OPTION_CHOICE, offsetof(owner, field), "HOW", FLOAT_COMPUTE_HELP, "f32", \
            .words = integer_float_compute                                                       \
    }

#define INTEGER_OPTIONS(owner, field)                                                      \
    {"storage",                                                                            \
     0,                                                                                    \
     OPTION_TEXT,                                                                          \
     offsetof(owner, field.storage),                                                       \
     "CODES",                                                                              \
     "how weights are stored: affineW or symmetricW (int8, default: " INTEGER_STORAGE ")", \
     .preset = NULL},                                                                      \
        {"ranges",                                                                         \
         0,                                                                                \
         OPTION_CHOICE,                                                                    \
         offsetof(owner, field.ranges),                                                    \
         "HOW",                                                                            \
         "int8: how activations are clipped, unless the model has their ranges",           \
         "mse",                                                                            \
         .words = rsl_range_method,                                                        \
         .given = offsetof(owner, field.ranges_given)},                                    \
    {                                                                                      \
        "calibrate", 0, OPTION_INT, offsetof(owner, field.calibrate), "N",                 \
            "int8: images to measure activations on", "256",                               \
            .min = 1, .max = 1e9, .given = offsetof(owner, field.calibrate_given)          \
    }

#endif
