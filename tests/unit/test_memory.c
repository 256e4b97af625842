/* Memory images: every bit has one address and one meaning; errors in memory do to the weights what
 * the encoding and the protection say, and are undone exactly. */
#include "memory/cells.h"

#include "base/philox.h"
#include "graph/model.h"
#include "graph/parameters.h"
#include "made_graph.h"
#include "resile/zoo.h"
#include "torture.h"
#include "zoo/zoo.h"

#include <math.h>

/* ---- a network with weights of all kinds ---- */

/* x -> Conv -> BatchNormalization -> ConvTranspose -> Conv (the same weights again) -> Flatten ->
 * Gemm -> MatMul with transposed f64 weights. Shapes need not fit: nothing is run. */
static void build(struct rsl_graph *g) {
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 8, 8}});
    int w = made_constant(g, "conv.w", RSL_f32, 4, (int64_t[]){5, 3, 3, 3});
    int a = made_node(g, "Conv", "",
                      (int[]){x, w, made_constant(g, "conv.b", RSL_f32, 1, (int64_t[]){5})}, 3);
    int norm[5] = {a};
    for (int i = 0; i < 4; i++) {
        const char *const names[] = {"bn.scale", "bn.shift", "bn.mean", "bn.var"};
        norm[i + 1] = made_constant(g, names[i], RSL_f32, 1, (int64_t[]){5});
    }
    a = made_node(g, "BatchNormalization", "", norm, 5);
    int up = made_constant(g, "up.w", RSL_f32, 4, (int64_t[]){3, 4, 2, 2});
    a = made_node(g, "ConvTranspose", "", (int[]){a, up}, 2);
    a = made_node(g, "Conv", "", (int[]){a, w}, 2);
    a = made_node(g, "Flatten", "", &a, 1);
    int fc = made_constant(g, "fc.w", RSL_f32, 2, (int64_t[]){7, 6});
    a = made_node(g, "Gemm", "",
                  (int[]){a, fc, made_constant(g, "fc.b", RSL_f32, 1, (int64_t[]){6})}, 3);
    int last = made_constant(g, "last.w", RSL_f64, 2, (int64_t[]){3, 6});
    last = made_node(g, "Transpose", "", &last, 1);
    a = made_node(g, "MatMul", "", (int[]){a, last}, 2);
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
}

enum { WEIGHTS = 135 + 48 + 42 + 18 };

static struct rsl_storage parse(const char *text) {
    struct rsl_storage s;
    check_ok(rsl_storage_parse(&s, text));
    return s;
}

static struct rsl_memory *image_of(const struct rsl_graph *g, const char *weights) {
    struct rsl_memory_options o = {0};
    struct rsl_memory *image;
    o.region[RSL_REGION_WEIGHTS] = parse(weights);
    check_ok(rsl_memory_new(&image, g, &o));
    return image;
}

static const char *const storages[] = {
    "f32",
    "f16/tmr",
    "bf16/exponent",
    "f32/exponent:2/plane",
    "affine3/msb",
    "affine3/msb/plane",
    "affine4:tensor/msb:2",
    "affine5:paper/secded",
    "affine5/secded/plane",
    "affine7/parity",
    "affine8/tmr/plane",
    "symmetric8:channel:negate",
    "symmetric6/parity/plane",
    "affine2:tensor/none/plane",
    "f32/secded",
    "f16/secded/plane",
    "affine3/msb:2/block",
    "affine5/secded/block",
};
enum { STORAGES = sizeof storages / sizeof *storages };

/* ---- structure ---- */

