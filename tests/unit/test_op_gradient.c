/* Gradient rules where finite differences say nothing: ties, kinks, NaN, empty tensors, what is
 * refused; and the shape rules of the operators that only gradients use. */
#include "one_node.h"

#include "graph/gradient.h"

/* d(sum of y0)/d(input i). Everything is constant, so that inferring the shapes computes it. */
static int gradient(struct bench *b, int i, struct rsl_tensor *dx) {
    int result, of = rsl_graph_find(&b->g, "y0");
    RSL_TRY(rsl_graph_check(&b->g));
    RSL_TRY(rsl_graph_infer(&b->g, INT64_MAX));
    RSL_TRY(rsl_graph_gradient(&b->g, of, &b->in[i], 1, &result));
    if (result == RSL_ABSENT) return rsl_fail(RSL_ENOTFOUND, "no dependence");
    RSL_TRY(rsl_graph_add_output(&b->g, result));
    RSL_TRY(rsl_graph_check(&b->g));
    RSL_TRY(rsl_graph_infer(&b->g, INT64_MAX));
    *dx = b->g.values.at[result].tensor;
    return RSL_OK;
}

/* The gradient of input i has these n values; ends. */
#define GRADIENT(b, i, ...)                    \
    expect_gradient(b, i, VALUES(__VA_ARGS__), \
                    (int64_t)(sizeof(VALUES(__VA_ARGS__)) / sizeof(double)))
static void expect_gradient(struct bench *b, int i, const double *want, int64_t n) {
    struct rsl_tensor dx = {0};
    check_ok(gradient(b, i, &dx));
    assert_non_null(dx.data);
    assert_int_equal(rsl_tensor_count(&dx), n);
    for (int64_t k = 0; k < n; k++) {
        double v = rsl_tensor_double(&dx, k);
        if (v != want[k] && !(isnan(v) && isnan(want[k])))
            fail_msg("%s: element %d is %g, expected %g", b->op->name, (int)k, v, want[k]);
    }
    end(b);
}

static void expect_refused(struct bench *b, int i, const char *words) {
    struct rsl_tensor dx;
    check_fails(gradient(b, i, &dx), RSL_EUNSUPPORTED, words);
    end(b);
}

static void one_input(struct bench *b, const char *op, int opset, struct rsl_shape shape,
                      const double *values) {
    begin(b, op, opset);
    given(b, RSL_f32, shape, values);
    node(b, 1);
}

/* ---- values ---- */

static void test_ties_are_shared(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Max", 13);
    given(&b, RSL_f32, SHAPE(3), VALUES(1, 2, 3));
    given(&b, RSL_f32, SHAPE(3), VALUES(1, 1, 4));
    node(&b, 1);
    GRADIENT(&b, 0, 0.5, 1, 0);
    begin(&b, "ReduceMin", 13);
    given(&b, RSL_f32, SHAPE(2, 4), VALUES(5, 1, 1, 1, 2, 3, 2, 9));
    node(&b, 1);
    INTS(&b, "axes", 1);
    const double third = (double)(1.0F / 3);
    GRADIENT(&b, 0, 0, third, third, third, 0.5, 0, 0.5, 0);
    one_input(&b, "GlobalMaxPool", 1, SHAPE(1, 1, 2, 2), VALUES(7, 7, 1, 0));
    GRADIENT(&b, 0, 0.5, 0.5, 0, 0);
}

static void test_kinks(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Clip", 13);
    given(&b, RSL_f32, SHAPE(5), VALUES(-2, -1, 0, 1, 2));
    given(&b, RSL_f32, SCALAR, VALUES(-1));
    given(&b, RSL_f32, SCALAR, VALUES(1));
    node(&b, 1);
    GRADIENT(&b, 0, 0, 1, 1, 1, 0); /* as torch.clamp */
    one_input(&b, "Abs", 13, SHAPE(3), VALUES(-2, 0, 2));
    GRADIENT(&b, 0, -1, 0, 1);
    one_input(&b, "HardSigmoid", 6, SHAPE(3), VALUES(-2.5, 0, 2.5));
    GRADIENT(&b, 0, 0, (double)0.2F, 0);
    one_input(&b, "HardSwish", 14, SHAPE(4), VALUES(-3, 0, 3, 4));
    GRADIENT(&b, 0, 0, 0.5, 1, 1);
}

