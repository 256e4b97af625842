/* The pickle machine, and the search for a state dict in whatever it made. */
#include "fuzz.h"

#include "base/status.h"
#include "io/torch.h"

/* Every storage has 64 zero bytes. */
static int some_bytes(void *context, const struct rsl_torch_storage *s, const uint8_t **data,
                      size_t *size) {
    static const _Alignas(16) uint8_t zeros[64];
    (void)context, (void)s;
    *data = zeros;
    *size = sizeof zeros;
    return RSL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_pickle p;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    const struct rsl_torch_source source = {some_bytes, NULL};
    fuzz_limit((size_t)64 << 20);
    rsl_tensors_limit(&ts, size);
    if (rsl_pickle_parse(&p, &arena, data, size, size) == RSL_OK)
        (void)rsl_torch_collect(&ts, p.root, &source);
    rsl_tensors_free(&ts);
    rsl_arena_free(&arena);
    return 0;
}
