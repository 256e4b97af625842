/* See packed_race.h. */
#include "memory/packed_race.h"

#include "base/alloc.h"
#include "base/ascending.h"
#include "base/clock.h"
#include "base/philox.h"
#include "base/status.h"
#include "graph/model.h"
#include "graph/plan.h"
#include "memory/integer_model.h"
#include "memory/mix.h"
#include "memory/packed.h"
#include "memory/packed_graph.h"

#include <string.h>

enum {
    FEWEST = 5,
    MOST = 4096,
    STRIKE = 1 << 20, /* stream of random numbers */
    RANGE_IMAGES = 16 /* random ones, that ranges of activations are measured on */
};

/* More than any last-level cache holds. */
#define FLUSH ((size_t)96 << 20)

struct network {
    struct rsl_memory *image;
    struct rsl_cells *cells;
    struct rsl_integer_network integers; /* of one that computes so */
    struct rsl_plan *plan;
    double *whole, *linear; /* [MOST] */
};

struct race {
    const struct rsl_packed_race_options *options;
    struct network *networks;
    int n;
    uint8_t *flush;
    volatile unsigned seen; /* of the flush buffer: what is read must be used */
    int64_t passes;
};

/* Bits drawn with replacement, which at small rates is as good as without. */
static int strike(struct network *n, double ber, uint64_t seed) {
    const int64_t bits = n->image->region[RSL_REGION_WEIGHTS].bits;
    const int64_t flips = (int64_t)(ber * (double)bits + 0.5);
    const int64_t first = n->image->region[RSL_REGION_WEIGHTS].address;
    struct rsl_rng rng = rsl_rng(seed, STRIKE);
    for (int64_t i = 0; i < flips; i++)
        RSL_TRY(rsl_cells_flip(n->cells, first + (int64_t)rsl_rng_below(&rng, (uint64_t)bits)));
    return RSL_OK;
}

static int integer_graph(struct rsl_graph *to, struct network *n, const struct rsl_model *m,
                         int threads) {
    struct rsl_ranges ranges;
    RSL_TRY(rsl_integer_ranges(&ranges, m, n->image, NULL, NULL, RANGE_IMAGES, threads,
                               RSL_CLIP_ERROR));
    int rc = rsl_integer_init(&n->integers, &m->graph, n->image, n->cells, &ranges);
    rsl_ranges_free(&ranges);
    return rc < 0 ? rc : rsl_packed_integer_graph(to, &n->integers, n->image, n->cells);
}

static int make_network(struct network *n, const struct rsl_model *m, const char *storage,
                        const struct rsl_packed_race_options *o) {
    struct rsl_graph graph;
    struct rsl_mix mix;
    RSL_TRY(rsl_mix_parse(&mix, &m->graph, storage));
    struct rsl_memory_options options = rsl_mix_options(&mix);
    int rc = rsl_memory_new(&n->image, &m->graph, &options);
    rsl_mix_free(&mix);
    RSL_TRY(rc);
    RSL_TRY(rsl_cells_new(&n->cells, n->image));
    RSL_TRY(strike(n, o->ber, o->seed));
    RSL_TRY(o->integers ? integer_graph(&graph, n, m, o->threads)
                        : rsl_packed_graph(&graph, &m->graph, n->image, n->cells));
    const struct rsl_plan_options plan = {
        .batch = o->batch > 0 ? o->batch : 1, .threads = o->threads, .fuse = true};
    rc = rsl_plan_new(&n->plan, &graph, &plan);
    rsl_graph_free(&graph);
    RSL_TRY(rc);
    n->whole = rsl_calloc(MOST, sizeof *n->whole);
    n->linear = rsl_calloc(MOST, sizeof *n->linear);
    return n->whole && n->linear ? RSL_OK : RSL_ENOMEM;
}

static void free_network(struct network *n) {
    rsl_plan_free(n->plan);
    rsl_integer_free(&n->integers);
    rsl_cells_free(n->cells);
    rsl_memory_free(n->image);
    rsl_free(n->whole);
    rsl_free(n->linear);
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

/* Reads every line of the buffer, so that nothing else is left in the caches. Written lines would
 * have to be stored away before weights take their places, in the time that is measured. */
static void empty_caches(struct race *r) {
    unsigned seen = 0;
#pragma omp parallel for schedule(static) reduction(+ : seen)
    for (size_t i = 0; i < FLUSH; i += 64) seen += r->flush[i];
    r->seen += seen;
}

static bool is_linear(const struct rsl_node *n) {
    return n && (strstr(n->op->name, "Gemm") || rsl_node_is(n, "MatMul"));
}

static int pass(struct race *r, struct network *n, int64_t at) {
    double linear = 0;
    empty_caches(r);
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

static int measure(struct race *r) {
    double seconds = r->options->seconds > 0 ? r->options->seconds : 5, start = 0;
    for (int k = 0; k < r->n; k++) RSL_TRY(fill_inputs(r->networks[k].plan, r->options->seed));
    for (int64_t i = -1; i < MOST; i++) { /* one to warm up */
        if (i == 0) start = rsl_clock();
        if (i >= FEWEST && rsl_clock() - start > seconds) break;
        for (int k = 0; k < r->n; k++) RSL_TRY(pass(r, &r->networks[k], i < 0 ? 0 : i));
        r->passes = i + 1;
    }
    return RSL_OK;
}

static double median(double *values, int64_t n) {
    rsl_sort_ascending(values, (size_t)n);
    return values[n / 2];
}

/* What the layers run on: the first kernel that multiplies. */
static const char *kernel_of(const struct rsl_plan *plan) {
    for (size_t s = 0; s < rsl_plan_steps(plan); s++) {
        const struct rsl_node *n = rsl_plan_step_node(plan, s);
        if (n && (is_linear(n) || strstr(n->op->name, "Conv"))) {
            const char *name = rsl_plan_step_kernel(plan, s);
            for (size_t i = 0; rsl_packed_cpu(i); i++)
                if (strcmp(name, rsl_packed_cpu(i)->kernel) == 0) return rsl_packed_cpu(i)->kernel;
            return "decoded for others";
        }
    }
    return "none";
}

static void give(const struct race *r, struct rsl_packed_time *times) {
    for (int k = 0; k < r->n; k++) {
        const struct network *n = &r->networks[k];
        times[k] = (struct rsl_packed_time){.whole = median(n->whole, r->passes),
                                            .linear = median(n->linear, r->passes),
                                            .bits = n->image->region[RSL_REGION_WEIGHTS].bits,
                                            .passes = r->passes,
                                            .kernel = kernel_of(n->plan)};
    }
}

int rsl_packed_race(const struct rsl_model *m, const char *const *storages, int n,
                    const struct rsl_packed_race_options *options, struct rsl_packed_time *times) {
    struct race r = {.options = options, .n = n, .flush = rsl_malloc(FLUSH)};
    r.networks = rsl_calloc((size_t)n, sizeof *r.networks);
    int rc = r.flush && r.networks ? RSL_OK : RSL_ENOMEM;
    if (r.flush) memset(r.flush, 1, FLUSH); /* memory of its own, not one page of zeros */
    for (int k = 0; k < n && rc == RSL_OK; k++)
        rc = make_network(&r.networks[k], m, storages[k], options);
    if (rc == RSL_OK) rc = measure(&r);
    if (rc == RSL_OK) give(&r, times);
    for (int k = 0; r.networks && k < n; k++) free_network(&r.networks[k]);
    rsl_free(r.networks);
    rsl_free(r.flush);
    return rc;
}
