/* The back end's entry: the engine, and the table from operators to kernel builders. */
#include "dnnl/dnnl_int.h"

#include <pthread.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static dnnl_engine_t engine;
static dnnl_stream_t stream;

/* One engine for the life of the process: oneDNN keeps its caches behind it anyway. */
static void start(void) {
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) {
        engine = NULL;
    } else if (dnnl_stream_create(&stream, engine, dnnl_stream_in_order) != dnnl_success) {
        dnnl_engine_destroy(engine);
        engine = NULL;
    }
}

dnnl_engine_t rsl_dnnl_engine(void) {
    pthread_once(&once, start);
    return engine;
}

dnnl_stream_t rsl_dnnl_stream(void) {
    pthread_once(&once, start);
    return stream;
}

static bool any_empty(const struct rsl_call *c) {
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i] && rsl_tensor_count(c->in[i]) == 0) return true;
    for (int i = 0; i < c->n_out; i++)
        if (c->out[i] && rsl_tensor_count(c->out[i]) == 0) return true;
    return false;
}

struct entry {
    const char *op;
    int (*build)(struct rsl_kernel_request *rq, struct rsl_kernel **kernel);
};

/* Of operators whose input 0 is f32, and of those whose input 0 is an 8-bit integer. */
static const struct entry floats[] = {
#define X(op, function) {#op, function},
#include "dnnl/kernels.def"
#undef X
};
static const struct entry integers[] = {
#define X(op, function) {#op, function},
#include "dnnl/quantized.def"
#undef X
};

/* What another back end left in a layout of its own is wanted plain. */
static void read_plainly(struct rsl_kernel_request *rq) {
    for (int i = 0; i < rq->call->n_in; i++)
        if (!rsl_dnnl_own_layout(rq->in_layout[i])) rq->in_layout[i] = NULL;
}

static int select(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    *kernel = NULL;
    read_plainly(rq);
    const struct rsl_call *c = rq->call;
    dnnl_data_type_t type;
    if (!rsl_dnnl_engine() || c->n_in == 0 || !c->in[0] || !rsl_dnnl_type(c->in[0]->dtype, &type) ||
        any_empty(c))
        return RSL_OK;
    const struct entry *table = type == dnnl_f32 ? floats : integers;
    size_t n =
        type == dnnl_f32 ? sizeof floats / sizeof *floats : sizeof integers / sizeof *integers;
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].op, c->node->op->name) == 0) return table[i].build(rq, kernel);
    return RSL_OK;
}

static int to_plain(struct rsl_arena *a, const struct rsl_layout *from, const struct rsl_tensor *t,
                    struct rsl_kernel **kernel) {
    const struct dnnl_layout *l = (const struct dnnl_layout *)from;
    dnnl_memory_desc_t plain;
    struct seq *s = rsl_seq_new(a);
    if (!s) return RSL_ENOMEM;
    s->base.name = "dnnl reorder to plain";
    dnnl_data_type_t type;
    bool known = rsl_dnnl_type(t->dtype, &type) && rsl_dnnl_plain_as(&t->shape, type, &plain);
    int rc = known ? RSL_OK : RSL_EINTERNAL;
    int in = rc < 0 ? rc : rsl_seq_in(s, 0, &l->md);
    int out = in < 0 ? in : rsl_seq_out(s, 0, &plain);
    rc = out < 0 ? out : rsl_seq_reorder(s, in, out, false);
    if (rc < 0)
        s->base.free(&s->base);
    else
        *kernel = &s->base;
    return rc;
}

const struct rsl_backend rsl_backend_dnnl = {
    .name = "dnnl", .select = select, .to_plain = to_plain, .offset = rsl_dnnl_offset};
