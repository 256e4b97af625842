/* Evaluation of a small network on a small MNIST-shaped set written here: the same counts whatever
 * the batch, the threads and the kernels; every disagreement refused with a sentence. */
#include "check.h"

#include "base/philox.h"
#include "resile/eval.h"
#include "resile/zoo.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMAGES = 11 };

static char folder[64];
static struct rsl_data *data;
static struct rsl_model *model;

static void write_file(const char *name, const uint8_t *bytes, size_t n) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static int setup(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "eval-test-%d", (int)getpid());
    mkdir(folder, 0755);
    static uint8_t images[16 + IMAGES * 784] = {0, 0, 8, 3,  0, 0, 0, IMAGES,
                                                0, 0, 0, 28, 0, 0, 0, 28};
    uint8_t labels[8 + IMAGES] = {0, 0, 8, 1, 0, 0, 0, IMAGES};
    struct rsl_rng r = rsl_rng(1, 2);
    for (int i = 0; i < IMAGES * 784; i++) images[16 + i] = (uint8_t)rsl_rng_u32(&r);
    for (int i = 0; i < IMAGES; i++) labels[8 + i] = (uint8_t)rsl_rng_below(&r, 10);
    write_file("t10k-images-idx3-ubyte", images, sizeof images);
    write_file("t10k-labels-idx1-ubyte", labels, sizeof labels);
    char spec[96];
    snprintf(spec, sizeof spec, "mnist:%s", folder);
    check_ok(rsl_data_open(&data, spec, NULL));
    struct rsl_zoo_options zoo = {.channels = 1, .height = 28, .width = 28, .seed = 5};
    check_ok(rsl_zoo_build(&model, "cnn-small", &zoo));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    rsl_model_free(model);
    rsl_data_close(data);
    char path[128];
    snprintf(path, sizeof path, "%s/t10k-images-idx3-ubyte", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/t10k-labels-idx1-ubyte", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}

static void test_same_result_every_way(void **state) {
    (void)state;
    struct rsl_eval_result want, got;
    check_ok(rsl_eval(model, data, &(struct rsl_eval_options){.reference = 1}, &want));
    assert_int_equal(want.images, IMAGES);
    assert_true(fabs(want.top1 - 100.0 * (double)want.correct / IMAGES) < 1e-12);
    assert_true(want.correct5 >= want.correct && want.correct5 <= IMAGES && want.invalid == 0);
    for (int i = 0; i < 8; i++) {
        struct rsl_eval_options o = {
            .batch = i & 1 ? 5 : 16, .threads = i & 2 ? 1 : 2, .exact = i & 4};
        check_ok(rsl_eval(model, data, &o, &got));
        assert_int_equal(got.correct, want.correct);
        assert_int_equal(got.correct5, want.correct5);
        assert_true(fabs(got.loss - want.loss) < 1e-4 * fabs(want.loss));
    }
    check_ok(rsl_eval(model, data, &(struct rsl_eval_options){.images = 7}, &got));
    assert_int_equal(got.images, 7);
}

static int stop_at_once(void *context, int64_t done, int64_t total) {
    (void)total;
    *(int64_t *)context = done;
    return 1;
}

static void test_refusals(void **state) {
    (void)state;
    struct rsl_eval_result r;
    int64_t done = 0;
    check_fails(rsl_eval(model, data, &(struct rsl_eval_options){.compute = "f17"}, &r), RSL_EARG,
                "f17");
    check_fails(rsl_eval(model, data, &(struct rsl_eval_options){.images = -1}, &r), RSL_EARG,
                "-1");
    check_fails(
        rsl_eval(model, data,
                 &(struct rsl_eval_options){.batch = 5, .progress = stop_at_once, .context = &done},
                 &r),
        RSL_EINTERRUPTED, "5 of 11");
    assert_int_equal(done, 5);
    struct rsl_model *other;
    struct rsl_zoo_options zoo = {.classes = 7, .channels = 1, .height = 28, .width = 28};
    check_ok(rsl_zoo_build(&other, "cnn-small", &zoo));
    check_fails(rsl_eval(other, data, NULL, &r), RSL_EMISMATCH, "7 classes");
    rsl_model_free(other);
    check_ok(rsl_zoo_build(&other, "cnn-small", NULL)); /* 3x32x32 */
    check_fails(rsl_eval(other, data, NULL, &r), RSL_EMISMATCH, "resize");
    rsl_model_free(other);
}

static void test_bench(void **state) {
    (void)state;
    struct rsl_bench_options o = {.run = {.batch = 4, .threads = 1}, .seconds = 0.01};
    struct rsl_bench_result r;
    check_ok(rsl_bench_forward(model, &o, &r));
    assert_true(r.passes >= 3 && r.slowest <= r.images_per_second &&
                r.images_per_second <= r.fastest && r.workspace > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_result_every_way),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bench),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
