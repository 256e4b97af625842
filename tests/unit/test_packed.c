/* Packed execution: every processor's form gives the same bits, codes are those that cells read,
 * networks agree with the decoded weights, and a bit that flips between two runs is voted out. */
#include "memory/packed_graph.h"
#include "memory/packed_layer.h"

#include "base/philox.h"
#include "check.h"
#include "graph/model.h"
#include "graph/plan.h"
#include "resile/packed.h"
#include "resile/run.h"
#include "resile/zoo.h"
#include "torture.h"

#include <math.h>

static const char *const storages[] = {
    "affine3/msb/plane",      "affine4/msb/plane",
    "affine5/msb/plane",      "affine2/msb:2/plane",
    "affine8/none/word",      "affine8/msb/plane",
    "affine7/none/plane",     "affine3/msb",
    "affine4/msb:2",          "affine2/tmr",
    "affine6/tmr/plane",      "affine5/tmr",
    "symmetric8/none",        "symmetric4/msb/plane",
    "symmetric5:channel/msb", "affine6:channel:paper/msb/plane",
    "affine5/parity",         "affine3/secded/plane",
    "affine4:tensor/msb",     "symmetric8:tensor/tmr/plane",
    "affine3/msb/block",      "affine5/none/block",
    "symmetric4/tmr/block",   "affine8/msb:3/block",
    "affine3/secded/block",
};

enum { STORAGES = sizeof storages / sizeof *storages };

/* ---- a convolution, a strided one, two linear layers, with sizes that fill nothing ---- */

static int constant(struct rsl_graph *g, const char *name, int rank, const int64_t *dim) {
    struct rsl_shape shape = rsl_shape_of(rank, dim);
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &g->arena, RSL_f32, &shape));
    struct rsl_rng r = rsl_rng(5, g->values.n);
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        rsl_tensor_set_double(&t, i, 0.1 * rsl_rng_normal(&r));
    int v = rsl_graph_add_constant(g, name, &t);
    assert_true(v >= 0);
    return v;
}

static int node(struct rsl_graph *g, const char *op, const int *in, int n) {
    int out = rsl_graph_fresh(g, op);
    check_ok(rsl_graph_add_node(g, rsl_op_find("", op), "", in, n, &out, 1));
    return out;
}

static int last(const struct rsl_graph *g) {
    return (int)g->nodes.n - 1;
}

/* Two linear layers whose rows are whole blocks, and fill none of another size. */
static void build_rows(struct rsl_graph *g) {
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){2, {-1, 1024}});
    int a = constant(g, "a.w", 2, (int64_t[]){512, 1024}), b;
    a = node(g, "Gemm", (int[]){x, a}, 2);
    check_ok(rsl_node_set_int(g, last(g), "transB", 1));
    b = constant(g, "b.w", 2, (int64_t[]){37, 512});
    a = node(g, "Gemm", (int[]){a, b}, 2);
    check_ok(rsl_node_set_int(g, last(g), "transB", 1));
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
}

static void build(struct rsl_graph *g) {
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 1, 11, 9}});
    int a = node(g, "Conv",
                 (int[]){x, constant(g, "a.w", 4, (int64_t[]){18, 1, 5, 5}),
                         constant(g, "a.b", 1, (int64_t[]){18})},
                 3);
    check_ok(rsl_node_set_ints(g, last(g), "pads", (int64_t[]){2, 2, 2, 2}, 4));
    a = node(g, "Relu", &a, 1);
    int b = node(g, "Conv", (int[]){a, constant(g, "b.w", 4, (int64_t[]){18, 18, 3, 3})}, 2);
    check_ok(rsl_node_set_ints(g, last(g), "pads", (int64_t[]){1, 1, 1, 1}, 4));
    a = node(g, "Add", (int[]){b, a}, 2); /* a residual */
    a = node(g, "LeakyRelu", &a, 1);
    a = node(g, "Conv", (int[]){a, constant(g, "c.w", 4, (int64_t[]){21, 18, 3, 2})}, 2);
    check_ok(rsl_node_set_ints(g, last(g), "strides", (int64_t[]){2, 3}, 2));
    check_ok(rsl_node_set_ints(g, last(g), "dilations", (int64_t[]){2, 1}, 2));
    a = node(g, "Flatten", &a, 1);
    int f = constant(g, "f.w", 2, (int64_t[]){35, 252}),
        h = constant(g, "h.w", 2, (int64_t[]){10, 35}), one = constant(g, "h.b", 1, (int64_t[]){1});
    a = node(g, "Gemm", (int[]){a, f, constant(g, "f.b", 1, (int64_t[]){35})}, 3);
    check_ok(rsl_node_set_int(g, last(g), "transB", 1));
    a = node(g, "Gemm", (int[]){a, h, one}, 3);
    check_ok(rsl_node_set_int(g, last(g), "transB", 1));
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
}