static void test_zero_norms_have_zero_gradients(void **state) {
    (void)state;
    struct bench b;
    one_input(&b, "ReduceL2", 13, SHAPE(2), VALUES(0, 0));
    GRADIENT(&b, 0, 0, 0);
    one_input(&b, "LpNormalization", 1, SHAPE(2, 2), VALUES(0, 0, 3, 0));
    GRADIENT(&b, 0, 0, 0, 0, (double)(1.0F / 3));
    one_input(&b, "GlobalLpPool", 2, SHAPE(1, 1, 2), VALUES(0, 0));
    GRADIENT(&b, 0, 0, 0);
    one_input(&b, "LpPool", 11, SHAPE(1, 1, 2), VALUES(0, 0));
    INTS(&b, "kernel_shape", 2);
    GRADIENT(&b, 0, 0, 0);
    one_input(&b, "ReduceProd", 13, SHAPE(4), VALUES(2, 0, 3, 5));
    GRADIENT(&b, 0, 0, 30, 0, 0);
    one_input(&b, "ReduceProd", 13, SHAPE(3), VALUES(2, 0, 0));
    GRADIENT(&b, 0, 0, 0, 0);
}

static void test_powers_at_zero(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Pow", 15);
    given(&b, RSL_f32, SHAPE(3), VALUES(0, 0, 2));
    given(&b, RSL_f32, SHAPE(3), VALUES(0, 2, 1));
    node(&b, 1);
    GRADIENT(&b, 0, 0, 0, 1);
    begin(&b, "Pow", 15);
    given(&b, RSL_f32, SHAPE(2), VALUES(0, 0));
    given(&b, RSL_f32, SHAPE(2), VALUES(0, 2));
    node(&b, 1);
    GRADIENT(&b, 1, 0, 0);
}

/* A NaN that a fault made stays visible. */
static void test_nan_goes_through(void **state) {
    (void)state;
    struct bench b;
    one_input(&b, "Sigmoid", 13, SHAPE(2), VALUES((double)NAN, 0));
    GRADIENT(&b, 0, (double)NAN, 0.25);
    begin(&b, "Max", 13);
    given(&b, RSL_f32, SHAPE(1), VALUES((double)NAN));
    given(&b, RSL_f32, SHAPE(1), VALUES(1));
    node(&b, 1);
    GRADIENT(&b, 1, (double)NAN);
    one_input(&b, "Softmax", 13, SHAPE(2), VALUES((double)NAN, 0));
    GRADIENT(&b, 0, (double)NAN, (double)NAN);
}

static void test_empty_tensors(void **state) {
    (void)state;
    static const char *const names[] = {"Sigmoid",    "Softmax",   "Transpose", "ReduceSum",
                                        "ReduceMean", "ReduceMax", "Identity",  "Flatten"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bench b;
        struct rsl_tensor dx;
        one_input(&b, names[i], 13, SHAPE(0, 3), VALUES(0));
        check_ok(gradient(&b, 0, &dx));
        assert_true(rsl_shape_equal(&dx.shape, &b.g.values.at[b.in[0]].tensor.shape));
        end(&b);
    }
}

/* ---- refusals of rules ---- */

static void test_refused_rules(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "ScatterElements", 16);
    given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
    LIST(&b, 1);
    given(&b, RSL_f32, SHAPE(1), VALUES(3));
    node(&b, 1);
    TEXT(&b, "reduction", "mul");
    expect_refused(&b, 0, "'mul'");
    begin(&b, "MaxUnpool", 11);
    given(&b, RSL_f32, SHAPE(1, 1, 2), VALUES(1, 2));
    input(&b, RSL_i64, (const int64_t[]){0, 2}, SHAPE(1, 1, 2));
    LIST(&b, 1, 1, 5);
    node(&b, 1);
    INTS(&b, "kernel_shape", 2);
    INTS(&b, "strides", 2);
    expect_refused(&b, 0, "output_shape");
    one_input(&b, "Hardmax", 13, SHAPE(2), VALUES(1, 2));
    expect_refused(&b, 0, "'n' (Hardmax): there is no gradient");
}

