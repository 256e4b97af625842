/* Checkpoints into networks: matching of names, what does not fit, values, metadata. */
#include "check.h"

#include "graph/model.h"
#include "graph/parameters.h"
#include "io/match.h"
#include "io/safetensors.h"
#include "resile/import.h"
#include "resile/log.h"
#include "zoo/zoo.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- matching, on names and shapes alone ---- */

struct parameters {
    struct rsl_model *model;
    struct rsl_named_tensor at[400];
    size_t n;
};

static void open_network(struct parameters *p, const char *arch) {
    *p = (struct parameters){0};
    check_ok(rsl_zoo_skeleton(&p->model, arch, NULL));
    for (size_t i = 0; i < p->model->graph.values.n; i++) {
        const struct rsl_value *v = &p->model->graph.values.at[i];
        if (v->kind != RSL_VALUE_CONSTANT || v->tensor.data) continue;
        assert_true(p->n < 400);
        p->at[p->n++] = (struct rsl_named_tensor){v->name, v->tensor};
    }
}

/* Adds the network's parameters under names that `rename` makes. */
static void fill(struct rsl_tensors *ts, const struct parameters *p,
                 void (*rename)(const char *name, size_t i, char out[256])) {
    char name[256];
    for (size_t i = 0; i < p->n; i++) {
        rename(p->at[i].name, i, name);
        check_ok(rsl_tensors_add(ts, name, &p->at[i].tensor));
    }
}

/* All parameters find their own tensor, `by_order` of them by order. */
static void check_match(const char *arch, void (*rename)(const char *name, size_t i, char out[256]),
                        bool by_order) {
    struct parameters p;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    struct rsl_match m;
    open_network(&p, arch);
    fill(&ts, &p, rename);
    check_ok(rsl_match_names(&m, p.at, p.n, &ts));
    if (by_order)
        for (size_t i = 0; i < p.n; i++) assert_int_equal(m.tensor_of[i], RSL_UNMATCHED);
    rsl_match_order(&m, p.at, &ts);
    for (size_t i = 0; i < p.n; i++)
        if (m.tensor_of[i] != (int64_t)i)
            fail_msg("%s %s: tensor %d", arch, p.at[i].name, (int)m.tensor_of[i]);
    assert_int_equal(m.by_order, by_order ? p.n : 0);
    rsl_match_free(&m);
    rsl_tensors_free(&ts);
    rsl_model_free(p.model);
}

static void replace(const char *name, const char *from, const char *to, char out[256]) {
    const char *at = strstr(name, from);
    if (at)
        snprintf(out, 256, "%.*s%s%s", (int)(at - name), name, to, at + strlen(from));
    else
        snprintf(out, 256, "%s", name);
}

static void same(const char *name, size_t i, char out[256]) {
    (void)i;
    snprintf(out, 256, "%s", name);
}

static void module_prefix(const char *name, size_t i, char out[256]) {
    (void)i;
    snprintf(out, 256, "module.model.%s", name);
}

static void some_prefix(const char *name, size_t i, char out[256]) {
    snprintf(out, 256, "%s%s", i % 2 ? "module." : "", name);
}

static void own_prefix(const char *name, size_t i, char out[256]) {
    (void)i;
    snprintf(out, 256, "my_wrapper.%s", name);
}

static void torchvision(const char *name, size_t i, char out[256]) {
    char text[256];
    (void)i;
    replace(name, ".shortcut.", ".downsample.", text);
    replace(text, "linear.", "fc.", out);
}

static void kuangliu(const char *name, size_t i, char out[256]) {
    char text[256];
    (void)i;
    replace(name, ".downsample.", ".shortcut.", text);
    replace(text, "fc.", "module.linear.", out);
    if (out == strstr(out, "module.")) return;
    snprintf(text, sizeof text, "module.%s", out);
    snprintf(out, 256, "%s", text);
}

/* features.N -> features.(2N+1): as if other layers lay between. */
static void other_indices(const char *name, size_t i, char out[256]) {
    (void)i;
    if (strncmp(name, "features.", 9) != 0) {
        replace(name, "classifier.", "classifier.4.", out);
        return;
    }
    char *rest;
    long n = strtol(name + 9, &rest, 10);
    snprintf(out, 256, "features.%ld%s", 2 * n + 1, rest);
}

/* Names that say nothing but their last component. */
static void nameless(const char *name, size_t i, char out[256]) {
    snprintf(out, 256, "layer_%d%s", (int)i, strrchr(name, '.'));
}

