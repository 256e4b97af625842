/* The neural-network operators' reference kernels: small cases computed by hand, vectors computed
 * by PyTorch, and the sentences of wrong combinations. One node whose inputs are all constants is
 * folded by rsl_graph_infer, which runs shape rule and kernel. */
#define _DEFAULT_SOURCE /* strsep */
#include "one_node.h"

#include <jansson.h>
#include <stdlib.h>

#define F32(b, values, ...) input(b, RSL_f32, values, SHAPE(__VA_ARGS__))
#define EXPECT(b, i, values, tolerance, ...) \
    expect(b, i, output(b, i)->dtype, SHAPE(__VA_ARGS__), values, tolerance)

static const float ramp[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                               16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                               32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                               48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
static const float ones[64] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                               1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                               1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static void conv_by_hand(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Conv", 11);
    F32(&b, ramp, 1, 1, 3, 3);
    F32(&b, ones, 1, 1, 2, 2);
    F32(&b, ramp + 10, 1);
    node(&b, 1);
    INTS(&b, "pads", 0, 1, 0, 0);
    check_ok(run(&b));
    /* columns -1..0, 0..1, 1..2 of rows 0..1 and 1..2, plus 10 */
    const double y[] = {0 + 3 + 10, 0 + 1 + 3 + 4 + 10, 1 + 2 + 4 + 5 + 10,
                        3 + 6 + 10, 3 + 4 + 6 + 7 + 10, 4 + 5 + 7 + 8 + 10};
    EXPECT(&b, 0, y, 0, 1, 1, 2, 3);
    assert_int_equal(b.op->macs(&(struct rsl_call){
                         .node = &b.g.nodes.at[0],
                         .opset = 11,
                         .n_in = 2,
                         .in = (const struct rsl_tensor *const[]){&b.g.values.at[b.in[0]].tensor,
                                                                  &b.g.values.at[b.in[1]].tensor}}),
                     6 * 4);
    end(&b);
}

static void fused_conv(void **state) {
    (void)state;
    struct bench b;
    const float z[] = {-100, 0, 0.5F, NAN};
    begin_in(&b, "resile", "FusedConv", 1);
    F32(&b, ramp, 1, 1, 2, 2);
    F32(&b, ramp + 2, 1, 1, 1, 1);
    absent(&b);
    F32(&b, z, 1, 1, 2, 2);
    node(&b, 1);
    rsl_node_set_string(&b.g, b.node, "activation", "Clip");
    rsl_node_set_float(&b.g, b.node, "alpha", -1);
    rsl_node_set_float(&b.g, b.node, "beta", 3);
    check_ok(run(&b));
    const double y[] = {-1, 2, 3, (double)NAN};
    EXPECT(&b, 0, y, 0, 1, 1, 2, 2);
    end(&b);
}

/* Values that a fault has blown up: statistics overflow as they do in float32. */
static void layer_norm_overflow(void **state) {
    (void)state;
    struct bench b;
    const float x[] = {2e19F, 0, 0, 0, 1e30F, 0, 0, 0, 1e9F, 0, 0, 0}, shift[] = {1, 2, 3, 4};
    begin(&b, "LayerNormalization", 17);
    F32(&b, x, 3, 4);
    F32(&b, ones, 4);
    F32(&b, shift, 4);
    node(&b, 1);
    check_ok(run(&b));
    const double nan = (double)NAN, root = 1.7320508075688772;
    const double y[] = {1,
                        2,
                        3,
                        4, /* the variance is infinite: all is B */
                        nan,
                        nan,
                        nan,
                        nan, /* so is the mean's square, and the variance no number */
                        1 + root,
                        2 - root / 3,
                        3 - root / 3,
                        4 - root / 3};
    EXPECT(&b, 0, y, 1e-6, 3, 4);
    end(&b);
}

/* InstanceNormalization is no function: its variance is infinite where those of functions are no
 * number. */
static void other_norms_overflow(void **state) {
    (void)state;
    static const char *const ops[] = {"InstanceNormalization", "MeanVarianceNormalization",
                                      "GlobalAveragePool"};
    const float x[] = {1e30F, 0, 0, 0}, shift[] = {7}, large[] = {3e38F, 3e38F, 0, 0};
    const double nan = (double)NAN, inf = (double)INFINITY;
    const double y[3][4] = {{7, 7, 7, 7}, {nan, nan, nan, nan}, {inf}};
    for (int k = 0; k < 3; k++) {
        struct bench b;
        begin(&b, ops[k], 13);
        F32(&b, k == 2 ? large : x, 1, 1, 2, 2);
        if (k == 0) F32(&b, ones, 1);
        if (k == 0) F32(&b, shift, 1);
        node(&b, 1);
        check_ok(run(&b));
        EXPECT(&b, 0, y[k], 0, 1, 1, k == 2 ? 1 : 2, k == 2 ? 1 : 2);
        end(&b);
    }
}

static void mean_overflow(void **state) {
    (void)state;
    const float x[] = {3e38F, 3e38F, -3e38F, 1e38F};
    const double x64[] = {3e38, 3e38, -3e38, 1e38};
    for (int wide = 0; wide < 2; wide++) {
        struct bench b;
        begin(&b, "ReduceMean", 13);
        input(&b, wide ? RSL_f64 : RSL_f32, wide ? (const void *)x64 : x, SHAPE(2, 2));
        node(&b, 1);
        INTS(&b, "axes", 1);
        rsl_node_set_int(&b.g, b.node, "keepdims", 0);
        check_ok(run(&b));
        const double y[] = {wide ? 3e38 : (double)INFINITY, -1e38};
        EXPECT(&b, 0, y, 1e32, 2);
        end(&b);
    }
}

/* A bound of the fused Clip that is left out is none: an infinity stays. */
static void fused_clip_without_bounds(void **state) {
    (void)state;
    struct bench b;
    const float x[] = {-INFINITY, INFINITY};
    begin_in(&b, "resile", "FusedConv", 1);
    F32(&b, x, 1, 1, 1, 2);
    F32(&b, ones, 1, 1, 1, 1);
    node(&b, 1);
    rsl_node_set_string(&b.g, b.node, "activation", "Clip");
    check_ok(run(&b));
    const double y[] = {-(double)INFINITY, (double)INFINITY};
    EXPECT(&b, 0, y, 0, 1, 1, 1, 2);
    end(&b);
}

static void max_pool(void **state) {
    (void)state;
    struct bench b;
    const float x[] = {1, 5, 2, NAN, 0, 3, 4, 4, 4};
    begin(&b, "MaxPool", 12);
    F32(&b, x, 1, 1, 3, 3);
    node(&b, 2);
    INTS(&b, "kernel_shape", 2, 2);
    rsl_node_set_int(&b.g, b.node, "storage_order", 1);
    check_ok(run(&b));
    const double y[] = {(double)NAN, 5, (double)NAN, 4}, at[] = {1, 3, 1, 5};
    EXPECT(&b, 0, y, 0, 1, 1, 2, 2);
    EXPECT(&b, 1, at, 0, 1, 1, 2, 2);
    end(&b);
}

static void average_pool(void **state) {
    (void)state;
    struct bench b;
    for (int include = 0; include < 2; include++) {
        begin(&b, "AveragePool", 11);
        F32(&b, ramp, 1, 1, 5);
        node(&b, 1);
        INTS(&b, "kernel_shape", 3);
        INTS(&b, "strides", 2);
        INTS(&b, "pads", 1, 0);
        rsl_node_set_int(&b.g, b.node, "ceil_mode", 1);
        rsl_node_set_int(&b.g, b.node, "count_include_pad", include);
        check_ok(run(&b));
        /* [pad,0,1] [1,2,3] [3,4,cut] */
        const double y[] = {1.0 / (2 + include), 2, 3.5};
        EXPECT(&b, 0, y, 1e-7, 1, 1, 3);
        end(&b);
    }
}

/* Lists without items are as good as none, but for kernel_shape, which a pool needs. */
static void empty_lists(void **state) {
    (void)state;
    static const char *const lists[] = {"strides", "dilations", "pads"};
    struct bench b;
    const float weights[] = {1, 2};
    const double conv[] = {2, 5, 8}, pool[] = {1, 2, 3};
    for (int pools = 0; pools < 2; pools++) {
        begin(&b, pools ? "MaxPool" : "Conv", 11);
        F32(&b, ramp, 1, 1, 4);
        if (!pools) F32(&b, weights, 1, 1, 2);
        node(&b, 1);
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
            check_ok(rsl_node_set_ints(&b.g, b.node, lists[i], NULL, 0));
        if (pools)
            INTS(&b, "kernel_shape", 2);
        else
            check_ok(rsl_node_set_ints(&b.g, b.node, "kernel_shape", NULL, 0));
        check_ok(run(&b));
        EXPECT(&b, 0, pools ? pool : conv, 0, 1, 1, 3);
        end(&b);
    }
    begin(&b, "MaxPool", 11);
    F32(&b, ramp, 1, 1, 4);
    node(&b, 1);
    check_ok(rsl_node_set_ints(&b.g, b.node, "kernel_shape", NULL, 0));
    check_fails(run(&b), RSL_ESHAPE, "kernel_shape is missing");
    end(&b);
}

static void dilated_average_pool(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "AveragePool", 19);
    F32(&b, ramp, 1, 1, 5);
    node(&b, 1);
    INTS(&b, "kernel_shape", 2);
    INTS(&b, "dilations", 3);
    INTS(&b, "pads", 1, 0);
    check_ok(run(&b));
    const double y[] = {2, (0 + 3) / 2.0, (1 + 4) / 2.0};
    EXPECT(&b, 0, y, 0, 1, 1, 3);
    end(&b);
    begin(&b, "AveragePool", 19); /* the taps lie on both sides of the only pixel */
    F32(&b, ramp + 7, 1, 1, 1);
    node(&b, 1);
    INTS(&b, "kernel_shape", 2);
    INTS(&b, "dilations", 2);
    INTS(&b, "pads", 1, 1);
    check_ok(run(&b));
    const double nothing[] = {0};
    EXPECT(&b, 0, nothing, 0, 1, 1, 1);
    end(&b);
}

