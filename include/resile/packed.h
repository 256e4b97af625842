/* The speed of networks that compute on stored bits (`packed` in struct rsl_run_options). */
#ifndef RESILE_PACKED_H
#define RESILE_PACKED_H

#include "resile/quantize.h"
#include "resile/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_bench_packed_options {
    int bits;            /* of the packed network's affine codes, 2..8 */
    const char *protect; /* "none" (default), "msb[:K]", "tmr", "parity" */
    int64_t batch;       /* 0: 1 */
    int threads;         /* 0: rsl_cpu_threads() */
    double seconds;      /* measured time; 0: 5 */
    double ber;          /* bit error rate in all three; see below */
    uint64_t seed;       /* of the random input and of the flipped bits */
    const char *compute; /* "f32" (default), or "int8": all three as integer networks */
};

/* Medians of passes that alternate between three networks: packed as asked, of the same width
 * without protection, and 8 bits without protection, whose codes are bytes. Caches are emptied
 * before each pass. Seconds.
 *
 * A voted bit and its first copy are compared, second copies read only where they differ: errors
 * cost time. `ber` flips as many bits of each network's weights, 0..1 of them, once. */
struct rsl_bench_packed_result {
    double packed, plain, w8;                      /* whole network */
    double linear_packed, linear_plain, linear_w8; /* its linear layers */
    int64_t bits_packed, bits_plain, bits_w8;      /* of the weights */
    int64_t passes;
    const char *kernel; /* what the layers run on: "packed avx512_vnni" */
    char storage[128];  /* of the packed network */
    char baseline[128]; /* of the 8-bit one */
};

RSL_API int rsl_bench_packed(const struct rsl_model *model,
                             const struct rsl_bench_packed_options *options,
                             struct rsl_bench_packed_result *result);

#ifdef __cplusplus
}
#endif
#endif
