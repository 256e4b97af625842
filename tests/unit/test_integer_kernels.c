/* Integer operators: the fast kernels give bit for bit what the reference gives, also after their
 * constants were changed in place. A case is a pure function of its number. */
#include "check.h"

#include "base/philox.h"
#include "graph/op.h"
#include "graph/plan.h"
#include "ops/fused_qlinear.h"

#include <math.h>

enum { CASES = 120 };

struct network {
    struct rsl_graph g;
    struct rsl_rng random;
    int constants;
};

static int64_t pick(struct network *n, int64_t low, int64_t high) {
    return low + (int64_t)rsl_rng_below(&n->random, (uint64_t)(high - low + 1));
}

static void begin(struct network *n, uint64_t seed) {
    *n = (struct network){.random = rsl_rng(seed, 1)};
    rsl_graph_init(&n->g);
}

static int input(struct network *n, enum rsl_dtype dtype, const struct rsl_shape *shape) {
    int v = rsl_graph_add_input(&n->g, "x", dtype, shape);
    assert_true(v >= 0);
    return v;
}

/* Integers low..high, or floats in that range. */
static int constant(struct network *n, enum rsl_dtype dtype, const struct rsl_shape *shape,
                    double low, double high) {
    struct rsl_tensor t;
    char name[16];
    snprintf(name, sizeof name, "c%d", n->constants++);
    check_ok(rsl_tensor_new(&t, &n->g.arena, dtype, shape));
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++) {
        double v = low + (high - low) * rsl_rng_unit(&n->random);
        rsl_tensor_set_double(&t, i, dtype == RSL_f32 ? v : nearbyint(v));
    }
    int v = rsl_graph_add_constant(&n->g, name, &t);
    assert_true(v >= 0);
    return v;
}

static int add(struct network *n, const char *domain, const char *op, const int *in, int n_in) {
    int out = rsl_graph_fresh(&n->g, op);
    int node = rsl_graph_add_node(&n->g, rsl_op_find(domain, op), "", in, n_in, &out, 1);
    if (node < 0) fail_msg("%s", rsl_errmsg());
    return out;
}

static int last(const struct network *n) {
    return (int)n->g.nodes.n - 1;
}

static struct rsl_plan *plan(struct network *n, bool reference) {
    struct rsl_plan *p;
    struct rsl_plan_options o = {.reference = reference, .threads = 2};
    check_ok(rsl_plan_new(&p, &n->g, &o));
    return p;
}

static void fill(struct network *n, struct rsl_tensor *t) {
    for (int64_t i = 0; i < rsl_tensor_count(t); i++) {
        double v = rsl_rng_unit(&n->random);
        rsl_tensor_set_double(t, i,
                              t->dtype == RSL_f32  ? 8 * v - 4
                              : t->dtype == RSL_u8 ? floor(256 * v)
                                                   : floor(256 * v) - 128);
    }
}

static bool uses_fast(const struct rsl_plan *p, const char *op) {
    for (size_t i = 0; i < rsl_plan_steps(p); i++) {
        const struct rsl_node *node = rsl_plan_step_node(p, i);
        if (node && strcmp(node->op->name, op) == 0)
            return strcmp(rsl_plan_step_kernel(p, i), "reference") != 0;
    }
    return false;
}

static void same_output(struct rsl_plan *slow, struct rsl_plan *fast, uint64_t seed) {
    check_ok(rsl_plan_run(slow));
    check_ok(rsl_plan_run(fast));
    const struct rsl_tensor *a = rsl_plan_output(slow, 0), *b = rsl_plan_output(fast, 0);
    assert_int_equal(a->dtype, b->dtype);
    for (int64_t i = 0; i < rsl_tensor_count(a); i++)
        if (rsl_tensor_double(a, i) != rsl_tensor_double(b, i) &&
            !(isnan(rsl_tensor_double(a, i)) && isnan(rsl_tensor_double(b, i))))
            fail_msg("case %d: element %lld is %.9g, the reference says %.9g", (int)seed,
                     (long long)i, rsl_tensor_double(b, i), rsl_tensor_double(a, i));
}

