/* ONNX files: what is read means what it says, what is written reads back the same, and everything
 * else is refused with a sentence that names file and place. Models: tests/data/make_onnx.py. */
#define _DEFAULT_SOURCE
#include "check.h"

#include "base/alloc.h"
#include "base/file.h"
#include "graph/op.h"
#include "graph/parameters.h"
#include "io/onnx.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *path_of(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/onnx/%s.onnx", TEST_DATA, name);
    return path;
}

static struct rsl_model *load(const char *name) {
    struct rsl_model *m;
    check_ok(rsl_model_load(&m, path_of(name)));
    return m;
}

static const struct rsl_tensor *tensor_of(const struct rsl_model *m, const char *name) {
    int v = rsl_graph_find(&m->graph, name);
    assert_true(v >= 0);
    return &m->graph.values.at[v].tensor;
}

static const struct rsl_node *node_of(const struct rsl_model *m, const char *name) {
    for (size_t i = 0; i < m->graph.nodes.n; i++)
        if (strcmp(m->graph.nodes.at[i].name, name) == 0) return &m->graph.nodes.at[i];
    fail_msg("no node '%s'", name);
    return NULL;
}

/* ---- reading ---- */

/* Each element type gives the same tensor from its typed field as from raw bytes. */
static void test_element_types(void **state) {
    (void)state;
    struct rsl_model *m = load("everything");
    int types = 0;
    for (int type = 1; type < RSL_DTYPE_END; type++) {
        if (!rsl_dtype_traits(type)) continue;
        char name[32];
        snprintf(name, sizeof name, "typed_%d", type);
        const struct rsl_tensor *typed = tensor_of(m, name);
        snprintf(name, sizeof name, "raw_%d", type);
        const struct rsl_tensor *raw = tensor_of(m, name);
        assert_int_equal(typed->dtype, type);
        assert_int_equal(raw->dtype, type);
        assert_int_equal(rsl_tensor_count(typed), 2);
        assert_memory_equal(typed->data, raw->data, rsl_tensor_bytes(raw));
        assert_int_equal((uintptr_t)raw->data % 16, 0);
        types++;
    }
    assert_int_equal(types, 13);
    assert_true(rsl_tensor_double(tensor_of(m, "raw_10"), 0) == 1.5);
    assert_true(rsl_tensor_double(tensor_of(m, "raw_16"), 1) == -2.0);
    assert_int_equal(tensor_of(m, "scalar")->shape.rank, 0);
    assert_int_equal(rsl_tensor_count(tensor_of(m, "empty")), 0);
    rsl_model_free(m);
}

static void check_one_of_each(const struct rsl_node *n) {
    size_t count;
    assert_true(rsl_node_float(n, "f", 0) == 0.5f);
    assert_int_equal(rsl_node_int(n, "i", 0), -3);
    assert_string_equal(rsl_node_string(n, "s", ""), "text");
    assert_int_equal(rsl_node_ints(n, "ints", &count)[2], 3);
    assert_int_equal(count, 3);
    assert_true(rsl_node_attr(n, "floats")->floats[1] == 2.0f);
    assert_string_equal(rsl_node_attr(n, "strings")->strings[1], "bc");
    assert_true(rsl_tensor_double(rsl_node_attr(n, "t")->t, 1) == 2.0);
}

static void test_attributes(void **state) {
    (void)state;
    struct rsl_model *m = load("everything");
    const struct rsl_node *n = node_of(m, "first");
    assert_int_equal(n->opset, 13);
    assert_int_equal(m->graph.opset, 13);
    check_one_of_each(n);
    assert_string_equal(rsl_model_meta(m, "resile.classes"), "cat\ndog");
    assert_string_equal(rsl_model_meta(m, "other"), "");
    rsl_model_free(m);
    m = load("untyped");
    n = node_of(m, "r");
    check_one_of_each(n);
    assert_true(rsl_node_float(n, "alpha", 0) == 0.25f); /* names whose type is known */
    assert_int_equal(rsl_node_int(n, "axis", 0), 2);
    rsl_model_free(m);
}

