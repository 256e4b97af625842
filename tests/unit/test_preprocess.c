/* From bytes to a model's input: the arithmetic of torchvision, the geometry of Pillow, and the
 * sentences when data and model do not fit. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include "base/alloc.h"
#include "base/file.h"
#include "data/data.h"
#include "graph/model.h"
#include "io/resize.h"

#include <stdlib.h>

static char folder[] = "/tmp/resile-preprocess-XXXXXX";
static char grey_spec[100], folder_spec[100];
static struct rsl_data *colour, *grey, *varying;

static struct rsl_model *model_taking(int64_t c, int64_t h, int64_t w) {
    struct rsl_model *m = rsl_model_new();
    assert_non_null(m);
    struct rsl_shape shape = rsl_shape_of(4, (int64_t[]){-1, c, h, w});
    assert_true(rsl_graph_add_input(&m->graph, "image", RSL_f32, &shape) >= 0);
    return m;
}

/* ((v / 255) - mean) / std in float, as PyTorch computes it. */
static void test_normalization(void **state) {
    (void)state;
    struct rsl_model *m = model_taking(3, 32, 32);
    check_ok(rsl_model_set_meta(m, "resile.input.mean", "0.485 0.456 0.406"));
    check_ok(rsl_model_set_meta(m, "resile.input.std", "0.229, 0.224, 0.225"));
    struct rsl_preprocess *p;
    check_ok(rsl_preprocess_new(&p, m, NULL));
    rsl_model_free(m);
    static uint8_t bytes[2 * 3072];
    static float out[2 * 3072];
    int labels[2], expected[2], shape[3];
    check_ok(rsl_preprocess_shape(p, colour, shape));
    assert_true(shape[0] == 3 && shape[1] == 32 && shape[2] == 32);
    check_ok(rsl_data_read(colour, 3, 2, bytes, expected));
    check_ok(rsl_data_batch(colour, p, 3, 2, out, labels));
    assert_memory_equal(labels, expected, sizeof labels);
    static const float mean[] = {0.485f, 0.456f, 0.406f}, deviation[] = {0.229f, 0.224f, 0.225f};
    for (int k = 0; k < 2 * 3072; k++) {
        int c = k / 1024 % 3;
        float x = (float)bytes[k] / 255.0f;
        x = x - mean[c];
        x = x / deviation[c];
        assert_true(out[k] == x);
    }
    check_fails(rsl_data_batch(colour, p, 99, 2, out, labels), RSL_EARG, "images 99 to 100");
    rsl_preprocess_free(p);
}

static void test_scale_and_offset(void **state) {
    (void)state;
    struct rsl_preprocess *p;
    const struct rsl_preprocess_options o = {.scale = "2/255", .offset = "-1"};
    check_ok(rsl_preprocess_new(&p, NULL, &o));
    static uint8_t bytes[3072];
    static float out[3072];
    check_ok(rsl_data_read(colour, 0, 1, bytes, NULL));
    check_ok(rsl_data_batch(colour, p, 0, 1, out, NULL));
    for (int k = 0; k < 3072; k++) {
        float x = (float)bytes[k] / 255.0f;
        assert_true(out[k] == 2 * x - 1);
    }
    rsl_preprocess_free(p);
}

/* Options win over metadata; a mean is one of pixels 0..1 unless a scale is given with it. */
static void test_options_override(void **state) {
    (void)state;
    struct rsl_model *m = model_taking(3, 32, 32);
    check_ok(rsl_model_set_meta(m, "resile.input.scale", "1"));
    check_ok(rsl_model_set_meta(m, "resile.input.mean", "1 2 3 4"));
    struct rsl_preprocess *p;
    check_fails(rsl_preprocess_new(&p, m, NULL), RSL_EARG, "more than 3");
    assert_null(p);
    const struct rsl_preprocess_options o = {.mean = "0"};
    check_ok(rsl_preprocess_new(&p, m, &o));
    static uint8_t bytes[3072];
    static float out[3072];
    check_ok(rsl_data_read(colour, 0, 1, bytes, NULL));
    check_ok(rsl_data_batch(colour, p, 0, 1, out, NULL));
    for (int k = 0; k < 3072; k++) assert_true(out[k] == (float)bytes[k] / 255.0F);
    rsl_preprocess_free(p);
    const struct rsl_preprocess_options scaled = {.mean = "0", .scale = "1"};
    check_ok(rsl_preprocess_new(&p, m, &scaled));
    check_ok(rsl_data_batch(colour, p, 0, 1, out, NULL));
    for (int k = 0; k < 3072; k++) assert_true(out[k] == (float)bytes[k]);
    rsl_preprocess_free(p);
    rsl_model_free(m);
}

