/* Single elements of blocked memories: where one lies, and bringing a few changed ones into a
 * packed copy, which costs per element instead of per tensor. */
#include "dnnl/dnnl_int.h"

/* The outer part of each index goes by its stride, the inner parts by the blocks (oneDNN's guide,
 * "Understanding Memory Formats"). `at` is used up. */
static dnnl_dim_t place_of(const dnnl_memory_desc_t *md, dnnl_dim_t *at) {
    const dnnl_blocking_desc_t *b = &md->format_desc.blocking;
    dnnl_dim_t place = md->offset0, stride = 1;
    for (int i = b->inner_nblks - 1; i >= 0; i--) {
        dnnl_dim_t d = b->inner_idxs[i], size = b->inner_blks[i];
        place += at[d] % size * stride;
        at[d] /= size;
        stride *= size;
    }
    for (int d = 0; d < md->ndims; d++) place += at[d] * b->strides[d];
    return place;
}

size_t rsl_dnnl_offset(const struct rsl_layout *l, const struct rsl_shape *shape, int64_t index) {
    const dnnl_memory_desc_t *md = &((const struct dnnl_layout *)l)->md;
    dnnl_dims_t at = {0};
    for (int d = shape->rank - 1; d >= 0; d--) {
        at[d] = index % shape->dim[d];
        index /= shape->dim[d];
    }
    return (size_t)place_of(md, at) * rsl_dnnl_bytes(md->data_type);
}

/* Plain copies of f32: no Winograd transform, no other type, no sums kept beside the weights. */
static bool is_copy(const dnnl_memory_desc_t *md) {
    return md->format_kind == dnnl_blocked && md->data_type == dnnl_f32 &&
           md->extra.flags == dnnl_memory_extra_flag_none;
}

/* `from` is dense without blocks: an offset there is one index per dimension. */
static void patch(const struct seq_patch *p, const dnnl_memory_desc_t *from, const float *in,
                  const dnnl_memory_desc_t *to, float *packed, const int64_t *index, size_t n) {
    const dnnl_dim_t *stride = from->format_desc.blocking.strides;
    for (size_t i = 0; i < n; i++) {
        dnnl_dims_t at = {0};
        int64_t moved = p->moved ? p->moved(p->context, index[i]) : index[i];
        for (int d = 0; d < from->ndims; d++) at[d] = moved / stride[d] % from->dims[d];
        packed[place_of(to, at)] = in[index[i]];
    }
}

static void *data_of(const struct seq_memory *m) {
    void *data = NULL;
    dnnl_memory_get_data_handle(m->handle, &data);
    return data;
}

bool rsl_seq_patch(struct rsl_kernel *k, int input, const int64_t *index, size_t n) {
    const struct seq *s = (const struct seq *)k;
    if (!(s->packed_inputs >> input & 1)) return true;
    bool done = false;
    for (int i = 0; i < s->n_patches; i++) {
        const struct seq_patch *p = &s->patches[i];
        if (p->input != input) continue;
        const dnnl_memory_desc_t *from, *to;
        dnnl_memory_get_memory_desc(s->memories[p->from].handle, &from);
        dnnl_memory_get_memory_desc(s->memories[p->packed].handle, &to);
        if (!is_copy(from) || !is_copy(to)) return false;
        for (int m = 0; m < s->n_memories; m++)
            if (s->memories[m].place == SEQ_IN && s->memories[m].index == input)
                patch(p, from, data_of(&s->memories[m]), to, data_of(&s->memories[p->packed]),
                      index, n);
        done = true;
    }
    return done;
}
