/* Sixteen floats at a time, compiled for what the processor may have.
 *
 * Vectors are the compiler's own. RSL_LANES compiles a function several times, the best one is
 * taken when the program starts. Vectors travel by pointer, since passing them by value has no
 * stable ABI without AVX-512. */
#ifndef RSL_BASE_LANES_H
#define RSL_BASE_LANES_H

#include <stdint.h>

enum { LANES = 16 };

typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t lane_bits __attribute__((vector_size(4 * LANES)));

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define RSL_LANES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RSL_LANES
#endif
#define RSL_LANES_INLINE static inline __attribute__((always_inline)) void

/* A loop over the lanes that is left whole until the compiler vectorizes it for each processor; GCC
 * takes vector comparisons apart before it makes the clones of RSL_LANES. */
#if defined(__clang__)
#define RSL_EACH_LANE(l) for (int l = 0; l < LANES; l++)
#else
#define RSL_EACH_LANE(l) _Pragma("GCC unroll 1") for (int l = 0; l < LANES; l++)
#endif

#endif
