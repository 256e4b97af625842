/* Every allocation fails once in every reader and writer of checkpoints and arrays. */
#include "check.h"
#include "torture.h"

#include "io/checkpoint.h"
#include "io/npy.h"
#include "io/safetensors.h"
#include "resile/import.h"

#include <unistd.h>

static int read_one(void *context) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    int rc = rsl_checkpoint_read(&ts, context);
    rsl_tensors_free(&ts);
    return rc;
}

static void test_readers(void **state) {
    (void)state;
    static const char *const files[] = {
        "checkpoints/state.pt",     "checkpoints/state.pth",   "checkpoints/protocol4.pt",
        "checkpoints/training.pth", "checkpoints/training.pt", "checkpoints/nested_weird.pt",
        "checkpoints/little.pt",    "arrays/deflated.npz",     "arrays/fortran.npy"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", TEST_DATA, files[i]);
        assert_true(torture(read_one, path) > 2);
    }
}

/* A refusal needs memory too: it stays a refusal or becomes RSL_ENOMEM. */
static int read_ambiguous(void *context) {
    int rc = read_one(context);
    return rc == RSL_EUNSUPPORTED ? RSL_OK : rc;
}

static void test_refusals(void **state) {
    (void)state;
    char path[] = TEST_DATA "/checkpoints/two.pt";
    assert_true(torture(read_ambiguous, path) > 5);
}

struct written {
    struct rsl_tensors ts;
    const char *path;
};

static int write_safetensors(void *context) {
    struct written *w = context;
    return rsl_safetensors_write(&w->ts, w->path);
}

static int write_npy(void *context) {
    struct written *w = context;
    return rsl_npy_write(&w->ts.at[0].tensor, w->path);
}

static void test_writers(void **state) {
    (void)state;
    struct written w = {.path = "test_checkpoint_torture.tmp"};
    check_ok(rsl_checkpoint_read(&w.ts, TEST_DATA "/checkpoints/state.pt"));
    check_ok(rsl_tensors_set_meta(&w.ts, "key", "value"));
    assert_true(torture(write_safetensors, &w) > 3);
    assert_true(torture(read_one, (void *)(uintptr_t)w.path) > 3);
    assert_true(torture(write_npy, &w) > 3);
    assert_true(torture(read_one, (void *)(uintptr_t)w.path) > 1);
    rsl_tensors_free(&w.ts);
    unlink(w.path);
}

static int import(void *context) {
    struct rsl_model *m;
    RSL_TRY(rsl_import(&m, TEST_DATA "/checkpoints/resnet20.th", context));
    rsl_model_free(m);
    return RSL_OK;
}

static int import_misfit(void *context) {
    int rc = import(context);
    return rc == RSL_EMISMATCH ? RSL_OK : rc;
}

static void test_import(void **state) {
    (void)state;
    const char *names = "test_checkpoint_torture.names";
    check_ok(rsl_file_write(names, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", 20));
    struct rsl_import_options o = {
        .arch = "resnet20", .mean = "1 2 3", .std = "1 2 3", .class_names = names};
    assert_true(torture(import, &o) > 50);
    o.arch = "resnet18";
    assert_true(torture(import_misfit, &o) > 50);
    unlink(names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_writers),
        cmocka_unit_test(test_import),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