/* From opset 21 on every channel has a scale and a shift of its own. */
static void group_normalization_by_channel(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "GroupNormalization", 21);
    F32(&b, ramp, 1, 4, 1); /* groups 0 1 and 2 3: each -1 and 1 when normalized */
    F32(&b, ramp + 1, 4);
    F32(&b, ramp + 10, 4);
    node(&b, 1);
    rsl_node_set_int(&b.g, b.node, "num_groups", 2);
    rsl_node_set_float(&b.g, b.node, "epsilon", 0);
    check_ok(run(&b));
    const double y[] = {-1 + 10, 2 + 11, -3 + 12, 4 + 13};
    EXPECT(&b, 0, y, 1e-6, 1, 4, 1);
    end(&b);
}

static void gemm(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Gemm", 11);
    F32(&b, ramp, 2, 2); /* transposed: [0 2; 1 3] */
    F32(&b, ramp, 3, 2); /* transposed: [0 2 4; 1 3 5] */
    F32(&b, ramp, 1, 3);
    node(&b, 1);
    rsl_node_set_int(&b.g, b.node, "transA", 1);
    rsl_node_set_int(&b.g, b.node, "transB", 1);
    rsl_node_set_float(&b.g, b.node, "alpha", 2);
    rsl_node_set_float(&b.g, b.node, "beta", 10);
    check_ok(run(&b));
    const double y[] = {4, 22, 40, 6, 32, 58};
    EXPECT(&b, 0, y, 0, 2, 3);
    end(&b);

    begin(&b, "Gemm", 11);
    F32(&b, ramp, 2, 3);
    F32(&b, ramp, 2, 3);
    node(&b, 1);
    check_fails(run(&b), RSL_ESHAPE, "A of shape [2,3] and B of shape [2,3] cannot be multiplied");
    end(&b);
}

