/* Which layouts come in rows of sixteen channels; see lanes.h. */
#include "dnnl/lanes.h"

bool rsl_dnnl_units(const dnnl_memory_desc_t *md, struct units *u) {
    const dnnl_blocking_desc_t *b = &md->format_desc.blocking;
    if (md->format_kind != dnnl_blocked || md->ndims < 3 || md->ndims > 5 || md->offset0)
        return false;
    *u = (struct units){.batch = md->dims[0],
                        .channels = md->dims[1],
                        .groups = md->padded_dims[1] / LANES,
                        .area = 1,
                        .image_step = b->strides[0],
                        .bf16 = md->data_type == dnnl_bf16};
    if (md->data_type != dnnl_f32 && md->data_type != dnnl_bf16) return false;
    if (b->inner_nblks == 0) {
        u->pitch = md->dims[1];
        u->group_step = LANES;
        if (b->strides[1] != 1 || md->dims[1] % LANES) return false;
    } else {
        u->pitch = LANES;
        u->group_step = b->strides[1];
        if (b->inner_nblks != 1 || b->inner_idxs[0] != 1 || b->inner_blks[0] != LANES) return false;
    }
    for (int d = md->ndims - 1; d >= 2; d--) { /* rows in row-major order, without gaps */
        if (md->dims[d] != 1 && b->strides[d] != u->area * u->pitch) return false;
        u->area *= md->dims[d];
    }
    return true;
}

bool rsl_dnnl_blocked(const struct rsl_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md) {
    static const dnnl_format_tag_t tags[] = {dnnl_nCw16c, dnnl_nChw16c, dnnl_nCdhw16c};
    dnnl_dims_t dims;
    if (s->rank < 3 || s->rank > 5) return false;
    for (int i = 0; i < s->rank; i++) dims[i] = s->dim[i];
    return dnnl_memory_desc_init_by_tag(md, s->rank, dims, type, tags[s->rank - 3]) == dnnl_success;
}

bool rsl_dnnl_unit_layout(const struct rsl_shape *s, const dnnl_memory_desc_t *have,
                          dnnl_memory_desc_t *want, struct units *u) {
    *want = *have;
    if (rsl_dnnl_units(want, u)) return true;
    return rsl_dnnl_blocked(s, have->data_type, want) && rsl_dnnl_units(want, u);
}
