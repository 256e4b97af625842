/* Sequences of primitives; see dnnl_int.h. */
#include "base/alloc.h"
#include "base/status.h"
#include "dnnl/dnnl_int.h"

static int refused(dnnl_status_t status, const char *what) {
    return rsl_fail(status == dnnl_out_of_memory ? RSL_ENOMEM : RSL_EINTERNAL,
                    "oneDNN could not %s (status %d)", what, (int)status);
}

static void call_function(const struct seq *s, const struct seq_step *step) {
    void *data[SEQ_DATA] = {NULL};
    for (int k = 0; k < SEQ_DATA; k++)
        if (step->data[k] != RSL_ABSENT)
            dnnl_memory_get_data_handle(s->memories[step->data[k]].handle, &data[k]);
    step->function(step->context, data);
}

static int execute(const struct seq *s, bool pack) {
    for (int i = 0; i < s->n_steps; i++) {
        const struct seq_step *step = &s->steps[i];
        if (step->pack != pack) continue;
        if (!step->primitive) {
            call_function(s, step);
            continue;
        }
        dnnl_status_t status =
            dnnl_primitive_execute(step->primitive, rsl_dnnl_stream(), step->n_args, step->args);
        if (status != dnnl_success) return refused(status, "run a primitive");
    }
    return RSL_OK; /* the CPU stream is synchronous: nothing to wait for */
}

static int run(struct rsl_kernel *k) {
    return execute((const struct seq *)k, false);
}

static int bind(struct rsl_kernel *k, void *const *in, void *const *out, void *scratch) {
    struct seq *s = (struct seq *)k;
    for (int i = 0; i < s->n_memories; i++) {
        struct seq_memory *m = &s->memories[i];
        void *p = m->owned;
        if (m->place == SEQ_IN) p = in[m->index];
        if (m->place == SEQ_OUT) p = out[m->index];
        if (m->place == SEQ_SCRATCH) p = (char *)scratch + m->offset;
        dnnl_status_t status = dnnl_memory_set_data_handle_v2(m->handle, p, rsl_dnnl_stream());
        if (status != dnnl_success) return refused(status, "bind memory");
    }
    return execute(s, true);
}

static int reload(struct rsl_kernel *k, int input) {
    const struct seq *s = (const struct seq *)k;
    return s->packed_inputs >> input & 1 ? execute(s, true) : RSL_OK;
}

static void release(struct rsl_kernel *k) {
    struct seq *s = (struct seq *)k;
    for (int i = 0; i < s->n_steps; i++)
        if (s->steps[i].primitive) dnnl_primitive_destroy(s->steps[i].primitive);
    for (int i = 0; i < s->n_memories; i++) {
        dnnl_memory_destroy(s->memories[i].handle);
        rsl_free(s->memories[i].owned);
    }
    s->n_steps = s->n_memories = 0;
}

struct seq *rsl_seq_new(struct rsl_arena *a) {
    struct seq *s = rsl_arena_alloc(a, sizeof *s);
    if (s) s->base = (struct rsl_kernel){"dnnl", bind, run, reload, rsl_seq_patch, release};
    return s;
}

static int add_memory(struct seq *s, enum seq_place place, int index,
                      const dnnl_memory_desc_t *md) {
    bool shared = place == SEQ_IN || place == SEQ_OUT;
    for (int i = 0; i < s->n_memories && shared; i++)
        if (s->memories[i].place == place && s->memories[i].index == index) return i;
    if (s->n_memories == SEQ_MEMORIES)
        return rsl_fail(RSL_EINTERNAL, "a sequence of primitives has too many memories");
    struct seq_memory m = {.place = place, .index = index};
    size_t bytes = dnnl_memory_desc_get_size(md);
    dnnl_status_t status = dnnl_memory_create(&m.handle, md, rsl_dnnl_engine(), DNNL_MEMORY_NONE);
    if (status != dnnl_success) return refused(status, "describe memory");
    if (place == SEQ_PACKED && !(m.owned = rsl_malloc(bytes))) {
        dnnl_memory_destroy(m.handle);
        return RSL_ENOMEM;
    }
    if (place == SEQ_SCRATCH) {
        m.offset = s->scratch;
        s->scratch += (bytes + RSL_ALIGN - 1) / RSL_ALIGN * RSL_ALIGN;
    }
    s->memories[s->n_memories] = m;
    return s->n_memories++;
}

int rsl_seq_in(struct seq *s, int input, const dnnl_memory_desc_t *md) {
    return add_memory(s, SEQ_IN, input, md);
}

int rsl_seq_out(struct seq *s, int output, const dnnl_memory_desc_t *md) {
    return add_memory(s, SEQ_OUT, output, md);
}

int rsl_seq_scratch(struct seq *s, const dnnl_memory_desc_t *md) {
    return add_memory(s, SEQ_SCRATCH, 0, md);
}

int rsl_seq_packed(struct seq *s, int input, const dnnl_memory_desc_t *md) {
    s->packed_inputs |= 1u << input;
    return add_memory(s, SEQ_PACKED, input, md);
}