static void test_regions(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *image = image_of(&g, "affine3/msb");
    static const int64_t elements[RSL_REGIONS] = {WEIGHTS, 5 + 4 + 6 + 3, 5 + 4 + 6 + 3, 5 + 6, 20};
    static const int bits[RSL_REGIONS] = {5, 32, 8, 32, 32};
    int64_t address = 0;
    for (int r = 0; r < RSL_REGIONS; r++) {
        assert_int_equal(image->region[r].elements, elements[r]);
        assert_int_equal(image->region[r].bits, elements[r] * bits[r]);
        assert_int_equal(image->region[r].address, address);
        address += image->region[r].bits;
    }
    assert_int_equal(image->bits, address);
    assert_int_equal(image->region[RSL_REGION_WEIGHTS].n, 4); /* the shared one once */
    static const char *const names[] = {"conv.w", "up.w", "fc.w", "last.w"};
    static const int axes[] = {0, 1, 1, 0};
    for (int i = 0; i < 4; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        assert_string_equal(t->name, names[i]);
        assert_int_equal(t->storage.encoding.axis, axes[i]);
        assert_int_equal(image->tensors[t->scales].weights, i);
        assert_int_equal(image->tensors[t->zero_points].weights, i);
        assert_string_equal(image->tensors[t->scales].name, names[i]);
        assert_string_equal(g.values.at[t->value].name, names[i]);
    }
    assert_int_equal(rsl_memory_find(image, RSL_REGION_WEIGHTS, "fc.w"), 2);
    assert_int_equal(rsl_memory_find(image, RSL_REGION_BIASES, "fc.w"), RSL_ABSENT);
    assert_true(rsl_memory_find(image, RSL_REGION_NORMS, "bn.var") > 0);
    rsl_memory_free(image);
    image = image_of(&g, "f32");
    assert_int_equal(image->region[RSL_REGION_SCALES].n, 0);
    assert_int_equal(image->region[RSL_REGION_SCALES].first, 4);
    rsl_memory_free(image);
    image = image_of(&g, "affine4:paper");
    assert_int_equal(image->region[RSL_REGION_ZERO_POINTS].bits, 18 * 32); /* no whole numbers */
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

static void test_region_names(void **state) {
    (void)state;
    unsigned set;
    check_ok(rsl_regions_parse(&set, "weights"));
    assert_int_equal(set, 1);
    check_ok(rsl_regions_parse(&set, "scales,zero_points,norms"));
    assert_int_equal(set, 2 + 4 + 16);
    check_fails(rsl_regions_parse(&set, ""), RSL_ENOTFOUND, "no region ''");
    check_fails(rsl_regions_parse(&set, "weights,"), RSL_ENOTFOUND, "no region ''");
    check_fails(rsl_regions_parse(&set, "weight"), RSL_ENOTFOUND, "no region 'weight'");
    assert_string_equal(rsl_region_name(RSL_REGION_BIASES), "biases");
}

/* Every address is one bit of one group, and back; every data bit of every weight appears once. */
static void check_addresses(const struct rsl_memory *image) {
    int64_t data = 0;
    uint8_t *seen = rsl_calloc((size_t)image->bits, 1);
    assert_non_null(seen);
    for (int64_t a = 0; a < image->bits; a++) {
        struct rsl_cell cell = rsl_memory_locate(image, a);
        const struct rsl_memory_tensor *t = &image->tensors[cell.tensor];
        assert_true(a >= t->address && a < t->address + t->groups.stored);
        assert_int_equal(rsl_memory_address(image, &cell), a);
        assert_true(cell.weight >= 0 && cell.weight < t->count);
        if (cell.role.kind == RSL_BIT_CHECK) continue;
        assert_true(cell.role.bit >= 0 && cell.role.bit < t->storage.encoding.bits);
        data += cell.role.kind == RSL_BIT_DATA;
    }
    int64_t expected = 0;
    for (int i = 0; i < image->n; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        int in_word = strncmp(t->storage.protection.kind->name, "exponent", 8)
                          ? 0
                          : 2 * t->storage.protection.top;
        expected += t->count * (t->storage.encoding.bits - in_word);
        for (int64_t w = 0; w < t->count; w++)
            for (int b = 0; b < rsl_memory_weight_bits(t); b++) {
                int64_t a = rsl_memory_weight_address(image, i, w, b);
                assert_true(a >= 0 && a < image->bits && !seen[a]);
                seen[a] = 1;
                assert_int_equal(rsl_memory_locate(image, a).weight, w);
            }
    }
    assert_int_equal(data, expected);
    rsl_free(seen);
}

static void test_addresses(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    for (int k = 0; k < STORAGES; k++) {
        struct rsl_memory *image = image_of(&g, storages[k]);
        check_addresses(image);
        check_fails((int)rsl_memory_weight_address(image, 99, 0, 0), RSL_EARG, "no tensor 99");
        check_fails((int)rsl_memory_weight_address(image, 0, 135, 0), RSL_EARG, "no element 135");
        check_fails((int)rsl_memory_weight_address(image, 0, 0, 200), RSL_EARG, "no bit 200");
        rsl_memory_free(image);
    }
    rsl_graph_free(&g);
}

/* Layouts as documented: words of 5 bits; planes of one bit of all 135 weights. */
static void test_layouts(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *word = image_of(&g, "affine3/msb"),
                      *plane = image_of(&g, "affine3/msb/plane");
    for (int b = 0; b < 5; b++) {
        assert_int_equal(rsl_memory_weight_address(word, 0, 17, b), 17 * 5 + b);
        assert_int_equal(rsl_memory_weight_address(plane, 0, 17, b), 135 * b + 17);
    }
    assert_int_equal(rsl_memory_locate(word, 17 * 5 + 3).role.kind, RSL_BIT_COPY);
    assert_int_equal(rsl_memory_locate(word, 17 * 5 + 4).role.bit, 2);
    assert_int_equal(rsl_memory_locate(word, 17 * 5 + 4).role.copy, 2);
    rsl_memory_free(word);
    rsl_memory_free(plane);
    /* In planes a burst as long as there are groups takes no two bits of one. */
    plane = image_of(&g, "affine5/secded/plane");
    const struct rsl_groups *groups = &plane->tensors[0].groups;
    assert_int_equal(groups->n, (135 * 5 + 63) / 64);
    assert_int_equal(groups->last, 135 * 5 % 64);
    for (int64_t a = 0; a + groups->n - 1 <= groups->stored; a++) {
        uint64_t mask = 0;
        for (int64_t i = 0; i < groups->n - 1; i++) {
            uint64_t bit = (uint64_t)1 << rsl_memory_locate(plane, a + i).group;
            assert_true(!(mask & bit));
            mask |= bit;
        }
    }
    rsl_memory_free(plane);
    rsl_graph_free(&g);
}

/* Every bit of a group has one place and every place one bit; in blocks those of a group are a
 * block apart. */
static void test_places(void **state) {
    (void)state;
    static const char *const protections[] = {"none", "msb", "parity", "secded", "tmr"};
    static const int64_t counts[] = {1, 2, 77, 511, 512, 513, 1024, 1600};
    for (size_t i = 0; i < 5 * 3 * sizeof counts / sizeof *counts; i++) {
        char text[64];
        snprintf(text, sizeof text, "affine5/%s/%s", protections[i % 5],
                 rsl_layout_names[i / 5 % 3]);
        const struct rsl_storage s = parse(text);
        const struct rsl_groups g = rsl_groups_of(&s, counts[i / 15]);
        int64_t places = 0, group;
        int b, near = g.data + g.redundant - g.spare; /* in their block */
        for (int64_t k = 0; k < g.n; k++) {
            int64_t before = -1, size = g.n - k / 512 * 512;
            if (g.layout == RSL_LAYOUT_PLANE) size = g.n;
            for (int c = 0; c < g.data + g.redundant; c++) {
                if (c < g.data && c >= rsl_groups_data(&g, k)) continue;
                int64_t at = rsl_groups_offset(&g, k, c);
                rsl_groups_locate(&g, at, &group, &b);
                assert_true(group == k && b == c && at < g.stored);
                if (g.layout != RSL_LAYOUT_WORD && before >= 0)
                    assert_true(at - before >=
                                (size < 512 || g.layout == RSL_LAYOUT_PLANE ? size - 1 : 512));
                if (g.layout == RSL_LAYOUT_BLOCK)
                    assert_int_equal(
                        c < near ? at / (512 * near) : (at - g.n * near) / (512 * g.spare),
                        k / 512);
                before = at;
                places++;
            }
        }
        assert_int_equal(places, g.stored);
    }
}

/* ---- reading ---- */

static float *values_of(const struct rsl_cells *cells, const struct rsl_memory *image, int tensor,
                        struct rsl_votes *votes) {
    float *w = rsl_malloc((size_t)image->tensors[tensor].count * sizeof *w);
    assert_non_null(w);
    rsl_cells_values(cells, tensor, w, votes);
    return w;
}

/* Without errors weights read as fake quantization says; the rest as it is. */
static void test_clean(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    for (int k = 0; k < STORAGES; k++) {
        struct rsl_memory *image = image_of(&g, storages[k]);
        struct rsl_cells *cells;
        check_ok(rsl_cells_new(&cells, image));
        for (int i = 0; i < image->n; i++) {
            const struct rsl_memory_tensor *t = &image->tensors[i];
            struct rsl_votes votes = {0};
            float *w = values_of(cells, image, i, &votes);
            assert_int_equal(votes.corrected + votes.detected + votes.missed, 0);
            struct rsl_tensor src = g.values.at[t->value].tensor;
            float golden[200];
            struct rsl_tensor dst = {.dtype = RSL_f32, .shape = src.shape, .data = golden};
            if (t->weights == RSL_ABSENT) {
                rsl_tensor_cast(&src, &dst);
                check_ok(rsl_fake_quantize(&t->storage.encoding, golden, &t->shape, golden));
            } else {
                const struct rsl_codes *c = &image->tensors[t->weights].codes;
                memcpy(golden, t->region == RSL_REGION_SCALES ? c->scale : c->zero_point,
                       (size_t)t->count * 4);
            }
            bool exact = t->storage.protection.kind->prepare == NULL;
            for (int64_t e = 0; e < t->count; e++) {
                if (exact ? w[e] != golden[e] : fabsf(w[e] - golden[e]) > 0.016f * fabsf(golden[e]))
                    fail_msg("%s: %s[%d] reads %g, not %g", storages[k], t->name, (int)e,
                             (double)w[e], (double)golden[e]);
                assert_true(rsl_cells_value(cells, i, e) == w[e]);
            }
            rsl_free(w);
        }
        rsl_cells_free(cells);
        rsl_memory_free(image);
    }
    rsl_graph_free(&g);
}

static bool same_bits(const struct rsl_cells *cells, const struct rsl_memory *image) {
    for (int i = 0; i < image->n; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        for (int64_t k = 0; k < t->groups.n; k++) {
            struct rsl_group a = rsl_cells_group(cells, i, k),
                             b = rsl_groups_read(&t->groups, t->bits, k);
            if (a.data != b.data || a.redundant != b.redundant) return false;
        }
    }
    return true;
}

static bool protects_all(const struct rsl_storage *s) {
    const char *name = s->protection.kind->name;
    return strcmp(name, "tmr") == 0 || strcmp(name, "secded") == 0;
}

/* The change is that of the flipped bit of that weight. */
static void check_flipped(const struct rsl_cells *cells, const struct rsl_cell *cell,
                          const struct rsl_change *x, const struct rsl_memory_tensor *t) {
    uint32_t code = rsl_encoding_flip(&t->storage.encoding, x->code_before, cell->role.bit);
    float value = rsl_decode_one(&t->codes, x->index, code),
          read = rsl_cells_value(cells, x->tensor, x->index);
    assert_true(x->tensor == cell->tensor && x->index == cell->weight && x->code_after == code);
    assert_memory_equal(&value, &x->after, sizeof value);
    assert_memory_equal(&value, &read, sizeof value);
}

/* Every single flip of every weight bit. */
static void check_single_flips(const char *storage) {
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *image = image_of(&g, storage);
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, image));
    for (int64_t a = 0; a < image->region[RSL_REGION_WEIGHTS].bits; a++) {
        struct rsl_cell cell = rsl_memory_locate(image, a);
        const struct rsl_memory_tensor *t = &image->tensors[cell.tensor];
        const struct rsl_encoding *e = &t->storage.encoding;
        const struct rsl_change *x;
        size_t n;
        struct rsl_votes v = {0};
        const char *protection = t->storage.protection.kind->name;
        bool was = rsl_cells_bit(cells, a);
        check_ok(rsl_cells_flip(cells, a));
        check_ok(rsl_cells_changes(cells, &x, &n, &v));
        assert_true(n <= 1);
        if (!e->negate) assert_true(rsl_cells_bit(cells, a) != was);
        if (strcmp(protection, "parity") == 0) {
            assert_true(v.detected == 1 && v.corrected == 0 && v.missed == 0);
            assert_true(n == 0 || (x->after == 0 && x->index == cell.weight));
        } else if (protects_all(&t->storage) || v.corrected) {
            assert_true(v.corrected == 1 && v.detected == 0 && v.missed == 0 && n == 0);
        } else {
            assert_true(v.corrected == 0 && v.detected == 0 && v.missed == (int64_t)n);
            assert_true(n == 1 || e->negate);
            if (n == 1) check_flipped(cells, &cell, x, t);
        }
        rsl_cells_restore(cells);
        assert_true(rsl_cells_bit(cells, a) == was);
        check_ok(rsl_cells_changes(cells, &x, &n, &v));
        assert_int_equal(n, 0);
    }
    assert_true(same_bits(cells, image));
    rsl_cells_free(cells);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

