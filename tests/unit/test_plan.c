/* Plans: the same results whatever the kernels, the fusion and the memory layout; nothing allocated
 * while running; each allocation's failure survived. */
#include "check.h"

#include "base/alloc.h"
#include "graph/lifetime.h"
#include "graph/op.h"
#include "graph/plan.h"
#include "small_network.h"
#include "torture.h"

#include <math.h>

/* A small residual network with everything fusion looks for:
 *   x -> Conv BN Relu -> Conv BN (+ Conv 1x1 of x) Relu -> MaxPool -> Conv Clip -> GAP -> Flatten
 * -> Gemm */
static void build(struct rsl_graph *g) {
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 9, 11}});
    int a = network_conv(g, x, 3, 20, 3, "c1");
    a = network_norm(g, a, 20, "n1");
    a = network_add(g, "Relu", &a, 1);
    int b = network_norm(g, network_conv(g, a, 20, 20, 3, "c2"), 20, "n2");
    int s = network_conv(g, x, 3, 20, 1, "c3");
    a = network_add(g, "Add", (int[]){b, s}, 2);
    a = network_add(g, "Relu", &a, 1);
    a = network_add(g, "MaxPool", &a, 1);
    const int64_t kernel[2] = {3, 3}, strides[2] = {2, 2};
    check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "kernel_shape", kernel, 2));
    check_ok(rsl_node_set_ints(g, (int)g->nodes.n - 1, "strides", strides, 2));
    a = network_conv(g, a, 20, 8, 3, "c4");
    struct rsl_shape scalar = {0};
    int clip[3] = {a, network_constant(g, "low", &scalar, -0.2, -0.2),
                   network_constant(g, "high", &scalar, 0.9, 0.9)};
    a = network_add(g, "Clip", clip, 3);
    a = network_add(g, "GlobalAveragePool", &a, 1);
    a = network_add(g, "Flatten", &a, 1);
    int gemm[3] = {a, network_constant(g, "fc.w", &(struct rsl_shape){2, {5, 8}}, -1, 1),
                   network_constant(g, "fc.b", &(struct rsl_shape){1, {5}}, -1, 1)};
    a = network_add(g, "Gemm", gemm, 3);
    check_ok(rsl_node_set_int(g, (int)g->nodes.n - 1, "transB", 1));
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
}

static void feed(struct rsl_plan *p) {
    struct rsl_tensor *x = rsl_plan_input(p, 0);
    struct rsl_rng r = rsl_rng(3, 3);
    for (int64_t i = 0; i < rsl_tensor_count(x); i++)
        ((float *)x->data)[i] = (float)(rsl_rng_unit(&r) * 2 - 1);
}

/* Runs the graph with the options and copies its outputs. */
static size_t logits(const struct rsl_graph *g, const struct rsl_plan_options *o, float *out,
                     size_t *workspace) {
    struct rsl_plan *p;
    check_ok(rsl_plan_new(&p, g, o));
    feed(p);
    check_ok(rsl_plan_run(p));
    const struct rsl_tensor *y = rsl_plan_output(p, 0);
    size_t n = (size_t)rsl_tensor_count(y);
    memcpy(out, y->data, n * sizeof *out);
    feed(p); /* a second run gives the same */
    check_ok(rsl_plan_run(p));
    assert_memory_equal(out, y->data, n * sizeof *out);
    *workspace = rsl_plan_workspace(p);
    rsl_plan_free(p);
    return n;
}

static void test_kernels_agree(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    float want[64], got[64];
    size_t small = 0, large = 0;
    size_t n = logits(&g, &(struct rsl_plan_options){.batch = 3, .reference = true}, want, &small);
    assert_int_equal(n, 15);
    for (int i = 0; i < 32; i++) {
        struct rsl_plan_options o = {.batch = 3,
                                     .threads = 1 + (i >> 4 & 1),
                                     .reference = i & 1,
                                     .fuse = i & 2,
                                     .keep = i & 4};
        if (i & 8) o.compute = RSL_MODE_F32_WINOGRAD;
        logits(&g, &o, got, &large);
        for (size_t k = 0; k < n; k++)
            if (fabsf(got[k] - want[k]) > 1e-5F + 1e-5F * fabsf(want[k]))
                fail_msg("options %d: output %zu is %.9g, the reference says %.9g", i, k,
                         (double)got[k], (double)want[k]);
        if (i == 5) assert_true(large > small); /* keep costs memory */
    }
    struct rsl_plan_options bf16 = {.batch = 3, .compute = RSL_MODE_BF16, .fuse = true};
    logits(&g, &bf16, got, &large);
    for (size_t k = 0; k < n; k++) assert_true(fabsf(got[k] - want[k]) < 0.05F);
    rsl_graph_free(&g);
}

