/* The public way to run a model: what a runner tells about itself, and what it refuses. */
#include "check.h"

#include "resile/run.h"
#include "resile/zoo.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static struct rsl_model *lenet(void) {
    const struct rsl_zoo_options o = {.classes = 10, .channels = 1, .height = 28, .width = 28};
    struct rsl_model *m;
    check_ok(rsl_zoo_build(&m, "lenet5", &o));
    return m;
}

/* Images of different brightness, so that no two outputs are alike. */
static void fill(struct rsl_runner *r, int64_t n) {
    float *x = rsl_runner_input(r, 0);
    for (int64_t i = 0; i < n * 28 * 28; i++) x[i] = (float)(i % 97) / 97 - (float)(i / 784) / 4;
}

static void test_faces(void **state) {
    (void)state;
    struct rsl_model *m = lenet();
    struct rsl_runner *r;
    int64_t dims[8];
    check_ok(rsl_runner_new(&r, m, &(struct rsl_run_options){.batch = 3, .threads = 1}));
    assert_int_equal(rsl_runner_inputs(r), 1);
    assert_int_equal(rsl_runner_outputs(r), 1);
    assert_int_equal(rsl_runner_input_shape(r, 0, dims), 4);
    assert_memory_equal(dims, ((int64_t[]){3, 1, 28, 28}), 4 * sizeof *dims);
    assert_int_equal(rsl_runner_output_shape(r, 0, dims), 2);
    assert_memory_equal(dims, ((int64_t[]){3, 10}), 2 * sizeof *dims);
    assert_string_equal(rsl_runner_input_name(r, 0), "input");
    assert_string_equal(rsl_runner_output_name(r, 0), "output");
    assert_string_equal(rsl_runner_input_type(r, 0), "f32");
    assert_string_equal(rsl_runner_output_type(r, 0), "f32");
    assert_true(rsl_runner_workspace(r) >= 3 * 28 * 28 * sizeof(float));
    rsl_runner_free(r);
    rsl_model_free(m);
}

/* The kernels change nothing but rounding; steps name their nodes. */
static void test_kernels_agree(void **state) {
    (void)state;
    enum { N = 3, CLASSES = 10 };
    struct rsl_model *m = lenet();
    struct rsl_runner *fast, *reference;
    check_ok(rsl_runner_new(&fast, m, &(struct rsl_run_options){.batch = N}));
    check_ok(rsl_runner_new(&reference, m,
                            &(struct rsl_run_options){.batch = N, .reference = 1, .exact = 1}));
    fill(fast, N);
    fill(reference, N);
    const float *y = rsl_runner_output(fast, 0), *want = rsl_runner_output(reference, 0);
    for (int run = 0; run < 2; run++) {
        check_ok(rsl_runner_run(fast));
        check_ok(rsl_runner_run(reference));
        for (int i = 0; i < N * CLASSES; i++)
            assert_true(fabsf(y[i] - want[i]) <= 1e-4F * (1 + fabsf(want[i])));
        assert_true(want[0] != want[CLASSES]);
    }
    bool conv1 = false;
    for (int i = 0; i < rsl_runner_steps(reference); i++) {
        assert_string_equal(rsl_runner_step_kernel(reference, i), "reference");
        conv1 = conv1 || strcmp(rsl_runner_step_node(reference, i), "conv1") == 0;
    }
    assert_true(conv1);
    rsl_runner_free(fast);
    rsl_runner_free(reference);
    rsl_model_free(m);
}

static void refused(const struct rsl_model *m, const struct rsl_run_options *o, int status,
                    const char *words) {
    struct rsl_runner *r = (struct rsl_runner *)1;
    check_fails(rsl_runner_new(&r, m, o), status, words);
    assert_null(r);
}

static void test_refused(void **state) {
    (void)state;
    struct rsl_model *m = lenet();
    refused(m, &(struct rsl_run_options){.batch = -1}, RSL_EARG, "batch size -1");
    refused(m, &(struct rsl_run_options){.batch = 1 << 21}, RSL_EARG, "batch size 2097152");
    refused(m, &(struct rsl_run_options){.threads = -1}, RSL_EARG, "-1 threads");
    refused(m, &(struct rsl_run_options){.threads = 1025}, RSL_EARG, "1025 threads");
    refused(m, &(struct rsl_run_options){.compute = "f8"}, RSL_EARG, "f8");
    rsl_model_free(m);
    rsl_runner_free(NULL);
}

static void test_compute_names(void **state) {
    (void)state;
    assert_string_equal(rsl_compute_name(0), "f32");
    int n = 0;
    while (rsl_compute_name(n)) n++;
    assert_true(n >= 3);
    assert_null(rsl_compute_name(-1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faces),
        cmocka_unit_test(test_kernels_agree),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_compute_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
