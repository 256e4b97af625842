/* Activations and same-shape addition over whatever dense layout the input has; see tail.c. */
#include "dnnl/dnnl_int.h"

#include <math.h>
#include <string.h>

static int offer(struct rsl_kernel_request *rq, struct tail tail, int inputs,
                 struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    dnnl_memory_desc_t x, z;
    if (!rsl_dnnl_describe(c->in[0], rq->in_layout[0], &x) || !rsl_dnnl_is_dense(&x)) return RSL_OK;
    if (inputs == 2 && !rsl_dnnl_describe(c->in[1], rq->in_layout[1], &z)) return RSL_OK;
    tail.bf16 = x.data_type == dnnl_bf16;
    tail.count = dnnl_memory_desc_get_size(&x) / (tail.bf16 ? 2 : 4);
    struct tail *own = rsl_arena_memdup(rq->arena, &tail, sizeof tail);
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s || !own) return RSL_ENOMEM;
    s->base.name = "dnnl elementwise";
    int data[3] = {rsl_seq_give(s, rq, 0, &x), rsl_seq_in(s, 0, &x), 0};
    int rc = data[0] < 0 ? data[0] : data[1] < 0 ? data[1] : RSL_OK;
    if (rc == RSL_OK && inputs == 2) {
        data[2] = rsl_seq_take(s, c, 1, &z, &x);
        if (data[2] < 0) rc = data[2];
    }
    if (rc == RSL_OK) rc = rsl_seq_function(s, rsl_tail, own, data, inputs + 1, false);
    return rsl_seq_done(s, rc, rq, kernel);
}

/* Bound i of Clip; false when it is not known now. */
static bool bound(const struct rsl_call *c, int i, const char *attribute, float *value) {
    if (c->opset < 11) {
        *value = rsl_node_float(c->node, attribute, *value);
        return true;
    }
    if (i >= c->n_in || !c->in[i]) return true;
    if (!c->in[i]->data) return false;
    memcpy(value, c->in[i]->data, sizeof *value);
    return true;
}

int rsl_dnnl_activation(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct tail tail = {.act = rsl_tail_named(c->node->op->name)};
    if (tail.act == TAIL_LEAKY_RELU) tail.alpha = rsl_node_float(c->node, "alpha", 0.01F);
    if (tail.act == TAIL_CLIP) {
        tail.alpha = -INFINITY;
        tail.beta = INFINITY;
        if (!bound(c, 1, "min", &tail.alpha) || !bound(c, 2, "max", &tail.beta)) return RSL_OK;
    }
    return offer(rq, tail, 1, kernel);
}

int rsl_dnnl_add(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    if (!rsl_shape_equal(&c->in[0]->shape, &c->in[1]->shape) || c->in[0]->shape.rank == 0)
        return RSL_OK;
    if (c->in[0]->data || c->in[1]->data) return RSL_OK; /* a constant would be packed: no gain */
    return offer(rq, (struct tail){.act = TAIL_NONE}, 2, kernel);
}