/* The zoo's pixels of [-1,1] give way to those of 0..1 that a mean and a deviation belong to. */
static void test_statistics_replace_the_scale(void **state) {
    (void)state;
    struct rsl_model *m = model_taking(3, 32, 32);
    struct rsl_preprocess *p;
    static uint8_t bytes[3072];
    static float out[3072];
    check_ok(rsl_model_set_meta(m, "resile.input.scale", "2/255"));
    check_ok(rsl_model_set_meta(m, "resile.input.offset", "-1"));
    const struct rsl_preprocess_options o = {.mean = "0.5", .std = "0.25"};
    check_ok(rsl_preprocess_new(&p, m, &o));
    check_ok(rsl_data_read(colour, 0, 1, bytes, NULL));
    check_ok(rsl_data_batch(colour, p, 0, 1, out, NULL));
    for (int k = 0; k < 3072; k++) assert_true(out[k] == ((float)bytes[k] / 255.0F - 0.5F) / 0.25F);
    rsl_preprocess_free(p);
    rsl_model_free(m);
}

static void test_resize_and_crop(void **state) {
    (void)state;
    struct rsl_model *m = model_taking(3, 24, 24);
    struct rsl_preprocess *p;
    check_ok(rsl_preprocess_new(&p, m, NULL));
    int shape[3];
    check_fails(rsl_preprocess_shape(p, colour, shape), RSL_EMISMATCH, "give --resize 24x24");
    rsl_preprocess_free(p);
    check_ok(rsl_model_set_meta(m, "resile.input.resize", "27"));
    check_ok(rsl_model_set_meta(m, "resile.input.crop", "24"));
    check_ok(rsl_model_set_meta(m, "resile.input.filter", "bicubic"));
    check_ok(rsl_model_set_meta(m, "resile.input.scale", "1"));
    check_ok(rsl_preprocess_new(&p, m, NULL));
    static float out[3 * 24 * 24];
    check_ok(rsl_data_batch(colour, p, 0, 1, out, NULL));
    struct rsl_image image, scaled;
    check_ok(rsl_data_pixels(colour, 0, &image));
    check_ok(rsl_resize(&image, 27, 27, RSL_BICUBIC, &scaled));
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 24; y++)
            for (int x = 0; x < 24; x++) /* 1.5 rounds to 2 */
                assert_true(out[(c * 24 + y) * 24 + x] ==
                            (float)scaled.pixels[((y + 2) * 27 + x + 2) * 3 + c]);
    rsl_image_free(&image);
    rsl_image_free(&scaled);
    rsl_preprocess_free(p);
    const struct rsl_preprocess_options wide = {.crop = "30x20", .resize = "none"};
    check_ok(rsl_preprocess_new(&p, NULL, &wide));
    check_ok(rsl_preprocess_shape(p, colour, shape));
    assert_true(shape[1] == 30 && shape[2] == 20);
    rsl_preprocess_free(p);
    const struct rsl_preprocess_options large = {.crop = "33"};
    check_ok(rsl_preprocess_new(&p, NULL, &large));
    check_fails(rsl_preprocess_shape(p, colour, shape), RSL_EMISMATCH, "crop of 33x33");
    rsl_preprocess_free(p);
    rsl_model_free(m);
}

