/* Integer networks on stored bits: the scores of those on decoded codes, bit for bit, whatever the
 * storage, the batch and the flips; a bit that flips between two runs is voted out. */
#include "integer_net.h"
#include "memory/packed_graph.h"
#include "resile/eval.h"
#include "resile/integer.h"
#include "resile/run.h"
#include "resile/zoo.h"
#include "torture.h"

static const char *const storages[] = {"symmetric8",
                                       "symmetric8:channel",
                                       "symmetric3/msb/plane",
                                       "affine8",
                                       "affine8:tensor/msb",
                                       "affine8/msb:3/block",
                                       "affine7/none/plane",
                                       "affine4/msb",
                                       "affine3/msb/block",
                                       "affine5/secded",
                                       "symmetric4/parity",
                                       "affine4/parity/plane",
                                       "symmetric4/tmr/block",
                                       "symmetric8:negate",
                                       "affine2:tensor/tmr/plane",
                                       "affine6/none/block"};
enum { STORAGES = sizeof storages / sizeof *storages };

static bool has_checks(const char *storage) {
    return strstr(storage, "parity") || strstr(storage, "secded");
}

static int packed_layers(const struct rsl_plan *p) {
    int n = 0;
    for (size_t i = 0; i < rsl_plan_steps(p); i++) {
        const struct rsl_node *node = rsl_plan_step_node(p, i);
        n += node && strstr(node->op->name, "FusedQLinear") &&
             strstr(rsl_plan_step_kernel(p, i), "packed ");
    }
    return n;
}

static void same_scores(const struct rsl_graph *packed, const struct rsl_graph *decoded,
                        const char *storage) {
    struct rsl_plan *fast = plan(packed, false);
    float is[IMAGES * CLASSES], as_reference[IMAGES * CLASSES], should[IMAGES * CLASSES];
    /* All but the product whose weights are [in, out]. */
    assert_int_equal(packed_layers(fast), has_checks(storage) ? 0 : 6);
    scores(fast, is);
    rsl_plan_free(fast);
    run(packed, true, as_reference);
    run(decoded, true, should);
    if (!same(is, should) || !same(as_reference, should)) fail_msg("%s", storage);
}

/* As it was stored, and with flips that votes do not heal, among them some of codes' zeros. */
static void test_networks(void **state) {
    (void)state;
    for (int s = 0; s < STORAGES; s++) {
        struct integer i;
        struct rsl_integer_network struck;
        struct rsl_cells *cells;
        struct rsl_graph packed;
        make(&i, storages[s]);
        check_ok(rsl_packed_integer_graph(&packed, &i.q, i.image, NULL));
        same_scores(&packed, &i.q.graph, storages[s]);
        rsl_graph_free(&packed);
        check_ok(rsl_cells_new(&cells, i.image));
        for (int64_t at = 1; at < i.image->bits; at += 29) check_ok(rsl_cells_flip(cells, at));
        check_ok(rsl_integer_init(&struck, &i.net.g, i.image, cells, &i.ranges));
        check_ok(rsl_packed_integer_graph(&packed, &struck, i.image, cells));
        same_scores(&packed, &struck.graph, storages[s]);
        rsl_graph_free(&packed);
        rsl_integer_free(&struck);
        rsl_cells_free(cells);
        drop(&i);
    }
}

/* A network of a test's own, as integers on stored bits. */
struct own {
    struct net net;
    struct rsl_memory *image;
    struct rsl_ranges ranges;
    struct rsl_integer_network q;
    struct rsl_graph packed;
};

/* Once its graph is built, whose output is `y`. */
static void make_own(struct own *o, int y, const char *storage) {
    struct rsl_graph *g = &o->net.g;
    check_ok(rsl_graph_add_output(g, y));
    check_ok(rsl_graph_check(g));
    check_ok(make_image(&o->image, g, storage));
    check_ok(rsl_ranges_measure(&o->ranges, g, NULL, NULL, 24, 2, RSL_CLIP_ERROR));
    check_ok(rsl_integer_init(&o->q, g, o->image, NULL, &o->ranges));
    check_ok(rsl_packed_integer_graph(&o->packed, &o->q, o->image, NULL));
}

static void drop_own(struct own *o) {
    rsl_graph_free(&o->packed);
    rsl_integer_free(&o->q);
    rsl_ranges_free(&o->ranges);
    rsl_memory_free(o->image);
    rsl_graph_free(&o->net.g);
}

