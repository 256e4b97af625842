/* SRAM maps: NumPy's numbers, the published cells, and what they do to weights. Expected values of
 * the tiled form are from works with NumPy itself (tests/data/make_sram.py). */
#include "fault/fault.h"
#include "fault/mt19937.h"
#include "fault/sram_map.h"

#include "check.h"
#include "fault_image.h"

#include <math.h>

/* ---- the generator ---- */

static void test_numpy(void **state) {
    (void)state;
    static const double expected[] = {.82156799, .64758162, .50363651};
    struct rsl_mt19937 m, skipping;
    rsl_mt19937_seed(&m, 50000);
    for (int i = 0; i < 3; i++) assert_true(fabs(rsl_mt19937_unit(&m) - expected[i]) < 5e-9);
    rsl_mt19937_seed(&m, 5489); /* mt19937ar.c: the 10,000th number of its default seed */
    for (int i = 1; i < 10000; i++) rsl_mt19937_u32(&m);
    assert_int_equal(rsl_mt19937_u32(&m), 4123659995u);
    for (uint32_t n = 0; n < 3000; n += 37) {
        rsl_mt19937_seed(&m, n);
        rsl_mt19937_seed(&skipping, n);
        for (uint32_t i = 0; i < n; i++) rsl_mt19937_u32(&m);
        rsl_mt19937_skip(&skipping, n);
        assert_int_equal(rsl_mt19937_u32(&skipping), rsl_mt19937_u32(&m));
    }
}

/* ---- the maps ---- */

struct byte {
    int row, column, value;
};

/* The first bytes, row by row, of the map of cells stuck at `value`. */
static void check_bytes(const struct rsl_faults *f, unsigned value, const struct byte *expected,
                        int n) {
    struct byte found[8] = {{-1, 0, 0}};
    int at = -1;
    for (size_t i = 0; i < f->map.n && at < n; i++) {
        uint32_t cell = f->map.at[i] / 2;
        int row = (int)(cell / 128), column = (int)(cell % 128 / 8);
        if ((f->map.at[i] & 1) != value) continue;
        if (at < 0 || found[at].row != row || found[at].column != column)
            found[++at] = (struct byte){row, column, 0};
        found[at].value |= 1 << cell % 8;
    }
    for (int i = 0; i < n; i++) {
        assert_int_equal(found[i].row, expected[i].row);
        assert_int_equal(found[i].column, expected[i].column);
        assert_int_equal(found[i].value, expected[i].value);
    }
}

static void check_counts(double rate, uint32_t seed, size_t ones, size_t zeros) {
    struct rsl_faults f = {0};
    size_t n[2] = {0};
    check_ok(rsl_sram_map(&f, rate, seed));
    for (size_t i = 0; i < f.map.n; i++) n[f.map.at[i] & 1]++;
    assert_int_equal(n[1], ones);
    assert_int_equal(n[0], zeros);
    if (seed == 50000 && rate == 0.01) {
        check_bytes(&f, 1, (struct byte[]){{4, 7, 1}, {5, 4, 4}, {5, 7, 8}, {6, 13, 8}}, 4);
        check_bytes(&f, 0, (struct byte[]){{1, 10, 64}, {1, 15, 16}, {2, 14, 2}, {5, 6, 4}}, 4);
    }
    rsl_faults_free(&f);
}

static void test_maps(void **state) {
    (void)state;
    check_counts(0.01, 50000, 5373, 5292);
    check_counts(0.005, 50000, 2648, 2646);
    check_counts(0.01, 0, 5206, 5194);
}

/* ---- tiling ---- */

