/* The elementwise operators: special values, broadcasting, integers at their limits, half
 * precision, empty tensors, and the sentences of wrong combinations. ONNX's node tests cover the
 * formulas; here is what they leave out. Casts and quantization: test_op_cast.c. */
#include "one_node.h"

#include "ops/op.h"

enum { LIMIT = 1 << 12 };

static const enum rsl_dtype floats[] = {RSL_f32, RSL_f64, RSL_f16, RSL_bf16};
static const enum rsl_dtype integers[] = {RSL_i8, RSL_i16, RSL_i32, RSL_i64,
                                          RSL_u8, RSL_u16, RSL_u32, RSL_u64};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void unary(const char *op, int opset, enum rsl_dtype dtype, int n, const double *x,
                  const double *want, double tolerance) {
    struct bench b;
    begin(&b, op, opset);
    given(&b, dtype, SHAPE(n), x);
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, output(&b, 0)->dtype, SHAPE(n), want, tolerance);
    end(&b);
}

static void binary(const char *op, int opset, enum rsl_dtype dtype, enum rsl_dtype result, int n,
                   const double *x, const double *y, const double *want) {
    struct bench b;
    begin(&b, op, opset);
    given(&b, dtype, SHAPE(n), x);
    given(&b, dtype, SHAPE(n), y);
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, result, SHAPE(n), want, 0);
    end(&b);
}

/* ---- floats ---- */

static double reciprocal(double x) {
    return 1 / x;
}
static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double softplus(double x) {
    return x > 30 ? x : log1p(exp(x));
}
static double softsign(double x) {
    return x / (1 + fabs(x));
}
static double mish(double x) {
    return x * tanh(softplus(x));
}
static double gelu(double x) {
    return x / 2 * (1 + erf(x / sqrt(2)));
}
static double hard_sigmoid(double x) {
    return x < -2.5 ? 0 : x > 2.5 ? 1 : 0.2 * x + 0.5;
}
static double hard_swish(double x) {
    return x <= -3 ? x * 0 : x >= 3 ? x : x * (x + 3) / 6;
}
static double elu(double x) {
    return x < 0 ? exp(x) - 1 : x;
}
static double selu(double x) {
    return 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * (exp(x) - 1) : x);
}
static double leaky(double x) {
    return x < 0 ? 0.01 * x : x;
}
static double positive(double x) {
    return x < 0 ? 0 : x;
}
static double above_one(double x) {
    return x <= 1 ? 0 : x;
}
static double shrunk(double x) {
    return fabs(x) <= 0.5 ? 0 : x;
}
static double sign(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : x;
}
static double negated(double x) {
    return -x;
}

static const struct {
    const char *op;
    int opset;
    double (*f)(double);
} unary_floats[] = {
    {"Abs", 13, fabs},
    {"Acos", 7, acos},
    {"Acosh", 9, acosh},
    {"Asin", 7, asin},
    {"Asinh", 9, asinh},
    {"Atan", 7, atan},
    {"Atanh", 9, atanh},
    {"Ceil", 13, ceil},
    {"Celu", 12, elu},
    {"Cos", 7, cos},
    {"Cosh", 9, cosh},
    {"Elu", 7, elu},
    {"Erf", 13, erf},
    {"Exp", 13, exp},
    {"Floor", 13, floor},
    {"Gelu", 20, gelu},
    {"HardSigmoid", 7, hard_sigmoid},
    {"HardSwish", 14, hard_swish},
    {"LeakyRelu", 16, leaky},
    {"Log", 13, log},
    {"Mish", 18, mish},
    {"Neg", 13, negated},
    {"Reciprocal", 13, reciprocal},
    {"Relu", 14, positive},
    {"Round", 11, rint},
    {"Selu", 7, selu},
    {"Shrink", 9, shrunk},
    {"Sigmoid", 13, sigmoid},
    {"Sign", 13, sign},
    {"Sin", 7, sin},
    {"Sinh", 9, sinh},
    {"Softplus", 7, softplus},
    {"Softsign", 7, softsign},
    {"Sqrt", 13, sqrt},
    {"Tan", 7, tan},
    {"Tanh", 13, tanh},
    {"ThresholdedRelu", 10, above_one},
};