static void test_single_flips(void **state) {
    (void)state;
    for (int k = 0; k < STORAGES; k++) check_single_flips(storages[k]);
}

/* ---- many errors ---- */

/* Codes read as a whole are those of the changes, and decode to the values. */
static void check_codes(const struct rsl_memory *image, const struct rsl_cells *cells, int tensor,
                        const struct rsl_change *x, size_t n) {
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    uint8_t code[200];
    if (t->storage.encoding.bits > 8) return;
    rsl_cells_codes(cells, tensor, code);
    for (size_t k = 0; k < n; k++)
        if (x[k].tensor == tensor) assert_int_equal(code[x[k].index], x[k].code_after);
    if (t->zero_points == RSL_ABSENT || t->codes.channels != 1) return;
    float scale = rsl_cells_value(cells, t->scales, 0),
          zero = rsl_cells_value(cells, t->zero_points, 0);
    for (int64_t e = 0; e < t->count; e++) {
        float value = scale * ((float)code[e] - zero), read = rsl_cells_value(cells, tensor, e);
        assert_true(value == read || (isnan(value) && isnan(read)));
    }
}

/* The changes listed are exactly the elements whose values differ when everything is read, and the
 * votes those of reading everything. */
static void check_changes(const struct rsl_memory *image, struct rsl_cells *cells,
                          struct rsl_cells *clean) {
    const struct rsl_change *x;
    size_t n, found = 0;
    struct rsl_votes listed = {0}, all = {0};
    check_ok(rsl_cells_changes(cells, &x, &n, &listed));
    for (int i = 0; i < image->n; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        float *before = values_of(clean, image, i, NULL), *after = values_of(cells, image, i, &all);
        if (t->weights != RSL_ABSENT) {
            rsl_free(before);
            rsl_free(after);
            continue;
        }
        size_t differ = 0, in_list = 0;
        for (int64_t e = 0; e < t->count; e++)
            differ += memcmp(&before[e], &after[e], sizeof *before) != 0;
        for (size_t k = 0; k < n; k++) {
            if (x[k].tensor != i) continue;
            in_list++;
            assert_memory_equal(&before[x[k].index], &x[k].before, sizeof(float));
            assert_memory_equal(&after[x[k].index], &x[k].after, sizeof(float));
            before[x[k].index] = after[x[k].index] = 0; /* a second mention would not match */
            assert_true(memcmp(&x[k].before, &x[k].after, sizeof(float)) != 0);
        }
        assert_int_equal(differ, in_list);
        for (int64_t e = 0; e < t->count; e++)
            assert_memory_equal(&before[e], &after[e], sizeof(float));
        found += in_list;
        rsl_free(before);
        rsl_free(after);
        check_codes(image, cells, i, x, n);
    }
    assert_int_equal(found, n);
    assert_memory_equal(&listed, &all, sizeof all);
}

