/* Augmentation: each kind against an obvious reference, its chances, and that every draw belongs to
 * (seed, epoch, index, kind) alone. */
#include "check.h"

#include "base/sha256.h"
#include "base/turn.h"
#include "data/augment.h"
#include "resile/data.h"

#include <math.h>
#include <stdlib.h>

enum { C = 3, H = 7, W = 9, AREA = H * W, SIZE = C * AREA };

static const int shape[3] = {C, H, W};
static uint8_t image[SIZE]; /* no byte twice in a plane, none zero */

static void make_image(void) {
    for (int k = 0; k < SIZE; k++) image[k] = (uint8_t)(1 + k % AREA * 4 + k / AREA);
}

static struct rsl_augment parsed(const char *text) {
    struct rsl_augment a;
    check_ok(rsl_augment_parse(&a, text));
    return a;
}

/* The augmented image of `index`, in one of two static buffers. */
static const uint8_t *augmented(const struct rsl_augment *a, uint64_t seed, int64_t epoch,
                                int64_t index) {
    static uint8_t bytes[SIZE], spare[SIZE];
    memcpy(bytes, image, SIZE);
    memset(spare, 0xaa, SIZE);
    return rsl_augment_apply(a, seed, epoch, index, shape, bytes, spare);
}

/* ---- the texts ---- */

static void test_parses(void **state) {
    (void)state;
    assert_int_equal(parsed("none").n, 0);
    assert_int_equal(parsed(NULL).n, 0);
    struct rsl_augment a = parsed("crop:4,flip,affine:10:0.1:0.9-1.1,cutout:8,crop:2:reflect");
    assert_int_equal(a.n, 5);
    assert_string_equal(a.step[2].kind->name, "affine");
    assert_true(a.step[0].stream != a.step[4].stream);
    static const char *const good[] = {
        "crop:0",   "crop:1024:reflect", "flip:0",   "flip:1.0",       "flip:0.123456789",
        "affine:0", "affine:180:1",      "cutout:0", "affine:5:0:1-1", "affine:5:0.5:0.1-10",
        "crop:004", "flip,flip"};
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) (void)parsed(good[k]);
    for (int i = 0; i < rsl_augmentation_count(); i++) {
        assert_non_null(rsl_augmentation_form(i));
        assert_non_null(rsl_augmentation_about(i));
    }
    assert_null(rsl_augmentation_form(rsl_augmentation_count()));
    assert_null(rsl_augmentation_about(-1));
}

static void test_refuses(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "empty name"},
        {",", "empty name"},
        {"flip,", "empty name"},
        {"crop:4,,flip", "empty name"},
        {"none,flip", "'none': there is no such thing"},
        {"crp:4", "'crp:4': there is no such thing; the nearest are crop"},
        {"crop", "'crop': is not crop:PAD"},
        {"crop:", "'crop:': is not"},
        {"crop:-1", "'crop:-1': is not"},
        {"crop:1025", "PAD from 0 to 1024"},
        {"crop:4.5", "is not crop"},
        {"crop:4:mirror", "is not crop"},
        {"crop:4:reflect:x", "is not crop"},
        {"crop:1:2:3:4:5:6", "is not crop"},
        {"crop: 4", "is not crop"},
        {"crop:99999999999999999999999", "is not crop"},
        {"flip:1.1", "CHANCE from 0 to 1"},
        {"flip:nan", "is not flip"},
        {"flip:1e-3", "is not flip"},
        {"flip:.5", "is not flip"},
        {"flip:0.", "is not flip"},
        {"flip:0.1234567891", "is not flip"},
        {"flip:0.1.2", "is not flip"},
        {"flip:", "is not flip"},
        {"affine", "is not affine"},
        {"affine:181", "DEGREES from 0 to 180"},
        {"affine:10:2", "is not affine"},
        {"affine:10:0.1:1", "is not affine"},
        {"affine:10:0.1:1.1-0.9", "is not affine"},
        {"affine:10:0.1:0-1", "is not affine"},
        {"affine:10:0.1:1-", "is not affine"},
        {"affine:10:0.1:0.00000000000000000000000000001-1", "is not affine"},
        {"cutout:8:8", "is not cutout"},
        {"flip,flip,flip,flip,flip,flip,flip,flip,flip", "more than 8"},
        {"flip:0.3333333333333333333333333333333333333333333333333333333333", "too long"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct rsl_augment a;
        int rc = rsl_augment_parse(&a, bad[k].text);
        if (rc != RSL_EARG || !strstr(rsl_errmsg(), bad[k].words) || a.n != 0)
            fail_msg("'%s': %s '%s'", bad[k].text, rsl_status_name(rc), rsl_errmsg());
    }
}

/* ---- purity ---- */

