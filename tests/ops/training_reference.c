/* The fast kernels of training against the reference: random chains of what networks in training
 * are made of, with the gradients of a weighted sum of the result with respect to every parameter
 * and (often) the image. Half the cases are a single operator.
 *
 *     training_reference [CASES]        that many cases (default 300)
 *     training_reference --case N       one case, described node by node
 *
 * A case is a pure function of its number. A failing one prints the line that repeats it. At the
 * end every operator must have run on a fast kernel in at least half of its appearances. */
#include "random_chain.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/gradient.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_INPUTS = 40 };

/* How an input is filled. */
struct fill {
    double low, high;
    bool whole; /* with whole numbers: ties */
    bool nan;   /* with a NaN now and then */
};

struct training_case {
    struct chain c;
    struct fill fill[MOST_INPUTS];
    int parameter[MOST_INPUTS], statistic[MOST_INPUTS]; /* values */
    int parameters, statistics;
    int image;
    bool single;    /* one operator */
    bool deep;      /* many channels on few pixels, as at the end of networks */
    bool variables; /* parameters live in the caller's memory, as a trainer's */
};

/* ---- building ---- */

static int input(struct training_case *t, const char *stem, const struct rsl_shape *shape,
                 struct fill fill) {
    struct rsl_graph *g = &t->c.g;
    char name[32];
    size_t n = g->inputs.n;
    snprintf(name, sizeof name, "%s_%zu", stem, n);
    int v = n < MOST_INPUTS ? rsl_graph_add_input(g, name, RSL_f32, shape) : RSL_EINTERNAL;
    must(&t->c, v);
    if (v >= 0) t->fill[n] = fill;
    return v;
}

static int parameter(struct training_case *t, const struct rsl_shape *shape, double low,
                     double high) {
    int v = input(t, "parameter", shape, (struct fill){.low = low, .high = high});
    if (v >= 0) t->parameter[t->parameters++] = v;
    return v;
}

static int weight(struct training_case *t, const struct rsl_shape *w) {
    double scale = 1 / sqrt((double)rsl_shape_span(w, 1, w->rank));
    return parameter(t, w, -scale, scale);
}

static bool add_conv(struct training_case *t) {
    struct chain *c = &t->c;
    int rank = c->shape.rank - 2;
    int64_t in = c->shape.dim[1], group = 1, kernel[3];
    for (int64_t g = 2; g <= in; g++)
        if (in % g == 0 && pick(c, 0, 5) == 0) group = g;
    if (t->deep) group = 1;
    int64_t out = t->deep ? pick(c, 64, 80) : group * pick(c, 1, group > 1 ? 3 : 40);
    struct rsl_shape w = {.rank = rank + 2, .dim = {out, in / group}};
    for (int d = 0; d < rank; d++) w.dim[d + 2] = kernel[d] = pick(c, 1, 4);
    if (pick(c, 0, 2) == 0)
        for (int d = 0; d < rank; d++) w.dim[d + 2] = kernel[d] = 3;
    int more[2] = {weight(t, &w), RSL_ABSENT};
    bool bias = pick(c, 0, 1);
    if (bias) more[1] = parameter(t, &(struct rsl_shape){1, {out}}, -1, 1);
    int node = append(c, "Conv", more, bias ? 2 : 1);
    must(c, rsl_node_set_int(&c->g, node, "group", group));
    c->shape.dim[1] = out;
    return window(c, node, kernel, false);
}

