/* Quantized models and their files: the published vectors, the same bits back from the file, the
 * nodes of the file computing what resile reads, votes over flipped bits, what is refused. */
#include "resile/quantize.h"

#include "base/file.h"
#include "base/philox.h"
#include "check.h"
#include "export/opset.h"
#include "export/stored_model.h"
#include "graph/op.h"
#include "graph/plan.h"
#include "io/onnx.h"
#include "memory/image.h"
#include "resile/run.h"
#include "torture.h"

#include <math.h>
#include <unistd.h>

/* ---- a network whose tensors fill no whole bytes ---- */

static int constant(struct rsl_graph *g, const char *name, int rank, const int64_t *dim) {
    struct rsl_shape shape = rsl_shape_of(rank, dim);
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &g->arena, RSL_f32, &shape));
    struct rsl_rng r = rsl_rng(3, g->values.n);
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        rsl_tensor_set_double(&t, i, 0.1 * rsl_rng_normal(&r));
    int v = rsl_graph_add_constant(g, name, &t);
    assert_true(v >= 0);
    return v;
}

static int node(struct rsl_graph *g, const char *op, const int *in, int n) {
    int out = rsl_graph_fresh(g, op);
    assert_true(out >= 0);
    check_ok(rsl_graph_add_node(g, rsl_op_find("", op), "", in, n, &out, 1));
    return out;
}

/* x [N,3,5,5] -> Conv -> Relu -> Flatten -> Gemm -> MatMul with transposed weights */
static struct rsl_model *build_wide(int64_t outputs) {
    struct rsl_model *m = rsl_model_new();
    assert_non_null(m);
    struct rsl_graph *g = &m->graph;
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, 5, 5}});
    int w = constant(g, "conv.w", 4, (int64_t[]){7, 3, 3, 3});
    int a = node(g, "Conv", (int[]){x, w, constant(g, "conv.b", 1, (int64_t[]){7})}, 3);
    a = node(g, "Relu", &a, 1);
    a = node(g, "Flatten", &a, 1);
    int fc = constant(g, "fc.w", 2, (int64_t[]){63, 5});
    a = node(g, "Gemm", (int[]){a, fc, constant(g, "fc.b", 1, (int64_t[]){5})}, 3);
    int last = constant(g, "last.w", 2, (int64_t[]){outputs, 5});
    last = node(g, "Transpose", &last, 1);
    a = node(g, "MatMul", (int[]){a, last}, 2);
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
    return m;
}

static struct rsl_model *build(void) {
    return build_wide(3);
}

static void run(const struct rsl_model *m, float *y, int n) {
    struct rsl_plan *plan;
    check_ok(rsl_plan_new(&plan, &m->graph, &(struct rsl_plan_options){.batch = 2, .threads = 1}));
    struct rsl_tensor *x = rsl_plan_input(plan, 0);
    struct rsl_rng r = rsl_rng(1, 0);
    for (int64_t i = 0; i < rsl_tensor_count(x); i++)
        rsl_tensor_set_double(x, i, rsl_rng_normal(&r));
    check_ok(rsl_plan_run(plan));
    assert_int_equal(rsl_tensor_count(rsl_plan_output(plan, 0)), n);
    memcpy(y, rsl_plan_output(plan, 0)->data, (size_t)n * sizeof *y);
    rsl_plan_free(plan);
}

static const struct rsl_tensor *weights(const struct rsl_model *m, const char *name) {
    int v = rsl_graph_find(&m->graph, name);
    assert_true(v >= 0);
    assert_int_equal(m->graph.values.at[v].kind, RSL_VALUE_CONSTANT);
    return &m->graph.values.at[v].tensor;
}

/* ---- files ---- */

static const char path[] = "test_quantize.onnx";

static struct rsl_model *load(void) {
    struct rsl_model *m;
    check_ok(rsl_model_load(&m, path));
    return m;
}

/* The bytes of the file, changed by `change`, as a model; NULL with the sentence set when refused.
 */