static void test_tiling(void **state) {
    (void)state;
    static const struct {
        uint32_t seed;
        double rate;
        int w;
        int64_t n, zeros, ones;
        uint64_t hash;
    } cases[] = {
        {50000u, 0.01, 8, 3000, 144, 144, 0x5ac7abe3b57ddbc0u},
        {50000u, 0.01, 8, 2200000, 88796, 89976, 0x56046dd40f7bf2d0u},
        {50009u, 0.005, 8, 100000, 1744, 1968, 0xc68ac5be26611bc0u},
        {0u, 0.01, 4, 50000, 1178, 1024, 0x79259069edc3a880u},
        {1u, 0.02, 3, 40001, 1540, 1262, 0xacc8448e2b7c0dc8u},
        {2u, 0.02, 5, 12345, 500, 600, 0xf6e55b0a66bfb6f4u},
        {3u, 0.5, 7, 999, 1835, 1730, 0x45f5a1cdc47b358cu},
        {4294967294u, 0.01, 2, 5000, 0, 64, 0x7800a04e7c736c00u},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char storage[32], text[64];
        snprintf(storage, sizeof storage, "symmetric%d", cases[i].w);
        snprintf(text, sizeof text, "sram:tiled:%g:%lu", cases[i].rate,
                 (unsigned long)cases[i].seed);
        /* two layers: the second begins at row 0 again */
        struct rsl_memory image = fake_image((int64_t[]){cases[i].n, cases[i].n}, 2, storage);
        struct rsl_fault_spec *spec;
        struct rsl_fault_source *source;
        struct rsl_faults f = {0};
        check_ok(rsl_fault_spec_parse(&spec, text));
        check_ok(rsl_fault_source_new(&source, spec, &image));
        check_ok(rsl_faults_draw(source, 77, 0, &f));
        int64_t n[3] = {0}, half = image.tensors[1].address;
        for (size_t layer = 0, k = 0; layer < 2; layer++) {
            uint64_t hash = 0;
            for (; k < f.n && f.at[k].address < (layer ? image.bits : half); k++) {
                bool one = f.at[k].effect == RSL_STUCK_1;
                uint64_t a = (uint64_t)(f.at[k].address - (layer ? half : 0));
                hash = hash * 31 + a * 2 + one;
                n[f.at[k].effect]++;
            }
            assert_true(hash == cases[i].hash);
        }
        assert_int_equal(n[RSL_STUCK_0], 2 * cases[i].zeros);
        assert_int_equal(n[RSL_STUCK_1], 2 * cases[i].ones);
        assert_int_equal(n[RSL_FLIP], 0);
        rsl_faults_free(&f);
        rsl_fault_source_free(source);
        rsl_fault_spec_free(spec);
        fake_free(&image);
    }
}

/* Trial t is the map of seed + t; without a seed those of the published test models. */
static void test_seeds(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){30000}, 1, "symmetric8");
    static const char *const texts[] = {"sram:tiled:0.01", "sram:tiled:0.01:50003",
                                        "sram:tiled:0.01:49999"};
    static const uint64_t trials[] = {3, 0, 4};
    size_t n = 0;
    int64_t sum = 0;
    for (int i = 0; i < 3; i++) {
        struct rsl_fault_spec *spec;
        struct rsl_fault_source *source;
        struct rsl_faults f = {0};
        int64_t s = 0;
        check_ok(rsl_fault_spec_parse(&spec, texts[i]));
        check_ok(rsl_fault_source_new(&source, spec, &image));
        check_ok(rsl_faults_draw(source, (uint64_t)i, trials[i], &f));
        for (size_t k = 0; k < f.n; k++) s += f.at[k].address * 3 + f.at[k].effect;
        assert_true(f.n > 1000);
        assert_true(i == 0 || (f.n == n && s == sum));
        n = f.n;
        sum = s;
        rsl_faults_free(&f);
        rsl_fault_source_free(source);
        rsl_fault_spec_free(spec);
    }
    fake_free(&image);
}

/* ---- weights ---- */

static const int8_t q[64] = {127, 10,  8,   -79, -61, -5,  72,  35, -71, 21,  5,   -9, 40,
                             43,  -12, -15, 4,   -33, -39, -30, 17, -33, -74, -23, 23, -30,
                             16,  -42, -22, 11,  -2,  -37, 21,  28, -64, -46, -1,  98, -17,
                             -33, -14, -62, 31,  81,  -30, 10,  21, -41, -13, -38, 17, -46,
                             5,   -1,  19,  -63, -16, -14, 15,  46, 45,  -11, -2,  -34};
static const int8_t faulty[64] = {61,  66,  10,   -79, -61, -1,  -56, 35, -71, 85,  5,   -25, 40,
                                  35,  -12, -15,  5,   -41, -38, -15, 17, -33, -90, -23, 23,  -62,
                                  16,  -58, -22,  3,   -2,  -37, 21,  84, -54, -47, -1,  119, -17,
                                  -33, -14, -62,  31,  65,  -30, 2,   21, -41, -79, -46, 26,  -47,
                                  5,   -1,  -125, -63, -16, -46, 15,  46, 45,  -9,  -2,  -34};

