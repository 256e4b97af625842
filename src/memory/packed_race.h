/* How long networks take that compute on stored bits: several storages of one network against each
 * other. Passes alternate between them, so that the machine's moods meet all alike; caches are
 * emptied before each, as weights come from memory on a device that does other things too. */
#ifndef RSL_MEMORY_PACKED_RACE_H
#define RSL_MEMORY_PACKED_RACE_H

#include "resile/model.h"

#include <stdbool.h>
#include <stdint.h>

struct rsl_packed_race_options {
    int64_t batch;  /* 0: 1 */
    int threads;    /* 0: rsl_cpu_threads() */
    double seconds; /* measured time; 0: 5. There are at least five passes */
    double ber;     /* so many of the weights' bits are flipped, 0..1 */
    uint64_t seed;  /* of the random input and the flips */
    bool integers;  /* 8-bit activations, by ranges of random images when the model has none */
};

struct rsl_packed_time {
    double whole, linear; /* seconds a pass, medians: everything, its linear layers */
    int64_t bits;         /* of the weights */
    int64_t passes;
    const char *kernel; /* what the layers run on: "packed avx512_vnni" */
};

/* times[k] of storages[k] (mix.h), n of them. */
int rsl_packed_race(const struct rsl_model *m, const char *const *storages, int n,
                    const struct rsl_packed_race_options *options, struct rsl_packed_time *times);

#endif
