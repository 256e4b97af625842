/* See qlinear.h. */
#include "dnnl/qlinear.h"

#include "base/status.h"
#include "dnnl/lanes.h"

#include <math.h>
#include <string.h>

bool rsl_dnnl_exact_products(void) {
    switch (dnnl_get_effective_cpu_isa()) {
        case dnnl_cpu_isa_avx2_vnni:
        case dnnl_cpu_isa_avx512_core_vnni:
        case dnnl_cpu_isa_avx512_core_bf16:
        case dnnl_cpu_isa_avx512_core_amx:
            return true;
        default:
            return false;
    }
}

/* ---- the pass after the products ---- */

enum { PIECE = 256 };

/* The arithmetic of fused_qlinear.h for n channels of one row. */
RSL_LANES_INLINE finish_piece(const struct qlinear_finish *f, int64_t n, const int32_t *sum,
                              const float *multiplier, const float *bias, const float *z,
                              float *t) {
    for (int64_t i = 0; i < n; i++) t[i] = (float)sum[i];
    if (bias)
        for (int64_t i = 0; i < n; i++) t[i] += bias[i];
    for (int64_t i = 0; i < n; i++) t[i] *= multiplier[i];
    if (z)
        for (int64_t i = 0; i < n; i++) t[i] += z[i];
    if (f->end.relu)
        for (int64_t i = 0; i < n; i++) t[i] = t[i] < 0 ? 0 : t[i];
    if (z)
        for (int64_t i = 0; i < n; i++) t[i] *= f->end.residual_scale;
    if (f->end.to == RSL_f32) return;
    float low = rsl_qlinear_low(f->end.to), high = rsl_qlinear_high(f->end.to);
    for (int64_t i = 0; i < n; i++) {
        float v = t[i] > low ? t[i] : low;
        t[i] = rsl_qlinear_round(v < high ? v : high);
    }
}

/* sum - zero * total, modulo 2^32. */
RSL_LANES_INLINE correct(int64_t n, const int32_t *sum, const int32_t *zero, int32_t total,
                         int32_t *out) {
    for (int64_t i = 0; i < n; i++)
        out[i] = (int32_t)((uint32_t)sum[i] - (uint32_t)zero[i] * (uint32_t)total);
}

RSL_LANES_INLINE store_piece(enum rsl_dtype to, int64_t n, const float *t, void *y) {
    if (to == RSL_f32)
        memcpy(y, t, (size_t)n * sizeof *t);
    else if (to == RSL_i8)
        for (int64_t i = 0; i < n; i++) ((int8_t *)y)[i] = (int8_t)(int32_t)t[i];
    else
        for (int64_t i = 0; i < n; i++) ((uint8_t *)y)[i] = (uint8_t)(int32_t)t[i];
}

static void widen(dnnl_data_type_t type, int64_t n, const void *z, float *out) {
    if (type == dnnl_s8)
        for (int64_t i = 0; i < n; i++) out[i] = (float)((const int8_t *)z)[i];
    else
        for (int64_t i = 0; i < n; i++) out[i] = (float)((const uint8_t *)z)[i];
}

/* Channels from..from+n-1 of a row, all of one group. */
RSL_LANES static void finish_run(const struct qlinear_finish *f, void *const *data, int64_t row,
                                 int64_t from, int64_t n, int32_t total) {
    float t[PIECE], z[PIECE];
    int32_t corrected[PIECE];
    int64_t at = row * f->channels + from;
    const int32_t *sum = (const int32_t *)data[1] + at;
    const float *bias = data[3] ? (const float *)data[3] + from : NULL;
    if (data[5]) {
        correct(n, sum, (const int32_t *)data[5] + from, total, corrected);
        sum = corrected;
    }
    if (data[4]) widen(f->z, n, (const char *)data[4] + at, z);
    finish_piece(f, n, sum, (const float *)data[2] + from, bias, data[4] ? z : NULL, t);
    store_piece(f->end.to, n, t, (char *)data[0] + (size_t)at * rsl_dtype_bytes((int)f->end.to));
}

/* A seq_function: data = {y, sums, multiplier, bias, residual, zero, totals}, absent where there
 * is none. Rows of channels; totals[row] is the sum of the X that the row's products are with. */
enum { FINISH_DATA = 7 };
static void finish_rows(const void *context, void *const *data) {
    const struct qlinear_finish *f = context;
    int64_t each = f->channels / f->groups;
    const int32_t *totals = data[6];
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < f->rows; row++)
        for (int64_t g = 0; g < f->groups; g++)
            for (int64_t k = 0; k < each; k += PIECE)
                finish_run(f, data, row, g * each + k, each - k < PIECE ? each - k : PIECE,
                           totals ? totals[row * f->groups + g] : 0);
}