static void test_match(void **state) {
    (void)state;
    check_match("resnet20", same, false);
    check_match("resnet20", module_prefix, false);
    check_match("resnet20", some_prefix, false);
    check_match("resnet20", own_prefix, false);
    check_match("resnet18", torchvision, false);
    check_match("resnet18-224", kuangliu, false);
    check_match("resnet50", torchvision, false);
    check_match("vgg11", other_indices, false);
    check_match("vgg19", other_indices, false);
    check_match("vgg16-224", module_prefix, false);
    check_match("mobilenetv2", own_prefix, false);
    check_match("alexnet", module_prefix, false);
    check_match("unets", module_prefix, false);
    check_match("resnet20", nameless, true);
    check_match("lenet5", nameless, true);
}

/* The order decides nothing when one shape, one kind or the number differs. */
static void test_order_is_careful(void **state) {
    (void)state;
    for (int difference = 0; difference < 3; difference++) {
        struct parameters p;
        struct rsl_tensors ts = RSL_TENSORS_INIT;
        struct rsl_match m;
        open_network(&p, "lenet5");
        if (difference == 0) p.at[4].tensor.shape.dim[0]++;
        fill(&ts, &p, nameless);
        if (difference == 0) p.at[4].tensor.shape.dim[0]--;
        if (difference == 1) ts.at[1].name = "layer_1.weight";
        if (difference == 2) check_ok(rsl_tensors_add(&ts, "layer_n.bias", &ts.at[9].tensor));
        check_ok(rsl_match_names(&m, p.at, p.n, &ts));
        rsl_match_order(&m, p.at, &ts);
        assert_int_equal(m.by_order, 0);
        for (size_t i = 0; i < p.n; i++) assert_int_equal(m.tensor_of[i], RSL_UNMATCHED);
        rsl_match_free(&m);
        rsl_tensors_free(&ts);
        rsl_model_free(p.model);
    }
}

/* Two tensors of one canonical name are no match for anything. */
static void test_ambiguous(void **state) {
    (void)state;
    struct parameters p;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    struct rsl_match m;
    open_network(&p, "lenet5");
    check_ok(rsl_tensors_add(&ts, "module.conv1.weight", &p.at[0].tensor));
    check_ok(rsl_tensors_add(&ts, "model.conv1.weight", &p.at[0].tensor));
    check_ok(rsl_tensors_add(&ts, "module.conv1.bias", &p.at[1].tensor));
    check_ok(rsl_tensors_add(&ts, "bn.num_batches_tracked", &p.at[1].tensor));
    check_ok(rsl_match_names(&m, p.at, p.n, &ts));
    assert_int_equal(m.tensor_of[0], RSL_UNMATCHED);
    assert_int_equal(m.tensor_of[1], 2);
    assert_int_equal(m.parameter_of[3], RSL_IGNORED);
    rsl_match_free(&m);
    rsl_tensors_free(&ts);
    rsl_model_free(p.model);
}

/* ---- whole imports ---- */

static const char *const file = "test_import.tmp";

/* Writes the network's parameters, element i of parameter k being k + i/65536, in the dtype. */
static void write_checkpoint(const char *arch, int64_t classes, enum rsl_dtype dtype,
                             const char *without, const char *extra, const char *wrong) {
    struct rsl_model *model;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    check_ok(rsl_zoo_skeleton(&model, arch, &(struct rsl_zoo_options){.classes = classes}));
    for (size_t v = 0; v < model->graph.values.n; v++) {
        const struct rsl_value *value = &model->graph.values.at[v];
        struct rsl_tensor t;
        if (value->kind != RSL_VALUE_CONSTANT || value->tensor.data) continue;
        if (without && strstr(value->name, without)) continue;
        struct rsl_shape shape = value->tensor.shape;
        if (wrong && strcmp(value->name, wrong) == 0) shape.dim[0]++;
        check_ok(rsl_tensor_new(&t, &ts.arena, dtype, &shape));
        for (int64_t i = 0; i < rsl_tensor_count(&t); i++) {
            double d = (double)ts.n + (double)(i % 65536) / 65536;
            size_t bytes = rsl_dtype_bytes((int)dtype);
            rsl_dtype_traits((int)dtype)->from_double(&d, (char *)t.data + (size_t)i * bytes, 1);
        }
        check_ok(rsl_tensors_add(&ts, value->name, &t));
    }
    if (extra) check_ok(rsl_tensors_add(&ts, extra, &ts.at[0].tensor));
    check_ok(rsl_safetensors_write(&ts, file));
    rsl_tensors_free(&ts);
    rsl_model_free(model);
}