static void batch_normalization(void **state) {
    (void)state;
    struct bench b;
    const float var[] = {4, 1};
    begin(&b, "BatchNormalization", 15);
    F32(&b, ramp, 1, 2, 2);
    F32(&b, ones, 2);
    F32(&b, ramp + 1, 2);
    F32(&b, ramp, 2);
    F32(&b, var, 2);
    node(&b, 1);
    rsl_node_set_float(&b.g, b.node, "epsilon", 0);
    check_ok(run(&b));
    const double y[] = {1, 1.5, 3, 4};
    EXPECT(&b, 0, y, 0, 1, 2, 2);
    end(&b);
}

static void softmax_forms(void **state) {
    (void)state;
    struct bench b;
    for (int opset = 12; opset <= 13; opset++) {
        begin(&b, "Softmax", opset);
        F32(&b, ones, 1, 2, 2);
        node(&b, 1);
        check_ok(run(&b));
        const double flat[] = {.25, .25, .25, .25}, last[] = {.5, .5, .5, .5};
        EXPECT(&b, 0, opset < 13 ? flat : last, 0, 1, 2, 2);
        end(&b);
    }
}

/* ---- vectors from PyTorch and NumPy: tests/data/make_op_nn.py ---- */

static double json_number(const json_t *v) {
    return json_is_string(v) ? strtod(json_string_value(v), NULL) : json_number_value(v);
}

