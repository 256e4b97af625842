/* The reference back end: the operator's own plain-C kernel, for every node, in plain layout. */
#include "graph/kernel.h"

#include <string.h>

struct reference_kernel {
    struct rsl_kernel base;
    struct rsl_call call;
    struct rsl_tensor *in, *out;           /* own copies, whose data bind() sets */
    const struct rsl_tensor **in_pointers; /* what call.in points to */
    struct rsl_tensor **out_pointers;
};

static int bind(struct rsl_kernel *base, void *const *in, void *const *out, void *scratch) {
    struct reference_kernel *k = (struct reference_kernel *)base;
    for (int i = 0; i < k->call.n_in; i++)
        if (k->in_pointers[i]) k->in[i].data = in[i];
    for (int i = 0; i < k->call.n_out; i++)
        if (k->out_pointers[i]) k->out[i].data = out[i];
    k->call.scratch = scratch;
    return RSL_OK;
}

static int run(struct rsl_kernel *base) {
    struct reference_kernel *k = (struct reference_kernel *)base;
    int rc = k->call.node->op->forward(&k->call);
    if (rc < 0)
        return rsl_fail_in(rc, "node '%s' (%s)", k->call.node->name, k->call.node->op->name);
    return RSL_OK;
}

static int select(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct reference_kernel *k = rsl_arena_alloc(rq->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    k->base = (struct rsl_kernel){.name = "reference", .bind = bind, .run = run};
    k->call = *c;
    k->in = rsl_arena_array(rq->arena, (size_t)c->n_in, sizeof *k->in);
    k->out = rsl_arena_array(rq->arena, (size_t)c->n_out, sizeof *k->out);
    k->in_pointers = rsl_arena_array(rq->arena, (size_t)c->n_in, sizeof *k->in_pointers);
    k->out_pointers = rsl_arena_array(rq->arena, (size_t)c->n_out, sizeof *k->out_pointers);
    if (!k->in || !k->out || !k->in_pointers || !k->out_pointers) return RSL_ENOMEM;
    for (int i = 0; i < c->n_in; i++) {
        rq->in_layout[i] = NULL;
        if (!c->in[i]) continue;
        k->in[i] = *c->in[i];
        k->in_pointers[i] = &k->in[i];
    }
    for (int i = 0; i < c->n_out; i++) {
        if (!c->out[i]) continue;
        k->out[i] = *c->out[i];
        k->out_pointers[i] = &k->out[i];
    }
    k->call.in = k->in_pointers;
    k->call.out = k->out_pointers;
    rq->scratch = c->scratch_size;
    *kernel = &k->base;
    return RSL_OK;
}

const struct rsl_backend rsl_backend_reference = {.name = "reference", .select = select};
