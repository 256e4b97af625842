/* Replays: the fault-free run equals the plan's up to rounding; a run that skips work equals, bit
 * for bit, one that skips none; nothing is allocated in a run; what cannot be replayed is named. */
#include "check.h"

#include "base/alloc.h"
#include "graph/model.h"
#include "graph/parameters.h"
#include "graph/plan.h"
#include "replay/replay.h"
#include "resile/zoo.h"
#include "small_network.h"
#include "torture.h"

#include <math.h>

/* x -> Conv BN Relu -+-> Slice every second place -> Pad channels --+-> Add Relu -> ...
 *                    +-> grouped Conv, stride 2 -> LeakyRelu -------+
 * ... -> Concat(depthwise Conv, MaxPool, AveragePool) -> Conv Clip -> Flatten -> Gemm -> LogSoftmax
 */
static void build(struct rsl_graph *g) {
    const int64_t two[2] = {2, 2}, three[2] = {3, 3}, one[4] = {1, 1, 1, 1};
    struct rsl_shape scalar = {0};
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 10, 9}});
    int a = network_norm(g, network_conv(g, x, 3, 20, 3, "c1"), 20, "n1");
    a = network_add(g, "Relu", &a, 1);
    int64_t bounds[4][2] = {{0, 0}, {INT32_MAX, INT32_MAX}, {2, 3}, {2, 2}};
    int slice[5] = {a};
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%d", i);
        struct rsl_tensor t;
        check_ok(rsl_tensor_new(&t, &g->arena, RSL_i64, &(struct rsl_shape){1, {2}}));
        memcpy(t.data, bounds[i], sizeof bounds[i]);
        slice[i + 1] = rsl_graph_add_constant(g, name, &t);
    }
    int s = network_add(g, "Slice", slice, 5);
    int64_t pads[8] = {0, 3, 0, 0, 0, 1, 0, 0};
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &g->arena, RSL_i64, &(struct rsl_shape){1, {8}}));
    memcpy(t.data, pads, sizeof pads);
    s = network_add(g, "Pad", (int[]){s, rsl_graph_add_constant(g, "pads", &t)}, 2);
    int w = network_constant(g, "g.w", &(struct rsl_shape){4, {24, 10, 3, 3}}, -0.3, 0.3);
    int b = network_add(g, "Conv", (int[]){a, w}, 2);
    check_ok(rsl_node_set_int(g, (int)g->nodes.n - 1, "group", 2));
    check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "strides", two, 2));
    check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "pads", one, 4));
    b = network_add(g, "LeakyRelu", &b, 1);
    a = network_add(g, "Add", (int[]){b, s}, 2);
    a = network_add(g, "Relu", &a, 1);
    w = network_constant(g, "d.w", &(struct rsl_shape){4, {24, 1, 3, 3}}, -0.5, 0.5);
    int parts[3] = {network_add(g, "Conv", (int[]){a, w}, 2)};
    check_ok(rsl_node_set_int(g, (int)g->nodes.n - 1, "group", 24));
    check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "pads", one, 4));
    for (int i = 1; i < 3; i++) {
        parts[i] = network_add(g, i == 1 ? "MaxPool" : "AveragePool", &a, 1);
        check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "kernel_shape", three, 2));
        check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "pads", one, 4));
    }
    a = network_add(g, "Concat", parts, 3);
    check_ok(rsl_node_set_int(g, (int)g->nodes.n - 1, "axis", 1));
    a = network_conv(g, a, 72, 6, 3, "c2");
    a = network_add(g, "Clip",
                    (int[]){a, network_constant(g, "low", &scalar, -0.4, -0.4),
                            network_constant(g, "high", &scalar, 2, 2)},
                    3);
    a = network_add(g, "Flatten", &a, 1);
    a = network_add(
        g, "Gemm",
        (int[]){a, network_constant(g, "fc.w", &(struct rsl_shape){2, {150, 7}}, -0.2, 0.2),
                network_constant(g, "fc.b", &(struct rsl_shape){1, {7}}, -1, 1)},
        3);
    a = network_add(g, "LogSoftmax", &a, 1);
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
}

enum { MOST = 64 * 16 };

static float *images(const struct rsl_graph *g, int n) {
    struct rsl_shape s = g->values.at[g->inputs.at[0]].tensor.shape;
    s.dim[0] = n;
    int64_t count = rsl_shape_count(&s);
    float *x = rsl_malloc((size_t)count * sizeof *x);
    struct rsl_rng r = rsl_rng(5, 5);
    for (int64_t i = 0; i < count; i++) x[i] = (float)(rsl_rng_unit(&r) * 2 - 1);
    return x;
}

