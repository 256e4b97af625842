/* The zoo: every network against the published counts, its shapes, its weights. */
#include "resile/zoo.h"

#include "base/sha256.h"
#include "check.h"
#include "graph/model.h"
#include "graph/op.h"
#include "graph/plan.h"
#include "resile/info.h"
#include "torture.h"
#include "zoo/init.h"
#include "zoo/zoo.h"

#include <math.h>

/* Trainable parameters, and weights of convolutions and linear layers. With 10 classes. */
static const struct {
    const char *name;
    int64_t parameters, weights;
} published[] = {
    {"lenet5", 61706, 61470},
    {"cnn-small", 242474, 241760},
    {"vgg11", 9231114, 9222848},
    {"vgg13", 9416010, 9407168},
    {"vgg16", 14728266, 14715584},
    {"vgg19", 20040522, 20024000},
    {"vgg11-fc", 28149514, 28133056},
    {"resnet18", 11173962, 11164352},
    {"resnet34", 21282122, 21265088},
    {"resnet50", 23520842, 23467712},
    {"resnet18-pool", 11173962, 10992320 + 172032}, /* FORTUNE leaves the 1x1 shortcuts out */
    {"resnet20", 269722, 268336},
    {"resnet32", 464154, 461872},
    {"resnet44", 658586, 655408},
    {"resnet56", 853018, 848944},
    {"resnet110", 1727962, 1719856},
    {"alexnet", 58299082, 58289504},
    {"inception", 21638954, 21604928},
    {"resnet18-224", 11181642, 11172032},
    {"resnet50-224", 23528522, 23475392},
    {"vgg11-224", 128812810, 128796352},
    {"vgg16-224", 134309962, 134289088},
    {"vgg19-224", 139622218, 139597504},
    {"mobilenetv2", 2236682, 2202560},
    {"convl", 723273, 720576},
    {"convs", 113187, 112401},
    {"deconvl", 647785, 645472},
    {"deconvs", 156777, 156000},
    {"unetl", 482771, 481248},
    {"unets", 121195, 120432},
};

enum { PUBLISHED = sizeof published / sizeof *published };

static struct rsl_model *skeleton(const char *name, int64_t classes) {
    struct rsl_model *m;
    struct rsl_zoo_options o = {.classes = classes};
    check_ok(rsl_zoo_skeleton(&m, name, &o));
    return m;
}

static int64_t own_classes(const char *name) {
    for (size_t i = 0; rsl_zoo_name(i); i++)
        if (strcmp(rsl_zoo_name(i), name) == 0) return rsl_zoo_classes(i);
    fail_msg("no network %s", name);
    return -1;
}

static void test_names_are_known_and_unique(void **state) {
    (void)state;
    assert_int_equal(rsl_zoo_count(), PUBLISHED);
    for (size_t i = 0; i < rsl_zoo_count(); i++) {
        int64_t chw[3];
        check_ok(rsl_zoo_input(i, chw));
        assert_true(chw[0] >= 1 && chw[1] >= 28 && chw[2] >= 28);
        assert_true(strlen(rsl_zoo_summary(i)) > 5 && strlen(rsl_zoo_source(i)) > 3);
        for (size_t k = 0; k < i; k++) assert_string_not_equal(rsl_zoo_name(i), rsl_zoo_name(k));
    }
    assert_null(rsl_zoo_name(rsl_zoo_count()));
    check_fails((int)rsl_zoo_classes(1000), RSL_EARG, "no network 1000");
    check_fails((int)rsl_zoo_parameters(1000), RSL_EARG, "no network 1000");
}

static void test_counts_are_the_published_ones(void **state) {
    (void)state;
    for (size_t i = 0; i < PUBLISHED; i++) {
        const char *name = published[i].name;
        bool generator = own_classes(name) == 0;
        struct rsl_model *m = skeleton(name, generator ? 0 : 10);
        struct rsl_info *info;
        check_ok(rsl_model_info(&info, m));
        if (rsl_info_parameters(info) != published[i].parameters ||
            rsl_info_weights(info) != published[i].weights)
            fail_msg("%s: %lld parameters, %lld weights", name,
                     (long long)rsl_info_parameters(info), (long long)rsl_info_weights(info));
        assert_string_equal(rsl_info_input_name(info, 0), "input");
        assert_string_equal(rsl_info_output_name(info, 0), "output");
        assert_string_equal(rsl_info_output_shape(info, 0), generator ? "[1,3,32,32]" : "[1,10]");
        rsl_info_free(info);
        rsl_model_free(m);
    }
}