static void test_names_and_order(void **state) {
    (void)state;
    struct rsl_model *m = load("no_names");
    assert_string_not_equal(m->graph.nodes.at[0].name, m->graph.nodes.at[1].name);
    assert_string_equal(m->graph.nodes.at[1].name, "Relu_0");
    rsl_model_free(m);
    m = load("unsorted");
    assert_string_equal(m->graph.nodes.at[0].name, "early");
    rsl_model_free(m);
    m = load("old_inputs");
    assert_int_equal(m->graph.inputs.n, 0);
    assert_true(rsl_tensor_double(tensor_of(m, "w"), 1) == -1.0);
    rsl_model_free(m);
}

/* Weights computed from constants are constants themselves, what made them is gone; what would make
 * much out of little stays, and is no network whose weights could be stored. */
static void test_computed_weights(void **state) {
    (void)state;
    struct rsl_model *m = load("computed_weight");
    assert_int_equal(m->graph.nodes.n, 2);
    assert_int_equal(rsl_node_weight(&m->graph, node_of(m, "layer")),
                     rsl_graph_find(&m->graph, "w"));
    for (int i = 0; i < 12; i++)
        assert_true(rsl_tensor_double(tensor_of(m, "w"), i) == i * (i / 3 + 1) * 0.5);
    assert_int_equal(m->graph.values.at[rsl_graph_find(&m->graph, "v")].kind, RSL_VALUE_COMPUTED);
    assert_int_equal(m->graph.values.at[rsl_graph_find(&m->graph, "s")].kind, RSL_VALUE_CONSTANT);
    check_ok(rsl_graph_require_weights(&m->graph, 1));
    rsl_model_free(m);
    m = load("made_weight");
    assert_int_equal(m->graph.nodes.n, 2);
    check_fails(rsl_graph_require_weights(&m->graph, 0), RSL_EUNSUPPORTED,
                "node 'layer' (MatMul): its weight 'w' is computed from constants");
    rsl_model_free(m);
}

static void test_opset_25(void **state) {
    (void)state;
    struct rsl_model *m = load("opset_25");
    assert_int_equal(node_of(m, "g")->opset, 25);
    rsl_graph_set_batch(&m->graph, 1);
    check_ok(rsl_graph_infer(&m->graph, 0));
    rsl_model_free(m);
}

static void test_open_sizes(void **state) {
    (void)state;
    struct rsl_model *m = load("open");
    const struct rsl_shape *s = &m->graph.values.at[m->graph.inputs.at[0]].tensor.shape;
    assert_true(s->dim[0] == -1 && s->dim[1] == 3 && s->dim[2] == -1 && s->dim[3] == -1);
    rsl_model_free(m);
}

static void test_functions(void **state) {
    (void)state;
    struct rsl_model *m = load("function");
    assert_int_equal(m->graph.nodes.n, 5);
    assert_string_equal(m->graph.nodes.at[4].name, "call/one/first");
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(m->graph.nodes.at[i].op->name, "Relu");
        assert_int_equal(strncmp(m->graph.nodes.at[i].name, "call/", 5), 0);
    }
    rsl_model_free(m);
    m = load("function_passes");
    assert_string_equal(m->graph.nodes.at[1].op->name, "Identity");
    assert_int_equal(m->graph.nodes.n, 2);
    rsl_model_free(m);
}

/* Names are for people: the second node of a name gets one of its own. */
static void test_equal_names(void **state) {
    (void)state;
    struct rsl_model *m = load("node_twice");
    assert_string_equal(m->graph.nodes.at[0].name, "same");
    assert_string_equal(m->graph.nodes.at[1].name, "same_1");
    rsl_model_free(m);
}

static void test_whole_attribute(void **state) {
    (void)state;
    struct rsl_model *m = load("attribute_whole");
    assert_true(rsl_node_float(node_of(m, "l"), "alpha", -1) == 1);
    rsl_model_free(m);
}

static void test_function_attributes(void **state) {
    (void)state;
    struct rsl_model *m = load("function_attributes");
    assert_true(rsl_node_float(node_of(m, "given/l"), "alpha", -1) == 0.5f);
    assert_null(rsl_node_attr(node_of(m, "left_out/l"), "alpha"));
    assert_true(rsl_node_float(node_of(m, "through/t/l"), "alpha", -1) == 0.75f);
    assert_true(rsl_node_float(node_of(m, "default/d"), "alpha", -1) == 0.25f);
    assert_true(rsl_node_float(node_of(m, "over/d"), "alpha", -1) == 0.125f);
    rsl_model_free(m);
}