/* Dropout for inference moves no bytes, one that gives its mask does. */
static void test_dropout_is_an_alias(void **state) {
    (void)state;
    size_t steps[3];
    for (int i = 0; i < 3; i++) {
        struct rsl_graph g;
        struct rsl_plan *p;
        rsl_graph_init(&g);
        int a = rsl_graph_add_input(&g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 9, 11}});
        a = network_conv(&g, a, 3, 20, 3, "c");
        const int out[2] = {rsl_graph_value(&g, "kept"), rsl_graph_value(&g, "mask")};
        if (i > 0)
            assert_true(rsl_graph_add_node(&g, rsl_op_find("", "Dropout"), "", &a, 1, out, i) >= 0);
        if (i > 0) a = out[0];
        check_ok(rsl_graph_add_output(&g, network_add(&g, "Relu", &a, 1)));
        check_ok(rsl_graph_check(&g));
        check_ok(rsl_plan_new(&p, &g, &(struct rsl_plan_options){.batch = 2}));
        steps[i] = rsl_plan_steps(p);
        rsl_plan_free(p);
        rsl_graph_free(&g);
    }
    assert_int_equal(steps[1], steps[0]);
    assert_true(steps[2] > steps[0]);
}

/* A NaN or infinity in one pixel must be found at the output by every kernel. */
static void test_nan_survives(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    for (int i = 0; i < 4; i++) {
        struct rsl_plan *p;
        struct rsl_plan_options o = {.batch = 2, .reference = i & 1, .fuse = i & 2};
        check_ok(rsl_plan_new(&p, &g, &o));
        feed(p);
        ((float *)rsl_plan_input(p, 0)->data)[50] = NAN;
        check_ok(rsl_plan_run(p));
        const float *y = rsl_plan_output(p, 0)->data;
        for (int k = 0; k < 5; k++) {
            assert_true(isnan(y[k]));
            assert_false(isnan(y[5 + k]));
        }
        rsl_plan_free(p);
    }
    rsl_graph_free(&g);
}

static void test_reload(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_plan *p;
    check_ok(rsl_plan_new(&p, &g, &(struct rsl_plan_options){.batch = 1}));
    feed(p);
    check_ok(rsl_plan_run(p));
    float before[5], *w = g.values.at[rsl_graph_find(&g, "c2.w")].tensor.data;
    memcpy(before, rsl_plan_output(p, 0)->data, sizeof before);
    w[5] += 4;
    check_ok(rsl_plan_reload(p, "c2.w"));
    check_ok(rsl_plan_run(p));
    assert_memory_not_equal(before, rsl_plan_output(p, 0)->data, sizeof before);
    w[5] -= 4;
    check_ok(rsl_plan_reload(p, "c2.w"));
    check_ok(rsl_plan_run(p));
    for (int k = 0; k < 5; k++)
        assert_true(fabsf(before[k] - ((const float *)rsl_plan_output(p, 0)->data)[k]) < 1e-6F);
    memcpy(before, rsl_plan_output(p, 0)->data, sizeof before);
    for (int k = 0; k < 2; k++) { /* struck and healed between two runs */
        w[5] = k == 0 ? w[5] * 2 : w[5] / 2;
        check_ok(rsl_plan_reload(p, "c2.w"));
    }
    check_ok(rsl_plan_run(p));
    assert_memory_equal(before, rsl_plan_output(p, 0)->data, sizeof before);
    check_fails(rsl_plan_reload(p, "nothing"), RSL_ENOTFOUND, "nothing");
    rsl_plan_free(p);
    check_ok(rsl_plan_new(&p, &g, &(struct rsl_plan_options){.batch = 1, .fuse = true}));
    check_fails(rsl_plan_reload(p, "c1.w"), RSL_EUNSUPPORTED, "c1.w");
    rsl_plan_free(p);
    rsl_graph_free(&g);
}

/* Every kind of copy that kernels keep of weights: blocked for a convolution, also of groups,
 * turned into a matrix (64 channels, 4x4 pixels), blocked for a product, of either order. */
static void build_packing(struct rsl_graph *g) {
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 4, 4}});
    int a = network_conv(g, x, 3, 68, 3, "direct");
    a = network_conv(g, a, 68, 72, 3, "columns");
    int grouped[2] = {
        a, network_constant(g, "grouped.w", &(struct rsl_shape){4, {36, 2, 1, 1}}, -1, 1)};
    a = network_add(g, "Conv", grouped, 2);
    check_ok(rsl_node_set_int(g, (int)g->nodes.n - 1, "group", 36));
    a = network_add(g, "Flatten", &a, 1);
    int first[2] = {a, network_constant(g, "rows.w", &(struct rsl_shape){2, {40, 576}}, -1, 1)};
    a = network_add(g, "Gemm", first, 2);
    check_ok(rsl_node_set_int(g, (int)g->nodes.n - 1, "transB", 1));
    int second[2] = {a,
                     network_constant(g, "columns_of.w", &(struct rsl_shape){2, {40, 19}}, -1, 1)};
    a = network_add(g, "Gemm", second, 2);
    int third[2] = {a, network_constant(g, "matmul.w", &(struct rsl_shape){2, {19, 17}}, -1, 1)};
    a = network_add(g, "MatMul", third, 2);
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
}