static void test_default_parameters(void **state) {
    (void)state;
    for (size_t i = 0; i < rsl_zoo_count(); i++) {
        int64_t count = rsl_zoo_parameters(i), expected = 0;
        if (strcmp(rsl_zoo_name(i), "resnet18-224") == 0) expected = 11689512;
        if (strcmp(rsl_zoo_name(i), "vgg16-224") == 0) expected = 138365992;
        if (strcmp(rsl_zoo_name(i), "mobilenetv2") == 0) expected = 3504872;
        if (expected) assert_int_equal(count, expected);
        assert_true(count > 60000);
    }
}

/* ---- NeuralFuse's Table 7, counted as its tool did ---- */

/* Operations of one node: multiply-accumulates of weights, and besides one per bias addition, ReLU
 * module, pooled or upsampled element, two per normalized one. Transposed convolutions count the
 * pixels of twice the input size, also in the U-Nets, whose border is then cut. */
static double counted(const struct rsl_graph *g, const struct rsl_node *n, bool resnet) {
    const struct rsl_tensor *in[8];
    struct rsl_tensor *y = &g->values.at[n->out[0]].tensor;
    for (int k = 0; k < n->n_in; k++)
        in[k] = n->in[k] == RSL_ABSENT ? NULL : &g->values.at[n->in[k]].tensor;
    struct rsl_call c = {
        .node = n, .opset = n->opset, .n_in = n->n_in, .n_out = 1, .in = in, .out = &y};
    const char *op = n->op->name;
    double out = (double)rsl_tensor_count(y);
    if (strcmp(op, "Conv") == 0 || strcmp(op, "Gemm") == 0)
        return (double)n->op->macs(&c) + (n->n_in > 2 ? out : 0);
    if (strcmp(op, "ConvTranspose") == 0) {
        double pixels = 4.0 * (double)rsl_shape_span(&in[0]->shape, 2, 4);
        return pixels * (double)(rsl_tensor_count(in[1]) + in[1]->shape.dim[1]);
    }
    if (strcmp(op, "BatchNormalization") == 0) return 2 * out;
    if (strcmp(op, "Relu") == 0) /* the stem of ResNets calls a function, not a module */
        return resnet && !strchr(n->name, '.') ? 0 : out;
    if (strcmp(op, "MaxPool") == 0) return (double)rsl_tensor_count(in[0]);
    return strcmp(op, "Resize") == 0 ? out : 0;
}

static void test_operations_are_the_published_ones(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double millions, digit; /* as printed, and the weight of its last digit */
    } table7[] = {{"resnet18", 557.14, .01}, {"resnet50", 1310, 10},  {"vgg11", 153.5, .1},
                  {"vgg16", 314.43, .01},    {"vgg19", 399.47, .01},  {"convl", 80.5, .1},
                  {"convs", 10.34, .01},     {"deconvl", 64.69, .01}, {"deconvs", 22.44, .01},
                  {"unetl", 41.41, .01},     {"unets", 10.58, .01}};
    for (size_t i = 0; i < sizeof table7 / sizeof *table7; i++) {
        struct rsl_model *m = skeleton(table7[i].name, 0);
        rsl_graph_set_batch(&m->graph, 1);
        check_ok(rsl_graph_infer(&m->graph, 0));
        double sum = 0;
        for (size_t k = 0; k < m->graph.nodes.n; k++)
            sum += counted(&m->graph, &m->graph.nodes.at[k],
                           strncmp(table7[i].name, "resnet", 6) == 0);
        if (fabs(sum / 1e6 - table7[i].millions) > table7[i].digit / 2)
            fail_msg("%s: %.3f million operations", table7[i].name, sum / 1e6);
        rsl_model_free(m);
    }
}

/* ---- options ---- */

static void test_unknown_name_gets_the_nearest(void **state) {
    (void)state;
    struct rsl_model *m = NULL;
    check_fails(rsl_zoo_build(&m, "resnet-18", NULL), RSL_ENOTFOUND,
                "there is no network 'resnet-18'; the nearest are resnet18, ");
    check_fails(rsl_zoo_build(&m, "", NULL), RSL_ENOTFOUND, "the nearest are");
    assert_null(m);
}

