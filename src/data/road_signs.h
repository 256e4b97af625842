/* The 43 classes of the German Traffic Sign Recognition Benchmark, in its numbering: what the
 * photographed set (gtsrb) and the drawn one (synth-signs) have in common.
 *
 * Super-classes go by what a driver must do: keep to a speed, obey another prohibition, watch out,
 * settle who goes first, follow a direction, or be released from a rule. */
#ifndef RSL_DATA_ROAD_SIGNS_H
#define RSL_DATA_ROAD_SIGNS_H

#include <stdint.h>

enum { RSL_SIGNS = 43, RSL_SIGN_SUPERS = 6 };

extern const char *const rsl_sign_names[RSL_SIGNS];
extern const char *const rsl_sign_super_names[RSL_SIGN_SUPERS];
extern const uint8_t rsl_sign_super_of[RSL_SIGNS];

#endif