/* What Constant nodes give is constants of the graph: a convolution finds its weights. */
static void test_constants(void **state) {
    (void)state;
    struct rsl_model *m = load("constants");
    assert_int_equal(m->graph.nodes.n, 3);
    const struct rsl_node *conv = node_of(m, "conv");
    int w = rsl_node_weight(&m->graph, conv);
    assert_string_equal(m->graph.values.at[w].name, "w");
    assert_true(rsl_tensor_double(tensor_of(m, "w"), 1) == -2.0);
    assert_true(rsl_tensor_double(tensor_of(m, "b"), 1) == 0.25);
    assert_int_equal(tensor_of(m, "one")->shape.rank, 0);
    assert_true(rsl_tensor_double(tensor_of(m, "one"), 0) == 1.0);
    assert_true(rsl_tensor_double(tensor_of(m, "shape"), 1) == 6.0);
    assert_true(rsl_tensor_double(tensor_of(m, "z"), 0) == 7.0);
    rsl_model_free(m);
}

static void test_external(void **state) {
    (void)state;
    struct rsl_model *m = load("external");
    assert_true(rsl_tensor_double(tensor_of(m, "w"), 0) == 2.0);
    assert_true(rsl_tensor_double(tensor_of(m, "w"), 3) == 5.0);
    rsl_model_free(m);
    m = load("external_rest");
    assert_true(rsl_tensor_double(tensor_of(m, "w"), 5) == 5.0);
    rsl_model_free(m);
    struct rsl_file f;
    check_ok(rsl_file_open(&f, path_of("external")));
    check_fails(rsl_onnx_read(&m, f.data, f.size, "memory", NULL), RSL_EUNSUPPORTED,
                "memory: initializer 'w': external data 'weights.bin': the model has no folder");
    rsl_file_close(&f);
}

/* A symbolic link inside the folder that leads out of it. */
static void test_external_link(void **state) {
    (void)state;
    char link_path[600], model[600], folder[] = "onnx_link_XXXXXX";
    struct rsl_model *m;
    struct rsl_file f;
    assert_non_null(mkdtemp(folder));
    snprintf(link_path, sizeof link_path, "%s/link_outside.bin", folder);
    snprintf(model, sizeof model, "%s/m.onnx", folder);
    check_ok(rsl_file_open(&f, path_of("bad_external_link")));
    check_ok(rsl_file_write(model, f.data, f.size));
    rsl_file_close(&f);
    assert_int_equal(symlink(TEST_DATA "/onnx/weights.bin", link_path), 0);
    check_fails(rsl_model_load(&m, model), RSL_EFORMAT, "points outside the model's folder");
    unlink(link_path);
    unlink(model);
    rmdir(folder);
}

/* ---- refusals ---- */

