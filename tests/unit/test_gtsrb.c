/* Sets of picture files: GTSRB with its tables, and folders with a subfolder for each class. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include "base/file.h"
#include "resile/data.h"
#include "resile/log.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/resile-gtsrb-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[4][300];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static const char *spec(const char *name, const char *below) {
    static char text[300];
    snprintf(text, sizeof text, "%s:%s/%s", name, folder, below);
    return text;
}

static void write_text(const char *name, const char *text) {
    check_ok(rsl_file_write(in_folder(name), text, strlen(text)));
}

/* A picture of one colour. */
static void write_ppm(const char *name, int width, int height, int level) {
    uint8_t bytes[2000];
    int n = snprintf((char *)bytes, sizeof bytes, "P6\n%d %d\n255\n", width, height);
    memset(bytes + n, level, (size_t)(3 * width * height));
    check_ok(rsl_file_write(in_folder(name), bytes, (size_t)(n + 3 * width * height)));
}

static void make_folders(const char *const *names) {
    for (; *names; names++) assert_int_equal(mkdir(in_folder(*names), 0777), 0);
}

#define HEADER "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n"

static void test_gtsrb_test_split(void **state) {
    (void)state;
    make_folders(
        (const char *[]){"t", "t/GTSRB", "t/GTSRB/Final_Test", "t/GTSRB/Final_Test/Images", NULL});
    struct rsl_data *d;
    check_fails(rsl_data_open(&d, spec("gtsrb", "t"), NULL), RSL_ENOTFOUND, "GT-final_test.csv");
    write_text("t/GT-final_test.csv",
               HEADER "00000.ppm;5;6;0;0;5;6;16\r\n00001.ppm;7;4;0;0;7;4;1\r\n");
    check_fails(rsl_data_open(&d, spec("gtsrb", "t"), NULL), RSL_ENOTFOUND, "00000.ppm");
    write_ppm("t/GTSRB/Final_Test/Images/00000.ppm", 5, 6, 10);
    check_fails(rsl_data_open(&d, spec("gtsrb", "t"), NULL), RSL_ENOTFOUND, "1 of 2 images");
    write_ppm("t/GTSRB/Final_Test/Images/00001.ppm", 7, 4, 20);
    check_ok(rsl_data_open(&d, spec("gtsrb", "t"), NULL));
    assert_int_equal(rsl_data_count(d), 2);
    assert_int_equal(rsl_data_classes(d), 43);
    assert_int_equal(rsl_data_label(d, 0), 16);
    assert_int_equal(rsl_data_label(d, 1), 1);
    assert_string_equal(rsl_data_class_name(d, 1), "speed limit 30");
    int shape[3];
    uint8_t pixels[200];
    rsl_data_shape(d, shape);
    assert_true(shape[0] == 3 && shape[1] == 0 && shape[2] == 0);
    check_ok(rsl_data_image(d, 1, shape, NULL, 0));
    assert_true(shape[0] == 3 && shape[1] == 4 && shape[2] == 7);
    check_ok(rsl_data_image(d, 1, shape, pixels, sizeof pixels));
    for (int k = 0; k < 3 * 4 * 7; k++) assert_int_equal(pixels[k], 20);
    check_fails(rsl_data_read(d, 0, 1, pixels, NULL), RSL_EUNSUPPORTED, "differ in size");
    rsl_data_close(d);
}

static void test_gtsrb_bad_tables(void **state) {
    (void)state;
    static const struct {
        const char *table;
        int status;
        const char *words;
    } bad[] = {
        {"", RSL_EFORMAT, "no column 'Filename'"},
        {"Filename;Width;Height;Roi.X1\n00000.ppm;5;6;0\n", RSL_EFORMAT, "GTSRB_Final_Test_GT.zip"},
        {"Filename;ClassId\n00000.ppm\n", RSL_EFORMAT, "line 2 has only 1"},
        {"Filename;ClassId\n00000.ppm;43\n", RSL_EFORMAT, "class '43'"},
        {"Filename;ClassId\n00000.ppm;-1\n", RSL_EFORMAT, "class '-1'"},
        {"Filename;ClassId\n00000.ppm;\n", RSL_EFORMAT, "class ''"},
        {"Filename;ClassId\n../00000.ppm;1\n", RSL_EFORMAT, "no file name"},
        {"Filename;ClassId\n;1\n", RSL_EFORMAT, "no file name"},
        {"Filename;ClassId\n", RSL_EFORMAT, "no images"},
        {"Filename;ClassId\n\n00000.ppm;1;extra", RSL_OK, ""},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct rsl_data *d;
        write_text("t/GT-final_test.csv", bad[k].table);
        int rc = rsl_data_open(&d, spec("gtsrb", "t"), NULL);
        if (rc != bad[k].status || (rc < 0 && !strstr(rsl_errmsg(), bad[k].words)))
            fail_msg("table %zu: %s '%s'", k, rsl_status_name(rc), rsl_errmsg());
        if (rc == RSL_OK) rsl_data_close(d);
    }
}

