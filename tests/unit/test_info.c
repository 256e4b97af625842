/* What info counts: totals and layers of the zoo, and of graphs that the zoo does not make. */
#include "resile/info.h"

#include "check.h"
#include "graph/model.h"
#include "graph/op.h"
#include "torture.h"
#include "zoo/zoo.h"

static struct rsl_info *info_of(const char *arch, const struct rsl_zoo_options *options) {
    struct rsl_model *m;
    struct rsl_info *info;
    check_ok(rsl_zoo_skeleton(&m, arch, options));
    check_ok(rsl_model_info(&info, m));
    rsl_model_free(m);
    return info;
}

static void test_lenet_layer_by_layer(void **state) {
    (void)state;
    struct rsl_info *info = info_of("lenet5", NULL);
    assert_int_equal(rsl_info_inputs(info), 1);
    assert_string_equal(rsl_info_input_name(info, 0), "input");
    assert_string_equal(rsl_info_input_type(info, 0), "f32");
    assert_string_equal(rsl_info_input_shape(info, 0), "[?,1,28,28]");
    assert_string_equal(rsl_info_output_name(info, 0), "output");
    assert_string_equal(rsl_info_output_shape(info, 0), "[1,10]");
    assert_int_equal(rsl_info_layers(info), 12);
    assert_int_equal(rsl_info_nodes(info), 12);
    assert_string_equal(rsl_info_layer_name(info, 0), "conv1");
    assert_string_equal(rsl_info_layer_op(info, 0), "Conv");
    assert_string_equal(rsl_info_layer_shape(info, 0), "[1,6,28,28]");
    assert_int_equal(rsl_info_layer_weights(info, 0), 150);
    assert_int_equal(rsl_info_layer_parameters(info, 0), 156);
    assert_int_equal(rsl_info_layer_bits(info, 0), 150 * 32);
    assert_string_equal(rsl_info_layer_type(info, 0), "f32");
    assert_int_equal(rsl_info_layer_macs(info, 0), 150 * 28 * 28);
    assert_string_equal(rsl_info_layer_op(info, 1), "Relu");
    assert_int_equal(rsl_info_layer_weights(info, 1), 0);
    assert_string_equal(rsl_info_layer_type(info, 1), "");
    assert_int_equal(rsl_info_layer_macs(info, 11), 840);
    assert_int_equal(rsl_info_parameters(info), 61706);
    assert_int_equal(rsl_info_buffers(info), 0);
    assert_int_equal(rsl_info_weights(info), 61470);
    assert_int_equal(rsl_info_bits(info), 61470 * 32);
    assert_int_equal(rsl_info_macs(info), 117600 + 240000 + 48000 + 10080 + 840);
    rsl_info_free(info);
}

static void test_buffers_are_no_parameters(void **state) {
    (void)state;
    struct rsl_info *info = info_of("cnn-small", NULL);
    assert_int_equal(rsl_info_buffers(info), 2 * (32 + 64 + 128 + 128));
    assert_int_equal(rsl_info_parameters(info) - rsl_info_weights(info),
                     2 * (32 + 64 + 128 + 128) + 10);
    rsl_info_free(info);
}

/* x -> MatMul(w) -> MatMul(w, transposed by a node) -> Clip: one stored weight, used twice, and
 * bounds that are settings. */
static struct rsl_model *shared_weight(void) {
    static float zeros[12], bound[1] = {1};
    struct rsl_model *m = rsl_model_new();
    assert_non_null(m);
    struct rsl_graph *g = &m->graph;
    struct rsl_shape x = {2, {-1, 3}}, w = {2, {3, 4}}, scalar = {0};
    int in = rsl_graph_add_input(g, "x", RSL_f32, &x);
    struct rsl_tensor weight = {RSL_f32, w, zeros}, one = {RSL_f32, scalar, bound};
    int wv = rsl_graph_add_constant(g, "w", &weight);
    int bv = rsl_graph_add_constant(g, "bound", &one);
    int wt = rsl_graph_value(g, "wt"), a = rsl_graph_value(g, "a"), b = rsl_graph_value(g, "b");
    int y = rsl_graph_value(g, "y");
    const struct rsl_op *matmul = rsl_op_find("", "MatMul");
    assert_true(rsl_graph_add_node(g, rsl_op_find("", "Transpose"), "t", &wv, 1, &wt, 1) >= 0);
    assert_true(rsl_graph_add_node(g, matmul, "m1", (int[]){in, wv}, 2, &a, 1) >= 0);
    assert_true(rsl_graph_add_node(g, matmul, "m2", (int[]){a, wt}, 2, &b, 1) >= 0);
    assert_true(rsl_graph_add_node(g, rsl_op_find("", "Mul"), "s", (int[]){b, bv}, 2, &y, 1) >= 0);
    check_ok(rsl_graph_add_output(g, y));
    check_ok(rsl_graph_check(g));
    return m;
}

static void test_a_shared_weight_counts_once(void **state) {
    (void)state;
    struct rsl_model *m = shared_weight();
    struct rsl_info *info;
    check_ok(rsl_model_info(&info, m));
    rsl_model_free(m); /* the info must not need it */
    assert_int_equal(rsl_info_layers(info), 4);
    assert_int_equal(rsl_info_layer_weights(info, 1), 12);
    assert_int_equal(rsl_info_layer_weights(info, 2), 12);
    assert_string_equal(rsl_info_layer_name(info, 2), "m2");
    assert_int_equal(rsl_info_weights(info), 12);
    assert_int_equal(rsl_info_parameters(info), 12);
    assert_int_equal(rsl_info_macs(info), 24);
    rsl_info_free(info);
}

static void test_open_shapes_are_refused(void **state) {
    (void)state;
    struct rsl_model *m = shared_weight();
    struct rsl_info *info = NULL;
    m->graph.values.at[m->graph.inputs.at[0]].tensor.shape.dim[1] = -1;
    check_fails(rsl_model_info(&info, m), RSL_ESHAPE, "input 'x'");
    m->graph.values.at[m->graph.inputs.at[0]].tensor.shape.dim[1] = 5;
    check_fails(rsl_model_info(&info, m), RSL_ESHAPE, "node 'm1' (MatMul)");
    assert_null(info);
    rsl_model_free(m);
}

static int make(void *context) {
    struct rsl_info *info;
    RSL_TRY(rsl_model_info(&info, context));
    rsl_info_free(info);
    return RSL_OK;
}

static void test_memory_refused(void **state) {
    (void)state;
    struct rsl_model *m = shared_weight();
    assert_true(torture(make, m) > 5);
    rsl_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lenet_layer_by_layer),
        cmocka_unit_test(test_buffers_are_no_parameters),
        cmocka_unit_test(test_a_shared_weight_counts_once),
        cmocka_unit_test(test_open_shapes_are_refused),
        cmocka_unit_test(test_memory_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
