/* TrainingBatchNormGrad: one pass for the sums of dz and dz (x - mean), one that writes dx (and
 * dz).
 *
 * Where the activation was on is seen from y when something was added before it, else recomputed
 * from x, which is read anyway. Sums are made per unit in float and put together in double and in
 * order, whatever the number of threads. */
#include "dnnl/lanes.h"
#include "ops/training_norm.h"

#include <math.h>

struct norm_grad {
    struct units u;
    struct rsl_training_norm t;
    bool from_y;   /* the mask is y > 0 */
    bool residual; /* dz is an output too */
};

/* data: dx, dy, x, scale, bias, mean, variance, dscale, dbias, scratch, y, dz */
enum { DX, DY, X, SCALE, BIAS, MEAN, VARIANCE, DSCALE, DBIAS, SCRATCH, Y, DZ, N_DATA };

/* Per padded channel, one after the other: factors a, b of the forward pass, the mean, and
 * dx = p dz + q (x - mean) + o. */
enum { A, B, M, P, Q, O, N_FACTORS };

/* dz of the row at `at`; x holds the row of x. */
RSL_LANES_INLINE active(const struct norm_grad *k, void *const *data, const lanes *x,
                        const lanes *a, const lanes *b, int64_t at, lanes *dz) {
    lanes_load(dz, data[DY], at, k->u.bf16);
    if (!k->t.relu) return;
    lanes y;
    if (k->from_y)
        lanes_load(&y, data[Y], at, k->u.bf16);
    else
        y = *x * *a + *b;
    lane_bits on = ~(lane_bits)(y <= 0.0F);
    lanes_keep(dz, &on);
}

RSL_LANES static void unit_sums(const struct norm_grad *k, void *const *data, const float *factors,
                                int64_t at, float *sum_dz, float *sum_dzx) {
    const struct units *u = &k->u;
    int64_t padded = u->groups * LANES;
    lanes a, b, mean, x, dz, s = {0}, t = {0};
    lanes_load(&a, factors, A * padded, false);
    lanes_load(&b, factors, B * padded, false);
    lanes_load(&mean, factors, M * padded, false);
    for (int64_t r = 0; r < u->area; r++, at += u->pitch) {
        lanes_load(&x, data[X], at, u->bf16);
        active(k, data, &x, &a, &b, at, &dz);
        s += dz;
        t += dz * (x - mean);
    }
    __builtin_memcpy(sum_dz, &s, sizeof s);
    __builtin_memcpy(sum_dzx, &t, sizeof t);
}

RSL_LANES static void unit_gradient(const struct norm_grad *k, void *const *data,
                                    const float *factors, int64_t at) {
    const struct units *u = &k->u;
    int64_t padded = u->groups * LANES;
    lanes f[N_FACTORS], x, dz, dx;
    for (int i = 0; i < N_FACTORS; i++) lanes_load(&f[i], factors, i * padded, false);
    for (int64_t r = 0; r < u->area; r++, at += u->pitch) {
        lanes_load(&x, data[X], at, u->bf16);
        active(k, data, &x, &f[A], &f[B], at, &dz);
        dx = f[P] * dz + f[Q] * (x - f[M]) + f[O];
        lanes_store(&dx, data[DX], at, u->bf16);
        if (k->residual) lanes_store(&dz, data[DZ], at, u->bf16);
    }
}

static double reciprocal_deviation(const struct norm_grad *k, void *const *data, int64_t c) {
    return 1 / sqrt((double)((const float *)data[VARIANCE])[c] + k->t.epsilon);
}

/* As the forward pass computed them, so that the mask is the same. */
static void prepare(const struct norm_grad *k, void *const *data, int64_t c, float *factors) {
    int64_t padded = k->u.groups * LANES;
    double mean = (double)((const float *)data[MEAN])[c];
    double a = (double)((const float *)data[SCALE])[c] * reciprocal_deviation(k, data, c);
    factors[A * padded + c] = (float)a;
    factors[B * padded + c] = (float)((double)((const float *)data[BIAS])[c] - mean * a);
    factors[M * padded + c] = (float)mean;
}