/* Linear layers on one image, whose rows are streamed: rows of whole blocks and others, images
 * that are signed and not. */
static void test_streams(void **state) {
    (void)state;
    for (int s = 0; s < STORAGES; s++) {
        struct own o = {.net.random = rsl_rng(3, 3)};
        struct net *n = &o.net;
        rsl_graph_init(&n->g);
        int x = rsl_graph_add_input(&n->g, "x", RSL_f32, &(struct rsl_shape){2, {1, 1024}});
        int a = add(n, "Gemm",
                    (int[]){x, constant(n, "a.w", (struct rsl_shape){2, {512, 1024}}, -0.1, 0.2),
                            constant(n, "a.b", (struct rsl_shape){1, {512}}, -1, 1)},
                    3);
        check_ok(rsl_node_set_int(&n->g, last(n), "transB", 1));
        a = add(n, "Relu", &a, 1);
        int b = constant(n, "b.w", (struct rsl_shape){2, {700, 512}}, -0.2, 0.1);
        a = add(n, "Gemm", (int[]){a, b}, 2);
        check_ok(rsl_node_set_int(&n->g, last(n), "transB", 1));
        b = constant(n, "c.w", (struct rsl_shape){2, {CLASSES, 700}}, -0.2, 0.1);
        a = add(n, "Gemm", (int[]){a, b}, 2);
        check_ok(rsl_node_set_int(&n->g, last(n), "transB", 1));
        make_own(&o, a, storages[s]);
        struct rsl_plan *fast = plan(&o.packed, false), *slow = plan(&o.q.graph, true);
        assert_int_equal(packed_layers(fast), has_checks(storages[s]) ? 0 : 3);
        check_ok(rsl_plan_run(fast));
        check_ok(rsl_plan_run(slow));
        const float *is = rsl_plan_output(fast, 0)->data, *should = rsl_plan_output(slow, 0)->data;
        assert_memory_equal(is, should, CLASSES * sizeof *is);
        assert_true(fabsf(is[0] - is[1]) > 0);
        rsl_plan_free(fast);
        rsl_plan_free(slow);
        drop_own(&o);
    }
}

static int left_to_the_reference(const struct rsl_plan *p) {
    int n = 0;
    for (size_t i = 0; i < rsl_plan_steps(p); i++) {
        const struct rsl_node *node = rsl_plan_step_node(p, i);
        n += node && strstr(node->op->name, "FusedQLinear") &&
             strcmp(rsl_plan_step_kernel(p, i), "reference") == 0;
    }
    return n;
}

/* Depthwise and grouped convolutions, and protections that are no votes, are decoded for kernels
 * as fast as those on decoded codes. */
static void test_others(void **state) {
    (void)state;
    for (int s = 0; s < STORAGES; s++) {
        struct own o = {.net.random = rsl_rng(4, 4)};
        struct net *n = &o.net;
        rsl_graph_init(&n->g);
        int x = rsl_graph_add_input(&n->g, "x", RSL_f32, &(struct rsl_shape){4, {2, 16, 9, 9}});
        int a = constant(n, "a.w", (struct rsl_shape){4, {16, 1, 3, 3}}, -0.3, 0.4);
        a = add(n, "Conv", (int[]){x, a}, 2);
        check_ok(rsl_node_set_int(&n->g, last(n), "group", 16));
        int b = constant(n, "b.w", (struct rsl_shape){4, {32, 8, 3, 3}}, -0.1, 0.1);
        a = add(n, "Conv", (int[]){a, b}, 2);
        check_ok(rsl_node_set_int(&n->g, last(n), "group", 2));
        a = add(n, "Relu", &a, 1);
        a = add(n, "Flatten", &a, 1);
        b = constant(n, "c.w", (struct rsl_shape){2, {32 * 5 * 5, CLASSES}}, -0.1, 0.1);
        a = add(n, "MatMul", (int[]){a, b}, 2);
        make_own(&o, a, storages[s]);
        struct rsl_plan *fast = plan(&o.packed, false), *decoded = plan(&o.q.graph, false);
        assert_int_equal(left_to_the_reference(fast), left_to_the_reference(decoded));
        check_ok(rsl_plan_run(fast));
        check_ok(rsl_plan_run(decoded));
        assert_memory_equal(rsl_plan_output(fast, 0)->data, rsl_plan_output(decoded, 0)->data,
                            2 * CLASSES * sizeof(float));
        rsl_plan_free(fast);
        rsl_plan_free(decoded);
        drop_own(&o);
    }
}