static int new_step(struct seq *s, struct seq_step **step) {
    if (s->n_steps == SEQ_STEPS)
        return rsl_fail(RSL_EINTERNAL, "a sequence of primitives has too many steps");
    *step = &s->steps[s->n_steps];
    **step = (struct seq_step){0};
    for (int k = 0; k < SEQ_DATA; k++) (*step)->data[k] = RSL_ABSENT;
    return RSL_OK;
}

int rsl_seq_add(struct seq *s, const_dnnl_primitive_desc_t pd, const struct seq_arg *args, int n) {
    struct seq_step *step;
    RSL_TRY(new_step(s, &step));
    for (int i = 0; i < n; i++)
        step->args[step->n_args++] =
            (dnnl_exec_arg_t){args[i].arg, s->memories[args[i].memory].handle};
    const dnnl_memory_desc_t *pad = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    if (pad && dnnl_memory_desc_get_size(pad)) {
        int m = rsl_seq_scratch(s, pad);
        if (m < 0) return m;
        step->args[step->n_args++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, s->memories[m].handle};
    }
    dnnl_status_t status = dnnl_primitive_create(&step->primitive, pd);
    if (status != dnnl_success) return refused(status, "create a primitive");
    s->n_steps++;
    return RSL_OK;
}

int rsl_seq_function(struct seq *s, seq_function f, const void *context, const int *memories, int n,
                     bool pack) {
    struct seq_step *step;
    RSL_TRY(new_step(s, &step));
    step->function = f;
    step->context = context;
    step->pack = pack;
    for (int i = 0; i < n; i++) step->data[i] = memories[i];
    s->n_steps++;
    return RSL_OK;
}

int rsl_seq_reorder(struct seq *s, int from, int to, bool pack) {
    const dnnl_memory_desc_t *a, *b;
    dnnl_memory_get_memory_desc(s->memories[from].handle, &a);
    dnnl_memory_get_memory_desc(s->memories[to].handle, &b);
    dnnl_primitive_attr_t attr = rsl_dnnl_attr();
    dnnl_primitive_desc_t pd;
    dnnl_status_t status =
        dnnl_reorder_primitive_desc_create(&pd, a, rsl_dnnl_engine(), b, rsl_dnnl_engine(), attr);
    dnnl_primitive_attr_destroy(attr);
    if (status != dnnl_success) return refused(status, "reorder a tensor");
    const struct seq_arg args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    int rc = rsl_seq_add(s, pd, args, 2);
    dnnl_primitive_desc_destroy(pd);
    if (rc == RSL_OK) s->steps[s->n_steps - 1].pack = pack;
    return rc;
}

int rsl_seq_patchable(struct seq *s, int input, int from, int packed, seq_moved moved,
                      const void *context) {
    if (s->n_patches == SEQ_PATCHES)
        return rsl_fail(RSL_EINTERNAL, "a sequence of primitives has too many packed inputs");
    s->patches[s->n_patches++] = (struct seq_patch){input, packed, from, moved, context};
    return RSL_OK;
}

int rsl_seq_take(struct seq *s, const struct rsl_call *c, int i, const dnnl_memory_desc_t *have,
                 const dnnl_memory_desc_t *want) {
    int from = rsl_seq_in(s, i, have);
    if (from < 0 || dnnl_memory_desc_equal(have, want)) return from;
    bool constant = c->in[i]->data != NULL;
    int to = constant ? rsl_seq_packed(s, i, want) : rsl_seq_scratch(s, want);
    if (to < 0) return to;
    RSL_TRY(rsl_seq_reorder(s, from, to, constant));
    if (constant) RSL_TRY(rsl_seq_patchable(s, i, from, to, NULL, NULL));
    return to;
}

int rsl_seq_give(struct seq *s, struct rsl_kernel_request *rq, int output,
                 const dnnl_memory_desc_t *md) {
    if (!rsl_dnnl_is_plain(md)) {
        rq->out_layout[output] = rsl_dnnl_layout(rq->arena, md);
        if (!rq->out_layout[output]) return RSL_ENOMEM;
    }
    return rsl_seq_out(s, output, md);
}

int rsl_seq_name(struct seq *s, struct rsl_arena *a, const_dnnl_primitive_desc_t pd) {
    const char *implementation = "?";
    dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &implementation);
    s->base.name = rsl_arena_printf(a, "dnnl %s", implementation);
    return s->base.name ? RSL_OK : RSL_ENOMEM;
}

int rsl_seq_done(struct seq *s, int rc, struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    if (rc < 0) {
        release(&s->base);
        return rc;
    }
    rq->scratch = s->scratch;
    *kernel = &s->base;
    return RSL_OK;
}

dnnl_primitive_attr_t rsl_dnnl_attr(void) {
    dnnl_primitive_attr_t attr = NULL;
    if (dnnl_primitive_attr_create(&attr) == dnnl_success)
        dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    return attr;
}

bool rsl_dnnl_create(dnnl_primitive_desc_t *pd, const void *op, const_dnnl_primitive_desc_t hint) {
    dnnl_primitive_attr_t attr = rsl_dnnl_attr();
    dnnl_status_t status = dnnl_primitive_desc_create(pd, op, attr, rsl_dnnl_engine(), hint);
    dnnl_primitive_attr_destroy(attr);
    return status == dnnl_success;
}