static struct rsl_model *load_changed(void (*change)(uint8_t *data, size_t n)) {
    struct rsl_file file;
    check_ok(rsl_file_open(&file, path));
    uint8_t *copy = rsl_malloc(file.size);
    assert_non_null(copy);
    memcpy(copy, file.data, file.size);
    change(copy, file.size);
    struct rsl_model *m = NULL;
    int rc = rsl_onnx_read(&m, copy, file.size, "changed", NULL);
    assert_true(rc == RSL_OK || !m);
    rsl_free(copy);
    rsl_file_close(&file);
    return m;
}

static uint8_t *find(uint8_t *data, size_t n, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= n; i++)
        if (memcmp(data + i, text, length) == 0) return data + i;
    fail_msg("the file does not contain '%s'", text);
    return NULL;
}

static void hide_entry(uint8_t *data, size_t n) {
    find(data, n, RSL_META_STORAGE)[0] = 'R';
}

/* ---- tests ---- */

/* works of FORTUNE: channel [-1,-0.3,0,0.7,2.5], 3 bits -> scale 0.5, zero point 2, codes 0 1 2
 * 3 7.
 */
static void test_published_vector(void **state) {
    (void)state;
    const float w[5] = {-1, -0.3f, 0, 0.7f, 2.5f}, expected[5] = {-1, -0.5f, 0, 0.5f, 2.5f};
    struct rsl_model *m = rsl_model_new();
    struct rsl_graph *g = &m->graph;
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){2, {1, 5}});
    struct rsl_tensor t = {RSL_f32, {2, {1, 5}}, (void *)w};
    int in[2] = {x, rsl_graph_add_constant(g, "w", &t)};
    int y = node(g, "Gemm", in, 2);
    check_ok(rsl_node_set_int(g, 0, "transB", 1));
    check_ok(rsl_graph_add_output(g, y));
    check_ok(rsl_graph_check(g));
    struct rsl_quantize_result r;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 3, .protect = "msb"}, &r));
    assert_memory_equal(weights(m, "w")->data, expected, sizeof expected);
    assert_string_equal(r.storage, "affine3/msb");
    assert_int_equal(r.bits, 25);
    assert_int_equal(r.parameter_bits, 32 + 8);
    assert_float_equal(r.error, sqrt(0.08 / 7.83), 1e-6);
    /* Stored words, copies above the code: 0, 1, 2, 3, 7 + 8 + 16. */
    const uint8_t words[5] = {0, 1, 2, 3, 31};
    for (int i = 0; i < 5; i++) {
        struct rsl_group group =
            rsl_groups_read(&m->image->tensors[0].groups, m->image->tensors[0].bits, i);
        assert_int_equal(group.data | group.redundant << 3, words[i]);
    }
    rsl_model_free(m);
}

static const struct rsl_quantize_options forms[] = {
    {.bits = 3, .protect = "msb"},
    {.bits = 3, .protect = "msb", .layout = "plane"},
    {.bits = 2, .protect = "msb:2", .rounding = "paper"},
    {.bits = 5, .protect = "msb:3", .layout = "plane", .granularity = "tensor"},
    {.bits = 4, .protect = "tmr"},
    {.bits = 8, .protect = "tmr", .layout = "plane", .encoding = "symmetric"},
    {.bits = 8},
    {.bits = 7, .layout = "plane"},
    {.bits = 3, .protect = "msb", .layout = "block"},
    {.bits = 8, .layout = "block"},
    {.bits = 5, .protect = "parity", .layout = "block"},
    {.bits = 6, .protect = "parity"},
    {.bits = 8, .protect = "parity", .layout = "plane"},
    {.bits = 5, .encoding = "symmetric", .protect = "parity", .granularity = "tensor"},
    {.bits = 8, .encoding = "symmetric"},
    {.bits = 3, .protect = "msb", .protect_scales = "tmr"},
    {.bits = 4, .layout = "block", .protect_scales = "tmr"},
    {.bits = 5, .rounding = "paper", .protect = "parity", .protect_scales = "tmr"},
    {.bits = 8, .encoding = "symmetric", .granularity = "tensor", .protect_scales = "tmr"},
    {.storage = "affine4:tensor/msb; scales=/tmr/plane; zero_points=/msb:3/block"},
    {.storage = "affine3; conv.w=affine8:channel:paper; scales=/msb:32/block; zero_points=/tmr"},
};

