/* Integer networks: fast and reference kernels give the same scores bit for bit, zero points are
 * exact, ranges are what was seen, and constants rewritten in place are those of a network built
 * from the faulty cells. */
#include "integer_net.h"
#include "ops/fused_qlinear.h"
#include "resile/run.h"
#include "resile/zoo.h"
#include "torture.h"

#include <math.h>

static const char *const storages[] = {
    "symmetric8",        "symmetric8:channel",      "symmetric3",
    "affine8",           "affine8:tensor",          "affine7",
    "affine4/msb",       "affine5/secded",          "symmetric4/parity",
    "symmetric8:negate", "affine2:tensor/tmr/plane"};
enum { STORAGES = sizeof storages / sizeof *storages };

static int count_nodes(const struct rsl_graph *g, const char *op) {
    int n = 0;
    for (size_t i = 0; i < g->nodes.n; i++) n += strcmp(g->nodes.at[i].op->name, op) == 0;
    return n;
}

/* Which operators there are; both kinds of kernels agree; 8 bits are near the float network. */
static void rewriting(void **state) {
    (void)state;
    for (int s = 0; s < STORAGES; s++) {
        struct integer i;
        float fast[IMAGES * CLASSES], slow[IMAGES * CLASSES], floats[IMAGES * CLASSES];
        make(&i, storages[s]);
        assert_int_equal(count_nodes(&i.q.graph, "FusedQLinearConv"), 5);
        assert_int_equal(count_nodes(&i.q.graph, "FusedQLinearGemm"), 2);
        assert_int_equal(count_nodes(&i.q.graph, "QLinearGlobalAveragePool"), 1);
        /* The image, and what HardSwish and a Clip beside it give: their integers are signed. */
        assert_int_equal(count_nodes(&i.q.graph, "QuantizeLinear"), 3);
        assert_int_equal(count_nodes(&i.q.graph, "DequantizeLinear"), 0);
        run(&i.q.graph, false, fast);
        run(&i.q.graph, true, slow);
        assert_true(same(fast, slow));
        struct rsl_graph decoded;
        check_ok(rsl_memory_decode_graph(&decoded, &i.net.g, i.image));
        run(&decoded, true, floats);
        for (int k = 0; k < IMAGES * CLASSES; k++)
            if (!(fabsf(fast[k] - floats[k]) < 0.06F))
                fail_msg("%s: score %d is %g, in floats %g", storages[s], k, (double)fast[k],
                         (double)floats[k]);
        rsl_graph_free(&decoded);
        drop(&i);
    }
}

/* One linear layer: its score is the sum of decoded weights times quantized pixels, to the rounding
 * of one float. */
static void exact_zero_points(void **state) {
    (void)state;
    for (int s = 0; s < STORAGES; s++) {
        struct net n = {.random = rsl_rng(3, 3)};
        struct rsl_memory *image;
        struct rsl_integer_network q;
        struct rsl_range range = {"x", -0.9F, 1};
        struct rsl_ranges ranges = {.at = &range, .n = 1};
        float w[CLASSES * 40], y[IMAGES * CLASSES];
        rsl_graph_init(&n.g);
        int in[2] = {rsl_graph_add_input(&n.g, "x", RSL_f32, &(struct rsl_shape){2, {-1, 40}})};
        in[1] = constant(&n, "w", (struct rsl_shape){2, {40, CLASSES}}, 0.1, 1); /* none near 0 */
        check_ok(rsl_graph_add_output(&n.g, add(&n, "MatMul", in, 2)));
        check_ok(rsl_graph_check(&n.g));
        check_ok(make_image(&image, &n.g, storages[s]));
        check_ok(rsl_integer_init(&q, &n.g, image, NULL, &ranges));
        struct rsl_cells *cells;
        check_ok(rsl_cells_new(&cells, image));
        rsl_cells_values(cells, 0, w, NULL);
        struct rsl_plan *p = plan(&q.graph, false);
        scores(p, y);
        const float *x = rsl_plan_input(p, 0)->data;
        for (int k = 0; k < IMAGES * CLASSES; k++) {
            double sum = 0, scale = (double)(1.0F / 127), size = 0;
            for (int j = 0; j < 40; j++) {
                double pixel = (double)rintf(x[k / CLASSES * 40 + j] / (1.0F / 127)) * scale;
                sum += pixel * (double)w[j * CLASSES + k % CLASSES];
                size += fabs(pixel * (double)w[j * CLASSES + k % CLASSES]);
            }
            if (!(fabs(sum - (double)y[k]) <= 3e-7 * size))
                fail_msg("%s: score %d is %.9g, exactly %.9g", storages[s], k, (double)y[k], sum);
        }
        rsl_plan_free(p);
        rsl_cells_free(cells);
        rsl_integer_free(&q);
        rsl_memory_free(image);
        rsl_graph_free(&n.g);
    }
}

/* ---- rewriting constants in place ---- */

static void reload(const struct rsl_integer_network *q, struct rsl_plan *p) {
    for (size_t k = 0; k < q->written.n; k++)
        check_ok(rsl_plan_reload(p, q->graph.values.at[q->written.at[k]].name));
}

