/* Networks as exporters leave them, in training: statistics that are shared, merged with other
 * tensors or behind Identity nodes; a batch that is fixed; parameters that no gradient reaches;
 * constants of one number. */
#include "check.h"

#include "base/philox.h"
#include "graph/op.h"
#include "resile/log.h"
#include "train/trainer.h"
#include "zoo/builder.h"

#include <stdlib.h>

enum { BATCH = 8, CLASSES = 5, SIDE = 6, CHANNELS = 3, PIXELS = CHANNELS * SIDE * SIDE };

/* ---- networks ---- */

static struct rsl_net begin(struct rsl_model **model, int64_t batch) {
    struct rsl_net n = {.arch = "test", .weights = true, .seed = 3, .classes = CLASSES};
    const struct rsl_shape shape = {4, {batch, CHANNELS, SIDE, SIDE}};
    assert_non_null(*model = rsl_model_new());
    n.graph = &(*model)->graph;
    n.input = (struct rsl_feature){0, false, CHANNELS, SIDE, SIDE};
    n.input.value = rsl_graph_add_input(n.graph, "input", RSL_f32, &shape);
    return n;
}

static void end(struct rsl_net *n, struct rsl_feature x) {
    rsl_net_output(n, rsl_net_linear(n, "fc", rsl_net_flatten(n, x), CLASSES));
    check_ok(n->status);
    check_ok(rsl_graph_check(n->graph));
}

/* The input is normalized, and what that gives once more. */
static struct rsl_model *two_norms(void) {
    struct rsl_model *m;
    struct rsl_net n = begin(&m, -1);
    end(&n, rsl_net_batch_norm(&n, "bn2", rsl_net_batch_norm(&n, "bn1", n.input)));
    return m;
}

static int value(const struct rsl_model *m, const char *name) {
    int v = rsl_graph_find(&m->graph, name);
    if (v < 0) fail_msg("no '%s'", name);
    return v;
}

static const float *data(const struct rsl_model *m, const char *name) {
    return m->graph.values.at[value(m, name)].tensor.data;
}

static struct rsl_node *norm(struct rsl_model *m, int number) {
    for (size_t i = 0; i < m->graph.nodes.n; i++)
        if (rsl_node_is(&m->graph.nodes.at[i], "BatchNormalization") && number-- == 0)
            return &m->graph.nodes.at[i];
    fail_msg("no such normalization");
    return NULL;
}

static int constant(struct rsl_model *m, const char *name, const struct rsl_shape *shape,
                    float fill) {
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &m->graph.arena, RSL_f32, shape));
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++) ((float *)t.data)[i] = fill;
    return rsl_graph_add_constant(&m->graph, name, &t);
}

static int node(struct rsl_model *m, const char *op, int a, int b) {
    const int in[2] = {a, b};
    int out = rsl_graph_fresh(&m->graph, op);
    assert_true(
        rsl_graph_add_node(&m->graph, rsl_op_find("", op), "", in, b < 0 ? 1 : 2, &out, 1) >= 0);
    return out;
}

/* ---- steps ---- */

static char said[512];

static void on_log(void *context, int level, const char *message) {
    (void)context, (void)level;
    snprintf(said, sizeof said, "%s", message);
}

static int setup(void **state) {
    (void)state;
    said[0] = 0;
    rsl_log_set(on_log, NULL);
    return 0;
}

static struct rsl_trainer *trainer_of(struct rsl_model *m) {
    struct rsl_trainer *t;
    const struct rsl_trainer_options o = {
        .batch = BATCH, .threads = 1, .optimizer = {.weight_decay = 0.01}};
    check_ok(rsl_trainer_new(&t, m, &o));
    return t;
}

static void step(struct rsl_trainer *t, double rate, uint64_t number) {
    float images[BATCH * PIXELS];
    int labels[BATCH];
    struct rsl_step_result r;
    struct rsl_rng rng = rsl_rng(11, number);
    for (int i = 0; i < BATCH * PIXELS; i++) images[i] = (float)(rsl_rng_unit(&rng) * 2 - 1);
    for (int i = 0; i < BATCH; i++) labels[i] = (int)rsl_rng_below(&rng, CLASSES);
    check_ok(rsl_trainer_step(t, images, labels, rate, &r));
}

static bool is_trained(const struct rsl_trainer *t, const char *name) {
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->masters[i].name, name) == 0) return true;
    return false;
}

/* ---- running statistics ---- */

/* Two nodes follow one buffer one after the other, each with what it alone would take:
 * r -> 0.9 (0.9 r + 0.1 a) + 0.1 b, where a and b are told by networks that share nothing. */