/* A depthwise, a grouped and a transposed convolution, and a linear layer. */
static void build_others(struct rsl_graph *g) {
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 16, 9, 9}});
    int a = node(g, "Conv", (int[]){x, constant(g, "a.w", 4, (int64_t[]){16, 1, 3, 3})}, 2);
    check_ok(rsl_node_set_int(g, last(g), "group", 16));
    a = node(g, "Conv", (int[]){a, constant(g, "b.w", 4, (int64_t[]){32, 8, 1, 1})}, 2);
    check_ok(rsl_node_set_int(g, last(g), "group", 2));
    a = node(g, "ConvTranspose", (int[]){a, constant(g, "c.w", 4, (int64_t[]){32, 4, 2, 2})}, 2);
    a = node(g, "Flatten", &a, 1);
    a = node(g, "Gemm", (int[]){a, constant(g, "d.w", 2, (int64_t[]){5, 256})}, 2);
    check_ok(rsl_node_set_int(g, last(g), "transB", 1));
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
}

static struct rsl_memory *image_of(const struct rsl_graph *g, const char *storage) {
    struct rsl_memory_options o = {0};
    struct rsl_memory *image;
    check_ok(rsl_storage_parse(&o.region[RSL_REGION_WEIGHTS], storage));
    check_ok(rsl_memory_new(&image, g, &o));
    return image;
}

static struct rsl_plan *plan_of(const struct rsl_graph *g, int batch, bool reference) {
    struct rsl_plan *plan;
    const struct rsl_plan_options o = {
        .batch = batch, .threads = 2, .fuse = true, .reference = reference};
    check_ok(rsl_plan_new(&plan, g, &o));
    return plan;
}

static void fill(struct rsl_plan *plan, uint64_t seed) {
    struct rsl_tensor *x = rsl_plan_input(plan, 0);
    struct rsl_rng r = rsl_rng(seed, 1);
    for (int64_t i = 0; i < rsl_tensor_count(x); i++)
        ((float *)x->data)[i] = (float)rsl_rng_normal(&r);
}

static void check_close(const struct rsl_plan *a, const struct rsl_plan *b) {
    const struct rsl_tensor *u = rsl_plan_output(a, 0), *v = rsl_plan_output(b, 0);
    double largest = 0, error = 0;
    for (int64_t i = 0; i < rsl_tensor_count(u); i++) {
        double x = rsl_tensor_double(u, i), y = rsl_tensor_double(v, i);
        largest = fmax(largest, fabs(x));
        error = fmax(error, fabs(x - y));
    }
    assert_true(largest > 0.1);
    if (error > 2e-6 * largest) fail_msg("error %g of %g", error, largest);
}

/* ---- codes ---- */

/* Against what cells read, over all of the tensor and from odd places, with flips among the bits.
 */