static const struct refusal {
    const char *name;
    int status;
    const char *words;
} refusals[] = {
    {"bad_opset_old", RSL_EUNSUPPORTED, "opset -1 of ai.onnx is not supported, 1 to 25 are"},
    {"bad_old_axis", RSL_EUNSUPPORTED,
     "node 'n' (Add): attribute 'axis' of opset 6 is not supported"},
    {"bad_old_form", RSL_EUNSUPPORTED,
     "node 'n' (PRelu): its form of opset 6 is not supported, from 7 on it is"},
    {"bad_old_training", RSL_EUNSUPPORTED, "is_test is not set at opset 6: a node for training"},
    {"bad_opset_new", RSL_EUNSUPPORTED, "opset 26 of ai.onnx is not supported"},
    {"bad_block_size", RSL_EUNSUPPORTED,
     "node 'q' (QuantizeLinear): attribute 'block_size' of opset 21 is not supported"},
    {"bad_output_dtype", RSL_EUNSUPPORTED, "attribute 'output_dtype' of opset 21"},
    {"bad_precision", RSL_EUNSUPPORTED, "attribute 'precision' of opset 23 is not supported"},
    {"bad_opset_none", RSL_EFORMAT, "node 'r' (Relu): no version of domain ai.onnx is imported"},
    {"bad_operator", RSL_EUNSUPPORTED,
     "node 'f': operator Frobnicate of domain ai.onnx is not supported"},
    {"bad_domain", RSL_EUNSUPPORTED,
     "node 'f': operator Relu of domain com.example is not supported"},
    {"bad_no_operator", RSL_EFORMAT, "node 'nameless' names no operator"},
    {"bad_if", RSL_EUNSUPPORTED, "node 'branch' (If): attribute '"},
    {"bad_if", RSL_EUNSUPPORTED, "_branch' is a graph: control flow is not supported"},
    {"bad_sparse_attribute", RSL_EUNSUPPORTED,
     "node 'r' (Relu): attribute 'value' is a sparse tensor"},
    {"bad_type_attribute", RSL_EUNSUPPORTED, "node 'r' (Relu): attribute 'type' is a type"},
    {"bad_untyped_attribute", RSL_EUNSUPPORTED, "attribute 'what' has no known type"},
    {"bad_two_valued_attribute", RSL_EUNSUPPORTED, "attribute 'what' has no known type"},
    {"bad_untyped_graph", RSL_EUNSUPPORTED, "attribute 'what' is a graph: control flow"},
    {"bad_tensor_attribute", RSL_EFORMAT, "attribute 't': shape [3] of f32 needs 12 bytes, 4 are"},
    {"bad_attribute_twice", RSL_EFORMAT, "node 'r' (Relu): attribute 'alpha' comes twice"},
    {"bad_attribute_name", RSL_EFORMAT, "node 'r' (Relu): an attribute has no name"},
    {"bad_attributes", RSL_EFORMAT, "node 'r' (Relu): has 65 attributes"},
    {"bad_reference", RSL_EFORMAT, "attribute 'alpha' refers to 'slope' outside of a function"},
    {"bad_sequence", RSL_EUNSUPPORTED, "graph input 'x': is a sequence, only tensors"},
    {"bad_optional", RSL_EUNSUPPORTED, "graph input 'x': is an optional"},
    {"bad_map_output", RSL_EUNSUPPORTED, "graph output 'y': is a map"},
    {"bad_string_input", RSL_EUNSUPPORTED, "graph input 'x': holds strings"},
    {"bad_complex_input", RSL_EUNSUPPORTED, "graph input 'x': has element type 14"},
    {"bad_rank_input", RSL_EUNSUPPORTED, "graph input 'x': has 9 dimensions, at most 8"},
    {"bad_dim_input", RSL_ESHAPE, "graph input 'x': has the impossible dimension -2"},
    {"bad_shapeless_input", RSL_EUNSUPPORTED, "graph input 'x': has no shape"},
    {"bad_untyped_input", RSL_EFORMAT, "graph input 'x': has no type"},
    {"bad_unnamed_input", RSL_EFORMAT, "graph input 0 has no name"},
    {"bad_unnamed_output", RSL_EFORMAT, "graph output 0 has no name"},
    {"bad_cycle", RSL_EGRAPH, "the graph has a cycle through node '"},
    {"bad_missing", RSL_EGRAPH, "node 'r' (Relu) reads 'nowhere', which nothing produces"},
    {"bad_missing_output", RSL_EGRAPH, "graph output 'nowhere' is produced by no node"},
    {"bad_no_output", RSL_EGRAPH, "the graph has no output"},
    {"bad_value_twice", RSL_EGRAPH, "value 'y' is defined twice, the second time by node 'two'"},
    {"bad_output_twice", RSL_EGRAPH, "value 'y' is defined twice, the second time by node 'both'"},
    {"bad_input_twice", RSL_EGRAPH, "value 'x' is defined twice"},
    {"bad_attribute_kind", RSL_EFORMAT, "attribute 'transB' is not an integer"},
    {"bad_overwrites_input", RSL_EGRAPH, "value 'x' is defined twice"},
    {"bad_counts", RSL_EGRAPH, "node 'r' (Relu) has 2 inputs"},
    {"bad_no_graph", RSL_EFORMAT, "is no ONNX model: it holds no graph"},
    {"bad_initializer_twice", RSL_EGRAPH, "value 'w' is defined twice"},
    {"bad_initializer_name", RSL_EFORMAT, "initializer 0 has no name"},
    {"bad_initializer_string", RSL_EUNSUPPORTED, "initializer 'w': holds strings"},
    {"bad_initializer_complex", RSL_EUNSUPPORTED, "initializer 'w': has element type 14"},
    {"bad_initializer_untyped", RSL_EUNSUPPORTED, "initializer 'w': has element type 0"},
    {"bad_initializer_short", RSL_EFORMAT, "'w': shape [3] of f32 needs 12 bytes, 8 are there"},
    {"bad_initializer_long", RSL_EFORMAT, "'w': shape [1] of f32 needs 4 bytes, 8 are there"},
    {"bad_initializer_none", RSL_EFORMAT, "'w': shape [2] of f32 needs 8 bytes, 0 are there"},
    {"bad_initializer_both", RSL_EFORMAT, "initializer 'w': holds its data twice"},
    {"bad_initializer_negative", RSL_ESHAPE, "initializer 'w': shape"},
    {"bad_initializer_huge", RSL_ESHAPE, "initializer 'w': shape [2147483648,2147483648] is too"},
    {"bad_initializer_overflow", RSL_ESHAPE, "initializer 'w': shape"},
    {"bad_initializer_rank", RSL_EUNSUPPORTED, "initializer 'w': has 9 dimensions"},
    {"bad_initializer_range", RSL_EFORMAT, "value 128 does not fit its type i8"},
    {"bad_initializer_range_u32", RSL_EFORMAT, "value 4294967296 does not fit its type u32"},
    {"bad_initializer_segment", RSL_EUNSUPPORTED, "initializer 'w': is stored in segments"},
    {"bad_initializer_sparse", RSL_EUNSUPPORTED, "sparse initializers are not supported"},
    {"bad_external_absolute", RSL_EFORMAT, "'w': external data '/etc/passwd' points outside"},
    {"bad_external_dots", RSL_EFORMAT, "external data 'a/../../weights.bin' points outside"},
    {"bad_external_missing", RSL_EIO, "external data 'nothing.bin' cannot be opened: No such"},
    {"bad_external_folder", RSL_EFORMAT, "external data '.' points outside"},
    {"bad_external_nowhere", RSL_EFORMAT, "external data: no location"},
    {"bad_external_offset", RSL_EFORMAT, "external data 'weights.bin': 8 bytes from 25 of a file"},
    {"bad_external_end", RSL_EFORMAT, "8 bytes from 20 of a file of 24"},
    {"bad_external_wrap", RSL_EFORMAT, "18446744073709551608 bytes from 16 of a file of 24"},
    {"bad_external_length", RSL_EFORMAT, "8 bytes where the shape needs 12"},
    {"bad_external_number", RSL_EFORMAT, "external data: offset '-8' is no number"},
    {"bad_function_recursive", RSL_EUNSUPPORTED, "function 'F' calls itself"},
    {"bad_function_bomb", RSL_EUNSUPPORTED, "the functions unfold into too many nodes"},
    {"bad_function_deep", RSL_EUNSUPPORTED, "calls nested more than 32 deep"},
    {"bad_function_counts", RSL_EGRAPH,
     "node 'call' has 2 inputs and 1 outputs, function 'F' 1 and 1"},
    {"bad_function_twice", RSL_EFORMAT, "function 'F' is defined twice"},
    {"bad_function_opset", RSL_EUNSUPPORTED, "function 'F': opset 26 of ai.onnx"},
    {"bad_function_output", RSL_EGRAPH, "graph output 'y' is produced by no node"},
    {"bad_function_unknown", RSL_EUNSUPPORTED, "node 'call/inside': operator Frobnicate"},
};

