/* Executors: what skipping gives is bit for bit what running everything gives, and both are what a
 * plan made from the faulty network says: bit for bit where the executor runs plans, up to rounding
 * in a replay. */
#include "check.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "campaign/executor.h"
#include "graph/identities.h"
#include "graph/model.h"
#include "graph/op.h"
#include "memory/integer_network.h"
#include "resile/zoo.h"

#include <math.h>

enum { IMAGES = 5, TILE = 6, CLASSES = 10, MOST = 400 };

struct subject {
    bool dense;
    struct rsl_model *model;
    struct rsl_memory *image;
    struct rsl_cells *cells;
    struct rsl_ranges ranges; /* int8 */
    struct rsl_activation at[MOST];
    struct rsl_site sites[MOST];
    int n;
    int64_t pixels;
    float *images;
    struct rsl_executor *skipping, *naive;
};

/* Every node's output, and every node's first input that is computed. */
static void find_activations(struct subject *s) {
    struct rsl_graph g;
    check_ok(rsl_graph_copy(&g, &s->model->graph));
    rsl_graph_set_batch(&g, 1);
    check_ok(rsl_graph_infer(&g, 0));
    for (size_t i = 0; i < g.nodes.n; i++)
        for (int input = 0; input < 2; input++) {
            const struct rsl_node *n = &g.nodes.at[i];
            int v = input ? n->in[0] : n->out[0];
            const struct rsl_tensor *t = &g.values.at[v].tensor;
            if (s->n == MOST || t->shape.rank < 2 || (input && n->op->alias)) continue;
            if (g.values.at[v].kind == RSL_VALUE_CONSTANT) continue;
            s->at[s->n] = (struct rsl_activation){.value = v, .node = input ? (int)i : RSL_ABSENT};
            s->sites[s->n++] = (struct rsl_site){
                .channels = t->shape.dim[1],
                .height = t->shape.rank > 2 ? t->shape.dim[2] : 1,
                .width = t->shape.rank > 2 ? rsl_shape_span(&t->shape, 3, t->shape.rank) : 1};
        }
    rsl_graph_free(&g);
}

static struct rsl_model *model_of(const char *arch, int size) {
    struct rsl_zoo_options z = {.classes = CLASSES, .seed = 5};
    struct rsl_model *m;
    if (size) z.channels = 3, z.height = z.width = size;
    check_ok(rsl_zoo_build(&m, arch, &z));
    return m;
}

/* The subject owns the model. */
static struct subject subject_on(struct rsl_model *model, const char *storage,
                                 enum rsl_compute_mode compute, bool reference, bool dense) {
    struct subject s = {.dense = dense, .model = model};
    struct rsl_memory_options m = {0};
    check_ok(rsl_storage_parse(&m.region[RSL_REGION_WEIGHTS], storage));
    check_ok(rsl_memory_new(&s.image, &s.model->graph, &m));
    check_ok(rsl_cells_new(&s.cells, s.image));
    if (compute == RSL_MODE_INT8)
        check_ok(rsl_ranges_measure(&s.ranges, &s.model->graph, NULL, NULL, 8, 1, RSL_CLIP_ERROR));
    else if (!dense)
        find_activations(&s);
    struct rsl_executor_options o = {.workers = 2,
                                     .dense = dense,
                                     .compute = compute,
                                     .ranges = &s.ranges,
                                     .reference = reference,
                                     .tile = TILE,
                                     .activations = s.at,
                                     .n_activations = s.n};
    check_ok(rsl_executor_new(&s.skipping, &s.model->graph, s.image, &o));
    o.naive = true;
    check_ok(rsl_executor_new(&s.naive, &s.model->graph, s.image, &o));
    assert_int_equal(rsl_executor_tile(s.skipping), TILE);
    assert_int_equal(rsl_executor_classes(s.skipping), CLASSES);
    const struct rsl_graph *g = &s.model->graph;
    const struct rsl_shape *x = &g->values.at[g->inputs.at[0]].tensor.shape;
    s.pixels = rsl_shape_span(x, 1, x->rank);
    s.images = rsl_calloc((size_t)(IMAGES * s.pixels), sizeof *s.images);
    assert_non_null(s.images);
    struct rsl_rng r = rsl_rng(7, 7);
    for (int64_t i = 0; i < IMAGES * s.pixels; i++) s.images[i] = (float)(rsl_rng_unit(&r) * 2 - 1);
    return s;
}

