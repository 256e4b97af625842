/* PyTorch checkpoints (.pt, .pth, .th): the tensors of a state dict.
 *
 * Two file forms of torch.save are read: the zip archive (PyTorch 1.6 and later) and the stream of
 * pickles before it. The pickle is parsed, never executed (pickle.h). The state dict may be the
 * whole file or lie in it, in a tuple, list or dict, under a usual name (state_dict, model, net,
 * ...) or any other (torch_search.c). Of several the one is taken that fits best, if the caller can
 * tell (tensors.h). What else lies there, objects of any class, is left alone.
 *
 * Read: f32 f64 f16 bf16, 8 to 64 bit integers, bool; shared storages, any offset and strides >= 0
 * (made dense); where no dict holds tensors, NumPy's arrays (pickle_array.h).
 * Refused by name: other tensors (sparse, quantized), whole modules, TorchScript, the tar form of
 * 2016, big endian files. */
#ifndef RSL_IO_TORCH_H
#define RSL_IO_TORCH_H

#include "io/pickle.h"
#include "io/tensors.h"

bool rsl_torch_legacy_detect(const uint8_t *data, size_t size);

/* Fill the empty list from bytes that outlive it, tensors in the state dict's order. */
int rsl_torch_zip_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size);
int rsl_torch_legacy_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size);

/* ---- what the two forms share ---- */

/* A persistent id: ('storage', torch.FloatStorage, key, device, count[, view]). */
struct rsl_torch_storage {
    const char *key;
    enum rsl_dtype dtype;
    int64_t count; /* elements */
    /* PyTorch before 0.4 also wrote views on a part of a storage: `count` elements from here. */
    int64_t offset;
};
int rsl_torch_read_storage(const struct rsl_pickle_value *persistent, struct rsl_torch_storage *s);

/* Finds the state dict below `root`, whose values it marks (so once for a root), and adds its
 * tensors; `bytes` finds a storage's data. */
struct rsl_torch_source {
    int (*bytes)(void *context, const struct rsl_torch_storage *s, const uint8_t **data,
                 size_t *size);
    void *context;
};
int rsl_torch_collect(struct rsl_tensors *ts, struct rsl_pickle_value *root,
                      const struct rsl_torch_source *source);

#endif