static void flip_some(const struct rsl_memory *image, struct rsl_cells *cells,
                      struct rsl_rng *random, enum rsl_region region, int n) {
    const struct rsl_memory_region *r = &image->region[region];
    for (int k = 0; k < n && r->bits > 0; k++)
        check_ok(
            rsl_cells_flip(cells, r->address + (int64_t)rsl_rng_below(random, (uint64_t)r->bits)));
}

/* Faults in one region, or with RSL_REGIONS in all of them. */
static bool one_trial(struct integer *i, struct rsl_cells *cells, struct rsl_plan *p,
                      enum rsl_region region, struct rsl_rng *random) {
    float golden[IMAGES * CLASSES], faulty[IMAGES * CLASSES], rebuilt[IMAGES * CLASSES];
    const struct rsl_change *changes;
    struct rsl_integer_network other;
    size_t n;
    scores(p, golden);
    for (enum rsl_region r = 0; r < RSL_REGIONS; r++)
        if (region == RSL_REGIONS || r == region)
            flip_some(i->image, cells, random, r, r == RSL_REGION_WEIGHTS ? 12 : 2);
    check_ok(rsl_cells_changes(cells, &changes, &n, NULL));
    check_ok(rsl_integer_apply(&i->q, cells, changes, n));
    reload(&i->q, p);
    scores(p, faulty);
    check_ok(rsl_integer_init(&other, &i->net.g, i->image, cells, &i->ranges));
    run(&other.graph, false, rebuilt);
    assert_true(same(faulty, rebuilt));
    rsl_integer_free(&other);
    check_ok(rsl_integer_undo(&i->q));
    reload(&i->q, p);
    rsl_cells_restore(cells);
    scores(p, rebuilt);
    assert_true(same(golden, rebuilt));
    return !same(golden, faulty);
}

static void patches(void **state) {
    (void)state;
    for (int s = 0; s < STORAGES; s++) {
        struct integer i;
        struct rsl_cells *cells;
        struct rsl_rng random = rsl_rng(21, (uint64_t)s);
        int visible = 0;
        make(&i, storages[s]);
        check_ok(rsl_cells_new(&cells, i.image));
        struct rsl_plan *p = plan(&i.q.graph, false);
        for (enum rsl_region r = 0; r <= RSL_REGIONS; r++)
            for (int k = 0; k < 3; k++) visible += one_trial(&i, cells, p, r, &random);
        assert_true(visible >= 5);
        rsl_plan_free(p);
        rsl_cells_free(cells);
        drop(&i);
    }
}

/* ---- ranges ---- */

static void ranges(void **state) {
    (void)state;
    struct net n;
    struct rsl_ranges all, some, back;
    char *text;
    build(&n, 5);
    check_ok(rsl_ranges_measure(&all, &n.g, NULL, NULL, 40, 1, RSL_CLIP_NONE));
    for (enum rsl_clipping c = RSL_CLIP_NONE; c <= RSL_CLIP_ERROR; c++) {
        check_ok(rsl_ranges_measure(&some, &n.g, NULL, NULL, 40, 2, c));
        assert_int_equal(some.n, all.n);
        bool clipped = false;
        for (size_t i = 0; i < all.n; i++) {
            assert_string_equal(some.at[i].name, all.at[i].name);
            assert_true(some.at[i].low >= all.at[i].low && some.at[i].low <= 0);
            assert_true(some.at[i].high <= all.at[i].high && some.at[i].high >= 0);
            clipped = clipped || some.at[i].high < all.at[i].high;
        }
        assert_int_equal(clipped, c != RSL_CLIP_NONE);
        check_ok(rsl_ranges_text(&some, &text));
        check_ok(rsl_ranges_parse(&back, text));
        assert_int_equal(back.n, some.n);
        for (size_t i = 0; i < back.n; i++)
            assert_true(back.at[i].low == some.at[i].low && back.at[i].high == some.at[i].high);
        rsl_free(text);
        rsl_ranges_free(&back);
        rsl_ranges_free(&some);
    }
    const struct rsl_range *x = rsl_ranges_find(&all, "x");
    assert_true(x && x->low < -0.99F && x->low >= -1 && x->high > 0.99F && x->high <= 1);
    assert_null(rsl_ranges_find(&all, "y"));
    rsl_ranges_free(&all);
    rsl_graph_free(&n.g);
}