static enum rsl_dtype dtype_named(const char *name) {
    int dtype = 0;
    while (strcmp(rsl_dtype_name(dtype), name) != 0) assert_true(++dtype < RSL_DTYPE_END);
    return (enum rsl_dtype)dtype;
}

/* A tensor of the file in memory of the graph's arena. */
static struct rsl_tensor json_tensor(struct bench *b, const json_t *j) {
    struct rsl_shape shape = {.rank = (int)json_array_size(json_object_get(j, "shape"))};
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = json_integer_value(json_array_get(json_object_get(j, "shape"), (size_t)i));
    struct rsl_tensor t;
    enum rsl_dtype dtype = dtype_named(json_string_value(json_object_get(j, "dtype")));
    check_ok(rsl_tensor_new(&t, &b->g.arena, dtype, &shape));
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++) {
        const json_t *v = json_array_get(json_object_get(j, "data"), (size_t)i);
        if (t.dtype == RSL_i64)
            ((int64_t *)t.data)[i] = json_integer_value(v);
        else
            rsl_tensor_set_double(&t, i, json_number(v));
    }
    return t;
}

static void json_attributes(struct bench *b, const json_t *attributes) {
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)attributes, key, v) {
        int64_t ints[16];
        for (size_t i = 0; i < json_array_size(v); i++)
            ints[i] = json_integer_value(json_array_get(v, i));
        if (json_is_array(v))
            check_ok(rsl_node_set_ints(&b->g, b->node, key, ints, json_array_size(v)));
        else if (json_is_integer(v))
            check_ok(rsl_node_set_int(&b->g, b->node, key, json_integer_value(v)));
        else if (json_is_real(v))
            check_ok(rsl_node_set_float(&b->g, b->node, key, (float)json_real_value(v)));
        else
            check_ok(rsl_node_set_string(&b->g, b->node, key, json_string_value(v)));
    }
}

/* The reference rounds once: half a unit in the last place, and what the file's 13 digits lose. */
static double rounding(enum rsl_dtype d, double want) {
    double ulp = d == RSL_f16 ? 0x1p-11 : d == RSL_bf16 ? 0x1p-8 : d == RSL_f32 ? 0x1p-24 : 0;
    return fabs(want) * (ulp * 1.0001 + 1e-12) + (d == RSL_f16 ? 0x1p-25 : 1e-13);
}

static void compare(const char *name, int i, const struct rsl_tensor *got,
                    const struct rsl_tensor *exact, const json_t *want) {
    char a[RSL_SHAPE_TEXT], c[RSL_SHAPE_TEXT];
    if (got->dtype != exact->dtype || !rsl_shape_equal(&got->shape, &exact->shape))
        fail_msg("%s: output %d is %s %s, expected %s %s", name, i, rsl_dtype_name((int)got->dtype),
                 rsl_shape_text(&got->shape, a), rsl_dtype_name((int)exact->dtype),
                 rsl_shape_text(&exact->shape, c));
    for (int64_t k = 0; k < rsl_tensor_count(got); k++) {
        double y = rsl_tensor_double(got, k);
        double w = json_number(json_array_get(json_object_get(want, "data"), (size_t)k));
        bool same = rsl_dtype_is_float((int)got->dtype)
                        ? (isnan(w) ? isnan(y) : y == w || fabs(y - w) <= rounding(got->dtype, w))
                        : rsl_tensor_int(got, k) == rsl_tensor_int(exact, k);
        if (!same)
            fail_msg("%s: output %d element %d is %.13g, expected %.13g", name, i, (int)k, y, w);
    }
}

