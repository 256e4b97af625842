/* Outcomes of single images, three bits each. */
#include "campaign/store_int.h"

#include "base/status.h"

#include <string.h>

size_t rsl_outcomes_bytes(int64_t images) {
    return (size_t)((3 * images + 7) / 8);
}

void rsl_outcomes_pack(const uint8_t *outcomes, int64_t images, uint8_t *packed) {
    memset(packed, 0, rsl_outcomes_bytes(images));
    for (int64_t j = 0; j < images; j++) {
        unsigned shifted = (unsigned)outcomes[j] << 3 * j % 8;
        packed[3 * j / 8] |= (uint8_t)shifted;
        if (shifted > 0xff) packed[3 * j / 8 + 1] |= (uint8_t)(shifted >> 8);
    }
}

int rsl_outcomes_unpack(const uint8_t *packed, int64_t images, uint8_t *outcomes) {
    size_t bytes = rsl_outcomes_bytes(images);
    for (int64_t j = 0; j < images; j++) {
        size_t at = (size_t)(3 * j / 8);
        unsigned two = packed[at] | (at + 1 < bytes ? (unsigned)packed[at + 1] << 8 : 0);
        outcomes[j] = (uint8_t)(two >> 3 * j % 8 & 7);
        if (outcomes[j] >= RSL_OUTCOMES)
            return rsl_fail(RSL_EFORMAT, "image %lld has outcome %d, which does not exist",
                            (long long)j, outcomes[j]);
    }
    return RSL_OK;
}