static void test_depends_on_nothing_else(void **state) {
    (void)state;
    struct rsl_augment a = parsed("crop:2,flip,affine:20:0.1:0.8-1.2,cutout:3");
    enum { N = 50 };
    static uint8_t forward[N][SIZE];
    for (int i = 0; i < N; i++) memcpy(forward[i], augmented(&a, 3, 4, i), SIZE);
    for (int i = N - 1; i >= 0; i--) assert_memory_equal(augmented(&a, 3, 4, i), forward[i], SIZE);
    int same[3] = {0};
    for (int i = 0; i < N; i++) {
        same[0] += memcmp(augmented(&a, 5, 4, i), forward[i], SIZE) == 0;
        same[1] += memcmp(augmented(&a, 3, 5, i), forward[i], SIZE) == 0;
        same[2] += memcmp(augmented(&a, 3, 4, i + N), forward[i], SIZE) == 0;
    }
    assert_true(same[0] == 0 && same[1] == 0 && same[2] == 0);
}

/* A step that changes nothing may come and go without changing what the others draw. */
static void test_steps_are_independent(void **state) {
    (void)state;
    struct rsl_augment two = parsed("crop:2,flip"),
                       moved = parsed("flip:0,affine:0,crop:2,cutout:0");
    struct rsl_augment three = parsed("cutout:0,crop:2,affine:0,flip"), crop = parsed("crop:2");
    struct rsl_augment twice = parsed("crop:2,crop:2");
    int flipped_alike = 0, twice_alike = 0;
    for (int i = 0; i < 100; i++) {
        uint8_t expected[SIZE];
        memcpy(expected, augmented(&two, 1, 2, i), SIZE);
        assert_memory_equal(augmented(&three, 1, 2, i), expected, SIZE);
        memcpy(expected, augmented(&crop, 1, 2, i), SIZE);
        flipped_alike += memcmp(augmented(&moved, 1, 2, i), expected, SIZE) == 0;
        twice_alike += memcmp(augmented(&twice, 1, 2, i), expected, SIZE) == 0;
    }
    assert_int_equal(flipped_alike, 100);
    assert_true(twice_alike < 20); /* 1 in 25 does not move the second time */
}

/* If this fails, no training can be repeated with a newer version. */
static void test_pinned_bytes(void **state) {
    (void)state;
    static const struct {
        const char *text, *hex;
    } pinned[] = {
        {"crop:4", "8524b63dc1f2591b6f95aa99383f1f2d8ff574b237c754191ca3877b5e309584"},
        {"crop:4:reflect,flip", "b4baed691647301e47b750522aba1496e637697865ac542ec183f0c2352c837d"},
        {"affine:15:0.1:0.9-1.1",
         "660cde80d718b85bc603f2d8b54fdf2cf99625a0470208b60145f33e3a6d05c2"},
        {"cutout:8", "e27a06a0f577bae91fe1432987f6a8c71654614d642fda9547b5ed341b12184f"},
    };
    struct rsl_data *d;
    const struct rsl_data_options options = {.count = 64};
    const int signs[3] = {3, 32, 32};
    check_ok(rsl_data_open(&d, "synth-signs", &options));
    for (size_t k = 0; k < sizeof pinned / sizeof *pinned; k++) {
        struct rsl_augment a = parsed(pinned[k].text);
        struct rsl_sha256 s;
        char hex[65];
        rsl_sha256_init(&s);
        for (int i = 0; i < 64; i++) {
            uint8_t bytes[3072], spare[3072];
            check_ok(rsl_data_read(d, i, 1, bytes, NULL));
            rsl_sha256_add(&s, rsl_augment_apply(&a, 1, 2, i, signs, bytes, spare), 3072);
        }
        rsl_sha256_hex(&s, hex);
        if (strcmp(hex, pinned[k].hex) != 0) fail_msg("%s: %s", pinned[k].text, hex);
    }
    rsl_data_close(d);
}

/* ---- crop ---- */

static int reflected(int i, int n) {
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
}

static void reference_crop(int dy, int dx, int reflect, uint8_t *out) {
    for (int k = 0; k < SIZE; k++) {
        int y = k % AREA / W + dy, x = k % W + dx, inside = y >= 0 && y < H && x >= 0 && x < W;
        int from = k / AREA * AREA + reflected(y, H) * W + reflected(x, W);
        out[k] = inside || reflect ? image[from] : 0;
    }
}

/* Every result is the crop at some offset, and every offset comes about equally often: 60 expected
 * of each, standard deviation 8. */