static const struct rsl_tensor *constant(const struct rsl_model *m, const char *name) {
    int v = rsl_graph_find(&m->graph, name);
    if (v < 0) fail_msg("no value '%s'", name);
    return &m->graph.values.at[v].tensor;
}

static void test_values(void **state) {
    (void)state;
    static const enum rsl_dtype dtypes[] = {RSL_f32, RSL_f64, RSL_f16, RSL_bf16, RSL_i64};
    for (int d = 0; d < 5; d++) {
        struct rsl_model *m;
        write_checkpoint("lenet5", 0, dtypes[d], NULL, NULL, NULL);
        check_ok(rsl_import(&m, file, &(struct rsl_import_options){.arch = "lenet5"}));
        const struct rsl_tensor *t = constant(m, "fc1.bias"); /* parameter 5 */
        assert_int_equal(t->dtype, RSL_f32);
        assert_int_equal(rsl_tensor_count(t), 120);
        for (int i = 0; i < 120; i++) {
            double expected = 5 + i / 65536.0, got;
            const struct rsl_dtype_traits *traits = rsl_dtype_traits((int)dtypes[d]);
            uint64_t bits;
            traits->from_double(&expected, &bits, 1);
            traits->to_double(&bits, &expected, 1);
            got = ((const float *)t->data)[i];
            assert_true(got == (double)(float)expected);
        }
        assert_string_equal(rsl_model_meta(m, "resile.arch"), "lenet5");
        rsl_model_free(m);
    }
    unlink(file);
}

/* A small torch file whose tensors are all expanded from one element, `module.` before each. */
static void test_torch_file(void **state) {
    (void)state;
    struct rsl_model *m;
    const char *path = TEST_DATA "/checkpoints/resnet20.th";
    check_ok(rsl_import(&m, path, &(struct rsl_import_options){.arch = "resnet20"}));
    assert_int_equal(rsl_graph_parameters(&m->graph), 269722);
    const struct rsl_tensor *t = constant(m, "layer1.0.bn1.running_mean");
    for (int i = 0; i < 16; i++) assert_true(((const float *)t->data)[i] == 9);
    t = constant(m, "linear.weight");
    for (int i = 0; i < 640; i++) assert_true(((const float *)t->data)[i] == 114);
    rsl_model_free(m);
    check_fails(rsl_import(&m, path, &(struct rsl_import_options){.arch = "resnet32"}),
                RSL_EMISMATCH, "missing: layer1.3.conv1.weight");
}

static void test_classes(void **state) {
    (void)state;
    struct rsl_model *m;
    write_checkpoint("lenet5", 7, RSL_f32, NULL, NULL, NULL);
    check_ok(rsl_import(&m, file, &(struct rsl_import_options){.arch = "lenet5"}));
    assert_int_equal(constant(m, "fc3.weight")->shape.dim[0], 7);
    rsl_model_free(m);
    check_fails(rsl_import(&m, file, &(struct rsl_import_options){.arch = "lenet5", .classes = 9}),
                RSL_EMISMATCH, "of another shape: fc3.weight [7,84] instead of [9,84], fc3.bias");
    unlink(file);
}

static void test_does_not_fit(void **state) {
    (void)state;
    struct rsl_model *m;
    const struct rsl_import_options lenet = {.arch = "lenet5"}, resnet = {.arch = "resnet20"};
    write_checkpoint("lenet5", 0, RSL_f32, "fc2", "aux.weight", "conv2.bias");
    check_fails(rsl_import(&m, file, &lenet), RSL_EMISMATCH,
                "test_import.tmp: does not fit the network 'lenet5'; missing: fc2.weight, fc2.bias;"
                " unknown: aux.weight; of another shape: conv2.bias [17] instead of [16]");
    check_fails(rsl_import(&m, file, &resnet), RSL_EMISMATCH, "layer1.0.bn2.running_mean");
    check_fails(rsl_import(&m, file, &resnet), RSL_EMISMATCH, " and ");
    check_fails(rsl_import(&m, file, &resnet), RSL_EMISMATCH, " more; unknown: conv1.bias");
    unlink(file);
}