static void run_case(const json_t *j) {
    const char *name = json_string_value(json_object_get(j, "name"));
    const char *domain = json_string_value(json_object_get(j, "domain"));
    const json_t *inputs = json_object_get(j, "inputs"), *outputs = json_object_get(j, "outputs");
    struct bench b;
    begin_in(&b, domain ? domain : "", json_string_value(json_object_get(j, "op")),
             (int)json_integer_value(json_object_get(j, "opset")));
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        const json_t *v = json_array_get(inputs, i);
        if (json_is_null(v)) {
            absent(&b);
            continue;
        }
        struct rsl_tensor t = json_tensor(&b, v);
        input(&b, t.dtype, t.data, t.shape);
    }
    node(&b, (int)json_array_size(outputs));
    json_attributes(&b, json_object_get(j, "attributes"));
    if (run(&b) < 0) fail_msg("%s: %s", name, rsl_errmsg());
    for (int i = 0; i < b.n_out; i++) {
        const json_t *want = json_array_get(outputs, (size_t)i);
        struct rsl_tensor exact = json_tensor(&b, want);
        compare(name, i, output(&b, i), &exact, want);
    }
    end(&b);
}

static void vectors(void **state) {
    (void)state;
    json_error_t error;
    json_t *cases = json_load_file(TEST_DATA "/op_nn.json", 0, &error);
    if (!cases) fail_msg("line %d: %s", error.line, error.text);
    assert_true(json_array_size(cases) > 100);
    for (size_t i = 0; i < json_array_size(cases); i++) run_case(json_array_get(cases, i));
    json_decref(cases);
}

/* ---- refusals: one line each ---- */

struct refusal {
    const char *op;
    int opset, n_out;
    const char *inputs;     /* "f32[1,3,2,2] - i64[2]=9": types, shapes, "-" absent, value of all */
    const char *attributes; /* "group=2 strides=1,1 auto_pad=SAME" */
    int status;
    const char *words;
};