static void test_grey_images(void **state) {
    (void)state;
    struct rsl_preprocess *p;
    static float out[3 * 4 * 4];
    int shape[3];
    struct rsl_model *m = model_taking(3, 4, 4);
    const struct rsl_preprocess_options o = {.scale = "1", .mean = "0 10 20"};
    check_ok(rsl_preprocess_new(&p, m, &o));
    check_ok(rsl_data_batch(grey, p, 1, 1, out, NULL));
    for (int k = 0; k < 48; k++) assert_true(out[k] == (float)(16 + k % 16 - k / 16 * 10));
    rsl_preprocess_free(p);
    rsl_model_free(m);
    m = model_taking(1, 32, 32);
    check_ok(rsl_preprocess_new(&p, m, NULL));
    static uint8_t rgb[3072];
    static float luma[1024];
    check_ok(rsl_preprocess_shape(p, colour, shape));
    assert_int_equal(shape[0], 1);
    check_ok(rsl_data_read(colour, 0, 1, rgb, NULL));
    check_ok(rsl_data_batch(colour, p, 0, 1, luma, NULL));
    for (int k = 0; k < 1024; k++) {
        double exact = 0.299 * rgb[k] + 0.587 * rgb[1024 + k] + 0.114 * rgb[2048 + k];
        assert_float_equal(luma[k] * 255, exact, 0.51);
    }
    check_fails(rsl_preprocess_shape(p, grey, shape), RSL_EMISMATCH, "--resize 32x32");
    rsl_preprocess_free(p);
    check_fails(rsl_preprocess_new(&p, m, &o), RSL_EMISMATCH, "mean and std have 3 numbers");
    rsl_model_free(m);
}

/* A network that takes [N,H,W,C] gets the same numbers, those of a pixel side by side. */
static void check_channels_last(const struct rsl_data *d, int64_t c, int64_t side) {
    static float planes[2 * 3072], pixels[2 * 3072];
    struct rsl_model *first = model_taking(c, -1, -1), *last = model_taking(-1, side, c);
    struct rsl_preprocess *p, *q;
    int shape[3];
    char size[32];
    snprintf(size, sizeof size, "%dx%d", (int)side, (int)side);
    const struct rsl_preprocess_options o = {.mean = "0.5", .std = "0.25", .resize = size};
    check_ok(rsl_preprocess_new(&p, first, &o));
    check_ok(rsl_preprocess_new(&q, last, &o));
    check_ok(rsl_preprocess_shape(q, d, shape));
    assert_true(shape[0] == c && shape[1] == side && shape[2] == side);
    check_ok(rsl_data_batch(d, p, 0, 2, planes, NULL));
    check_ok(rsl_data_batch(d, q, 0, 2, pixels, NULL));
    const int64_t area = side * side;
    for (int64_t i = 0; i < 2; i++)
        for (int64_t k = 0; k < c; k++)
            for (int64_t e = 0; e < area; e++)
                assert_true(pixels[(i * area + e) * c + k] == planes[(i * c + k) * area + e]);
    check_ok(rsl_model_fit(last, d, &o));
    const int64_t *dim = last->graph.values.at[last->graph.inputs.at[0]].tensor.shape.dim;
    assert_true(dim[0] == -1 && dim[1] == side && dim[2] == side && dim[3] == c);
    rsl_preprocess_free(p);
    rsl_preprocess_free(q);
    rsl_model_free(first);
    rsl_model_free(last);
}

static void test_channels_last(void **state) {
    (void)state;
    check_channels_last(colour, 3, 32);
    check_channels_last(colour, 3, 20);
    check_channels_last(colour, 1, 20);
    check_channels_last(varying, 3, 16);
}

