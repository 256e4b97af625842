/* Scales put together from bits by standard operators: every float of f32 comes out, bit for bit,
 * NaN as NaN, in each layout; whole numbers of all widths likewise. */
#include "base/alloc.h"
#include "base/philox.h"
#include "check.h"
#include "export/emitter.h"
#include "graph/plan.h"

#include <math.h>

enum { NUMBERS = 700 };

enum { COPIES = 3 };

/* All voted bits of one of the copies, of which 0 is the code's own; none of COPIES. */
static void strike(struct rsl_group *g, const struct rsl_storage *s, int copy) {
    const int top = rsl_protection_spare_bits(&s->protection, &s->encoding);
    const uint64_t bits = ((uint64_t)1 << top) - 1;
    if (copy == 0) g->data ^= bits << (s->encoding.bits - top);
    if (copy == 1 || copy == 2) g->redundant ^= bits << (copy - 1) * top;
}

/* Stores the codes with one copy struck, and has the nodes read them. */
static void read_codes(const char *storage, const uint32_t *code, int copy, void *out) {
    struct rsl_graph g;
    struct rsl_storage s;
    struct rsl_plan *plan;
    rsl_graph_init(&g);
    g.opset = RSL_WEIGHT_NODES_OPSET;
    check_ok(rsl_storage_parse(&s, storage));
    struct rsl_groups groups = rsl_groups_of(&s, NUMBERS);
    uint8_t *bits = rsl_calloc(1, rsl_groups_bytes(&groups));
    for (int i = 0; i < NUMBERS; i++) {
        struct rsl_group group = rsl_protect(&s.protection, &s.encoding, code[i]);
        strike(&group, &s, copy);
        rsl_groups_write(&groups, bits, i, group);
    }
    const struct rsl_shape shape = {2, {NUMBERS, 1}};
    struct rsl_stored_parameter from = {
        .storage = s,
        .bits = {RSL_u8, {2, {(groups.stored + 7) / 8, 1}}, bits},
    };
    struct emitter e = {.g = &g, .stem = "s", .result = "s"};
    int v = emit_parameter(&e, &from, &shape);
    check_ok(e.rc);
    check_ok(rsl_graph_add_output(&g, v));
    check_ok(rsl_graph_check(&g));
    check_ok(rsl_plan_new(&plan, &g, &(struct rsl_plan_options){.batch = 1, .threads = 1}));
    check_ok(rsl_plan_run(plan));
    const struct rsl_tensor *y = rsl_plan_output(plan, 0);
    assert_true(rsl_shape_equal(&y->shape, &shape));
    memcpy(out, y->data, NUMBERS * sizeof(uint32_t));
    rsl_plan_free(plan);
    rsl_graph_free(&g);
    rsl_free(bits);
}

static void test_floats(void **state) {
    (void)state;
    static const char *const storages[] = {"f32/tmr", "f32/tmr/plane", "f32/msb:9/block",
                                           "f32/msb"};
    static const uint32_t special[] = {0,          0x80000000, 1,          0x80000001, 0x007fffff,
                                       0x00800000, 0x807fffff, 0x3f800000, 0x7f7fffff, 0xff7fffff,
                                       0x7f800000, 0xff800000, 0x7f800001, 0xffc00000, 0x7fffffff};
    uint32_t code[NUMBERS], read[NUMBERS];
    struct rsl_rng r = rsl_rng(1, 1);
    for (size_t i = 0; i < NUMBERS; i++)
        code[i] = i < sizeof special / sizeof *special ? special[i] : rsl_rng_u32(&r);
    for (int s = 0; s < 4; s++)
        for (int copy = 0; copy <= COPIES; copy++) {
            read_codes(storages[s], code, copy, read);
            for (int i = 0; i < NUMBERS; i++) {
                float was, is;
                memcpy(&was, &code[i], sizeof was);
                memcpy(&is, &read[i], sizeof is);
                if (isnan(was) ? !isnan(is) : code[i] != read[i])
                    fail_msg("%s: %08x is read as %08x", storages[s], code[i], read[i]);
            }
        }
}

static void test_whole_numbers(void **state) {
    (void)state;
    static const struct {
        const char *storage;
        int bits;
    } cases[] = {{"int8/tmr", 8}, {"int16/msb:3/plane", 16}, {"int32/tmr", 32}, {"int32/msb", 32}};
    uint32_t code[NUMBERS];
    int32_t read[NUMBERS];
    struct rsl_rng r = rsl_rng(2, 2);
    for (int c = 0; c < 4; c++)
        for (int copy = 0; copy <= COPIES; copy++) {
            const int up = 32 - cases[c].bits;
            for (int i = 0; i < NUMBERS; i++) code[i] = rsl_rng_u32(&r) >> up;
            code[0] = (uint32_t)1 << (cases[c].bits - 1);
            read_codes(cases[c].storage, code, copy, read);
            for (int i = 0; i < NUMBERS; i++)
                assert_int_equal(read[i], (int32_t)(code[i] << up) >> up);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_whole_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