static void check_crop(const char *text, int pad, int reflect) {
    struct rsl_augment a = parsed(text);
    int side = 2 * pad + 1, places = side * side, n = 60 * places, seen[25 * 25] = {0};
    static uint8_t reference[25 * 25][SIZE];
    assert_true(places <= 25 * 25);
    for (int k = 0; k < places; k++)
        reference_crop(k / side - pad, k % side - pad, reflect, reference[k]);
    for (int i = 0; i < n; i++) {
        const uint8_t *result = augmented(&a, 11, 0, i);
        int k = 0;
        while (k < places && memcmp(result, reference[k], SIZE) != 0) k++;
        assert_true(k < places);
        seen[k]++;
    }
    for (int k = 0; k < places; k++) assert_in_range(seen[k], 22, 100);
}

static void test_crop(void **state) {
    (void)state;
    check_crop("crop:0", 0, 0);
    check_crop("crop:2", 2, 0);
    check_crop("crop:3:reflect", 3, 1);
}

/* A padding beyond the image: all zeros, or reflected again and again. */
static void test_crop_beyond_the_image(void **state) {
    (void)state;
    struct rsl_augment zero = parsed("crop:40"), reflect = parsed("crop:40:reflect");
    int blank = 0, found = 0;
    for (int i = 0; i < 50; i++) {
        const uint8_t *result = augmented(&zero, 0, 0, i);
        int sum = 0;
        for (int k = 0; k < SIZE; k++) sum += result[k];
        blank += sum == 0;
        uint8_t expected[SIZE];
        result = augmented(&reflect, 0, 0, i);
        for (int k = 0; k < 81 * 81; k++) {
            reference_crop(k / 81 - 40, k % 81 - 40, 1, expected);
            if (memcmp(result, expected, SIZE) != 0) continue;
            found++;
            break;
        }
    }
    assert_true(blank > 30);
    assert_int_equal(found, 50);
}

/* ---- flip ---- */

static int count_flips(const char *text, int n) {
    struct rsl_augment a = parsed(text);
    uint8_t mirrored[SIZE];
    int flips = 0;
    for (int k = 0; k < SIZE; k++) mirrored[k] = image[k / W * W + W - 1 - k % W];
    for (int i = 0; i < n; i++) {
        const uint8_t *result = augmented(&a, 8, 1, i);
        int flip = memcmp(result, mirrored, SIZE) == 0;
        assert_true(flip || memcmp(result, image, SIZE) == 0);
        flips += flip;
    }
    return flips;
}

static void test_flip(void **state) {
    (void)state;
    assert_in_range(count_flips("flip", 10000), 4800, 5200);
    assert_in_range(count_flips("flip:0.3", 10000), 2800, 3200);
    assert_int_equal(count_flips("flip:0", 1000), 0);
    assert_int_equal(count_flips("flip:1", 1000), 1000);
}

/* ---- cutout ---- */

static void check_cutout(const char *text, int side) {
    struct rsl_augment a = parsed(text);
    static uint8_t reference[AREA][SIZE];
    int seen[AREA] = {0};
    for (int center = 0; center < AREA; center++)
        for (int k = 0; k < SIZE; k++) {
            int y = k % AREA / W - (center / W - side / 2), x = k % W - (center % W - side / 2);
            reference[center][k] = y >= 0 && y < side && x >= 0 && x < side ? 0 : image[k];
        }
    for (int i = 0; i < 60 * AREA; i++) {
        const uint8_t *result = augmented(&a, 2, 0, i);
        int k = 0;
        while (k < AREA && memcmp(result, reference[k], SIZE) != 0) k++;
        assert_true(k < AREA);
        seen[k]++;
    }
    for (int k = 0; k < AREA; k++) assert_in_range(seen[k], 22, 100);
}

static void test_cutout(void **state) {
    (void)state;
    check_cutout("cutout:1", 1);
    check_cutout("cutout:3", 3);
    check_cutout("cutout:4", 4);
    struct rsl_augment nothing = parsed("cutout:0"), all = parsed("cutout:1000");
    for (int i = 0; i < 10; i++) {
        assert_memory_equal(augmented(&nothing, 0, 0, i), image, SIZE);
        const uint8_t *black = augmented(&all, 0, 0, i);
        for (int k = 0; k < SIZE; k++) assert_int_equal(black[k], 0);
    }
}

/* ---- affine ---- */

static void test_affine_identity(void **state) {
    (void)state;
    static const char *const same[] = {"affine:0", "affine:0:0", "affine:0:0:1-1"};
    for (int k = 0; k < 3; k++) {
        struct rsl_augment a = parsed(same[k]);
        for (int i = 0; i < 100; i++) assert_memory_equal(augmented(&a, i, 0, i), image, SIZE);
    }
}

static double pixel(int c, int y, int x) {
    return y >= 0 && y < H && x >= 0 && x < W ? image[c * AREA + y * W + x] : 0;
}