static struct subject subject_of(const char *arch, int size, const char *storage,
                                 enum rsl_compute_mode compute, bool reference, bool dense) {
    return subject_on(model_of(arch, size), storage, compute, reference, dense);
}

static void subject_free(struct subject *s) {
    rsl_executor_free(s->skipping);
    rsl_executor_free(s->naive);
    rsl_free(s->images);
    rsl_cells_free(s->cells);
    rsl_ranges_free(&s->ranges);
    rsl_memory_free(s->image);
    rsl_model_free(s->model);
}

static bool equal(const float *a, const float *b, int n) {
    return memcmp(a, b, (size_t)n * CLASSES * sizeof *a) == 0;
}

static void run_oracle(const struct subject *s, const struct rsl_graph *g, bool reference,
                       enum rsl_compute_mode compute, float *logits) {
    struct rsl_plan *p;
    struct rsl_plan_options o = {
        .batch = TILE, .threads = 1, .reference = reference, .compute = compute};
    o.fuse = s->dense && compute != RSL_MODE_INT8;
    check_ok(rsl_plan_new(&p, g, &o));
    struct rsl_tensor *x = rsl_plan_input(p, 0);
    memset(x->data, 0, rsl_tensor_bytes(x));
    memcpy(x->data, s->images, (size_t)(IMAGES * s->pixels) * sizeof(float));
    check_ok(rsl_plan_run(p));
    memcpy(logits, rsl_plan_output(p, 0)->data, IMAGES * CLASSES * sizeof(float));
    rsl_plan_free(p);
}

/* A plan of its own for the faulty network. */
static void oracle(const struct subject *s, bool reference, enum rsl_compute_mode compute,
                   float *logits) {
    struct rsl_graph g;
    if (compute == RSL_MODE_INT8) {
        struct rsl_integer_network q;
        check_ok(rsl_integer_init(&q, &s->model->graph, s->image, s->cells, &s->ranges));
        run_oracle(s, &q.graph, reference, compute, logits);
        rsl_integer_free(&q);
        return;
    }
    check_ok(rsl_graph_copy(&g, &s->model->graph));
    for (int i = 0; i < s->image->n; i++) {
        const struct rsl_memory_tensor *t = &s->image->tensors[i];
        if (t->weights != RSL_ABSENT) continue;
        check_ok(rsl_tensor_new(&g.values.at[t->value].tensor, &g.arena, RSL_f32, &t->shape));
        rsl_cells_values(s->cells, i, g.values.at[t->value].tensor.data, NULL);
    }
    run_oracle(s, &g, reference, compute, logits);
    rsl_graph_free(&g);
}

/* Whether logits are what the oracle says. Replay sums in another order, and faults make weights of
 * 1e30 whose sums cancel, so that rounding shows in the fourth digit. */
static bool agrees(const struct subject *s, const float *logits, const float *want) {
    if (strcmp(rsl_executor_kind(s->skipping), "replay") != 0) return equal(logits, want, IMAGES);
    for (int i = 0; i < IMAGES; i++) {
        float most = 0;
        for (int c = 0; c < CLASSES; c++) most = fmaxf(most, fabsf(want[i * CLASSES + c]));
        for (int c = 0; c < CLASSES; c++) {
            float a = logits[i * CLASSES + c], b = want[i * CLASSES + c];
            if (isfinite(a) != isfinite(b)) return false;
            if (isfinite(a) && fabsf(a - b) > 1e-3F * most) return false;
        }
    }
    return true;
}

/* One trial on both, with different workers. */
static void both(struct subject *s, const struct rsl_strike *strike, int trial, float *logits) {
    float naive[IMAGES * CLASSES];
    check_ok(rsl_executor_run(s->skipping, trial & 1, strike, logits));
    check_ok(rsl_executor_run(s->naive, trial >> 1 & 1, strike, naive));
    if (!equal(logits, naive, IMAGES)) fail_msg("trial %d: skipping changes the logits", trial);
}