/* Every unary operator against its definition in double, in each float type; NaN stays NaN. */
static void test_unary_floats(void **state) {
    (void)state;
    static const double grid[] = {-INFINITY, -100,   -3.5, -2.5, -1.5,  -1,       -0.75,
                                  -0.5,      -0.125, -0.0, 0,    0.125, 0.5,      0.75,
                                  1,         1.5,    2.5,  3.5,  100,   INFINITY, NAN};
    static const double tolerance[] = {2e-6, 1e-7, 2e-3, 1e-2}; /* of f64: attributes are f32 */
    enum { N = COUNT(grid) };
    for (size_t i = 0; i < COUNT(unary_floats); i++)
        for (size_t d = 0; d < COUNT(floats); d++) {
            struct bench b;
            begin(&b, unary_floats[i].op, unary_floats[i].opset);
            given(&b, floats[d], SHAPE(N), grid);
            node(&b, 1);
            check_ok(run(&b));
            for (int k = 0; k < N; k++) {
                double y = rsl_tensor_double(output(&b, 0), k), want = unary_floats[i].f(grid[k]);
                double slack = tolerance[d] * fmax(1, fabs(want));
                bool beyond = isinf(y) && fabs(want) > 3e38; /* Exp(100), Sinh(100) */
                beyond = beyond || (isinf(y) && floats[d] == RSL_f16 && fabs(want) > 65504);
                if (y != want && !(isnan(y) && isnan(want)) && !beyond &&
                    !(fabs(y - want) <= slack))
                    fail_msg("%s(%g) in %s is %.9g, expected %.9g", b.op->name, grid[k],
                             rsl_dtype_name((int)floats[d]), y, want);
            }
            end(&b);
        }
}

static void test_nan_passes(void **state) {
    (void)state;
    static const char *ops[] = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean", "PRelu"};
    for (size_t i = 0; i < COUNT(ops); i++)
        for (size_t d = 0; d < COUNT(floats); d++) {
            binary(ops[i], 14, floats[d], floats[d], 1, VALUES(NAN), VALUES(1), VALUES(NAN));
            if (strcmp(ops[i], "PRelu") != 0) /* a slope counts only below 0 */
                binary(ops[i], 14, floats[d], floats[d], 1, VALUES(1), VALUES(NAN), VALUES(NAN));
            binary("Equal", 13, floats[d], RSL_bool, 1, VALUES(NAN), VALUES(NAN), VALUES(0));
        }
    for (size_t d = 0; d < COUNT(floats); d++) {
        unary("IsNaN", 13, floats[d], 3, VALUES(NAN, 0, INFINITY), VALUES(1, 0, 0), 0);
        unary("IsInf", 10, floats[d], 3, VALUES(NAN, -INFINITY, INFINITY), VALUES(0, 1, 1), 0);
    }
}

static void test_halves_round_once(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Sum", 13); /* 1 + 2^-11 alone would round back to 1, twice */
    given(&b, RSL_f16, SCALAR, VALUES(1));
    given(&b, RSL_f16, SCALAR, VALUES(0x1p-11));
    given(&b, RSL_f16, SHAPE(2), VALUES(0x1p-11, 0));
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, RSL_f16, SHAPE(2), VALUES(1 + 0x1p-10, 1), 0);
    end(&b);
    binary("Mul", 14, RSL_f16, RSL_f16, 2, VALUES(65504, 0x1p-14), VALUES(2, 0x1p-10),
           VALUES(INFINITY, 0x1p-24));
    binary("Add", 14, RSL_bf16, RSL_bf16, 2, VALUES(256, 1), VALUES(1, 0x1p-7),
           VALUES(256, 1 + 0x1p-7));
}

