/* JPEG, PNG and PNM against what Pillow makes of the same files (tests/data/make_images.py), and
 * every truncation and many bit flips of them. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include "base/file.h"
#include "base/philox.h"
#include "io/image.h"

#include <stdlib.h>

enum { WIDTH = 21, HEIGHT = 14 };

static const char *const pictures[] = {
    "colour.jpg",
    "sampled.jpg",
    "progressive.jpg",
    "grey.jpg",
    "inks.jpg",
    "colour.png",
    "palette.png",
    "palette_transparent.png",
    "grey.png",
    "bits.png",
    "alpha.png",
    "grey_alpha.png",
    "wide_colour.png",
    "wide_grey.png",
    "wide_grey_alpha.png",
    "nibbles.png",
    "colour.ppm",
    "grey.ppm",
    "dark.ppm",
    "transparent_colour.png",
};

enum { PICTURES = sizeof pictures / sizeof *pictures };

static const char *path_of(const char *name, const char *ending) {
    static char path[512];
    snprintf(path, sizeof path, TEST_DATA "/images/%s%s", name, ending);
    return path;
}

static void test_equals_pillow(void **state) {
    (void)state;
    for (int k = 0; k < PICTURES; k++) {
        struct rsl_image image;
        struct rsl_file expected;
        check_ok(rsl_image_load(&image, path_of(pictures[k], "")));
        int width, height;
        check_ok(rsl_image_size(path_of(pictures[k], ""), &width, &height));
        assert_true(width == WIDTH && height == HEIGHT);
        check_ok(rsl_file_open(&expected, path_of(pictures[k], ".rgb")));
        assert_true(image.width == WIDTH && image.height == HEIGHT && image.channels == 3);
        assert_int_equal(expected.size, WIDTH * HEIGHT * 3);
        for (size_t i = 0; i < expected.size; i++)
            if (image.pixels[i] != expected.data[i])
                fail_msg("%s: byte %zu is %d, Pillow has %d", pictures[k], i, image.pixels[i],
                         expected.data[i]);
        rsl_file_close(&expected);
        rsl_image_free(&image);
    }
}

static void test_every_truncation_is_refused(void **state) {
    (void)state;
    for (int k = 0; k < PICTURES; k++) {
        struct rsl_file f;
        struct rsl_image image;
        check_ok(rsl_file_open(&f, path_of(pictures[k], "")));
        for (size_t n = 0; n + 2 < f.size; n++) {
            uint8_t *cut = malloc(n + 1); /* so that reading beyond it is found */
            memcpy(cut, f.data, n);
            int rc = rsl_image_decode(&image, cut, n, "cut");
            if (rc == RSL_OK) fail_msg("%s: %zu of %zu bytes were taken", pictures[k], n, f.size);
            assert_true(rc == RSL_EFORMAT && strstr(rsl_errmsg(), "cut"));
            assert_null(image.pixels);
            free(cut);
        }
        rsl_file_close(&f);
    }
}

static void test_bit_flips_are_survived(void **state) {
    (void)state;
    struct rsl_rng r = rsl_rng(1, 0);
    for (int k = 0; k < PICTURES; k++) {
        struct rsl_file f;
        struct rsl_image image;
        check_ok(rsl_file_open(&f, path_of(pictures[k], "")));
        uint8_t *bytes = malloc(f.size);
        for (int trial = 0; trial < 300; trial++) {
            memcpy(bytes, f.data, f.size);
            int flips = 1 + (int)rsl_rng_below(&r, 3);
            for (int j = 0; j < flips; j++) {
                uint64_t bit = rsl_rng_below(&r, 8 * (trial % 2 ? f.size : 64));
                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            if (rsl_image_decode(&image, bytes, f.size, "flipped") == RSL_OK)
                rsl_image_free(&image);
            else
                assert_true(rsl_errmsg()[0] != 0);
        }
        free(bytes);
        rsl_file_close(&f);
    }
}

static void test_refuses(void **state) {
    (void)state;
    struct rsl_image image;
    check_fails(rsl_image_decode(&image, (const uint8_t *)"GIF89a", 6, "x.gif"), RSL_EFORMAT,
                "neither JPEG");
    check_fails(rsl_image_decode(&image, (const uint8_t *)"P3 1 1 255 0 0 0", 16, "x"),
                RSL_EUNSUPPORTED, "P3");
    check_fails(rsl_image_decode(&image, (const uint8_t *)"P6 1 1 999 000000", 17, "x"),
                RSL_EUNSUPPORTED, "16 bits");
    check_fails(rsl_image_decode(&image, (const uint8_t *)"P6 65536 65536 255 ", 19, "x"),
                RSL_EFORMAT, "bytes");
    check_fails(rsl_image_decode(&image, (const uint8_t *)"P6 99999999999 1 255 ", 21, "x"),
                RSL_EFORMAT, "header");
    check_fails(rsl_image_decode(&image, (const uint8_t *)"P6 0 1 255 ", 11, "x"), RSL_EFORMAT,
                "header");
    check_fails(rsl_image_decode(&image, (const uint8_t *)"P6 1 1 0 abc", 12, "x"), RSL_EFORMAT,
                "header");
    check_fails(rsl_image_load(&image, TEST_DATA "/images"), RSL_EIO, "folder");
    check_fails(rsl_image_load(&image, TEST_DATA "/images/none.png"), RSL_EIO, "none.png");
}

/* Heads that claim 60000 x 60000 pixels. */
static void test_bomb(void **state) {
    (void)state;
    static const uint8_t head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0,    0, 0,    13,
                                   'I',  'H', 'D', 'R', 0,    0,    0xea, 0x60, 0,    0, 0xea, 0x60,
                                   8,    2,   0,   0,   0,    0x0f, 0xb0, 0xe2, 0x15, 0, 0,    0,
                                   1,    'I', 'D', 'A', 'T',  0,    0,    0,    0,    0};
    struct rsl_image image;
    check_fails(rsl_image_decode(&image, head, sizeof head, "bomb.png"), RSL_EFORMAT,
                "bomb.png: a picture of 60000x60000");
    assert_null(image.pixels);
    static const uint8_t frame[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xea, 0x60, 0xea, 0x60, 1, 1,
                                    0x11, 0,    0xff, 0xda, 0, 8,  1, 1,    0,    0,    63,   0};
    check_fails(rsl_image_decode(&image, frame, sizeof frame, "bomb.jpg"), RSL_EFORMAT,
                "bomb.jpg: a picture of 60000x60000");
    assert_null(image.pixels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_pillow),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_bit_flips_are_survived),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_bomb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
