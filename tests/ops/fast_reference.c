/* The fast kernels against the reference, on random chains of operators with random shapes,
 * strides, pads, groups and dilations; with and without fusion and Winograd.
 *
 *     fast_reference [CASES]        that many cases (default 300)
 *     fast_reference --case N       one case, described node by node
 *
 * A case is a pure function of its number. A failing one prints the line that repeats it. */
#include "random_chain.h"

#include "base/status.h"
#include "graph/op.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_conv(struct chain *c) {
    int rank = c->shape.rank - 2;
    int64_t in = c->shape.dim[1], group = 1;
    for (int64_t g = 2; g <= in; g++)
        if (in % g == 0 && pick(c, 0, 5) == 0) group = g;
    int64_t out = group * pick(c, 1, group > 1 ? 3 : 40), kernel[3];
    struct rsl_shape w = {.rank = rank + 2, .dim = {out, in / group}};
    for (int d = 0; d < rank; d++) w.dim[d + 2] = kernel[d] = pick(c, 1, 4);
    if (pick(c, 0, 2) == 0)
        for (int d = 0; d < rank; d++) w.dim[d + 2] = kernel[d] = 3;
    double scale = 1 / sqrt((double)rsl_shape_span(&w, 1, w.rank));
    int more[2] = {constant(c, &w, -scale, scale),
                   constant(c, &(struct rsl_shape){1, {out}}, -1, 1)};
    int node = append(c, "Conv", more, pick(c, 0, 1) ? 2 : 1);
    must(c, rsl_node_set_int(&c->g, node, "group", group));
    c->shape.dim[1] = out;
    return window(c, node, kernel, false);
}

static bool add_conv_transpose(struct chain *c) {
    int rank = c->shape.rank - 2;
    int64_t in = c->shape.dim[1], out = pick(c, 1, 20), strides[3], pads[6];
    struct rsl_shape w = {.rank = rank + 2, .dim = {in, out}};
    for (int d = 0; d < rank; d++) {
        w.dim[d + 2] = pick(c, 1, 4);
        strides[d] = pick(c, 1, 2);
        pads[d] = pick(c, 0, w.dim[d + 2] > 1 ? 1 : 0);
        pads[rank + d] = pick(c, 0, w.dim[d + 2] > 1 ? 1 : 0);
        c->shape.dim[d + 2] =
            (c->shape.dim[d + 2] - 1) * strides[d] + w.dim[d + 2] - pads[d] - pads[rank + d];
        if (c->shape.dim[d + 2] < 1 || c->shape.dim[d + 2] > 40) return false;
    }
    int more[2] = {constant(c, &w, -0.3, 0.3), constant(c, &(struct rsl_shape){1, {out}}, -1, 1)};
    int node = append(c, "ConvTranspose", more, pick(c, 0, 1) ? 2 : 1);
    must(c, rsl_node_set_ints(&c->g, node, "strides", strides, (size_t)rank));
    must(c, rsl_node_set_ints(&c->g, node, "pads", pads, 2 * (size_t)rank));
    c->shape.dim[1] = out;
    return true;
}

static bool add_pool(struct chain *c) {
    int64_t kernel[3];
    for (int d = 0; d < c->shape.rank - 2; d++) kernel[d] = pick(c, 1, 3);
    bool average = pick(c, 0, 1);
    int node = append(c, average ? "AveragePool" : "MaxPool", NULL, 0);
    if (average) must(c, rsl_node_set_int(&c->g, node, "count_include_pad", pick(c, 0, 1)));
    return window(c, node, kernel, true);
}

/* Every pixel repeated. */
static bool add_repeat(struct chain *c) {
    struct rsl_tensor scales;
    struct rsl_shape n = {1, {c->shape.rank}};
    must(c, rsl_tensor_new(&scales, &c->g.arena, RSL_f32, &n));
    for (int d = 0; d < c->shape.rank; d++) {
        int64_t factor = d < 2 || c->shape.dim[d] > 12 ? 1 : pick(c, 1, 3);
        ((float *)scales.data)[d] = (float)factor;
        c->shape.dim[d] *= factor;
    }
    char name[32];
    snprintf(name, sizeof name, "scales_%zu", c->g.values.n);
    int more[2] = {RSL_ABSENT, rsl_graph_add_constant(&c->g, name, &scales)};
    append(c, "Resize", more, 2);
    return true;
}

static bool add_norm(struct chain *c) {
    struct rsl_shape s = {1, {c->shape.dim[1]}};
    int more[4] = {constant(c, &s, 0.5, 1.5), constant(c, &s, -0.5, 0.5),
                   constant(c, &s, -0.5, 0.5), constant(c, &s, 0.5, 2)};
    append(c, "BatchNormalization", more, 4);
    return true;
}