enum { FORMS = sizeof forms / sizeof *forms, WIDE = 230 };

/* Blocks with tensors of more than one, too: 1,150 weights are two and a shorter one. */
static int64_t outputs_of(int f) {
    return forms[f].layout && strcmp(forms[f].layout, "block") == 0 && forms[f].bits > 3 ? WIDE : 3;
}

static void check_same_image(const struct rsl_memory *a, const struct rsl_memory *b) {
    char x[RSL_STORAGE_TEXT], y[RSL_STORAGE_TEXT];
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->bits, b->bits);
    for (int k = 0; k < a->n; k++) {
        const struct rsl_memory_tensor *s = &a->tensors[k], *t = &b->tensors[k];
        assert_string_equal(s->name, t->name);
        assert_string_equal(rsl_storage_text(&s->storage, x), rsl_storage_text(&t->storage, y));
        assert_int_equal(s->address, t->address);
        assert_memory_equal(s->bits, t->bits, (size_t)(s->groups.stored + 7) / 8);
    }
}

/* Quantized, written, read: the same image, the same constants, no trace of the nodes. */
static void test_round_trip(void **state) {
    (void)state;
    for (int f = 0; f < FORMS; f++) {
        struct rsl_model *m = build_wide(outputs_of(f));
        struct rsl_quantize_result r;
        check_ok(rsl_model_set_meta(m, "resile.arch", "mine"));
        check_ok(rsl_quantize(m, &forms[f], &r));
        check_ok(rsl_model_save_packed(m, path));
        struct rsl_model *back = load();
        assert_non_null(back->image);
        check_same_image(m->image, back->image);
        assert_string_equal(rsl_model_storage(back), r.storage);
        assert_int_equal(back->graph.nodes.n, m->graph.nodes.n);
        assert_null(rsl_model_meta(back, RSL_META_STORAGE));
        assert_string_equal(rsl_model_meta(back, "resile.arch"), "mine");
        for (int k = 0; k < 3; k++) {
            const char *name = m->image->tensors[k].name;
            const struct rsl_tensor *a = weights(m, name), *b = weights(back, name);
            assert_true(rsl_shape_equal(&a->shape, &b->shape));
            assert_memory_equal(a->data, b->data, rsl_tensor_bytes(a));
        }
        check_ok(rsl_model_save_packed(back, path)); /* once more: nothing was lost */
        struct rsl_model *again = load();
        check_same_image(m->image, again->image);
        rsl_model_free(again);
        rsl_model_free(back);
        rsl_model_free(m);
    }
}

/* Layers of f32 are constants in the file and weights of the image that is read. */
static void test_partly(void **state) {
    (void)state;
    struct rsl_model *m = build();
    struct rsl_quantize_result r;
    struct rsl_runner *packed;
    const struct rsl_quantize_options o = {.storage = "affine4/msb; conv.w=f32"};
    check_ok(rsl_model_can_save_packed(m, &o));
    check_ok(rsl_quantize(m, &o, &r));
    check_ok(rsl_model_save_packed(m, path));
    struct rsl_model *back = load();
    assert_non_null(back->image);
    check_same_image(m->image, back->image);
    assert_int_equal(weights(back, "conv.w")->dtype, RSL_f32);
    check_ok(rsl_runner_new(&packed, back, &(struct rsl_run_options){.batch = 2, .packed = 1}));
    check_ok(rsl_runner_run(packed));
    rsl_runner_free(packed);
    rsl_model_free(back);
    rsl_model_free(m);
}

/* A network of a later opset keeps it, and so do the nodes that read its weights. */
static void test_later_opset(void **state) {
    (void)state;
    struct rsl_model *m = build();
    struct rsl_quantize_result r;
    m->graph.opset = 21;
    for (size_t i = 0; i < m->graph.nodes.n; i++) m->graph.nodes.at[i].opset = 21;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.storage = "affine4/msb"}, &r));
    check_ok(rsl_model_save_packed(m, path));
    struct rsl_model *back = load();
    assert_non_null(back->image);
    assert_int_equal(back->graph.opset, 21);
    check_same_image(m->image, back->image);
    rsl_model_free(back);
    rsl_model_free(m);
}

