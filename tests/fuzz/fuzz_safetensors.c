/* safetensors files. */
#include "fuzz.h"

#include "base/status.h"
#include "io/safetensors.h"

/* Reads the last element of each tensor: all data must be there. */
static void touch(const struct rsl_tensors *ts) {
    for (size_t i = 0; i < ts->n; i++) {
        int64_t n = rsl_tensor_count(&ts->at[i].tensor);
        if (n > 0) (void)rsl_tensor_double(&ts->at[i].tensor, n - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    fuzz_limit((size_t)64 << 20);
    if (rsl_safetensors_parse(&ts, data, size) == RSL_OK) touch(&ts);
    rsl_tensors_free(&ts);
    return 0;
}