/* Statistics of few numbers have a gradient that is all rounding. */
static bool add_norm(struct training_case *t) {
    struct chain *c = &t->c;
    struct rsl_graph *g = &c->g;
    int64_t channels = c->shape.dim[1];
    struct rsl_shape s = {1, {channels}};
    if (rsl_shape_count(&c->shape) / channels < 8) return false;
    int in[4] = {c->x, parameter(t, &s, 0.5, 1.5), parameter(t, &s, -0.5, 0.5), RSL_ABSENT};
    bool residual = pick(c, 0, 2) == 0;
    if (residual && c->g.nodes.n > 0 && pick(c, 0, 1)) {
        int w = weight(t, &(struct rsl_shape){c->shape.rank, {channels, channels, 1, 1, 1}});
        int before = c->x;
        append(c, "Conv", &w, 1);
        in[3] = before;
        in[0] = c->x;
    } else if (residual) {
        in[3] = parameter(t, &c->shape, -1, 1);
    }
    int out[3];
    for (int i = 0; i < 3; i++) must(c, out[i] = rsl_graph_fresh(g, "norm"));
    int node = rsl_graph_add_node(g, rsl_op_find("resile", "TrainingBatchNorm"), "", in,
                                  residual ? 4 : 3, out, 3);
    must(c, node);
    must(c, rsl_node_set_string(g, node, "activation", pick(c, 0, 2) ? "Relu" : ""));
    c->x = out[0];
    t->statistic[t->statistics++] = out[1];
    t->statistic[t->statistics++] = out[2];
    return true;
}

static bool pool(struct training_case *t, bool average) {
    struct chain *c = &t->c;
    int64_t kernel[3];
    for (int d = 0; d < c->shape.rank - 2; d++) kernel[d] = pick(c, 1, 3);
    int node = append(c, average ? "AveragePool" : "MaxPool", NULL, 0);
    if (average) must(c, rsl_node_set_int(&c->g, node, "count_include_pad", pick(c, 0, 1)));
    return window(c, node, kernel, true);
}

static bool add_average_pool(struct training_case *t) {
    return pool(t, true);
}

static bool add_max_pool(struct training_case *t) {
    return pool(t, false);
}

static bool add_relu(struct training_case *t) {
    append(&t->c, "Relu", NULL, 0);
    return true;
}

/* x + x' of a convolution, or both side by side. */
static bool add_branch(struct training_case *t) {
    struct chain *c = &t->c;
    int before = c->x;
    bool sum = pick(c, 0, 1);
    int64_t in = c->shape.dim[1], out = sum ? in : pick(c, 1, 20);
    int w = weight(t, &(struct rsl_shape){c->shape.rank, {out, in, 1, 1, 1}});
    append(c, "Conv", &w, 1);
    int node = append(c, sum ? "Add" : "Concat", &before, 1);
    if (!sum) must(c, rsl_node_set_int(&c->g, node, "axis", 1));
    c->shape.dim[1] = sum ? in : in + out;
    return true;
}

/* Any form of Gemm that a layer may have. */
static void add_gemm(struct training_case *t) {
    struct chain *c = &t->c;
    int64_t n = c->shape.dim[0], k = c->shape.dim[1], m = pick(c, 0, 5) ? pick(c, 1, 40) : 1;
    bool tb = pick(c, 0, 1), bias = pick(c, 0, 1);
    bool factors = pick(c, 0, 9) == 0;
    const struct rsl_shape forms[] = {{1, {m}},    {1, {m}}, {2, {1, m}},
                                      {2, {n, 1}}, {0},      {2, {n, m}}};
    int more[2] = {weight(t, &(struct rsl_shape){2, {tb ? m : k, tb ? k : m}}), RSL_ABSENT};
    if (bias) more[1] = parameter(t, &forms[pick(c, 0, 5)], -1, 1);
    int node = append(c, "Gemm", more, bias ? 2 : 1);
    must(c, rsl_node_set_int(&c->g, node, "transB", tb));
    if (factors) must(c, rsl_node_set_float(&c->g, node, "alpha", 0.5F));
    if (factors) must(c, rsl_node_set_float(&c->g, node, "beta", 2));
    c->shape = (struct rsl_shape){2, {n, m}};
}