static void test_refusals(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        struct rsl_model *m;
        check_fails(rsl_model_load(&m, path_of(r->name)), r->status, r->words);
        assert_null(m);
        if (!strstr(rsl_errmsg(), r->name)) fail_msg("'%s' does not name the file", rsl_errmsg());
    }
}

static void test_no_model(void **state) {
    (void)state;
    struct rsl_model *m;
    check_fails(rsl_model_load(&m, TEST_DATA), RSL_EIO, "is a folder");
    check_fails(rsl_model_load(&m, "nowhere.onnx"), RSL_EIO, "nowhere.onnx: cannot be opened");
    check_fails(rsl_onnx_read(&m, (const uint8_t *)"", 0, "empty", NULL), RSL_EFORMAT,
                "empty: is no ONNX model: it holds no graph");
    check_fails(rsl_onnx_read(&m, (const uint8_t *)"\x89PNG\r\n\x1a\n", 8, "p", NULL), RSL_EFORMAT,
                "p: is no ONNX file or is damaged");
}

/* A graph in an attribute of a node of a graph ..., a thousand levels down. */
static void test_nesting(void **state) {
    enum { LEVELS = 1000 };
    static const uint8_t fields[] = {0x0a, 0x2a, 0x32}; /* node, attribute, g */
    (void)state;
    uint8_t bytes[8 * LEVELS];
    size_t at = sizeof bytes, length = 0;
    for (int i = 3 * LEVELS / 2 - 1; i >= 0; i--) { /* from the innermost outwards */
        bytes[--at] = (uint8_t)(length >> 7 & 0x7f);
        bytes[--at] = (uint8_t)((length & 0x7f) | 0x80);
        bytes[--at] = i ? fields[(i + 2) % 3] : 0x3a; /* the model's graph outermost */
        length = sizeof bytes - at;
    }
    struct rsl_model *m;
    check_fails(rsl_onnx_read(&m, bytes + at, length, "bomb", NULL), RSL_EFORMAT,
                "bomb: is no ONNX file or is damaged: messages nested too deeply");
}