/* What a plan says to the same images. */
static void plan_output(const struct rsl_graph *g, const float *x, int n, float *out,
                        bool reference) {
    struct rsl_plan *p;
    struct rsl_plan_options o = {.batch = n, .threads = 1, .reference = reference};
    check_ok(rsl_plan_new(&p, g, &o));
    memcpy(rsl_plan_input(p, 0)->data, x, rsl_tensor_bytes(rsl_plan_input(p, 0)));
    check_ok(rsl_plan_run(p));
    memcpy(out, rsl_plan_output(p, 0)->data, rsl_tensor_bytes(rsl_plan_output(p, 0)));
    rsl_plan_free(p);
}

static void check_close(const float *a, const float *b, int n) {
    double most = 1e-30;
    for (int i = 0; i < n; i++) most = fmax(most, fabs((double)b[i]));
    for (int i = 0; i < n; i++)
        if (fabs((double)a[i] - (double)b[i]) > 2e-5 * most)
            fail_msg("output %d is %g, the plan's %g", i, (double)a[i], (double)b[i]);
}

static uint32_t bits_of(float v) {
    uint32_t b;
    memcpy(&b, &v, sizeof b);
    return b;
}

static float with_flip(float v, int bit) {
    uint32_t b = bits_of(v) ^ (uint32_t)1 << bit;
    memcpy(&v, &b, sizeof v);
    return v;
}

static float strike(const void *context, size_t hit, float value) {
    const int *bit = context;
    return with_flip(value, bit[hit]);
}

/* A replay that skips and one that does not, both on the same images. */
struct pair {
    struct rsl_replay *r[2];
    struct rsl_replay_worker *w[2];
    int n, outputs;
};

static void open_pair(struct pair *p, const struct rsl_graph *g, const int *visible, int n_visible,
                      int missing) {
    for (int i = 0; i < 2; i++) {
        struct rsl_replay_options o = {
            .visible = visible, .n_visible = n_visible, .threads = 1 + i, .naive = i == 1};
        check_ok(rsl_replay_new(&p->r[i], g, &o));
        check_ok(rsl_replay_worker_new(&p->w[i], p->r[i]));
    }
    p->n = rsl_replay_tile(p->r[0]) - missing;
    p->outputs = rsl_replay_outputs(p->r[0]);
    assert_true(p->n * p->outputs <= MOST);
    float *x = images(g, p->n);
    for (int i = 0; i < 2; i++) check_ok(rsl_replay_golden(p->r[i], x, p->n));
    size_t bytes = (size_t)(p->n * p->outputs) * sizeof(float);
    assert_memory_equal(rsl_replay_golden_output(p->r[0]), rsl_replay_golden_output(p->r[1]),
                        bytes);
    float want[MOST];
    plan_output(g, x, p->n, want, false);
    check_close(rsl_replay_golden_output(p->r[0]), want, p->n * p->outputs);
    rsl_free(x);
}

static void close_pair(struct pair *p) {
    for (int i = 0; i < 2; i++) {
        rsl_replay_worker_free(p->w[i]);
        rsl_replay_free(p->r[i]);
    }
}

/* Runs both and compares bit for bit; returns the share of the work that was done. */
static double run_pair(struct pair *p, const struct rsl_replay_hits *hits, int *differs) {
    static float out[2][MOST];
    int rc[2];
    for (int i = 0; i < 2; i++) rc[i] = rsl_replay_run(p->w[i], hits, out[i]);
    assert_true(rc[0] >= 0 && rc[1] >= 0);
    size_t bytes = (size_t)(p->n * p->outputs) * sizeof(float);
    assert_memory_equal(out[0], out[1], bytes);
    bool changed = memcmp(out[0], rsl_replay_golden_output(p->r[0]), bytes) != 0;
    assert_int_equal(rc[0], changed);
    *differs += changed;
    return (double)rsl_replay_work(p->w[0]) / (double)rsl_replay_work(p->w[1]);
}

/* Every constant that a replay can change, with the bits of its floats. */
static int changeable(const struct rsl_replay *r, const struct rsl_graph *g, int *values) {
    int n = 0;
    for (size_t v = 0; v < g->values.n; v++)
        if (g->values.at[v].kind == RSL_VALUE_CONSTANT && rsl_replay_can_change(r, (int)v))
            values[n++] = (int)v;
    return n;
}

static void change_both(struct pair *p, const struct rsl_graph *g, int value, struct rsl_rng *rng) {
    const struct rsl_tensor *t = &g->values.at[value].tensor;
    int64_t at = (int64_t)rsl_rng_below(rng, (uint64_t)rsl_tensor_count(t));
    float to = with_flip(((const float *)t->data)[at], (int)rsl_rng_below(rng, 32));
    for (int i = 0; i < 2; i++) check_ok(rsl_replay_change(p->w[i], value, at, to));
}