/* Both plans run on the same input and agree. `out` becomes the output, unless there is one. */
static void compare(struct network *n, int out, uint64_t seed, const char *fast_op) {
    if (out != RSL_ABSENT) check_ok(rsl_graph_add_output(&n->g, out));
    struct rsl_plan *slow = plan(n, true), *fast = plan(n, false);
    struct rsl_tensor *x = rsl_plan_input(slow, 0);
    fill(n, x);
    memcpy(rsl_plan_input(fast, 0)->data, x->data, rsl_tensor_bytes(x));
    same_output(slow, fast, seed);
    if (fast_op) assert_true(uses_fast(fast, fast_op));
    rsl_plan_free(slow);
    rsl_plan_free(fast);
}

static enum rsl_dtype pick_integer(struct network *n) {
    return pick(n, 0, 1) ? RSL_u8 : RSL_i8;
}

static enum rsl_dtype pick_result(struct network *n) {
    static const enum rsl_dtype types[] = {RSL_u8, RSL_i8, RSL_f32};
    return types[pick(n, 0, 2)];
}

/* What follows W among the inputs, and the attributes that go with it. `reach` is about how far the
 * sums go. */
struct end {
    int in[RSL_QLINEAR_INPUTS], n;
    enum rsl_dtype to;
    bool relu;
};

/* What bit errors make of a float. */
static void spoil(struct network *n, int value) {
    const double special[] = {NAN, INFINITY, -INFINITY, 1e30, -1e30, 1e-40};
    if (value == RSL_ABSENT) return;
    struct rsl_tensor *t = &n->g.values.at[value].tensor;
    rsl_tensor_set_double(t, pick(n, 0, rsl_tensor_count(t) - 1), special[pick(n, 0, 5)]);
}

static void pick_end(struct network *n, struct end *e, int64_t channels, double reach) {
    struct rsl_shape each = {1, {channels}};
    double scale = 200 / reach;
    e->to = pick_result(n);
    e->relu = pick(n, 0, 1);
    e->in[RSL_QLINEAR_MULTIPLIER] = constant(n, RSL_f32, &each, scale * 0.1, scale);
    e->in[RSL_QLINEAR_BIAS] =
        pick(n, 0, 3) ? constant(n, RSL_f32, &each, -reach / 4, reach / 4) : RSL_ABSENT;
    if (!pick(n, 0, 7)) spoil(n, e->in[pick(n, RSL_QLINEAR_MULTIPLIER, RSL_QLINEAR_BIAS)]);
    e->in[RSL_QLINEAR_ZERO] = pick(n, 0, 2) ? RSL_ABSENT : constant(n, RSL_i32, &each, -140, 140);
    e->in[RSL_QLINEAR_RESIDUAL] = RSL_ABSENT;
    e->n = RSL_QLINEAR_RESIDUAL;
}

static void set_end(struct network *n, const struct end *e) {
    check_ok(rsl_node_set_int(&n->g, last(n), "to", e->to));
    check_ok(rsl_node_set_string(&n->g, last(n), "activation", e->relu ? "Relu" : ""));
    double scale = 0.2 + 1.5 * rsl_rng_unit(&n->random);
    check_ok(rsl_node_set_float(&n->g, last(n), "residual_scale",
                                (float)(pick(n, 0, 7) ? scale : scale - 0.9)));
}

/* A convolution of random geometry; a residual makes a second one of the same shape before it. */
struct conv {
    int64_t group, in, out, size[3], kernel[3], stride[3], dilation[3], pads[6];
    int rank;
};

static void pick_conv(struct network *n, struct conv *k) {
    k->rank = pick(n, 0, 3) ? 2 : (int)pick(n, 1, 3);
    k->group = pick(n, 0, 3) ? 1 : pick(n, 2, 4);
    bool depthwise = k->group > 1 && pick(n, 0, 1);
    k->in = depthwise ? k->group * 8 : k->group * pick(n, 1, 20);
    k->group = depthwise ? k->in : k->group;
    k->out = depthwise ? k->in : k->group * pick(n, 1, 24);
    for (int d = 0; d < k->rank; d++) {
        k->kernel[d] = pick(n, 0, 2) ? 3 : pick(n, 1, 4);
        k->stride[d] = pick(n, 1, 2);
        k->dilation[d] = pick(n, 0, 4) ? 1 : 2;
        k->size[d] = pick(n, 0, 4) + (k->kernel[d] - 1) * k->dilation[d] + 1;
        k->pads[d] = pick(n, 0, k->kernel[d] - 1);
        k->pads[k->rank + d] = pick(n, 0, k->kernel[d] - 1);
    }
}