/* Two graphs in one model: protobuf would merge them. */
static void test_twice(void **state) {
    (void)state;
    struct rsl_model *m;
    struct rsl_file f;
    check_ok(rsl_file_open(&f, path_of("function")));
    uint8_t *twice = rsl_malloc(2 * f.size);
    memcpy(twice, f.data, f.size);
    memcpy(twice + f.size, f.data, f.size);
    check_fails(rsl_onnx_read(&m, twice, 2 * f.size, "twice", NULL), RSL_EFORMAT,
                "a field that may come once comes twice at byte");
    rsl_free(twice);
    rsl_file_close(&f);
}

/* Two bytes a field cost protobuf-c fifty: a small file must not ask for gigabytes. */
static void test_many_fields(void **state) {
    static const struct {
        uint8_t tag;
        const char *words;
    } cases[] = {{0x0a, "bomb: is no ONNX file or is damaged: too many messages"},
                 {0x20, "bomb: is no ONNX file or is damaged: too many fields"}};
    size_t size = (size_t)40 << 20;
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint8_t *bytes = rsl_calloc(size, 1);
        struct rsl_model *m;
        size_t length = size - 6; /* the graph's, in four bytes of seven bits */
        for (size_t at = 5; at < size - 1; at += 2) bytes[at] = cases[i].tag;
        bytes[0] = 0x3a;
        for (int k = 0; k < 4; k++)
            bytes[1 + k] = (uint8_t)((length >> 7 * k & 0x7f) | (k < 3 ? 0x80 : 0));
        check_fails(rsl_onnx_read(&m, bytes, size - 1, "bomb", NULL), RSL_EFORMAT, cases[i].words);
        rsl_free(bytes);
    }
}

/* ---- damage: any outcome but a crash, a leak or a failure without a sentence ---- */

static void read_damaged(const uint8_t *data, size_t size) {
    struct rsl_model *m;
    int rc = rsl_onnx_read(&m, data, size, "damaged", NULL);
    if (rc < 0) {
        assert_null(m);
        assert_int_equal(strncmp(rsl_errmsg(), "damaged: ", 9), 0);
    }
    rsl_model_free(m);
}

static void damage(const char *name) {
    struct rsl_file f;
    check_ok(rsl_file_open(&f, path_of(name)));
    uint8_t *copy = rsl_malloc(f.size);
    for (size_t n = 0; n < f.size; n++) { /* in a block of its own, so that a byte more is seen */
        uint8_t *cut = malloc(n + 1);
        memcpy(cut, f.data, n);
        uint8_t *exact = realloc(cut, n ? n : 1);
        read_damaged(exact, n);
        free(exact);
    }
    memcpy(copy, f.data, f.size);
    for (size_t i = 0; i < f.size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            copy[i] ^= (uint8_t)(1 << bit);
            read_damaged(copy, f.size);
            copy[i] ^= (uint8_t)(1 << bit);
        }
    }
    rsl_free(copy);
    rsl_file_close(&f);
}

static void test_damage(void **state) {
    (void)state;
    damage("everything");
    damage("function");
    damage("function_attributes");
    damage("external");
    damage("bad_if");
}

/* ---- writing ---- */