static int weight_trials(struct subject *s, const char *spec_text, int trials, bool reference,
                         enum rsl_compute_mode compute) {
    struct rsl_fault_spec *spec;
    struct rsl_fault_source *source;
    struct rsl_faults faults = {0};
    float logits[IMAGES * CLASSES], want[IMAGES * CLASSES];
    int differ = 0;
    check_ok(rsl_fault_spec_parse(&spec, spec_text));
    check_ok(rsl_fault_source_new(&source, spec, s->image));
    for (int k = 0; k < trials; k++) {
        struct rsl_strike strike = {.cells = s->cells};
        check_ok(rsl_faults_draw(source, 3, (uint64_t)k, &faults));
        check_ok(rsl_faults_apply(&faults, s->cells, NULL));
        check_ok(rsl_cells_changes(s->cells, &strike.changes, &strike.n_changes, NULL));
        both(s, &strike, k, logits);
        oracle(s, reference, compute, want);
        if (!agrees(s, logits, want)) fail_msg("%s: trial %d is not the oracle's", spec_text, k);
        differ += !equal(logits, rsl_executor_golden_logits(s->skipping), IMAGES);
        rsl_cells_restore(s->cells);
    }
    rsl_faults_free(&faults);
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    return differ;
}

static int activation_trials(struct subject *s, const struct rsl_site_model *models, int n,
                             int trials) {
    struct rsl_hits hits[2] = {{0}, {0}};
    struct rsl_strike_hits group[2];
    float logits[IMAGES * CLASSES];
    int differ = 0;
    for (int k = 0; k < trials; k++) {
        struct rsl_strike strike = {.hits = group, .n_hits = n};
        for (int m = 0; m < n; m++) {
            check_ok(
                rsl_sites_draw(&models[m], s->sites, s->n, 9 + (uint64_t)m, (uint64_t)k, &hits[m]));
            group[m] = (struct rsl_strike_hits){&models[m], s->sites, s->at, &hits[m]};
        }
        both(s, &strike, k, logits);
        differ += !equal(logits, rsl_executor_golden_logits(s->skipping), IMAGES);
    }
    for (int m = 0; m < n; m++) rsl_hits_free(&hits[m]);
    return differ;
}

static void all_trials(const char *arch, int size, const char *storage,
                       enum rsl_compute_mode compute, bool reference) {
    struct subject s = subject_of(arch, size, storage, compute, reference, false);
    float golden[IMAGES * CLASSES], logits[IMAGES * CLASSES];
    check_ok(rsl_executor_golden(s.skipping, s.images, IMAGES));
    check_ok(rsl_executor_golden(s.naive, s.images, IMAGES));
    memcpy(golden, rsl_executor_golden_logits(s.skipping), sizeof golden);
    oracle(&s, reference, compute, logits);
    assert_true(agrees(&s, golden, logits));
    bool plain = compute == RSL_MODE_F32 && !reference;
    assert_string_equal(rsl_executor_kind(s.skipping), plain ? "replay" : "plan");
    both(&s, &(struct rsl_strike){0}, 1, logits);
    assert_true(equal(golden, logits, IMAGES));

    int differ = weight_trials(&s, "single", 4, reference, compute);
    differ += weight_trials(&s, "count:40 regions=weights,biases,norms", 3, reference, compute);
    differ += weight_trials(&s, "bitpos:top:count:3", 3, reference, compute);
    assert_in_range(differ, 4, 10);
    const struct rsl_site_model one = {.count = 1};
    const struct rsl_site_model many[2] = {
        {.amount = RSL_SITES_POISSON, .rate = 1e-6, .form = RSL_AS_BF16},
        {.count = 3,
         .pick = RSL_PICK_ELEMENTS,
         .fixed = true,
         .value = -3.5F,
         .pattern = RSL_PATTERN_NEURONS}};
    differ = activation_trials(&s, &one, 1, 8);
    differ += activation_trials(&s, many, 2, 4);
    assert_in_range(differ, 5, 12);
    both(&s, &(struct rsl_strike){0}, 2, logits);
    assert_true(equal(golden, logits, IMAGES));
    subject_free(&s);
}

static void test_lenet(void **state) {
    (void)state;
    all_trials("lenet5", 0, "f32", RSL_MODE_F32, false);
}

static void test_resnet20(void **state) {
    (void)state;
    all_trials("resnet20", 16, "f32", RSL_MODE_F32, false);
}

static void test_vgg_quantized(void **state) {
    (void)state;
    all_trials("cnn-small", 0, "affine4/msb", RSL_MODE_F32_WINOGRAD, false);
}

static void test_reference(void **state) {
    (void)state;
    all_trials("lenet5", 0, "symmetric8", RSL_MODE_F32, true);
}

static void test_bf16(void **state) {
    (void)state;
    all_trials("resnet20", 8, "bf16", RSL_MODE_BF16, false);
}

