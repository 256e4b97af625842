/* Reductions, ArgMax, ArgMin, TopK, CumSum, Hardmax: exact integers, NaN, empty sets, both forms of
 * the axes. */
#include "one_node.h"

#include <math.h>

#define EXPECT(b, dtype, shape, ...) expect(b, 0, dtype, shape, VALUES(__VA_ARGS__), 0)

static const struct {
    const char *op;
    int axes_input;       /* first opset in which the axes are an input */
    double of_123[2];     /* of (1,-2,3) as f32 and as i32 */
    double of_nothing[2]; /* of an empty set as f32 and as i8 */
} reductions[] = {
    {"ReduceSum", 13, {2, 2}, {0, 0}},
    {"ReduceMean", 18, {2.0 / 3, 0}, {NAN, 0}},
    {"ReduceMax", 18, {3, 3}, {-INFINITY, -128}},
    {"ReduceMin", 18, {-2, -2}, {INFINITY, 127}},
    {"ReduceProd", 18, {-6, -6}, {1, 1}},
    {"ReduceL1", 18, {6, 6}, {0, 0}},
    {"ReduceL2", 18, {3.7416573867739413, 3}, {0, 0}},
    {"ReduceSumSquare", 18, {14, 14}, {0, 0}},
    {"ReduceLogSum", 18, {0.6931471805599453, 0}, {-INFINITY, -128}},
    {"ReduceLogSumExp", 18, {3.1328453, 3}, {-INFINITY, -128}},
};
enum { REDUCTIONS = sizeof reductions / sizeof *reductions };

static void every_reduction(void **state) {
    (void)state;
    for (int i = 0; i < REDUCTIONS; i++)
        for (int integer = 0; integer < 2; integer++) {
            enum rsl_dtype dtype = integer ? RSL_i32 : RSL_f32;
            struct bench b;
            begin(&b, reductions[i].op, 11);
            given(&b, dtype, SHAPE(3), VALUES(1, -2, 3));
            node(&b, 1);
            INTS(&b, "axes", -1);
            check_ok(run(&b));
            expect(&b, 0, dtype, SHAPE(1), &reductions[i].of_123[integer], 1e-6);
            end(&b);
        }
}

static void every_reduction_of_nothing(void **state) {
    (void)state;
    for (int i = 0; i < REDUCTIONS; i++)
        for (int integer = 0; integer < 2; integer++) {
            enum rsl_dtype dtype = integer ? RSL_i8 : RSL_f32;
            double want[2] = {reductions[i].of_nothing[integer], reductions[i].of_nothing[integer]};
            struct bench b;
            begin(&b, reductions[i].op, 18);
            given(&b, dtype, SHAPE(2, 0), VALUES(0));
            LIST(&b, 1);
            node(&b, 1);
            INT(&b, "keepdims", 0);
            check_ok(run(&b));
            expect(&b, 0, dtype, SHAPE(2), want, 0);
            end(&b);
        }
}

static void every_reduction_meets_nan(void **state) {
    (void)state;
    for (int i = 0; i < REDUCTIONS; i++)
        for (int at = 0; at < 3; at++) {
            double x[3] = {1, 2, 3}, want[] = {NAN};
            struct bench b;
            x[at] = NAN;
            begin(&b, reductions[i].op, 18);
            given(&b, RSL_f16, SHAPE(3), x);
            node(&b, 1);
            check_ok(run(&b));
            expect(&b, 0, RSL_f16, SHAPE(1), want, 0);
            end(&b);
        }
}

static void axes_in_both_forms(void **state) {
    (void)state;
    for (int i = 0; i < REDUCTIONS; i++) {
        int since = reductions[i].axes_input;
        struct bench b;
        begin(&b, reductions[i].op, since - 1);
        given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
        LIST(&b, 0);
        node(&b, 1);
        REFUSED(&b, RSL_EGRAPH, "'axes' is an attribute");
        begin(&b, reductions[i].op, since);
        given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
        node(&b, 1);
        INTS(&b, "axes", 0);
        REFUSED(&b, RSL_EGRAPH, "'axes' is input 1");
        begin(&b, reductions[i].op, since);
        given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
        LIST(&b, 0, -1);
        node(&b, 1);
        REFUSED(&b, RSL_ESHAPE, "axis 0 is named twice");
        begin(&b, reductions[i].op, since);
        given(&b, RSL_f32, SHAPE(2), VALUES(1, 2));
        LIST(&b, INT64_MIN);
        node(&b, 1);
        REFUSED(&b, RSL_ESHAPE, "is outside of rank 1");
    }
}