/* Values and a node of the network have the names that the stored weights would give theirs. */
static void test_taken_names(void **state) {
    (void)state;
    struct rsl_model *m = rsl_model_new();
    struct rsl_graph *g = &m->graph;
    const int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){2, {-1, 6}});
    const int w = constant(g, "w", 2, (int64_t[]){6, 5}),
              v = constant(g, "w.stored", 2, (int64_t[]){5, 3}), a = rsl_graph_value(g, "w.bits"),
              b = rsl_graph_value(g, "w.scale"), c = rsl_graph_value(g, "y");
    check_ok(rsl_graph_add_node(g, rsl_op_find("", "MatMul"), "a", (int[]){x, w}, 2, &a, 1));
    check_ok(rsl_graph_add_node(g, rsl_op_find("", "Relu"), "w.stored.code", &a, 1, &b, 1));
    check_ok(rsl_graph_add_node(g, rsl_op_find("", "MatMul"), "w", (int[]){b, v}, 2, &c, 1));
    check_ok(rsl_graph_add_output(g, c));
    check_ok(rsl_graph_check(g));
    struct rsl_quantize_result r;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 3, .protect = "msb"}, &r));
    for (int i = 0; i < 2; i++) { /* written, read, and once more */
        check_ok(rsl_model_save_packed(m, path));
        struct rsl_model *back = load();
        assert_non_null(back->image);
        check_same_image(m->image, back->image);
        assert_int_equal(back->graph.nodes.n, 3);
        rsl_model_free(m);
        m = back;
    }
    rsl_model_free(m);
}

/* The nodes alone, run by the reference kernels, give what resile reads from the bits. */
static void test_nodes_compute_the_same(void **state) {
    (void)state;
    for (int f = 0; f < FORMS; f++) {
        struct rsl_model *m = build_wide(outputs_of(f));
        struct rsl_quantize_result r;
        check_ok(rsl_quantize(m, &forms[f], &r));
        check_ok(rsl_model_save_packed(m, path));
        struct rsl_model *plain = load_changed(hide_entry);
        assert_non_null(plain);
        assert_null(plain->image);
        /* Beside the tables of voted scales these weights are few enough to be folded: then the
         * nodes were run when the file was read. */
        bool folded = forms[f].protect_scales || forms[f].storage;
        assert_true(folded || plain->graph.nodes.n > m->graph.nodes.n + 30);
        float a[2 * WIDE] = {0}, b[2 * WIDE] = {0};
        run(m, a, 2 * (int)outputs_of(f));
        run(plain, b, 2 * (int)outputs_of(f));
        assert_memory_equal(a, b, sizeof a);
        rsl_model_free(plain);
        rsl_model_free(m);
    }
}

/* The bits of "fc.w" in a file: after its name comes the tag of raw data and their length. */
static uint8_t *stored_bits(uint8_t *data, size_t n, const struct rsl_memory_tensor *t) {
    size_t bytes = (size_t)(t->groups.stored + 7) / 8;
    for (size_t i = 0; i + bytes <= n; i++)
        if (memcmp(data + i, t->bits, bytes) == 0) return data + i;
    fail_msg("the bits of '%s' are not in the file", t->name);
    return NULL;
}

/* Bits of one group of that tensor. */
static struct {
    const struct rsl_memory_tensor *t;
    int64_t group;
    int b[2], n;
    bool hide;
} flip;

static void flip_bits(uint8_t *data, size_t n) {
    uint8_t *bits = stored_bits(data, n, flip.t);
    for (int i = 0; i < flip.n; i++) {
        int64_t at = rsl_groups_offset(&flip.t->groups, flip.group, flip.b[i]);
        bits[at / 8] ^= (uint8_t)(1 << at % 8);
    }
    if (flip.hide) hide_entry(data, n);
}

