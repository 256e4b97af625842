/* CIFAR readers on files made here: right ones, and each way of being wrong. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "pickled_cifar.h"

#include "base/file.h"
#include "resile/data.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIXELS = 3072, N = 4 };

static char folder[] = "/tmp/resile-cifar-XXXXXX";

static char *in_folder(const char *name) {
    static char path[4][256];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* Byte `k` of the pixels of image `i` of file `f`. */
static uint8_t pixel(int f, int i, int k) {
    return (uint8_t)(f * 101 + i * 31 + k * 7 + k / 256);
}

static void write_set(const char *name, int f, int head, uint8_t labels[][2], size_t cut) {
    static uint8_t bytes[N * (PIXELS + 2)];
    uint8_t *p = bytes;
    for (int i = 0; i < N; i++) {
        for (int h = 0; h < head; h++) *p++ = labels[i][2 - head + h];
        for (int k = 0; k < PIXELS; k++) *p++ = pixel(f, i, k);
    }
    check_ok(rsl_file_write(in_folder(name), bytes, (size_t)(p - bytes) - cut));
}

static uint8_t good10[N][2] = {{0, 3}, {0, 9}, {0, 0}, {0, 3}};

static char *spec(const char *name) {
    static char text[300];
    snprintf(text, sizeof text, "%s:%s", name, folder);
    return text;
}

static void test_reads_test_split(void **state) {
    (void)state;
    write_set("test_batch.bin", 0, 1, good10, 0);
    struct rsl_data *d;
    check_ok(rsl_data_open(&d, spec("cifar10"), NULL));
    assert_int_equal(rsl_data_count(d), N);
    assert_int_equal(rsl_data_classes(d), 10);
    assert_string_equal(rsl_data_class_name(d, 9), "truck");
    assert_null(rsl_data_class_name(d, 10));
    assert_int_equal(rsl_data_supers(d), 0);
    assert_int_equal(rsl_data_super_of(d, 1), -1);
    int shape[3], labels[N];
    rsl_data_shape(d, shape);
    assert_true(shape[0] == 3 && shape[1] == 32 && shape[2] == 32);
    static uint8_t pixels[N * PIXELS];
    check_ok(rsl_data_read(d, 1, 2, pixels, labels));
    assert_int_equal(labels[0], 9);
    assert_int_equal(labels[1], 0);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < PIXELS; k++)
            assert_int_equal(pixels[i * PIXELS + k], pixel(0, i + 1, k));
    assert_int_equal(rsl_data_label(d, 3), 3);
    assert_int_equal(rsl_data_label(d, 4), -1);
    check_fails(rsl_data_read(d, 3, 2, pixels, labels), RSL_EARG, "images 3 to 4");
    check_fails(rsl_data_read(d, -1, 2, pixels, labels), RSL_EARG, "asked for");
    rsl_data_close(d);
}

static void test_reads_train_split_in_order(void **state) {
    (void)state;
    for (int f = 1; f <= 5; f++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", f);
        write_set(name, f, 1, good10, 0);
    }
    struct rsl_data *d;
    const struct rsl_data_options train = {.split = "train"};
    check_ok(rsl_data_open(&d, spec("cifar10"), &train));
    assert_int_equal(rsl_data_count(d), 5 * N);
    static uint8_t pixels[PIXELS];
    for (int i = 0; i < 5 * N; i++) {
        check_ok(rsl_data_read(d, i, 1, pixels, NULL));
        assert_int_equal(pixels[5], pixel(1 + i / N, i % N, 5));
    }
    rsl_data_close(d);
    unlink(in_folder("data_batch_4.bin"));
    check_fails(rsl_data_open(&d, spec("cifar10"), &train), RSL_ENOTFOUND,
                "lacks data_batch_4.bin");
    const struct rsl_data_options other = {.split = "val"};
    check_fails(rsl_data_open(&d, spec("cifar10"), &other), RSL_EARG, "'val'");
}

