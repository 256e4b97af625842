/* Texts: what the library and its programs both need for "did you mean". */
#ifndef RESILE_TEXT_H
#define RESILE_TEXT_H

#include "resile/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
 * string alignment), over the first 63 bytes of each. */
RSL_API int rsl_edit_distance(const char *a, const char *b);

#ifdef __cplusplus
}
#endif
#endif