static void test_many_flips(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    for (int k = 0; k < STORAGES; k++) {
        struct rsl_memory_options o = {0};
        struct rsl_memory *image;
        struct rsl_cells *cells, *clean;
        o.region[RSL_REGION_WEIGHTS] = parse(storages[k]);
        o.region[RSL_REGION_SCALES] = parse(k % 3 == 0   ? "f16/secded"
                                            : k % 3 == 1 ? "f32"
                                                         : "f32/msb:9/plane");
        o.region[RSL_REGION_NORMS] = parse("bf16/parity");
        check_ok(rsl_memory_new(&image, &g, &o));
        check_ok(rsl_cells_new(&cells, image));
        check_ok(rsl_cells_new(&clean, image));
        struct rsl_rng r = rsl_rng(5, (uint64_t)k);
        for (int trial = 0; trial < 40; trial++) {
            uint64_t flips = rsl_rng_below(&r, trial < 20 ? 30 : 600);
            bool weights_only = trial % 2;
            uint64_t bits = (uint64_t)(weights_only ? image->region[0].bits : image->bits);
            for (uint64_t f = 0; f < flips; f++) {
                int64_t a = (int64_t)rsl_rng_below(&r, bits);
                if (f % 5 == 4) {
                    bool now = rsl_cells_bit(cells, a);
                    assert_int_equal(rsl_cells_set(cells, a, f & 1), now != (f & 1));
                    assert_int_equal(rsl_cells_bit(cells, a), f & 1);
                } else {
                    check_ok(rsl_cells_flip(cells, a));
                }
            }
            check_changes(image, cells, clean);
            rsl_cells_restore(cells);
            assert_true(same_bits(cells, image));
            check_changes(image, cells, clean);
        }
        rsl_cells_free(cells);
        rsl_cells_free(clean);
        rsl_memory_free(image);
    }
    rsl_graph_free(&g);
}