static void test_codes(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    for (int s = 0; s < STORAGES; s++) {
        struct rsl_memory *image = image_of(&g, storages[s]);
        struct rsl_cells *cells;
        check_ok(rsl_cells_new(&cells, image));
        for (int64_t at = 3; at < image->region[RSL_REGION_WEIGHTS].bits; at += 211)
            check_ok(rsl_cells_flip(cells, at));
        struct rsl_graph packed;
        check_ok(rsl_packed_graph(&packed, &g, image, cells));
        for (size_t i = 0, k = 0; i < packed.nodes.n; i++) {
            const struct rsl_node *n = &packed.nodes.at[i];
            if (n->op != &rsl_op_StoredWeights) continue;
            while (image->tensors[k].value != n->out[0]) k = (k + 1) % 5;
            const struct rsl_tensor *in[3] = {NULL};
            for (int j = 0; j < n->n_in; j++)
                if (n->in[j] != RSL_ABSENT) in[j] = &packed.values.at[n->in[j]].tensor;
            struct rsl_call call = {.node = n, .n_in = n->n_in, .in = in};
            struct rsl_packed_source source;
            check_ok(rsl_packed_of(&source, &call));
            const struct rsl_packed p = source.packed;
            int64_t count = image->tensors[k].count;
            float *w = rsl_malloc((size_t)count * sizeof *w),
                  *v = rsl_malloc((size_t)count * sizeof *v);
            rsl_cells_values(cells, (int)k, w, NULL);
            rsl_packed_values(&p, v);
            assert_memory_equal(w, v, (size_t)count * sizeof *w);
            rsl_free(w);
            rsl_free(v);
            if (!rsl_packed_accepts(&p)) continue;
            uint8_t *code = rsl_malloc((size_t)count), *some = rsl_malloc((size_t)count);
            uint8_t offset = p.storage.encoding.kind->is_signed
                                 ? (uint8_t)(1 << (p.storage.encoding.bits - 1))
                                 : 0;
            rsl_cells_codes(cells, (int)k, code);
            for (int64_t first = 0; first < count; first += 1 + first * 3) {
                int64_t m = count - first;
                rsl_packed_codes(&p, first, m, some);
                for (int64_t j = 0; j < m; j++) assert_int_equal(some[j], code[first + j] ^ offset);
            }
            rsl_free(code);
            rsl_free(some);
        }
        rsl_graph_free(&packed);
        rsl_cells_free(cells);
        rsl_memory_free(image);
    }
    rsl_graph_free(&g);
}

/* ---- processors ---- */

enum { BLOCKS = 3, COUNT = BLOCKS * RSL_PACKED_BLOCK, ROW = COUNT + 8 };

/* Makes first copies equal in two blocks of three, as in a memory with few errors: there second
 * copies are not asked. */
static void agree(uint8_t *bits, const struct rsl_planes *p, int64_t blocks) {
    for (int64_t k = 0; k < blocks; k++)
        for (int i = 0; i < p->top && k % 3 != 0; i++)
            for (int64_t w = 0; w < 512; w++) {
                int64_t from = k * p->block + (p->width - p->top + i) * p->plane + w,
                        to = k * p->block + (p->width + i) * p->plane + w;
                unsigned bit = bits[from / 8] >> from % 8 & 1;
                bits[to / 8] = (uint8_t)((bits[to / 8] & ~(1U << to % 8)) | bit << to % 8);
            }
}

/* Digits as dot_planes wants them. */
static void lay_out(const struct rsl_packed_cpu *cpu, const int8_t *from, int8_t *to) {
    for (int i = 0; i < COUNT; i++)
        to[cpu->merged ? i / 512 * 512 + i % 8 * 64 + i / 8 % 64 : i] = from[i];
}

