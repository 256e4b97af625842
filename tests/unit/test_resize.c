/* Resizing against Pillow's own results (tests/data/make_resize.py), and torchvision's rules for
 * short sides and centre crops. */
#include "check.h"

#include "base/file.h"
#include "io/resize.h"

/* The same picture as in make_resize.py. */
static uint8_t pixel(int x, int y, int c) {
    int v = (x * 7 + y * 11 + c * 50) % 511;
    switch ((x / 3 + y / 4) % 3) {
        case 0:
            return (uint8_t)(v > 255 ? 510 - v : v);
        case 1:
            return (uint8_t)(((int64_t)x * 73 + y * 151 + c * 199) * 40503 >> 4 & 255);
        default:
            return (x / 5 + y / 7 + c) % 2 == 0 ? 255 : 0;
    }
}

static struct rsl_image picture(int width, int height, int channels) {
    struct rsl_image image;
    check_ok(rsl_image_new(&image, width, height, channels));
    uint8_t *p = image.pixels;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) *p++ = pixel(x, y, c);
    return image;
}

static void test_equals_pillow(void **state) {
    (void)state;
    struct rsl_file f;
    check_ok(rsl_file_open(&f, TEST_DATA "/resize.bin"));
    int cases = 0;
    for (size_t at = 0; at < f.size; cases++) {
        int32_t head[6];
        memcpy(head, f.data + at, sizeof head);
        at += sizeof head;
        struct rsl_image in = picture(head[0], head[1], head[2]), out;
        check_ok(rsl_resize(&in, head[3], head[4], head[5] ? RSL_BICUBIC : RSL_BILINEAR, &out));
        size_t size = (size_t)head[2] * (size_t)head[3] * (size_t)head[4];
        for (size_t k = 0; k < size; k++)
            if (out.pixels[k] != f.data[at + k])
                fail_msg("%dx%dx%d to %dx%d filter %d: byte %zu is %d, Pillow has %d", head[0],
                         head[1], head[2], head[3], head[4], head[5], k, out.pixels[k],
                         f.data[at + k]);
        at += size;
        rsl_image_free(&in);
        rsl_image_free(&out);
    }
    assert_int_equal(cases, 38);
    rsl_file_close(&f);
}

static void test_short_side(void **state) {
    (void)state;
    /* width, height, side -> width, height; int(size * long / short) of torchvision */
    static const int cases[][5] = {{640, 480, 256, 341, 256}, {480, 640, 256, 256, 341},
                                   {500, 375, 256, 341, 256}, {333, 500, 256, 256, 384},
                                   {32, 32, 224, 224, 224},   {100, 99, 32, 32, 32},
                                   {1, 1000, 8, 8, 8000},     {7, 3, 10, 23, 10}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int width, height;
        rsl_resize_short_side(cases[k][0], cases[k][1], cases[k][2], &width, &height);
        assert_int_equal(width, cases[k][3]);
        assert_int_equal(height, cases[k][4]);
    }
}

static void test_crop_offset(void **state) {
    (void)state;
    /* int(round((outer - inner) / 2)) in Python: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2, 58.5 -> 58 */
    assert_int_equal(rsl_crop_offset(224, 224), 0);
    assert_int_equal(rsl_crop_offset(256, 224), 16);
    assert_int_equal(rsl_crop_offset(225, 224), 0);
    assert_int_equal(rsl_crop_offset(227, 224), 2);
    assert_int_equal(rsl_crop_offset(229, 224), 2);
    assert_int_equal(rsl_crop_offset(341, 224), 58);
    assert_int_equal(rsl_crop_offset(343, 224), 60);
}

static void test_refuses_absurd_sizes(void **state) {
    (void)state;
    struct rsl_image in = picture(4, 4, 3), out;
    check_fails(rsl_resize(&in, 0, 5, RSL_BILINEAR, &out), RSL_EFORMAT, "0x4");
    check_fails(rsl_resize(&in, 1 << 15, 1 << 15, RSL_BILINEAR, &out), RSL_EFORMAT, "32768x32768");
    check_fails(rsl_resize(&in, 1 << 20, 4, RSL_BILINEAR, &out), RSL_EFORMAT, "1048576x4");
    rsl_image_free(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_pillow),
        cmocka_unit_test(test_short_side),
        cmocka_unit_test(test_crop_offset),
        cmocka_unit_test(test_refuses_absurd_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
