/* The backward walk: sums where paths meet, frozen values, what is refused. The operators' rules
 * have tests of their own. */
#include "check.h"

#include "base/status.h"
#include "graph/gradient.h"
#include "graph/plan.h"

static int input(struct rsl_graph *g, const char *name, int64_t n) {
    struct rsl_shape s = rsl_shape_of(1, &n);
    int v = rsl_graph_add_input(g, name, RSL_f64, &s);
    assert_true(v >= 0);
    return v;
}

static int node(struct rsl_graph *g, const char *op, int a, int b, const char *name) {
    int in[2] = {a, b}, out = rsl_graph_value(g, name);
    assert_true(rsl_graph_add_node(g, rsl_op_find("", op), name, in, b == RSL_ABSENT ? 1 : 2, &out,
                                   1) >= 0);
    return out;
}

/* The value of `gradient` with x = (2,3) and w = (5,7). */
static void run(struct rsl_graph *g, int gradient, double result[2]) {
    assert_true(rsl_graph_add_output(g, gradient) >= 0);
    check_ok(rsl_graph_check(g));
    struct rsl_plan *p;
    check_ok(rsl_plan_new(&p, g, &(struct rsl_plan_options){.batch = 1, .threads = 1}));
    const double x[2] = {2, 3}, w[2] = {5, 7};
    memcpy(rsl_plan_input(p, 0)->data, x, sizeof x);
    memcpy(rsl_plan_input(p, 1)->data, w, sizeof w);
    check_ok(rsl_plan_run(p));
    memcpy(result, rsl_plan_output(p, 1)->data, 2 * sizeof *result);
    rsl_plan_free(p);
}

/* y = x w + x x + x, so dy/dx = w + 2 x + 1 by three paths, two of them into one node. */
static void paths_add_up(void **state) {
    (void)state;
    struct rsl_graph g;
    rsl_graph_init(&g);
    int x = input(&g, "x", 2), w = input(&g, "w", 2), gradient;
    int sum = node(&g, "Add", node(&g, "Mul", x, w, "xw"), node(&g, "Mul", x, x, "xx"), "sum");
    int y = node(&g, "Add", sum, x, "y");
    assert_true(rsl_graph_add_output(&g, y) >= 0);
    check_ok(rsl_graph_check(&g));
    check_ok(rsl_graph_infer(&g, 0));
    size_t before = g.nodes.n;
    check_ok(rsl_graph_gradient(&g, y, &x, 1, &gradient));
    /* Nothing for the frozen w: Mul, Mul, Mul for the three factors, and three sums. */
    assert_int_equal(g.nodes.n - before, 6);
    double result[2];
    run(&g, gradient, result);
    assert_true(result[0] == 5 + 4 + 1 && result[1] == 7 + 6 + 1);
    rsl_graph_free(&g);
}

static void no_dependence_is_absent(void **state) {
    (void)state;
    struct rsl_graph g;
    rsl_graph_init(&g);
    int x = input(&g, "x", 2), w = input(&g, "w", 2), gradients[2];
    int y = node(&g, "Mul", x, x, "y");
    assert_true(rsl_graph_add_output(&g, y) >= 0);
    check_ok(rsl_graph_check(&g));
    check_ok(rsl_graph_infer(&g, 0));
    check_ok(rsl_graph_gradient(&g, y, (const int[]){w, x}, 2, gradients));
    assert_int_equal(gradients[0], RSL_ABSENT);
    assert_true(gradients[1] >= 0);
    rsl_graph_free(&g);
}

static void operators_without_rule_are_refused(void **state) {
    (void)state;
    struct rsl_graph g;
    rsl_graph_init(&g);
    int x = input(&g, "x", 2), gradient;
    int y = node(&g, "Hardmax", x, RSL_ABSENT, "pick");
    assert_true(rsl_graph_add_output(&g, y) >= 0);
    check_ok(rsl_graph_check(&g));
    check_ok(rsl_graph_infer(&g, 0));
    assert_int_equal(rsl_graph_gradient(&g, y, &x, 1, &gradient), RSL_EUNSUPPORTED);
    assert_non_null(strstr(rsl_errmsg(), "'pick' (Hardmax)"));
    rsl_graph_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_add_up),
        cmocka_unit_test(no_dependence_is_absent),
        cmocka_unit_test(operators_without_rule_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
