/* Where: y = condition ? a : b; all three broadcast. Elements are copied as they are, so any type
 * goes. */
#include "graph/gradient.h"
#include "ops/op.h"
#include "ops/rows.h"

#define CHOOSE(type)                                                               \
    for (int64_t i = 0; i < w->row; i++)                                           \
    ((type *)y)[i] = condition[i * w->step[0]] ? ((const type *)a)[i * w->step[1]] \
                                               : ((const type *)b)[i * w->step[2]]

static void choose_row(const struct rsl_rows *w, const uint8_t *condition, const void *a,
                       const void *b, void *y, size_t bytes) {
    if (bytes == 1)
        CHOOSE(uint8_t);
    else if (bytes == 2)
        CHOOSE(uint16_t);
    else if (bytes == 4)
        CHOOSE(uint32_t);
    else
        CHOOSE(uint64_t);
}

static int infer(struct rsl_call *c) {
    RSL_TRY(rsl_need_dtype(c, 0, "bool"));
    if (c->in[1]->dtype != c->in[2]->dtype)
        return rsl_fail(RSL_ESHAPE, "input 1 has type %s, input 2 has type %s",
                        rsl_dtype_name((int)c->in[1]->dtype), rsl_dtype_name((int)c->in[2]->dtype));
    struct rsl_shape shape;
    RSL_TRY(rsl_broadcast(&c->in[0]->shape, &c->in[1]->shape, &shape));
    RSL_TRY(rsl_broadcast(&shape, &c->in[2]->shape, &shape));
    return rsl_set_out(c, 0, c->in[1]->dtype, &shape);
}

static int forward(const struct rsl_call *c) {
    const uint8_t *condition = c->in[0]->data;
    const char *a = c->in[1]->data, *b = c->in[2]->data;
    char *y = c->out[0]->data;
    size_t bytes = rsl_dtype_bytes((int)c->out[0]->dtype);
    struct rsl_rows w;
    for (rsl_rows_start(&w, &c->out[0]->shape, c->in, 3); w.done < w.count; rsl_rows_next(&w))
        choose_row(&w, condition + w.at[0], a + (size_t)w.at[1] * bytes,
                   b + (size_t)w.at[2] * bytes, y + (size_t)w.done * bytes, bytes);
    return RSL_OK;
}

static int gradient(struct rsl_backward *b) {
    int zero = rsl_emit_number(b, 0);
    for (int i = 1; i < 3; i++) {
        if (!rsl_wanted(b, i)) continue;
        int part = rsl_emit(b, "Where", 3, b->node.in[0], i == 1 ? b->dy[0] : zero,
                            i == 1 ? zero : b->dy[0]);
        b->dx[i] = rsl_emit_sum_to(b, part, i);
    }
    return RSL_OK;
}

const struct rsl_op rsl_op_Where = {
    .name = "Where",
    .domain = "",
    .since = 9,
    .in_min = 3,
    .in_max = 3,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
    .gradient = gradient,
};
