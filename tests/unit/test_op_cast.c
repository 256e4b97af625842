/* Casts and quantization: what is rounded, cut, wrapped and saturated where. */
#include "one_node.h"

static void cast(enum rsl_dtype from, enum rsl_dtype to, int n, const double *x,
                 const double *want) {
    struct bench b;
    begin(&b, "Cast", 13);
    given(&b, from, SHAPE(n), x);
    node(&b, 1);
    check_ok(rsl_node_set_int(&b.g, b.node, "to", to));
    check_ok(run(&b));
    expect(&b, 0, to, SHAPE(n), want, 0);
    end(&b);
}

static void test_cast(void **state) {
    (void)state;
    cast(RSL_f32, RSL_i32, 4, VALUES(-1.9, 1.9, 3e9, NAN), VALUES(-1, 1, INT32_MAX, 0));
    cast(RSL_f32, RSL_u8, 3, VALUES(-1, 254.9, 300), VALUES(0, 254, 255));
    cast(RSL_f64, RSL_bool, 4, VALUES(0, -0.0, 1e-300, NAN), VALUES(0, 0, 1, 1));
    cast(RSL_bool, RSL_bf16, 2, VALUES(0, 1), VALUES(0, 1));
    cast(RSL_i64, RSL_u8, 3, VALUES(-1, 256, 257), VALUES(255, 0, 1));
    cast(RSL_u32, RSL_i16, 2, VALUES(65535, 32768), VALUES(-1, -32768));
    cast(RSL_f64, RSL_f16, 3, VALUES(65520, 1 + 0x1p-11 + 0x1p-40, 0x1p-25),
         VALUES(INFINITY, 1 + 0x1p-10, 0));
    cast(RSL_f64, RSL_bf16, 2, VALUES(1 + 0x1p-8, 1 + 0x1p-8 + 0x1p-40), VALUES(1, 1 + 0x1p-7));

    /* 2^62 + 2^38 + 1 lies just above the middle of two floats: over double it would come out on
     * the middle and then go down to the even one. */
    static const int64_t large[] = {(1LL << 62) + (1LL << 38) + 1, -(1LL << 62) - (1LL << 38) - 1,
                                    (1LL << 62) + (1LL << 38), INT64_MIN};
    struct bench b;
    begin(&b, "CastLike", 15);
    input(&b, RSL_i64, large, SHAPE(4));
    given(&b, RSL_f32, SCALAR, VALUES(0));
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(4), VALUES(0x1p62 + 0x1p39, -0x1p62 - 0x1p39, 0x1p62, -0x1p63), 0);
    end(&b);
}

static void test_quantize(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "QuantizeLinear", 13); /* halves to even, saturation, NaN is the lowest */
    given(&b, RSL_f32, SHAPE(2, 4), VALUES(1, 3, 5, -300, 1e9, -INFINITY, NAN, 0));
    given(&b, RSL_f32, SHAPE(2), VALUES(2, 4));
    given(&b, RSL_i8, SHAPE(2), VALUES(0, 10));
    node(&b, 1);
    check_ok(rsl_node_set_int(&b.g, b.node, "axis", -2));
    check_ok(run(&b));
    expect(&b, 0, RSL_i8, SHAPE(2, 4), VALUES(0, 2, 2, -128, 127, -128, -128, 10), 0);
    end(&b);

    begin(&b, "DequantizeLinear", 13);
    given(&b, RSL_i32, SHAPE(2, 2), VALUES(-5, 5, INT32_MAX, INT32_MIN));
    given(&b, RSL_f32, SHAPE(2), VALUES(0.5, 2));
    given(&b, RSL_i32, SHAPE(2), VALUES(1, -1));
    node(&b, 1);
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(2, 2), VALUES(-3, 12, 0x1p30, -0x1p32), 0);
    end(&b);

    begin(&b, "DynamicQuantizeLinear", 11);
    given(&b, RSL_f32, SHAPE(3), VALUES(0, 0, 0));
    node(&b, 3);
    check_ok(run(&b));
    expect(&b, 0, RSL_u8, SHAPE(3), VALUES(0, 0, 0), 0);
    expect(&b, 1, RSL_f32, SCALAR, VALUES(1), 0);
    end(&b);

    begin(&b, "DynamicQuantizeLinear", 11); /* a NaN shows in the scale */
    given(&b, RSL_f32, SHAPE(3), VALUES(1, NAN, 3));
    node(&b, 3);
    check_ok(run(&b));
    expect(&b, 1, RSL_f32, SCALAR, VALUES(NAN), 0);
    end(&b);
}

/* float to float16 directly and over double: all halves, the middles between them, and what lies
 * just beside. */
static void test_f32_to_f16(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 65536; h++)
        for (uint32_t beside = 0; beside < 6; beside++) {
            float f = rsl_f16_to_f32((uint16_t)h);
            uint32_t bits;
            memcpy(&bits, &f, sizeof bits);
            bits += (beside < 3 ? 0x1000 : 0) + beside % 3 - 1;
            memcpy(&f, &bits, sizeof f);
            if (rsl_f32_to_f16(f) != rsl_f64_to_f16((double)f))
                fail_msg("%a becomes %04x, over double %04x", (double)f, rsl_f32_to_f16(f),
                         rsl_f64_to_f16((double)f));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cast),
        cmocka_unit_test(test_f32_to_f16),
        cmocka_unit_test(test_quantize),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