static void test_processors(void **state) {
    (void)state;
    static uint8_t bits[24 * 64 * 2 * (BLOCKS + 1) + 64]; /* three times eight planes */
    static _Alignas(64) int8_t digits[3][COUNT], laid[3][COUNT];
    static uint8_t code[COUNT], expected[COUNT];
    struct rsl_rng r = rsl_rng(2, 2);
    for (int d = 0; d < 3; d++)
        for (int i = 0; i < COUNT; i++) digits[d][i] = (int8_t)rsl_rng_below(&r, 256);
    const struct rsl_packed_cpu *portable = rsl_packed_cpu(0);
    for (size_t i = 0; rsl_packed_cpu(i); i++) portable = rsl_packed_cpu(i);
    for (size_t c = 0; rsl_packed_cpu(c); c++) {
        const struct rsl_packed_cpu *cpu = rsl_packed_cpu(c);
        if (!cpu->available()) continue;
        for (int width = 2; width <= 8; width++)
            for (int top = 0; top <= width; top += top ? width - 1 : 1)
                for (int odd = 0; odd < 2; odd++) {
                    const int64_t plane = 2 * ROW + odd * 3;
                    for (size_t i = 0; i < sizeof bits; i++)
                        bits[i] = (uint8_t)rsl_rng_below(&r, 256);
                    struct rsl_planes p = {bits,  plane, 512, 512, (width + top) * plane,
                                           width, top,   odd};
                    agree(bits, &p, 2 * BLOCKS);
                    int64_t a[2][3] = {0}, b[2][3] = {0};
                    cpu->codes(&p, odd * 5, BLOCKS, code);
                    portable->codes(&p, odd * 5, BLOCKS, expected);
                    assert_memory_equal(code, expected, COUNT);
                    const int8_t *x[3] = {laid[0], laid[1], laid[2]},
                                 *y[3] = {digits[0], digits[1], digits[2]};
                    for (int d = 0; d < 3; d++) lay_out(cpu, digits[d], laid[d]);
                    cpu->dot_planes(&p, odd, ROW, 2, BLOCKS, x, a);
                    portable->dot_planes(&p, odd, ROW, 2, BLOCKS, y, b);
                    assert_memory_equal(a, b, sizeof a);
                    cpu->dot_planes(&p, odd, ROW, 1, BLOCKS, x, a);
                    portable->dot_planes(&p, odd, ROW, 1, BLOCKS, y, b);
                    cpu->dot_bytes(bits, ROW, 2, BLOCKS, y, a);
                    portable->dot_bytes(bits, ROW, 2, BLOCKS, y, b);
                    cpu->dot_bytes(bits, 0, 1, BLOCKS, y, a);
                    portable->dot_bytes(bits, 0, 1, BLOCKS, y, b);
                    assert_memory_equal(a, b, sizeof a);
                    /* Planes in blocks: the same numbers from other places. */
                    const int64_t near = width + top, all = 2 * BLOCKS + 1;
                    p = (struct rsl_planes){bits,  512, 512 * near, 512 * top, all * 512 * near,
                                            width, top, odd};
                    agree(bits, &p, all);
                    cpu->codes(&p, 512, BLOCKS, code);
                    portable->codes(&p, 512, BLOCKS, expected);
                    assert_memory_equal(code, expected, COUNT);
                    for (int rows = 1; rows <= 2; rows++) {
                        cpu->dot_planes(&p, 512, BLOCKS * 512, rows, BLOCKS, x, a);
                        portable->dot_planes(&p, 512, BLOCKS * 512, rows, BLOCKS, y, b);
                    }
                    assert_memory_equal(a, b, sizeof a);
                }
    }
}

static void test_tiles(void **state) {
    (void)state;
    enum { QUADS = 37 };
    static _Alignas(64) uint8_t panel[QUADS * 64];
    static _Alignas(64) int8_t image[QUADS * 12 + 8 * 12];
    int32_t offset[QUADS];
    double zero[16], scale[16], bias[16];
    struct rsl_rng r = rsl_rng(4, 4);
    for (size_t i = 0; i < sizeof panel; i++) panel[i] = (uint8_t)rsl_rng_below(&r, 256);
    for (size_t i = 0; i < sizeof image; i++) image[i] = (int8_t)rsl_rng_below(&r, 256);
    for (int q = 0; q < QUADS; q++) offset[q] = (QUADS - 1 - q) * 12;
    for (int o = 0; o < 16; o++) zero[o] = o * 7.25, scale[o] = 0.001 * (o + 1), bias[o] = o - 8;
    for (int pixels = 1; pixels <= 8; pixels++) {
        struct rsl_tile expected = {.panel = panel,
                                    .quads = QUADS,
                                    .offset = offset,
                                    .pixels = pixels,
                                    .zero = zero,
                                    .scale = scale,
                                    .bias = bias};
        for (int p = 0; p < pixels; p++) {
            expected.pixel[p] = image + 12 * p;
            expected.sum[p] = 1000.0 * p;
            expected.unit[p] = 0x1p-20;
        }
        struct rsl_tile t = expected;
        size_t c = 0;
        while (rsl_packed_cpu(c + 1)) c++;
        rsl_packed_cpu(c)->tile(&expected);
        rsl_packed_cpu(c)->tile_integers(&expected);
        while (c-- > 0) {
            if (!rsl_packed_cpu(c)->available()) continue;
            rsl_packed_cpu(c)->tile(&t);
            assert_memory_equal(t.y, expected.y, (size_t)pixels * sizeof t.y[0]);
            rsl_packed_cpu(c)->tile_integers(&t);
            assert_memory_equal(t.product, expected.product, (size_t)pixels * sizeof t.product[0]);
        }
    }
}

/* ---- networks ---- */