static void test_gtsrb_train_split(void **state) {
    (void)state;
    make_folders((const char *[]){"r", "r/Final_Training", "r/Final_Training/Images", NULL});
    const struct rsl_data_options train = {.split = "train"};
    struct rsl_data *d;
    for (int k = 0; k < 43; k++) {
        char name[100], table[200];
        if (k == 42)
            check_fails(rsl_data_open(&d, spec("gtsrb", "r"), &train), RSL_ENOTFOUND,
                        "lacks 00042/GT-00042.csv;");
        snprintf(name, sizeof name, "r/Final_Training/Images/%05d", k);
        assert_int_equal(mkdir(in_folder(name), 0777), 0);
        snprintf(name, sizeof name, "r/Final_Training/Images/%05d/00000_00000.ppm", k);
        write_ppm(name, 4, 4, k);
        snprintf(name, sizeof name, "r/Final_Training/Images/%05d/GT-%05d.csv", k, k);
        snprintf(table, sizeof table, HEADER "00000_00000.ppm;4;4;0;0;4;4;%d\n", k);
        write_text(name, table);
    }
    check_ok(rsl_data_open(&d, spec("gtsrb", "r"), &train));
    assert_int_equal(rsl_data_count(d), 43);
    for (int k = 0; k < 43; k++) {
        int shape[3];
        uint8_t pixels[48];
        assert_int_equal(rsl_data_label(d, k), k);
        check_ok(rsl_data_image(d, k, shape, pixels, sizeof pixels));
        assert_int_equal(pixels[7], k);
    }
    rsl_data_close(d);
    write_text("r/Final_Training/Images/00007/GT-00007.csv",
               "Filename;ClassId\n00000_00000.ppm;8\n");
    check_fails(rsl_data_open(&d, spec("gtsrb", "r"), &train), RSL_EFORMAT,
                "class 8 in the folder of class 7");
}

/* Order: classes by name, folders below by path ("a-x" before "a/x"), names by byte. */
static void test_folder(void **state) {
    (void)state;
    make_folders(
        (const char *[]){"f", "f/zebra", "f/Ant", "f/Ant/a", "f/Ant/a/x", "f/Ant/a-x", NULL});
    struct rsl_data *d;
    check_fails(rsl_data_open(&d, spec("folder", "f"), NULL), RSL_EFORMAT,
                "Ant: a class without a picture");
    write_ppm("f/Ant/b.ppm", 3, 2, 1);
    write_ppm("f/Ant/B.PPM", 3, 2, 0);
    write_ppm("f/Ant/a-x/9.ppm", 3, 2, 3);
    write_ppm("f/Ant/a/1.ppm", 3, 2, 2);
    write_ppm("f/Ant/a/x/0.ppm", 3, 2, 4);
    write_ppm("f/zebra/0.ppm", 6, 2, 5);
    write_text("f/zebra/notes.txt", "no picture");
    write_text("f/notes.txt", "no class");
    check_ok(rsl_data_open(&d, spec("folder", "f"), NULL));
    assert_int_equal(rsl_data_count(d), 6);
    assert_int_equal(rsl_data_classes(d), 2);
    assert_string_equal(rsl_data_class_name(d, 0), "Ant");
    static const int order[] = {0, 1, 2, 3, 4, 5};
    for (int i = 0; i < 6; i++) {
        int shape[3];
        uint8_t pixels[36];
        check_ok(rsl_data_image(d, i, shape, pixels, sizeof pixels));
        assert_int_equal(pixels[0], order[i]);
        assert_int_equal(rsl_data_label(d, i), i == 5);
    }
    rsl_data_close(d);
    write_text("f/zebra/1.bmp", "BM");
    check_fails(rsl_data_open(&d, spec("folder", "f"), NULL), RSL_EUNSUPPORTED, "1.bmp");
    unlink(in_folder("f/zebra/1.bmp"));
    /* An unreadable picture is found when it is read, by name. */
    write_text("f/zebra/1.jpg", "not a picture");
    check_ok(rsl_data_open(&d, spec("folder", "f"), NULL));
    int shape[3];
    check_fails(rsl_data_image(d, 6, shape, NULL, 0), RSL_EFORMAT, "zebra/1.jpg");
    rsl_data_close(d);
    assert_int_equal(symlink(in_folder("f/zebra"), in_folder("f/zebra/again")), 0);
    check_fails(rsl_data_open(&d, spec("folder", "f"), NULL), RSL_EUNSUPPORTED, "deeper than");
}

static void test_folder_with_splits(void **state) {
    (void)state;
    make_folders((const char *[]){"s", "s/train", "s/train/x", "s/val", "s/val/x", NULL});
    write_ppm("s/train/x/0.ppm", 1, 1, 7);
    write_ppm("s/val/x/0.ppm", 1, 1, 9);
    const struct rsl_data_options train = {.split = "train"};
    for (int k = 0; k < 2; k++) {
        struct rsl_data *d;
        int shape[3];
        uint8_t pixels[3];
        check_ok(rsl_data_open(&d, spec("folder", "s"), k ? &train : NULL));
        assert_int_equal(rsl_data_count(d), 1);
        assert_string_equal(rsl_data_class_name(d, 0), "x");
        check_ok(rsl_data_image(d, 0, shape, pixels, sizeof pixels));
        assert_int_equal(pixels[0], k ? 7 : 9);
        rsl_data_close(d);
    }
}