/* ---- integers ---- */

static double highest(enum rsl_dtype d) {
    int bits = 8 * (int)rsl_dtype_bytes((int)d);
    return ldexp(1, rsl_dtype_traits((int)d)->class == 'I' ? bits - 1 : bits) - 1;
}

static double lowest(enum rsl_dtype d) {
    return rsl_dtype_traits((int)d)->class == 'I' ? -highest(d) - 1 : 0;
}

static void test_integers_wrap(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(integers); i++) {
        enum rsl_dtype d = integers[i];
        double top = highest(d), low = lowest(d);
        bool is_signed = low < 0;
        binary("Add", 14, d, d, 3, VALUES(top, 3, 7), VALUES(1, 4, 0), VALUES(low, 7, 7));
        binary("Sum", 13, d, d, 1, VALUES(top), VALUES(1), VALUES(low));
        binary("Sub", 14, d, d, 2, VALUES(low, 9), VALUES(1, 4), VALUES(top, 5));
        binary("Mul", 14, d, d, 2, VALUES(low, 5), VALUES(2, 6), VALUES(0, 30));
        binary("Div", 14, d, d, 2, VALUES(7, 5), VALUES(2, 0), VALUES(3, 0));
        binary("Mod", 13, d, d, 2, VALUES(7, 5), VALUES(4, 0), VALUES(3, 0));
        binary("Max", 13, d, d, 2, VALUES(low, 2), VALUES(top, 1), VALUES(top, 2));
        binary("Min", 13, d, d, 2, VALUES(low, 2), VALUES(top, 1), VALUES(low, 1));
        binary("Less", 13, d, RSL_bool, 2, VALUES(low, 2), VALUES(top, 2), VALUES(1, 0));
        unary("Abs", 13, d, 2, VALUES(low, 3), VALUES(low, 3), 0);
        unary("Sign", 13, d, 2, VALUES(low, 3), VALUES(is_signed ? -1 : 0, 1), 0);
        unary("BitwiseNot", 18, d, 2, VALUES(0, top), VALUES(is_signed ? -1 : top, low), 0);
        if (!is_signed) continue;
        unary("Neg", 13, d, 2, VALUES(low, 3), VALUES(low, -3), 0);
        unary("Relu", 14, d, 2, VALUES(low, 3), VALUES(0, 3), 0);
        binary("Div", 14, d, d, 2, VALUES(low, -7), VALUES(-1, 2), VALUES(low, -3));
        binary("Mod", 13, d, d, 3, VALUES(low, -7, 7), VALUES(-1, 4, -4), VALUES(0, 1, -1));
    }
}

/* Beyond 2^53, where a double would lose the last bits. */
static void test_64_bits_are_exact(void **state) {
    (void)state;
    static const int64_t x[] = {INT64_MAX, INT64_MIN, (1LL << 53) + 1}, y[] = {-1, 1, 1LL << 53};
    static const int64_t sum[] = {INT64_MAX - 1, INT64_MIN + 1, (1LL << 54) + 1};
    static const uint8_t less[] = {0, 1, 0};
    const char *const ops[] = {"Add", "Less"};
    const void *const want[] = {sum, less};
    for (int i = 0; i < 2; i++) {
        struct bench b;
        begin(&b, ops[i], 14);
        input(&b, RSL_i64, x, SHAPE(3));
        input(&b, RSL_i64, y, SHAPE(3));
        node(&b, 1);
        check_ok(run(&b));
        assert_memory_equal(output(&b, 0)->data, want[i], rsl_tensor_bytes(output(&b, 0)));
        end(&b);
    }
    static const uint64_t bounds[] = {UINT64_MAX - 1, UINT64_MAX, 5};
    struct bench b;
    begin(&b, "Clip", 13);
    input(&b, RSL_u64, bounds, SHAPE(3));
    absent(&b);
    input(&b, RSL_u64, bounds, SCALAR);
    node(&b, 1);
    check_ok(run(&b));
    const uint64_t *clipped = output(&b, 0)->data;
    assert_true(clipped[0] == UINT64_MAX - 1 && clipped[1] == UINT64_MAX - 1 && clipped[2] == 5);
    end(&b);
}