/* The packed plan, and the reference on the decoded weights. */
static void test_networks(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    for (int s = 0; s < STORAGES; s++) {
        struct rsl_memory *image = image_of(&g, storages[s]);
        struct rsl_graph packed;
        check_ok(rsl_packed_graph(&packed, &g, image, NULL));
        for (int batch = 1; batch <= 7; batch += 3) {
            struct rsl_plan *fast = plan_of(&packed, batch, false),
                            *plain = plan_of(&packed, batch, true);
            fill(fast, 7);
            fill(plain, 7);
            check_ok(rsl_plan_run(fast));
            check_ok(rsl_plan_run(plain));
            check_close(fast, plain);
            int layers = 0;
            for (size_t i = 0; i < rsl_plan_steps(fast); i++)
                layers += rsl_plan_step_node(fast, i) &&
                          strstr(rsl_plan_step_kernel(fast, i), "packed ") &&
                          rsl_plan_step_node(fast, i)->op != &rsl_op_StoredWeights;
            bool other = strstr(storages[s], "parity") || strstr(storages[s], "secded");
            assert_int_equal(layers, other ? 0 : 5);
            rsl_plan_free(fast);
            rsl_plan_free(plain);
        }
        rsl_graph_free(&packed);
        rsl_memory_free(image);
    }
    rsl_graph_free(&g);
}

/* What the packed kernels do not take is decoded for the kernels that run it otherwise, and not
 * left to the reference. */
static void test_others(void **state) {
    (void)state;
    static const char *const forms[] = {"affine4/msb", "affine4/parity", "affine3/secded/block"};
    struct rsl_graph g;
    build_others(&g);
    for (int s = 0; s < 3; s++) {
        struct rsl_memory *image = image_of(&g, forms[s]);
        struct rsl_graph packed;
        check_ok(rsl_packed_graph(&packed, &g, image, NULL));
        struct rsl_plan *fast = plan_of(&packed, 2, false), *plain = plan_of(&packed, 2, true);
        fill(fast, 7);
        fill(plain, 7);
        check_ok(rsl_plan_run(fast));
        check_ok(rsl_plan_run(plain));
        check_close(fast, plain);
        for (size_t i = 0; i < rsl_plan_steps(fast); i++) {
            const struct rsl_node *n = rsl_plan_step_node(fast, i);
            if (n) assert_string_not_equal(rsl_plan_step_kernel(fast, i), "reference");
        }
        rsl_plan_free(fast);
        rsl_plan_free(plain);
        rsl_graph_free(&packed);
        rsl_memory_free(image);
    }
    rsl_graph_free(&g);
}

/* One image at a time, rows are streamed: in every layout the same outputs, bit for bit. */
static void test_streams(void **state) {
    (void)state;
    static const char *const forms[] = {"affine3/msb", "affine5/none", "symmetric4/tmr",
                                        "affine6:tensor/msb:2"};
    struct rsl_graph g;
    build_rows(&g);
    for (int s = 0; s < 4; s++) {
        float want[37];
        for (int layout = 0; rsl_layout_names[layout]; layout++) {
            char text[64];
            snprintf(text, sizeof text, "%s/%s", forms[s], rsl_layout_names[layout]);
            struct rsl_memory *image = image_of(&g, text);
            struct rsl_graph packed;
            check_ok(rsl_packed_graph(&packed, &g, image, NULL));
            struct rsl_plan *fast = plan_of(&packed, 1, false), *plain = plan_of(&packed, 1, true);
            fill(fast, 7);
            fill(plain, 7);
            check_ok(rsl_plan_run(fast));
            check_ok(rsl_plan_run(plain));
            check_close(fast, plain);
            const float *is = rsl_plan_output(fast, 0)->data;
            if (layout == 0) memcpy(want, is, sizeof want);
            assert_memory_equal(is, want, sizeof want);
            rsl_plan_free(fast);
            rsl_plan_free(plain);
            rsl_graph_free(&packed);
            rsl_memory_free(image);
        }
    }
    rsl_graph_free(&g);
}