static int add_conv(struct network *n, const struct conv *k, int x, struct end *e, int residual) {
    struct rsl_shape w = {.rank = k->rank + 2, .dim = {k->out, k->in / k->group}};
    int64_t taps = k->in / k->group;
    for (int d = 0; d < k->rank; d++) taps *= w.dim[d + 2] = k->kernel[d];
    pick_end(n, e, k->out, 128 * 60 * sqrt((double)taps));
    e->in[RSL_QLINEAR_X] = x;
    e->in[RSL_QLINEAR_W] = constant(n, RSL_i8, &w, -128, 127);
    e->in[RSL_QLINEAR_RESIDUAL] = residual;
    e->n = residual == RSL_ABSENT ? RSL_QLINEAR_RESIDUAL : RSL_QLINEAR_INPUTS;
    int y = add(n, "resile", "FusedQLinearConv", e->in, e->n);
    size_t rank = (size_t)k->rank;
    check_ok(rsl_node_set_ints(&n->g, last(n), "strides", k->stride, rank));
    check_ok(rsl_node_set_ints(&n->g, last(n), "dilations", k->dilation, rank));
    check_ok(rsl_node_set_ints(&n->g, last(n), "pads", k->pads, 2 * rank));
    check_ok(rsl_node_set_int(&n->g, last(n), "group", k->group));
    set_end(n, e);
    return y;
}

static int build_conv(struct network *n, struct end *e) {
    struct conv k = {0};
    pick_conv(n, &k);
    struct rsl_shape x = {.rank = k.rank + 2, .dim = {pick(n, 1, 3), k.in}};
    for (int d = 0; d < k.rank; d++) x.dim[d + 2] = k.size[d];
    int in = input(n, pick_integer(n), &x), residual = RSL_ABSENT;
    if (pick(n, 0, 1)) {
        residual = add_conv(n, &k, in, e, RSL_ABSENT);
        check_ok(rsl_node_set_int(&n->g, last(n), "to", pick_integer(n)));
    }
    return add_conv(n, &k, in, e, residual);
}

static void convolutions(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        struct network n;
        struct end e;
        begin(&n, seed);
        compare(&n, build_conv(&n, &e), seed, NULL);
        rsl_graph_free(&n.g);
    }
}

static int build_gemm(struct network *n, struct end *e) {
    int64_t rows = pick(n, 1, 9), inner = pick(n, 1, 200), columns = pick(n, 1, 40);
    bool transposed = pick(n, 0, 1);
    struct rsl_shape x = {2, {rows, inner}}, w = {2, {inner, columns}}, t = {2, {columns, inner}};
    pick_end(n, e, columns, 128 * 60 * sqrt((double)inner));
    e->in[RSL_QLINEAR_X] = input(n, pick_integer(n), &x);
    e->in[RSL_QLINEAR_W] = constant(n, RSL_i8, transposed ? &t : &w, -128, 127);
    int y = add(n, "resile", "FusedQLinearGemm", e->in, e->n);
    check_ok(rsl_node_set_int(&n->g, last(n), "transB", transposed));
    set_end(n, e);
    return y;
}

/* Shapes for which there are kernels of our own, by the name that these have. */
enum own { WINOGRAD, COLUMNS, TOGETHER, OWN };
static const char *const own_name[OWN] = {"integer winograd", "integer columns",
                                          "integer columns, images together"};

/* Tiles of 4x4 outputs that are mostly full, 16 of them or more. Of the last two, one has runs of
 * tiles that threads take apart, the last of them short; the other has weights that are not read
 * again for each run, and several chunks of tiles. */
enum { WINOGRADS = 5 };
static int64_t pick_winograd(struct network *n, struct conv *k, int which) {
    static const int64_t images[WINOGRADS] = {1, 3, 1, 5, 9}, channels[WINOGRADS] = {3, 3, 3, 3, 6};
    static const int64_t size[WINOGRADS][2] = {{12, 28}, {16, 16}, {32, 32}, {12, 28}, {16, 16}};
    k->in = 32 * (which < 3 ? pick(n, 2, 4) : channels[which]);
    k->out = 32 * (which < 3 ? pick(n, 2, 3) : channels[which]);
    for (int d = 0; d < 2; d++) {
        k->kernel[d] = 3;
        k->pads[d] = pick(n, 0, 2);
        k->pads[2 + d] = pick(n, 0, 2);
        k->size[d] = size[which][d] - pick(n, 0, 1) + 2 - k->pads[d] - k->pads[2 + d];
    }
    return images[which] + (which < 3 ? pick(n, 0, 2) : 0);
}