static bool add_activation(struct chain *c) {
    static const char *const names[] = {"Relu", "LeakyRelu", "HardSwish", "Clip"};
    int i = (int)pick(c, 0, 3);
    struct rsl_shape scalar = {0};
    int bounds[2] = {RSL_ABSENT, RSL_ABSENT};
    if (i == 3) {
        bounds[0] = constant(c, &scalar, -0.4, -0.2);
        bounds[1] = constant(c, &scalar, 0.2, 0.9);
    }
    append(c, names[i], bounds, i == 3 ? 2 : 0);
    return true;
}

/* A branch: x + conv1x1(x), or concat(x, conv1x1(x)). */
static bool add_branch(struct chain *c) {
    int before = c->x;
    bool sum = pick(c, 0, 1);
    int64_t in = c->shape.dim[1], out = sum ? in : pick(c, 1, 20);
    struct rsl_shape w = {.rank = c->shape.rank, .dim = {out, in}};
    for (int d = 2; d < w.rank; d++) w.dim[d] = 1;
    int weight = constant(c, &w, -0.3, 0.3);
    append(c, "Conv", &weight, 1);
    int node = append(c, sum ? "Add" : "Concat", &before, 1);
    if (!sum) must(c, rsl_node_set_int(&c->g, node, "axis", 1));
    c->shape.dim[1] = sum ? in : in + out;
    return true;
}

static bool add_head(struct chain *c) {
    if (pick(c, 0, 1)) {
        append(c, "GlobalAveragePool", NULL, 0);
        for (int d = 2; d < c->shape.rank; d++) c->shape.dim[d] = 1;
    }
    append(c, "Flatten", NULL, 0);
    int64_t k = rsl_shape_span(&c->shape, 1, c->shape.rank), n = pick(c, 1, 30);
    bool transposed = pick(c, 0, 1);
    struct rsl_shape w = {2, {transposed ? n : k, transposed ? k : n}};
    double scale = 1 / sqrt((double)k);
    int more[2] = {constant(c, &w, -scale, scale), constant(c, &(struct rsl_shape){1, {n}}, -1, 1)};
    if (pick(c, 0, 2) == 0 && !transposed) {
        append(c, "MatMul", more, 1);
    } else {
        int node = append(c, "Gemm", more, pick(c, 0, 1) ? 2 : 1);
        must(c, rsl_node_set_int(&c->g, node, "transB", transposed));
    }
    return true;
}

/* Every second pixel of a part, and zero channels around, or some cut off: the option-A shortcut.
 */
static bool add_shortcut(struct chain *c) {
    int rank = c->shape.rank;
    int64_t list[4][2], pads[2 * RSL_MAX_RANK] = {0};
    struct rsl_shape two = {1, {2}}, all = {1, {2 * rank}};
    for (int d = 0; d < 2; d++) {
        int64_t dim = c->shape.dim[d + 1], step = pick(c, 1, 2);
        list[0][d] = pick(c, 0, dim - 1);
        list[1][d] = dim;
        list[2][d] = d + 1;
        list[3][d] = step;
        c->shape.dim[d + 1] = (dim - list[0][d] - 1) / step + 1;
    }
    int more[4];
    for (int i = 0; i < 4; i++) more[i] = integers(c, &two, list[i]);
    append(c, "Slice", more, 4);
    for (int d = 1; d < rank; d++) {
        int64_t least = c->shape.dim[d] > 3 ? -1 : 0; /* cut off */
        pads[d] = pick(c, least, 2);
        pads[rank + d] = pick(c, least, 2);
        c->shape.dim[d] += pads[d] + pads[rank + d];
    }
    int amounts = integers(c, &all, pads);
    append(c, "Pad", &amounts, 1);
    return true;
}

/* Many channels over few pixels. */
static bool add_deep_conv(struct chain *c) {
    int64_t in = c->shape.dim[1], out = pick(c, 64, 80), kernel[3] = {1, 1, 1};
    struct rsl_shape w = {.rank = c->shape.rank, .dim = {out, in}};
    for (int d = 2; d < w.rank; d++) w.dim[d] = kernel[d - 2] = pick(c, 1, 3);
    double scale = 1 / sqrt((double)rsl_shape_span(&w, 1, w.rank));
    int more[2] = {constant(c, &w, -scale, scale),
                   constant(c, &(struct rsl_shape){1, {out}}, -1, 1)};
    int node = append(c, "Conv", more, pick(c, 0, 1) ? 2 : 1);
    c->shape.dim[1] = out;
    return window(c, node, kernel, false);
}