static const struct refusal refusals[] = {
    {"Conv", 11, 1, "f32[1,3,2,2] f32[4,2,1,1]", "", RSL_ESHAPE,
     "node 'n' (Conv): weights [4,2,1,1] take 2 channels, input [1,3,2,2] in 1 groups has 3"},
    {"Conv", 11, 1, "f32[1,3,2,2] f32[4,2,1,1]", "group=2", RSL_ESHAPE,
     "group 2 does not divide the channels of input [1,3,2,2] and weights [4,2,1,1]"},
    {"Conv", 11, 1, "f32[1,3,2,2] f32[4,3,1,1]", "group=-1", RSL_ESHAPE, "group -1 does not"},
    {"Conv", 11, 1, "f32[1,3,2,2] f32[4,3,1]", "", RSL_ESHAPE,
     "the weights' shape [4,3,1] and the input's [1,3,2,2] differ in rank"},
    {"Conv", 11, 1, "f32[3,2] f32[4,3]", "", RSL_ESHAPE, "its rank must be 3 to 8"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,3,3]", "", RSL_ESHAPE,
     "along spatial axis 0 the window covers 3 positions, the padded input has 2"},
    {"Conv", 11, 1, "f32[1,1,2,0] f32[1,1,1,1]", "", RSL_ESHAPE, "along spatial axis 1"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,2,2]", "kernel_shape=2,3", RSL_ESHAPE,
     "attribute kernel_shape says 3 for spatial axis 1, the weights have shape [1,1,2,2]"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,2,2] f32[2]", "", RSL_ESHAPE,
     "bias (input 2) has shape [2], it must be [1]"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,2,2]", "strides=1,0", RSL_EUNSUPPORTED,
     "attribute strides has the value 0, supported are 1 to 1048576"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,2,2]", "dilations=1,99999999999", RSL_EUNSUPPORTED,
     "attribute dilations has the value 99999999999"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,2,2]", "pads=0,0", RSL_ESHAPE,
     "attribute pads has 2 values, 4 are needed"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,2,2]", "pads=0,0,0,-1", RSL_EUNSUPPORTED,
     "attribute pads has the value -1"},
    {"Conv", 11, 1, "f32[1,1,2,2] f32[1,1,2,2]", "auto_pad=SAME", RSL_EUNSUPPORTED,
     "auto_pad 'SAME' is not offered in opset 11"},
    {"Conv", 11, 1, "i32[1,1,2,2] i32[1,1,2,2]", "", RSL_EUNSUPPORTED, "input 0 has type i32"},
    {"Conv", 11, 1, "f32[1,1,2,2] f16[1,1,2,2]", "", RSL_ESHAPE, "input 1 has type f16"},
    {"Conv", 11, 1, "f32[1,1,1,1,1,1,1,1] f32[1,1,1,1,1,1,1,1]",
     "pads=1048576,1048576,1048576,1048576,1048576,1048576,1048576,1048576,0,0,0,0", RSL_ESHAPE,
     "too large"},
    {"FusedConv", 1, 1, "f32[1,1,2,2] f32[1,1,1,1]", "activation=Gelu", RSL_EUNSUPPORTED,
     "attribute activation is 'Gelu'"},
    {"FusedConv", 1, 1, "f32[1,1,2,2] f32[1,1,1,1] - f32[1,1,2,1]", "", RSL_ESHAPE,
     "input 3 has shape [1,1,2,1], the output has [1,1,2,2]"},
    {"ConvTranspose", 11, 1, "f32[1,2,2,2] f32[3,2,1,1]", "", RSL_ESHAPE,
     "weights [3,2,1,1] take 3 channels"},
    {"ConvTranspose", 11, 1, "f32[1,1,2,2] f32[1,1,1,1]", "pads=1,1,1,1", RSL_ESHAPE,
     "along spatial axis 0 the output would have 0 positions"},
    {"ConvTranspose", 11, 1, "f32[1,1,2,2] f32[1,1,1,1]", "output_shape=0,4", RSL_EUNSUPPORTED,
     "attribute output_shape has the value 0"},
    {"ConvInteger", 10, 1, "u8[1,1,2,2] i8[2,1,1,1] - i8[3]", "", RSL_ESHAPE,
     "input 3 has shape [3], it needs 1 or 2 elements"},
    {"QLinearConv", 10, 1, "u8[1,1,2,2] f32[] u8[] u8[2,1,1,1] f32[2] u8[2] f32[2] u8[]", "",
     RSL_ESHAPE, "input 6 has shape [2], it needs 1 or 1 elements"},
    {"MatMul", 13, 1, "f32[2,3] f32[2,3]", "", RSL_ESHAPE,
     "matrices of shapes [2,3] and [2,3] cannot be multiplied"},
    {"MatMul", 13, 1, "f32[2,2,3] f32[3,3,2]", "", RSL_ESHAPE, "cannot be broadcast"},
    {"MatMul", 13, 1, "f32[] f32[3,2]", "", RSL_ESHAPE, "its rank must be 1 to 8"},
    {"ConvInteger", 9, 1, "u8[1,1,2,2] i8[2,1,1,1]", "", RSL_EUNSUPPORTED,
     "does not exist in opset 9"},
    {"MatMulInteger", 9, 1, "u8[2,3] i8[3,4]", "", RSL_EUNSUPPORTED, "does not exist in opset 9"},
    {"MaxUnpool", 8, 1, "f32[1,1,2,2] i64[1,1,2,2]", "kernel_shape=2,2", RSL_EUNSUPPORTED,
     "does not exist in opset 8"},
    {"MatMulInteger", 10, 1, "u8[2,3] i8[3,4] u8[] i8[2]", "", RSL_ESHAPE, "input 3 has shape [2]"},
    {"QLinearMatMul", 10, 1, "u8[2,3] f32[3] u8[] u8[3,4] f32[] u8[] f32[] u8[]", "", RSL_ESHAPE,
     "input 1 has shape [3]"},
    {"Gemm", 11, 1, "f32[2,3] f32[2,3]", "", RSL_ESHAPE,
     "A of shape [2,3] and B of shape [2,3] cannot be multiplied"},
    {"Gemm", 11, 1, "f32[2,3] f32[3,2] f32[3]", "", RSL_ESHAPE,
     "C of shape [3] cannot be broadcast to the product's shape [2,2]"},
    {"Gemm", 11, 1, "f32[2,3] f32[3,2] f32[5,1,2]", "", RSL_ESHAPE, "C of shape [5,1,2]"},
    {"Gemm", 9, 1, "f32[2,3] f32[3,2]", "", RSL_ESHAPE, "required before opset 11"},
    {"Gemm", 11, 1, "i32[2,3] i32[3,2]", "alpha=0.5", RSL_EUNSUPPORTED, "with alpha 0.5"},
    {"MaxPool", 12, 1, "f32[1,1,4,4]", "", RSL_ESHAPE, "attribute kernel_shape is missing"},
    {"MaxPool", 12, 1, "f32[1,1,4,4]", "kernel_shape=2,2 pads=2,0,0,0", RSL_ESHAPE,
     "along spatial axis 0 the pads 2 and 0 are not smaller than the window of 2"},
    {"MaxPool", 12, 1, "f32[1,1,4,4]", "kernel_shape=2,5", RSL_ESHAPE, "along spatial axis 1"},
    {"AveragePool", 18, 1, "f32[1,1,9]", "kernel_shape=2 dilations=2", RSL_EUNSUPPORTED,
     "dilations came with opset 19"},
    {"LpPool", 11, 1, "f32[1,1,4]", "kernel_shape=2 p=0", RSL_EUNSUPPORTED, "attribute p is 0"},
    {"GlobalLpPool", 7, 1, "f32[1,1,4]", "p=-1", RSL_EUNSUPPORTED, "attribute p is -1"},
    {"GlobalAveragePool", 7, 1, "f32[1,2,0]", "", RSL_ESHAPE, "has no spatial positions"},
    {"MaxUnpool", 11, 1, "f32[1,1,2,2] i64[1,1,2,1]", "kernel_shape=2,2", RSL_ESHAPE,
     "X has shape [1,1,2,2], the indices have [1,1,2,1]"},
    {"MaxUnpool", 11, 1, "f32[1,1,2,2] i64[1,1,2,2]=9", "kernel_shape=2,2", RSL_ESHAPE,
     "index 9 lies outside of the output"},
    {"MaxUnpool", 11, 1, "f32[1,1,2,2] i64[1,1,2,2]=8 i64[4]=2", "kernel_shape=2,2", RSL_ESHAPE,
     "index 8 lies outside of the output"},
    {"MaxUnpool", 11, 1, "f32[1,1,2,2] i64[1,1,2,2] i64[3]", "kernel_shape=2,2", RSL_ESHAPE,
     "input 2 has shape [3], it must be [4]"},
    {"BatchNormalization", 15, 1, "f32[1,2,3] f32[2] f32[2] f32[3] f32[2]", "", RSL_ESHAPE,
     "input 3 has shape [3], it must be [2]"},
    {"BatchNormalization", 15, 3, "f32[1,2,3] f32[2] f32[2] f32[2] f32[2]", "", RSL_ESHAPE,
     "3 outputs, but training_mode is 0"},
    {"BatchNormalization", 15, 5, "f32[1,2,3] f32[2] f32[2] f32[2] f32[2]", "training_mode=1",
     RSL_ESHAPE, "5 outputs at opset 15"},
    {"BatchNormalization", 15, 3, "f32[0,2,3] f32[2] f32[2] f32[2] f32[2]", "training_mode=1",
     RSL_ESHAPE, "training on an empty batch"},
    {"InstanceNormalization", 7, 1, "f32[1,2,3] f32[3] f32[2]", "", RSL_ESHAPE,
     "input 1 has shape [3], it must be [2]"},
    {"GroupNormalization", 18, 1, "f32[1,4,3] f32[3] f32[3]", "num_groups=3", RSL_ESHAPE,
     "num_groups 3 does not divide 4 channels"},
    {"GroupNormalization", 18, 1, "f32[1,4,3] f32[4] f32[4]", "num_groups=2", RSL_ESHAPE,
     "input 1 has shape [4], it must be [2]"},
    {"GroupNormalization", 21, 1, "f32[1,4,3] f32[2] f32[2]", "num_groups=2", RSL_ESHAPE,
     "input 1 has shape [2], it must be [4]"},
    {"LayerNormalization", 17, 1, "f32[2,4] f32[3]", "", RSL_ESHAPE,
     "input 1 of shape [3] cannot be broadcast to X of shape [2,4]"},
    {"LayerNormalization", 17, 1, "f32[2,4] f32[4]", "axis=2", RSL_ESHAPE,
     "axis 2 is outside of rank 2"},
    {"LayerNormalization", 17, 1, "f32[2,4] f32[4]", "stash_type=7", RSL_EUNSUPPORTED,
     "attribute stash_type is 7"},
    {"MeanVarianceNormalization", 13, 1, "f32[2,4]", "", RSL_ESHAPE, "axis 2 is outside of rank 2"},
    {"LRN", 13, 1, "f32[1,2,3]", "", RSL_ESHAPE, "attribute size is 0"},
    {"LpNormalization", 7, 1, "f32[1,2]", "p=3", RSL_EUNSUPPORTED, "attribute p is 3"},
    {"Softmax", 13, 1, "f32[1,2]", "axis=2", RSL_ESHAPE, "axis 2 is outside of rank 2"},
    {"NegativeLogLikelihoodLoss", 13, 1, "f32[2,3] i64[3]", "", RSL_ESHAPE,
     "input 0 has shape [2,3], the targets have [3]"},
    {"NegativeLogLikelihoodLoss", 13, 1, "f32[2,3] i64[2]=3", "", RSL_EARG,
     "target 3 of element 0 is not one of 3 classes"},
    {"SoftmaxCrossEntropyLoss", 13, 1, "f32[2,3] i64[2]=-1", "ignore_index=-2", RSL_EARG,
     "target -1 of element 0"},
    {"SoftmaxCrossEntropyLoss", 13, 1, "f32[2,3] i64[2] f32[2]", "", RSL_ESHAPE,
     "the weights have shape [2], there are 3 classes"},
    {"SoftmaxCrossEntropyLoss", 13, 1, "f32[2,3] i64[2]", "reduction=max", RSL_EUNSUPPORTED,
     "attribute reduction is 'max'"},
};