/* Single changes in every parameter, then many at once. Kept sums come into use on the way. */
static void check_changes(const struct rsl_graph *g, int missing, int each) {
    struct pair p;
    open_pair(&p, g, NULL, 0, missing);
    int values[512], n = changeable(p.r[0], g, values), differs = 0;
    struct rsl_rng rng = rsl_rng(11, 0);
    double work = 0;
    for (int v = 0; v < n; v++)
        for (int k = 0; k < each; k++) {
            change_both(&p, g, values[v], &rng);
            work += run_pair(&p, NULL, &differs);
        }
    assert_in_range(differs, n * each / 4, n * each);
    assert_true(work <= 0.8 * n * each);
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 1 << 2 * k; i++)
            change_both(&p, g, values[rsl_rng_below(&rng, (uint64_t)n)], &rng);
        run_pair(&p, NULL, &differs);
    }
    int none = 0;
    run_pair(&p, NULL, &none);
    assert_int_equal(none, 0);
    close_pair(&p);
}

static void changes_small(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    check_changes(&g, 0, 8);
    check_changes(&g, 5, 2);
    rsl_graph_free(&g);
}

static void changes_zoo(void **state) {
    (void)state;
    static const char *const arch[] = {"lenet5", "cnn-small"};
    for (int i = 0; i < 2; i++) {
        struct rsl_model *m;
        check_ok(rsl_zoo_build(&m, arch[i], NULL));
        check_ok(rsl_graph_check(&m->graph));
        check_changes(&m->graph, 0, i == 0 ? 3 : 0);
        rsl_model_free(m);
    }
}

/* The other families only without faults: they are large. */
static void golden_zoo(void **state) {
    (void)state;
    static const char *const arch[] = {"mobilenetv2", "resnet20"};
    const struct rsl_zoo_options small = {.classes = 10, .channels = 3, .height = 32, .width = 32};
    for (int i = 0; i < 2; i++) {
        struct rsl_model *m;
        check_ok(rsl_zoo_build(&m, arch[i], &small));
        check_ok(rsl_graph_check(&m->graph));
        struct rsl_replay *r;
        check_ok(rsl_replay_new(&r, &m->graph, NULL));
        float *x = images(&m->graph, 2), want[32];
        check_ok(rsl_replay_golden(r, x, 2));
        plan_output(&m->graph, x, 2, want, false);
        check_close(rsl_replay_golden_output(r), want, 2 * rsl_replay_outputs(r));
        rsl_free(x);
        rsl_replay_free(r);
        rsl_model_free(m);
    }
}

/* Hits in every value, alone, in patterns, and together with changed weights. */
static void hits(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    int visible[64], n = 0, differs = 0;
    visible[n++] = g.inputs.at[0];
    for (size_t i = 0; i < g.nodes.n; i++) visible[n++] = g.nodes.at[i].out[0];
    struct pair p;
    open_pair(&p, &g, visible, n, 1);
    struct rsl_rng rng = rsl_rng(13, 0);
    double work = 0;
    int runs = 0;
    for (int k = 0; k < 6 * n; k++) {
        struct rsl_replay_hit at[12];
        int bit[12];
        struct rsl_replay_hits h = {
            .n = k < 5 * n ? 1 : 12, .at = at, .strike = strike, .context = bit};
        for (size_t i = 0; i < h.n; i++) {
            /* All values have at least 7 elements; small ones are hit all over. */
            at[i] = (struct rsl_replay_hit){.value = visible[(k + 5 * (int)i) % n],
                                            .element = (int64_t)rsl_rng_below(&rng, 7)};
            bit[i] = (int)rsl_rng_below(&rng, 32);
        }
        if (k % 5 == 4) change_both(&p, &g, rsl_graph_find(&g, "c2.w"), &rng);
        double share = run_pair(&p, &h, &differs);
        if (k < 5 * n && k % 5 < 4) work += share, runs++;
    }
    assert_in_range(differs, 2 * n, 6 * n);
    assert_true(work < 0.35 * runs);
    close_pair(&p);
    rsl_graph_free(&g);
}

/* An infinite or NaN weight reaches those outputs that it reaches in the reference: never through
 * padding, always through products with zero. */