/* One linear layer whose codes are q: the scale is 1. */
static struct network linear(void) {
    struct network net;
    struct rsl_graph *g = &net.graph;
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){2, {-1, 16}});
    int w = made_constant(g, "fc.weight", RSL_f32, 2, (int64_t[]){16, 4});
    for (int i = 0; i < 64; i++) rsl_tensor_set_double(&g->values.at[w].tensor, i, q[i]);
    check_ok(rsl_graph_add_output(g, made_node(g, "Gemm", "fc", (int[]){x, w}, 2)));
    check_ok(rsl_graph_check(g));
    struct rsl_memory_options o = {0};
    check_ok(rsl_storage_parse(&o.region[RSL_REGION_WEIGHTS], "symmetric8"));
    check_ok(rsl_memory_new(&net.image, g, &o));
    return net;
}

/* (q AND NOT map0) OR map1, and how many bits that changed. */
static void test_weights(void **state) {
    (void)state;
    struct network net = linear();
    struct rsl_cells *cells;
    struct rsl_fault_spec *spec;
    struct rsl_fault_source *source;
    struct rsl_faults f = {0};
    uint8_t codes[64];
    int64_t changed, differ = 0;
    check_ok(rsl_cells_new(&cells, net.image));
    check_ok(rsl_fault_spec_parse(&spec, "sram:tiled:0.2:11"));
    check_ok(rsl_fault_source_new(&source, spec, net.image));
    check_ok(rsl_faults_draw(source, 0, 0, &f));
    check_ok(rsl_faults_apply(&f, cells, &changed));
    rsl_cells_codes(cells, 0, codes);
    for (int i = 0; i < 64; i++) {
        assert_int_equal((int8_t)codes[i], faulty[i]);
        assert_true(rsl_cells_value(cells, 0, i) == (float)faulty[i]);
        differ += __builtin_popcount((uint8_t)q[i] ^ (uint8_t)faulty[i]);
    }
    assert_int_equal(changed, differ);
    assert_true(changed < (int64_t)f.n);
    rsl_faults_free(&f);
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    rsl_cells_free(cells);
    network_free(&net);
}

/* iid: as many cells as the rate says, half at 1; with a seed of its own the campaign's is
 * nothing to it. */
static void test_iid(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){60000, 40000}, 2, "affine3/msb");
    struct rsl_fault_spec *spec;
    struct rsl_fault_source *source;
    struct rsl_faults f = {0}, g = {0};
    check_ok(rsl_fault_spec_parse(&spec, "sram:iid:0.02:5"));
    check_ok(rsl_fault_source_new(&source, spec, &image));
    double faults = 0, ones = 0;
    for (uint64_t trial = 0; trial < 50; trial++) {
        check_ok(rsl_faults_draw(source, trial, trial, &f));
        check_ok(rsl_faults_draw(source, 1, trial, &g));
        assert_int_equal(f.n, g.n);
        faults += (double)f.n;
        for (size_t i = 0; i < f.n; i++) {
            assert_int_equal(f.at[i].address, g.at[i].address);
            assert_int_equal(f.at[i].effect, g.at[i].effect);
            ones += f.at[i].effect == RSL_STUCK_1;
        }
    }
    double n = 50 * 500000.0;
    assert_true(fabs(faults - 0.02 * n) < 4 * sqrt(0.02 * 0.98 * n));
    assert_true(fabs(ones - faults / 2) < 4 * sqrt(faults / 4));
    assert_true(rsl_fault_expected(source, 0) == 10000);
    assert_null(rsl_fault_sampling(source, 0));
    rsl_faults_free(&f);
    rsl_faults_free(&g);
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    fake_free(&image);
}

static void test_refusals(void **state) {
    (void)state;
    static const char *const storages[] = {"f32", "f16", "symmetric8/tmr", "affine3/secded"};
    for (int i = 0; i < 4; i++) {
        struct rsl_memory image = fake_image((int64_t[]){100}, 1, storages[i]);
        struct rsl_fault_spec *spec;
        struct rsl_fault_source *source;
        check_ok(rsl_fault_spec_parse(&spec, "sram:tiled:0.01"));
        check_fails(rsl_fault_source_new(&source, spec, &image), RSL_EUNSUPPORTED, "use 'iid'");
        rsl_fault_spec_free(spec);
        check_ok(rsl_fault_spec_parse(&spec, "sram:iid:0.01"));
        check_ok(rsl_fault_source_new(&source, spec, &image));
        rsl_fault_source_free(source);
        rsl_fault_spec_free(spec);
        fake_free(&image);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numpy),    cmocka_unit_test(test_maps),
        cmocka_unit_test(test_tiling),   cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_weights),  cmocka_unit_test(test_iid),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
