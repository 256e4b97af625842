/* Constant: the value of one of its attributes: a tensor, a number, or a list of numbers. Sparse
 * tensors and strings are refused. */
#include <string.h>

#include "ops/op.h"

/* A view of the attribute's value; only read. */
static int content(const struct rsl_call *c, struct rsl_tensor *t) {
    for (int k = 0; k < c->node->n_attrs; k++) {
        const struct rsl_attr *a = &c->node->attrs[k];
        int64_t n = (int64_t)a->count;
        if (strcmp(a->name, "value") == 0 && a->type == RSL_ATTR_TENSOR)
            *t = *a->t;
        else if (strcmp(a->name, "value_float") == 0 && a->type == RSL_ATTR_FLOAT)
            *t = (struct rsl_tensor){RSL_f32, {.rank = 0}, (void *)(uintptr_t)&a->f};
        else if (strcmp(a->name, "value_int") == 0 && a->type == RSL_ATTR_INT)
            *t = (struct rsl_tensor){RSL_i64, {.rank = 0}, (void *)(uintptr_t)&a->i};
        else if (strcmp(a->name, "value_floats") == 0 && a->type == RSL_ATTR_FLOATS)
            *t = (struct rsl_tensor){RSL_f32, rsl_shape_of(1, &n), (void *)(uintptr_t)a->floats};
        else if (strcmp(a->name, "value_ints") == 0 && a->type == RSL_ATTR_INTS)
            *t = (struct rsl_tensor){RSL_i64, rsl_shape_of(1, &n), (void *)(uintptr_t)a->ints};
        else
            return rsl_fail(RSL_EUNSUPPORTED, "attribute '%s' of its type is not offered", a->name);
        return RSL_OK;
    }
    return rsl_fail(RSL_EGRAPH, "the value is missing");
}

static int infer(struct rsl_call *c) {
    struct rsl_tensor t;
    RSL_TRY(content(c, &t));
    return rsl_set_out(c, 0, t.dtype, &t.shape);
}

static int forward(const struct rsl_call *c) {
    struct rsl_tensor t;
    RSL_TRY(content(c, &t));
    if (rsl_tensor_bytes(&t)) memcpy(c->out[0]->data, t.data, rsl_tensor_bytes(&t));
    return RSL_OK;
}

const struct rsl_op rsl_op_Constant = {
    .name = "Constant",
    .domain = "",
    .in_min = 0,
    .in_max = 0,
    .out_min = 1,
    .out_max = 1,
    .infer = infer,
    .forward = forward,
};