static void test_bits(void **state) {
    (void)state;
    binary("BitwiseAnd", 18, RSL_i8, RSL_i8, 2, VALUES(-1, 12), VALUES(5, 10), VALUES(5, 8));
    binary("BitwiseOr", 18, RSL_u16, RSL_u16, 2, VALUES(1, 12), VALUES(4, 10), VALUES(5, 14));
    binary("BitwiseXor", 18, RSL_i32, RSL_i32, 2, VALUES(-1, 12), VALUES(5, 10), VALUES(-6, 6));
    binary("And", 7, RSL_bool, RSL_bool, 3, VALUES(0, 1, 1), VALUES(1, 0, 1), VALUES(0, 0, 1));
    binary("Or", 7, RSL_bool, RSL_bool, 3, VALUES(0, 1, 0), VALUES(1, 0, 0), VALUES(1, 1, 0));
    binary("Xor", 7, RSL_bool, RSL_bool, 3, VALUES(0, 1, 1), VALUES(1, 0, 1), VALUES(1, 1, 0));
    unary("Not", 7, RSL_bool, 2, VALUES(0, 1), VALUES(1, 0), 0);
    static const struct {
        const char *direction;
        enum rsl_dtype dtype;
        double x[4], by[4], want[4];
    } shifts[] = {
        {"LEFT", RSL_u8, {1, 200, 1, 1}, {7, 1, 8, 70}, {128, 144, 0, 0}},
        {"RIGHT", RSL_u8, {128, 200, 1, 1}, {7, 1, 8, 70}, {1, 100, 0, 0}},
        {"LEFT", RSL_u64, {1, 3, 1, 1}, {62, 1, 64, 1000}, {0x1p62, 6, 0, 0}},
        {"RIGHT", RSL_u64, {0x1p62, 3, 1, 1}, {62, 1, 64, 1000}, {1, 1, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(shifts); i++) {
        struct bench b;
        begin(&b, "BitShift", 11);
        given(&b, shifts[i].dtype, SHAPE(4), shifts[i].x);
        given(&b, shifts[i].dtype, SHAPE(4), shifts[i].by);
        node(&b, 1);
        check_ok(rsl_node_set_string(&b.g, b.node, "direction", shifts[i].direction));
        check_ok(run(&b));
        expect(&b, 0, shifts[i].dtype, SHAPE(4), shifts[i].want, 0);
        end(&b);
    }
}

static void test_pow_mixes_types(void **state) {
    (void)state;
    static const struct {
        enum rsl_dtype base, exponent;
        double x[3], y[3], want[3];
    } cases[] = {
        {RSL_f32, RSL_f32, {2, 9, -8}, {10, 0.5, 3}, {1024, 3, -512}},
        {RSL_f32, RSL_i64, {2, -3, 0.5}, {-2, 3, 2}, {0.25, -27, 0.25}},
        {RSL_f16, RSL_f32, {2, 4, 1}, {-1, 0.5, 9}, {0.5, 2, 1}},
        {RSL_i32, RSL_f32, {2, 3, 10}, {0.5, 2, -1}, {1, 9, 0}},
        {RSL_i32, RSL_i32, {2, -3, 7}, {31, 3, 0}, {-0x1p31, -27, 1}},
        {RSL_i8, RSL_u8, {-1, 2, 3}, {255, 7, 5}, {-1, -128, -13}},
        {RSL_i64, RSL_i64, {-1, 1, 2}, {-3, -5, -1}, {-1, 1, 0}},
        {RSL_u64, RSL_i32, {2, 1, 3}, {40, -1, -1}, {0x1p40, 1, 0}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench b;
        begin(&b, "Pow", 15);
        given(&b, cases[i].base, SHAPE(3), cases[i].x);
        given(&b, cases[i].exponent, SHAPE(3), cases[i].y);
        node(&b, 1);
        check_ok(run(&b));
        expect(&b, 0, cases[i].base, SHAPE(3), cases[i].want, 0);
        end(&b);
    }
}

/* ---- shapes ---- */

static int64_t naive_offset(const struct rsl_shape *s, const struct rsl_shape *out, int64_t i) {
    int64_t offset = 0, stride = 1;
    for (int d = out->rank - 1, own = s->rank - 1; d >= 0; i /= out->dim[d], d--, own--) {
        if (own < 0) continue;
        if (s->dim[own] > 1) offset += i % out->dim[d] * stride;
        stride *= s->dim[own];
    }
    return offset;
}

static uint32_t draw(uint32_t *state, uint32_t n) {
    *state = *state * 1664525 + 1013904223;
    return (*state >> 16) % n;
}

static void broadcast_case(uint32_t *random, enum rsl_dtype dtype, double *values) {
    struct rsl_shape shape[2], out;
    int64_t full[5];
    for (int d = 0; d < 5; d++) full[d] = draw(random, 12) ? 1 + draw(random, 6) : 70;
    for (int k = 0; k < 2; k++) {
        int rank = (int)draw(random, 6);
        shape[k] = rsl_shape_of(rank, full + 5 - rank);
        for (int d = 0; d < rank; d++)
            if (draw(random, 3) == 0) shape[k].dim[d] = 1;
        if (rsl_shape_count(&shape[k]) > LIMIT) shape[k] = SCALAR;
    }
    check_ok(rsl_broadcast(&shape[0], &shape[1], &out));
    struct bench b;
    begin(&b, "Sub", 14);
    given(&b, dtype, shape[0], values);
    given(&b, dtype, shape[1], values + 7);
    node(&b, 1);
    check_ok(run(&b));
    for (int64_t i = 0; i < rsl_shape_count(&out); i++) {
        double want =
            values[naive_offset(&shape[0], &out, i)] - values[7 + naive_offset(&shape[1], &out, i)];
        if (rsl_tensor_double(output(&b, 0), i) != want) {
            char a[RSL_SHAPE_TEXT], c[RSL_SHAPE_TEXT];
            fail_msg("Sub %s %s %s: element %d", rsl_dtype_name((int)dtype),
                     rsl_shape_text(&shape[0], a), rsl_shape_text(&shape[1], c), (int)i);
        }
    }
    end(&b);
}

static void test_broadcasting(void **state) {
    (void)state;
    static double values[LIMIT + 7];
    uint32_t random = 1;
    for (int i = 0; i < LIMIT + 7; i++) values[i] = (double)draw(&random, 50) - 12;
    static const enum rsl_dtype dtypes[] = {RSL_f32, RSL_f16, RSL_i8, RSL_i64};
    for (int round = 0; round < 60; round++) broadcast_case(&random, dtypes[round % 4], values);
    struct bench b; /* a row of many pieces over one element that needs widening too */
    begin(&b, "Sub", 14);
    given(&b, RSL_i8, SHAPE(LIMIT), values);
    given(&b, RSL_i8, SHAPE(1), VALUES(1));
    node(&b, 1);
    check_ok(run(&b));
    for (int i = 0; i < LIMIT; i++)
        assert_int_equal(rsl_tensor_int(output(&b, 0), i), (int64_t)values[i] - 1);
    end(&b);
}

static void test_empty_tensors(void **state) {
    (void)state;
    static const char *ops[] = {"Add", "Max", "Where", "Equal"};
    for (size_t i = 0; i < COUNT(ops); i++) {
        struct bench b;
        begin(&b, ops[i], 16);
        if (strcmp(ops[i], "Where") == 0) given(&b, RSL_bool, SHAPE(1), VALUES(1));
        given(&b, RSL_f16, SHAPE(2, 0, 3), VALUES(0));
        given(&b, RSL_f16, SHAPE(3), VALUES(1, 2, 3));
        node(&b, 1);
        check_ok(run(&b));
        const struct rsl_shape want = SHAPE(2, 0, 3);
        assert_true(rsl_shape_equal(&output(&b, 0)->shape, &want));
        end(&b);
    }
}

static void test_where_any_type(void **state) {
    (void)state;
    static const enum rsl_dtype dtypes[] = {RSL_bool, RSL_i8, RSL_bf16, RSL_f32, RSL_u64};
    for (size_t i = 0; i < COUNT(dtypes); i++) {
        struct bench b;
        begin(&b, "Where", 16);
        given(&b, RSL_bool, SHAPE(2, 1), VALUES(1, 0));
        given(&b, dtypes[i], SHAPE(3), VALUES(1, 0, 1));
        given(&b, dtypes[i], SCALAR, VALUES(0));
        node(&b, 1);
        check_ok(run(&b));
        expect(&b, 0, dtypes[i], SHAPE(2, 3), VALUES(1, 0, 1, 0, 0, 0), 0);
        end(&b);
    }
}

/* ---- attributes and inputs of single operators ---- */

static void test_clip(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Clip", 6 + 1); /* bounds are attributes */
    given(&b, RSL_f64, SHAPE(4), VALUES(-5, 0.5, 9, NAN));
    node(&b, 1);
    check_ok(rsl_node_set_float(&b.g, b.node, "min", -1));
    check_ok(rsl_node_set_float(&b.g, b.node, "max", 6));
    check_ok(run(&b));
    expect(&b, 0, RSL_f64, SHAPE(4), VALUES(-1, 0.5, 6, NAN), 0);
    end(&b);

    begin(&b, "Clip", 13); /* a bound left out is none: infinity stays */
    given(&b, RSL_f32, SHAPE(3), VALUES(-INFINITY, INFINITY, NAN));
    given(&b, RSL_f32, SCALAR, VALUES(0));
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(3), VALUES(0, INFINITY, NAN), 0);
    end(&b);

    begin(&b, "Clip", 12); /* crossed bounds: the upper one wins */
    given(&b, RSL_i8, SHAPE(2), VALUES(-100, 100));
    given(&b, RSL_i8, SCALAR, VALUES(50));
    given(&b, RSL_i8, SHAPE(1), VALUES(-50));
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, RSL_i8, SHAPE(2), VALUES(-50, -50), 0);
    end(&b);
}

static void test_dropout(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Dropout", 13);
    given(&b, RSL_f32, SHAPE(2), VALUES(3, NAN));
    given(&b, RSL_f32, SCALAR, VALUES(0));
    given(&b, RSL_bool, SCALAR, VALUES(1));
    node(&b, 2);
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(2), VALUES(3, NAN), 0);
    expect(&b, 1, RSL_bool, SHAPE(2), VALUES(1, 1), 0);
    end(&b);

    begin(&b, "Dropout", 13); /* the default ratio is 0.5 */
    given(&b, RSL_f32, SHAPE(2), VALUES(3, 4));
    absent(&b);
    given(&b, RSL_bool, SCALAR, VALUES(1));
    node(&b, 1);
    check_fails(run(&b), RSL_EUNSUPPORTED, "at random");
    end(&b);
}