static void test_coarse_labels(void **state) {
    (void)state;
    /* apple is fruit_and_vegetables (4), worm non-insect_invertebrates (13) */
    uint8_t labels[N][2] = {{4, 0}, {13, 99}, {4, 0}, {4, 0}};
    write_set("test.bin", 0, 2, labels, 0);
    struct rsl_data *d;
    check_ok(rsl_data_open(&d, spec("cifar100"), NULL));
    assert_int_equal(rsl_data_label(d, 1), 99);
    assert_string_equal(rsl_data_class_name(d, 99), "worm");
    assert_int_equal(rsl_data_supers(d), 20);
    assert_string_equal(rsl_data_super_name(d, rsl_data_super_of(d, 99)),
                        "non-insect_invertebrates");
    rsl_data_close(d);
    labels[2][0] = 5;
    write_set("test.bin", 0, 2, labels, 0);
    check_fails(rsl_data_open(&d, spec("cifar100"), NULL), RSL_EFORMAT,
                "image 2 has coarse label 5");
    labels[2][0] = 4;
    labels[3][1] = 100;
    write_set("test.bin", 0, 2, labels, 0);
    check_fails(rsl_data_open(&d, spec("cifar100"), NULL), RSL_EFORMAT, "image 3 has label 100");
}

static void test_refuses_wrong_files(void **state) {
    (void)state;
    struct rsl_data *d;
    write_set("test_batch.bin", 0, 1, good10, 1);
    check_fails(rsl_data_open(&d, spec("cifar10"), NULL), RSL_EFORMAT, "test_batch.bin");
    assert_null(d);
    write_set("test_batch.bin", 0, 1, good10, N * (PIXELS + 1));
    check_fails(rsl_data_open(&d, spec("cifar10"), NULL), RSL_EFORMAT, "0 bytes");
    uint8_t labels[N][2] = {{0, 1}, {0, 10}, {0, 0}, {0, 0}};
    write_set("test_batch.bin", 0, 1, labels, 0);
    check_fails(rsl_data_open(&d, spec("cifar10"), NULL), RSL_EFORMAT, "image 1 has label 10");
    unlink(in_folder("test_batch.bin"));
    check_fails(rsl_data_open(&d, spec("cifar10"), NULL), RSL_ENOTFOUND, "resile data get cifar10");
    assert_int_equal(mkdir(in_folder("test_batch.bin"), 0777), 0);
    check_fails(rsl_data_open(&d, spec("cifar10"), NULL), RSL_ENOTFOUND, "lacks test_batch.bin");
    rmdir(in_folder("test_batch.bin"));
}

/* As write_set, pickled. */
static struct pickled pickled(enum form form, int f, int head, uint8_t labels[][2]) {
    static uint8_t data[N * PIXELS];
    for (int i = 0; i < N; i++)
        for (int k = 0; k < PIXELS; k++) data[i * PIXELS + k] = pixel(f, i, k);
    return (struct pickled){form, data, N, head, N, N, (const uint8_t(*)[2])labels, "u1"};
}

/* The same images as from the binary version, whatever wrote the pickle. */
static void test_reads_pickles(void **state) {
    (void)state;
    static uint8_t pixels[N * PIXELS];
    char below[200];
    struct rsl_data *d;
    int labels[N];
    snprintf(below, sizeof below, "cifar10:%s/py", folder);
    check_fails(rsl_data_open(&d, below, NULL), RSL_ENOTFOUND, "is not there");
    assert_int_equal(mkdir(in_folder("py"), 0755), 0);
    assert_int_equal(mkdir(in_folder("py/cifar-10-batches-py"), 0755), 0);
    check_fails(rsl_data_open(&d, below, NULL), RSL_ENOTFOUND, "lacks test_batch.bin");
    for (enum form form = PYTHON2; form <= PROTOCOL5; form++) {
        struct pickled p = pickled(form, 2, 1, good10);
        write_pickle(in_folder("py/cifar-10-batches-py/test_batch"), &p);
        check_ok(rsl_data_open(&d, below, NULL));
        assert_int_equal(rsl_data_count(d), N);
        check_ok(rsl_data_read(d, 0, N, pixels, labels));
        for (int i = 0; i < N; i++) {
            assert_int_equal(labels[i], good10[i][1]);
            for (int k = 0; k < PIXELS; k++)
                assert_int_equal(pixels[i * PIXELS + k], pixel(2, i, k));
        }
        rsl_data_close(d);
    }
    snprintf(below, sizeof below, "cifar100:%s/py", folder);
    uint8_t labels100[N][2] = {{4, 0}, {13, 99}, {4, 0}, {4, 0}};
    struct pickled p100 = pickled(PYTHON2, 0, 2, labels100);
    assert_int_equal(mkdir(in_folder("py/test"), 0755), 0); /* somebody's folder */
    check_fails(rsl_data_open(&d, below, NULL), RSL_ENOTFOUND, "lacks test.bin");
    assert_int_equal(mkdir(in_folder("py/cifar-100-python"), 0755), 0);
    write_pickle(in_folder("py/cifar-100-python/test"), &p100);
    check_ok(rsl_data_open(&d, below, NULL));
    assert_int_equal(rsl_data_label(d, 1), 99);
    rsl_data_close(d);
}

