/* Every allocation of opening, reading and preprocessing each kind of data set fails once. */
#define _POSIX_C_SOURCE 200809L
#include "pickled_cifar.h"
#include "torture.h"

#include "base/file.h"
#include "data/unpack.h"
#include "io/idx.h"
#include "io/image.h"
#include "resile/data.h"

#include <stdlib.h>

static char folder[] = "/tmp/resile-torture-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Opens the set, reads its last image, and makes a batch of 1 resized to 20x20. */
static int use_set(void *spec) {
    struct rsl_data *d = NULL;
    struct rsl_preprocess *p = NULL;
    const struct rsl_data_options small = {.count = 3};
    const struct rsl_preprocess_options o = {.resize = "20x20", .crop = "18"};
    static float out[3 * 18 * 18];
    static uint8_t pixels[3 * 64 * 64];
    int shape[3], labels[1];
    int rc = rsl_data_open(&d, spec, &small);
    if (rc == RSL_OK) rc = rsl_preprocess_new(&p, NULL, &o);
    if (rc == RSL_OK) rc = rsl_data_image(d, rsl_data_count(d) - 1, shape, pixels, sizeof pixels);
    if (rc == RSL_OK) rc = rsl_data_batch(d, p, 0, 1, out, labels);
    rsl_preprocess_free(p);
    rsl_data_close(d);
    return rc;
}

static void torture_set(const char *spec) {
    char text[300];
    snprintf(text, sizeof text, spec, folder);
    assert_true(torture(use_set, text) > 3);
}

static void test_sets(void **state) {
    (void)state;
    torture_set("mnist:%s");
    torture_set("cifar10:%s");
    torture_set("cifar100:%s");
    torture_set("cifar10:%s/pickled");
    torture_set("gtsrb:%s");
    torture_set("folder:%s/pictures");
    torture_set("synth-signs");
}

static int load_picture(void *name) {
    struct rsl_image image;
    int rc = rsl_image_load(&image, name);
    if (rc == RSL_OK) rsl_image_free(&image);
    return rc;
}

static void test_pictures(void **state) {
    (void)state;
    char progressive[] = TEST_DATA "/images/progressive.jpg", inks[] = TEST_DATA "/images/inks.jpg";
    char palette[] = TEST_DATA "/images/palette.png", wide[] = TEST_DATA "/images/wide_grey.png";
    char ppm[] = TEST_DATA "/images/dark.ppm";
    char *all[] = {progressive, inks, palette, wide, ppm};
    for (int k = 0; k < 5; k++) assert_true(torture(load_picture, all[k]) >= 2);
}

static int unpack(void *archive) {
    int rc = rsl_remove_tree(in_folder("out"));
    if (rc == RSL_OK) rc = rsl_make_folders(in_folder("out"));
    return rc == RSL_OK ? rsl_unpack_zip(archive, in_folder("out")) : rc;
}

/* An empty zip archive: what is unpacked from fuller ones is in the test `download`. */
static void test_unpack(void **state) {
    (void)state;
    char archive[300];
    snprintf(archive, sizeof archive, "%s", in_folder("a.zip"));
    static const uint8_t empty[22] = {'P', 'K', 5, 6};
    check_ok(rsl_file_write(archive, empty, sizeof empty));
    assert_true(torture(unpack, archive) >= 2);
}

static void copy(const char *from, const char *to) {
    struct rsl_file f;
    check_ok(rsl_file_open(&f, from));
    check_ok(rsl_file_write(in_folder(to), f.data, f.size));
    rsl_file_close(&f);
}

static int make_sets(void **state) {
    (void)state;
    static uint8_t record[3074] = {4, 0};
    if (!mkdtemp(folder)) return -1;
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 1, 5};
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4};
    check_ok(rsl_file_write(in_folder("t10k-labels-idx1-ubyte"), labels, sizeof labels));
    check_ok(rsl_file_write(in_folder("t10k-images-idx3-ubyte"), images, sizeof images));
    check_ok(rsl_file_write(in_folder("test_batch.bin"), record, 3073));
    check_ok(rsl_file_write(in_folder("test.bin"), record, 3074));
    static const uint8_t label[1][2] = {{0, 3}};
    const struct pickled batch = {PROTOCOL2, record, 1, 1, 1, 1, label, "u1"};
    check_ok(rsl_make_folders(in_folder("pickled")));
    write_pickle(in_folder("pickled/test_batch"), &batch);
    const char *table = "Filename;ClassId\n00000.ppm;7\n";
    check_ok(rsl_file_write(in_folder("GT-final_test.csv"), table, strlen(table)));
    copy(TEST_DATA "/images/colour.ppm", "00000.ppm");
    check_ok(rsl_make_folders(in_folder("pictures/a/deeper")));
    check_ok(rsl_make_folders(in_folder("pictures/b")));
    copy(TEST_DATA "/images/colour.png", "pictures/a/deeper/0.png");
    copy(TEST_DATA "/images/colour.jpg", "pictures/b/0.jpg");
    return 0;
}

static int remove_sets(void **state) {
    (void)state;
    return rsl_remove_tree(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_unpack),
    };
    return cmocka_run_group_tests(tests, make_sets, remove_sets);
}