static void test_gelu_and_signs_of_infinity(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Gelu", 20);
    given(&b, RSL_f32, SHAPE(3), VALUES(-1, 0.5, 2)); /* torch.nn.functional.gelu */
    node(&b, 1);
    check_ok(rsl_node_set_string(&b.g, b.node, "approximate", "tanh"));
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(3), VALUES(-0.158808, 0.345714, 1.954598), 2e-6);
    end(&b);

    begin(&b, "IsInf", 10);
    given(&b, RSL_f32, SHAPE(2), VALUES(-INFINITY, INFINITY));
    node(&b, 1);
    check_ok(rsl_node_set_int(&b.g, b.node, "detect_positive", 0));
    check_ok(run(&b));
    expect(&b, 0, RSL_bool, SHAPE(2), VALUES(1, 0), 0);
    end(&b);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *op;
        int opset;
        enum rsl_dtype a, b;
        int64_t width;
        int status;
        const char *words;
    } cases[] = {
        {"Add", 14, RSL_f32, RSL_f64, 3, RSL_ESHAPE, "input 1 has type f64, input 0 has type f32"},
        {"Add", 14, RSL_f32, RSL_f32, 2, RSL_ESHAPE, "[3] and [2] cannot be broadcast"},
        {"Add", 14, RSL_bool, RSL_bool, 3, RSL_EUNSUPPORTED, "input 0 has type bool, supported"},
        {"And", 7, RSL_u8, RSL_u8, 3, RSL_EUNSUPPORTED, "supported are bool"},
        {"Mean", 13, RSL_i32, RSL_i32, 3, RSL_EUNSUPPORTED, "supported are f32 f16 f64 bf16"},
        {"Mod", 13, RSL_f32, RSL_f32, 3, RSL_EGRAPH, "fmod must be 1"},
        {"BitShift", 11, RSL_u8, RSL_u8, 3, RSL_EGRAPH, "LEFT or RIGHT"},
        {"PRelu", 16, RSL_f32, RSL_f32, 0, RSL_ESHAPE, "does not broadcast to [3]"},
        {"Pow", 7, RSL_f32, RSL_i32, 3, RSL_ESHAPE, "input 1 has type i32"},
        {"Clip", 13, RSL_f32, RSL_f32, 3, RSL_ESHAPE, "must have one element"},
        {"QuantizeLinear", 13, RSL_f32, RSL_f32, 3, RSL_ESHAPE, "axis 1 is outside of rank 1"},
        {"BitwiseAnd", 17, RSL_u8, RSL_u8, 3, RSL_EUNSUPPORTED, "does not exist in opset 17"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench b;
        begin(&b, cases[i].op, cases[i].opset);
        given(&b, cases[i].a, SHAPE(3), VALUES(1, 1, 1));
        struct rsl_shape wide = cases[i].width ? SHAPE(cases[i].width) : SHAPE(2, 3);
        given(&b, cases[i].b, wide, VALUES(1, 1, 1, 1, 1, 1));
        node(&b, 1);
        check_fails(run(&b), cases[i].status, cases[i].words);
        end(&b);
    }
    struct bench b;
    begin(&b, "Cast", 13);
    given(&b, RSL_f32, SHAPE(1), VALUES(1));
    node(&b, 1);
    check_ok(rsl_node_set_int(&b.g, b.node, "to", 8)); /* string */
    check_fails(run(&b), RSL_EUNSUPPORTED, "ONNX type 8");
    end(&b);
}

/* The file that docs/adding-an-operator.md tells to copy is the one that is built. */
static void test_documented_file(void **state) {
    (void)state;
    static char page[16384], file[4096];
    static const char *paths[] = {SOURCE_ROOT "/docs/adding-an-operator.md",
                                  SOURCE_ROOT "/src/ops/LeakyRelu.c"};
    char *const texts[] = {page, file};
    static const size_t sizes[] = {sizeof page, sizeof file};
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(paths[i], "r");
        assert_non_null(f);
        texts[i][fread(texts[i], 1, sizes[i] - 1, f)] = 0;
        fclose(f);
    }
    assert_true(file[0] != 0);
    assert_non_null(strstr(page, file));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary_floats),
        cmocka_unit_test(test_nan_passes),
        cmocka_unit_test(test_halves_round_once),
        cmocka_unit_test(test_integers_wrap),
        cmocka_unit_test(test_64_bits_are_exact),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_pow_mixes_types),
        cmocka_unit_test(test_broadcasting),
        cmocka_unit_test(test_empty_tensors),
        cmocka_unit_test(test_where_any_type),
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_gelu_and_signs_of_infinity),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_documented_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