static void test_varying_sizes(void **state) {
    (void)state;
    struct rsl_preprocess *p;
    int shape[3];
    struct rsl_model *m = model_taking(3, 8, 8);
    check_ok(rsl_preprocess_new(&p, m, NULL));
    check_fails(rsl_preprocess_shape(p, varying, shape), RSL_EMISMATCH, "give --resize 8x8");
    rsl_preprocess_free(p);
    const struct rsl_preprocess_options o = {.scale = "1", .resize = "10", .crop = "8"};
    check_ok(rsl_preprocess_new(&p, m, &o));
    static float out[2 * 3 * 64];
    int labels[2];
    check_ok(rsl_data_batch(varying, p, 0, 2, out, labels));
    assert_true(labels[0] == 0 && labels[1] == 1);
    for (int k = 0; k < 3 * 64; k++) assert_true(out[k] == 50 && out[192 + k] == 70);
    rsl_preprocess_free(p);
    const struct rsl_preprocess_options crop = {.crop = "8"};
    check_ok(rsl_preprocess_new(&p, m, &crop));
    check_fails(rsl_data_batch(varying, p, 0, 2, out, labels), RSL_EMISMATCH,
                "folder: image 1: is 6x20");
    rsl_preprocess_free(p);
    const struct rsl_preprocess_options side = {.resize = "8"};
    check_ok(rsl_preprocess_new(&p, NULL, &side));
    check_fails(rsl_preprocess_shape(p, varying, shape), RSL_EMISMATCH, "--resize HxW");
    rsl_preprocess_free(p);
    rsl_model_free(m);
}

