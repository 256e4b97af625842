/* Which resile this is; see resile/provenance.h. */
#include "resile/provenance.h"

const char *rsl_version(void) {
    return RSL_VERSION;
}

const char *rsl_build(void) {
#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return COMPILER ", sanitizers";
#elif !defined(__OPTIMIZE__)
    return COMPILER ", not optimized";
#else
    return COMPILER;
#endif
}