static void add_head(struct training_case *t) {
    struct chain *c = &t->c;
    if (pick(c, 0, 1)) {
        append(c, "GlobalAveragePool", NULL, 0);
        for (int d = 2; d < c->shape.rank; d++) c->shape.dim[d] = 1;
    }
    append(c, "Flatten", NULL, 0);
    c->shape =
        (struct rsl_shape){2, {c->shape.dim[0], rsl_shape_span(&c->shape, 1, c->shape.rank)}};
    add_gemm(t);
    if (pick(c, 0, 1)) add_relu(t), add_gemm(t);
}

/* Two variables, the first one transposed or not: what gradients make of Gemm, and more. */
static bool add_product(struct training_case *t) {
    struct chain *c = &t->c;
    int64_t m = pick(c, 1, 40), k = pick(c, 1, 40);
    bool ta = pick(c, 0, 1);
    c->shape = (struct rsl_shape){2, {ta ? k : m, ta ? m : k}};
    c->x = t->image = input(t, "image", &c->shape, (struct fill){.low = -1, .high = 1});
    c->shape = (struct rsl_shape){2, {m, k}};
    add_gemm(t);
    must(c, rsl_node_set_int(&c->g, (int)c->g.nodes.n - 1, "transA", ta));
    return true;
}

static bool add_chain(struct training_case *t) {
    struct chain *c = &t->c;
    static bool (*const kinds[])(struct training_case *) = {
        add_conv, add_conv, add_norm, add_max_pool, add_average_pool, add_relu, add_branch};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    bool single = t->single = pick(c, 0, 1);
    int64_t length = single ? 1 : pick(c, 2, 5);
    int spatial = pick(c, 0, 7) == 0 ? 1 : pick(c, 0, 7) == 0 ? 3 : 2;
    int64_t channels = pick(c, 0, 3) == 0 ? 16 * pick(c, 1, 3) : pick(c, 1, 40);
    c->shape = (struct rsl_shape){.rank = spatial + 2, .dim = {pick(c, 1, 5), channels}};
    for (int d = 0; d < spatial; d++) c->shape.dim[d + 2] = pick(c, 1, spatial == 3 ? 6 : 12);
    if (t->deep) c->shape = (struct rsl_shape){4, {pick(c, 1, 5), pick(c, 64, 80), 4, 4}};
    int64_t first = pick(c, 0, KINDS - 1);
    bool ties = single && (kinds[first] == add_max_pool || kinds[first] == add_relu);
    struct fill fill = {ties ? -2 : -1, ties ? 2 : 1, ties, ties && pick(c, 0, 1)};
    c->x = t->image = input(t, "image", &c->shape, fill);
    for (int64_t i = 0; i < length && !c->failed; i++)
        if (!kinds[i ? pick(c, 0, KINDS - 1) : first](t)) return false;
    if (!single && pick(c, 0, 1)) add_head(t);
    return true;
}

/* A sum of the result's elements with random weights, which are so the gradient of the result. */
static bool add_loss(struct training_case *t) {
    struct chain *c = &t->c;
    struct rsl_graph *g = &c->g;
    int y = c->x;
    must(c, rsl_graph_add_output(g, y));
    if (c->failed || rsl_graph_check(g) < 0 || rsl_graph_infer(g, 0) < 0) return false;
    struct rsl_shape shape = g->values.at[y].tensor.shape;
    int dy = input(t, "gradient", &shape, (struct fill){.low = -1, .high = 1});
    append(c, "Mul", &dy, 1);
    int node = append(c, "ReduceSum", NULL, 0);
    must(c, rsl_node_set_int(g, node, "keepdims", 0));
    must(c, rsl_graph_check(g));
    must(c, rsl_graph_infer(g, 0));
    return !c->failed;
}