/* One flipped copy in the file is voted out, two change the weight; with the nodes and without. */
static void test_votes_in_the_file(void **state) {
    (void)state;
    for (int layout = 0; rsl_layout_names[layout]; layout++) {
        struct rsl_model *m = build();
        struct rsl_quantize_result r;
        struct rsl_quantize_options o = {
            .bits = 3, .protect = "msb", .layout = rsl_layout_names[layout]};
        check_ok(rsl_quantize(m, &o, &r));
        check_ok(rsl_model_save_packed(m, path));
        const struct rsl_tensor *w = weights(m, "fc.w");
        float before[6], after[6];
        run(m, before, 6);
        flip.t = &m->image->tensors[1];
        for (int k = 0; k < 24; k++) {
            flip.group = (k * 53) % 315;
            flip.b[0] = 2 + k % 3;
            flip.b[1] = 2 + (k + 1) % 3;
            flip.hide = k % 2;
            for (flip.n = 1; flip.n <= 2; flip.n++) {
                struct rsl_model *faulty = load_changed(flip_bits);
                assert_non_null(faulty);
                run(faulty, after, 6);
                if (flip.n == 1) assert_memory_equal(before, after, sizeof before);
                if (flip.n == 1 || flip.hide) {
                    rsl_model_free(faulty);
                    continue;
                }
                const float *is = weights(faulty, "fc.w")->data, *was = w->data;
                for (int i = 0; i < 315; i++) assert_true((is[i] != was[i]) == (i == flip.group));
                float step = m->image->tensors[1].codes.scale[flip.group % 5];
                assert_float_equal(fabsf(is[flip.group] - was[flip.group]), 4 * step, 1e-6);
                assert_memory_equal(faulty->image->tensors[2].bits, m->image->tensors[2].bits, 8);
                rsl_model_free(faulty);
            }
        }
        rsl_model_free(m);
    }
}

/* The same for scales and zero points, which are stored three times: a bit of the exponent would
 * be a catastrophe. */
static void test_votes_on_scales(void **state) {
    (void)state;
    static const char *const storages[] = {
        "affine3/msb; scales=/tmr; zero_points=/tmr",
        "affine4; scales=/msb:9/plane; zero_points=/msb:2/plane",
        "affine4:channel:paper; scales=/tmr/block; zero_points=/tmr/block"};
    for (int s = 0; s < 3; s++) {
        struct rsl_model *m = build();
        struct rsl_quantize_result r;
        struct rsl_scrub_result scrubbed;
        check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.storage = storages[s]}, &r));
        check_ok(rsl_model_save_packed(m, path));
        float before[6], after[6];
        run(m, before, 6);
        for (int k = 0; k < 24; k++) {
            const struct rsl_memory_tensor *w = &m->image->tensors[1];
            flip.t = &m->image->tensors[k % 2 ? w->scales : w->zero_points];
            const int bits = flip.t->storage.encoding.bits,
                      top = flip.t->groups.redundant / 2; /* voted */
            const int at[3] = {bits - 1, bits + top - 1, bits + 2 * top - 1};
            flip.group = k % 5;
            flip.b[0] = at[k % 3];
            flip.b[1] = at[(k + 1) % 3];
            flip.hide = k / 2 % 2;
            for (flip.n = 1; flip.n <= 2; flip.n++) {
                struct rsl_model *faulty = load_changed(flip_bits);
                assert_non_null(faulty);
                assert_true((faulty->image == NULL) == flip.hide);
                run(faulty, after, 6);
                assert_true((memcmp(before, after, sizeof before) == 0) == (flip.n == 1));
                if (flip.n == 1 && !flip.hide) {
                    check_ok(rsl_model_scrub(faulty, &scrubbed));
                    assert_int_equal(scrubbed.corrected, 1);
                    check_same_image(m->image, faulty->image);
                }
                rsl_model_free(faulty);
            }
        }
        rsl_model_free(m);
    }
}