/* In double and with libm: where the pixel's centre comes from, by inverting scale, turn, shift. */
static double reference_affine(int c, int y, int x, const double draw[4]) {
    double px = x + 0.5 - W / 2.0 - draw[1], py = y + 0.5 - H / 2.0 - draw[2];
    double u = (cos(draw[0]) * px + sin(draw[0]) * py) / draw[3] + W / 2.0 - 0.5;
    double v = (-sin(draw[0]) * px + cos(draw[0]) * py) / draw[3] + H / 2.0 - 0.5;
    double fu = u - floor(u), fv = v - floor(v);
    int iu = (int)floor(u), iv = (int)floor(v);
    return (1 - fv) * ((1 - fu) * pixel(c, iv, iu) + fu * pixel(c, iv, iu + 1)) +
           fv * ((1 - fu) * pixel(c, iv + 1, iu) + fu * pixel(c, iv + 1, iu + 1));
}

/* Angle, shifts and scale are the first four draws, in this order. The weights have 11 bits: a
 * place that is off by 2^-11 pixel is less than 0.13 grey levels. */
static void check_affine(const char *text, double degrees, double shift, double low, double high) {
    struct rsl_augment a = parsed(text);
    for (uint64_t i = 0; i < 200; i++) {
        struct rsl_rng rng = rsl_rng(i, 1), same = rng;
        uint8_t out[SIZE];
        double unit[4], pi = acos(-1);
        for (int k = 0; k < 4; k++) unit[k] = (double)rsl_rng_u32(&same) * 0x1p-32;
        double draw[] = {(2 * unit[0] - 1) * degrees * pi / 180, (2 * unit[1] - 1) * shift * W,
                         (2 * unit[2] - 1) * shift * H, low + (high - low) * unit[3]};
        a.step[0].kind->apply(a.step[0].number, &rng, shape, image, out);
        for (int k = 0; k < SIZE; k++) {
            double expected = reference_affine(k / AREA, k % AREA / W, k % W, draw);
            if (fabs(out[k] - expected) > 0.5 + 0.26)
                fail_msg("%s, draw %d, byte %d: %d instead of %.3f", text, (int)i, k, out[k],
                         expected);
        }
    }
}

static void test_affine(void **state) {
    (void)state;
    check_affine("affine:10", 10, 0, 1, 1);
    check_affine("affine:180", 180, 0, 1, 1);
    check_affine("affine:0:0.25", 0, 0.25, 1, 1);
    check_affine("affine:0:0:2-2", 0, 0, 2, 2);
    check_affine("affine:0:0:0.1-10", 0, 0, 0.1, 10);
    check_affine("affine:15:0.1:0.9-1.1", 15, 0.1, 0.9, 1.1);
    check_affine("affine:180:1:0.5-2", 180, 1, 0.5, 2);
}

static void test_turn(void **state) {
    (void)state;
    static const double quarter[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    double c, s;
    for (int k = 0; k < 4; k++) {
        rsl_turn(2 * k, &c, &s);
        assert_true(c == quarter[k][0] && s == quarter[k][1]);
    }
    for (int k = 0; k < 8000; k++) {
        rsl_turn(k / 1000.0, &c, &s);
        double angle = k / 4000.0 * acos(-1);
        assert_true(fabs(c - cos(angle)) < 1e-14 && fabs(s - sin(angle)) < 1e-14);
    }
}

/* ---- any size ---- */

static void test_every_size(void **state) {
    (void)state;
    struct rsl_augment a =
        parsed("crop:5,crop:5:reflect,flip,affine:180:1:0.1-10,affine:45,cutout:4,cutout:9");
    for (int height = 1; height <= 5; height++)
        for (int width = 1; width <= 5; width++)
            for (int channels = 1; channels <= 3; channels += 2)
                for (int i = 0; i < 20; i++) {
                    const int own[3] = {channels, height, width};
                    size_t size = (size_t)(channels * height * width);
                    uint8_t *bytes = malloc(size), *spare = malloc(size);
                    assert_true(bytes && spare);
                    memset(bytes, 200, size);
                    const uint8_t *r = rsl_augment_apply(&a, 1, 0, i, own, bytes, spare);
                    for (size_t k = 0; k < size; k++) assert_in_range(r[k], 0, 200);
                    free(bytes);
                    free(spare);
                }
}

int main(void) {
    make_image();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_depends_on_nothing_else),
        cmocka_unit_test(test_steps_are_independent),
        cmocka_unit_test(test_pinned_bytes),
        cmocka_unit_test(test_crop),
        cmocka_unit_test(test_crop_beyond_the_image),
        cmocka_unit_test(test_flip),
        cmocka_unit_test(test_cutout),
        cmocka_unit_test(test_affine_identity),
        cmocka_unit_test(test_affine),
        cmocka_unit_test(test_turn),
        cmocka_unit_test(test_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