/* The mean that LayerNormalization also gives is no way back. */
static void test_refused_outputs(void **state) {
    (void)state;
    struct bench b;
    int result;
    begin(&b, "LayerNormalization", 17);
    given(&b, RSL_f32, SHAPE(1, 2), VALUES(1, 2));
    given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
    node(&b, 3);
    check_ok(run(&b));
    check_fails(rsl_graph_gradient(&b.g, rsl_graph_find(&b.g, "y2"), b.in, 1, &result),
                RSL_EUNSUPPORTED, "mean and deviation");
    end(&b);
}

/* ---- shape rules of the operators of gradients ---- */

static void slice_grad(struct bench *b) {
    begin_in(b, "resile", "SliceGrad", 1);
    given(b, RSL_f32, SHAPE(2), VALUES(1, 2));
    node(b, 1);
}

static void test_slice_grad(void **state) {
    (void)state;
    static const struct {
        int64_t shape, start, step;
    } wrong[] = {{5, 4, 1},         {5, -1, 1}, {5, 0, 0},         {5, 0, 5},
                 {5, 0, -1},        {1, 0, 1},  {5, 0, INT64_MAX}, {5, 4, INT64_MIN},
                 {5, INT64_MAX, 1}, {-1, 0, 1}, {INT64_MAX, 0, 1}};
    struct bench b;
    slice_grad(&b);
    INTS(&b, "shape", 5);
    INTS(&b, "starts", 4);
    INTS(&b, "steps", -3);
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(5), VALUES(0, 2, 0, 0, 1), 0);
    end(&b);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        slice_grad(&b);
        INTS(&b, "shape", wrong[i].shape);
        INTS(&b, "starts", wrong[i].start);
        INTS(&b, "steps", wrong[i].step);
        if (run(&b) == RSL_OK) fail_msg("case %d of SliceGrad was taken", (int)i);
        end(&b);
    }
    slice_grad(&b);
    INTS(&b, "shape", 5);
    INTS(&b, "starts", 0, 1);
    INTS(&b, "steps", 1);
    REFUSED(&b, RSL_EGRAPH, "'starts' has 2 numbers for 1 axes");
    slice_grad(&b);
    REFUSED(&b, RSL_EGRAPH, "'shape' has 0 numbers");
}

static void test_clip_grad(void **state) {
    (void)state;
    struct bench b;
    begin_in(&b, "resile", "ClipGrad", 1);
    given(&b, RSL_f16, SHAPE(4), VALUES(1, 2, 3, 4));
    given(&b, RSL_f16, SHAPE(4), VALUES(-5, 0, (double)NAN, (double)INFINITY));
    absent(&b);
    given(&b, RSL_f16, SHAPE(1), VALUES(1));
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, RSL_f16, SHAPE(4), VALUES(1, 2, 3, 0), 0);
    end(&b);
    begin_in(&b, "resile", "ClipGrad", 1);
    given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
    given(&b, RSL_f32, SHAPE(3), VALUES(1, 2, 3));
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "differ in shape");
    begin_in(&b, "resile", "ClipGrad", 1);
    given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
    given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
    given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "one element");
}

static void test_lp_pool_grad(void **state) {
    (void)state;
    struct bench b;
    for (int wrong = 0; wrong < 3; wrong++) {
        begin_in(&b, "resile", "LpPoolGrad", 1);
        given(&b, RSL_f32, wrong == 0 ? SHAPE(1, 1, 3) : SHAPE(1, 1, 2), VALUES(1, 2, 3));
        given(&b, wrong == 1 ? RSL_f64 : RSL_f32, SHAPE(1, 1, 3), VALUES(1, 2, 3));
        node(&b, 1);
        INTS(&b, "kernel_shape", 2);
        if (wrong == 2) INT(&b, "p", 0);
        if (run(&b) == RSL_OK) fail_msg("case %d of LpPoolGrad was taken", wrong);
        end(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ties_are_shared),
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_zero_norms_have_zero_gradients),
        cmocka_unit_test(test_powers_at_zero),
        cmocka_unit_test(test_nan_goes_through),
        cmocka_unit_test(test_empty_tensors),
        cmocka_unit_test(test_refused_rules),
        cmocka_unit_test(test_refused_outputs),
        cmocka_unit_test(test_slice_grad),
        cmocka_unit_test(test_clip_grad),
        cmocka_unit_test(test_lp_pool_grad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
