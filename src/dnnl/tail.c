/* What follows a convolution, over tensors in any dense layout: residual addition and activation.
 *
 * One pass over memory by all threads, in pieces small enough for the first-level cache. */
#include "base/status.h"
#include "dnnl/lanes.h"
#include "tensor/dtype.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { PIECE = 1024 };

enum tail_activation rsl_tail_named(const char *name) {
    static const struct {
        const char *name;
        enum tail_activation act;
    } table[] = {{"", TAIL_NONE},
                 {"Relu", TAIL_RELU},
                 {"Clip", TAIL_CLIP},
                 {"LeakyRelu", TAIL_LEAKY_RELU},
                 {"HardSwish", TAIL_HARD_SWISH}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0) return table[i].act;
    return TAIL_OTHER;
}

/* Comparisons are written so that NaN takes the branch that keeps it. */
static void activate(const struct tail *t, float *restrict y, const float *restrict x, size_t n) {
    float alpha = t->alpha, beta = t->beta;
    switch (t->act) {
        case TAIL_RELU:
            for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i];
            break;
        case TAIL_CLIP:
            for (size_t i = 0; i < n; i++) {
                float v = x[i] < alpha ? alpha : x[i];
                y[i] = v > beta ? beta : v;
            }
            break;
        case TAIL_LEAKY_RELU:
            for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? alpha * x[i] : x[i];
            break;
        case TAIL_HARD_SWISH:
            for (size_t i = 0; i < n; i++) {
                float v = x[i] / 6 + 0.5F;
                v = v < 0 ? 0 : v;
                y[i] = x[i] * (v > 1 ? 1 : v);
            }
            break;
        default:
            memcpy(y, x, n * sizeof *y);
    }
}

/* The commonest case in one loop. */
static void relu_of_sum(float *y, const float *x, const float *z, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float v = x[i] + z[i];
        y[i] = v < 0 ? 0 : v;
    }
}

static void relu_grad(float *y, const float *x, const float *z, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = z[i] <= 0 ? 0 : x[i];
}

static void piece_f32(const struct tail *t, float *y, const float *x, const float *z, size_t n) {
    float sum[PIECE];
    if (z && t->act == TAIL_RELU) {
        relu_of_sum(y, x, z, n);
        return;
    }
    if (t->act == TAIL_RELU_GRAD) {
        assert(z);
        relu_grad(y, x, z, n);
        return;
    }
    if (z) {
        for (size_t i = 0; i < n; i++) sum[i] = x[i] + z[i];
        activate(t, y, sum, n);
    } else if (y == x) {
        memcpy(sum, x, n * sizeof *sum);
        activate(t, y, sum, n);
    } else {
        activate(t, y, x, n);
    }
}

RSL_LANES static void widen(float *to, const uint16_t *from, size_t n) {
    lanes v;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_load(&v, from, (int64_t)i, true);
        memcpy(to + i, &v, sizeof v);
    }
    for (; i < n; i++) to[i] = rsl_bf16_to_f32(from[i]);
}

RSL_LANES static void narrow(uint16_t *to, const float *from, size_t n) {
    lanes v;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        memcpy(&v, from + i, sizeof v);
        lanes_store(&v, to, (int64_t)i, true);
    }
    for (; i < n; i++) to[i] = rsl_f32_to_bf16(from[i]);
}

static void piece_bf16(const struct tail *t, uint16_t *y, const uint16_t *x, const uint16_t *z,
                       size_t n) {
    float a[PIECE], b[PIECE];
    widen(a, x, n);
    if (z) widen(b, z, n);
    if (t->act == TAIL_RELU_GRAD) {
        relu_grad(b, a, b, n);
    } else {
        for (size_t i = 0; i < n && z; i++) a[i] += b[i];
        activate(t, b, a, n);
    }
    narrow(y, b, n);
}

void rsl_tail(const void *context, void *const *data) {
    const struct tail *t = context;
    size_t bytes = t->bf16 ? 2 : 4;
    char *y = data[0];
    const char *x = data[1], *z = data[2];
    ptrdiff_t pieces = (ptrdiff_t)((t->count + PIECE - 1) / PIECE);
#pragma omp parallel for schedule(static)
    for (ptrdiff_t p = 0; p < pieces; p++) {
        size_t first = (size_t)p * PIECE;
        size_t n = t->count - first < PIECE ? t->count - first : PIECE;
        void *py = y + first * bytes;
        const void *px = x + first * bytes, *pz = z ? z + first * bytes : NULL;
        if (t->bf16)
            piece_bf16(t, py, px, pz, n);
        else
            piece_f32(t, py, px, pz, n);
    }
}

struct tail rsl_tail_of(const struct rsl_node *n) {
    struct tail t = {.act = rsl_tail_named(rsl_node_string(n, "activation", ""))};
    t.alpha = rsl_node_float(n, "alpha", t.act == TAIL_CLIP ? -INFINITY : 0.01F);
    t.beta = rsl_node_float(n, "beta", INFINITY);
    return t;
}

int rsl_seq_tail(struct seq *s, const struct rsl_kernel_request *rq, struct tail tail, int y,
                 const dnnl_memory_desc_t *md) {
    const struct rsl_call *c = rq->call;
    bool residual = c->n_in > 3 && c->in[3];
    if (tail.act == TAIL_NONE && !residual) return RSL_OK;
    tail.bf16 = md->data_type == dnnl_bf16;
    tail.count = dnnl_memory_desc_get_size(md) / (tail.bf16 ? 2 : 4);
    struct tail *own = rsl_arena_memdup(rq->arena, &tail, sizeof tail);
    if (!own) return RSL_ENOMEM;
    int data[3] = {y, y, RSL_ABSENT};
    if (residual) {
        dnnl_memory_desc_t have;
        if (!rsl_dnnl_describe(c->in[3], rq->in_layout[3], &have))
            return rsl_fail(RSL_EINTERNAL, "the residual cannot be described");
        data[2] = rsl_seq_take(s, c, 3, &have, md);
        if (data[2] < 0) return data[2];
    }
    return rsl_seq_function(s, rsl_tail, own, data, residual ? 3 : 2, false);
}