/* Ranges travel with the model; the same ones give the same network. */
static void models(void **state) {
    (void)state;
    struct rsl_model *model, *loaded, *integer[2];
    struct rsl_runner *runner[2];
    struct rsl_integer_options o = {.storage = "affine4", .images = 8, .random = 1};
    check_ok(rsl_zoo_build(&model, "lenet5", NULL));
    check_fails(rsl_integer_model(&integer[0], model, NULL, NULL), RSL_EARG, "has no ranges");
    check_fails(rsl_runner_new(&runner[0], model, &(struct rsl_run_options){.compute = "int8"}),
                RSL_EUNSUPPORTED, "integer networks");
    check_ok(rsl_integer_model(&integer[0], model, NULL, &o));
    check_ok(rsl_calibrate(model, NULL, &o));
    check_ok(rsl_model_save(model, "calibrated.onnx"));
    check_ok(rsl_model_load(&loaded, "calibrated.onnx"));
    assert_string_equal(rsl_model_meta(loaded, "resile.ranges"),
                        rsl_model_meta(model, "resile.ranges"));
    o.random = 0;
    check_ok(rsl_integer_model(&integer[1], loaded, NULL, &o));
    for (int i = 0; i < 2; i++) {
        int64_t dims[8];
        check_ok(rsl_runner_new(&runner[i], integer[i], &(struct rsl_run_options){.batch = 2}));
        assert_int_equal(rsl_runner_input_shape(runner[i], 0, dims), 4);
        float *x = rsl_runner_input(runner[i], 0);
        for (int64_t k = 0; k < 2 * dims[1] * dims[2] * dims[3]; k++) x[k] = (float)(k % 7) / 7;
        check_ok(rsl_runner_run(runner[i]));
    }
    assert_memory_equal(rsl_runner_output(runner[0], 0), rsl_runner_output(runner[1], 0),
                        2 * 10 * sizeof(float));
    check_ok(rsl_model_set_meta(loaded, "resile.ranges", "1 2 3"));
    struct rsl_model *none;
    check_fails(rsl_integer_model(&none, loaded, NULL, &o), RSL_EFORMAT, "metadata resile.ranges");
    for (int i = 0; i < 2; i++) {
        rsl_runner_free(runner[i]);
        rsl_model_free(integer[i]);
    }
    rsl_model_free(loaded);
    rsl_model_free(model);
    remove("calibrated.onnx");
}

static void refusals(void **state) {
    (void)state;
    static const char *const texts[] = {"1 2 x",    "-1 nan x", "-1 1", "-1 1 ",
                                        "-1 inf x", "x",        "\n"};
    struct rsl_ranges r = {0};
    struct rsl_integer_network q;
    struct rsl_memory *image;
    struct net n;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_fails(rsl_ranges_parse(&r, texts[i]), RSL_EFORMAT, "line 1 of the ranges");
    build(&n, 5);
    check_ok(make_image(&image, &n.g, "symmetric8"));
    check_fails(rsl_integer_init(&q, &n.g, image, NULL, &r), RSL_EMISMATCH, "do not know value");
    rsl_memory_free(image);
    check_ok(make_image(&image, &n.g, "f32"));
    check_fails(rsl_integer_init(&q, &n.g, image, NULL, &r), RSL_EUNSUPPORTED,
                "'stem.weight' are stored as f32");
    rsl_memory_free(image);
    check_ok(make_image(&image, &n.g, "affine4:paper"));
    check_fails(rsl_integer_init(&q, &n.g, image, NULL, &r), RSL_EUNSUPPORTED, "no whole numbers");
    rsl_memory_free(image);
    check_ok(make_image(&image, &n.g, "affine4:axis=1"));
    check_ok(rsl_ranges_measure(&r, &n.g, NULL, NULL, 4, 1, RSL_CLIP_NONE));
    check_fails(rsl_integer_init(&q, &n.g, image, NULL, &r), RSL_EUNSUPPORTED, "along axis 1");
    rsl_memory_free(image);
    rsl_ranges_free(&r);
    rsl_graph_free(&n.g);
}

/* ---- each allocation refused once ---- */

static int make_and_change(void *context) {
    struct integer *i = context;
    struct rsl_integer_network q;
    struct rsl_cells *cells = NULL;
    const struct rsl_change *changes;
    size_t n;
    RSL_TRY(rsl_integer_init(&q, &i->net.g, i->image, NULL, &i->ranges));
    int rc = rsl_cells_new(&cells, i->image);
    if (rc == RSL_OK) rc = rsl_cells_flip(cells, 100);
    if (rc == RSL_OK) rc = rsl_cells_changes(cells, &changes, &n, NULL);
    if (rc == RSL_OK) rc = rsl_integer_apply(&q, cells, changes, n);
    rsl_cells_free(cells);
    rsl_integer_free(&q);
    return rc;
}

static int measure(void *context) {
    struct integer *i = context;
    struct rsl_ranges r;
    char *text = NULL;
    RSL_TRY(rsl_ranges_measure(&r, &i->net.g, NULL, NULL, 2, 1, RSL_CLIP_ERROR));
    int rc = rsl_ranges_text(&r, &text);
    assert_true((rc == RSL_OK) == (text != NULL));
    rsl_free(text);
    rsl_ranges_free(&r);
    return rc;
}

static void memory_refused(void **state) {
    (void)state;
    struct integer i;
    make(&i, "affine8");
    assert_true(torture(make_and_change, &i) > 20);
    assert_true(torture(measure, &i) > 20);
    drop(&i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewriting),      cmocka_unit_test(exact_zero_points),
        cmocka_unit_test(patches),        cmocka_unit_test(ranges),
        cmocka_unit_test(models),         cmocka_unit_test(refusals),
        cmocka_unit_test(memory_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