static void test_refuses_wrong_pickles(void **state) {
    (void)state;
    struct rsl_data *d;
    char path[256], below[200];
    snprintf(path, sizeof path, "%s/py/cifar-10-batches-py/test_batch", folder);
    snprintf(below, sizeof below, "cifar10:%s/py", folder);
    struct pickled p = pickled(PYTHON2, 0, 1, good10);
    p.n_labels = N - 1;
    write_pickle(path, &p);
    check_fails(rsl_data_open(&d, below, NULL), RSL_EFORMAT, "labels: 3 of them for 4 images");
    p = pickled(PYTHON2, 0, 1, good10);
    p.rows = N + 1;
    write_pickle(path, &p);
    check_fails(rsl_data_open(&d, below, NULL), RSL_EFORMAT, "its shape another number");
    p.rows = -1;
    write_pickle(path, &p);
    check_fails(rsl_data_open(&d, below, NULL), RSL_EFORMAT, "what is no size");
    p = pickled(PROTOCOL5, 0, 1, good10);
    p.dtype = "f4";
    write_pickle(path, &p);
    check_fails(rsl_data_open(&d, below, NULL), RSL_EFORMAT, "is of 'f32', not of unsigned bytes");
    p = pickled(PYTHON2, 0, 2, good10);
    write_pickle(path, &p);
    check_fails(rsl_data_open(&d, below, NULL), RSL_EFORMAT, "test_batch: the pickle has no list");
    check_ok(rsl_file_write(path, "\x80\x02}.", 4));
    check_fails(rsl_data_open(&d, below, NULL), RSL_EFORMAT, "no 'data'");
    check_ok(rsl_file_write(path,
                            "\x80\x02}U\x04"
                            "dataNs.",
                            12));
    check_fails(rsl_data_open(&d, below, NULL), RSL_EFORMAT, "no array of NumPy's");
    check_ok(rsl_file_write(path, "x", 1));
    check_fails(rsl_data_open(&d, below, NULL), RSL_EUNSUPPORTED, "test_batch");
}

static void test_names_and_folders(void **state) {
    (void)state;
    struct rsl_data *d;
    check_fails(rsl_data_open(&d, "cifar11:/", NULL), RSL_ENOTFOUND, "there are mnist");
    check_fails(rsl_data_open(&d, "", NULL), RSL_EARG, "NAME");
    check_fails(rsl_data_open(&d, "cifar10:/no/such/folder", NULL), RSL_ENOTFOUND, "is not there");
    check_fails(rsl_data_open(&d, "cifar10:/dev/null", NULL), RSL_EARG, "is a file");
    unsetenv("RESILE_DATA");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    check_fails(rsl_data_open(&d, "cifar10", NULL), RSL_EARG, "RESILE_DATA");
    setenv("HOME", "/nowhere", 1);
    check_fails(rsl_data_open(&d, "cifar10", NULL), RSL_ENOTFOUND,
                "/nowhere/.cache/resile/data/cifar10 is not there");
    setenv("XDG_CACHE_HOME", "/cache", 1);
    check_fails(rsl_data_open(&d, "cifar10", NULL), RSL_ENOTFOUND, "/cache/resile/data/cifar10");
    /* $RESILE_DATA/cifar10/cifar-10-batches-bin, as the official archive unpacks */
    assert_int_equal(mkdir(in_folder("cifar10"), 0777), 0);
    assert_int_equal(mkdir(in_folder("cifar10/cifar-10-batches-bin"), 0777), 0);
    write_set("cifar10/cifar-10-batches-bin/test_batch.bin", 0, 1, good10, 0);
    setenv("RESILE_DATA", folder, 1);
    check_ok(rsl_data_open(&d, "cifar10", NULL));
    rsl_data_close(d);
    for (int i = 0; i < rsl_dataset_count(); i++) {
        assert_non_null(rsl_dataset_name(i));
        assert_non_null(rsl_dataset_about(i));
    }
    assert_null(rsl_dataset_name(rsl_dataset_count()));
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_test_split),  cmocka_unit_test(test_reads_train_split_in_order),
        cmocka_unit_test(test_coarse_labels),     cmocka_unit_test(test_refuses_wrong_files),
        cmocka_unit_test(test_reads_pickles),     cmocka_unit_test(test_refuses_wrong_pickles),
        cmocka_unit_test(test_names_and_folders),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