/* Two copies of three. */
static void test_outvoted(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *image = image_of(&g, "affine4/msb");
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, image));
    const struct rsl_change *x;
    size_t n;
    struct rsl_votes v = {0};
    check_ok(rsl_cells_flip(cells, rsl_memory_weight_address(image, 1, 9, 4)));
    check_ok(rsl_cells_flip(cells, rsl_memory_weight_address(image, 1, 9, 5)));
    check_ok(rsl_cells_changes(cells, &x, &n, &v));
    assert_int_equal(n, 1);
    assert_int_equal(x->code_after, x->code_before ^ 8);
    assert_true(v.corrected == 1 && v.missed == 1 && v.detected == 0);
    rsl_cells_free(cells);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* A file may hold an error already: a fault that undoes it brings a weight back. */
static void test_undone(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *image = image_of(&g, "affine7/parity");
    struct rsl_cells *cells, *clean;
    const struct rsl_change *x;
    size_t n;
    const int64_t parity = rsl_memory_weight_address(image, 1, 9, 7);
    ((uint8_t *)image->tensors[1].bits)[(parity - image->tensors[1].address) / 8] ^=
        (uint8_t)(1 << (parity - image->tensors[1].address) % 8);
    check_ok(rsl_cells_new(&cells, image));
    check_ok(rsl_cells_new(&clean, image));
    assert_true(rsl_cells_value(cells, 1, 9) == 0);
    check_ok(rsl_cells_flip(cells, parity));
    check_ok(rsl_cells_changes(cells, &x, &n, NULL));
    assert_true(n == 1 && x->index == 9 && x->before == 0 && x->after != 0);
    check_changes(image, cells, clean);
    rsl_cells_free(clean);
    rsl_cells_free(cells);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* FORTUNE's baseline: the top bit negates, twice is not always nothing, undoing is. */
static void test_negate(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *image = image_of(&g, "symmetric8:channel:negate");
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, image));
    int extremes = 0;
    for (int64_t w = 0; w < 135; w++) {
        const struct rsl_change *x;
        size_t n;
        int64_t a = rsl_memory_weight_address(image, 0, w, 7);
        float before = rsl_cells_value(cells, 0, w);
        check_ok(rsl_cells_flip(cells, a));
        check_ok(rsl_cells_changes(cells, &x, &n, NULL));
        if (n && x->code_before == 0x81) {
            extremes++;
            assert_true(x->after == 0);
            check_ok(rsl_cells_flip(cells, a));
            assert_true(rsl_cells_value(cells, 0, w) == 0);
        } else {
            assert_true(n == 0 || x->after == -before);
        }
        rsl_cells_restore(cells);
        assert_true(rsl_cells_value(cells, 0, w) == before);
    }
    assert_true(extremes > 0);
    rsl_cells_free(cells);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* Errors in a scale move all weights of its channel, and only those. */