/* A window that lies on the padding alone: only the bias is left. */
static void test_padding_alone(void **state) {
    (void)state;
    struct rsl_graph g, packed;
    rsl_graph_init(&g);
    int x = rsl_graph_add_input(&g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 8, 1, 1}});
    int a = node(&g, "Conv",
                 (int[]){x, constant(&g, "a.w", 4, (int64_t[]){5, 8, 1, 1}),
                         constant(&g, "a.b", 1, (int64_t[]){5})},
                 3);
    check_ok(rsl_node_set_ints(&g, last(&g), "pads", (int64_t[]){1, 1, 0, 0}, 4));
    check_ok(rsl_node_set_ints(&g, last(&g), "strides", (int64_t[]){2, 2}, 2));
    check_ok(rsl_graph_add_output(&g, a));
    check_ok(rsl_graph_check(&g));
    struct rsl_memory *image = image_of(&g, "affine4/msb");
    check_ok(rsl_packed_graph(&packed, &g, image, NULL));
    struct rsl_plan *fast = plan_of(&packed, 1, false), *plain = plan_of(&packed, 1, true);
    fill(fast, 7);
    fill(plain, 7);
    check_ok(rsl_plan_run(fast));
    check_ok(rsl_plan_run(plain));
    check_close(fast, plain);
    rsl_plan_free(fast);
    rsl_plan_free(plain);
    rsl_graph_free(&packed);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* An image's outputs do not depend on those beside it; NaN and infinity stay where they are. */
static void test_images_apart(void **state) {
    (void)state;
    struct rsl_graph g, packed;
    build(&g);
    struct rsl_memory *image = image_of(&g, "affine4/msb/plane");
    check_ok(rsl_packed_graph(&packed, &g, image, NULL));
    struct rsl_plan *three = plan_of(&packed, 3, false), *one = plan_of(&packed, 1, false),
                    *plain = plan_of(&packed, 3, true);
    fill(three, 9);
    float *x = rsl_plan_input(three, 0)->data;
    enum { PIXELS = 99 };
    for (int i = 0; i < PIXELS; i++) x[PIXELS + i] *= 1e20f;
    x[2 * PIXELS + 40] = NAN;
    check_ok(rsl_plan_run(three));
    memcpy(rsl_plan_input(plain, 0)->data, x, 3 * PIXELS * sizeof *x);
    check_ok(rsl_plan_run(plain));
    const float *y = rsl_plan_output(three, 0)->data, *z = rsl_plan_output(plain, 0)->data;
    for (int i = 0; i < 10; i++) assert_true(isfinite(y[i]) && isfinite(y[10 + i]));
    for (int i = 0; i < 10; i++) assert_true(isnan(y[20 + i]) && isnan(z[20 + i]));
    for (int k = 0; k < 2; k++) {
        memcpy(rsl_plan_input(one, 0)->data, x + k * PIXELS, PIXELS * sizeof *x);
        check_ok(rsl_plan_run(one));
        const float *alone = rsl_plan_output(one, 0)->data;
        for (int i = 0; i < 10; i++) assert_float_equal(alone[i] / y[10 * k + i], 1, 1e-6);
    }
    x = rsl_plan_input(one, 0)->data;
    x[7] = INFINITY;
    check_ok(rsl_plan_run(one));
    const float *alone = rsl_plan_output(one, 0)->data;
    for (int i = 0; i < 10; i++) assert_true(!isfinite(alone[i]));
    rsl_plan_free(three);
    rsl_plan_free(one);
    rsl_plan_free(plain);
    rsl_graph_free(&packed);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* A scale whose top bits flipped: what is infinite in floats is so on stored bits. */
static void test_infinite_weights(void **state) {
    (void)state;
    struct rsl_graph g, packed;
    build_rows(&g);
    struct rsl_memory *image = image_of(&g, "symmetric4:channel/msb/block");
    image->tensors[1].codes.scale[3] = 3e38F;
    check_ok(rsl_packed_graph(&packed, &g, image, NULL));
    struct rsl_plan *fast = plan_of(&packed, 2, false), *plain = plan_of(&packed, 2, true);
    fill(fast, 7);
    fill(plain, 7);
    float *x = rsl_plan_input(fast, 0)->data; /* small: scale times sum would not overflow */
    for (int i = 0; i < 2 * 1024; i++) x[i] *= 1e-6F;
    memcpy(rsl_plan_input(plain, 0)->data, x, 2 * 1024 * sizeof *x);
    check_ok(rsl_plan_run(fast));
    check_ok(rsl_plan_run(plain));
    const float *y = rsl_plan_output(fast, 0)->data, *z = rsl_plan_output(plain, 0)->data;
    for (int i = 0; i < 2 * 37; i++) assert_int_equal(isfinite(y[i]) != 0, isfinite(z[i]) != 0);
    assert_false(isfinite(z[3]));
    rsl_plan_free(fast);
    rsl_plan_free(plain);
    rsl_graph_free(&packed);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* The same plan before and after flips: one copy changes nothing, two do. */
static void test_vote_at_every_run(void **state) {
    (void)state;
    struct rsl_graph g, packed;
    build(&g);
    struct rsl_memory *image = image_of(&g, "affine3/msb/plane");
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, image));
    check_ok(rsl_packed_graph(&packed, &g, image, cells));
    struct rsl_plan *plan = plan_of(&packed, 1, false);
    float before[10], after[10];
    fill(plan, 3);
    check_ok(rsl_plan_run(plan));
    memcpy(before, rsl_plan_output(plan, 0)->data, sizeof before);
    int64_t bits[3];
    for (int copy = 0; copy < 3; copy++) {
        bits[copy] = rsl_memory_weight_address(image, 3, 500, 2 + copy);
        assert_true(bits[copy] >= 0);
    }
    for (int copy = 0; copy < 3; copy++) {
        check_ok(rsl_cells_flip(cells, bits[copy]));
        check_ok(rsl_plan_run(plan));
        memcpy(after, rsl_plan_output(plan, 0)->data, sizeof after);
        assert_memory_equal(before, after, sizeof before);
        check_ok(rsl_cells_flip(cells, bits[copy]));
    }
    check_ok(rsl_cells_flip(cells, bits[0]));
    check_ok(rsl_cells_flip(cells, bits[2]));
    check_ok(rsl_plan_run(plan));
    memcpy(after, rsl_plan_output(plan, 0)->data, sizeof after);
    assert_memory_not_equal(before, after, sizeof before);
    rsl_plan_free(plan);
    rsl_graph_free(&packed);
    rsl_cells_free(cells);
    rsl_memory_free(image);
    rsl_graph_free(&g);
}

