/* See lists.h. */
#include "ops/lists.h"

#include <string.h>

static int too_long(const char *name, int64_t n) {
    return rsl_fail(RSL_ESHAPE, "'%s' has %lld items, more than any tensor has dimensions", name,
                    (long long)n);
}

static int read_attr(const struct rsl_call *c, const char *name, struct rsl_list *list) {
    const struct rsl_attr *a = rsl_node_attr(c->node, name);
    if (!a) return RSL_OK;
    if (a->type != RSL_ATTR_INTS)
        return rsl_fail(RSL_EGRAPH, "attribute '%s' is not a list of integers", name);
    if (a->count > RSL_LONGEST_LIST) return too_long(name, (int64_t)a->count);
    list->given = true;
    list->n = (int)a->count;
    if (a->count) memcpy(list->at, a->ints, a->count * sizeof *a->ints);
    return RSL_OK;
}

int rsl_read_list(const struct rsl_call *c, const char *name, int i, int since,
                  struct rsl_list *list) {
    *list = (struct rsl_list){.given = false};
    const struct rsl_tensor *t = rsl_input(c, i);
    if (c->opset < since) {
        if (t)
            return rsl_fail(RSL_EGRAPH, "'%s' is an attribute in opset %d, not input %d", name,
                            c->opset, i);
        return read_attr(c, name, list);
    }
    if (rsl_node_attr(c->node, name))
        return rsl_fail(RSL_EGRAPH, "'%s' is input %d in opset %d, not an attribute", name, i,
                        c->opset);
    if (!t) return RSL_OK;
    RSL_TRY(rsl_need_dtype(c, i, "i64 i32"));
    RSL_TRY(rsl_need_rank(c, i, 0, 1));
    RSL_TRY(rsl_need_value(c, i));
    int64_t n = rsl_tensor_count(t);
    if (n > RSL_LONGEST_LIST) return too_long(name, n);
    list->given = true;
    list->n = (int)n;
    for (int k = 0; k < list->n; k++) list->at[k] = rsl_tensor_int(t, k);
    return RSL_OK;
}

int rsl_need_list(const struct rsl_list *list, const char *name, int n) {
    if (!list->given) return rsl_fail(RSL_EGRAPH, "'%s' is missing", name);
    if (list->n == n) return RSL_OK;
    return rsl_fail(RSL_ESHAPE, "'%s' has %d items, %d are needed", name, list->n, n);
}

bool rsl_list_has(const struct rsl_list *list, int axis) {
    for (int k = 0; k < list->n; k++)
        if (list->at[k] == axis) return true;
    return false;
}

int rsl_list_axes(struct rsl_list *list, int rank) {
    bool seen[RSL_MAX_RANK] = {false};
    for (int k = 0; k < list->n; k++) {
        int axis;
        RSL_TRY(rsl_need_axis(list->at[k], rank, false, &axis));
        if (seen[axis]) return rsl_fail(RSL_ESHAPE, "axis %d is named twice", axis);
        seen[axis] = true;
        list->at[k] = axis;
    }
    return RSL_OK;
}

int rsl_read_index(const struct rsl_call *c, int i, int64_t k, int64_t limit, int64_t *index) {
    int64_t at = rsl_tensor_int(c->in[i], k);
    if (at < -limit || at >= limit)
        return rsl_fail(RSL_EARG,
                        "index %lld, element %lld of input %d, is outside of [-%lld,%lld)",
                        (long long)at, (long long)k, i, (long long)limit, (long long)limit);
    *index = at < 0 ? at + limit : at;
    return RSL_OK;
}

int64_t rsl_times(int64_t a, int64_t b) {
    return b != 0 && a > RSL_MAX_ELEMENTS / b ? RSL_MAX_ELEMENTS + 1 : a * b;
}

int64_t rsl_clamp(int64_t v, int64_t low, int64_t high) {
    return v < low ? low : v > high ? high : v;
}

struct rsl_span rsl_span_at(const struct rsl_shape *s, int axis) {
    return (struct rsl_span){.outer = rsl_shape_span(s, 0, axis),
                             .n = s->dim[axis],
                             .inner = rsl_shape_span(s, axis + 1, s->rank)};
}