static void same_attribute(const struct rsl_attr *a, const struct rsl_attr *b) {
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->count, b->count);
    if (a->type == RSL_ATTR_INT) assert_int_equal(a->i, b->i);
    if (a->type == RSL_ATTR_FLOAT) assert_memory_equal(&a->f, &b->f, sizeof a->f);
    if (a->type == RSL_ATTR_STRING) assert_string_equal(a->s, b->s);
    if (a->type == RSL_ATTR_INTS) assert_memory_equal(a->ints, b->ints, a->count * 8);
    if (a->type == RSL_ATTR_FLOATS) assert_memory_equal(a->floats, b->floats, a->count * 4);
    for (size_t i = 0; a->type == RSL_ATTR_STRINGS && i < a->count; i++)
        assert_string_equal(a->strings[i], b->strings[i]);
    if (a->type == RSL_ATTR_TENSOR) {
        assert_int_equal(a->t->dtype, b->t->dtype);
        assert_true(rsl_shape_equal(&a->t->shape, &b->t->shape));
        assert_memory_equal(a->t->data, b->t->data, rsl_tensor_bytes(a->t));
    }
}

static void same_value(const struct rsl_graph *a, int i, const struct rsl_graph *b, int k) {
    if (i == RSL_ABSENT || k == RSL_ABSENT) {
        assert_int_equal(i, k);
        return;
    }
    const struct rsl_value *v = &a->values.at[i], *w = &b->values.at[k];
    assert_string_equal(v->name, w->name);
    assert_int_equal(v->kind, w->kind);
    if (v->kind == RSL_VALUE_COMPUTED) return;
    assert_int_equal(v->tensor.dtype, w->tensor.dtype);
    assert_true(rsl_shape_equal(&v->tensor.shape, &w->tensor.shape));
    if (v->kind == RSL_VALUE_CONSTANT)
        assert_memory_equal(v->tensor.data, w->tensor.data, rsl_tensor_bytes(&v->tensor));
}

static void same_node(const struct rsl_graph *ga, const struct rsl_node *a,
                      const struct rsl_graph *gb, const struct rsl_node *b) {
    assert_string_equal(a->name, b->name);
    assert_ptr_equal(a->op, b->op);
    assert_int_equal(a->opset, b->opset);
    assert_int_equal(a->n_in, b->n_in);
    assert_int_equal(a->n_out, b->n_out);
    assert_int_equal(a->n_attrs, b->n_attrs);
    for (int k = 0; k < a->n_in; k++) same_value(ga, a->in[k], gb, b->in[k]);
    for (int k = 0; k < a->n_out; k++) same_value(ga, a->out[k], gb, b->out[k]);
    for (int k = 0; k < a->n_attrs; k++) same_attribute(&a->attrs[k], &b->attrs[k]);
}

/* Not so: a constant that nothing needs since the weights computed from it are stored. */
static bool has_data(const struct rsl_value *v) {
    return v->kind != RSL_VALUE_COMPUTED || v->producer != RSL_ABSENT;
}

static size_t count_values(const struct rsl_graph *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->values.n; i++) n += has_data(&g->values.at[i]);
    return n;
}

static void same_model(const struct rsl_model *a, const struct rsl_model *b) {
    const struct rsl_graph *g = &a->graph, *h = &b->graph;
    assert_string_equal(g->name, h->name);
    assert_int_equal(g->opset, h->opset);
    assert_int_equal(count_values(g), count_values(h));
    assert_int_equal(g->nodes.n, h->nodes.n);
    assert_int_equal(g->inputs.n, h->inputs.n);
    assert_int_equal(g->outputs.n, h->outputs.n);
    for (size_t i = 0; i < g->values.n; i++)
        if (has_data(&g->values.at[i]))
            same_value(g, (int)i, h, rsl_graph_find(h, g->values.at[i].name));
    for (size_t i = 0; i < g->nodes.n; i++) same_node(g, &g->nodes.at[i], h, &h->nodes.at[i]);
    for (size_t i = 0; i < g->inputs.n; i++) same_value(g, g->inputs.at[i], h, h->inputs.at[i]);
    for (size_t i = 0; i < g->outputs.n; i++) same_value(g, g->outputs.at[i], h, h->outputs.at[i]);
    assert_int_equal(a->meta.n, b->meta.n);
    for (size_t i = 0; i < a->meta.n; i++) {
        assert_string_equal(a->meta.at[i].key, b->meta.at[i].key);
        assert_string_equal(a->meta.at[i].value, b->meta.at[i].value);
    }
}