/* ---- the public face ---- */

static void test_runner(void **state) {
    (void)state;
    struct rsl_model *m;
    struct rsl_runner *packed, *decoded;
    struct rsl_quantize_result r;
    check_ok(rsl_zoo_build(&m, "cnn-small", NULL));
    check_fails(rsl_runner_new(&packed, m, &(struct rsl_run_options){.packed = 1}), RSL_EARG,
                "not stored as bits");
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 4, .protect = "msb"}, &r));
    const struct rsl_run_options o = {.batch = 2, .packed = 1}, p = {.batch = 2};
    check_ok(rsl_runner_new(&packed, m, &o));
    check_ok(rsl_runner_new(&decoded, m, &p));
    float *x = rsl_runner_input(packed, 0);
    struct rsl_rng rng = rsl_rng(1, 1);
    for (int i = 0; i < 2 * 3 * 32 * 32; i++) x[i] = (float)rsl_rng_normal(&rng);
    memcpy(rsl_runner_input(decoded, 0), x, 2 * 3 * 32 * 32 * sizeof *x);
    check_ok(rsl_runner_run(packed));
    check_ok(rsl_runner_run(decoded));
    const float *y = rsl_runner_output(packed, 0), *z = rsl_runner_output(decoded, 0);
    for (int i = 0; i < 20; i++) assert_float_equal(y[i], z[i], 1e-5);
    rsl_runner_free(packed);
    rsl_runner_free(decoded);
    rsl_model_free(m);
}

static int make_plan(void *context) {
    struct rsl_graph packed;
    struct rsl_plan *plan = NULL;
    struct rsl_memory *image = ((void **)context)[1];
    int rc = rsl_packed_graph(&packed, ((void **)context)[0], image, NULL);
    if (rc < 0) return rc;
    rc = rsl_plan_new(&plan, &packed, &(struct rsl_plan_options){.batch = 1, .threads = 1});
    rsl_plan_free(plan);
    rsl_graph_free(&packed);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct rsl_graph g;
    build(&g);
    void *context[2] = {&g, image_of(&g, "affine3/msb/plane")};
    assert_true(torture(make_plan, context) > 10);
    rsl_memory_free(context[1]);
    rsl_graph_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_processors),
        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_padding_alone),
        cmocka_unit_test(test_images_apart),
        cmocka_unit_test(test_infinite_weights),
        cmocka_unit_test(test_vote_at_every_run),
        cmocka_unit_test(test_runner),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