static void test_impossible_options_are_refused(void **state) {
    (void)state;
    struct rsl_model *m = NULL;
    struct rsl_zoo_options o = {.classes = -1};
    check_fails(rsl_zoo_build(&m, "lenet5", &o), RSL_EARG, "'lenet5' cannot have -1 classes");
    o = (struct rsl_zoo_options){.classes = 10};
    check_fails(rsl_zoo_build(&m, "unetl", &o), RSL_EARG, "has no classes");
    o = (struct rsl_zoo_options){.channels = 3, .height = 0, .width = 32};
    check_fails(rsl_zoo_build(&m, "resnet20", &o), RSL_EARG, "0 rows of pixels");
    o = (struct rsl_zoo_options){.channels = 3, .height = 32, .width = INT64_MAX};
    check_fails(rsl_zoo_build(&m, "resnet20", &o), RSL_EARG, "columns of pixels");
    assert_null(m);
}

static void test_too_small_images_name_the_layer(void **state) {
    (void)state;
    struct rsl_model *m = NULL;
    struct rsl_zoo_options o = {.channels = 1, .height = 28, .width = 28};
    check_fails(rsl_zoo_build(&m, "vgg16", &o), RSL_ESHAPE,
                "network 'vgg16': the image is too small: at layer 'features.maxpool_5' only 1x1");
    o = (struct rsl_zoo_options){.channels = 1, .height = 8, .width = 8};
    check_fails(rsl_zoo_build(&m, "lenet5", &o), RSL_ESHAPE, "layer 'conv2'");
    o = (struct rsl_zoo_options){.channels = 3, .height = 32, .width = 32};
    check_fails(rsl_zoo_build(&m, "vgg11-224", &o), RSL_ESHAPE, "a multiple of 224");
    o = (struct rsl_zoo_options){.channels = 3, .height = 30, .width = 32};
    check_fails(rsl_zoo_build(&m, "convl", &o), RSL_ESHAPE, "multiples of 8, not 30x32");
    o = (struct rsl_zoo_options){.channels = 3, .height = 8, .width = 8};
    check_fails(rsl_zoo_build(&m, "unets", &o), RSL_ESHAPE, "layer 'up1.up' would make 0x0");
    assert_null(m);
}

static void test_other_inputs_and_classes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t channels, side, classes;
        const char *out;
    } cases[] = {
        {"cnn-small", 1, 28, 10, "[1,10]"},    {"cnn-small", 3, 32, 43, "[1,43]"},
        {"lenet5", 3, 32, 43, "[1,43]"},       {"mobilenetv2", 3, 32, 10, "[1,10]"},
        {"resnet20", 1, 28, 2, "[1,2]"},       {"resnet18", 3, 33, 100, "[1,100]"},
        {"inception", 3, 75, 5, "[1,5]"},      {"vgg11-224", 3, 448, 7, "[1,7]"},
        {"unets", 3, 64, 0, "[1,3,64,64]"},    {"convs", 1, 40, 0, "[1,1,40,40]"},
        {"deconvl", 3, 96, 0, "[1,3,96,96]"},  {"resnet18-pool", 3, 64, 1, "[1,1]"},
        {"resnet50-224", 3, 64, 10, "[1,10]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_model *m;
        struct rsl_info *info;
        struct rsl_zoo_options o = {cases[i].classes, cases[i].channels, cases[i].side,
                                    cases[i].side, 0};
        check_ok(rsl_zoo_skeleton(&m, cases[i].name, &o));
        check_ok(rsl_model_info(&info, m));
        assert_string_equal(rsl_info_output_shape(info, 0), cases[i].out);
        rsl_info_free(info);
        rsl_model_free(m);
    }
}

static void test_metadata(void **state) {
    (void)state;
    struct rsl_model *m = skeleton("resnet20", 10);
    assert_string_equal(rsl_model_meta(m, "resile.arch"), "resnet20");
    assert_string_equal(rsl_model_meta(m, "resile.input.mean"), "0.485 0.456 0.406");
    assert_null(rsl_model_meta(m, "resile.input.resize"));
    rsl_model_free(m);
    m = skeleton("alexnet", 10);
    assert_string_equal(rsl_model_meta(m, "resile.input.resize"), "227x227");
    assert_string_equal(rsl_model_meta(m, "resile.input.std"), "0.3081");
    rsl_model_free(m);
    m = skeleton("resnet18-224", 10);
    assert_string_equal(rsl_model_meta(m, "resile.input.resize"), "256");
    assert_string_equal(rsl_model_meta(m, "resile.input.crop"), "224");
    rsl_model_free(m);
    struct rsl_zoo_options grey = {.channels = 1, .height = 28, .width = 28};
    check_ok(rsl_zoo_skeleton(&m, "resnet20", &grey));
    assert_null(rsl_model_meta(m, "resile.input.mean"));
    assert_string_equal(rsl_model_meta(m, "resile.input.scale"), "2/255");
    assert_string_equal(rsl_model_meta(m, "resile.input.offset"), "-1");
    rsl_model_free(m);
}