/* Scrubbing puts back what was stored where the protection knows, and counts where it does not. */
static void test_scrub(void **state) {
    (void)state;
    static const struct {
        const char *storage;
        int flips; /* of one group: its bits 2 and 3 */
        int64_t corrected, detected;
        bool whole; /* afterwards */
    } cases[] = {{"affine3/msb", 1, 1, 0, true},        {"affine3/msb/plane", 1, 1, 0, true},
                 {"affine3/tmr/plane", 1, 1, 0, true},  {"affine3/msb", 2, 1, 0, false},
                 {"affine3/parity", 1, 0, 1, false},    {"affine3/none", 1, 0, 0, false},
                 {"affine3/msb:2/word", 0, 0, 0, true}, {"affine3/msb/block", 1, 1, 0, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_model *m = build();
        struct rsl_quantize_result q;
        struct rsl_scrub_result r;
        check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.storage = cases[i].storage}, &q));
        check_ok(rsl_model_save_packed(m, path));
        flip.t = &m->image->tensors[1];
        flip.group = 77;
        flip.n = cases[i].flips;
        flip.b[0] = 2;
        flip.b[1] = 3;
        flip.hide = false;
        struct rsl_model *faulty = load_changed(flip_bits);
        assert_non_null(faulty);
        check_ok(rsl_model_scrub(faulty, &r));
        assert_int_equal(r.words, 7 * 27 + 63 * 5 + 3 * 5);
        assert_int_equal(r.corrected, cases[i].corrected);
        assert_int_equal(r.detected, cases[i].detected);
        for (int k = 0; k < 3; k++) {
            const struct rsl_memory_tensor *was = &m->image->tensors[k],
                                           *is = &faulty->image->tensors[k];
            bool same = memcmp(was->bits, is->bits, (size_t)(was->groups.stored + 7) / 8) == 0;
            assert_true(same == (cases[i].whole || k != 1));
        }
        check_ok(rsl_model_scrub(faulty, &r)); /* a second time there is nothing to do */
        assert_int_equal(r.corrected, 0);
        rsl_model_free(faulty);
        rsl_model_free(m);
    }
    struct rsl_model *plain = build();
    struct rsl_scrub_result r;
    assert_int_equal(rsl_model_scrub(plain, &r), RSL_EARG);
    rsl_model_free(plain);
}

/* ---- files that are not what their entry says ---- */

static void other_storage(uint8_t *data, size_t n) {
    memcpy(find(data, n, "affine3:axis=1/msb"), "affine3:axis=1/tmr", 18);
}

static void other_name(uint8_t *data, size_t n) {
    uint8_t *entry = find(data, n, RSL_META_STORAGE);
    memcpy(find(entry, n - (size_t)(entry - data), "fc.w"), "fc.b", 4);
}

static void no_line(uint8_t *data, size_t n) {
    uint8_t *entry = find(data, n, RSL_META_STORAGE);
    find(entry, n - (size_t)(entry - data), "\n")[0] = ' ';
}

/* The vote becomes (a and b) or ((a and b) and c): two copies in error are still seen as one. */
static void other_vote(uint8_t *data, size_t n) {
    uint8_t *at = find(data, n, "BitwiseOr");
    assert_true(at != NULL);
    uint8_t *name = find(at, n - (size_t)(at - data), "steps");
    name[0] = 'S'; /* an inner value of another name, at one place only */
}

static void test_other_nodes(void **state) {
    (void)state;
    struct rsl_model *m = build();
    struct rsl_quantize_result r;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 3, .protect = "msb"}, &r));
    check_ok(rsl_model_save_packed(m, path));
    float before[6], after[6];
    run(m, before, 6);
    void (*const changes[])(uint8_t *, size_t) = {other_storage, other_name, no_line};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct rsl_model *plain = load_changed(changes[i]);
        assert_non_null(plain);
        assert_null(plain->image);
        run(plain, after, 6);
        assert_memory_equal(before, after, sizeof before);
        rsl_model_free(plain);
    }
    struct rsl_model *broken = load_changed(other_vote); /* refused: nothing produces the value */
    assert_null(broken);
    rsl_model_free(m);
}

/* Any damage gives a model or a sentence. */
static uint32_t damage;

static void damage_bytes(uint8_t *data, size_t n) {
    struct rsl_rng r = rsl_rng(damage, 0);
    data[rsl_rng_below(&r, n)] ^= (uint8_t)(1 << rsl_rng_below(&r, 8));
}