static void keep_message(void *context, int level, const char *message) {
    if (level == RSL_LOG_WARNING) snprintf(context, 256, "%s", message);
}

/* Other words for the splits, folders that are nobody's, and splits that are not whole. */
static void test_words_for_splits(void **state) {
    (void)state;
    char message[256] = "";
    struct rsl_data *d;
    const struct rsl_data_options train = {.split = "train"};
    make_folders((const char *[]){"w", "w/Training", "w/Training/x",
                                  "w/Training/.ipynb_checkpoints", "w/validation", "w/validation/x",
                                  "w/.ipynb_checkpoints", NULL});
    write_ppm("w/Training/x/0.ppm", 1, 1, 7);
    write_ppm("w/Training/x/._0.ppm", 1, 1, 7);
    write_ppm("w/validation/x/0.ppm", 1, 1, 9);
    rsl_log_set(keep_message, message);
    for (int k = 0; k < 2; k++) {
        check_ok(rsl_data_open(&d, spec("folder", "w"), k ? &train : NULL));
        assert_int_equal(rsl_data_count(d), 1);
        assert_int_equal(rsl_data_classes(d), 1);
        rsl_data_close(d);
    }
    assert_string_equal(message, "");
    check_ok(rsl_data_open(&d, spec("folder", "w/Training"), &train));
    rsl_data_close(d);
    assert_non_null(strstr(message, "has no folders train and test: its images are both"));
    rsl_log_set(NULL, NULL);
    make_folders((const char *[]){"w/cats", NULL});
    check_fails(rsl_data_open(&d, spec("folder", "w"), NULL), RSL_EFORMAT, "'cats' stands beside");
    make_folders((const char *[]){"v", "v/train", "v/train/x", NULL});
    check_fails(rsl_data_open(&d, spec("folder", "v"), NULL), RSL_EFORMAT,
                "has a folder 'train' and none for test images");
    make_folders((const char *[]){"v/bus", NULL}); /* vehicles */
    write_ppm("v/train/x/0.ppm", 1, 1, 7);
    write_ppm("v/bus/0.ppm", 1, 1, 7);
    check_ok(rsl_data_open(&d, spec("folder", "v"), NULL));
    assert_int_equal(rsl_data_classes(d), 2);
    rsl_data_close(d);
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

/* Pictures of one size need no resizing; that they have it is seen from their headers. */
static void test_one_size(void **state) {
    (void)state;
    struct rsl_data *d;
    int shape[3], labels[2];
    uint8_t pixels[2 * 3 * 6 * 5];
    make_folders((const char *[]){"one", "one/a", "one/b", NULL});
    write_ppm("one/a/0.ppm", 5, 6, 10);
    write_ppm("one/b/0.ppm", 5, 6, 20);
    check_ok(rsl_data_open(&d, spec("folder", "one"), NULL));
    rsl_data_shape(d, shape);
    assert_true(shape[0] == 3 && shape[1] == 6 && shape[2] == 5);
    check_ok(rsl_data_read(d, 0, 2, pixels, labels));
    for (int k = 0; k < 90; k++) assert_true(pixels[k] == 10 && pixels[90 + k] == 20);
    assert_true(labels[0] == 0 && labels[1] == 1);
    write_ppm("one/b/0.ppm", 6, 5, 20); /* behind its back */
    check_fails(rsl_data_read(d, 0, 2, pixels, NULL), RSL_EFORMAT, "image 1: is 5x6, the headers");
    rsl_data_close(d);
    check_ok(rsl_data_open(&d, spec("folder", "one"), NULL));
    rsl_data_shape(d, shape);
    assert_true(shape[1] == 0 && shape[2] == 0);
    rsl_data_close(d);
    check_ok(rsl_file_write(in_folder("one/b/0.ppm"), "P6 5", 4)); /* says so when it is decoded */
    check_ok(rsl_data_open(&d, spec("folder", "one"), NULL));
    rsl_data_shape(d, shape);
    assert_true(shape[1] == 6 && shape[2] == 5);
    check_fails(rsl_data_read(d, 0, 2, pixels, NULL), RSL_EFORMAT, "broken PNM header");
    check_fails(rsl_data_image(d, 1, shape, NULL, 0), RSL_EFORMAT, "broken PNM header");
    rsl_data_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gtsrb_test_split),   cmocka_unit_test(test_gtsrb_bad_tables),
        cmocka_unit_test(test_gtsrb_train_split),  cmocka_unit_test(test_folder),
        cmocka_unit_test(test_folder_with_splits), cmocka_unit_test(test_words_for_splits),
        cmocka_unit_test(test_one_size),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