/* ---- weights ---- */

static struct rsl_model *built(const char *name, uint64_t seed) {
    struct rsl_model *m;
    struct rsl_zoo_options o = {.seed = seed};
    check_ok(rsl_zoo_build(&m, name, &o));
    return m;
}

static const struct rsl_tensor *constant(const struct rsl_model *m, const char *name) {
    int v = rsl_graph_find(&m->graph, name);
    if (v < 0 || !m->graph.values.at[v].tensor.data) fail_msg("no parameter %s", name);
    return &m->graph.values.at[v].tensor;
}

static void hash_constants(const struct rsl_model *m, char hex[65]) {
    struct rsl_sha256 sha;
    rsl_sha256_init(&sha);
    for (size_t i = 0; i < m->graph.values.n; i++) {
        const struct rsl_value *v = &m->graph.values.at[i];
        if (v->kind != RSL_VALUE_CONSTANT) continue;
        rsl_sha256_add(&sha, v->name, strlen(v->name));
        rsl_sha256_add(&sha, v->tensor.data, rsl_tensor_bytes(&v->tensor));
    }
    rsl_sha256_hex(&sha, hex);
}

static void test_weights_are_the_same_bits_everywhere(void **state) {
    (void)state;
    static const struct {
        const char *name, *sha256;
    } cases[] = {
        {"lenet5", "038e8112609e99e62b4e64f6b6c1195f34f4c1a856c4068194f9f174f86060cb"},
        {"resnet20",
         "c8e9976b3db100232294386d90a6684796c99d5bf8db665e0207d740b6e909c1"}}; /* uniform and normal
                                                                                  draws */
    for (size_t i = 0; i < 2; i++) {
        char hex[65];
        struct rsl_model *m = built(cases[i].name, 1);
        hash_constants(m, hex);
        assert_string_equal(hex, cases[i].sha256);
        rsl_model_free(m);
        m = built(cases[i].name, 2);
        hash_constants(m, hex);
        assert_string_not_equal(hex, cases[i].sha256);
        rsl_model_free(m);
    }
}

static void test_weights_follow_seed_and_name_only(void **state) {
    (void)state;
    struct rsl_model *a = built("resnet20", 5), *b = built("resnet32", 5);
    const char *name = "layer3.2.conv2.weight";
    const struct rsl_tensor *x = constant(a, name), *y = constant(b, name);
    assert_memory_equal(x->data, y->data, rsl_tensor_bytes(x));
    assert_memory_not_equal(x->data, constant(a, "layer3.1.conv2.weight")->data,
                            rsl_tensor_bytes(x));
    rsl_model_free(a);
    rsl_model_free(b);
}

static void moments(const struct rsl_tensor *t, double *mean, double *deviation, double *largest) {
    double sum = 0, squares = 0;
    int64_t n = rsl_tensor_count(t);
    *largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = rsl_tensor_double(t, i);
        sum += x;
        squares += x * x;
        if (fabs(x) > *largest) *largest = fabs(x);
    }
    *mean = sum / (double)n;
    *deviation = sqrt(squares / (double)n - *mean * *mean);
}

