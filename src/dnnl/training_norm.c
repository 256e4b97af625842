/* TrainingBatchNorm: one pass over x for the statistics, one that normalises, adds and activates.
 *
 * Each unit (image, 16 channels) gives its own mean and sum of squared deviations, computed while
 * it is in the cache; the units of a channel are put together in double and in order (Chan, Golub
 * and LeVeque, 1979), so the result does not depend on the number of threads. */
#include "ops/training_norm.h"
#include "dnnl/lanes.h"

#include <math.h>

struct norm {
    struct units u;
    struct rsl_training_norm t;
    bool residual;
};

/* data: y, x, scale, bias, mean, variance, scratch, z */
enum { Y, X, SCALE, BIAS, MEAN, VARIANCE, SCRATCH, Z };

/* Mean of the unit's rows and the squared deviations from it. */
RSL_LANES static void unit_moments(const struct units *u, const void *x, int64_t at, float *mean,
                                   float *squares) {
    lanes sum = {0}, m2 = {0}, v;
    for (int64_t r = 0; r < u->area; r++) {
        lanes_load(&v, x, at + r * u->pitch, u->bf16);
        sum += v;
    }
    sum /= (float)u->area;
    for (int64_t r = 0; r < u->area; r++) {
        lanes_load(&v, x, at + r * u->pitch, u->bf16);
        v -= sum;
        m2 += v * v;
    }
    __builtin_memcpy(mean, &sum, sizeof sum);
    __builtin_memcpy(squares, &m2, sizeof m2);
}

/* y = act(a x + b + z) over one unit. */
RSL_LANES static void unit_normalise(const struct norm *k, void *const *data, const float *ab,
                                     int64_t at) {
    const struct units *u = &k->u;
    lanes a, b, v, z;
    lanes_load(&a, ab, 0, false);
    lanes_load(&b, ab, u->groups * LANES, false);
    for (int64_t r = 0; r < u->area; r++, at += u->pitch) {
        lanes_load(&v, data[X], at, u->bf16);
        v = v * a + b;
        if (k->residual) {
            lanes_load(&z, data[Z], at, u->bf16);
            v += z;
        }
        if (k->t.relu) lanes_relu(&v);
        lanes_store(&v, data[Y], at, u->bf16);
    }
}

/* Puts the units of channel c together: mean and variance, and the factors a and b. */
static void combine(const struct norm *k, void *const *data, int64_t c, float *ab) {
    const struct units *u = &k->u;
    int64_t padded = u->groups * LANES;
    const float *means = data[SCRATCH], *squares = means + u->batch * padded;
    double mean = 0, m2 = 0;
    for (int64_t n = 0; n < u->batch; n++) mean += (double)means[n * padded + c];
    mean /= (double)u->batch;
    for (int64_t n = 0; n < u->batch; n++) {
        double d = (double)means[n * padded + c] - mean;
        m2 += (double)squares[n * padded + c] + d * d * (double)u->area;
    }
    double variance = m2 / ((double)u->batch * (double)u->area);
    double a = (double)((const float *)data[SCALE])[c] / sqrt(variance + k->t.epsilon);
    ((float *)data[MEAN])[c] = (float)mean;
    ((float *)data[VARIANCE])[c] = (float)variance;
    ab[c] = (float)a;
    ab[padded + c] = (float)((double)((const float *)data[BIAS])[c] - mean * a);
}

static void forward(const void *context, void *const *data) {
    const struct norm *k = context;
    const struct units *u = &k->u;
    int64_t padded = u->groups * LANES, units = u->batch * u->groups;
    float *means = data[SCRATCH], *squares = means + u->batch * padded;
    float *ab = squares + u->batch * padded; /* padding lanes stay 0 */
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < units; i++)
        unit_moments(u, data[X], unit_start(u, i), means + i * LANES, squares + i * LANES);
    __builtin_memset(ab, 0, 2 * (size_t)padded * sizeof *ab);
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < u->channels; c++) combine(k, data, c, ab);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < units; i++)
        unit_normalise(k, data, ab + i % u->groups * LANES, unit_start(u, i));
}

static int build(struct rsl_kernel_request *rq, struct norm *k, struct seq *s,
                 const dnnl_memory_desc_t *have, const dnnl_memory_desc_t *want) {
    const struct rsl_call *c = rq->call;
    dnnl_memory_desc_t channel, z, scratch;
    dnnl_dims_t channels = {k->u.channels};
    dnnl_dims_t floats = {2 * (k->u.batch + 1) * k->u.groups * LANES};
    dnnl_memory_desc_init_by_tag(&channel, 1, channels, dnnl_f32, dnnl_a);
    dnnl_memory_desc_init_by_tag(&scratch, 1, floats, dnnl_f32, dnnl_a);
    int m[8] = {rsl_seq_give(s, rq, 0, want), rsl_seq_take(s, c, 0, have, want),
                rsl_seq_in(s, 1, &channel),   rsl_seq_in(s, 2, &channel),
                rsl_seq_out(s, 1, &channel),  rsl_seq_out(s, 2, &channel),
                rsl_seq_scratch(s, &scratch), 0};
    if (k->residual) {
        if (!rsl_dnnl_describe(c->in[3], rq->in_layout[3], &z))
            return rsl_fail(RSL_EINTERNAL, "the residual cannot be described");
        m[Z] = rsl_seq_take(s, c, 3, &z, want);
    }
    for (int i = 0; i < 8; i++)
        if (m[i] < 0) return m[i];
    return rsl_seq_function(s, forward, k, m, k->residual ? 8 : 7, false);
}

int rsl_dnnl_training_norm(struct rsl_kernel_request *rq, struct rsl_kernel **kernel) {
    const struct rsl_call *c = rq->call;
    dnnl_memory_desc_t have, want;
    struct norm *k = rsl_arena_alloc(rq->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    RSL_TRY(rsl_training_norm(&k->t, c, 0, 1, 2));
    k->residual = c->n_in > 3 && c->in[3];
    if (rq->in_layout[1] || rq->in_layout[2] || c->n_out < 3 || !c->out[0] || !c->out[1] ||
        !c->out[2] || !rsl_dnnl_describe(c->in[0], rq->in_layout[0], &have) ||
        !rsl_dnnl_unit_layout(&c->in[0]->shape, &have, &want, &k->u))
        return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    if (!s) return RSL_ENOMEM;
    s->base.name = "dnnl batch statistics";
    return rsl_seq_done(s, build(rq, k, s, &have, &want), rq, kernel);
}