static void test_scale_flips(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *image = image_of(&g, "affine8");
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, image));
    const struct rsl_memory_tensor *up = &image->tensors[1];
    const struct rsl_change *x;
    size_t n;
    check_ok(rsl_cells_flip(cells, rsl_memory_weight_address(image, up->scales, 2, 23)));
    check_ok(rsl_cells_flip(cells, rsl_memory_weight_address(image, up->zero_points, 2, 0)));
    check_ok(rsl_cells_flip(cells, rsl_memory_weight_address(image, 1, 8, 7))); /* of channel 2 */
    check_ok(rsl_cells_changes(cells, &x, &n, NULL));
    assert_true(n >= 11 && n <= 12);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(x[i].tensor, 1);
        assert_int_equal(x[i].index / 4 % 4, 2);
    }
    rsl_cells_free(cells);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* One storage for each layer. */
static void test_mixed(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    const struct rsl_storage each[4] = {parse("affine5/msb"), parse("symmetric8"),
                                        parse("affine3/tmr/plane"), parse("f16")};
    struct rsl_memory_options o = {.each = each, .n_each = 4};
    struct rsl_memory *image;
    check_ok(rsl_memory_new(&image, &g, &o));
    assert_int_equal(image->region[0].bits, 135 * 7 + 48 * 8 + 42 * 9 + 18 * 16);
    assert_int_equal(image->region[RSL_REGION_SCALES].n, 3);
    assert_int_equal(image->region[RSL_REGION_ZERO_POINTS].n, 2);
    check_addresses(image);
    rsl_memory_free(image);
    o.n_each = 3;
    check_fails(rsl_memory_new(&image, &g, &o), RSL_EMISMATCH,
                "4 tensors of weights, but storage for 3");
    assert_null(image);
    rsl_graph_free(&g);
}