static void check_shared(struct rsl_model *m) {
    struct rsl_model *apart = two_norms();
    const char *const parts[] = {"running_mean", "running_var"};
    struct rsl_trainer *t = trainer_of(m), *u = trainer_of(apart);
    assert_int_equal(t->form.statistics.n, 2);
    assert_int_equal(u->form.statistics.n, 4);
    step(t, 0, 0);
    step(u, 0, 0);
    for (int k = 0; k < 2; k++) {
        char first[32], second[32];
        float start = (float)k; /* of fresh means and variances */
        snprintf(first, sizeof first, "bn1.%s", parts[k]);
        snprintf(second, sizeof second, "bn2.%s", parts[k]);
        for (int c = 0; c < CHANNELS; c++) {
            float a = data(apart, first)[c], b = data(apart, second)[c] - 0.9F * start;
            assert_float_equal(data(m, first)[c], 0.9F * a + b, 1e-6);
        }
        assert_ptr_equal(data(m, first), m->graph.values.at[norm(m, 1)->in[3 + k]].tensor.data);
    }
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(apart);
    rsl_model_free(m);
}

static void shared_statistics(void **state) {
    (void)state;
    struct rsl_model *m = two_norms();
    for (int k = 3; k <= 4; k++) norm(m, 1)->in[k] = norm(m, 0)->in[k];
    check_shared(m);
}

static void statistics_behind_identities(void **state) {
    (void)state;
    struct rsl_model *m = two_norms();
    for (int k = 3; k <= 4; k++) {
        int same =
            node(m, "Identity", node(m, "Identity", norm(m, 0)->in[k], RSL_ABSENT), RSL_ABSENT);
        norm(m, 1)->in[k] = same;
    }
    check_ok(rsl_graph_check(&m->graph));
    check_shared(m);
}

/* Ones that are scales and variances, zeros that are shifts and means: merged by their values. */
static void statistics_merged_with_parameters(void **state) {
    (void)state;
    struct rsl_model *m = two_norms(), *apart = two_norms();
    for (int i = 0; i < 2; i++) {
        norm(m, i)->in[1] = norm(m, i)->in[4] = value(m, "bn1.weight");
        norm(m, i)->in[2] = norm(m, i)->in[3] = value(m, "bn1.bias");
    }
    struct rsl_trainer *t = trainer_of(m), *u = trainer_of(apart);
    assert_int_equal(t->form.statistics.n, 4);
    step(t, 0, 0);
    step(u, 0, 0);
    for (int i = 0; i < 2; i++)
        for (int k = 3; k <= 4; k++) {
            const struct rsl_graph *g = &m->graph, *h = &apart->graph;
            assert_memory_equal(g->values.at[norm(m, i)->in[k]].tensor.data,
                                h->values.at[norm(apart, i)->in[k]].tensor.data,
                                CHANNELS * sizeof(float));
        }
    step(t, 0.1, 1);
    assert_true(data(m, "bn1.weight")[0] != 1 && data(m, "bn1.bias")[0] != 0);
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(m);
    rsl_model_free(apart);
}

/* ---- a fixed batch ---- */

static struct rsl_model *classifier(int64_t batch, int64_t rows) {
    struct rsl_model *m;
    struct rsl_net n = begin(&m, batch);
    const int64_t dims[2] = {rows, PIXELS}, two = 2;
    struct rsl_tensor shape;
    const struct rsl_shape list = rsl_shape_of(1, &two);
    check_ok(rsl_tensor_new(&shape, &m->graph.arena, RSL_i64, &list));
    memcpy(shape.data, dims, sizeof dims);
    int to = rsl_graph_add_constant(&m->graph, "rows", &shape);
    n.input.value = node(m, "Reshape", n.input.value, to);
    n.input = (struct rsl_feature){n.input.value, true, PIXELS, 1, 1};
    rsl_net_output(&n, rsl_net_linear(&n, "fc", n.input, CLASSES));
    check_ok(n.status);
    check_ok(rsl_graph_check(&m->graph));
    return m;
}

static void a_declared_batch_gives_way(void **state) {
    (void)state;
    struct rsl_model *fixed = classifier(1, -1), *open = classifier(-1, -1);
    struct rsl_trainer *t = trainer_of(fixed), *u = trainer_of(open);
    step(t, 0.1, 0);
    step(u, 0.1, 0);
    assert_memory_equal(data(fixed, "fc.weight"), data(open, "fc.weight"),
                        CLASSES * PIXELS * sizeof(float));
    assert_int_equal(fixed->graph.values.at[value(fixed, "input")].tensor.shape.dim[0], 1);
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(fixed);
    rsl_model_free(open);
}