/* The same plan before and after flips: one copy changes nothing, two do. */
static void test_vote_at_every_run(void **state) {
    (void)state;
    struct integer i;
    struct rsl_cells *cells;
    struct rsl_graph packed;
    float before[IMAGES * CLASSES], after[IMAGES * CLASSES];
    make(&i, "affine3/msb/plane");
    check_ok(rsl_cells_new(&cells, i.image));
    check_ok(rsl_packed_integer_graph(&packed, &i.q, i.image, cells));
    struct rsl_plan *p = plan(&packed, false);
    scores(p, before);
    int64_t bits[3];
    for (int copy = 0; copy < 3; copy++) {
        bits[copy] = rsl_memory_weight_address(i.image, 1, 50, 2 + copy);
        assert_true(bits[copy] >= 0);
        check_ok(rsl_cells_flip(cells, bits[copy]));
        scores(p, after);
        assert_true(same(before, after));
        check_ok(rsl_cells_flip(cells, bits[copy]));
    }
    check_ok(rsl_cells_flip(cells, bits[0]));
    check_ok(rsl_cells_flip(cells, bits[2]));
    scores(p, after);
    assert_false(same(before, after));
    rsl_plan_free(p);
    rsl_graph_free(&packed);
    rsl_cells_free(cells);
    drop(&i);
}

/* The public face: an integer model whose runner is asked to read stored bits. */
static void test_runner(void **state) {
    (void)state;
    struct rsl_model *m, *integer;
    struct rsl_runner *packed, *decoded;
    check_ok(rsl_zoo_build(&m, "cnn-small", NULL));
    const struct rsl_integer_options how = {.storage = "affine4/msb", .random = 1, .images = 8};
    check_ok(rsl_integer_model(&integer, m, NULL, &how));
    check_ok(rsl_runner_new(&packed, integer, &(struct rsl_run_options){.batch = 2, .packed = 1}));
    check_ok(rsl_runner_new(&decoded, integer, &(struct rsl_run_options){.batch = 2}));
    int layers = 0;
    for (int i = 0; i < rsl_runner_steps(packed); i++)
        layers += strncmp(rsl_runner_step_kernel(packed, i), "packed a", 8) == 0 ||
                  strncmp(rsl_runner_step_kernel(packed, i), "packed p", 8) == 0;
    assert_true(layers > 2); /* avx..., portable */
    for (int i = 0; i < rsl_runner_steps(decoded); i++)
        assert_null(strstr(rsl_runner_step_kernel(decoded, i), "packed"));
    float *x = rsl_runner_input(packed, 0);
    struct rsl_rng rng = rsl_rng(1, 1);
    for (int i = 0; i < 2 * 3 * 32 * 32; i++) x[i] = (float)rsl_rng_normal(&rng);
    memcpy(rsl_runner_input(decoded, 0), x, 2 * 3 * 32 * 32 * sizeof *x);
    check_ok(rsl_runner_run(packed));
    check_ok(rsl_runner_run(decoded));
    assert_memory_equal(rsl_runner_output(packed, 0), rsl_runner_output(decoded, 0),
                        20 * sizeof(float));
    rsl_runner_free(packed);
    rsl_runner_free(decoded);
    rsl_model_free(integer);
    rsl_model_free(m);
}

static int make_plan(void *context) {
    const struct integer *i = context;
    struct rsl_graph packed;
    struct rsl_plan *p = NULL;
    RSL_TRY(rsl_packed_integer_graph(&packed, &i->q, i->image, NULL));
    int rc = rsl_plan_new(&p, &packed, &(struct rsl_plan_options){.batch = 1, .threads = 1});
    rsl_plan_free(p);
    rsl_graph_free(&packed);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct integer i;
    make(&i, "affine3/msb/plane");
    assert_true(torture(make_plan, &i) > 10);
    drop(&i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks), cmocka_unit_test(test_streams),
        cmocka_unit_test(test_others),   cmocka_unit_test(test_vote_at_every_run),
        cmocka_unit_test(test_runner),   cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
