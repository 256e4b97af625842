/* What benchmarks have in common: the network that is run, one of the zoo or a file, and the time.
 */
#ifndef CLI_BENCH_NETWORK_H
#define CLI_BENCH_NETWORK_H

#include "names.h"

#include <resile/model.h>

/* Exactly one of `arch` and `file` is to be given. Returns EXIT_DONE, or the exit code after a
 * complaint. */
int bench_network(const char *arch, const char *file, struct rsl_model **model);

#define BENCH_NETWORK_OPTIONS(owner, arch, file, instead)                  \
    {"arch",                                                               \
     'a',                                                                  \
     OPTION_TEXT,                                                          \
     offsetof(owner, arch),                                                \
     "A",                                                                  \
     "a network of `resile zoo list`",                                     \
     .words = name_of_arch,                                                \
     .closed = true},                                                      \
    {                                                                      \
        "model", 'm', OPTION_TEXT, offsetof(owner, file), "FILE", instead, \
            .complete = COMPLETE_FILE                                      \
    }
#define BENCH_BATCH(owner, field, what, preset) \
    { "batch", 'b', OPTION_INT, offsetof(owner, field), "N", what, preset, .min = 1, .max = 65536 }
#define BENCH_SECONDS(owner, field, preset)                                                       \
    {                                                                                             \
        "seconds", 0, OPTION_SECONDS, offsetof(owner, field), "S", "how long to measure", preset, \
            .min = 0.01, .max = 3600                                                              \
    }

#endif