static void axes_inside_and_outside(void **state) {
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct bench b;
    begin(&b, "ReduceSum", 13);
    given(&b, RSL_f32, SHAPE(2, 2, 2), x);
    LIST(&b, 2, 0);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(1, 2, 1), 1 + 2 + 5 + 6, 3 + 4 + 7 + 8);
    end(&b);
    begin(&b, "ReduceSum", 13);
    given(&b, RSL_f32, SHAPE(2, 2, 2), x);
    LIST(&b, 1);
    node(&b, 1);
    INT(&b, "keepdims", 0);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(2, 2), 4, 6, 12, 14);
    end(&b);
    begin(&b, "ReduceSum", 13); /* no axes: all, or none with noop_with_empty_axes */
    given(&b, RSL_f32, SHAPE(2, 1), x);
    node(&b, 1);
    INT(&b, "noop_with_empty_axes", 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(2, 1), 1, 2);
    end(&b);
    begin(&b, "ReduceSum", 13);
    given(&b, RSL_f32, SHAPE(2, 1), x);
    input(&b, RSL_i64, NULL, SHAPE(0));
    node(&b, 1);
    INT(&b, "keepdims", 0);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SCALAR, 3);
    end(&b);
    begin(&b, "ReduceMax", 13);
    given(&b, RSL_f32, SCALAR, x);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SCALAR, 1);
    end(&b);
}

static void sums_are_rounded_once(void **state) {
    (void)state;
    static float x[3001]; /* float would lose the ones: 2^24 + 1 = 2^24 */
    struct bench b;
    x[0] = 0x1p24f;
    for (int i = 1; i <= 3000; i++) x[i] = 1;
    begin(&b, "ReduceSum", 13);
    input(&b, RSL_f32, x, SHAPE(3001));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(1), 0x1p24 + 3000);
    end(&b);
    begin(&b, "ReduceLogSumExp", 13);
    given(&b, RSL_f32, SHAPE(3), VALUES(-INFINITY, 1000, 1000));
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(1), VALUES(1000 + log(2)), 1e-4);
    end(&b);
    begin(&b, "ReduceLogSumExp", 13);
    given(&b, RSL_f32, SHAPE(2), VALUES(-INFINITY, -INFINITY));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(1), -INFINITY);
    end(&b);
}

static int64_t reduce_pair(const char *op, enum rsl_dtype dtype, uint64_t a, uint64_t c) {
    const uint64_t x[] = {a, c};
    struct bench b;
    int64_t y;
    begin(&b, op, 13);
    input(&b, dtype, x, SHAPE(2));
    node(&b, 1);
    check_ok(run(&b));
    memcpy(&y, output(&b, 0)->data, sizeof y);
    end(&b);
    return y;
}

