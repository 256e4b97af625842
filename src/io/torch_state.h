/* What the files share that find tensors among a checkpoint's values: torch_search.c (which dicts
 * may be the state dict), torch_tensor.c (one tensor), torch_state.c (the choice and the whole). */
#ifndef RSL_IO_TORCH_STATE_H
#define RSL_IO_TORCH_STATE_H

#include "io/torch.h"

/* ---- torch_search.c ---- */

struct rsl_torch_search {
    bool arrays; /* arrays of NumPy's are the tensors: there are no others */
    struct {
        /* A dict that may be the state dict, and the keys that lead to it. */
        struct rsl_torch_found {
            const struct rsl_pickle_value *dict;
            size_t tensors;
            char path[96];
        } * at;
        size_t n, cap;
    } found;
};

/* Fills the empty `found`, which the caller frees, also after a failure. One dict: that is it. */
int rsl_torch_search(struct rsl_torch_search *s, struct rsl_pickle_value *root);

/* ---- torch_tensor.c ---- */

/* Whether `v` is an array of NumPy's, or a tensor of PyTorch's. */
bool rsl_torch_is_tensor(const struct rsl_pickle_value *v, bool arrays);
/* Fails for a tensor of a kind that is not read: leaving it out would miss it. */
int rsl_torch_check_left_out(const struct rsl_pickle_value *v);
/* Sets dtype and shape. */
int rsl_torch_describe(const struct rsl_pickle_value *v, struct rsl_tensor *t);
int rsl_torch_read(struct rsl_tensors *ts, const struct rsl_pickle_value *v,
                   const struct rsl_torch_source *source, struct rsl_tensor *t);

#endif