static void test_damaged_files(void **state) {
    (void)state;
    struct rsl_model *m = build();
    struct rsl_quantize_result r;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 4, .protect = "parity"}, &r));
    check_ok(rsl_model_save_packed(m, path));
    int read = 0;
    for (damage = 0; damage < 300; damage++) {
        struct rsl_model *other = load_changed(damage_bytes);
        read += other != NULL;
        rsl_model_free(other);
    }
    assert_in_range(read, 10, 299);
    rsl_model_free(m);
}

/* ---- refusals ---- */

static void refuse(struct rsl_quantize_options o, int status, const char *words) {
    struct rsl_model *m = build();
    struct rsl_quantize_result r;
    check_fails(rsl_quantize(m, &o, &r), status, words);
    rsl_model_free(m);
}

static void refuse_weight(float w, const char *words) {
    struct rsl_model *m = build();
    struct rsl_quantize_result r;
    ((float *)weights(m, "fc.w")->data)[17] = w;
    check_fails(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 4}, &r), RSL_EARG, words);
    rsl_model_free(m);
}

static void test_refusals(void **state) {
    (void)state;
    struct rsl_quantize_result r;
    refuse((struct rsl_quantize_options){.bits = 1}, RSL_EARG, "1 bits");
    refuse((struct rsl_quantize_options){.bits = 9}, RSL_EARG, "9 bits");
    refuse((struct rsl_quantize_options){.bits = 4, .granularity = "row"}, RSL_EARG, "'row'");
    refuse((struct rsl_quantize_options){.bits = 4, .rounding = "up"}, RSL_EARG, "'up'");
    refuse((struct rsl_quantize_options){.bits = 4, .encoding = "log"}, RSL_EARG, "'log'");
    refuse((struct rsl_quantize_options){.bits = 4, .layout = "rows"}, RSL_EARG, "'rows'");
    refuse((struct rsl_quantize_options){.bits = 4, .protect = "dmr"}, RSL_ENOTFOUND, "dmr");
    refuse((struct rsl_quantize_options){.bits = 4, .protect = "msb:5"}, RSL_EARG, "msb:5");
    refuse((struct rsl_quantize_options){.bits = 4, .protect = "exponent"}, RSL_EARG, "exponent");
    refuse((struct rsl_quantize_options){.bits = 4, .encoding = "symmetric", .rounding = "paper"},
           RSL_EARG, "paper");
    refuse_weight(NAN, "'fc.w': element 17 is nan");
    refuse_weight(INFINITY, "'fc.w': element 17 is inf");
    struct rsl_model *m = build();
    check_fails(rsl_model_save_packed(m, path), RSL_EARG, "not stored as bits");
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 4, .protect = "secded"}, &r));
    check_fails(rsl_model_save_packed(m, path), RSL_EUNSUPPORTED, "secded cannot be written");
    check_fails(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 4}, &r), RSL_EARG,
                "quantized already: its weights are stored as affine4/secded");
    rsl_model_free(m);
    m = rsl_model_new();
    int x = rsl_graph_add_input(&m->graph, "x", RSL_f32, &(struct rsl_shape){2, {1, 5}});
    check_ok(rsl_graph_add_output(&m->graph, node(&m->graph, "Relu", &x, 1)));
    check_fails(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 4}, &r), RSL_EGRAPH,
                "no weights");
    rsl_model_free(m);
}