/* False when the random choices did not fit together. */
static bool build(struct chain *c, uint64_t number) {
    rsl_graph_init(&c->g);
    c->rng = rsl_rng(20260101, number);
    int spatial = pick(c, 0, 5) == 0 ? 1 : pick(c, 0, 5) == 0 ? 3 : 2;
    c->shape = (struct rsl_shape){.rank = spatial + 2, .dim = {pick(c, 1, 3), pick(c, 1, 24)}};
    bool deep = spatial == 2 && pick(c, 0, 3) == 0;
    int64_t most = deep ? 5 : spatial == 3 ? 8 : 16;
    for (int d = 0; d < spatial; d++) c->shape.dim[d + 2] = pick(c, 1, most);
    c->x = rsl_graph_add_input(&c->g, "input", RSL_f32, &c->shape);
    int64_t length = pick(c, 1, 5);
    if (deep && !add_deep_conv(c)) return false;
    bool (*const kinds[])(struct chain *) = {
        add_conv,       add_conv,   add_conv_transpose, add_pool,   add_norm,
        add_activation, add_branch, add_shortcut,       add_repeat, add_deep_conv};
    for (int64_t i = 0; i < length && !c->failed; i++)
        if (!kinds[pick(c, 0, deep ? 9 : 8)](c)) return false;
    if (pick(c, 0, 2) == 0) add_head(c);
    must(c, rsl_graph_add_output(&c->g, c->x));
    return !c->failed && rsl_graph_check(&c->g) == RSL_OK;
}

static void fill(struct rsl_plan *p, uint64_t number) {
    struct rsl_tensor *x = rsl_plan_input(p, 0);
    struct rsl_rng r = rsl_rng(20260102, number);
    for (int64_t i = 0; i < rsl_tensor_count(x); i++)
        ((float *)x->data)[i] = (float)(rsl_rng_unit(&r) * 2 - 1);
}

static struct rsl_plan *run(const struct chain *c, uint64_t number, struct rsl_plan_options o) {
    struct rsl_plan *p;
    if (rsl_plan_new(&p, &c->g, &o) < 0) return NULL;
    fill(p, number);
    if (rsl_plan_run(p) < 0) {
        rsl_plan_free(p);
        return NULL;
    }
    return p;
}

/* 1: agreed, 0: no such case, -1: differs. */
static int one_case(uint64_t number, bool verbose) {
    static const struct {
        const char *name;
        struct rsl_plan_options o;
        double tolerance;
    } ways[] = {
        {"fast", {.threads = 2}, 1e-5},
        {"fast, fused", {.threads = 2, .fuse = true}, 1e-5},
        {"reference, fused", {.threads = 1, .reference = true, .fuse = true}, 1e-5},
        {"winograd", {.threads = 2, .compute = RSL_MODE_F32_WINOGRAD, .fuse = true}, 1e-4},
        {"bf16", {.threads = 2, .compute = RSL_MODE_BF16, .fuse = true}, 1e-1},
    };
    struct chain c = {0};
    int result = build(&c, number);
    struct rsl_plan *want =
        result ? run(&c, number, (struct rsl_plan_options){.threads = 1, .reference = true}) : NULL;
    if (result && !want) result = 0;
    for (size_t i = 0; result == 1 && i < sizeof ways / sizeof *ways; i++) {
        struct rsl_plan *got = run(&c, number, ways[i].o);
        double d =
            got ? difference(rsl_plan_output(want, 0), rsl_plan_output(got, 0), 1e-3) : INFINITY;
        if (verbose && got) {
            printf("%s: difference %.2g\n", ways[i].name, d);
            describe(got);
        }
        if (!(d <= ways[i].tolerance)) {
            printf(
                "FAILED (%s): difference %.3g of %.0e allowed%s%s; repeat with: "
                "fast_reference --case %" PRIu64 "\n",
                ways[i].name, d, ways[i].tolerance, got ? "" : "; ", got ? "" : rsl_errmsg(),
                number);
            result = -1;
        }
        rsl_plan_free(got);
    }
    rsl_plan_free(want);
    rsl_graph_free(&c.g);
    return result;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--case") == 0)
        return one_case(strtoull(argv[2], NULL, 10), true) < 0;
    long cases = argc > 1 ? strtol(argv[1], NULL, 10) : 300;
    long agreed = 0, failed = 0;
    for (uint64_t number = 1; agreed + failed < cases; number++) {
        int result = one_case(number, false);
        agreed += result > 0;
        failed += result < 0;
    }
    printf("%ld passed, %ld failed\n", agreed, failed);
    return failed != 0;
}