/* Changes one element in 20 of a constant; how many, and which. */
static size_t change_some(struct rsl_graph *g, const char *name, struct rsl_rng *r,
                          int64_t *changed) {
    struct rsl_tensor *t = &g->values.at[rsl_graph_find(g, name)].tensor;
    size_t n = 0;
    for (int64_t i = (int64_t)(rsl_rng_unit(r) * 20); i < rsl_tensor_count(t); i += 20) {
        ((float *)t->data)[i] = (float)(rsl_rng_unit(r) * 2 - 1);
        changed[n++] = i;
    }
    return n;
}

static void test_patch(void **state) {
    (void)state;
    static const char *const names[] = {"direct.w", "columns.w",    "grouped.w",
                                        "rows.w",   "columns_of.w", "matmul.w"};
    static const enum rsl_compute_mode modes[] = {RSL_MODE_F32, RSL_MODE_F32_WINOGRAD,
                                                  RSL_MODE_BF16};
    static int64_t changed[1 << 16];
    for (int i = 0; i < 6; i++) {
        struct rsl_graph g;
        build_packing(&g);
        struct rsl_plan *p;
        struct rsl_plan_options o = {.batch = 2, .compute = modes[i / 2], .reference = i & 1};
        check_ok(rsl_plan_new(&p, &g, &o));
        struct rsl_rng r = rsl_rng(5, 5);
        for (int round = 0; round < 3; round++) {
            const size_t n = sizeof names / sizeof *names;
            for (size_t k = 0; k < n * (1 + (size_t)round); k++)
                check_ok(rsl_plan_patch(p, names[k % n], changed,
                                        change_some(&g, names[k % n], &r, changed)));
            feed(p);
            check_ok(rsl_plan_run(p));
            float want[34];
            size_t unused;
            assert_int_equal(logits(&g, &o, want, &unused), 34);
            assert_memory_equal(want, rsl_plan_output(p, 0)->data, sizeof want);
        }
        check_fails(rsl_plan_patch(p, "nothing", changed, 1), RSL_ENOTFOUND, "nothing");
        rsl_plan_free(p);
        rsl_graph_free(&g);
    }
}

static size_t allocations;

static int count_allocation(size_t size) {
    (void)size;
    allocations++;
    return 1;
}

static void test_running_allocates_nothing(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    for (int i = 0; i < 4; i++) {
        struct rsl_plan *p;
        struct rsl_plan_options o = {.batch = 2, .reference = i & 1, .fuse = i & 2};
        rsl_alloc_gate = count_allocation;
        check_ok(rsl_plan_new(&p, &g, &o));
        assert_true(allocations > 0);
        feed(p);
        allocations = 0;
        check_ok(rsl_plan_run(p));
        assert_int_equal(allocations, 0);
        rsl_alloc_gate = NULL;
        rsl_plan_free(p);
    }
    rsl_graph_free(&g);
}

static int make_and_free(void *context) {
    struct rsl_plan *p;
    struct rsl_plan_options o = {.batch = 1, .fuse = true};
    int rc = rsl_plan_new(&p, context, &o);
    rsl_plan_free(p);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    torture(make_and_free, &g);
    rsl_graph_free(&g);
}

static void test_lifetimes(void **state) {
    (void)state;
    struct rsl_rng r = rsl_rng(1, 1);
    for (int round = 0; round < 200; round++) {
        struct rsl_lifetime b[24];
        size_t n = 1 + rsl_rng_below(&r, 24), total, largest = 0;
        for (size_t i = 0; i < n; i++) {
            int first = (int)rsl_rng_below(&r, 20);
            b[i] = (struct rsl_lifetime){.bytes = rsl_rng_below(&r, 5000),
                                         .first = first,
                                         .last = first + (int)rsl_rng_below(&r, 6)};
            if (b[i].bytes > largest) largest = b[i].bytes;
        }
        check_ok(rsl_lifetime_layout(b, n, &total));
        assert_true(total >= largest);
        for (size_t i = 0; i < n; i++) {
            assert_true(b[i].offset % 64 == 0 && b[i].offset + b[i].bytes <= total);
            for (size_t j = 0; j < i; j++) {
                bool together = b[i].first <= b[j].last && b[j].first <= b[i].last;
                bool apart = b[i].offset + b[i].bytes <= b[j].offset ||
                             b[j].offset + b[j].bytes <= b[i].offset;
                assert_true(!together || apart || !b[i].bytes || !b[j].bytes);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_agree), cmocka_unit_test(test_dropout_is_an_alias),
        cmocka_unit_test(test_nan_survives),  cmocka_unit_test(test_reload),
        cmocka_unit_test(test_patch),         cmocka_unit_test(test_running_allocates_nothing),
        cmocka_unit_test(test_torture),       cmocka_unit_test(test_lifetimes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
