/* Which oneDNN this is and what it makes of the processor. */
#ifndef RSL_DNNL_VERSION_H
#define RSL_DNNL_VERSION_H

#include <stdbool.h>
#include <stddef.h>

/* "2.6.3" */
void rsl_dnnl_version(char *text, size_t size);
/* "AVX512_CORE_AMX"; "" off x86. */
const char *rsl_dnnl_isa(void);
/* Whether the processor has instructions for bf16; without, oneDNN emulates them. */
bool rsl_dnnl_has_bf16(void);

#endif
