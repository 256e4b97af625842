/* Protections: every single and double error on small codes, and the published widths. */
#include "memory/protection.h"

#include "check.h"
#include "memory/layout.h"

static struct rsl_storage parse(const char *text) {
    struct rsl_storage s;
    check_ok(rsl_storage_parse(&s, text));
    return s;
}

static void test_names(void **state) {
    (void)state;
    static const char *const same[] = {"none",   "msb",    "msb:3",    "tmr",
                                       "parity", "secded", "exponent", "exponent:2"};
    struct rsl_protection p;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char text[RSL_PROTECTION_TEXT];
        check_ok(rsl_protection_parse(&p, same[i]));
        assert_string_equal(rsl_protection_text(&p, text), same[i]);
    }
    check_ok(rsl_protection_parse(&p, "msb:1"));
    assert_int_equal(p.top, 1);
    size_t kinds = 0;
    while (rsl_protection_kind(kinds)) assert_true(strlen(rsl_protection_kind(kinds++)->about) > 5);
    assert_int_equal(kinds, 6);
    check_fails(rsl_protection_parse(&p, "msbs"), RSL_ENOTFOUND, "the nearest are msb");
    check_fails(rsl_protection_parse(&p, ""), RSL_ENOTFOUND, "no protection ''");
    check_fails(rsl_protection_parse(&p, "tmr:2"), RSL_EARG, "tmr takes no number");
    check_fails(rsl_protection_parse(&p, "msb:"), RSL_EARG, "msb:K");
    check_fails(rsl_protection_parse(&p, "msb:0"), RSL_EARG, "msb:K");
    check_fails(rsl_protection_parse(&p, "msb:33"), RSL_EARG, "msb:K");
    check_fails(rsl_protection_parse(&p, "msb:2x"), RSL_EARG, "msb:K");
    check_fails(rsl_protection_parse(&p, "msb:-1"), RSL_EARG, "msb:K");
    check_fails(rsl_protection_parse(&p, "msb:99999999999999999999"), RSL_EARG, "msb:K");
}

static void test_storage_names(void **state) {
    (void)state;
    char text[RSL_STORAGE_TEXT];
    struct rsl_storage s = parse("affine3:paper/msb:2/plane");
    assert_string_equal(rsl_storage_text(&s, text), "affine3:paper/msb:2/plane");
    s = parse("f32");
    assert_string_equal(rsl_storage_text(&s, text), "f32/none");
    check_fails(rsl_storage_parse(&s, "f32/none/words"), RSL_EARG, "no layout 'words'");
    check_fails(rsl_storage_parse(&s, "f32/none/word/x"), RSL_EARG, "ENCODING[/PROTECTION");
    check_fails(rsl_storage_parse(&s, "f32//"), RSL_ENOTFOUND, "no protection ''");
    check_fails(rsl_storage_parse(&s, "affine4/exponent"), RSL_EARG, "affine4 has no exponent");
    check_fails(rsl_storage_parse(&s, "affine4/msb:5"), RSL_EARG, "more bits than the 4");
    check_fails(rsl_storage_parse(&s, "f16/exponent:5"), RSL_EARG, "its 10 mantissa bits");
    check_fails(rsl_storage_parse(&s, "bf16/exponent:9"), RSL_EARG, "8 exponent bits");
    check_fails(rsl_storage_parse(&s, "symmetric8:negate/tmr"), RSL_EUNSUPPORTED, "by tmr");
    check_fails(rsl_storage_parse(&s, "symmetric8:negate/secded"), RSL_EUNSUPPORTED, "by secded");
    char longer[400];
    memset(longer, 'x', sizeof longer);
    longer[399] = 0;
    check_fails(rsl_storage_parse(&s, longer), RSL_EARG, "ENCODING[/PROTECTION");
}

