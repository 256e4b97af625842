/* Changing an integer network's constants in place, and back. See integer_network.h. */
#include "memory/integer_int.h"

#include "base/status.h"
#include "base/vec.h"

#include <string.h>

static int mark(struct rsl_integer_network *q, int value) {
    if (value == RSL_ABSENT || q->is_written[value]) return RSL_OK;
    q->is_written[value] = true;
    return rsl_vec_push(&q->written, value);
}

static void forget_written(struct rsl_integer_network *q) {
    for (size_t i = 0; i < q->written.n; i++) q->is_written[q->written.at[i]] = false;
    q->written.n = 0;
}

/* Writes 1 or 4 bytes, to be undone. */
static int put(struct rsl_integer_network *q, int value, void *at, const void *now, int bytes) {
    if (memcmp(at, now, (size_t)bytes) == 0) return RSL_OK;
    struct rsl_integer_undo u = {.at = at, .bytes = bytes, .value = value};
    memcpy(&u.was, at, (size_t)bytes);
    RSL_TRY(mark(q, value));
    RSL_TRY(rsl_vec_push(&q->undo, u));
    memcpy(at, now, (size_t)bytes);
    return RSL_OK;
}

static int write_channel(struct rsl_integer_network *q, struct rsl_integer_layer *l, int m) {
    struct integer_constants c = rsl_integer_constants(l, m);
    RSL_TRY(put(q, l->multiplier, &l->multiplier_data[m], &c.multiplier, 4));
    RSL_TRY(put(q, l->bias, &l->bias_data[m], &c.bias, 4));
    return l->zero_data ? put(q, l->zero, &l->zero_data[m], &c.zero, 4) : RSL_OK;
}

/* As stored: NaN equals itself, and -0 is not 0. */
static bool same_bits(float a, float b) {
    uint32_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}

static int change_part(struct rsl_integer_network *q, struct rsl_integer_layer *l,
                       enum integer_part part, int m, float now) {
    if (same_bits(l->part[part][m], now)) return RSL_OK;
    RSL_TRY(put(q, RSL_ABSENT, &l->part[part][m], &now, 4));
    return write_channel(q, l, m);
}

/* All codes of the channel: a code may move together with its scale or zero point, so that its
 * value stays and no change tells of it. */
static int change_codes(struct rsl_integer_network *q, const struct rsl_cells *cells, int tensor,
                        struct rsl_integer_layer *l, int m) {
    const struct rsl_codes *c = &q->tensors[tensor].codes;
    for (int64_t i = 0; i < c->count; i++) {
        if (integer_channel(l, i) != m) continue;
        int8_t w = rsl_integer_weight(l, m, rsl_cells_code(cells, tensor, i));
        RSL_TRY(put(q, l->w, &l->w_data[i], &w, 1));
    }
    return RSL_OK;
}

/* The channel's scale and zero point as they read now. */
static int change_grid(struct rsl_integer_network *q, const struct rsl_cells *cells, int tensor,
                       struct rsl_integer_layer *l, int m, int64_t element) {
    const struct rsl_integer_tensor *t = &q->tensors[tensor];
    int64_t channel = element / t->codes.inner % t->codes.channels;
    float scale = rsl_cells_value(cells, t->scales, channel), zero = 0;
    bool zeros = t->zero_points != RSL_ABSENT;
    if (zeros) zero = rsl_cells_value(cells, t->zero_points, channel);
    if (same_bits(l->part[PART_SCALE][m], scale) &&
        (!zeros || same_bits(l->part[PART_ZERO][m], zero)))
        return RSL_OK;
    RSL_TRY(change_part(q, l, PART_SCALE, m, scale));
    if (zeros) RSL_TRY(change_part(q, l, PART_ZERO, m, zero));
    return change_codes(q, cells, tensor, l, m);
}

/* Without cells: does the code stand for that value by the scale and zero point that are known? */
static int check_grid(const struct rsl_integer_layer *l, int m, const struct rsl_change *c) {
    int code = rsl_integer_weight(l, m, c->code_after);
    float zero = l->part[PART_ZERO] ? l->part[PART_ZERO][m] : 0;
    float whole = (float)code + (l->offset ? l->offset[m] : 0);
    float value = l->part[PART_SCALE][m] * (whole - zero);
    if (c->after == 0 || same_bits(value, c->after)) return RSL_OK;
    return rsl_fail(RSL_EARG, "a scale or zero point changed: the cells are needed to read it");
}

static int change_use(struct rsl_integer_network *q, const struct rsl_cells *cells,
                      const struct integer_use *use, const struct rsl_change *c) {
    if (use->layer == RSL_ABSENT) {
        struct rsl_tensor *constant = &q->graph.values.at[use->value].tensor;
        return put(q, use->value, (float *)constant->data + c->index, &c->after, 4);
    }
    struct rsl_integer_layer *l = &q->layers[use->layer];
    if (use->part != PARTS) return change_part(q, l, use->part, (int)c->index, c->after);
    int m = integer_channel(l, c->index);
    int8_t w = rsl_integer_weight(l, m, c->code_after);
    RSL_TRY(put(q, l->w, &l->w_data[c->index], &w, 1));
    return cells ? change_grid(q, cells, c->tensor, l, m, c->index) : check_grid(l, m, c);
}

int rsl_integer_apply(struct rsl_integer_network *q, const struct rsl_cells *cells,
                      const struct rsl_change *changes, size_t n) {
    forget_written(q);
    for (size_t i = 0; i < n; i++)
        for (const struct integer_use *u = q->tensors[changes[i].tensor].uses; u; u = u->next)
            RSL_TRY(change_use(q, cells, u, &changes[i]));
    return RSL_OK;
}

int rsl_integer_undo(struct rsl_integer_network *q) {
    forget_written(q);
    while (q->undo.n > 0) {
        const struct rsl_integer_undo *u = &q->undo.at[--q->undo.n];
        memcpy(u->at, &u->was, (size_t)u->bytes);
        RSL_TRY(mark(q, u->value));
    }
    return RSL_OK;
}
