/* Speed of packed networks beside two others; see resile/packed.h. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/philox.h"
#include "base/status.h"
#include "graph/model.h"
#include "graph/plan.h"
#include "memory/packed_graph.h"
#include "resile/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORKS = 3, PACKED = 0, PLAIN = 1, W8 = 2, FEWEST = 5, MOST = 4096 };

/* More than any last-level cache holds. */
#define FLUSH ((size_t)96 << 20)

struct network {
    struct rsl_memory *image;
    struct rsl_plan *plan;
    char storage[RSL_STORAGE_TEXT];
    double *whole, *linear; /* [MOST] */
};

struct bench {
    struct network network[NETWORKS];
    uint8_t *flush;
    int64_t passes;
};

static int make_network(struct network *n, const struct rsl_model *m, const char *storage,
                        const struct rsl_bench_packed_options *o) {
    struct rsl_memory_options options = {0};
    struct rsl_graph graph;
    snprintf(n->storage, sizeof n->storage, "%s", storage);
    RSL_TRY(rsl_storage_parse(&options.region[RSL_REGION_WEIGHTS], storage));
    RSL_TRY(rsl_memory_new(&n->image, &m->graph, &options));
    RSL_TRY(rsl_packed_graph(&graph, &m->graph, n->image, NULL));
    const struct rsl_plan_options plan = {.batch = o->batch, .threads = o->threads, .fuse = true};
    int rc = rsl_plan_new(&n->plan, &graph, &plan);
    rsl_graph_free(&graph);
    RSL_TRY(rc);
    n->whole = rsl_calloc(MOST, sizeof *n->whole);
    n->linear = rsl_calloc(MOST, sizeof *n->linear);
    return n->whole && n->linear ? RSL_OK : RSL_ENOMEM;
}

static int make_networks(struct bench *b, const struct rsl_model *m,
                         const struct rsl_bench_packed_options *o) {
    const struct rsl_quantize_options *q = &o->storage;
    const char *protect = q->protect ? q->protect : "none";
    char text[RSL_STORAGE_TEXT];
    if (q->bits < 2 || q->bits > 8)
        return rsl_fail(RSL_EARG, "%d bits: the width of a weight must be in 2..8", q->bits);
    if (strlen(protect) > 32) return rsl_fail(RSL_EARG, "there is no such protection");
    snprintf(text, sizeof text, "affine%d/%s/plane", q->bits, protect);
    RSL_TRY(make_network(&b->network[PACKED], m, text, o));
    snprintf(text, sizeof text, "affine%d/none/plane", q->bits);
    RSL_TRY(make_network(&b->network[PLAIN], m, text, o));
    return make_network(&b->network[W8], m, "affine8/none/word", o);
}

static int fill_inputs(struct rsl_plan *plan, uint64_t seed) {
    const struct rsl_graph *g = rsl_plan_graph(plan);
    for (size_t i = 0; i < g->inputs.n; i++) {
        struct rsl_tensor *x = rsl_plan_input(plan, i);
        if (x->dtype != RSL_f32)
            return rsl_fail(RSL_EUNSUPPORTED, "input '%s' is not f32",
                            g->values.at[g->inputs.at[i]].name);
        struct rsl_rng rng = rsl_rng(seed, i);
        for (int64_t k = 0; k < rsl_tensor_count(x); k++)
            ((float *)x->data)[k] = (float)(rsl_rng_unit(&rng) * 2 - 1);
    }
    return RSL_OK;
}

/* Writes every line of the buffer, so that nothing else is left in the caches. */
static void empty_caches(struct bench *b) {
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < FLUSH; i += 64) b->flush[i]++;
}

static bool is_linear(const struct rsl_node *n) {
    return n && (strcmp(n->op->name, "Gemm") == 0 || strcmp(n->op->name, "MatMul") == 0);
}

static int pass(struct bench *b, struct network *n, int64_t at) {
    double linear = 0;
    empty_caches(b);
    double start = rsl_clock(), before = start;
    for (size_t s = 0; s < rsl_plan_steps(n->plan); s++) {
        RSL_TRY(rsl_plan_run_steps(n->plan, s, s + 1));
        double after = rsl_clock();
        if (is_linear(rsl_plan_step_node(n->plan, s))) linear += after - before;
        before = after;
    }
    n->whole[at] = before - start;
    n->linear[at] = linear;
    return RSL_OK;
}

static int measure(struct bench *b, const struct rsl_bench_packed_options *o) {
    double seconds = o->seconds > 0 ? o->seconds : 5, start = 0;
    for (int k = 0; k < NETWORKS; k++) RSL_TRY(fill_inputs(b->network[k].plan, o->seed));
    for (int64_t i = -1; i < MOST; i++) { /* one to warm up */
        if (i == 0) start = rsl_clock();
        if (i >= FEWEST && rsl_clock() - start > seconds) break;
        for (int k = 0; k < NETWORKS; k++) RSL_TRY(pass(b, &b->network[k], i < 0 ? 0 : i));
        b->passes = i + 1;
    }
    return RSL_OK;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, int64_t n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

/* What the layers run on: the first kernel that multiplies. */
static const char *kernel_of(const struct rsl_plan *plan) {
    for (size_t s = 0; s < rsl_plan_steps(plan); s++) {
        const struct rsl_node *n = rsl_plan_step_node(plan, s);
        if (n && (is_linear(n) || strstr(n->op->name, "Conv"))) {
            const char *name = rsl_plan_step_kernel(plan, s);
            return strcmp(name, "packed avx512_vnni") == 0 ? "packed avx512_vnni"
                   : strcmp(name, "packed avx2") == 0      ? "packed avx2"
                   : strcmp(name, "packed portable") == 0  ? "packed portable"
                                                           : "decoded for others";
        }
    }
    return "none";
}

static void give(struct bench *b, struct rsl_bench_packed_result *r) {
    struct network *n = b->network;
    r->packed = median(n[PACKED].whole, b->passes);
    r->plain = median(n[PLAIN].whole, b->passes);
    r->w8 = median(n[W8].whole, b->passes);
    r->linear_packed = median(n[PACKED].linear, b->passes);
    r->linear_plain = median(n[PLAIN].linear, b->passes);
    r->linear_w8 = median(n[W8].linear, b->passes);
    r->bits_packed = n[PACKED].image->region[RSL_REGION_WEIGHTS].bits;
    r->bits_plain = n[PLAIN].image->region[RSL_REGION_WEIGHTS].bits;
    r->bits_w8 = n[W8].image->region[RSL_REGION_WEIGHTS].bits;
    r->passes = b->passes;
    r->kernel = kernel_of(n[PACKED].plan);
    snprintf(r->storage, sizeof r->storage, "%s", n[PACKED].storage);
    snprintf(r->baseline, sizeof r->baseline, "%s", n[W8].storage);
}

int rsl_bench_packed(const struct rsl_model *m, const struct rsl_bench_packed_options *o,
                     struct rsl_bench_packed_result *result) {
    struct bench b = {.flush = rsl_calloc(FLUSH, 1)};
    memset(result, 0, sizeof *result);
    int rc = b.flush ? make_networks(&b, m, o) : RSL_ENOMEM;
    if (rc == RSL_OK) rc = measure(&b, o);
    if (rc == RSL_OK) give(&b, result);
    for (int k = 0; k < NETWORKS; k++) {
        rsl_plan_free(b.network[k].plan);
        rsl_memory_free(b.network[k].image);
        rsl_free(b.network[k].whole);
        rsl_free(b.network[k].linear);
    }
    rsl_free(b.flush);
    return rc;
}
