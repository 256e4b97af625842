/* IDX files from memory, plain and gzip. */
#include "fuzz.h"

#include "io/idx.h"

static volatile uint8_t fuzz_seen; /* so that every byte is read */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_idx idx;
    uint8_t sum = 0;
    fuzz_limit((size_t)16 << 20);
    if (rsl_idx_parse(&idx, data, size, "input") < 0) return 0;
    for (int64_t k = 0; k < idx.size; k++) sum ^= idx.data[k];
    fuzz_seen = sum;
    rsl_idx_close(&idx);
    return 0;
}