static bool add_gradients(struct training_case *t) {
    struct chain *c = &t->c;
    struct rsl_graph *g = &c->g;
    int by[MOST_INPUTS + 1], gradient[MOST_INPUTS + 1], n = t->parameters;
    memcpy(by, t->parameter, sizeof t->parameter);
    if (n == 0 || pick(c, 0, 2) > 0) by[n++] = t->image;
    must(c, rsl_graph_gradient(g, c->x, by, (size_t)n, gradient));
    for (int i = 0; i < n && !c->failed; i++)
        if (gradient[i] != RSL_ABSENT) must(c, rsl_graph_add_output(g, gradient[i]));
    for (int i = 0; i < t->statistics; i++) must(c, rsl_graph_add_output(g, t->statistic[i]));
    must(c, rsl_graph_check(g));
    return !c->failed;
}

/* False when the random choices did not fit together. */
static bool build(struct training_case *t, uint64_t number) {
    struct chain *c = &t->c;
    rsl_graph_init(&c->g);
    c->rng = rsl_rng(20260301, number);
    t->deep = number % 8 == 7;
    t->variables = pick(c, 0, 2) > 0;
    return (pick(c, 0, 9) == 0 ? add_product(t) : add_chain(t)) && add_loss(t) && add_gradients(t);
}

/* ---- running ---- */

static void fill_input(const struct fill *f, struct rsl_tensor *x, uint64_t number, size_t index) {
    struct rsl_rng r = rsl_rng(number, 1000 + index);
    for (int64_t i = 0; i < rsl_tensor_count(x); i++) {
        double v = f->low + (f->high - f->low) * rsl_rng_unit(&r);
        if (f->whole) v = rint(v);
        if (f->nan && rsl_rng_below(&r, 40) == 0) v = NAN;
        ((float *)x->data)[i] = (float)v;
    }
}

/* One way of running a case, with the memory of its parameters. */
struct way_run {
    struct rsl_plan *plan;
    struct rsl_binding bound[MOST_INPUTS];
    size_t n;
};

static int bind(const struct training_case *t, struct way_run *r) {
    const struct rsl_graph *g = &t->c.g;
    for (int i = 0; i < t->parameters && t->variables; i++) {
        const struct rsl_value *v = &g->values.at[t->parameter[i]];
        struct rsl_tensor x = {RSL_f32, v->tensor.shape, NULL};
        x.data = rsl_malloc(rsl_tensor_bytes(&x) + 1);
        if (!x.data) return RSL_ENOMEM;
        r->bound[r->n++] = (struct rsl_binding){.name = v->name, .tensor = x, .variable = true};
    }
    return RSL_OK;
}

static struct rsl_tensor *bound_tensor(struct way_run *r, const char *name) {
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->bound[i].name, name) == 0) return &r->bound[i].tensor;
    return NULL;
}

static void fill_all(const struct training_case *t, struct way_run *r, uint64_t number) {
    const struct rsl_graph *g = &t->c.g, *planned = rsl_plan_graph(r->plan);
    for (size_t i = 0; i < g->inputs.n; i++) {
        const char *name = g->values.at[g->inputs.at[i]].name;
        struct rsl_tensor *x = bound_tensor(r, name);
        for (size_t k = 0; !x && k < planned->inputs.n; k++)
            if (strcmp(planned->values.at[planned->inputs.at[k]].name, name) == 0)
                x = rsl_plan_input(r->plan, k);
        if (x) fill_input(&t->fill[i], x, number, i);
    }
}

static int run(const struct training_case *t, uint64_t number, struct rsl_plan_options o,
               struct way_run *r) {
    RSL_TRY(bind(t, r));
    o.known = r->bound;
    o.n_known = r->n;
    RSL_TRY(rsl_plan_new(&r->plan, &t->c.g, &o));
    fill_all(t, r, number);
    return rsl_plan_run(r->plan);
}

static void finish(struct way_run *r) {
    rsl_plan_free(r->plan);
    for (size_t i = 0; i < r->n; i++) rsl_free(r->bound[i].tensor.data);
    *r = (struct way_run){0};
}

/* ---- which kernels ran ---- */