/* Bits per weight, and FORTUNE's networks (weights of the layers that its programs fault). */
static void test_stored_bits(void **state) {
    (void)state;
    static const struct {
        const char *storage;
        int64_t weights, bits;
    } rows[] = {
        {"symmetric8:channel", 28133056, 225064448},
        {"affine5/msb", 28133056, 196931392},
        {"affine4/msb", 28133056, 168798336},
        {"affine3/msb", 28133056, 140665280},
        {"affine8", 58289504, 466316032},
        {"affine3/msb", 58289504, 291447520},
        {"affine8", 10992320, 87938560},
        {"affine3/msb", 1, 5},
        {"affine4/msb:2", 10, 80},
        {"affine5/tmr", 10, 150},
        {"affine8/parity", 10, 90},
        {"affine8/secded", 8, 72},
        {"affine8/secded", 9, 72 + 16},
        {"affine5/secded", 13, 65 + 16},
        {"f32/secded", 28133056, 1012790016},
        {"f32/tmr", 10, 960},
        {"f32/exponent", 10, 320},
        {"f16/exponent:2", 10, 160},
        {"f32", 0, 0},
        {"affine8/secded", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct rsl_storage s = parse(rows[i].storage);
        int64_t bits = rsl_protection_stored_bits(&s.protection, &s.encoding, rows[i].weights);
        if (bits != rows[i].bits) fail_msg("%s: %lld bits", rows[i].storage, (long long)bits);
    }
}

/* ---- all errors ---- */

struct code {
    struct rsl_storage s;
    int data, redundant; /* bits */
};

static struct code code_of(const char *text) {
    struct code c = {.s = parse(text)};
    c.data = rsl_protection_data_bits(&c.s.protection, &c.s.encoding);
    c.redundant = rsl_protection_redundant_bits(&c.s.protection, &c.s.encoding);
    return c;
}

static struct rsl_group write(const struct code *c, uint64_t data) {
    return rsl_protect(&c->s.protection, &c->s.encoding, data);
}

static struct rsl_group flip(const struct code *c, struct rsl_group g, int b) {
    if (b < c->data)
        g.data ^= (uint64_t)1 << b;
    else
        g.redundant ^= (uint64_t)1 << (b - c->data);
    return g;
}

static unsigned read(const struct code *c, struct rsl_group *g) {
    return rsl_correct(&c->s.protection, &c->s.encoding, c->data, g);
}

static struct rsl_bit_role role(const struct code *c, int b) {
    return rsl_protection_role(&c->s.protection, &c->s.encoding, b);
}

static uint64_t some(uint64_t i) {
    return (i + 1) * 0x9e3779b97f4a7c15u ^ (i * 0xda942042e4dd58b5u) >> 7;
}

/* Codes to try: all when there are few, else a sample. */
static uint64_t sample(const struct code *c, int i) {
    uint64_t mask = c->data < 64 ? ((uint64_t)1 << c->data) - 1 : ~(uint64_t)0;
    return (c->data <= 8 ? (uint64_t)i : some((uint64_t)i)) & mask;
}

/* Majority codes: `voted` top bits are each stored three times. One error among a bit and its
 * copies is corrected; two are not, and look as if one had been; other data bits have no help. */
static void check_majority(const char *text, int lowest, int highest) {
    struct code c = code_of(text);
    for (int i = 0; i < 256; i++) {
        struct rsl_group g = write(&c, sample(&c, i)), clean = g;
        assert_int_equal(read(&c, &clean), 0);
        uint64_t data = clean.data;
        for (int b = 0; b < c.data + c.redundant; b++) {
            struct rsl_bit_role r = role(&c, b);
            bool voted = r.bit >= lowest && r.bit <= highest;
            struct rsl_group one = flip(&c, g, b);
            unsigned verdict = read(&c, &one);
            assert_int_equal(verdict, voted ? RSL_CORRECTED : 0);
            assert_true(one.data == (voted ? data : data ^ (uint64_t)1 << r.bit));
            struct rsl_group again = write(&c, one.data);
            assert_true(again.redundant == one.redundant); /* scrubbing needs that */
            for (int a = 0; a < b; a++) {
                struct rsl_bit_role q = role(&c, a);
                struct rsl_group two = flip(&c, flip(&c, g, b), a);
                uint64_t expected = data;
                if (!voted) expected ^= (uint64_t)1 << r.bit;
                if (q.bit < lowest || q.bit > highest) expected ^= (uint64_t)1 << q.bit;
                if (voted && q.bit == r.bit) expected ^= (uint64_t)1 << r.bit;
                verdict = read(&c, &two);
                assert_true(two.data == expected);
                assert_true(!(verdict & RSL_DETECTED));
            }
        }
    }
}

static void test_majority(void **state) {
    (void)state;
    check_majority("affine3/msb", 2, 2);
    check_majority("affine4/msb", 3, 3);
    check_majority("symmetric5/msb:2", 3, 4);
    check_majority("affine8/msb:8", 0, 7);
    check_majority("affine2/tmr", 0, 1);
    check_majority("symmetric8/tmr", 0, 7);
    check_majority("f16/msb:2", 14, 15);
    check_majority("f32/tmr", 0, 31);
    check_majority("f32/exponent", 30, 30);
    check_majority("f16/exponent:2", 13, 14);
    check_majority("bf16/exponent", 14, 14);
    check_majority("f32/exponent:8", 23, 30);
}

/* FORTUNE's words: the copies of the top bit are the next two bits. */
static void test_fortune_word(void **state) {
    (void)state;
    for (int w = 3; w <= 5; w++) {
        char text[40];
        snprintf(text, sizeof text, "affine%d/msb", w);
        struct code c = code_of(text);
        for (uint64_t code = 0; code < 1u << w; code++) {
            struct rsl_group g = write(&c, code);
            uint64_t word = g.data | g.redundant << w, top = code >> (w - 1);
            assert_int_equal(word, code | top << w | top << (w + 1));
        }
    }
}

static void test_parity(void **state) {
    (void)state;
    struct code c = code_of("affine6/parity");
    for (int i = 0; i < 64; i++) {
        struct rsl_group g = write(&c, (uint64_t)i), clean = g;
        assert_int_equal(read(&c, &clean), 0);
        for (int b = 0; b < 7; b++) {
            struct rsl_group one = flip(&c, g, b);
            assert_int_equal(read(&c, &one), RSL_DETECTED | RSL_ZEROED);
            for (int a = 0; a < b; a++) {
                struct rsl_group two = flip(&c, flip(&c, g, b), a);
                assert_int_equal(read(&c, &two), 0); /* missed */
            }
        }
    }
}

/* Check bits by the textbook: position by position. */
static uint64_t textbook(uint64_t data) {
    int bit[72] = {0}, next = 0, parity = 0;
    for (int position = 1; position <= 71; position++)
        if (position & (position - 1)) bit[position] = data >> next++ & 1;
    uint64_t check = 0;
    for (int j = 0; j < 7; j++) {
        int sum = 0;
        for (int position = 1; position <= 71; position++)
            if (position >> j & 1 && position != 1 << j) sum ^= bit[position];
        bit[1 << j] = sum;
        check |= (uint64_t)sum << j;
    }
    for (int position = 1; position <= 71; position++) parity ^= bit[position];
    return check | (uint64_t)parity << 7;
}

static void test_secded(void **state) {
    (void)state;
    struct code c = code_of("affine8/secded");
    assert_int_equal(c.data + c.redundant, 72);
    for (int i = 0; i < 50; i++) {
        uint64_t data = i < 2 ? 0 - (uint64_t)i : some((uint64_t)i);
        struct rsl_group g = write(&c, data), clean = g;
        assert_true(g.redundant == textbook(data));
        assert_int_equal(read(&c, &clean), 0);
        for (int b = 0; b < 72; b++) {
            struct rsl_group one = flip(&c, g, b);
            assert_int_equal(read(&c, &one), RSL_CORRECTED);
            assert_true(one.data == g.data && one.redundant == g.redundant);
            for (int a = 0; a < b; a++) {
                struct rsl_group two = flip(&c, flip(&c, g, b), a), as_read = two;
                assert_int_equal(read(&c, &two), RSL_DETECTED);
                assert_true(two.data == as_read.data);
            }
        }
    }
}

/* Short last groups: still every single and double error; triples that point to a bit that is not
 * there are detected. */
static void test_secded_short(void **state) {
    (void)state;
    struct code c = code_of("affine5/secded");
    int detected = 0;
    for (int n = 1; n <= 64; n += 7) {
        uint64_t data = some((uint64_t)n) & (((uint64_t)1 << (n - 1) << 1) - 1);
        struct rsl_group g = write(&c, data);
        for (int b = 0; b < 72; b = b == n - 1 ? 64 : b + 1) {
            c.data = 64;
            struct rsl_group one = flip(&c, g, b);
            assert_int_equal(rsl_correct(&c.s.protection, &c.s.encoding, n, &one), RSL_CORRECTED);
            assert_true(one.data == g.data);
            for (int a = 64; a < 72; a++) {
                struct rsl_group two = flip(&c, flip(&c, g, b), a);
                if (a != b)
                    assert_int_equal(rsl_correct(&c.s.protection, &c.s.encoding, n, &two),
                                     RSL_DETECTED);
                for (int z = 64; z < a; z++) {
                    struct rsl_group three = flip(&c, flip(&c, flip(&c, g, b), a), z);
                    unsigned verdict = rsl_correct(&c.s.protection, &c.s.encoding, n, &three);
                    detected += a != b && z != b && verdict == RSL_DETECTED;
                }
            }
        }
    }
    assert_true(detected > 100);
}

/* What the in-word scheme makes of numbers: rounded, never to infinity; NaN stays NaN. */
static void test_exponent_values(void **state) {
    (void)state;
    struct code c = code_of("f16/exponent");
    for (uint32_t half = 0; half < 65536; half++) {
        struct rsl_group g = write(&c, half), r = g;
        assert_int_equal(read(&c, &r), 0);
        assert_int_equal(r.data & 3, 0);
        struct rsl_group again = write(&c, r.data);
        assert_true(again.data == g.data);
        uint32_t size = half & 0x7fff, back = (uint32_t)r.data & 0x7fff;
        assert_int_equal(half >> 15, r.data >> 15);
        if (size > 0x7c00)
            assert_true(back > 0x7c00);
        else if (size == 0x7c00)
            assert_int_equal(back, 0x7c00);
        else
            assert_true(back < 0x7c00 && back <= size + 2 &&
                        back + (size > 0x7bfd ? 3 : 2) >= size);
    }
    assert_int_equal(write(&c, 0x3c02).data & ~(uint64_t)3, 0x3c00); /* tie, to even */
    assert_int_equal(write(&c, 0x3c06).data & ~(uint64_t)3, 0x3c08);
}

static void test_votes(void **state) {
    (void)state;
    struct rsl_votes v = {0};
    rsl_votes_add(&v, 0, true);
    rsl_votes_add(&v, RSL_CORRECTED, true);
    rsl_votes_add(&v, RSL_CORRECTED, false);
    rsl_votes_add(&v, RSL_DETECTED | RSL_ZEROED, false);
    rsl_votes_add(&v, 0, false);
    assert_int_equal(v.corrected, 2);
    assert_int_equal(v.detected, 1);
    assert_int_equal(v.missed, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),           cmocka_unit_test(test_storage_names),
        cmocka_unit_test(test_stored_bits),     cmocka_unit_test(test_majority),
        cmocka_unit_test(test_fortune_word),    cmocka_unit_test(test_parity),
        cmocka_unit_test(test_secded),          cmocka_unit_test(test_secded_short),
        cmocka_unit_test(test_exponent_values), cmocka_unit_test(test_votes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