/* Every region; test_integer_activations.c has the rest. */
static void test_integers(void **state) {
    (void)state;
    static const char *const storages[] = {"symmetric8:channel", "affine8", "affine3/msb"};
    for (int i = 0; i < 3; i++) {
        struct subject s = subject_of("resnet20", 16, storages[i], RSL_MODE_INT8, false, false);
        check_ok(rsl_executor_golden(s.skipping, s.images, IMAGES));
        check_ok(rsl_executor_golden(s.naive, s.images, IMAGES));
        int differ = weight_trials(&s, "single", 3, false, RSL_MODE_INT8);
        differ +=
            weight_trials(&s, "count:40 regions=weights,biases,norms", 3, false, RSL_MODE_INT8);
        differ += weight_trials(&s, "count:20 regions=scales,zero_points", 3, false, RSL_MODE_INT8);
        assert_in_range(differ, 4, 9);
        subject_free(&s);
    }
    struct subject s = subject_of("lenet5", 0, "symmetric8", RSL_MODE_INT8, false, false);
    struct rsl_executor *e;
    const struct rsl_executor_options o = {.compute = RSL_MODE_INT8};
    const struct rsl_executor_options little = {.reference = true, .tile = TILE, .memory = 1};
    check_ok(rsl_executor_new(&e, &s.model->graph, s.image, &little));
    assert_string_equal(rsl_executor_kind(e), "plan");
    assert_int_equal(rsl_executor_tile(e), 1);
    rsl_executor_free(e);
    check_fails(rsl_executor_new(&e, &s.model->graph, s.image, &o), RSL_EARG, "needs the ranges");
    subject_free(&s);
}

/* With many faults the whole network runs, folded and fused: exactly as a plan made of the faulty
 * network does, faults in what was folded included, and trial after trial without traces. */
