/* Every allocation while a model is read fails once. */
#include "torture.h"

#include "base/file.h"
#include "io/onnx.h"

static int read_model(void *context) {
    const struct rsl_file *f = context;
    struct rsl_model *m;
    RSL_TRY(rsl_onnx_read(&m, f->data, f->size, "model", NULL));
    rsl_model_free(m);
    return RSL_OK;
}

static void test_read(void **state) {
    (void)state;
    struct rsl_file f;
    check_ok(rsl_file_open(&f, TEST_DATA "/relu_function.onnx"));
    assert_true(torture(read_model, &f) > 10);
    rsl_file_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