static void a_batch_that_is_built_in(void **state) {
    (void)state;
    struct rsl_model *m = classifier(4, 4);
    struct rsl_trainer *t;
    struct rsl_trainer_options o = {.batch = BATCH, .threads = 1};
    check_fails(rsl_trainer_new(&t, m, &o), RSL_EMISMATCH,
                "fixed to a batch of 4: give --batch 4, or export it");
    o.batch = 4;
    check_ok(rsl_trainer_new(&t, m, &o));
    rsl_trainer_free(t);
    rsl_model_free(m);
}

/* ---- what is not trained ---- */

static void heads_beside_the_first(void **state) {
    (void)state;
    struct rsl_model *m;
    struct rsl_net n = begin(&m, -1);
    struct rsl_feature x = rsl_net_flatten(&n, rsl_net_batch_norm(&n, "bn", n.input));
    rsl_net_output(&n, rsl_net_linear(&n, "fc", x, CLASSES));
    check_ok(rsl_graph_add_output(n.graph, rsl_net_linear(&n, "aux", x, 2).value));
    rsl_net_linear(&n, "dead", x, 2);
    check_ok(n.status);
    check_ok(rsl_graph_check(&m->graph));
    float before[2 * PIXELS];
    memcpy(before, data(m, "aux.weight"), sizeof before);
    struct rsl_trainer *t = trainer_of(m);
    assert_string_equal(said,
                        "not trained, as the first output does not depend on them: aux.weight, "
                        "aux.bias, dead.weight, dead.bias");
    assert_int_equal(t->n, 4);
    assert_true(is_trained(t, "bn.weight") && is_trained(t, "fc.bias"));
    step(t, 0.1, 0);
    assert_memory_equal(before, data(m, "aux.weight"), sizeof before);
    rsl_trainer_free(t);
    rsl_model_free(m);
}

static void an_output_without_parameters(void **state) {
    (void)state;
    struct rsl_model *m;
    struct rsl_trainer *t;
    const struct rsl_trainer_options o = {.batch = BATCH, .threads = 1};
    struct rsl_net n = begin(&m, -1);
    struct rsl_feature x = rsl_net_flatten(&n, n.input);
    rsl_net_output(&n, rsl_net_relu(&n, x));
    check_ok(rsl_graph_add_output(n.graph, rsl_net_linear(&n, "aux", x, 2).value));
    check_ok(rsl_graph_check(&m->graph));
    check_fails(rsl_trainer_new(&t, m, &o), RSL_EGRAPH, "depends on no parameter");
    rsl_model_free(m);
}

/* (x - mean) / deviation + x^exponent of one number each; a slope per channel is learnt. */
static void constants_of_one_number(void **state) {
    (void)state;
    static const char *const numbers[] = {"mean", "deviation", "exponent", "exponents"};
    struct rsl_model *m;
    struct rsl_net n = begin(&m, -1);
    const struct rsl_shape one = {1, {1}}, four = {4, {1, 1, 1, 1}},
                           channels = {3, {CHANNELS, 1, 1}};
    int x = node(m, "Sub", n.input.value, constant(m, "mean", &four, 0.5F));
    x = node(m, "Div", x, constant(m, "deviation", &four, 0.25F));
    int y = node(m, "Pow", n.input.value, constant(m, "exponent", &one, 2));
    y = node(m, "Pow", y, constant(m, "exponents", &channels, 2));
    x = node(m, "PRelu", node(m, "Add", x, y), constant(m, "slope", &one, 0.25F));
    x = node(m, "Mul", x, constant(m, "scale", &channels, 1));
    n.input.value = x;
    end(&n, n.input);
    struct rsl_trainer *t = trainer_of(m);
    for (int i = 0; i < 4; i++)
        if (is_trained(t, numbers[i])) fail_msg("'%s' is trained", numbers[i]);
    assert_true(is_trained(t, "slope") && is_trained(t, "scale"));
    assert_int_equal(t->n, 4);
    rsl_trainer_free(t);
    rsl_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(shared_statistics, setup),
        cmocka_unit_test_setup(statistics_behind_identities, setup),
        cmocka_unit_test_setup(statistics_merged_with_parameters, setup),
        cmocka_unit_test_setup(a_declared_batch_gives_way, setup),
        cmocka_unit_test_setup(a_batch_that_is_built_in, setup),
        cmocka_unit_test_setup(heads_beside_the_first, setup),
        cmocka_unit_test_setup(an_output_without_parameters, setup),
        cmocka_unit_test_setup(constants_of_one_number, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
