/* What a result was made with: versions of the program's parts, the processor, the memory. */
#ifndef RESILE_PROVENANCE_H
#define RESILE_PROVENANCE_H

#include "resile/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0" */
RSL_API const char *rsl_version(void);
/* "gcc 12.2.0, sanitizers" : how the library was compiled. */
RSL_API const char *rsl_build(void);
/* Name and version of the i-th library that is loaded now ("oneDNN", "2.6.3"); NULL after the last.
 * `version` may be NULL. */
RSL_API const char *rsl_dependency(int i, const char **version);

/* Writes a zero-terminated text, cut to `size`. Unknown: "". */
RSL_API void rsl_cpu_name(char *text, size_t size);
/* Instruction sets that matter for speed, in the kernel's spelling: "avx2 fma avx512f amx_bf16". */
RSL_API void rsl_cpu_features(char *text, size_t size);
/* The best instruction set that oneDNN uses here: "AVX512_CORE_AMX". */
RSL_API const char *rsl_cpu_isa(void);
/* Processors that this process may run on (affinity), and the share of them that its control group
 * allows (0.5 is half a processor; -1 without a limit). */
RSL_API int rsl_cpu_count(void);
RSL_API double rsl_cpu_quota(void);
/* Threads that work takes where no number is given: OpenMP's (OMP_NUM_THREADS), and no more than
 * the processors that this process may run on. */
RSL_API int rsl_cpu_threads(void);
/* Bytes of memory in the machine (or control group, if that is less), and available now; -1 when
 * unknown. */
RSL_API int64_t rsl_memory_total(void);
RSL_API int64_t rsl_memory_available(void);

#ifdef __cplusplus
}
#endif
#endif
