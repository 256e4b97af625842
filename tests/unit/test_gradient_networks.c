/* Gradients of whole networks against PyTorch's (tests/data/gradients.inc, made by
 * make_gradients.py), in double with the reference kernels and in float with the fast ones, as they
 * are and in the training form. Both sides compute weights and images by the same formula of name
 * and index. */
#include "check.h"

#include "base/status.h"
#include "graph/gradient.h"
#include "graph/model.h"
#include "graph/parameters.h"
#include "graph/plan.h"
#include "resile/zoo.h"
#include "train/training_form.h"
#include "zoo/zoo.h"

#include <math.h>
#include <stdlib.h>

static const struct row {
    const char *network;
    bool training;
    const char *name; /* of a parameter, "input", or "loss": the loss itself */
    double norm, sum, entry[8];
} rows[] = {
#include "../data/gradients.inc"
};
enum { ROWS = sizeof rows / sizeof *rows };

static uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

static bool ends(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* What make_gradients.py puts into the tensor of that name. */
static void fill(struct rsl_tensor *t, const char *name) {
    uint32_t h = 0x811c9dc5u;
    int64_t n = rsl_tensor_count(t);
    for (const char *c = name; *c; c++) h = (h ^ (unsigned char)*c) * 0x01000193u;
    double offset = 0, size = sqrt(6 * (double)t->shape.dim[0] / (double)n);
    if (ends(name, "running_var"))
        offset = 1, size = 0.4;
    else if (ends(name, "running_mean"))
        size = 0.2;
    else if (t->shape.rank == 1 && ends(name, "bias"))
        size = 0.1;
    else if (t->shape.rank == 1)
        offset = 1, size = 0.2;
    else if (strcmp(name, "input") == 0 || strcmp(name, "output") == 0)
        size = 1;
    for (int64_t i = 0; i < n; i++) {
        double u = (double)mix(h + (uint32_t)i * 0x9e3779b9u) / 0x1p31 - 1;
        rsl_tensor_set_double(t, i, (double)(float)(offset + size * u));
    }
}

struct network {
    struct rsl_model *model;
    struct rsl_graph *g;
    int loss;
};

/* Parameters by the formula, and all floats (but the scales of Resize, always f32) as `dtype`. */
static void set_values(struct network *n, enum rsl_dtype dtype) {
    enum rsl_constant_role *roles = calloc(n->g->values.n, sizeof *roles);
    rsl_graph_roles(n->g, roles);
    for (size_t v = 0; v < n->g->values.n; v++) {
        struct rsl_value *value = &n->g->values.at[v];
        struct rsl_tensor *t = &value->tensor, old = *t;
        if (value->kind == RSL_VALUE_COMPUTED || t->dtype != RSL_f32) continue;
        t->dtype = dtype;
        if (value->kind == RSL_VALUE_INPUT) continue;
        if (ends(value->name, ".scales")) {
            *t = old;
            continue;
        }
        check_ok(rsl_tensor_new(t, &n->g->arena, dtype, &old.shape));
        if (roles[v] == RSL_ROLE_SETTING)
            rsl_tensor_cast(&old, t);
        else
            fill(t, value->name);
    }
    free(roles);
}

/* Every BatchNormalization by the statistics of the batch. */
static void train(struct rsl_graph *g) {
    for (size_t i = 0; i < g->nodes.n; i++) {
        struct rsl_node *n = &g->nodes.at[i];
        if (strcmp(n->op->name, "BatchNormalization") != 0) continue;
        int *out = rsl_arena_array(&g->arena, 3, sizeof *out);
        assert_non_null(out);
        out[0] = n->out[0];
        for (int k = 1; k < 3; k++) assert_true((out[k] = rsl_graph_fresh(g, "statistic")) >= 0);
        n->op = rsl_op_find("resile", "TrainingBatchNorm");
        n->n_in = n->n_out = 3;
        n->out = out;
    }
}

static int constant(struct network *n, const char *name, const struct rsl_tensor *t) {
    int v = rsl_graph_add_constant(n->g, name, t);
    assert_true(v >= 0);
    return v;
}

static int node(struct network *n, const char *op, int a, int b) {
    int in[2] = {a, b}, out = rsl_graph_fresh(n->g, "loss");
    assert_true(out >= 0);
    assert_true(rsl_graph_add_node(n->g, rsl_op_find("", op), "", in, b < 0 ? 1 : 2, &out, 1) >= 0);
    return out;
}

/* Cross-entropy of classifiers, a weighted sum of images. */
static void add_loss(struct network *n, int output, enum rsl_dtype dtype) {
    struct rsl_shape shape = n->g->values.at[output].tensor.shape;
    static int64_t labels[] = {1, 3};
    struct rsl_tensor weights;
    if (shape.rank == 2) {
        struct rsl_tensor t = {RSL_i64, {1, {2}}, labels};
        n->loss = node(n, "SoftmaxCrossEntropyLoss", output, constant(n, "labels", &t));
    } else {
        check_ok(rsl_tensor_new(&weights, &n->g->arena, dtype, &shape));
        fill(&weights, "output");
        int product = node(n, "Mul", output, constant(n, "weights", &weights));
        n->loss = node(n, "ReduceSum", product, RSL_ABSENT);
    }
    n->g->outputs.at[0] = n->loss;
    check_ok(rsl_graph_check(n->g));
    check_ok(rsl_graph_infer(n->g, 0));
}

static void load(struct network *n, const char *name, int channels, int side,
                 enum rsl_dtype dtype) {
    struct rsl_zoo_options o = {.channels = channels, .height = side, .width = side};
    if (strncmp(name, "conv", 4) != 0 && strncmp(name, "unet", 4) != 0) o.classes = 10;
    check_ok(rsl_zoo_build(&n->model, name, &o));
    n->g = &n->model->graph;
    rsl_graph_set_batch(n->g, 2);
    set_values(n, dtype);
    check_ok(rsl_graph_check(n->g));
}

/* `tolerance` is in units of the gradient's norm, or of `floor` where the gradient is as small as
 * the rounding of what cancels in it (biases before a normalization have none). */
static void compare(const struct row *r, const struct rsl_tensor *t, double tolerance,
                    double floor) {
    double norm = 0, sum = 0;
    int64_t n = rsl_tensor_count(t);
    for (int64_t i = 0; i < n; i++) {
        double v = rsl_tensor_double(t, i);
        norm += v * v;
        sum += v;
    }
    double most = tolerance * (r->norm + floor);
    bool same = fabs(sqrt(norm) - r->norm) <= most && fabs(sum - r->sum) <= most * sqrt((double)n);
    for (int k = 0; k < 8; k++)
        same = same && fabs(rsl_tensor_double(t, n * (2 * k + 1) / 16) - r->entry[k]) <= most;
    if (!same)
        fail_msg("%s%s, %s: norm %.9g and sum %.9g, PyTorch has %.9g and %.9g", r->network,
                 r->training ? " (training)" : "", r->name, sqrt(norm), sum, r->norm, r->sum);
}

/* Every row of one network and mode. */
static void check_rows(struct network *n, const char *name, bool training, enum rsl_dtype dtype) {
    static const struct row *of[ROWS];
    static int by[ROWS], gradients[ROWS];
    size_t count = 0;
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        if (strcmp(r->network, name) != 0 || r->training != training) continue;
        of[count] = r;
        by[count] = strcmp(r->name, "loss") == 0 ? n->loss : rsl_graph_find(n->g, r->name);
        if (by[count++] < 0) fail_msg("%s has no %s", name, r->name);
    }
    assert_true(count > 2);
    check_ok(rsl_graph_gradient(n->g, n->loss, by, count, gradients));
    for (size_t i = 0; i < count; i++) {
        assert_true(gradients[i] >= 0);
        if (by[i] != n->loss) assert_true(rsl_graph_add_output(n->g, gradients[i]) >= 0);
    }
    check_ok(rsl_graph_check(n->g));
    struct rsl_plan *p;
    struct rsl_plan_options o = {.batch = 2, .threads = 1, .reference = dtype == RSL_f64};
    check_ok(rsl_plan_new(&p, n->g, &o));
    for (size_t i = 0; i < n->g->inputs.n; i++)
        fill(rsl_plan_input(p, i), n->g->values.at[n->g->inputs.at[i]].name);
    check_ok(rsl_plan_run(p));
    bool exact = dtype == RSL_f64;
    for (size_t i = 0; i < count; i++)
        compare(of[i], rsl_plan_output(p, i), exact ? 1e-6 : 2e-3, exact ? 1e-3 : 5e-2);
    rsl_plan_free(p);
}

