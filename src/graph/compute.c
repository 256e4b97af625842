/* See compute.h. */
#include "graph/compute.h"

#include "base/status.h"
#include "resile/run.h"

#include <string.h>

static const char *const names[] = {[RSL_MODE_F32] = "f32",
                                    [RSL_MODE_F32_WINOGRAD] = "f32-winograd",
                                    [RSL_MODE_BF16] = "bf16",
                                    [RSL_MODE_INT8] = "int8"};

enum { MODES = sizeof names / sizeof *names };

const char *rsl_compute_name(int i) {
    return i >= 0 && i < MODES ? names[i] : NULL;
}

int rsl_compute_parse(const char *text, enum rsl_compute_mode *mode) {
    *mode = RSL_MODE_F32;
    for (int i = 0; text && i < MODES; i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum rsl_compute_mode)i;
            return RSL_OK;
        }
    return text ? rsl_fail(RSL_EARG, "compute mode '%s' is none of f32, f32-winograd, bf16, int8",
                           text)
                : RSL_OK;
}

int rsl_compute_parse_float(const char *text, enum rsl_compute_mode *mode) {
    RSL_TRY(rsl_compute_parse(text, mode));
    return *mode != RSL_MODE_INT8 ? RSL_OK
                                  : rsl_fail(RSL_EUNSUPPORTED,
                                             "compute mode int8 is for integer networks: they are "
                                             "made from float ones by measuring activations");
}