static void test_whole(void **state) {
    (void)state;
    static const struct {
        const char *arch;
        int size;
        const char *storage;
        enum rsl_compute_mode compute;
        bool reference;
    } cases[] = {{"resnet20", 16, "symmetric8", RSL_MODE_F32, false},
                 {"lenet5", 0, "f32", RSL_MODE_F32, false},
                 {"lenet5", 0, "affine4/msb", RSL_MODE_F32, true},
                 {"cnn-small", 0, "affine4/msb", RSL_MODE_F32_WINOGRAD, false},
                 {"resnet20", 8, "bf16", RSL_MODE_BF16, false},
                 {"resnet20", 16, "affine8", RSL_MODE_INT8, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s = subject_of(cases[i].arch, cases[i].size, cases[i].storage,
                                      cases[i].compute, cases[i].reference, true);
        float golden[IMAGES * CLASSES], logits[IMAGES * CLASSES];
        bool reference = cases[i].reference;
        assert_string_equal(rsl_executor_kind(s.skipping), "whole");
        check_ok(rsl_executor_golden(s.skipping, s.images, IMAGES));
        check_ok(rsl_executor_golden(s.naive, s.images, IMAGES));
        memcpy(golden, rsl_executor_golden_logits(s.skipping), sizeof golden);
        oracle(&s, reference, cases[i].compute, logits);
        assert_true(equal(golden, logits, IMAGES));
        int differ = weight_trials(&s, "ber:1e-3", 3, reference, cases[i].compute);
        differ += weight_trials(&s, "count:40 regions=weights,biases,norms", 3, reference,
                                cases[i].compute);
        differ += weight_trials(&s, "count:9 regions=norms,biases", 3, reference, cases[i].compute);
        assert_in_range(differ, 5, 9);
        both(&s, &(struct rsl_strike){.cells = s.cells}, 2, logits);
        assert_true(equal(golden, logits, IMAGES));
        check_ok(rsl_executor_golden(s.skipping, s.images, IMAGES));
        assert_true(equal(golden, rsl_executor_golden_logits(s.skipping), IMAGES));
        subject_free(&s);
    }
}

/* ---- parameters that layers read through other nodes ---- */

static int made(struct rsl_graph *g, const char *op, int in) {
    int out = rsl_graph_fresh(g, op);
    assert_true(out >= 0);
    check_ok(rsl_graph_add_node(g, rsl_op_find("", op), op, &in, 1, &out, 1));
    return out;
}

static struct rsl_node *node_with(struct rsl_graph *g, const char *weights) {
    int v = rsl_graph_find(g, weights);
    for (size_t i = 0; i < g->nodes.n; i++)
        if (g->nodes.at[i].n_in > 1 && g->nodes.at[i].in[1] == v) return &g->nodes.at[i];
    fail_msg("no node reads %s", weights);
    return NULL;
}

static void put_behind(struct rsl_graph *g, const char *weights, int input, const char *op,
                       int times) {
    int v = node_with(g, weights)->in[input];
    for (int i = 0; i < times; i++) v = made(g, op, v);
    node_with(g, weights)->in[input] = v;
}

/* A bias behind an Identity, one behind what transposes it and back, and one that is added to the
 * scores once more, by way of an Identity: a network that was exported with tensors merged. */
static struct rsl_model *indirect_model(void) {
    struct rsl_model *m = model_of("lenet5", 0);
    struct rsl_graph *g = &m->graph;
    put_behind(g, "conv1.weight", 2, "Identity", 1);
    put_behind(g, "fc1.weight", 2, "Transpose", 2);
    put_behind(g, "fc2.weight", 2, "Identity", 2);
    int scores = g->outputs.at[0], bias = node_with(g, "fc3.weight")->in[2];
    int in[2] = {scores, made(g, "Identity", bias)}, sum = rsl_graph_fresh(g, "sum");
    check_ok(rsl_graph_add_node(g, rsl_op_find("", "Add"), "again", in, 2, &sum, 1));
    g->outputs.at[0] = sum;
    check_ok(rsl_graph_check(g));
    return m;
}

static void indirect_trials(enum rsl_compute_mode compute, bool reference, bool dense) {
    struct subject s = subject_on(indirect_model(), "f32", compute, reference, dense);
    assert_string_equal(rsl_executor_kind(s.skipping), "plan");
    s.dense = false; /* its plans fuse nothing */
    check_ok(rsl_executor_golden(s.skipping, s.images, IMAGES));
    check_ok(rsl_executor_golden(s.naive, s.images, IMAGES));
    int differ = weight_trials(&s, "count:1 regions=biases bits=30", 12, reference, compute);
    differ += weight_trials(&s, "count:90 regions=biases,weights", 3, reference, compute);
    assert_in_range(differ, 8, 15);
    subject_free(&s);
}

static void test_indirect(void **state) {
    (void)state;
    indirect_trials(RSL_MODE_F32, false, false);
    indirect_trials(RSL_MODE_F32, true, false);
    indirect_trials(RSL_MODE_F32, false, true);
}

/* As a file that is read has them: gone, with the same scores under the same faults. */
static void test_indirect_from_file(void **state) {
    (void)state;
    struct rsl_model *m = indirect_model();
    size_t nodes = m->graph.nodes.n;
    check_ok(rsl_graph_drop_identities(&m->graph));
    assert_int_equal(m->graph.nodes.n, nodes - 4);
    struct subject s = subject_on(m, "symmetric8", RSL_MODE_INT8, false, false);
    check_ok(rsl_executor_golden(s.skipping, s.images, IMAGES));
    check_ok(rsl_executor_golden(s.naive, s.images, IMAGES));
    int differ = weight_trials(&s, "count:9 regions=weights,biases layers=conv1,fc2,fc3 bits=6-31",
                               4, false, RSL_MODE_INT8);
    assert_in_range(differ, 3, 4);
    subject_free(&s);
}

static void test_tiles_change(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5", 0, "f32", RSL_MODE_F32, false, false);
    float first[IMAGES * CLASSES], again[IMAGES * CLASSES];
    check_ok(rsl_executor_golden(s.skipping, s.images, IMAGES));
    check_ok(rsl_executor_run(s.skipping, 1, &(struct rsl_strike){0}, first));
    check_ok(rsl_executor_golden(s.skipping, s.images + s.pixels, 2));
    check_ok(rsl_executor_run(s.skipping, 1, &(struct rsl_strike){0}, again));
    assert_memory_equal(again, first + CLASSES, 2 * CLASSES * sizeof *first);
    subject_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lenet),         cmocka_unit_test(test_resnet20),
        cmocka_unit_test(test_vgg_quantized), cmocka_unit_test(test_reference),
        cmocka_unit_test(test_bf16),          cmocka_unit_test(test_integers),
        cmocka_unit_test(test_tiles_change),  cmocka_unit_test(test_whole),
        cmocka_unit_test(test_indirect),      cmocka_unit_test(test_indirect_from_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
