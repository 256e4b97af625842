/* See qlinear_own.h. */
#include "dnnl/qlinear_own.h"

#include "base/status.h"

#include <string.h>

void *rsl_own_new(const struct qlinear_conv *q, size_t size) {
    struct rsl_own *k = rsl_arena_alloc(q->rq->arena, size);
    if (!k) return NULL;
    *k = (struct rsl_own){.g = q->g,
                          .end = q->end,
                          .is_signed = q->want_x.data_type == dnnl_s8,
                          .z_signed = q->want_z.data_type == dnnl_s8,
                          .threads = q->rq->threads > 0 ? q->rq->threads : 1,
                          .taps = rsl_window_kernel_count(&q->g.window)};
    return k;
}

/* ---- weights ---- */

/* Output channels from `first` on; `was` holds the weights that u was made of. */
static void pack_channels(const struct rsl_own *k, int64_t first, const int8_t *w, int8_t *was,
                          void *u) {
    int64_t channels = k->g.in_channels, each = channels * k->taps;
    bool same[RSL_OWN_LANES];
    for (int64_t m = 0; m < RSL_OWN_LANES; m++)
        same[m] = k->packed &&
                  memcmp(w + (first + m) * each, was + (first + m) * each, (size_t)each) == 0;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t m = 0; m < RSL_OWN_LANES; m++) {
            int64_t at = (first + m) * each + c * k->taps;
            if (same[m] || (k->packed && memcmp(w + at, was + at, (size_t)k->taps) == 0)) continue;
            k->pack_one(k, first + m, c, w + at, u);
        }
    memcpy(was + first * each, w + first * each, (size_t)(RSL_OWN_LANES * each));
}

/* data = {packed weights, a copy of the weights, weights}: only what changed is done again. The
 * context is a pointer to the layer's address, because the layer itself is written to. */
static void pack(const void *context, void *const *data) {
    struct rsl_own *k = *(struct rsl_own *const *)context;
#pragma omp parallel for schedule(static)
    for (int64_t m = 0; m < k->g.out_channels; m += RSL_OWN_LANES)
        pack_channels(k, m, data[2], data[1], data[0]);
    k->packed = true;
}

static void run(const void *context, void *const *data) {
    const struct rsl_own *k = *(struct rsl_own *const *)context;
    k->run(k, data);
}

/* ---- the kernel ---- */

/* Scratch or packed memory of so many bytes. */
static int add_bytes(struct seq *s, size_t bytes, bool packed) {
    struct rsl_shape shape = {1, {(int64_t)bytes}};
    dnnl_memory_desc_t md;
    if (!rsl_dnnl_plain_as(&shape, dnnl_u8, &md))
        return rsl_fail(RSL_EINTERNAL, "a buffer cannot be described");
    return packed ? rsl_seq_packed(s, RSL_QLINEAR_W, &md) : rsl_seq_scratch(s, &md);
}

static int take_weights(const struct rsl_own *k, const struct qlinear_conv *q, struct seq *s,
                        const void *context, int *u) {
    size_t weights = (size_t)(k->g.in_channels * k->g.out_channels * k->taps);
    int w, copy;
    RSL_TRY(w = rsl_seq_in(s, RSL_QLINEAR_W, &q->have_w));
    RSL_TRY(*u = add_bytes(s, k->u_bytes, true));
    RSL_TRY(copy = add_bytes(s, weights, true));
    return rsl_seq_function(s, pack, context, (const int[]){*u, copy, w}, 3, true);
}

_Static_assert((int)RSL_OWN_DATA <= (int)SEQ_DATA,
               "a function of a sequence has so many memories at most");

static int build(const struct rsl_own *k, const struct qlinear_conv *q, const void *context,
                 struct seq *s) {
    int data[RSL_OWN_DATA];
    for (int i = 0; i < RSL_OWN_DATA; i++) data[i] = RSL_ABSENT;
    RSL_TRY(take_weights(k, q, s, context, &data[RSL_OWN_U]));
    RSL_TRY(data[RSL_OWN_X] = rsl_seq_take(s, q->call, RSL_QLINEAR_X, &q->have_x, &q->want_x));
    RSL_TRY(data[RSL_OWN_Y] = rsl_seq_give(s, q->rq, 0, &q->y));
    RSL_TRY(data[RSL_OWN_MULTIPLIER] = rsl_seq_in(s, RSL_QLINEAR_MULTIPLIER, &q->bias));
    if (q->has_bias) RSL_TRY(data[RSL_OWN_BIAS] = rsl_seq_in(s, RSL_QLINEAR_BIAS, &q->bias));
    if (q->residual)
        RSL_TRY(data[RSL_OWN_Z] =
                    rsl_seq_take(s, q->call, RSL_QLINEAR_RESIDUAL, &q->have_z, &q->want_z));
    RSL_TRY(data[RSL_OWN_V] = add_bytes(s, k->v_bytes, false));
    if (k->sums_bytes) RSL_TRY(data[RSL_OWN_SUMS] = add_bytes(s, k->sums_bytes, false));
    RSL_TRY(rsl_seq_function(s, run, context, data, RSL_OWN_DATA, false));
    s->base.name = k->name;
    return RSL_OK;
}

int rsl_own_build(struct rsl_own *k, const struct qlinear_conv *q, struct seq **way,
                  size_t *scratch) {
    struct rsl_own **context = rsl_arena_alloc(q->rq->arena, sizeof *context);
    struct seq *s = rsl_seq_new(q->rq->arena);
    struct rsl_kernel *unused;
    if (!context || !s) return RSL_ENOMEM;
    *context = k;
    RSL_TRY(rsl_seq_done(s, build(k, q, context, s), q->rq, &unused));
    if (*scratch < s->scratch) *scratch = s->scratch;
    *way = s;
    return RSL_OK;
}

#if defined(__x86_64__)

/* Whether a convolution can run so at all: 2-D, ungrouped, constant weights, channels that fit. */
static bool serves(const struct qlinear_conv *q) {
    const struct rsl_conv_geometry *g = &q->g;
    const dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return q->call->in[RSL_QLINEAR_W]->data && g->window.rank == 2 && g->group == 1 &&
           g->in_channels % RSL_OWN_LANES == 0 && g->out_channels % RSL_OWN_LANES == 0 &&
           (isa == dnnl_cpu_isa_avx512_core_vnni || isa == dnnl_cpu_isa_avx512_core_bf16);
}

int rsl_own_way(const struct qlinear_conv *q, struct seq **way, size_t *scratch) {
    if (!serves(q)) return RSL_OK;
    RSL_TRY(rsl_own_winograd(q, way, scratch));
    if (!*way) RSL_TRY(rsl_own_together(q, way, scratch));
    if (!*way) RSL_TRY(rsl_own_columns(q, way, scratch));
    return RSL_OK;
}

#else

int rsl_own_way(const struct qlinear_conv *q, struct seq **way, size_t *scratch) {
    (void)q, (void)way, (void)scratch;
    return RSL_OK;
}

#endif