/* Windows that step over pixels. The inputs of one in five are asked for ahead: 2 MiB or more. */
static int64_t pick_columns(struct network *n, struct conv *k, int which) {
    int stepping = (int)pick(n, 0, 1);
    bool far = which == 4;
    k->in = far ? 64 : 32 * pick(n, 1, 2);
    k->out = far ? 64 : 32 * pick(n, 1, 3);
    for (int d = 0; d < 2; d++) {
        k->kernel[d] = far ? pick(n, 2, 3) : pick(n, 1, 4);
        k->dilation[d] = pick(n, 1, 2);
        k->stride[d] = d == stepping || far ? pick(n, 2, 3) : pick(n, 1, 2);
        k->pads[d] = pick(n, 0, k->kernel[d] - 1);
        k->pads[2 + d] = pick(n, 0, k->kernel[d] - 1);
        k->size[d] = (far ? 80 : 17) + pick(n, 0, 5);
    }
    return far ? 6 : pick(n, 4, 6);
}

/* Images of a few pixels; of full tiles only where there are too few channels to transform them.
 * One in five has several runs of images. */
static int64_t pick_together(struct network *n, struct conv *k, int which) {
    bool full = true, many = which == 4;
    k->in = many ? 128 : 32 * pick(n, 1, 4);
    k->out = 32 * pick(n, 1, 3);
    for (int d = 0; d < 2; d++) {
        int64_t out = many ? 8 : pick(n, 2, 8);
        k->kernel[d] = many ? 3 : pick(n, 2, 3);
        k->stride[d] = many ? 1 : pick(n, 1, 2);
        k->pads[d] = pick(n, 0, k->kernel[d] - 1);
        k->pads[2 + d] = pick(n, 0, k->kernel[d] - 1);
        k->size[d] = (out - 1) * k->stride[d] + k->kernel[d] - k->pads[d] - k->pads[2 + d];
        if (k->size[d] < 1) k->size[d] = 1;
        full = full && k->kernel[d] == 3 && k->stride[d] == 1 && 8 * out >= 7 * 4 * ((out + 3) / 4);
    }
    if (full) k->out = 32;
    return many ? 60 : pick(n, 16, 22);
}

static void set_bytes(struct network *n, int value, int byte) {
    if (value == RSL_ABSENT) return;
    struct rsl_tensor *t = &n->g.values.at[value].tensor;
    memset(t->data, byte, rsl_tensor_bytes(t));
}

/* Constants without zero points of weights, which these kernels do not take. */
static int build_own(struct network *n, struct end *e, enum own own, int which) {
    struct conv k = {.group = 1, .rank = 2, .stride = {1, 1}, .dilation = {1, 1}};
    bool usual = which == 1; /* u8 everywhere, as in ResNet */
    int64_t images = own == WINOGRAD  ? pick_winograd(n, &k, which)
                     : own == COLUMNS ? pick_columns(n, &k, which)
                                      : pick_together(n, &k, which);
    struct rsl_shape x = {4, {images, k.in, k.size[0], k.size[1]}};
    int in = input(n, own == WINOGRAD && !usual ? pick_integer(n) : RSL_u8, &x);
    int residual = RSL_ABSENT;
    if (usual || (which < 3 && pick(n, 0, 1))) {
        residual = add_conv(n, &k, in, e, RSL_ABSENT);
        set_bytes(n, e->in[RSL_QLINEAR_ZERO], 0);
        check_ok(rsl_node_set_int(&n->g, last(n), "to", usual ? RSL_u8 : pick_integer(n)));
    }
    int y = add_conv(n, &k, in, e, residual);
    set_bytes(n, e->in[RSL_QLINEAR_ZERO], 0);
    if (!usual) return y;
    check_ok(rsl_node_set_int(&n->g, last(n), "to", RSL_u8));
    check_ok(rsl_node_set_float(&n->g, last(n), "residual_scale", 0.75F));
    return y;
}