/* Integers separated by commas; returns how many. */
static int parse_ints(const char *text, int64_t *out) {
    int n = 0;
    for (char *end; *text && *text != ']'; text = *end == ',' ? end + 1 : end) {
        out[n++] = strtoll(text, &end, 10);
        assert_true(end != text);
    }
    return n;
}

static void parse_input(struct bench *b, const char *word) {
    char name[8];
    int64_t dims[16];
    const char *bracket = strchr(word, '['), *value = strchr(word, '=');
    if (!bracket) {
        absent(b);
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)(bracket - word), word);
    struct rsl_shape shape = rsl_shape_of(parse_ints(bracket + 1, dims), dims);
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &b->g.arena, dtype_named(name), &shape));
    for (int64_t i = 0; value && i < rsl_tensor_count(&t); i++)
        rsl_tensor_set_double(&t, i, strtod(value + 1, NULL));
    input(b, t.dtype, t.data, t.shape);
}

static void parse_attribute(struct bench *b, const char *word) {
    char key[32];
    int64_t ints[16];
    const char *value = strchr(word, '=') + 1;
    snprintf(key, sizeof key, "%.*s", (int)(value - 1 - word), word);
    static const char *const lists[] = {"strides", "pads", "dilations", "kernel_shape",
                                        "output_shape"};
    bool list = false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(lists[i], key) == 0) list = true;
    if (list)
        check_ok(rsl_node_set_ints(&b->g, b->node, key, ints, (size_t)parse_ints(value, ints)));
    else if (strchr(value, '.'))
        check_ok(rsl_node_set_float(&b->g, b->node, key, strtof(value, NULL)));
    else if (*value == '-' || (*value >= '0' && *value <= '9'))
        check_ok(rsl_node_set_int(&b->g, b->node, key, strtoll(value, NULL, 10)));
    else
        check_ok(rsl_node_set_string(&b->g, b->node, key, value));
}

