/* Making cells, changing their bits and undoing it: see cells.h. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "memory/cells_int.h"

#include <string.h>

/* ---- making ---- */

static int copy_floats(float **copy, const float *from, int64_t n) {
    if (!from) return RSL_OK;
    *copy = rsl_malloc((size_t)n * sizeof **copy);
    if (!*copy) return RSL_ENOMEM;
    memcpy(*copy, from, (size_t)n * sizeof **copy);
    return RSL_OK;
}

static int fill(struct part *p, const struct rsl_memory_tensor *t) {
    size_t bytes = rsl_groups_bytes(&t->groups);
    p->bits = rsl_malloc(bytes);
    p->touched = rsl_calloc((size_t)(t->groups.n + 7) / 8, 1);
    if (!p->bits || !p->touched) return RSL_ENOMEM;
    memcpy(p->bits, t->bits, bytes);
    p->codes = t->codes;
    p->codes.scale = p->codes.zero_point = NULL;
    RSL_TRY(copy_floats(&p->codes.scale, t->codes.scale, t->codes.channels));
    return copy_floats(&p->codes.zero_point, t->codes.zero_point, t->codes.channels);
}

int rsl_cells_new(struct rsl_cells **cells, const struct rsl_memory *image) {
    struct rsl_cells *c = rsl_calloc(1, sizeof *c);
    *cells = NULL;
    if (!c) return RSL_ENOMEM;
    c->image = image;
    c->parts = rsl_calloc((size_t)image->n, sizeof *c->parts);
    int rc = c->parts ? RSL_OK : RSL_ENOMEM;
    for (int i = 0; i < image->n && rc == RSL_OK; i++) rc = fill(&c->parts[i], &image->tensors[i]);
    if (rc < 0) {
        rsl_cells_free(c);
        return rc;
    }
    *cells = c;
    return RSL_OK;
}

void rsl_cells_free(struct rsl_cells *c) {
    if (!c) return;
    for (int i = 0; c->parts && i < c->image->n; i++) {
        rsl_free(c->parts[i].bits);
        rsl_free(c->parts[i].touched);
        rsl_codes_free(&c->parts[i].codes);
    }
    rsl_free(c->parts);
    rsl_free(c->touched.at);
    rsl_free(c->changes.at);
    rsl_free(c);
}

int rsl_cells_reserve(struct rsl_cells *c, size_t n) {
    while (c->touched.cap < n)
        RSL_TRY(
            rsl_vec_room(&c->touched.at, c->touched.cap, &c->touched.cap, sizeof *c->touched.at));
    while (c->changes.cap < n)
        RSL_TRY(
            rsl_vec_room(&c->changes.at, c->changes.cap, &c->changes.cap, sizeof *c->changes.at));
    return RSL_OK;
}

/* ---- bits ---- */

bool rsl_cells_bit(const struct rsl_cells *c, int64_t address) {
    struct rsl_cell cell = rsl_memory_locate(c->image, address);
    int64_t offset = address - c->image->tensors[cell.tensor].address;
    return c->parts[cell.tensor].bits[offset / 8] >> offset % 8 & 1;
}

struct rsl_group rsl_cells_group(const struct rsl_cells *c, int tensor, int64_t group) {
    return rsl_groups_read(&c->image->tensors[tensor].groups, c->parts[tensor].bits, group);
}

/* Scales and zero points of the group's elements are read again for the weights they belong to. */
static void refresh(struct rsl_cells *c, int tensor, int64_t group) {
    const struct rsl_memory_tensor *t = &c->image->tensors[tensor];
    if (t->weights == RSL_ABSENT) return;
    struct rsl_codes *codes = &c->parts[t->weights].codes;
    float *parameters = t->region == RSL_REGION_SCALES ? codes->scale : codes->zero_point;
    int64_t first, last;
    elements_of(t, group, &first, &last);
    for (int64_t i = first; i <= last; i++) parameters[i] = rsl_cells_value(c, tensor, i);
}

static int touch(struct rsl_cells *c, int tensor, int64_t group) {
    if (is_touched(c, tensor, group)) return RSL_OK;
    RSL_TRY(rsl_vec_push(&c->touched, ((struct touch){tensor, group})));
    c->parts[tensor].touched[group / 8] |= (uint8_t)(1u << group % 8);
    return RSL_OK;
}

static int flip_negating(struct rsl_cells *c, const struct rsl_cell *cell) {
    const struct rsl_memory_tensor *t = &c->image->tensors[cell->tensor];
    struct rsl_group g = rsl_cells_group(c, cell->tensor, cell->group);
    g.data = rsl_encoding_flip(&t->storage.encoding, (uint32_t)g.data, cell->b);
    rsl_groups_write(&t->groups, c->parts[cell->tensor].bits, cell->group, g);
    return RSL_OK;
}

int rsl_cells_flip(struct rsl_cells *c, int64_t address) {
    struct rsl_cell cell = rsl_memory_locate(c->image, address);
    const struct rsl_memory_tensor *t = &c->image->tensors[cell.tensor];
    int64_t offset = address - t->address;
    RSL_TRY(touch(c, cell.tensor, cell.group));
    if (t->storage.encoding.negate) return flip_negating(c, &cell);
    c->parts[cell.tensor].bits[offset / 8] ^= (uint8_t)(1u << offset % 8);
    refresh(c, cell.tensor, cell.group);
    return RSL_OK;
}

int rsl_cells_set(struct rsl_cells *c, int64_t address, bool value) {
    if (rsl_cells_bit(c, address) == value) return 0;
    struct rsl_cell cell = rsl_memory_locate(c->image, address);
    int64_t offset = address - c->image->tensors[cell.tensor].address;
    RSL_TRY(touch(c, cell.tensor, cell.group));
    c->parts[cell.tensor].bits[offset / 8] ^= (uint8_t)(1u << offset % 8);
    refresh(c, cell.tensor, cell.group);
    return 1;
}

/* ---- undoing ---- */

void rsl_cells_restore(struct rsl_cells *c) {
    for (size_t k = 0; k < c->touched.n; k++) {
        const struct touch *at = &c->touched.at[k];
        const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
        struct part *p = &c->parts[at->tensor];
        rsl_groups_write(&t->groups, p->bits, at->group,
                         rsl_groups_read(&t->groups, t->bits, at->group));
        p->touched[at->group / 8] &= (uint8_t) ~(1u << at->group % 8);
        refresh(c, at->tensor, at->group);
    }
    c->touched.n = 0;
}
