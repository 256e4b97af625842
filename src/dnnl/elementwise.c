/* Activations and same-shape addition over whatever dense layout the input has; see tail.c. */
#include "dnnl/dnnl_int.h"

#include <math.h>
#include <string.h>

/* The result takes the layout of an input that has one; the other is brought into it. */
static int offer(struct rsl_kernel_request *rq, struct tail tail, int inputs,
                 struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    dnnl_memory_desc_t have[2];
    int lead = inputs == 2 && !rq->in_layout[0] && rq->in_layout[1];
    for (int i = 0; i < inputs; i++)
        if (!rsl_dnnl_describe(c->in[i], rq->in_layout[i], &have[i])) return RSL_OK;
    const dnnl_memory_desc_t *y = &have[lead];
    tail.bf16 = y->data_type == dnnl_bf16;
    tail.count = dnnl_memory_desc_get_size(y) / (tail.bf16 ? 2 : 4);
    struct tail *own = rsl_arena_memdup(rq->arena, &tail, sizeof tail);
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s || !own) return RSL_ENOMEM;
    s->base.name = "dnnl elementwise";
    int data[3] = {rsl_seq_give(s, rq, 0, y)};
    for (int i = 0; i < inputs && data[i] >= 0; i++)
        data[1 + i] = rsl_seq_take(s, c, i, &have[i], y);
    int rc = data[0];
    for (int i = 1; i <= inputs && rc >= 0; i++) rc = data[i];
    if (rc >= 0) rc = rsl_seq_function(s, rsl_tail, own, data, inputs + 1, false);
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

int rsl_dnnl_relu_grad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    if (!rsl_shape_equal(&c->in[0]->shape, &c->in[1]->shape) || c->in[0]->shape.rank == 0)
        return RSL_OK;
    return offer(rq, (struct tail){.act = TAIL_RELU_GRAD}, 2, kernel);
}
