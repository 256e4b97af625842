/* Encodings: names, published vectors, an independent implementation in numpy, hostile tensors. */
#include "memory/encoding.h"

#include "check.h"
#include "torture.h"

#include <math.h>
#include <omp.h>

struct golden {
    const char *encoding;
    int rank;
    int64_t dim[3];
    const uint32_t *weights;
    uint8_t codes[80];
    uint32_t scale[20], zero_point[20], values[80];
};
#include "data/encoding.inc"

static float float_of(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t bits_of(float f) {
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static struct rsl_encoding parse(const char *text) {
    struct rsl_encoding e;
    check_ok(rsl_encoding_parse(&e, text));
    return e;
}

static struct rsl_shape shape_of(int64_t a, int64_t b) {
    return rsl_shape_of(2, (int64_t[]){a, b});
}

/* ---- names ---- */

/* Field by field: what lies between them is anything. */
static bool same(const struct rsl_encoding *a, const struct rsl_encoding *b) {
    return a->kind == b->kind && a->bits == b->bits && a->per_channel == b->per_channel &&
           a->axis == b->axis && a->rounding == b->rounding && a->negate == b->negate;
}

static void test_names(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"f32", "f32"},
        {"bf16", "bf16"},
        {"f16", "f16"},
        {"int8", "int8"},
        {"int32", "int32"},
        {"affine4", "affine4"},
        {"affine4:channel", "affine4"},
        {"affine4:tensor", "affine4:tensor"},
        {"affine4:axis=0", "affine4:axis=0"},
        {"affine5:paper:axis=1", "affine5:axis=1:paper"},
        {"affine5:paper:code", "affine5"},
        {"affine5:axis=1:tensor", "affine5:tensor"},
        {"symmetric8", "symmetric8"},
        {"symmetric8:channel:negate", "symmetric8:channel:negate"},
        {"symmetric2:tensor", "symmetric2"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct rsl_encoding e = parse(pairs[i][0]), again;
        char text[RSL_ENCODING_TEXT];
        assert_string_equal(rsl_encoding_text(&e, text), pairs[i][1]);
        again = parse(text);
        assert_true(same(&e, &again));
    }
    size_t kinds = 0;
    while (rsl_encoding_kind(kinds)) assert_true(strlen(rsl_encoding_kind(kinds++)->about) > 10);
    assert_int_equal(kinds, 6);
}

static void test_wrong_names(void **state) {
    (void)state;
    struct rsl_encoding e;
    check_fails(rsl_encoding_parse(&e, "affin4"), RSL_ENOTFOUND, "no encoding 'affin4'");
    check_fails(rsl_encoding_parse(&e, ""), RSL_ENOTFOUND, "no encoding ''");
    check_fails(rsl_encoding_parse(&e, "f32x"), RSL_ENOTFOUND, "no encoding 'f32x'");
    check_fails(rsl_encoding_parse(&e, "affinex"), RSL_ENOTFOUND, "no encoding");
    check_fails(rsl_encoding_parse(&e, "affine"), RSL_EARG, "needs its number of bits, 2 to 8");
    check_fails(rsl_encoding_parse(&e, "affine:tensor"), RSL_EARG, "needs its number of bits");
    check_fails(rsl_encoding_parse(&e, "affine1"), RSL_EARG, "affine has 2 to 8 bits");
    check_fails(rsl_encoding_parse(&e, "affine9"), RSL_EARG, "affine has 2 to 8 bits");
    check_fails(rsl_encoding_parse(&e, "symmetric0"), RSL_EARG, "symmetric has 2 to 8 bits");
    check_fails(rsl_encoding_parse(&e, "affine4x"), RSL_EARG, "affine has 2 to 8 bits");
    check_fails(rsl_encoding_parse(&e, "affine-4"), RSL_ENOTFOUND, "no encoding 'affine-4'");
    check_fails(rsl_encoding_parse(&e, "affine99999999999"), RSL_EARG, "affine has 2 to 8");
    check_fails(rsl_encoding_parse(&e, "int12"), RSL_EARG, "int has 8, 16, 32 bits");
    check_fails(rsl_encoding_parse(&e, "affine4:"), RSL_EARG, "no option ''");
    check_fails(rsl_encoding_parse(&e, "affine4:negate"), RSL_EARG, "no option 'negate'");
    check_fails(rsl_encoding_parse(&e, "f32:tensor"), RSL_EARG, "f32 has no option 'tensor'");
    check_fails(rsl_encoding_parse(&e, "symmetric8:paper"), RSL_EARG, "no option 'paper'");
    check_fails(rsl_encoding_parse(&e, "symmetric7:negate"), RSL_EARG, "8 bits, not for 7");
    check_fails(rsl_encoding_parse(&e, "symmetric8:axis=1"), RSL_EARG, "write 'channel'");
    check_fails(rsl_encoding_parse(&e, "affine8:axis=9"), RSL_EARG, "an axis is a number");
    check_fails(rsl_encoding_parse(&e, "affine8:axis="), RSL_EARG, "an axis is a number");
    check_fails(rsl_encoding_parse(&e, "affine8:axis=1x"), RSL_EARG, "an axis is a number");
    char word[600];
    memset(word, 'a', sizeof word);
    word[599] = 0;
    check_fails(rsl_encoding_parse(&e, word), RSL_ENOTFOUND, "no encoding");
    memcpy(word, "affine8:", 8);
    check_fails(rsl_encoding_parse(&e, word), RSL_EARG, "no option");
}

/* ---- vectors ---- */

/* The channel worked out by hand from FORTUNE's program: s = 0.5, z = 2. */
static void test_published_vector(void **state) {
    (void)state;
    const float w[] = {-1, -0.3f, 0, 0.7f, 2.5f}, back[] = {-1, -0.5f, 0, 0.5f, 2.5f};
    const uint8_t codes[] = {0, 1, 2, 3, 7};
    const struct rsl_encoding e = parse("affine3");
    const struct rsl_shape shape = shape_of(1, 5);
    struct rsl_codes c;
    float out[5];
    check_ok(rsl_codes_init(&c, &e, &shape));
    check_ok(rsl_encode(&c, w));
    assert_memory_equal(c.code, codes, 5);
    assert_true(c.scale[0] == 0.5f && c.zero_point[0] == 2);
    rsl_decode(&c, out);
    assert_memory_equal(out, back, sizeof out);
    rsl_codes_free(&c);
}

/* A channel where the two roundings differ: s = 1, -min / s = 0.4. The paper's equation rounds
 * 0.3 + 0.4 up; the program rounds each down. */
static void test_roundings_differ(void **state) {
    (void)state;
    const float w[] = {-0.4f, 0.3f, 6.6f};
    const struct rsl_shape shape = shape_of(1, 3);
    static const uint8_t by_code[] = {0, 0, 7}, by_paper[] = {0, 1, 7};
    struct rsl_codes c;
    for (int paper = 0; paper < 2; paper++) {
        const struct rsl_encoding e = parse(paper ? "affine3:paper" : "affine3:code");
        check_ok(rsl_codes_init(&c, &e, &shape));
        check_ok(rsl_encode(&c, w));
        assert_memory_equal(c.code, paper ? by_paper : by_code, 3);
        assert_true(c.zero_point[0] == (paper ? 0.4f : 0.0f));
        rsl_codes_free(&c);
    }
}

/* rmax/s and -rmin/s both end in .5 and are rounded up: the sum would be 2^w. */
static void test_clamped_at_the_top(void **state) {
    (void)state;
    const float w[] = {-1.5f, 5.5f};
    const struct rsl_encoding e = parse("affine3");
    const struct rsl_shape shape = shape_of(1, 2);
    struct rsl_codes c;
    check_ok(rsl_codes_init(&c, &e, &shape));
    check_ok(rsl_encode(&c, w));
    assert_true(c.scale[0] == 1 && c.zero_point[0] == 2);
    assert_int_equal(rsl_code_at(&c, 0), 0);
    assert_int_equal(rsl_code_at(&c, 1), 7);
    rsl_codes_free(&c);
}

static void test_numpy(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof golden / sizeof *golden; k++) {
        const struct golden *g = &golden[k];
        const struct rsl_encoding e = parse(g->encoding);
        const struct rsl_shape shape = rsl_shape_of(g->rank, g->dim);
        struct rsl_codes c;
        float w[80], out[80];
        check_ok(rsl_codes_init(&c, &e, &shape));
        for (int64_t i = 0; i < c.count; i++) w[i] = float_of(g->weights[i]);
        check_ok(rsl_encode(&c, w));
        for (int64_t i = 0; i < c.channels; i++)
            if (bits_of(c.scale[i]) != g->scale[i] ||
                (c.zero_point && c.zero_point[i] != float_of(g->zero_point[i])))
                fail_msg("%s: channel %d: scale %a, expected %a", g->encoding, (int)i,
                         (double)c.scale[i], (double)float_of(g->scale[i]));
        rsl_decode(&c, out);
        for (int64_t i = 0; i < c.count; i++)
            if (rsl_code_at(&c, i) != g->codes[i] || out[i] != float_of(g->values[i]))
                fail_msg("%s: case %zu, element %d: code %u, expected %u", g->encoding, k, (int)i,
                         rsl_code_at(&c, i), g->codes[i]);
        rsl_codes_free(&c);
    }
}