static struct {
    const char *op;
    long fast, all;
} hits[] = {
    {"Conv", 0, 0},
    {"ConvInputGrad", 0, 0},
    {"ConvWeightGrad", 0, 0},
    {"MaxPool", 0, 0},
    {"MaxPoolGrad", 0, 0},
    {"AveragePool", 0, 0},
    {"TrainingBatchNorm", 0, 0},
    {"TrainingBatchNormGrad", 0, 0},
    {"AveragePoolGrad", 0, 0},
    {"Relu", 0, 0},
    {"ReluGrad", 0, 0},
    {"Gemm", 0, 0},
    {"GlobalAveragePool", 0, 0},
};
enum { OPERATORS = sizeof hits / sizeof *hits };

static void count_hits(const struct rsl_plan *p) {
    for (size_t s = 0; s < rsl_plan_steps(p); s++) {
        const struct rsl_node *n = rsl_plan_step_node(p, s);
        for (int i = 0; n && i < OPERATORS; i++) {
            if (strcmp(n->op->name, hits[i].op) != 0) continue;
            hits[i].all++;
            hits[i].fast += strcmp(rsl_plan_step_kernel(p, s), "reference") != 0;
        }
    }
}

static long operators_missed(void) {
    long missed = 0;
    for (int i = 0; i < OPERATORS; i++) {
        bool enough = hits[i].fast > 0 && 2 * hits[i].fast >= hits[i].all;
        missed += !enough;
        printf("%-22s fast in %ld of %ld%s\n", hits[i].op, hits[i].fast, hits[i].all,
               enough ? "" : "  FAILED: fewer than half");
    }
    return missed;
}

/* ---- comparing ---- */

/* bf16 in chains: normalizations of few numbers enlarge rounding, which the instructions of newer
 * processors do otherwise than their emulation (0.114 at most was seen, 0.1 with emulation). What a
 * kernel does by itself is held to the first tolerance. */
static const struct way {
    const char *name;
    struct rsl_plan_options o;
    double single, chain; /* tolerances */
} ways[] = {
    {"fast", {.threads = 2}, 1e-5, 1e-4},
    {"training", {.threads = 2, .fuse = true, .training = true}, 1e-4, 1e-3},
    {"reference, training",
     {.threads = 1, .reference = true, .fuse = true, .training = true},
     1e-6,
     1e-5},
    {"winograd, training",
     {.threads = 2, .compute = RSL_MODE_F32_WINOGRAD, .fuse = true, .training = true},
     1e-4,
     1e-3},
    {"bf16", {.threads = 2, .compute = RSL_MODE_BF16}, 0.02, 0.15},
    {"bf16, training",
     {.threads = 2, .compute = RSL_MODE_BF16, .fuse = true, .training = true},
     0.02,
     0.15},
};

/* Of the mean squares: in bf16 a maximum may fall to another element now and then, and its gradient
 * with it. */
static double mean_difference(const struct rsl_tensor *a, const struct rsl_tensor *b,
                              double floor) {
    const float *x = a->data, *y = b->data;
    double n = (double)rsl_tensor_count(a), size = floor * floor * n, sum = 0;
    double values = 0;
    for (int64_t i = 0; i < rsl_tensor_count(a); i++) {
        if (isnan(x[i]) && isnan(y[i])) continue;
        values += isnan(x[i]) ? 0 : (double)x[i] * (double)x[i];
        sum += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    }
    return sqrt(sum / fmax(size, values));
}

/* The worst output; its index in *which. In a chain some gradients are zero but for rounding (of a
 * bias in front of a normalization): there a difference is also seen beside the other outputs. */
static double compare(const struct training_case *t, bool coarse, const struct rsl_plan *want,
                      const struct rsl_plan *got, size_t *which) {
    double worst = 0, floor = 1e-3;
    size_t n = rsl_plan_graph(want)->outputs.n;
    *which = 0;
    for (size_t i = 0; i < n && !t->single; i++)
        floor = fmax(floor, 0.1 * largest(rsl_plan_output(want, i)));
    for (size_t i = 0; i < n; i++) {
        const struct rsl_tensor *a = rsl_plan_output(want, i), *b = rsl_plan_output(got, i);
        double d = coarse && !t->single ? mean_difference(a, b, floor) : difference(a, b, floor);
        if (!(d > worst)) continue;
        worst = d;
        *which = i;
    }
    return worst;
}

