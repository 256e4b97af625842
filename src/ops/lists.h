/* Lists of integers that a node gets as an attribute in early opsets and as an input in later ones
 * (axes, pads, starts, repeats ...), and lists of axes. */
#ifndef RSL_OPS_LISTS_H
#define RSL_OPS_LISTS_H

#include "ops/op.h"

enum { RSL_LONGEST_LIST = 2 * RSL_MAX_RANK }; /* pads has two per axis */

struct rsl_list {
    bool given; /* false: left out, n = 0 */
    int n;
    int64_t at[RSL_LONGEST_LIST];
};

/* Reads the list from attribute `name` before opset `since` and from input `i` from then on. The
 * other form, too many items, another type than i32 or i64, rank above 1 are refused. `since` 0:
 * always an input; RSL_MANY, with i = -1: always an attribute. The input's value must be known
 * (value_inputs). */
int rsl_read_list(const struct rsl_call *c, const char *name, int i, int since,
                  struct rsl_list *list);
/* The list must be given and have n items. */
int rsl_need_list(const struct rsl_list *list, const char *name, int n);
/* Counts negative axes from the end in place; refuses axes outside of the rank and repeated ones.
 */
int rsl_list_axes(struct rsl_list *list, int rank);
/* Whether the (counted) axes contain `axis`. */
bool rsl_list_has(const struct rsl_list *list, int axis);

/* Element k of the index tensor that is input i, counted from the end when negative; refuses what
 * lies outside of [-limit, limit). For kernels: indices are data. */
int rsl_read_index(const struct rsl_call *c, int i, int64_t k, int64_t limit, int64_t *index);

/* Product of two sizes >= 0, stopping above RSL_MAX_ELEMENTS, where rsl_shape_check refuses. */
int64_t rsl_times(int64_t a, int64_t b);

/* v brought into [low, high]. */
int64_t rsl_clamp(int64_t v, int64_t low, int64_t high);

/* A dimension split around an axis: outer slices of n items of inner elements each. */
struct rsl_span {
    int64_t outer, n, inner;
};
struct rsl_span rsl_span_at(const struct rsl_shape *s, int axis);

#endif