static void test_negate(void **state) {
    (void)state;
    const struct rsl_encoding e = parse("symmetric8:channel:negate"), plain = parse("symmetric8");
    for (int x = -128; x < 128; x++) {
        uint32_t code = (uint32_t)x & 0xff;
        int expected = x == -127 ? 0 : x == -128 ? -128 : -x;
        assert_int_equal(rsl_encoding_flip(&e, code, 7), (uint32_t)expected & 0xff);
        assert_int_equal(rsl_encoding_flip(&plain, code, 7), code ^ 0x80);
        for (int bit = 0; bit < 7; bit++)
            assert_int_equal(rsl_encoding_flip(&e, code, bit), code ^ 1u << bit);
    }
}

/* ---- properties, on every encoding ---- */

static const char *const all[] = {
    "f32",
    "f16",
    "bf16",
    "affine2",
    "affine3",
    "affine5:paper",
    "affine8",
    "affine8:tensor",
    "affine4:axis=1",
    "affine6:axis=1:paper",
    "symmetric2",
    "symmetric5",
    "symmetric8",
    "symmetric8:channel",
    "symmetric3:channel:axis=1",
};
enum { ALL = sizeof all / sizeof *all };

/* Bell-shaped enough, from integers. */
static void draw(float *w, int64_t n, uint32_t seed) {
    for (int64_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t a = seed >> 8 & 255, b = seed >> 16 & 255, c = seed >> 24;
        w[i] = ((float)(a + b + c) - 382.5f) * 0.001f;
    }
}