static void test_refuses_bad_texts(void **state) {
    (void)state;
    static const struct {
        struct rsl_preprocess_options o;
        const char *words;
    } bad[] = {
        {{.scale = "1/0"}, "scale '1/0'"},
        {{.scale = "x"}, "scale 'x'"},
        {{.scale = "1/255 "}, "A nor A/B"},
        {{.scale = "nan"}, "scale 'nan'"},
        {{.offset = ""}, "no number"},
        {{.offset = "1 2"}, "more than 1"},
        {{.mean = "0.5;0.5"}, "list"},
        {{.mean = "inf"}, "list"},
        {{.mean = "1 2"}, "--mean"},
        {{.mean = "125.3 123 113.9"}, "125.3 is of pixels 0..255, here they are 0..1: divide"},
        {{.std = "63"}, "std '63': 63 is of pixels 0..255"},
        {{.scale = "2/255", .offset = "-1", .mean = "33"}, "here they are -1..1"},
        {{.std = "1 0 1"}, "zero"},
        {{.mean = "1 2 3", .std = "1 2"}, "3 numbers, std 2"},
        {{.resize = "0"}, "resize '0'"},
        {{.resize = "224x"}, "resize '224x'"},
        {{.resize = "-3"}, "neither"},
        {{.resize = "99999999999999999999"}, "neither"},
        {{.crop = "1x2x3"}, "crop"},
        {{.filter = "lanczos"}, "'lanczos'"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct rsl_preprocess *p;
        int shape[3], rc = rsl_preprocess_new(&p, NULL, &bad[k].o);
        if (rc == RSL_OK) { /* two numbers are only wrong for images of three channels */
            rc = rsl_preprocess_shape(p, colour, shape);
            rsl_preprocess_free(p);
        }
        if (rc >= 0 || !strstr(rsl_errmsg(), bad[k].words))
            fail_msg("case %zu: %s '%s'", k, rsl_status_name(rc), rsl_errmsg());
    }
}

static void test_models_that_take_no_images(void **state) {
    (void)state;
    struct rsl_preprocess *p;
    struct rsl_model *m = rsl_model_new();
    check_fails(rsl_preprocess_new(&p, m, NULL), RSL_EMISMATCH, "0 inputs");
    rsl_model_free(m);
    m = model_taking(3, 8, 8);
    struct rsl_shape shape = rsl_shape_of(2, (int64_t[]){1, 4});
    assert_true(rsl_graph_add_input(&m->graph, "state", RSL_f32, &shape) >= 0);
    check_fails(rsl_preprocess_new(&p, m, NULL), RSL_EMISMATCH, "2 inputs, images are fed to one");
    rsl_model_free(m);
    m = model_taking(3, 8, 8);
    m->graph.values.at[0].tensor.dtype = RSL_u8;
    check_fails(rsl_preprocess_new(&p, m, NULL), RSL_EMISMATCH, "'image' is u8; images are fed as");
    rsl_model_free(m);
    m = model_taking(7, 8, 8);
    check_fails(rsl_preprocess_new(&p, m, NULL), RSL_EMISMATCH, "'image' is [?,7,8,8]");
    rsl_model_free(m);
}

/* Of pixels 0..255 where pixels stay as they are. */
static void test_bytes(void **state) {
    (void)state;
    struct rsl_preprocess *p;
    check_ok(rsl_preprocess_new(
        &p, NULL, &(struct rsl_preprocess_options){.scale = "1", .mean = "125.3", .std = "63"}));
    rsl_preprocess_free(p);
}

/* Sizes that a model leaves open are those of the images after preprocessing. */
static void test_open_sizes(void **state) {
    (void)state;
    struct rsl_model *m = model_taking(-1, -1, -1);
    const struct rsl_shape *s = &m->graph.values.at[0].tensor.shape;
    check_ok(rsl_model_fit(m, colour, &(struct rsl_preprocess_options){.resize = "20x24"}));
    assert_true(s->dim[0] == -1 && s->dim[1] == 3 && s->dim[2] == 20 && s->dim[3] == 24);
    check_fails(rsl_model_fit(m, colour, NULL), RSL_EMISMATCH, "give --resize 20x24");
    check_fails(rsl_model_set_input(m, 3, 20, 20), RSL_EMISMATCH,
                "input 'image' is [?,3,20,24]; it cannot take 3x20x20");
    rsl_model_free(m);
    m = model_taking(3, -1, -1);
    check_fails(rsl_model_set_input(m, 3, 0, 8), RSL_EMISMATCH, "cannot take 3x0x8");
    check_fails(rsl_model_fit(m, varying, NULL), RSL_EMISMATCH, "differ in size");
    check_ok(rsl_model_set_input(m, 3, 8, 9));
    rsl_model_free(m);
}

static int open_sets(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    char path[300];
    uint8_t images[16 + 32] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4};
    for (int k = 0; k < 32; k++) images[16 + k] = (uint8_t)k;
    snprintf(path, sizeof path, "%s/t10k-images-idx3-ubyte", folder);
    check_ok(rsl_file_write(path, images, sizeof images));
    snprintf(path, sizeof path, "%s/t10k-labels-idx1-ubyte", folder);
    check_ok(rsl_file_write(path, (uint8_t[]){0, 0, 8, 1, 0, 0, 0, 2, 1, 2}, 10));
    snprintf(path, sizeof path, "cd %s && mkdir -p pictures/a pictures/b", folder);
    if (system(path)) return -1;
    for (int k = 0; k < 2; k++) {
        uint8_t ppm[16 + 3 * 120];
        int width = k ? 20 : 8, height = k ? 6 : 15, n;
        n = snprintf((char *)ppm, sizeof ppm, "P6 %d %d 255\n", width, height);
        memset(ppm + n, k ? 70 : 50, 360);
        snprintf(path, sizeof path, "%s/pictures/%c/0.ppm", folder, k ? 'b' : 'a');
        check_ok(rsl_file_write(path, ppm, (size_t)(n + 3 * width * height)));
    }
    snprintf(grey_spec, sizeof grey_spec, "mnist:%s", folder);
    snprintf(folder_spec, sizeof folder_spec, "folder:%s/pictures", folder);
    const struct rsl_data_options hundred = {.count = 100};
    check_ok(rsl_data_open(&colour, "synth-signs", &hundred));
    check_ok(rsl_data_open(&grey, grey_spec, NULL));
    check_ok(rsl_data_open(&varying, folder_spec, NULL));
    return 0;
}

static int close_sets(void **state) {
    (void)state;
    rsl_data_close(colour);
    rsl_data_close(grey);
    rsl_data_close(varying);
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalization),
        cmocka_unit_test(test_scale_and_offset),
        cmocka_unit_test(test_options_override),
        cmocka_unit_test(test_resize_and_crop),
        cmocka_unit_test(test_statistics_replace_the_scale),
        cmocka_unit_test(test_grey_images),
        cmocka_unit_test(test_channels_last),
        cmocka_unit_test(test_varying_sizes),
        cmocka_unit_test(test_refuses_bad_texts),
        cmocka_unit_test(test_models_that_take_no_images),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_open_sizes),
    };
    return cmocka_run_group_tests(tests, open_sets, close_sets);
}
