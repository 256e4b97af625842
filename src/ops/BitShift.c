/* BitShift: a << b or a >> b, as direction says, of unsigned integers. Shifts by the width of the
 * type or more give 0. */
#include "ops/elementwise.h"

#include <string.h>

RSL_BINARY(left_u64, uint64_t, b < 64 ? a << b : 0)
RSL_BINARY(right_u64, uint64_t, b < 64 ? a >> b : 0)

static const struct rsl_kernels left = {.u64 = left_u64};
static const struct rsl_kernels right = {.u64 = right_u64};

static int infer(struct rsl_call *c) {
    const char *direction = rsl_node_string(c->node, "direction", "");
    if (strcmp(direction, "LEFT") != 0 && strcmp(direction, "RIGHT") != 0)
        return rsl_fail(RSL_EGRAPH, "direction is '%s', it must be LEFT or RIGHT", direction);
    return rsl_infer_elementwise(c, &left);
}

static int forward(const struct rsl_call *c) {
    bool to_left = strcmp(rsl_node_string(c->node, "direction", ""), "LEFT") == 0;
    return rsl_elementwise(c, to_left ? &left : &right, NULL);
}

const struct rsl_op rsl_op_BitShift = {
    .name = "BitShift",
    .domain = "",
    .since = 11,
    .in_min = 2,
    .in_max = 2,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
