/* Every allocation while a model is read or written fails once. */
#include "torture.h"

#include "base/file.h"
#include "io/onnx.h"

#include <unistd.h>

static int read_model(void *context) {
    struct rsl_model *m;
    RSL_TRY(rsl_model_load(&m, context));
    rsl_model_free(m);
    return RSL_OK;
}

static void test_read(void **state) {
    static const char *const files[] = {"everything", "function", "function_attributes",
                                        "function_passes", "external"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/onnx/%s.onnx", TEST_DATA, files[i]);
        assert_true(torture(read_model, path) > 10);
    }
}

static int write_model(void *context) {
    return rsl_model_save(context, "torture.onnx");
}

/* A failed save leaves no file, neither under the name nor under a temporary one. */
static void test_write(void **state) {
    (void)state;
    struct rsl_model *m;
    check_ok(rsl_model_load(&m, TEST_DATA "/onnx/everything.onnx"));
    remove("torture.onnx");
    rsl_alloc_gate = torture_gate;
    torture_state.count = 0;
    torture_state.refused = 1;
    assert_int_equal(rsl_model_save(m, "torture.onnx"), RSL_ENOMEM);
    rsl_alloc_gate = NULL;
    assert_int_equal(access("torture.onnx", F_OK), -1);
    assert_true(torture(write_model, m) > 10);
    assert_int_equal(access("torture.onnx", F_OK), 0);
    rsl_model_free(m);
    remove("torture.onnx");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read), cmocka_unit_test(test_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
