/* Memory images: how the parameters of a model are stored as bits. docs/memory.md has it whole.
 *
 *     ENCODING[/PROTECTION[/LAYOUT]]        "f32", "affine5/msb", "symmetric8/secded/plane"
 *
 * of all weights; behind it, separated by semicolons, what is stored otherwise, by layer (names may
 * have * and ?) or region:
 *
 *     "affine4/msb; conv1=affine8/tmr; layer4.*=affine3/msb; scales=/tmr" */
#ifndef RESILE_MEMORY_H
#define RESILE_MEMORY_H

#include "resile/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* RSL_OK, or a sentence that says what is wrong with the storage of one tensor. */
RSL_API int rsl_storage_check(const char *text);
/* RSL_OK when the text is a set of regions such as "weights,scales". */
RSL_API int rsl_regions_check(const char *text);

/* The kinds there are: name, and what it is in one line; NULL after the last. `about` may be NULL.
 */
RSL_API const char *rsl_encoding_name(int i, const char **about);
RSL_API const char *rsl_protection_name(int i, const char **about);

#ifdef __cplusplus
}
#endif
#endif