static void each_word(struct bench *b, const char *text,
                      void (*f)(struct bench *b, const char *word)) {
    char copy[256], *rest = copy;
    assert_true(snprintf(copy, sizeof copy, "%s", text) < (int)sizeof copy);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word) f(b, word);
}

static void wrong_combinations(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        struct bench b;
        begin_in(&b, strcmp(r->op, "FusedConv") == 0 ? "resile" : "", r->op, r->opset);
        each_word(&b, r->inputs, parse_input);
        node(&b, r->n_out);
        each_word(&b, r->attributes, parse_attribute);
        int rc = run(&b);
        if (rc != r->status || !strstr(rsl_errmsg(), r->words))
            fail_msg("%s of %s {%s}: %s '%s', expected %s '...%s...'", r->op, r->inputs,
                     r->attributes, rsl_status_name(rc), rc < 0 ? rsl_errmsg() : "",
                     rsl_status_name(r->status), r->words);
        end(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_by_hand),

        cmocka_unit_test(fused_conv),
        cmocka_unit_test(layer_norm_overflow),
        cmocka_unit_test(mean_overflow),
        cmocka_unit_test(other_norms_overflow),
        cmocka_unit_test(fused_clip_without_bounds),
        cmocka_unit_test(max_pool),
        cmocka_unit_test(average_pool),
        cmocka_unit_test(empty_lists),
        cmocka_unit_test(dilated_average_pool),
        cmocka_unit_test(group_normalization_by_channel),
        cmocka_unit_test(gemm),
        cmocka_unit_test(batch_normalization),
        cmocka_unit_test(softmax_forms),
        cmocka_unit_test(vectors),
        cmocka_unit_test(wrong_combinations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