static void integers_are_exact(void **state) {
    (void)state;
    const uint64_t big = (UINT64_C(1) << 53) + 1, top = UINT64_MAX;
    assert_int_equal(reduce_pair("ReduceSum", RSL_i64, big, 2), big + 2);
    assert_int_equal(reduce_pair("ReduceSum", RSL_i64, INT64_MAX, 1), INT64_MIN);
    assert_int_equal(reduce_pair("ReduceProd", RSL_u64, top, 3), top * 3);
    assert_int_equal(reduce_pair("ReduceMax", RSL_u64, top, 3), top);
    assert_int_equal(reduce_pair("ReduceMax", RSL_i64, top, 3), 3);
    assert_int_equal(reduce_pair("ReduceMin", RSL_u64, top, 3), 3);
    assert_int_equal(reduce_pair("ReduceMin", RSL_i64, top, 3), -1);
    assert_int_equal(reduce_pair("ReduceMax", RSL_i64, big, big - 1), big);
    assert_int_equal(reduce_pair("ReduceL1", RSL_i64, (uint64_t)INT64_MIN, 0), INT64_MIN);
    assert_int_equal(reduce_pair("ReduceMean", RSL_i64, (uint64_t)-7, 0), -3);
    assert_int_equal(reduce_pair("ReduceMean", RSL_u64, top, 0), top / 2);
    struct bench b;
    begin(&b, "ReduceSum", 13);
    given(&b, RSL_i8, SHAPE(2), VALUES(100, 100));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i8, SHAPE(1), -56);
    end(&b);
    begin(&b, "CumSum", 14);
    given(&b, RSL_i32, SHAPE(3), VALUES(INT32_MAX, 1, 1));
    given(&b, RSL_i32, SCALAR, VALUES(-1));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i32, SHAPE(3), INT32_MAX, INT32_MIN, INT32_MIN + 1.0);
    end(&b);
    begin(&b, "CumSum", 14);
    given(&b, RSL_f32, SHAPE(3), VALUES(1, 2, 3));
    given(&b, RSL_i32, SCALAR, VALUES(1));
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "axis 1 is outside of rank 1");
    begin(&b, "ReduceSum", 13);
    given(&b, RSL_bool, SHAPE(2), VALUES(1, 1));
    node(&b, 1);
    REFUSED(&b, RSL_EUNSUPPORTED, "input 0 has type bool");
}

/* ---- ArgMax, ArgMin, Hardmax ---- */

static int64_t arg(const char *op, enum rsl_dtype dtype, const double *x, int n, bool last) {
    struct bench b;
    begin(&b, op, 13);
    given(&b, dtype, SHAPE(n), x);
    node(&b, 1);
    INT(&b, "keepdims", 0);
    INT(&b, "select_last_index", last);
    check_ok(run(&b));
    int64_t at = *(const int64_t *)output(&b, 0)->data;
    assert_int_equal(output(&b, 0)->shape.rank, 0);
    end(&b);
    return at;
}

static void arg_breaks_ties(void **state) {
    (void)state;
    const double ties[] = {1, 3, -0.0, 0, 3}, nans[] = {5, NAN, INFINITY, NAN, -INFINITY};
    assert_int_equal(arg("ArgMax", RSL_f32, ties, 5, false), 1);
    assert_int_equal(arg("ArgMax", RSL_f32, ties, 5, true), 4);
    assert_int_equal(arg("ArgMin", RSL_f64, ties, 5, false), 2);
    assert_int_equal(arg("ArgMin", RSL_f64, ties, 5, true), 3);
    assert_int_equal(arg("ArgMax", RSL_f16, nans, 5, false), 1);
    assert_int_equal(arg("ArgMin", RSL_bf16, nans, 5, false), 1);
    assert_int_equal(arg("ArgMin", RSL_f32, nans, 5, true), 3);
    const double bytes[] = {-128, 127, 127, -128};
    assert_int_equal(arg("ArgMax", RSL_i8, bytes, 4, false), 1);
    assert_int_equal(arg("ArgMin", RSL_i8, bytes, 4, true), 3);
    const double unsigned_[] = {0, 255};
    assert_int_equal(arg("ArgMin", RSL_u8, unsigned_, 2, false), 0);
    struct bench b;
    begin(&b, "ArgMax", 13);
    given(&b, RSL_f32, SHAPE(2, 0), ties);
    node(&b, 1);
    INT(&b, "axis", 1);
    REFUSED(&b, RSL_ESHAPE, "axis 1 is empty");
    const uint64_t large[] = {UINT64_MAX, UINT64_MAX - 1, 0};
    begin(&b, "ArgMin", 13);
    input(&b, RSL_u64, large, SHAPE(3));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SHAPE(1), 2);
    end(&b);
}

static void hardmax_of_both_kinds(void **state) {
    (void)state;
    const double x[] = {1, 5, 5, 2};
    struct bench b;
    begin(&b, "Hardmax", 11); /* all dimensions from axis on */
    given(&b, RSL_f32, SHAPE(1, 2, 2), x);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(1, 2, 2), 0, 1, 0, 0);
    end(&b);
    begin(&b, "Hardmax", 13);
    given(&b, RSL_f32, SHAPE(1, 2, 2), x);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(1, 2, 2), 0, 1, 1, 0);
    end(&b);
}