static void same_bytes(const char *path, const char *other) {
    struct rsl_file f, g;
    check_ok(rsl_file_open(&f, path));
    check_ok(rsl_file_open(&g, other));
    assert_int_equal(f.size, g.size);
    assert_memory_equal(f.data, g.data, f.size);
    rsl_file_close(&f);
    rsl_file_close(&g);
}

/* Reading what was written gives the same model, and writing that the same bytes. */
static void test_round_trip(void **state) {
    DIR *folder = opendir(TEST_DATA "/onnx");
    const struct dirent *e;
    int n = 0;
    (void)state;
    assert_non_null(folder);
    while ((e = readdir(folder)) != NULL) {
        char name[256];
        struct rsl_model *again;
        if (e->d_name[0] == '.' || strncmp(e->d_name, "bad_", 4) == 0) continue;
        if (sscanf(e->d_name, "%200[^.].onnx", name) != 1 || !strstr(e->d_name, ".onnx")) continue;
        struct rsl_model *m = load(name);
        check_ok(rsl_model_save(m, "round_trip.onnx"));
        check_ok(rsl_model_load(&again, "round_trip.onnx"));
        same_model(m, again);
        check_ok(rsl_model_save(again, "round_trip_again.onnx"));
        same_bytes("round_trip.onnx", "round_trip_again.onnx");
        rsl_model_free(m);
        rsl_model_free(again);
        n++;
    }
    closedir(folder);
    remove("round_trip.onnx");
    remove("round_trip_again.onnx");
    assert_true(n >= 9);
}

static void test_unwritable(void **state) {
    (void)state;
    struct rsl_model *m = load("function");
    check_fails(rsl_model_save(m, "nowhere/m.onnx"), RSL_EIO, "nowhere/m.onnx: cannot be created");
    check_fails(rsl_model_save(m, "/dev/full/m.onnx"), RSL_EIO, "/dev/full/m.onnx");
    m->graph.nodes.at[1].opset = 13;
    check_fails(rsl_model_save(m, "mixed.onnx"), RSL_EUNSUPPORTED, "is of opset 13, others of 17");
    assert_int_equal(access("mixed.onnx", F_OK), -1);
    check_ok(rsl_file_write("store.db", "SQLite format 3", 16));
    m->graph.nodes.at[1].opset = 17;
    check_fails(rsl_model_save(m, "store.db"), RSL_EARG, "store.db: is a store");
    assert_ptr_equal(strstr(rsl_errmsg() + 1, "store.db"), NULL); /* named once */
    remove("store.db");
    rsl_model_free(m);
}

/* The disk fills up in the middle: a sentence, and neither half a file nor a temporary one. */
static void test_full_disk(void **state) {
    (void)state;
    struct rsl_model *m = load("everything");
    struct rlimit old, small;
    char folder[] = "onnx_full_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.onnx", folder);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 512;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int rc = rsl_model_save(m, path);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, RSL_EIO);
    assert_non_null(strstr(rsl_errmsg(), "m.onnx: cannot be written"));
    assert_int_equal(rmdir(folder), 0); /* only an empty folder can be removed */
    rsl_model_free(m);
}

/* An ONNX file ends at 2 GB; the weights here are only claimed, the size is checked before. */
static void test_too_large(void **state) {
    (void)state;
    struct rsl_model *m = rsl_model_new();
    struct rsl_tensor t = {.dtype = RSL_f32, .shape = rsl_shape_of(1, (int64_t[]){1 << 29})};
    uint8_t nothing = 0;
    t.data = &nothing;
    int w = rsl_graph_add_constant(&m->graph, "w", &t);
    assert_true(w >= 0);
    check_ok(rsl_graph_add_output(&m->graph, w));
    check_fails(rsl_model_save(m, "large.onnx"), RSL_EUNSUPPORTED, "large.onnx: the model exceeds");
    rsl_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_element_types),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_names_and_order),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_equal_names),
        cmocka_unit_test(test_whole_attribute),
        cmocka_unit_test(test_function_attributes),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_computed_weights),
        cmocka_unit_test(test_opset_25),
        cmocka_unit_test(test_open_sizes),
        cmocka_unit_test(test_external),
        cmocka_unit_test(test_external_link),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_model),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_many_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