static void test_weights_have_the_published_distributions(void **state) {
    (void)state;
    double mean, deviation, largest;
    struct rsl_model *m = built("lenet5", 3);
    moments(constant(m, "fc1.weight"), &mean, &deviation, &largest); /* U(+-1/20) */
    assert_true(largest <= 0.05 && largest > 0.0499);
    assert_true(fabs(mean) < 0.0006 && fabs(deviation * sqrt(3) / 0.05 - 1) < 0.01);
    moments(constant(m, "conv1.bias"), &mean, &deviation, &largest);
    assert_true(largest > 0 && largest <= 0.2);
    rsl_model_free(m);
    m = built("vgg11", 3);
    moments(constant(m, "features.8.weight"), &mean, &deviation, &largest);
    assert_true(fabs(deviation / sqrt(2.0 / (256 * 9)) - 1) < 0.01 && fabs(mean) < 0.0003);
    assert_true(largest > 4 * deviation && largest < 7 * deviation);
    moments(constant(m, "features.8.bias"), &mean, &deviation, &largest);
    assert_true(largest == 0);
    moments(constant(m, "classifier.weight"), &mean, &deviation, &largest);
    assert_true(fabs(deviation / 0.01 - 1) < 0.05);
    moments(constant(m, "features.9.running_var"), &mean, &deviation, &largest);
    assert_true(mean == 1 && deviation == 0);
    rsl_model_free(m);
    m = built("resnet20", 3);
    moments(constant(m, "layer3.0.conv1.weight"), &mean, &deviation, &largest);
    assert_true(fabs(deviation / sqrt(2.0 / (32 * 9)) - 1) < 0.02);
    rsl_model_free(m);
}

/* ---- what they compute ---- */

/* Fresh batch norms are almost the identity; these are not. As in zoo_torch.py. */
static void disturb_batch_norms(struct rsl_model *m) {
    static const float values[] = {1.5f, 0.1f, 0.05f, 0.5f};
    for (size_t i = 0; i < m->graph.nodes.n; i++) {
        const struct rsl_node *n = &m->graph.nodes.at[i];
        if (strcmp(n->op->name, "BatchNormalization") != 0) continue;
        for (int k = 1; k < 5; k++)
            rsl_draw_constant(&m->graph.values.at[n->in[k]].tensor, values[k - 1]);
    }
}

static void test_logits_are_those_of_pytorch(void **state) {
    (void)state;
    static const struct {
        const char *name;
        float logits[10];
    } golden[] = {
#include "../data/zoo_golden.inc"
    };
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        struct rsl_model *m = built(golden[i].name, 1);
        disturb_batch_norms(m);
        struct rsl_plan_options o = {.batch = 1, .threads = 1, .reference = true};
        struct rsl_plan *plan;
        check_ok(rsl_plan_new(&plan, &m->graph, &o));
        rsl_draw_uniform(rsl_plan_input(plan, 0), 1, 1, "input");
        check_ok(rsl_plan_run(plan));
        const float *y = rsl_plan_output(plan, 0)->data;
        double largest = 0;
        for (int k = 0; k < 10; k++) largest = fmax(largest, fabs((double)golden[i].logits[k]));
        for (int k = 0; k < 10; k++)
            if (!(fabs((double)y[k] - (double)golden[i].logits[k]) < 1e-5 * largest))
                fail_msg("%s: logit %d is %.9g, PyTorch has %.9g", golden[i].name, k, (double)y[k],
                         (double)golden[i].logits[k]);
        rsl_plan_free(plan);
        rsl_model_free(m);
    }
}

/* ---- memory ---- */

static int build_and_free(void *context) {
    struct rsl_model *m;
    RSL_TRY(rsl_zoo_build(&m, context, NULL));
    rsl_model_free(m);
    return RSL_OK;
}

static int sketch_and_free(void *context) {
    struct rsl_model *m;
    RSL_TRY(rsl_zoo_skeleton(&m, context, NULL));
    rsl_model_free(m);
    return RSL_OK;
}

static void test_memory_refused(void **state) {
    (void)state;
    assert_true(torture(build_and_free, (char[]){"lenet5"}) > 20);
    assert_true(torture(sketch_and_free, (char[]){"resnet20"}) > 20);
    assert_true(torture(sketch_and_free, (char[]){"unets"}) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_known_and_unique),
        cmocka_unit_test(test_counts_are_the_published_ones),
        cmocka_unit_test(test_default_parameters),
        cmocka_unit_test(test_operations_are_the_published_ones),
        cmocka_unit_test(test_unknown_name_gets_the_nearest),
        cmocka_unit_test(test_impossible_options_are_refused),
        cmocka_unit_test(test_too_small_images_name_the_layer),
        cmocka_unit_test(test_other_inputs_and_classes),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_weights_are_the_same_bits_everywhere),
        cmocka_unit_test(test_weights_follow_seed_and_name_only),
        cmocka_unit_test(test_weights_have_the_published_distributions),
        cmocka_unit_test(test_logits_are_those_of_pytorch),
        cmocka_unit_test(test_memory_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