int rsl_dnnl_qlinear_end(struct seq *s, const struct rsl_call *c,
                         const struct qlinear_finish *finish, struct rsl_arena *a, int sums, int y,
                         int residual, int totals) {
    struct qlinear_finish *own = rsl_arena_memdup(a, finish, sizeof *finish);
    int data[FINISH_DATA] = {y, sums, RSL_ABSENT, RSL_ABSENT, residual, RSL_ABSENT, totals};
    static const int inputs[][2] = {
        {2, RSL_QLINEAR_MULTIPLIER}, {3, RSL_QLINEAR_BIAS}, {5, RSL_QLINEAR_ZERO}};
    if (!own) return RSL_ENOMEM;
    if (totals == RSL_ABSENT) own->groups = 1;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        int input = inputs[i][1];
        dnnl_memory_desc_t md;
        if (!rsl_input(c, input)) continue;
        if (!rsl_dnnl_plain(&c->in[input]->shape, &md))
            return rsl_fail(RSL_EINTERNAL, "input %d cannot be described", input);
        data[inputs[i][0]] = rsl_seq_in(s, input, &md);
        if (data[inputs[i][0]] < 0) return data[inputs[i][0]];
    }
    return rsl_seq_function(s, finish_rows, own, data, FINISH_DATA, false);
}

/* ---- the kernel ---- */

enum way { OWN, DIRECT, SPLIT, WAYS };

struct qlinear {
    struct rsl_kernel base;
    struct qlinear_ways ways;
    int n_in;
    int64_t channels;
    const float *made_for; /* [channels] multipliers that `direct` was made for */
    void *in[RSL_QLINEAR_INPUTS], *out[1], *scratch;
    bool fresh[WAYS]; /* has the weights as they are */
    enum way way;
};

static struct rsl_kernel *kernel_of(const struct qlinear *k, enum way way) {
    struct seq *const s[WAYS] = {k->ways.own, k->ways.direct, k->ways.split};
    return s[way] ? &s[way]->base : NULL;
}

static bool all_finite(const float *v, int64_t n) {
    bool finite = true;
    for (int64_t i = 0; i < n && v; i++) finite = finite && isfinite(v[i]);
    return finite;
}

static bool all_zero(const int32_t *v, int64_t n) {
    bool zero = true;
    for (int64_t i = 0; i < n && v; i++) zero = zero && v[i] == 0;
    return zero;
}

static bool direct_serves(const struct qlinear *k) {
    const float *multiplier = k->in[RSL_QLINEAR_MULTIPLIER], *bias = k->in[RSL_QLINEAR_BIAS];
    size_t bytes = (size_t)k->channels * sizeof *multiplier;
    return k->ways.direct && memcmp(multiplier, k->made_for, bytes) == 0 &&
           all_finite(bias, k->channels) && all_finite(multiplier, k->channels);
}

/* Gives a way its memory and the weights. */
static int freshen(struct qlinear *k, enum way way) {
    struct rsl_kernel *kernel = kernel_of(k, way);
    if (k->fresh[way]) return RSL_OK;
    k->fresh[way] = true;
    return kernel->bind(kernel, k->in, k->out, k->scratch);
}

static int choose(struct qlinear *k) {
    bool zero = all_zero(k->in[RSL_QLINEAR_ZERO], k->channels);
    k->way = zero && k->ways.own ? OWN : zero && direct_serves(k) ? DIRECT : SPLIT;
    if (!kernel_of(k, k->way))
        return rsl_fail(RSL_EINTERNAL, "no kernel takes these constants of an integer layer");
    return freshen(k, k->way);
}

static int bind(struct rsl_kernel *base, void *const *in, void *const *out, void *scratch) {
    struct qlinear *k = (struct qlinear *)base;
    memcpy(k->in, in, (size_t)k->n_in * sizeof *in);
    k->out[0] = out[0];
    k->scratch = scratch;
    memset(k->fresh, 0, sizeof k->fresh);
    return choose(k);
}

static int run(struct rsl_kernel *base) {
    struct rsl_kernel *kernel =
        kernel_of((const struct qlinear *)base, ((struct qlinear *)base)->way);
    return kernel->run(kernel);
}

static int reload(struct rsl_kernel *base, int i) {
    struct qlinear *k = (struct qlinear *)base;
    if (i == RSL_QLINEAR_W) memset(k->fresh, 0, sizeof k->fresh);
    return choose(k);
}

void rsl_dnnl_qlinear_free(struct qlinear_ways *ways) {
    struct seq *const s[WAYS] = {ways->own, ways->direct, ways->split};
    for (int i = 0; i < WAYS; i++)
        if (s[i]) s[i]->base.free(&s[i]->base);
    *ways = (struct qlinear_ways){0};
}

static void release(struct rsl_kernel *base) {
    rsl_dnnl_qlinear_free(&((struct qlinear *)base)->ways);
}

int rsl_dnnl_qlinear_kernel(struct rsl_kernel_request *rq, int64_t channels,
                            const struct qlinear_ways *ways, struct rsl_kernel **kernel) {
    struct qlinear *k = rsl_arena_alloc(rq->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    *k = (struct qlinear){.base = {"", bind, run, reload, NULL, release},
                          .ways = *ways,
                          .n_in = rq->call->n_in,
                          .channels = channels};
    k->made_for = rsl_arena_memdup(rq->arena, rq->call->in[RSL_QLINEAR_MULTIPLIER]->data,
                                   (size_t)channels * sizeof *k->made_for);
    if (!k->made_for) return RSL_ENOMEM;
    for (int i = WAYS - 1; i >= 0; i--)
        if (kernel_of(k, (enum way)i)) k->base.name = kernel_of(k, (enum way)i)->name;
    *kernel = &k->base;
    return RSL_OK;
}