static void not_finite(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_replay *r;
    struct rsl_replay_worker *w;
    check_ok(rsl_replay_new(&r, &g, NULL));
    check_ok(rsl_replay_worker_new(&w, r));
    int n = rsl_replay_tile(r), outputs = rsl_replay_outputs(r);
    float *x = images(&g, n), got[MOST], want[MOST];
    check_ok(rsl_replay_golden(r, x, n));
    static const char *const where[] = {"c1.w", "g.w", "d.w", "c2.w", "fc.w"};
    for (int i = 0; i < 10; i++) {
        int v = rsl_graph_find(&g, where[i / 2]);
        float *weight = &((float *)g.values.at[v].tensor.data)[7 * i], was = *weight;
        *weight = i % 2 ? NAN : -INFINITY;
        check_ok(rsl_replay_change(w, v, 7 * i, *weight));
        assert_true(rsl_replay_run(w, NULL, got) >= 0);
        plan_output(&g, x, n, want, true);
        *weight = was;
        for (int k = 0; k < n * outputs; k++)
            if (isnan(got[k]) != isnan(want[k]) || isinf(got[k]) != isinf(want[k]))
                fail_msg("%s: output %d is %g, the reference's %g", where[i / 2], k, (double)got[k],
                         (double)want[k]);
    }
    rsl_free(x);
    rsl_replay_worker_free(w);
    rsl_replay_free(r);
    rsl_graph_free(&g);
}

static int no_memory(size_t size) {
    (void)size;
    return 0;
}

static void runs_allocate_nothing(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_replay *r;
    struct rsl_replay_worker *w;
    check_ok(rsl_replay_new(&r, &g, NULL));
    check_ok(rsl_replay_worker_new(&w, r));
    float *x = images(&g, 4), out[MOST], first[MOST];
    check_ok(rsl_replay_golden(r, x, 4));
    int v = rsl_graph_find(&g, "c2.w");
    check_ok(rsl_replay_change(w, v, 2000, 9));
    assert_int_equal(rsl_replay_run(w, NULL, first), 1);
    rsl_alloc_gate = no_memory; /* kept sums do without, too */
    for (int i = 0; i < 10; i++) {
        check_ok(rsl_replay_change(w, v, 2000, 9));
        assert_int_equal(rsl_replay_run(w, NULL, out), 1);
        assert_memory_equal(out, first, (size_t)(4 * rsl_replay_outputs(r)) * sizeof *out);
    }
    rsl_alloc_gate = NULL;
    rsl_free(x);
    rsl_replay_worker_free(w);
    rsl_replay_free(r);
    rsl_graph_free(&g);
}

static int whole_life(void *context) {
    const struct rsl_graph *g = context;
    struct rsl_replay *r = NULL;
    struct rsl_replay_worker *w = NULL;
    static float x[270], out[MOST];
    int rc = rsl_replay_new(&r, g, NULL);
    if (rc >= 0) rc = rsl_replay_worker_new(&w, r);
    if (rc >= 0) rc = rsl_replay_golden(r, x, 1);
    if (rc >= 0) rc = rsl_replay_change(w, rsl_graph_find(g, "c1.w"), 0, 1);
    if (rc >= 0) rc = rsl_replay_run(w, NULL, out);
    rsl_replay_worker_free(w);
    rsl_replay_free(r);
    return rc < 0 ? rc : RSL_OK;
}

static void allocation_failures(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    assert_true(torture(whole_life, &g) > 20);
    rsl_graph_free(&g);
}

static void refusals(void **state) {
    (void)state;
    struct rsl_replay *r;
    struct rsl_graph g;
    rsl_graph_init(&g);
    int x = rsl_graph_add_input(&g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 10, 9}});
    int y = rsl_graph_fresh(&g, "y");
    check_ok(rsl_graph_add_node(&g, rsl_op_find("", "LRN"), "norm1", &x, 1, &y, 1));
    check_ok(rsl_node_set_int(&g, 0, "size", 3));
    check_ok(rsl_graph_add_output(&g, y));
    check_ok(rsl_graph_check(&g));
    check_fails(rsl_replay_new(&r, &g, NULL), RSL_EUNSUPPORTED, "norm1");
    rsl_graph_free(&g);
    build(&g);
    check_ok(rsl_replay_new(&r, &g, NULL));
    float one[1] = {0};
    check_fails(rsl_replay_golden(r, one, 0), RSL_EARG, "tile");
    check_fails(rsl_replay_golden(r, one, 1000), RSL_EARG, "tile");
    rsl_replay_free(r);
    rsl_graph_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_small),       cmocka_unit_test(changes_zoo),
        cmocka_unit_test(golden_zoo),          cmocka_unit_test(hits),
        cmocka_unit_test(not_finite),          cmocka_unit_test(runs_allocate_nothing),
        cmocka_unit_test(allocation_failures), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