static void test_arguments(void **state) {
    (void)state;
    struct rsl_model *m;
    write_checkpoint("lenet5", 0, RSL_f32, NULL, NULL, NULL);
    check_fails(rsl_import(&m, file, NULL), RSL_EARG, "arch");
    check_fails(rsl_import(&m, file, &(struct rsl_import_options){0}), RSL_EARG, "arch");
    check_fails(rsl_import(&m, file, &(struct rsl_import_options){.arch = "lenet6"}), RSL_ENOTFOUND,
                "lenet5");
    check_fails(rsl_import(&m, "no/file", &(struct rsl_import_options){.arch = "lenet5"}), RSL_EIO,
                "no/file");
    unlink(file);
}

static int import_with(struct rsl_model **m, const char *mean, const char *std) {
    return rsl_import(m, file,
                      &(struct rsl_import_options){.arch = "resnet20", .mean = mean, .std = std});
}

static void test_norms(void **state) {
    (void)state;
    struct rsl_model *m;
    write_checkpoint("resnet20", 0, RSL_f16, NULL, NULL, NULL);
    check_ok(import_with(&m, NULL, NULL));
    assert_string_equal(rsl_model_meta(m, "resile.input.mean"), "0.485 0.456 0.406");
    rsl_model_free(m);
    check_ok(import_with(&m, ".4914, .4822,\t.4465", " 0.2023  1e-1 2"));
    assert_string_equal(rsl_model_meta(m, "resile.input.mean"), ".4914 .4822 .4465");
    assert_string_equal(rsl_model_meta(m, "resile.input.std"), "0.2023 1e-1 2");
    assert_string_equal(rsl_model_meta(m, "resile.input.scale"), "1/255");
    assert_null(rsl_model_meta(m, "resile.input.offset"));
    rsl_model_free(m);
    check_ok(import_with(&m, "0.5", ".25"));
    assert_string_equal(rsl_model_meta(m, "resile.input.mean"), "0.5");
    assert_string_equal(rsl_model_meta(m, "resile.input.std"), ".25");
    rsl_model_free(m);
    check_fails(import_with(&m, "125.3 123 113.9", NULL), RSL_EARG,
                "125.3 is of pixels 0..255, not 0..1: divide by 255");
    check_fails(import_with(&m, NULL, "63 62 66.7"), RSL_EARG, "63 is of pixels 0..255");
    check_fails(import_with(&m, "1 2", NULL), RSL_EARG, "mean '1 2' has 2 numbers");
    check_fails(import_with(&m, "1 2 3 4", NULL), RSL_EARG, "mean '1 2 3 4' is not 3");
    check_fails(import_with(&m, "", NULL), RSL_EARG, "has 0 numbers");
    check_fails(import_with(&m, "1 x 3", NULL), RSL_EARG, "is not 3 numbers");
    check_fails(import_with(&m, "1 2 3x", NULL), RSL_EARG, "is not 3 numbers");
    check_fails(import_with(&m, "1 nan 3", NULL), RSL_EARG, "is not 3 numbers");
    check_fails(import_with(&m, NULL, "1 0 1"), RSL_EARG, "std '1 0 1' is not 3 positive numbers");
    unlink(file);
}

static int import_names(struct rsl_model **m, const char *names) {
    check_ok(rsl_file_write("test_import.names", names, strlen(names)));
    return rsl_import(
        m, file,
        &(struct rsl_import_options){.arch = "lenet5", .class_names = "test_import.names"});
}

static void test_class_names(void **state) {
    (void)state;
    struct rsl_model *m;
    write_checkpoint("lenet5", 3, RSL_f32, NULL, NULL, NULL);
    check_ok(import_names(&m, "cat\r\nd og\nb\xc3\xa4r\n"));
    assert_string_equal(rsl_model_meta(m, "resile.classes"), "cat\nd og\nb\xc3\xa4r");
    rsl_model_free(m);
    check_ok(import_names(&m, "a\nb\nc"));
    rsl_model_free(m);
    check_fails(import_names(&m, "a\nb\n"), RSL_EMISMATCH, "test_import.names: has 2 names");
    check_fails(import_names(&m, ""), RSL_EMISMATCH, "has 0 names");
    check_fails(import_names(&m, "a\n\nb\n"), RSL_EFORMAT, "line 2 is empty");
    unlink("test_import.names");
    check_fails(
        rsl_import(&m, file, &(struct rsl_import_options){.arch = "lenet5", .class_names = "none"}),
        RSL_EIO, "none");
    unlink(file);
}

static void keep_message(void *context, int level, const char *message) {
    if (level == RSL_LOG_WARNING) snprintf(context, 256, "%s", message);
}

