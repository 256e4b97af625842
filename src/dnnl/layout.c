/* Layouts: oneDNN's memory descriptions as the planner sees them. */
#include "base/status.h"
#include "dnnl/dnnl_int.h"

static enum rsl_dtype dtype_of(dnnl_data_type_t type) {
    switch (type) {
        case dnnl_bf16:
            return RSL_bf16;
        case dnnl_s32:
            return RSL_i32;
        case dnnl_s8:
            return RSL_i8;
        case dnnl_u8:
            return RSL_u8;
        default:
            return RSL_f32;
    }
}

const struct rsl_layout *rsl_dnnl_layout(struct rsl_arena *a, const dnnl_memory_desc_t *md) {
    struct dnnl_layout *l = rsl_arena_alloc(a, sizeof *l);
    if (!l) return NULL;
    l->base.bytes = dnnl_memory_desc_get_size(md);
    l->base.dtype = dtype_of(md->data_type);
    l->base.backend = &rsl_backend_dnnl;
    l->md = *md;
    return &l->base;
}

bool rsl_dnnl_own_layout(const struct rsl_layout *l) {
    return l && l->backend == &rsl_backend_dnnl;
}

/* Strides of a dense tensor whose dimensions are stored in `order`, outermost first. */
static bool dense(const struct rsl_shape *s, const int *order, dnnl_data_type_t type,
                  dnnl_memory_desc_t *md) {
    dnnl_dims_t dims, strides;
    dnnl_dim_t stride = 1;
    for (int i = s->rank - 1; i >= 0; i--) {
        dims[i] = s->dim[i];
        strides[order[i]] = stride;
        stride *= s->dim[order[i]];
    }
    return dnnl_memory_desc_init_by_strides(md, s->rank, dims, type, strides) == dnnl_success;
}

bool rsl_dnnl_plain_as(const struct rsl_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md) {
    static const int order[] = {0, 1, 2, 3, 4, 5};
    static const struct rsl_shape scalar = {1, {1}};
    return s->rank <= 6 && dense(s->rank ? s : &scalar, order, type, md);
}

bool rsl_dnnl_plain(const struct rsl_shape *s, dnnl_memory_desc_t *md) {
    return rsl_dnnl_plain_as(s, dnnl_f32, md);
}

bool rsl_dnnl_type(enum rsl_dtype dtype, dnnl_data_type_t *type) {
    *type = dtype == RSL_u8 ? dnnl_u8 : dtype == RSL_i8 ? dnnl_s8 : dnnl_f32;
    return dtype == RSL_f32 || *type != dnnl_f32;
}

size_t rsl_dnnl_bytes(dnnl_data_type_t type) {
    return type == dnnl_u8 || type == dnnl_s8 ? 1 : type == dnnl_bf16 ? 2 : 4;
}

bool rsl_dnnl_channels_last(const struct rsl_shape *s, dnnl_data_type_t type,
                            dnnl_memory_desc_t *md) {
    static const int orders[3][5] = {{0, 2, 1}, {0, 2, 3, 1}, {0, 2, 3, 4, 1}};
    return s->rank >= 3 && s->rank <= 5 && dense(s, orders[s->rank - 3], type, md);
}

void rsl_dnnl_any(const struct rsl_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md) {
    dnnl_dims_t dims;
    for (int i = 0; i < s->rank; i++) dims[i] = s->dim[i];
    dnnl_memory_desc_init_by_tag(md, s->rank, dims, type, dnnl_format_tag_any);
}

bool rsl_dnnl_describe(const struct rsl_tensor *t, const struct rsl_layout *l,
                       dnnl_memory_desc_t *md) {
    if (rsl_dnnl_own_layout(l)) {
        *md = ((const struct dnnl_layout *)l)->md;
        return true;
    }
    dnnl_data_type_t type;
    return rsl_dnnl_type(t->dtype, &type) && rsl_dnnl_plain_as(&t->shape, type, md);
}

bool rsl_dnnl_is_plain(const dnnl_memory_desc_t *md) {
    const dnnl_blocking_desc_t *b = &md->format_desc.blocking;
    if (md->format_kind != dnnl_blocked || md->data_type == dnnl_bf16 || b->inner_nblks)
        return false;
    dnnl_dim_t stride = 1;
    for (int i = md->ndims - 1; i >= 0; i--) {
        if (md->dims[i] != 1 && b->strides[i] != stride) return false;
        stride *= md->dims[i];
    }
    return true;
}