static bool agrees(const struct training_case *t, const struct way *w, const struct rsl_plan *want,
                   uint64_t number, bool verbose) {
    struct way_run got = {0};
    size_t output = 0;
    int rc = run(t, number, w->o, &got);
    double d =
        rc < 0 ? INFINITY : compare(t, w->o.compute == RSL_MODE_BF16, want, got.plan, &output);
    if (rc >= 0 && w == &ways[1]) count_hits(got.plan);
    if (verbose && rc >= 0) {
        printf("%s: difference %.2g at output %zu\n", w->name, d, output);
        describe(got.plan);
    }
    double tolerance = t->single ? w->single : w->chain;
    if (!(d <= tolerance))
        printf(
            "FAILED (%s): difference %.3g of %.0e allowed at output %zu%s%s; repeat with: "
            "training_reference --case %" PRIu64 "\n",
            w->name, d, tolerance, output, rc < 0 ? "; " : "", rc < 0 ? rsl_errmsg() : "", number);
    finish(&got);
    return d <= tolerance;
}

/* Every value that differs between the reference and the first way, in the order of the nodes. */
static void trace(const struct training_case *t, uint64_t number) {
    struct way_run want = {0}, got = {0};
    struct rsl_plan_options slow = {.threads = 1, .reference = true, .keep = true};
    struct rsl_plan_options fast = {.threads = 2, .keep = true};
    if (run(t, number, slow, &want) == RSL_OK && run(t, number, fast, &got) == RSL_OK)
        for (size_t i = 0; i < rsl_plan_steps(want.plan); i++) {
            const struct rsl_node *n = rsl_plan_step_node(want.plan, i);
            for (int k = 0; n && k < n->n_out; k++) {
                if (n->out[k] == RSL_ABSENT) continue;
                const char *name = rsl_plan_graph(want.plan)->values.at[n->out[k]].name;
                const struct rsl_tensor *a = rsl_plan_value(want.plan, name);
                const struct rsl_tensor *b = rsl_plan_value(got.plan, name);
                if (a && b && a->dtype == RSL_f32 && difference(a, b, 1e-3) > 1e-5)
                    printf("  %s, output %d: difference %.2g\n", n->op->name, k,
                           difference(a, b, 1e-3));
            }
        }
    finish(&want);
    finish(&got);
}

/* 1: agreed, 0: no such case, -1: differs. */
static int one_case(uint64_t number, bool verbose) {
    struct training_case t = {0};
    struct way_run want = {0};
    int result = build(&t, number);
    if (result &&
        run(&t, number, (struct rsl_plan_options){.threads = 1, .reference = true}, &want) < 0) {
        printf("FAILED: %s; repeat with: training_reference --case %" PRIu64 "\n", rsl_errmsg(),
               number);
        result = -1;
    }
    for (size_t i = 0; want.plan && result != 0 && i < sizeof ways / sizeof *ways; i++)
        if (!agrees(&t, &ways[i], want.plan, number, verbose)) result = -1;
    if (verbose && result == -1) trace(&t, number);
    finish(&want);
    rsl_graph_free(&t.c.g);
    return result;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--case") == 0)
        return one_case(strtoull(argv[2], NULL, 10), true) < 0;
    long cases = argc > 1 ? strtol(argv[1], NULL, 10) : 300;
    long agreed = 0, failed = 0;
    for (uint64_t number = 1; agreed + failed < cases; number++) {
        int result = one_case(number, false);
        agreed += result > 0;
        failed += result < 0;
    }
    failed += operators_missed();
    printf("%ld passed, %ld failed\n", agreed, failed);
    return failed != 0;
}