static void test_order_is_said(void **state) {
    (void)state;
    char message[256] = "";
    struct parameters p;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    struct rsl_model *m;
    open_network(&p, "lenet5");
    for (size_t i = 0; i < p.n; i++) {
        char name[256];
        struct rsl_tensor t;
        check_ok(rsl_tensor_new(&t, &ts.arena, RSL_f32, &p.at[i].tensor.shape));
        nameless(p.at[i].name, i, name);
        check_ok(rsl_tensors_add(&ts, name, &t));
    }
    check_ok(rsl_safetensors_write(&ts, file));
    rsl_log_set(keep_message, message);
    check_ok(rsl_import(&m, file, &(struct rsl_import_options){.arch = "lenet5"}));
    rsl_log_set(NULL, NULL);
    assert_non_null(strstr(message, "10 of 10 parameters have unknown names"));
    rsl_model_free(m);
    rsl_tensors_free(&ts);
    rsl_model_free(p.model);
    unlink(file);
}

/* What tools add and no network has: counters are passed over, the rest by name. */
static void test_ignore(void **state) {
    (void)state;
    struct rsl_model *m;
    struct rsl_import_options o = {.arch = "lenet5"};
    static const char *const counters[] = {"n_averaged", "conv1.total_ops", "total_params"};
    for (int i = 0; i < 3; i++) {
        write_checkpoint("lenet5", 0, RSL_f32, NULL, counters[i], NULL);
        check_ok(rsl_import(&m, file, &o));
        rsl_model_free(m);
    }
    write_checkpoint("lenet5", 0, RSL_f32, NULL, "aux.weight", NULL);
    check_fails(rsl_import(&m, file, &o), RSL_EMISMATCH, "unknown: aux.weight");
    o.ignore = "aux.weight";
    check_ok(rsl_import(&m, file, &o));
    rsl_model_free(m);
    o.ignore = "fc3.bias,aux.*";
    check_fails(rsl_import(&m, file, &o), RSL_EMISMATCH, "missing: fc3.bias");
    o.ignore = "aux,fc3.bias";
    check_fails(rsl_import(&m, file, &o), RSL_EARG, "there is no 'aux' to ignore");
    unlink(file);
}

/* An epoch, a step: an integer without dimensions is no parameter; a float may be one. */
static void test_single_integers(void **state) {
    (void)state;
    struct parameters p;
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    struct rsl_match m;
    int64_t three = 3;
    const struct rsl_tensor epoch = {RSL_i64, rsl_shape_of(0, NULL), &three};
    const struct rsl_tensor loss = {RSL_f32, rsl_shape_of(0, NULL), &three};
    open_network(&p, "lenet5");
    fill(&ts, &p, same);
    check_ok(rsl_tensors_add(&ts, "epoch", &epoch));
    check_ok(rsl_tensors_add(&ts, "loss", &loss));
    check_ok(rsl_match_names(&m, p.at, p.n, &ts));
    assert_int_equal(m.parameter_of[p.n], RSL_IGNORED);
    assert_int_equal(m.parameter_of[p.n + 1], RSL_UNMATCHED);
    rsl_match_free(&m);
    rsl_tensors_free(&ts);
    rsl_model_free(p.model);
}

/* resnet18 and resnet18-pool have the same shapes; the names tell whose the checkpoint is. */
static void test_twin(void **state) {
    (void)state;
    char message[512] = "";
    struct rsl_model *m;
    rsl_log_set(keep_message, message);
    write_checkpoint("resnet18-pool", 0, RSL_bf16, NULL, NULL, NULL);
    check_ok(rsl_import(&m, file, &(struct rsl_import_options){.arch = "resnet18-pool"}));
    rsl_model_free(m);
    assert_string_equal(message, "");
    check_ok(rsl_import(&m, file, &(struct rsl_import_options){.arch = "resnet18"}));
    rsl_model_free(m);
    assert_non_null(strstr(message, "its names are those of 'resnet18-pool' (ResNet-18, 3x3 stem"));
    rsl_log_set(NULL, NULL);
    unlink(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),       cmocka_unit_test(test_order_is_careful),
        cmocka_unit_test(test_ambiguous),   cmocka_unit_test(test_single_integers),
        cmocka_unit_test(test_values),      cmocka_unit_test(test_torch_file),
        cmocka_unit_test(test_classes),     cmocka_unit_test(test_does_not_fit),
        cmocka_unit_test(test_arguments),   cmocka_unit_test(test_norms),
        cmocka_unit_test(test_class_names), cmocka_unit_test(test_order_is_said),
        cmocka_unit_test(test_ignore),      cmocka_unit_test(test_twin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
