/* Networks saved for training are read as those that are evaluated; what reads the further outputs
 * of their nodes is left alone. */
#include "check.h"

#include "graph/model.h"
#include "graph/op.h"
#include "zoo/builder.h"

#include <unistd.h>

/* conv, normalization, dropout, classifier; the normalization as PyTorch exports it for training
 * at this opset. */
static struct rsl_model *network(int opset) {
    struct rsl_model *m = rsl_model_new();
    const struct rsl_shape shape = {4, {-1, 3, 8, 8}};
    assert_non_null(m);
    struct rsl_net n = {.graph = &m->graph, .arch = "test", .weights = true, .seed = 3};
    int input = rsl_graph_add_input(n.graph, "input", RSL_f32, &shape);
    n.input = (struct rsl_feature){input, false, 3, 8, 8};
    struct rsl_feature x = rsl_net_conv(&n, "conv", n.input, rsl_conv(4, 3, 1, 1));
    x = rsl_net_batch_norm(&n, "bn", x);
    x = rsl_net_dropout(&n, rsl_net_flatten(&n, x), 0.5F);
    rsl_net_output(&n, rsl_net_linear(&n, "fc", x, 5));
    check_ok(n.status);
    m->graph.opset = opset;
    for (size_t i = 0; i < m->graph.nodes.n; i++) m->graph.nodes.at[i].opset = opset;
    return m;
}

static int find(const struct rsl_model *m, const char *op) {
    for (size_t i = 0; i < m->graph.nodes.n; i++)
        if (strcmp(m->graph.nodes.at[i].op->name, op) == 0) return (int)i;
    fail_msg("no %s", op);
    return -1;
}

/* Gives node `index` outputs beside its first. */
static void add_outputs(struct rsl_model *m, int index, int count) {
    struct rsl_node *n = &m->graph.nodes.at[index];
    int *out = rsl_arena_array(&m->graph.arena, (size_t)count + 1, sizeof *out);
    assert_non_null(out);
    out[0] = n->out[0];
    for (int i = 1; i <= count; i++) {
        out[i] = rsl_graph_fresh(&m->graph, "more");
        assert_true(out[i] >= 0);
        m->graph.values.at[out[i]].producer = index;
    }
    n->out = out;
    n->n_out = count + 1;
}

static void make_dropout_train(struct rsl_model *m) {
    const int index = find(m, "Dropout");
    struct rsl_node *n = &m->graph.nodes.at[index];
    static const uint8_t yes = 1;
    const struct rsl_tensor t = {RSL_bool, {0}, (void *)&yes};
    int *in = rsl_arena_array(&m->graph.arena, 3, sizeof *in);
    assert_non_null(in);
    in[0] = n->in[0];
    in[1] = n->in[1];
    in[2] = rsl_graph_add_constant(&m->graph, "training", &t);
    assert_true(in[2] >= 0);
    n->in = in;
    n->n_in = 3;
    add_outputs(m, index, 1);
}

static struct rsl_model *reread(struct rsl_model *m) {
    struct rsl_model *read;
    char path[64];
    snprintf(path, sizeof path, "inference-form-%d.onnx", (int)getpid());
    check_ok(rsl_graph_check(&m->graph));
    check_ok(rsl_model_save(m, path));
    check_ok(rsl_model_load(&read, path));
    unlink(path);
    rsl_model_free(m);
    return read;
}

static void training_files_are_read_for_inference(void **state) {
    (void)state;
    struct rsl_model *m = network(17);
    int bn = find(m, "BatchNormalization");
    check_ok(rsl_node_set_int(&m->graph, bn, "training_mode", 1));
    add_outputs(m, bn, 2);
    make_dropout_train(m);
    m = reread(m);
    const struct rsl_node *norm = &m->graph.nodes.at[find(m, "BatchNormalization")];
    const struct rsl_node *dropout = &m->graph.nodes.at[find(m, "Dropout")];
    assert_int_equal(norm->n_out, 1);
    assert_int_equal(rsl_node_int(norm, "training_mode", 0), 0);
    assert_int_equal(dropout->n_out, 1);
    assert_int_equal(dropout->n_in, 2);
    rsl_graph_set_batch(&m->graph, 2);
    check_ok(rsl_graph_infer(&m->graph, 0));
    rsl_model_free(m);
}

static void used_statistics_stay(void **state) {
    (void)state;
    struct rsl_model *m = network(17);
    int bn = find(m, "BatchNormalization");
    check_ok(rsl_node_set_int(&m->graph, bn, "training_mode", 1));
    add_outputs(m, bn, 2);
    assert_true(rsl_graph_add_output(&m->graph, m->graph.nodes.at[bn].out[2]) >= 0);
    m = reread(m);
    const struct rsl_node *norm = &m->graph.nodes.at[find(m, "BatchNormalization")];
    assert_int_equal(norm->n_out, 3);
    assert_int_equal(rsl_node_int(norm, "training_mode", 0), 1);
    rsl_model_free(m);
}

/* Before opset 14 the number of outputs says that a node trains. */
static void old_normalization(void **state) {
    (void)state;
    struct rsl_model *m = network(11);
    int bn = find(m, "BatchNormalization");
    add_outputs(m, bn, 4);
    check_ok(rsl_inference_form(m));
    assert_int_equal(m->graph.nodes.at[bn].n_out, 1);
    rsl_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_files_are_read_for_inference),
        cmocka_unit_test(used_statistics_stay),
        cmocka_unit_test(old_normalization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
