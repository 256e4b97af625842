/* Nodes of opsets before 7: read when they mean the same in opset 7, refused with the reason. */
#include "check.h"

#include "io/onnx.h"

#include <onnx.pb-c.h>

/* y = op(a, b) with float inputs [2,3] at `opset`, and one integer attribute when `attribute` is
 * given; only read, not run. */
static int read_node(struct rsl_model **m, const char *op, int opset, const char *attribute,
                     int value) {
    Onnx__AttributeProto a = ONNX__ATTRIBUTE_PROTO__INIT, *as[] = {&a};
    a.name = (char *)(uintptr_t)attribute;
    a.has_type = a.has_i = 1;
    a.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    a.i = value;
    Onnx__TensorShapeProto__Dimension two = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT;
    two.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    two.dim_value = 2;
    Onnx__TensorShapeProto__Dimension three = two, *dims[] = {&two, &three};
    three.dim_value = 3;
    Onnx__TensorShapeProto shape = ONNX__TENSOR_SHAPE_PROTO__INIT;
    shape.n_dim = 2;
    shape.dim = dims;
    Onnx__TypeProto__Tensor tensor = ONNX__TYPE_PROTO__TENSOR__INIT;
    tensor.has_elem_type = 1;
    tensor.elem_type = RSL_f32;
    tensor.shape = &shape;
    Onnx__TypeProto type = ONNX__TYPE_PROTO__INIT;
    type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type.tensor_type = &tensor;
    static char a_text[] = "a", b_text[] = "b", y_text[] = "y";
    static char *names[] = {a_text, b_text, y_text};
    Onnx__ValueInfoProto info[3], *infos[3];
    for (int i = 0; i < 3; i++) {
        info[i] = (Onnx__ValueInfoProto)ONNX__VALUE_INFO_PROTO__INIT;
        info[i].name = names[i];
        info[i].type = &type;
        infos[i] = &info[i];
    }
    Onnx__NodeProto node = ONNX__NODE_PROTO__INIT, *nodes[] = {&node};
    static char node_name[] = "n", graph_name[] = "g";
    node.name = node_name;
    node.op_type = (char *)(uintptr_t)op;
    node.n_input = strcmp(op, "Relu") == 0 || strcmp(op, "Dropout") == 0 ? 1 : 2;
    node.input = names;
    node.n_output = 1;
    node.output = &names[2];
    node.n_attribute = attribute ? 1 : 0;
    node.attribute = as;
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    graph.name = graph_name;
    graph.n_node = 1;
    graph.node = nodes;
    graph.n_input = node.n_input;
    graph.input = infos;
    graph.n_output = 1;
    graph.output = &infos[2];
    Onnx__OperatorSetIdProto import = ONNX__OPERATOR_SET_ID_PROTO__INIT, *imports[] = {&import};
    import.has_version = 1;
    import.version = opset;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    model.has_ir_version = 1;
    model.ir_version = 3;
    model.graph = &graph;
    model.n_opset_import = 1;
    model.opset_import = imports;
    uint8_t bytes[1024];
    assert_true(onnx__model_proto__get_packed_size(&model) <= sizeof bytes);
    size_t size = onnx__model_proto__pack(&model, bytes);
    return rsl_onnx_read(m, bytes, size, "old.onnx", NULL);
}

static void reads(const char *op, int opset, const char *attribute, int value) {
    struct rsl_model *m = NULL;
    check_ok(read_node(&m, op, opset, attribute, value));
    const struct rsl_node *n = &m->graph.nodes.at[0];
    assert_int_equal(n->opset, 7);
    assert_int_equal(m->graph.opset, 7);
    assert_int_equal(n->n_attrs, 0); /* what only old opsets knew is gone */
    rsl_model_free(m);
}

static void same_meaning(void **state) {
    (void)state;
    reads("Relu", 1, NULL, 0);
    reads("Relu", 1, "consumed_inputs", 0);
    reads("Add", 6, "broadcast", 1);
    reads("Dropout", 6, "is_test", 1);
    reads("MatMul", 1, NULL, 0);
}

static void other_meaning(void **state) {
    (void)state;
    struct rsl_model *m = NULL;
    check_fails(read_node(&m, "Add", 6, "axis", 1), RSL_EUNSUPPORTED,
                "node 'n' (Add): attribute 'axis' of opset 6 is not supported");
    check_fails(read_node(&m, "Dropout", 6, NULL, 0), RSL_EUNSUPPORTED, "is_test is not set");
    check_fails(read_node(&m, "Dropout", 6, "is_test", 0), RSL_EUNSUPPORTED, "for training");
    check_fails(read_node(&m, "PRelu", 6, NULL, 0), RSL_EUNSUPPORTED,
                "node 'n' (PRelu): its form of opset 6 is not supported, from 7 on it is");
    check_fails(read_node(&m, "Reshape", 4, NULL, 0), RSL_EUNSUPPORTED, "form of opset 4");
    check_fails(read_node(&m, "Relu", 0, NULL, 0), RSL_EUNSUPPORTED, "opset 0 of ai.onnx");
    check_fails(read_node(&m, "Relu", 19, NULL, 0), RSL_EUNSUPPORTED, "1 to 18 are");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_meaning),
        cmocka_unit_test(other_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