static void check_network(const char *name, bool training, int channels, int side,
                          enum rsl_dtype dtype) {
    struct network n;
    load(&n, name, channels, side, dtype);
    if (training) train(n.g);
    check_ok(rsl_graph_check(n.g));
    check_ok(rsl_graph_infer(n.g, 0));
    add_loss(&n, n.g->outputs.at[0], dtype);
    check_rows(&n, name, training, dtype);
    rsl_model_free(n.model);
}

/* What training runs: parameters are inputs, normalization has swallowed additions and Relus. */
static void check_training_form(const char *name, int channels, int side) {
    struct network n;
    struct rsl_training_form form;
    load(&n, name, channels, side, RSL_f32);
    check_ok(rsl_training_form(&form, n.g, &(struct rsl_training_form_options){.batch = 2}));
    n.g = &form.graph;
    add_loss(&n, form.output, RSL_f32);
    check_rows(&n, name, true, RSL_f32);
    rsl_training_form_free(&form);
    rsl_model_free(n.model);
}

static void check_both(const char *name, bool training, int channels, int side) {
    check_network(name, training, channels, side, RSL_f64);
    check_network(name, training, channels, side, RSL_f32);
}

static void test_lenet5(void **state) {
    (void)state;
    check_both("lenet5", false, 1, 28);
}

static void test_cnn_small(void **state) {
    (void)state;
    check_both("cnn-small", false, 3, 8);
    check_both("cnn-small", true, 3, 8);
    check_training_form("cnn-small", 3, 8);
}

static void test_resnet20(void **state) {
    (void)state;
    check_both("resnet20", false, 3, 8);
    check_both("resnet20", true, 3, 8);
    check_training_form("resnet20", 3, 8);
}

static void test_mobilenetv2(void **state) {
    (void)state;
    check_both("mobilenetv2", false, 3, 16);
}

static void test_generators(void **state) {
    (void)state;
    check_both("convs", true, 3, 16);
    check_training_form("convs", 3, 16);
    check_both("unets", false, 3, 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lenet5),     cmocka_unit_test(test_cnn_small),
        cmocka_unit_test(test_resnet20),   cmocka_unit_test(test_mobilenetv2),
        cmocka_unit_test(test_generators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
