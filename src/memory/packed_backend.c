/* The back end of packed weights: StoredWeights and StoredCodes, and the layers that read their
 * outputs as they are. */
#include "base/status.h"
#include "graph/kernel.h"
#include "memory/packed_call.h"

struct layout {
    struct rsl_layout base;
    struct rsl_packed_source source;
};

struct kernel {
    struct rsl_kernel base;
    struct rsl_packed_layer layer;
};

/* ---- the bits: nothing moves ---- */

static int bind_nothing(struct rsl_kernel *k, void *const *in, void *const *out, void *scratch) {
    (void)k, (void)in, (void)out, (void)scratch;
    return RSL_OK;
}

static int run_nothing(struct rsl_kernel *k) {
    (void)k;
    return RSL_OK;
}

static int offer_bits(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    struct layout *l = rsl_arena_alloc(rq->arena, sizeof *l);
    *kernel = rsl_arena_alloc(rq->arena, sizeof **kernel);
    if (!l || !*kernel) return RSL_ENOMEM;
    RSL_TRY(rsl_packed_of(&l->source, rq->call));
    l->base = (struct rsl_layout){.bytes = 64, .dtype = RSL_u8, .backend = &rsl_backend_packed};
    **kernel = (struct rsl_kernel){.name = "packed bits", .bind = bind_nothing, .run = run_nothing};
    rq->out_layout[0] = &l->base;
    for (int i = 0; i < rq->call->n_in; i++) rq->in_layout[i] = NULL;
    return RSL_OK;
}

/* ---- decoding for others ---- */

struct decoder {
    struct rsl_kernel base;
    const struct rsl_packed_source *source;
    void *out;
};

static int bind_decoder(struct rsl_kernel *k, void *const *in, void *const *out, void *scratch) {
    (void)in, (void)scratch;
    ((struct decoder *)k)->out = out[0];
    return RSL_OK;
}

static int run_decoder(struct rsl_kernel *k) {
    const struct decoder *d = (const struct decoder *)k;
    rsl_packed_decode(d->source, d->out);
    return RSL_OK;
}

static int to_plain(struct rsl_arena *arena, const struct rsl_layout *from,
                    const struct rsl_tensor *t, struct rsl_kernel **kernel) {
    struct decoder *d = rsl_arena_alloc(arena, sizeof *d);
    if (!d) return RSL_ENOMEM;
    (void)t;
    d->base =
        (struct rsl_kernel){.name = "packed decode", .bind = bind_decoder, .run = run_decoder};
    d->source = &((const struct layout *)from)->source;
    *kernel = &d->base;
    return RSL_OK;
}

/* ---- layers ---- */

static int bind_layer(struct rsl_kernel *base, void *const *in, void *const *out, void *scratch) {
    struct kernel *k = (struct kernel *)base;
    rsl_packed_bind(&k->layer, in, out[0]);
    rsl_packed_layer_bind(&k->layer, scratch);
    return RSL_OK;
}

static int run_layer(struct rsl_kernel *base) {
    rsl_packed_layer_run(&((struct kernel *)base)->layer);
    return RSL_OK;
}

static int offer_layer(struct rsl_kernel_request *rq, const struct layout *weights,
                       struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    struct kernel *k = rsl_arena_alloc(rq->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    struct rsl_packed_layer *l = &k->layer;
    l->cpu = rsl_packed_best();
    l->threads = rq->threads;
    if (!rsl_packed_describe(l, &weights->source, c)) return RSL_OK;
    int rc;
    if (!rsl_packed_layer_plan(l, rq->arena, &rc)) return rc;
    k->base.name = l->cpu->kernel;
    k->base.bind = bind_layer;
    k->base.run = run_layer;
    for (int i = 0; i < c->n_in; i++)
        if (i != 1) rq->in_layout[i] = NULL;
    rq->scratch = l->scratch;
    *kernel = &k->base;
    return RSL_OK;
}

static int select(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_node *n = rq->call->node;
    const struct rsl_layout *weights = n->n_in > 1 ? rq->in_layout[1] : NULL;
    if (n->op == &rsl_op_StoredWeights || n->op == &rsl_op_StoredCodes)
        return offer_bits(rq, kernel);
    if (!weights || weights->backend != &rsl_backend_packed) return RSL_OK;
    return offer_layer(rq, (const struct layout *)weights, kernel);
}

const struct rsl_backend rsl_backend_packed = {
    .name = "packed",
    .select = select,
    .to_plain = to_plain,
};