/* ---- TopK ---- */

static int top(struct bench *b, enum rsl_dtype dtype, struct rsl_shape shape, const double *x,
               int64_t k, bool largest) {
    begin(b, "TopK", 11);
    given(b, dtype, shape, x);
    int64_t *number = rsl_arena_memdup(&b->g.arena, &k, sizeof k);
    input(b, RSL_i64, number, SHAPE(1));
    node(b, 2);
    INT(b, "largest", largest);
    INT(b, "axis", 0);
    return run(b);
}

static void top_k_orders_everything(void **state) {
    (void)state;
    const double x[] = {0, NAN, -INFINITY, 7, -0.0, NAN, 7, INFINITY};
    struct bench b;
    check_ok(top(&b, RSL_f32, SHAPE(8), x, 8, true));
    EXPECT(&b, RSL_f32, SHAPE(8), NAN, NAN, INFINITY, 7, 7, 0, -0.0, -INFINITY);
    expect(&b, 1, RSL_i64, SHAPE(8), VALUES(1, 5, 7, 3, 6, 0, 4, 2), 0);
    end(&b);
    check_ok(top(&b, RSL_f32, SHAPE(8), x, 3, false));
    expect(&b, 1, RSL_i64, SHAPE(3), VALUES(2, 0, 4), 0);
    end(&b);
    check_ok(top(&b, RSL_i8, SHAPE(2, 2), x, 0, true));
    EXPECT(&b, RSL_i8, SHAPE(0, 2), 0);
    end(&b);
    check_ok(top(&b, RSL_u8, SHAPE(3, 2), VALUES(1, 255, 3, 0, 2, 7), 2, true));
    EXPECT(&b, RSL_u8, SHAPE(2, 2), 3, 255, 2, 7);
    expect(&b, 1, RSL_i64, SHAPE(2, 2), VALUES(1, 0, 2, 2), 0);
    end(&b);
    const int64_t wrong[] = {9, -1, INT64_MAX, INT64_MIN};
    for (int i = 0; i < 4; i++) {
        check_fails(top(&b, RSL_f32, SHAPE(8), x, wrong[i], true), RSL_EARG,
                    "axis 0 has 8 elements");
        end(&b);
    }
    begin(&b, "TopK", 9);
    given(&b, RSL_f32, SHAPE(4), VALUES(1, 4, 2, 3));
    node(&b, 2);
    INT(&b, "k", 2);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(2), 4, 3);
    end(&b);
    begin(&b, "TopK", 10);
    given(&b, RSL_f32, SHAPE(4), VALUES(1, 4, 2, 3));
    node(&b, 2);
    REFUSED(&b, RSL_EGRAPH, "input 1, the number k, is missing");
}

/* Against a plain count: the element of rank r has r better ones before it. */
static void top_k_agrees_with_counting(void **state) {
    (void)state;
    enum { N = 97 };
    double x[N];
    for (int i = 0; i < N; i++) x[i] = (i * 37 + i * i) % 23;
    for (int k = 1; k <= N; k += 8) {
        struct bench b;
        check_ok(top(&b, RSL_i32, SHAPE(N), x, k, true));
        const int64_t *index = output(&b, 1)->data;
        for (int r = 0; r < k; r++) {
            int before = 0;
            for (int i = 0; i < N; i++)
                before += x[i] > x[index[r]] || (x[i] == x[index[r]] && i < index[r]);
            assert_int_equal(before, r);
        }
        end(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reduction),
        cmocka_unit_test(every_reduction_of_nothing),
        cmocka_unit_test(every_reduction_meets_nan),
        cmocka_unit_test(axes_in_both_forms),
        cmocka_unit_test(axes_inside_and_outside),
        cmocka_unit_test(sums_are_rounded_once),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(arg_breaks_ties),
        cmocka_unit_test(hardmax_of_both_kinds),
        cmocka_unit_test(top_k_orders_everything),
        cmocka_unit_test(top_k_agrees_with_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