static void combine(const struct norm_grad *k, void *const *data, int64_t c, float *factors) {
    const struct units *u = &k->u;
    int64_t padded = u->groups * LANES;
    const float *sums = (const float *)data[SCRATCH] + N_FACTORS * padded;
    const float *more = sums + u->batch * padded;
    double dbias = 0, dzx = 0, count = (double)u->batch * (double)u->area;
    for (int64_t n = 0; n < u->batch; n++) {
        dbias += (double)sums[n * padded + c];
        dzx += (double)more[n * padded + c];
    }
    double r = reciprocal_deviation(k, data, c);
    double p = (double)((const float *)data[SCALE])[c] * r;
    ((float *)data[DBIAS])[c] = (float)dbias;
    ((float *)data[DSCALE])[c] = (float)(dzx * r);
    factors[P * padded + c] = (float)p;
    factors[Q * padded + c] = (float)(-p * r * r * dzx / count);
    factors[O * padded + c] = (float)(-p * dbias / count);
}

static void backward(const void *context, void *const *data) {
    const struct norm_grad *k = context;
    const struct units *u = &k->u;
    int64_t padded = u->groups * LANES, units = u->batch * u->groups;
    float *factors = data[SCRATCH], *sums = factors + N_FACTORS * padded;
    __builtin_memset(factors, 0, (size_t)(N_FACTORS * padded) * sizeof *factors);
    for (int64_t c = 0; c < u->channels; c++) prepare(k, data, c, factors);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < units; i++)
        unit_sums(k, data, factors + i % u->groups * LANES, unit_start(u, i), sums + i * LANES,
                  sums + (units + i) * LANES);
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < u->channels; c++) combine(k, data, c, factors);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < units; i++)
        unit_gradient(k, data, factors + i % u->groups * LANES, unit_start(u, i));
}

/* Input i in the layout of x. */
static int take(struct rsl_kernel_request *rq, struct seq *s, int i,
                const dnnl_memory_desc_t *want) {
    dnnl_memory_desc_t have;
    if (!rsl_dnnl_describe(rq->call->in[i], rq->in_layout[i], &have))
        return rsl_fail(RSL_EINTERNAL, "input %d cannot be described", i);
    return rsl_seq_take(s, rq->call, i, &have, want);
}

static int build(struct rsl_kernel_request *rq, struct norm_grad *k, struct seq *s,
                 const dnnl_memory_desc_t *want) {
    dnnl_memory_desc_t channel, scratch;
    dnnl_dims_t channels = {k->u.channels};
    dnnl_dims_t floats = {(N_FACTORS + 2 * k->u.batch) * k->u.groups * LANES};
    dnnl_memory_desc_init_by_tag(&channel, 1, channels, dnnl_f32, dnnl_a);
    dnnl_memory_desc_init_by_tag(&scratch, 1, floats, dnnl_f32, dnnl_a);
    int m[N_DATA] = {[DX] = rsl_seq_give(s, rq, 0, want),
                     [DY] = take(rq, s, 0, want),
                     [X] = take(rq, s, 1, want),
                     [SCALE] = rsl_seq_in(s, 2, &channel),
                     [BIAS] = rsl_seq_in(s, 3, &channel),
                     [MEAN] = rsl_seq_in(s, 4, &channel),
                     [VARIANCE] = rsl_seq_in(s, 5, &channel),
                     [DSCALE] = rsl_seq_out(s, 1, &channel),
                     [DBIAS] = rsl_seq_out(s, 2, &channel),
                     [SCRATCH] = rsl_seq_scratch(s, &scratch)};
    m[Y] = k->from_y ? take(rq, s, 6, want) : m[X];
    m[DZ] = k->residual ? rsl_seq_give(s, rq, 3, want) : m[DX];
    for (int i = 0; i < N_DATA; i++)
        if (m[i] < 0) return m[i];
    return rsl_seq_function(s, backward, k, m, N_DATA, false);
}

int rsl_dnnl_training_norm_grad(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    dnnl_memory_desc_t have, want;
    struct norm_grad *k = rsl_arena_alloc(rq->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    RSL_TRY(rsl_training_norm(&k->t, c, 1, 2, 5));
    k->residual = c->n_out > 3 && c->out[3];
    k->from_y = k->t.relu && rsl_node_int(c->node, "residual", 0);
    if (!rsl_dnnl_describe(c->in[1], rq->in_layout[1], &have) || c->n_out < 3 || !c->out[0] ||
        !c->out[1] || !c->out[2] || !rsl_dnnl_unit_layout(&c->in[1]->shape, &have, &want, &k->u))
        return RSL_OK;
    for (int i = 2; i < 6; i++)
        if (rq->in_layout[i]) return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s) return RSL_ENOMEM;
    s->base.name = "dnnl batch statistics, back";
    return rsl_seq_done(s, build(rq, k, s, &want), rq, kernel);
}