/* A channel of one value has no range: it is stored exactly, and counted. */
static void test_constant_channels(void **state) {
    (void)state;
    struct rsl_model *m = build(), *zero = build();
    float *w = weights(m, "conv.w")->data;
    for (int i = 0; i < 27; i++) w[27 + i] = 0.37f, w[81 + i] = 0;
    struct rsl_quantize_result r;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 2, .protect = "msb"}, &r));
    assert_int_equal(r.constant, 2);
    const float *is = weights(m, "conv.w")->data;
    for (int i = 0; i < 27; i++) assert_true(is[27 + i] == 0.37f && is[81 + i] == 0);
    check_ok(rsl_model_save_packed(m, path));
    struct rsl_model *back = load();
    assert_memory_equal(weights(back, "conv.w")->data, is, 7 * 27 * sizeof *is);
    rsl_model_free(back);
    for (int k = 0; k < 3; k++) {
        const struct rsl_tensor *t = weights(zero, (const char *[]){"conv.w", "fc.w", "last.w"}[k]);
        memset(t->data, 0, rsl_tensor_bytes(t));
    }
    check_ok(rsl_quantize(zero, &(struct rsl_quantize_options){.bits = 8}, &r));
    assert_true(r.error == 0);
    assert_int_equal(r.constant, 7 + 5 + 3);
    rsl_model_free(zero);
    rsl_model_free(m);
}

/* ---- opsets ---- */

/* Squeeze and Split of opset 11, ReduceMean of 13, Softmax of 11 along the last axis, Dropout. */
static void test_raising(void **state) {
    (void)state;
    struct rsl_model *m = rsl_model_new();
    struct rsl_graph *g = &m->graph;
    g->opset = 11;
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 4, 1, 6}});
    int a = node(g, "Squeeze", &x, 1);
    check_ok(rsl_node_set_ints(g, 0, "axes", (int64_t[]){2}, 1));
    int parts[2] = {rsl_graph_fresh(g, "part"), rsl_graph_fresh(g, "part2")};
    check_ok(rsl_graph_add_node(g, rsl_op_find("", "Split"), "split", &a, 1, parts, 2));
    check_ok(rsl_node_set_int(g, 1, "axis", 2));
    a = node(g, "ReduceMean", &parts[1], 1);
    check_ok(rsl_node_set_ints(g, 2, "axes", (int64_t[]){1}, 1));
    check_ok(rsl_node_set_int(g, 2, "keepdims", 0));
    a = node(g, "Dropout", &a, 1);
    check_ok(rsl_node_set_float(g, 3, "ratio", 0.25f));
    int w = constant(g, "w", 2, (int64_t[]){3, 3});
    a = node(g, "MatMul", (int[]){a, w}, 2);
    a = node(g, "Softmax", &a, 1);
    check_ok(rsl_graph_add_output(g, a));
    check_ok(rsl_graph_check(g));
    float before[6], after[6];
    run(m, before, 6);
    check_ok(rsl_graph_raise(g));
    for (size_t i = 0; i < g->nodes.n; i++) assert_int_equal(g->nodes.at[i].opset, 18);
    run(m, after, 6);
    assert_memory_equal(before, after, sizeof before);
    rsl_model_free(m);

    m = rsl_model_new();
    m->graph.opset = 9;
    x = rsl_graph_add_input(&m->graph, "x", RSL_f32, &(struct rsl_shape){2, {1, 6}});
    check_ok(rsl_graph_add_output(&m->graph, node(&m->graph, "Clip", &x, 1)));
    check_ok(rsl_graph_check(&m->graph));
    check_fails(rsl_graph_raise(&m->graph), RSL_EUNSUPPORTED, "(Clip) has the form of opset 9");
    rsl_model_free(m);
}

/* ---- memory ---- */

static int write_and_read(void *context) {
    struct rsl_model *m = context, *back = NULL;
    int rc = rsl_model_save_packed(m, path);
    if (rc == RSL_OK) rc = rsl_model_load(&back, path);
    rsl_model_free(back);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct rsl_model *m = build();
    struct rsl_quantize_result r;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.bits = 3, .protect = "msb"}, &r));
    assert_true(torture(write_and_read, m) > 50);
    rsl_model_free(m);
}

static int clean(void **state) {
    (void)state;
    unlink(path);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vector),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_partly),
        cmocka_unit_test(test_later_opset),
        cmocka_unit_test(test_taken_names),
        cmocka_unit_test(test_nodes_compute_the_same),
        cmocka_unit_test(test_votes_in_the_file),
        cmocka_unit_test(test_votes_on_scales),
        cmocka_unit_test(test_scrub),
        cmocka_unit_test(test_other_nodes),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_constant_channels),
        cmocka_unit_test(test_raising),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