/* Decoding and encoding again gives codes that stand for the same values; fake quantization gives
 * the values themselves, also in place; decode_one agrees with decode on every code. */
static void check_properties(const char *text, const struct rsl_shape *shape, const float *w) {
    const struct rsl_encoding e = parse(text);
    struct rsl_codes c;
    check_ok(rsl_codes_init(&c, &e, shape));
    check_ok(rsl_encode(&c, w));
    size_t bytes = (size_t)c.count * sizeof(float);
    float *a = rsl_malloc(bytes), *b = rsl_malloc(bytes);
    assert_true(a && b);
    rsl_decode(&c, a);
    check_ok(rsl_fake_quantize(&e, w, shape, b));
    assert_memory_equal(a, b, bytes);
    memcpy(b, w, bytes);
    check_ok(rsl_fake_quantize(&e, b, shape, b));
    assert_memory_equal(a, b, bytes);
    for (int64_t i = 0; i < c.count; i++) {
        uint32_t code = rsl_code_at(&c, i), top = (uint32_t)1 << (e.bits - 1);
        assert_true(code <= (top | (top - 1)));
        float one = rsl_decode_one(&c, i, code);
        assert_memory_equal(&one, &a[i], sizeof one);
        if (e.kind->grid) {
            float step = c.scale[i / c.inner % c.channels];
            float most = e.kind->zero_point && e.rounding == RSL_ROUND_CODE ? 1.01f : 0.51f;
            if (fabsf(one - w[i]) > most * step)
                fail_msg("%s: element %d: %g became %g, step %g", text, (int)i, (double)w[i],
                         (double)one, (double)step);
            rsl_code_set(&c, i, code ^ top);
            assert_int_equal(rsl_code_at(&c, i), code ^ top);
        }
    }
    rsl_free(a);
    rsl_free(b);
    rsl_codes_free(&c);
}