static bool uses(const struct rsl_plan *p, const char *kernel) {
    for (size_t i = 0; i < rsl_plan_steps(p); i++)
        if (strcmp(rsl_plan_step_kernel(p, i), kernel) == 0) return true;
    return false;
}

/* A processor has all of these kernels or none. */
static void own_kernels(void **state) {
    (void)state;
    enum { OWN_CASES = 2 * OWN * WINOGRADS };
    int used = 0;
    for (uint64_t seed = 4000; seed < 4000 + OWN_CASES; seed++) {
        enum own own = (enum own)(seed % OWN);
        int which = (int)(seed / OWN % WINOGRADS); /* two turns of all */
        struct network n;
        struct end e;
        begin(&n, seed);
        check_ok(rsl_graph_add_output(&n.g, build_own(&n, &e, own, which)));
        struct rsl_plan *p = plan(&n, false);
        used += uses(p, own_name[own]);
        rsl_plan_free(p);
        compare(&n, RSL_ABSENT, seed, NULL);
        rsl_graph_free(&n.g);
    }
    assert_true(used == 0 || used == OWN_CASES);
}

/* Whether this processor has kernels of our own. */
static bool own_kernels_there(void) {
    struct network n;
    struct end e;
    begin(&n, 2);
    check_ok(rsl_graph_add_output(&n.g, build_own(&n, &e, WINOGRAD, 0)));
    struct rsl_plan *p = plan(&n, false);
    bool there = uses(p, own_name[WINOGRAD]);
    rsl_plan_free(p);
    rsl_graph_free(&n.g);
    return there;
}

/* The most channels that are transformed, all data and weights as large as can be. */
static void largest_sums(void **state) {
    (void)state;
    struct network n;
    struct end e;
    begin(&n, 1);
    struct conv k = {.group = 1,
                     .in = 1824,
                     .out = 64,
                     .rank = 2,
                     .size = {28, 28},
                     .kernel = {3, 3},
                     .stride = {1, 1},
                     .dilation = {1, 1},
                     .pads = {1, 1, 1, 1}};
    struct rsl_shape x = {4, {1, k.in, k.size[0], k.size[1]}};
    check_ok(rsl_graph_add_output(&n.g, add_conv(&n, &k, input(&n, RSL_u8, &x), &e, RSL_ABSENT)));
    check_ok(rsl_node_set_int(&n.g, last(&n), "to", RSL_f32));
    check_ok(rsl_node_set_string(&n.g, last(&n), "activation", ""));
    set_bytes(&n, e.in[RSL_QLINEAR_W], 0x80); /* -128 */
    set_bytes(&n, e.in[RSL_QLINEAR_BIAS], 0);
    set_bytes(&n, e.in[RSL_QLINEAR_ZERO], 0);
    const float *multiplier = n.g.values.at[e.in[RSL_QLINEAR_MULTIPLIER]].tensor.data;
    struct rsl_plan *p = plan(&n, false);
    assert_int_equal(uses(p, own_name[WINOGRAD]), own_kernels_there());
    memset(rsl_plan_input(p, 0)->data, 0xff, rsl_tensor_bytes(rsl_plan_input(p, 0)));
    check_ok(rsl_plan_run(p));
    const float *y = rsl_plan_output(p, 0)->data;
    const int64_t at[] = {0, 1, 29, 30, 13 * 28 + 14, 27 * 28 + 27}, taps[] = {4, 6, 9, 9, 9, 4};
    for (int64_t m = 0; m < k.out; m++)
        for (int i = 0; i < 6; i++) {
            int32_t sum = (int32_t)(taps[i] * k.in * 255 * -128);
            assert_float_equal(y[m * 28 * 28 + at[i]], (float)sum * multiplier[m], 0);
        }
    rsl_plan_free(p);
    rsl_graph_free(&n.g);
}

static void linear_layers(void **state) {
    (void)state;
    for (uint64_t seed = 1000; seed < 1000 + CASES; seed++) {
        struct network n;
        struct end e;
        begin(&n, seed);
        compare(&n, build_gemm(&n, &e), seed, NULL);
        rsl_graph_free(&n.g);
    }
}

