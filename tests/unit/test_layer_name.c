/* Names of layers that the model's file has under another name. */
#include "memory/layer_name.h"

#include "check.h"
#include "made_graph.h"
#include "memory/module_name.h"

static void test_stripped(void **state) {
    (void)state;
    assert_string_equal(rsl_module_stripped("module.conv1"), "conv1");
    assert_string_equal(rsl_module_stripped("modules.conv1"), "modules.conv1");
    assert_string_equal(rsl_module_stripped("module"), "module");
}

static void test_modules(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *node;
        bool matches;
    } cases[] = {
        {"conv1.weight", "conv1", true},
        {"conv1.bias", "conv1", false},
        {"conv1", "/conv1/Conv", true},
        {"conv1.weight", "/conv1/Conv", true},
        {"layer1.0.conv1", "/layer1/layer1.0/conv1/Conv", true},
        {"layer1.0.conv1.weight", "/layer1/layer1.0/conv1/Conv", true},
        {"layer1.*", "/layer1/layer1.0/conv1/Conv", true},
        {"layer1.0", "/layer1/layer1.0/conv1/Conv", false},
        {"layer10.conv1", "/layer1/layer10/conv1/Conv", false},
        {"layer1.layer10.conv1", "/layer1/layer10/conv1/Conv", true},
        {"layer2.0.downsample.0", "/layer2/layer2.0/downsample/downsample.0/Conv", true},
        {"features.1.conv.0.0", "/features/features.1/conv/conv.0/conv.0.0/Conv", true},
        {"classifier.1", "/classifier/classifier.1/Gemm", true},
        {"conv1", "/module/conv1/Conv", true},
        {"Conv", "/Conv", false},
        {"", "/Conv", false},
        {"conv1", "conv1/Conv", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (rsl_module_matches(cases[i].pattern, cases[i].node) != cases[i].matches)
            fail_msg("'%s' of '%s'", cases[i].pattern, cases[i].node);
    char node[1200] = "/";
    memset(node + 1, 'a', sizeof node - 2);
    assert_false(rsl_module_matches("*", node));
}

/* An exported network: conv1 and layer1.0.conv1 have lost their constants' names, and another
 * node's constant is called as a node's path. */
static struct rsl_memory *exported(struct rsl_graph *g) {
    static const struct {
        const char *constant, *node;
    } layers[] = {
        {"onnx::Conv_9", "/conv1/Conv"},
        {"onnx::Conv_12", "/layer1/layer1.0/conv1/Conv"},
        {"onnx::Conv_15", "/layer1/layer1.0/conv2/Conv"},
        {"layer1.0.conv2.weight", "/layer1/layer1.1/conv2/Conv"},
    };
    rsl_graph_init(g);
    int a = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 8, 8}});
    for (int i = 0; i < 4; i++) {
        int w = made_constant(g, layers[i].constant, RSL_f32, 4, (int64_t[]){3, 3, 1, 1});
        a = made_node(g, "Conv", layers[i].node, (int[]){a, w}, 2);
    }
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
    struct rsl_memory *image;
    check_ok(rsl_memory_new(&image, g, NULL));
    return image;
}

static void test_exported(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int tensor;
    } found[] = {
        {"conv1", 0},
        {"conv1.weight", 0},
        {"module.conv1.weight", 0},
        {"onnx::Conv_9", 0},
        {"/conv1/Conv", 0},
        {"layer1.0.conv1", 1},
        {"module.layer1.0.conv1", 1},
        {"layer1.0.conv2", 3}, /* what stands in the file goes before */
        {"layer1.0.conv2.weight", 3},
        {"layer1.1.conv2", 3},
    };
    struct rsl_graph g;
    struct rsl_memory *image = exported(&g);
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        int tensor = rsl_layer_find(image, found[i].name);
        if (tensor != found[i].tensor) fail_msg("%s: %d", found[i].name, tensor);
        for (int t = 0; t < image->n; t++)
            if (rsl_layer_matches(image, t, found[i].name) != (t == tensor))
                fail_msg("pattern %s: %d", found[i].name, t);
    }
    assert_true(rsl_layer_matches(image, 0, "module.*1"));
    assert_true(rsl_layer_matches(image, 1, "module.*1"));
    assert_false(rsl_layer_matches(image, 2, "module.*1"));
    check_fails(rsl_layer_find(image, "layer1.0"), RSL_ENOTFOUND, "no layer 'layer1.0'");
    check_fails(rsl_layer_find(image, "layer1.0.conv3"), RSL_ENOTFOUND, "the nearest are");
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stripped),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_exported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