static void test_properties(void **state) {
    (void)state;
    static const int64_t shapes[][4] = {{1, 1, 1, 1},   {7, 3, 3, 3},   {3, 70, 1, 1},
                                        {2, 5, 40, 30}, {130, 2, 1, 1}, {1, 1100, 2, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int k = 0; k < ALL; k++) {
            struct rsl_shape shape = rsl_shape_of(4, shapes[s]);
            static float w[2 * 5 * 40 * 30];
            draw(w, rsl_shape_count(&shape), (uint32_t)(s * 100 + (size_t)k));
            check_properties(all[k], &shape, w);
        }
}

/* Codes that were decoded are encoded to themselves: f32 and f16 for every pattern that is not
 * NaN, the scaled ones when the extreme codes are present. */
static void test_idempotent(void **state) {
    (void)state;
    for (int bits = 2; bits <= 8; bits++) {
        int n = 1 << bits;
        char text[40];
        float w[256], again[256];
        const struct rsl_shape shape = shape_of(1, n);
        const char *const forms[] = {"affine%d", "affine%d:paper", "symmetric%d"};
        for (int f = 0; f < 3; f++) {
            snprintf(text, sizeof text, forms[f], bits);
            const struct rsl_encoding e = parse(text);
            struct rsl_codes c;
            check_ok(rsl_codes_init(&c, &e, &shape));
            int lowest = f == 2 ? 1 - n / 2 : 0; /* -2^(w-1) is not reached by encoding */
            for (int i = 0; i < n; i++)
                w[i] = 0.125f * (float)((lowest + i > n / 2 - 1 && f == 2 ? 0 : lowest + i) - 1);
            if (f == 2)
                for (int i = 0; i < n; i++) w[i] += 0.125f;
            check_ok(rsl_encode(&c, w));
            rsl_decode(&c, again);
            assert_memory_equal(w, again, (size_t)n * sizeof *w);
            for (int i = 0; f < 2 && i < n; i++) assert_int_equal(rsl_code_at(&c, i), i);
            rsl_codes_free(&c);
        }
    }
    const struct rsl_encoding f16 = parse("f16"), bf16 = parse("bf16");
    for (uint32_t code = 0; code < 65536; code++) {
        float a = f16.kind->from_code(code, 16), b = bf16.kind->from_code(code, 16);
        if (!isnan(a)) assert_int_equal(f16.kind->to_code(a, 16), code);
        if (!isnan(b)) assert_int_equal(bf16.kind->to_code(b, 16), code);
    }
}

static void test_constant_channels(void **state) {
    (void)state;
    static const float constants[] = {0,      -0.0f,   0.1f,    -0.1f, 1,         -3e-5f,   1e-30f,
                                      1e-40f, -1e-45f, -7e-42f, 3e37f, -0x1p126f, 0x1p-126f};
    for (size_t k = 0; k < sizeof constants / sizeof *constants; k++)
        for (int bits = 2; bits <= 8; bits++) {
            char text[40];
            float w[3] = {constants[k], constants[k], constants[k]}, out[3];
            const struct rsl_shape shape = shape_of(1, 3);
            snprintf(text, sizeof text, "affine%d%s", bits, k % 2 ? ":paper" : "");
            const struct rsl_encoding e = parse(text);
            check_ok(rsl_fake_quantize(&e, w, &shape, out));
            for (int i = 0; i < 3; i++)
                if (out[i] != w[i])
                    fail_msg("%s: %a became %a", text, (double)w[i], (double)out[i]);
        }
}

/* A flip never takes an affine weight out of its channel's range by more than a step. */
static void test_flips_stay_in_range(void **state) {
    (void)state;
    const float w[] = {1.0f, 1.0f, 1.0f + 0x1p-23f, 0.9f, 1.1f, 1.05f};
    const struct rsl_shape shape = shape_of(2, 3);
    const struct rsl_encoding e = parse("affine8");
    struct rsl_codes c;
    check_ok(rsl_codes_init(&c, &e, &shape));
    check_ok(rsl_encode(&c, w));
    for (uint32_t code = 0; code < 256; code++) {
        assert_true(fabsf(rsl_decode_one(&c, 0, code) - 1) < 0.0002f);
        assert_true(rsl_decode_one(&c, 3, code) > 0.899f && rsl_decode_one(&c, 3, code) < 1.101f);
    }
    rsl_codes_free(&c);
}

static void test_threads(void **state) {
    (void)state;
    int64_t n = 300000;
    float *w = rsl_malloc((size_t)n * 4), *one = rsl_malloc((size_t)n * 4),
          *many = rsl_malloc((size_t)n * 4);
    assert_true(w && one && many);
    draw(w, n, 77);
    static const int64_t shapes[][2] = {{3, 100000}, {100000, 3}, {300, 1000}};
    int threads = omp_get_max_threads();
    for (int s = 0; s < 3; s++)
        for (int k = 0; k < ALL; k++) {
            const struct rsl_encoding e = parse(all[k]);
            const struct rsl_shape shape = shape_of(shapes[s][0], shapes[s][1]);
            omp_set_num_threads(1);
            check_ok(rsl_fake_quantize(&e, w, &shape, one));
            omp_set_num_threads(5);
            check_ok(rsl_fake_quantize(&e, w, &shape, many));
            assert_memory_equal(one, many, (size_t)n * 4);
        }
    omp_set_num_threads(threads);
    rsl_free(w);
    rsl_free(one);
    rsl_free(many);
}

/* ---- refusals ---- */

static void test_refused_values(void **state) {
    (void)state;
    const struct rsl_shape shape = shape_of(2, 4);
    const float bad[] = {NAN, INFINITY, -INFINITY, 1e38f};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 8; i++) {
            float w[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8];
            char words[60];
            w[i] = bad[k];
            snprintf(words, sizeof words, "element %d is ", i);
            for (int f = 0; f < 3; f++) {
                static const char *const forms[] = {"affine4", "affine8:axis=1:paper",
                                                    "symmetric8"};
                const struct rsl_encoding e = parse(forms[f]);
                check_fails(rsl_fake_quantize(&e, w, &shape, out), RSL_EARG, words);
            }
            const struct rsl_encoding f32 = parse("f32");
            check_ok(rsl_fake_quantize(&f32, w, &shape, out));
            assert_memory_equal(w, out, sizeof w);
        }
    const struct rsl_encoding f16 = parse("f16"), int8 = parse("int8");
    float out[8], large[8] = {0, 0, 0, 70000}, half[8] = {1, 0.5f}, wide[8] = {127, -128, 128};
    check_fails(rsl_fake_quantize(&f16, large, &shape, out), RSL_EARG,
                "element 3 is 70000, which f16 cannot hold");
    check_fails(rsl_fake_quantize(&int8, half, &shape, out), RSL_EARG, "element 1 is 0.5");
    check_fails(rsl_fake_quantize(&int8, wide, &shape, wide), RSL_EARG, "element 2 is 128");
}