/* A channel whose values are far from zero needs wider zero points. */
static void test_wide_zero_points(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    float *w = g.values.at[rsl_graph_find(&g, "conv.w")].tensor.data;
    for (int i = 0; i < 27; i++) w[i] = 100 + 0.01f * (float)i;
    struct rsl_memory *image = image_of(&g, "affine8");
    const struct rsl_memory_tensor *t = &image->tensors[0];
    assert_string_equal(image->tensors[t->zero_points].storage.encoding.kind->name, "int");
    assert_int_equal(image->tensors[t->zero_points].storage.encoding.bits, 32);
    assert_true(t->codes.zero_point[0] < -32768);
    assert_int_equal(image->tensors[image->tensors[1].zero_points].storage.encoding.bits, 16);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* A protection alone: the encodings stay the default ones. */
static void test_protected_parameters(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory_options o = {0};
    struct rsl_memory *image;
    o.region[RSL_REGION_WEIGHTS] = parse("affine3");
    check_ok(rsl_protection_parse(&o.region[RSL_REGION_SCALES].protection, "tmr"));
    check_ok(rsl_protection_parse(&o.region[RSL_REGION_ZERO_POINTS].protection, "msb:3"));
    check_ok(rsl_memory_new(&image, &g, &o));
    assert_int_equal(image->region[RSL_REGION_SCALES].bits, 18 * 96);
    assert_int_equal(image->region[RSL_REGION_ZERO_POINTS].bits, 18 * (8 + 6));
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* Weights without elements take no bits and disturb nobody's addresses. */
static void test_empty_weights(void **state) {
    (void)state;
    for (int k = 0; k < STORAGES; k++) {
        struct rsl_graph g;
        struct rsl_cells *cells;
        rsl_graph_init(&g);
        int x = rsl_graph_add_input(&g, "x", RSL_f32, &(struct rsl_shape){4, {1, 3, 8, 8}});
        const int64_t shapes[3][4] = {{0, 3, 1, 1}, {2, 3, 1, 1}, {2, 0, 1, 1}};
        for (int i = 0; i < 3; i++) {
            const char *const names[] = {"none", "some", "none again"};
            int w = made_constant(&g, names[i], RSL_f32, 4, shapes[i]);
            x = made_node(&g, "Conv", "", (int[]){x, w}, 2);
        }
        check_ok(rsl_graph_add_output(&g, x));
        struct rsl_memory *image = image_of(&g, storages[k]);
        check_addresses(image);
        check_ok(rsl_cells_new(&cells, image));
        for (int64_t a = 0; a < image->bits; a++) check_ok(rsl_cells_flip(cells, a));
        const struct rsl_change *x_all;
        size_t n;
        check_ok(rsl_cells_changes(cells, &x_all, &n, NULL));
        rsl_cells_restore(cells);
        assert_true(same_bits(cells, image));
        rsl_cells_free(cells);
        rsl_memory_free(image);
        rsl_graph_free(&g);
    }
}

/* Stored bits of the published networks' weights, from their shapes. */
static void test_published_bits(void **state) {
    (void)state;
    static const struct {
        const char *arch, *storage;
        int64_t bits;
    } rows[] = {
        {"vgg11-fc", "symmetric8:channel:negate", 225064448},
        {"vgg11-fc", "affine5/msb", 196931392},
        {"vgg11-fc", "affine4/msb", 168798336},
        {"vgg11-fc", "affine3/msb", 140665280},
        {"alexnet", "affine3/msb/plane", 291447520},
        {"inception", "affine5/msb", 151234496},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct rsl_model *m;
        const struct rsl_storage s = parse(rows[k].storage);
        check_ok(rsl_zoo_skeleton(&m, rows[k].arch, NULL));
        int values[512], nodes[512];
        assert_true(m->graph.nodes.n < 512);
        int n = rsl_graph_weights(&m->graph, values, nodes);
        int64_t bits = 0;
        for (int i = 0; i < n; i++)
            bits +=
                rsl_groups_of(&s, rsl_tensor_count(&m->graph.values.at[values[i]].tensor)).stored;
        assert_int_equal(bits, rows[k].bits);
        struct rsl_memory *image;
        check_fails(rsl_memory_new(&image, &m->graph, NULL), RSL_EARG, "no numbers yet");
        rsl_model_free(m);
    }
}

/* ---- refusals ---- */

static void test_refusals(void **state) {
    (void)state;
    struct rsl_graph g;
    struct rsl_memory *image;
    struct rsl_memory_options o = {0};
    build(&g);
    float *w = g.values.at[rsl_graph_find(&g, "fc.w")].tensor.data;
    w[13] = NAN;
    o.region[RSL_REGION_WEIGHTS] = parse("affine4");
    check_fails(rsl_memory_new(&image, &g, &o), RSL_EARG, "weights of 'fc.w': element 13 is nan");
    check_ok(rsl_memory_new(&image, &g, NULL)); /* f32 holds it */
    rsl_memory_free(image);
    w[13] = 0;
    o.region[RSL_REGION_WEIGHTS] = parse("affine4:axis=3");
    check_fails(rsl_memory_new(&image, &g, &o), RSL_ESHAPE,
                "weights of 'fc.w': affine4:axis=3: shape [7,6]");
    o.region[RSL_REGION_WEIGHTS] = parse("affine4");
    o.region[RSL_REGION_BIASES] = parse("affine8");
    check_fails(rsl_memory_new(&image, &g, &o), RSL_EUNSUPPORTED,
                "biases cannot be stored as affine");
    o.region[RSL_REGION_BIASES] = parse("int8");
    check_fails(rsl_memory_new(&image, &g, &o), RSL_EARG, "biases of 'conv.b': element 0 is");
    rsl_graph_free(&g);

    rsl_graph_init(&g);
    int x = rsl_graph_add_input(&g, "x", RSL_f32, &(struct rsl_shape){2, {1, 4}});
    int relu = made_node(&g, "Relu", "", &x, 1);
    check_ok(rsl_graph_add_output(&g, relu));
    check_fails(rsl_memory_new(&image, &g, NULL), RSL_EGRAPH, "no weights");
    int codes = made_constant(&g, "w", RSL_i8, 2, (int64_t[]){4, 4});
    int scale = made_constant(&g, "s", RSL_f32, 0, NULL);
    int real = made_node(&g, "DequantizeLinear", "", (int[]){codes, scale}, 2);
    check_ok(rsl_graph_add_output(&g, made_node(&g, "MatMul", "", (int[]){relu, real}, 2)));
    check_fails(rsl_memory_new(&image, &g, NULL), RSL_EUNSUPPORTED,
                "weights of 'w': the numbers are i8: the network is quantized already");
    assert_null(image);
    rsl_graph_free(&g);
}

static int use_image(void *graph) {
    struct rsl_memory_options o = {0};
    struct rsl_memory *image = NULL;
    struct rsl_cells *cells = NULL;
    const struct rsl_change *x;
    size_t n;
    int rc = rsl_storage_parse(&o.region[RSL_REGION_WEIGHTS], "affine3/msb");
    if (rc == RSL_OK) rc = rsl_memory_new(&image, graph, &o);
    if (rc == RSL_OK) rc = rsl_cells_new(&cells, image);
    if (rc == RSL_OK) rc = rsl_cells_reserve(cells, 100);
    for (int64_t a = 0; a < 900 && rc == RSL_OK; a += 2) rc = rsl_cells_flip(cells, a);
    if (rc == RSL_OK) rc = rsl_cells_set(cells, 1, !rsl_cells_bit(cells, 1));
    if (rc >= 0) rc = rsl_cells_changes(cells, &x, &n, NULL);
    rsl_cells_free(cells);
    rsl_memory_free(image);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    assert_true(torture(use_image, &g) > 20);
    rsl_graph_free(&g);
}

static long allocations;

static int count_allocations(size_t size) {
    (void)size;
    allocations++;
    return 1;
}

static void test_trials_allocate_nothing(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    struct rsl_memory *image = image_of(&g, "affine5/msb");
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, image));
    check_ok(rsl_cells_reserve(cells, 400));
    rsl_alloc_gate = count_allocations;
    struct rsl_rng r = rsl_rng(1, 2);
    for (int trial = 0; trial < 1000; trial++) {
        const struct rsl_change *x;
        size_t n;
        for (int f = 0; f < 50; f++)
            check_ok(
                rsl_cells_flip(cells, (int64_t)rsl_rng_below(&r, (uint64_t)image->region[0].bits)));
        check_ok(rsl_cells_changes(cells, &x, &n, NULL));
        rsl_cells_restore(cells);
    }
    rsl_alloc_gate = NULL;
    assert_int_equal(allocations, 0);
    assert_true(same_bits(cells, image));
    rsl_cells_free(cells);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_region_names),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_single_flips),
        cmocka_unit_test(test_many_flips),
        cmocka_unit_test(test_outvoted),
        cmocka_unit_test(test_undone),
        cmocka_unit_test(test_negate),
        cmocka_unit_test(test_scale_flips),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_wide_zero_points),
        cmocka_unit_test(test_protected_parameters),
        cmocka_unit_test(test_empty_weights),
        cmocka_unit_test(test_published_bits),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_torture),
        cmocka_unit_test(test_trials_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