/* f32 -> integers -> pools, shortcuts and concatenation in 8 bits -> f32. */
static void chains(void **state) {
    (void)state;
    for (uint64_t seed = 2000; seed < 2000 + CASES; seed++) {
        struct network n;
        begin(&n, seed);
        enum rsl_dtype type = pick_integer(&n);
        struct rsl_shape x = {4, {pick(&n, 1, 3), pick(&n, 1, 40), pick(&n, 4, 9), pick(&n, 4, 9)}};
        struct rsl_shape scalar = {0};
        int in = input(&n, RSL_f32, &x), scale = constant(&n, RSL_f32, &scalar, 0.01, 0.05);
        int zero = constant(&n, type, &scalar, 0, pick(&n, 0, 1) ? 100 : 0);
        int v = add(&n, "", "QuantizeLinear", (const int[]){in, scale, zero}, 3);
        int q = v;
        v = add(&n, "", "MaxPool", &v, 1);
        const int64_t kernel[] = {pick(&n, 1, 3), pick(&n, 1, 3)},
                      strides[] = {pick(&n, 1, 2), pick(&n, 1, 2)}, pads[] = {0, 0, 0, 0};
        check_ok(rsl_node_set_ints(&n.g, last(&n), "kernel_shape", kernel, 2));
        check_ok(rsl_node_set_ints(&n.g, last(&n), "strides", strides, 2));
        check_ok(rsl_node_set_ints(&n.g, last(&n), "pads", pads, 4));
        if (pick(&n, 0, 1)) {
            v = add(&n, "", "Concat", (const int[]){q, q, q}, 3);
            check_ok(rsl_node_set_int(&n.g, last(&n), "axis", 1));
        }
        switch (pick(&n, 0, 2)) {
            case 0:
                v = add(&n, "resile", "QLinearGlobalAveragePool", &v, 1);
                check_ok(rsl_node_set_float(&n.g, last(&n), "multiplier", 0.07F));
                check_ok(rsl_node_set_int(&n.g, last(&n), "to", pick_result(&n)));
                break;
            case 1:
                v = add(&n, "", "DequantizeLinear", (const int[]){v, scale, zero}, 3);
        }
        compare(&n, v, seed, "QuantizeLinear");
        rsl_graph_free(&n.g);
    }
}

/* The constants of a plan that is there are changed one after the other. */
static void change(struct network *n, int value) {
    struct rsl_tensor *t = &n->g.values.at[value].tensor;
    int64_t i = pick(n, 0, rsl_tensor_count(t) - 1);
    double was = rsl_tensor_double(t, i);
    rsl_tensor_set_double(t, i, t->dtype == RSL_f32 ? was * 1.5 : pick(n, -128, 127));
}

static void reloading(void **state) {
    (void)state;
    int changed = 0;
    for (uint64_t seed = 3000; seed < 3000 + CASES / 2; seed++) {
        struct network n;
        struct end e;
        begin(&n, seed);
        int y = seed % 4 == 0 ? build_own(&n, &e, (enum own)(seed / 4 % OWN), (int)(seed / 12 % 3))
                : pick(&n, 0, 3) ? build_conv(&n, &e)
                                 : build_gemm(&n, &e);
        check_ok(rsl_graph_add_output(&n.g, y));
        struct rsl_plan *slow = plan(&n, true), *fast = plan(&n, false);
        fill(&n, rsl_plan_input(slow, 0));
        memcpy(rsl_plan_input(fast, 0)->data, rsl_plan_input(slow, 0)->data,
               rsl_tensor_bytes(rsl_plan_input(slow, 0)));
        for (int i = RSL_QLINEAR_W; i <= RSL_QLINEAR_ZERO; i++) {
            if (e.in[i] == RSL_ABSENT) continue;
            change(&n, e.in[i]);
            check_ok(rsl_plan_reload(slow, n.g.values.at[e.in[i]].name));
            check_ok(rsl_plan_reload(fast, n.g.values.at[e.in[i]].name));
            same_output(slow, fast, seed);
            changed++;
        }
        rsl_plan_free(slow);
        rsl_plan_free(fast);
        rsl_graph_free(&n.g);
    }
    assert_true(changed > CASES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions), cmocka_unit_test(own_kernels),
        cmocka_unit_test(largest_sums), cmocka_unit_test(linear_layers),
        cmocka_unit_test(chains),       cmocka_unit_test(reloading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