static void test_refused_shapes(void **state) {
    (void)state;
    struct rsl_codes c;
    const struct rsl_encoding e = parse("affine4"), axis = parse("affine4:axis=2");
    const struct rsl_shape scalar = rsl_shape_of(0, NULL), two = shape_of(2, 3),
                           empty = shape_of(0, 3), unknown = shape_of(-1, 3),
                           huge = shape_of((int64_t)1 << 40, 5);
    check_fails(rsl_codes_init(&c, &e, &scalar), RSL_ESHAPE, "has no axis 0");
    check_fails(rsl_codes_init(&c, &axis, &two), RSL_ESHAPE, "shape [2,3] has no axis 2");
    check_fails(rsl_codes_init(&c, &e, &unknown), RSL_ESHAPE, "impossible dimension");
    check_fails(rsl_codes_init(&c, &e, &huge), RSL_ESHAPE, "too large");
    float none[1] = {0};
    for (int k = 0; k < ALL; k++) {
        const struct rsl_encoding each = parse(all[k]);
        check_ok(rsl_codes_init(&c, &each, &empty));
        check_ok(rsl_encode(&c, none));
        rsl_decode(&c, none);
        rsl_codes_free(&c);
    }
}

static int encode_once(void *text) {
    struct rsl_encoding e;
    struct rsl_codes c;
    const struct rsl_shape shape = shape_of(3, 4);
    float w[12];
    draw(w, 12, 5);
    int rc = rsl_encoding_parse(&e, text);
    if (rc == RSL_OK) rc = rsl_codes_init(&c, &e, &shape);
    if (rc < 0) return rc;
    rc = rsl_encode(&c, w);
    rsl_codes_free(&c);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    char affine[] = "affine4", symmetric[] = "symmetric8", f16[] = "f16";
    assert_int_equal(torture(encode_once, affine), 3);
    assert_int_equal(torture(encode_once, symmetric), 2);
    assert_int_equal(torture(encode_once, f16), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_wrong_names),
        cmocka_unit_test(test_published_vector),
        cmocka_unit_test(test_roundings_differ),
        cmocka_unit_test(test_clamped_at_the_top),
        cmocka_unit_test(test_numpy),
        cmocka_unit_test(test_negate),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_idempotent),
        cmocka_unit_test(test_constant_channels),
        cmocka_unit_test(test_flips_stay_in_range),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_refused_values),
        cmocka_unit_test(test_refused_shapes),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
