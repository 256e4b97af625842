/* The norm of all gradients, and clipping: values from torch.nn.utils.clip_grad_norm_, the same
 * bits on any number of threads, and gradients that are no numbers. */
#include "check.h"

#include "base/alloc.h"
#include "train/gradient_norm.h"

#include <math.h>
#include <omp.h>

/* 24 elements (i - 11) / 8 in two tensors, and what PyTorch 1.13 makes of the last of them, 1.5,
 * when it clips the norm to 1, to 100, and that of gradients a billionth of these to 1e-9. */
static void test_pytorch(void **state) {
    (void)state;
    float g[24];
    for (int i = 0; i < 24; i++) g[i] = (float)(i - 11) / 8.0F;
    const struct rsl_trained two[] = {{"a", NULL, g, 20, true}, {"b", NULL, g + 20, 4, false}};
    double norm;
    check_ok(rsl_gradient_norm(&norm, two, 2));
    assert_true(norm == 4.25);
    assert_true(fabs(rsl_clip_factor(norm, 1) * 1.5 - 0.35294109582901) < 1e-7);
    assert_true(rsl_clip_factor(norm, 100) == 1);
    assert_true(fabs(rsl_clip_factor(norm * 1e-9, 1e-9) * 1.5e-9 - 1.493651881866176e-12) < 1e-18);
}

static void test_edges(void **state) {
    (void)state;
    double norm = 7;
    check_ok(rsl_gradient_norm(&norm, NULL, 0));
    assert_true(norm == 0);
    assert_true(rsl_clip_factor(0, 1) == 1);
    assert_true(rsl_clip_factor(1, 0) == 0);
    float largest[2] = {3e38F, -3e38F}, least = 1e-45F; /* their squares are beyond float */
    const struct rsl_trained big = {"big", NULL, largest, 2, true};
    const struct rsl_trained small = {"small", NULL, &least, 1, true};
    check_ok(rsl_gradient_norm(&norm, &big, 1));
    assert_true(fabs(norm / ((double)largest[0] * sqrt(2)) - 1) < 1e-12);
    check_ok(rsl_gradient_norm(&norm, &small, 1));
    assert_true(norm == (double)least);
}

enum { N = 300 * RSL_PIECE + 12345 }; /* more than one batch of pieces */

static void test_threads(void **state) {
    (void)state;
    float *g = rsl_malloc(N * sizeof *g);
    assert_non_null(g);
    double sum = 0, norm[3];
    int threads = omp_get_max_threads();
    for (int i = 0; i < N; i++) {
        g[i] = (float)(i % 1009 - 500) * 1e-4F;
        sum += (double)g[i] * (double)g[i];
    }
    const struct rsl_trained two[] = {{"a", NULL, g, 54321, true},
                                      {"b", NULL, g + 54321, N - 54321, true}};
    for (int k = 0; k < 3; k++) {
        omp_set_num_threads((int[]){1, 3, 4}[k]);
        check_ok(rsl_gradient_norm(&norm[k], two, 2));
    }
    omp_set_num_threads(threads);
    assert_memory_equal(&norm[0], &norm[1], sizeof *norm);
    assert_memory_equal(&norm[0], &norm[2], sizeof *norm);
    assert_true(fabs(norm[0] / sqrt(sum) - 1) < 1e-12);
    rsl_free(g);
}

/* Each place of a vector of sums and of the rest behind them finds it. */
static void test_not_finite(void **state) {
    (void)state;
    float g[50] = {0};
    const struct rsl_trained two[] = {{"conv1.weight", NULL, g, 7, true},
                                      {"fc.weight", NULL, g + 7, 43, true}};
    double norm;
    for (int i = 0; i < 50; i++) {
        char words[80];
        for (int k = 0; k < 3; k++) {
            g[i] = (float[]){NAN, INFINITY, -INFINITY}[k];
            snprintf(words, sizeof words, "of '%s' is %s at element %d of %d",
                     i < 7 ? "conv1.weight" : "fc.weight",
                     (const char *[]){"nan", "inf", "-inf"}[k], i < 7 ? i : i - 7, i < 7 ? 7 : 43);
            check_fails(rsl_gradient_norm(&norm, two, 2), RSL_EARG, words);
            assert_false(isfinite(norm));
        }
        g[i] = 0;
    }
    assert_true(isnan(rsl_clip_factor((double)NAN, 1)));
    assert_true(rsl_clip_factor((double)INFINITY, 1) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pytorch),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
