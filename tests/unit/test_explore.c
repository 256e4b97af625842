/* Exploring: the binary search finds what a sweep finds, judgements follow from the numbers,
 * budgets are kept and never make things worse, stopping changes nothing, and what is wrong is
 * said. */
#define _POSIX_C_SOURCE 200809L
#include "resile/explore.h"

#include "base/philox.h"
#include "check.h"
#include "graph/model.h"
#include "metric/drop_probability.h"
#include "resile/store.h"
#include "search/explore_int.h"
#include "zoo/builder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGES = 60, CLASSES = 10, SIDE = 28, PIXELS = SIDE * SIDE, NOISE = 80, FAINT = 4 };

static struct rsl_model *model;
static struct rsl_data *data;
static char folder[] = "/tmp/rsl_explore_XXXXXX", images_at[64], labels_at[64];

/* ---- ten patterns under noise, in Fashion-MNIST's form, and a network that knows them ---- */

static int pattern(int label, int pixel) {
    struct rsl_rng r = rsl_rng(11, (uint64_t)(label * PIXELS + pixel));
    return 28 + (int)(200 * rsl_rng_unit(&r));
}

static void be32(FILE *f, uint32_t v) {
    for (int i = 3; i >= 0; i--) fputc((int)(v >> 8 * i & 255), f);
}

static void write_data(void) {
    snprintf(images_at, sizeof images_at, "%s/t10k-images-idx3-ubyte", folder);
    snprintf(labels_at, sizeof labels_at, "%s/t10k-labels-idx1-ubyte", folder);
    FILE *images = fopen(images_at, "wb"), *labels = fopen(labels_at, "wb");
    assert_true(images && labels);
    struct rsl_rng r = rsl_rng(5, 5);
    be32(images, 2051);
    be32(images, IMAGES + 20);
    be32(images, SIDE);
    be32(images, SIDE);
    be32(labels, 2049);
    be32(labels, IMAGES + 20);
    for (int i = 0; i < IMAGES + 20; i++) {
        fputc(i % CLASSES, labels);
        for (int k = 0; k < PIXELS; k++) {
            int faint = (pattern(i % CLASSES, k) - 128) / FAINT;
            int v = 128 + faint + (int)(NOISE * rsl_rng_normal(&r));
            fputc(v < 0 ? 0 : v > 255 ? 255 : v, images);
        }
    }
    fclose(images);
    fclose(labels);
}

static float *weights_of(struct rsl_graph *g, const char *name) {
    for (size_t v = 0; v < g->values.n; v++)
        if (strcmp(g->values.at[v].name, name) == 0) return g->values.at[v].tensor.data;
    fail_msg("no constant '%s'", name);
    return NULL;
}

/* A convolution that passes the image on twice, nearly, and the patterns less their mean. */
static struct rsl_model *network(void) {
    struct rsl_model *m = rsl_model_new();
    const struct rsl_shape shape = {4, {-1, 1, SIDE, SIDE}};
    struct rsl_net n = {.graph = &m->graph, .arch = "test", .weights = true, .seed = 3};
    int input = rsl_graph_add_input(n.graph, "input", RSL_f32, &shape);
    n.input = (struct rsl_feature){input, false, 1, SIDE, SIDE};
    struct rsl_feature x = rsl_net_conv(&n, "conv1", n.input, rsl_conv(2, 3, 1, 1));
    rsl_net_output(&n, rsl_net_linear(&n, "fc", rsl_net_flatten(&n, x), CLASSES));
    check_ok(n.status);
    check_ok(rsl_graph_check(n.graph));
    float *w = weights_of(n.graph, "conv1.weight");
    for (int i = 0; i < 18; i++) w[i] = i % 9 == 4 ? 1.0f : 0.02f * (float)(i % 5);
    w = weights_of(n.graph, "fc.weight");
    for (int c = 0; c < CLASSES; c++)
        for (int k = 0; k < 2 * PIXELS; k++)
            w[c * 2 * PIXELS + k] = ((float)pattern(c, k % PIXELS) - 128) / 255 / 16;
    memset(weights_of(n.graph, "fc.bias"), 0, CLASSES * sizeof(float));
    return m;
}

static int open_all(void **state) {
    (void)state;
    char spec[80];
    assert_non_null(mkdtemp(folder));
    write_data();
    snprintf(spec, sizeof spec, "fashion-mnist:%s", folder);
    check_ok(rsl_data_open(&data, spec, &(struct rsl_data_options){.split = "test"}));
    model = network();
    return 0;
}

static int close_all(void **state) {
    (void)state;
    rsl_model_free(model);
    rsl_data_close(data);
    unlink(images_at);
    unlink(labels_at);
    rmdir(folder);
    return 0;
}

/* ---- exploring ---- */

static const double rates[] = {1e-3, 1e-2, 5e-2};

static struct rsl_explore_options common(void) {
    return (struct rsl_explore_options){.bits_low = 2,
                                        .bits_high = 5,
                                        .drop_max = 1,
                                        .rates = rates,
                                        .n_rates = 3,
                                        .images = IMAGES,
                                        .trials = 6,
                                        .seed = 5,
                                        .threads = 2,
                                        .seconds = -1};
}

static struct rsl_explore *explore(const struct rsl_explore_options *o) {
    struct rsl_explore *e;
    check_ok(rsl_explore_new(&e, model, data, o));
    check_ok(rsl_explore_run(e));
    return e;
}

static struct rsl_explore_candidate at(const struct rsl_explore *e, int i) {
    struct rsl_explore_candidate c;
    rsl_explore_candidate(e, i, &c);
    return c;
}

/* Everything of a sweep is a campaign of its own, sizes are exact, and the metrics follow. */
static void test_sweep(void **state) {
    (void)state;
    struct rsl_explore_options o = common();
    o.search = "sweep";
    o.seconds = 0.01;
    struct rsl_explore *e = explore(&o);
    assert_int_equal(rsl_explore_candidates(e), 9);
    assert_string_equal(at(e, 0).storage, "symmetric8:channel/none");
    assert_string_equal(at(e, 0).role, "baseline");
    assert_true(at(e, 0).golden > 0.6 && at(e, 0).golden < 1); /* the network knows something */
    assert_true(at(e, 0).time_ratio == 1);
    for (int i = 1; i < 9; i++) {
        struct rsl_explore_candidate c = at(e, i);
        struct rsl_campaign_result r;
        int width = 2 + (i - 1) % 4, stored = i > 4 ? width + 2 : width;
        assert_int_equal(c.weight_bits, c.weights * stored);
        assert_true(c.memory_ratio == stored / 8.0);
        assert_int_equal(c.scale_bits, 12 * 40); /* a scale and a zero point for each output */
        assert_true(c.seconds > 0 && c.time_ratio > 0);
        check_ok(rsl_explore_at(e, i, 2, &r));
        assert_true(c.drop == r.drop && r.trials == 6);
        assert_true(c.meets && c.injected);
        double drop = fmax(c.drop, 0);
        assert_true(c.p_drop == rsl_drop_probability(c.weight_bits, 1.3301e-13, 5e-2, drop));
        assert_true(fabs(c.rap - 100 * drop * stored / 8 * c.time_ratio) < 1e-9);
        /* The vote: fewer bits survive better with it. */
        if (i > 4) assert_true(c.golden == at(e, i - 4).golden && c.drop <= at(e, i - 4).drop);
    }
    rsl_explore_free(e);
}

static void test_pareto(void **state) {
    (void)state;
    struct rsl_explore_options o = common();
    o.search = "sweep";
    o.protect = "none,msb,parity,secded";
    o.drop_max = 0.99;
    struct rsl_explore *e = explore(&o);
    int n = rsl_explore_candidates(e), best = -1;
    for (int i = 0; i < n; i++) {
        struct rsl_explore_candidate a = at(e, i);
        bool dominated = false;
        for (int k = 0; k < n; k++) {
            struct rsl_explore_candidate b = at(e, k);
            bool no_worse =
                b.golden >= a.golden && b.drop <= a.drop && b.weight_bits <= a.weight_bits;
            bool better = b.golden > a.golden || b.drop < a.drop || b.weight_bits < a.weight_bits;
            dominated |= no_worse && better;
        }
        assert_int_equal(a.pareto, !dominated);
        if (i > 0 && (best < 0 || a.weight_bits < at(e, best).weight_bits)) best = i;
    }
    assert_int_equal(rsl_explore_recommended(e), best);
    assert_non_null(strstr(rsl_explore_why(e), "fewest bits"));
    rsl_explore_free(e);
}

/* Without a requirement all widths are looked at, and fewest bits are no merit. */
static void test_nothing_required(void **state) {
    (void)state;
    struct rsl_explore_options o = common();
    struct rsl_explore *e = explore(&o);
    int best = 1;
    assert_int_equal(rsl_explore_candidates(e), 9);
    for (int i = 2; i < 9; i++) {
        struct rsl_explore_candidate a = at(e, i), b = at(e, best);
        double left = a.golden - a.drop, most = b.golden - b.drop;
        if (left > most || (left == most && a.weight_bits < b.weight_bits)) best = i;
    }
    assert_int_equal(rsl_explore_recommended(e), best);
    assert_non_null(strstr(rsl_explore_why(e), "most accurate under faults of all"));
    struct rsl_explore_candidate none;
    check_fails(rsl_explore_candidate(e, 9, &none), RSL_EARG, "no candidate 9");
    check_fails(rsl_explore_candidate(e, -1, &none), RSL_EARG, "no candidate -1");
    rsl_explore_free(e);
}

/* Texts and arrays are the caller's again once the explorer is made. */
static void test_options_are_copied(void **state) {
    (void)state;
    char mean[] = "0.5", protect[] = "none";
    struct rsl_preprocess_options pre = {.mean = mean, .std = "0.25"};
    struct rsl_explore_options o = common();
    o.preprocess = &pre;
    o.protect = protect;
    o.bits_low = o.bits_high = 4;
    struct rsl_explore *kept = explore(&o), *e;
    check_ok(rsl_explore_new(&e, model, data, &o));
    memset(mean, 'x', sizeof mean - 1);
    memset(protect, 'x', sizeof protect - 1);
    memset(&pre, 0, sizeof pre);
    check_ok(rsl_explore_run(e));
    assert_true(at(e, 1).golden == at(kept, 1).golden && at(e, 1).drop == at(kept, 1).drop);
    rsl_explore_free(kept);
    rsl_explore_free(e);
}

/* Algorithm 1 on what a sweep measured: the width it ends at (0: none), and how many it looks at.
 */
static int binary_search(const bool meets[6], int *looked) {
    int low = 2, high = 5, least = 0;
    for (*looked = 0; low <= high; ++*looked) {
        int middle = (low + high) / 2;
        if (meets[middle]) least = middle;
        if (meets[middle])
            high = middle - 1;
        else
            low = middle + 1;
    }
    return least;
}

static void test_binary(void **state) {
    (void)state;
    struct rsl_explore_options o = common();
    struct rsl_explore *all, *e;
    o.search = "sweep";
    all = explore(&o);
    for (int p = 0; p < 2; p++)
        for (int w = 2; w <= 5; w++) { /* as much as this one drops, and it is as accurate */
            struct rsl_explore_candidate limit = at(all, 4 * p + w - 1);
            struct rsl_explore_options b = common();
            bool meets[6] = {false};
            int looked;
            b.accuracy_min = limit.golden;
            b.drop_max = fmax(limit.drop, 0);
            b.protect = p ? "msb" : "none";
            for (int i = 2; i <= 5; i++) {
                struct rsl_explore_candidate c = at(all, 4 * p + i - 1);
                meets[i] = c.golden >= b.accuracy_min && c.drop <= b.drop_max;
            }
            int least = binary_search(meets, &looked);
            e = explore(&b);
            int i = rsl_explore_recommended(e);
            assert_int_equal(rsl_explore_candidates(e), 1 + looked);
            assert_int_equal(i >= 0, least > 0);
            if (i >= 0) assert_int_equal(at(e, i).weight_bits, at(e, i).weights * (least + 2 * p));
            rsl_explore_free(e);
        }
    /* Nobody: not even tried with faults. */
    struct rsl_explore_options none = common();
    struct rsl_campaign_result r;
    none.accuracy_min = 1;
    e = explore(&none);
    assert_int_equal(rsl_explore_recommended(e), -1);
    assert_non_null(strstr(rsl_explore_why(e), "no candidate"));
    assert_int_equal(at(e, 1).injected, 0);
    assert_true(isnan(at(e, 1).drop));
    assert_int_equal(rsl_explore_at(e, 1, 0, &r), RSL_EARG);
    rsl_explore_free(e);
    rsl_explore_free(all);
}

static void test_least_accuracy_is_reached_by_a_tie(void **state) {
    (void)state;
    struct rsl_explore_options o = {.accuracy_min = -1, .drop_max = 0.1};
    assert_true(0.7 >= rsl_explore_least(&o, 0.8)); /* 0.8 - 0.1 is more than 0.7 */
    assert_false(0.699 >= rsl_explore_least(&o, 0.8));
    o.accuracy_min = 0.75;
    assert_true(rsl_explore_least(&o, 0.8) == 0.75);
}

/* Where nothing is said about the fault-free accuracy, it is the baseline's less the drop. */
static void test_accuracy_of_baseline(void **state) {
    (void)state;
    static const double rate = 1e-7; /* hardly a flip, nothing is lost */
    struct rsl_explore_options o = common();
    o.search = "sweep";
    o.rates = &rate;
    o.n_rates = 1;
    o.at = rate;
    o.drop_max = 0.01;
    for (int any = 0; any < 2; any++) {
        o.accuracy_min = any ? 0 : -1;
        struct rsl_explore *e = explore(&o);
        double least = any ? 0 : at(e, 0).golden - o.drop_max;
        int excluded = 0;
        for (int i = 1; i < rsl_explore_candidates(e); i++) {
            struct rsl_explore_candidate c = at(e, i);
            bool enough = c.golden > least - 1e-9;
            assert_int_equal(c.meets, enough && c.drop <= o.drop_max);
            excluded += !enough && c.drop <= o.drop_max;
        }
        assert_int_equal(excluded > 0, !any); /* few bits do badly on their own */
        rsl_explore_free(e);
    }
}

static void test_budget(void **state) {
    (void)state;
    struct rsl_explore_options o = common();
    struct rsl_explore *e = explore(&o);
    int64_t weights = at(e, 0).weights;
    rsl_explore_free(e);
    for (int bits = 4; bits <= 6; bits++) {
        double left = -1, drop = 1;
        o.budget = weights * bits + weights / 3;
        e = explore(&o);
        int n = rsl_explore_candidates(e), mixes = 0, best = rsl_explore_recommended(e);
        for (int i = 1; i < n; i++) {
            struct rsl_explore_candidate c = at(e, i);
            bool mix = strcmp(c.role, "mix") == 0;
            mixes += mix;
            if (mix) assert_true(c.weight_bits <= o.budget && strchr(c.storage, ';'));
            if (mix || c.weight_bits > o.budget || c.golden - c.drop <= left) continue;
            left = c.golden - c.drop;
            drop = c.drop;
        }
        assert_true(best > 0);
        assert_true(at(e, best).weight_bits <= o.budget);
        assert_true(at(e, best).drop <= drop);
        assert_true(at(e, best).golden - at(e, best).drop >= left);
        assert_in_range(mixes, 0, 2);
        rsl_explore_free(e);
    }
    o.budget = 2 * weights - 1;
    assert_int_equal(rsl_explore_new(&e, model, data, &o), RSL_EARG);
    assert_non_null(strstr(rsl_errmsg(), "nothing meets the budget"));
}

/* What single layers cost is found with the fault that was asked for, in each of them. */
static void test_layer_faults(void **state) {
    (void)state;
    char store[64];
    struct rsl_results *results;
    struct rsl_explore_options o = common();
    snprintf(store, sizeof store, "%s/mixes.db", folder);
    o.bits_high = 3;
    o.protect = "none";
    o.trials = 1;
    o.store = store;
    o.fault = "ber bits=0 sampling=layers";
    o.budget = 1 << 20;
    struct rsl_explore *e = explore(&o);
    const char *layers = rsl_explore_layers_store(e);
    assert_non_null(strstr(layers, "/mixes.layers.db"));
    check_ok(rsl_results_read(&results, &layers, 1, 0));
    assert_int_equal(rsl_results_count(results), 4); /* two layers, two widths */
    for (int i = 0; i < 4; i++) {
        const struct rsl_result *r = rsl_results_at(results, i);
        bool conv = strstr(r->fault, "conv1") != NULL;
        assert_string_equal(
            r->fault, conv ? "ber layers=conv1.weight bits=0" : "ber layers=fc.weight bits=0");
        assert_string_equal(r->sampling, "bits");
    }
    rsl_results_free(results);
    unlink(layers);
    unlink(store);
    rsl_explore_free(e);
}

/* A mix of which more is left under faults but that drops more than the best uniform choice is not
 * taken, and is named. */
static void test_refused_mix(void **state) {
    (void)state;
    static struct rsl_campaign_result drops[] = {{.drop = 0}, {.drop = 0.035}, {.drop = 0.0835}};
    static struct rsl_candidate c[] = {
        {.storage = "baseline", .role = RSL_IS_BASELINE},
        {.storage = "affine3/msb", .role = RSL_IS_UNIFORM, .golden = 0.295},
        {.storage = "affine2; fc=affine4", .role = RSL_IS_MIX, .golden = 0.4}};
    struct rsl_explore e = {.options = {.budget = 1000, .drop_max = 1, .at = 0.01}};
    for (int i = 0; i < 3; i++) {
        c[i].injected = true;
        c[i].at = &drops[i];
        c[i].weights = 100;
        c[i].weight_bits = 500;
        c[i].time_ratio = NAN;
    }
    e.candidates.at = c;
    e.candidates.n = 3;
    check_ok(rsl_explore_judge(&e));
    assert_int_equal(e.recommended, 1);
    assert_non_null(strstr(e.why, "no more vulnerable than the best uniform choice"));
    assert_non_null(strstr(e.why, "'affine2; fc=affine4' keeps 31.65 % there, but drops by 8.35"));
    drops[2].drop = 0.03; /* less than the uniform one: taken */
    check_ok(rsl_explore_judge(&e));
    assert_int_equal(e.recommended, 2);
    assert_null(strstr(e.why, "affine2"));
    drops[1].drop = -0.01; /* a gain by chance is no drop that others have to stay below */
    drops[2].drop = 0;
    check_ok(rsl_explore_judge(&e));
    assert_int_equal(e.recommended, 2);
    e.options.drop_max = 0.1;
    drops[1].drop = drops[2].drop = 0.8 - 0.7; /* more than 0.1 by rounding only */
    check_ok(rsl_explore_judge(&e));
    assert_true(c[1].meets && c[2].meets);
    drops[2].drop = 0.1001;
    check_ok(rsl_explore_judge(&e));
    assert_true(c[1].meets && !c[2].meets);
    rsl_arena_free(&e.arena);
}

/* Memory and time are relative to eight bits whatever the baseline is. */
static void test_other_baseline(void **state) {
    (void)state;
    struct rsl_explore_options o = common();
    o.bits_high = 2;
    o.seconds = 0.01;
    o.trials = 1;
    for (int i = 0; i < 2; i++) {
        o.baseline = i ? "affine8:tensor" : "affine4/msb";
        struct rsl_explore *e = explore(&o);
        assert_true(at(e, 0).memory_ratio == (i ? 1 : 6 / 8.0));
        assert_true((at(e, 0).time_ratio == 1) == (i == 1));
        rsl_explore_free(e);
    }
}

/* ---- going on ---- */

static int stop_after(void *context, const struct rsl_explore_progress *p) {
    int *left = context;
    assert_true(p->planned == 0 || p->done <= p->planned);
    return --*left < 0;
}

static void digest_of(const char *store, char digest[65]) {
    check_ok(rsl_store_fingerprint(store, digest));
}

static void test_resume(void **state) {
    (void)state;
    char whole[64], pieces[64], a[65], b[65];
    snprintf(whole, sizeof whole, "%s/whole.db", folder);
    snprintf(pieces, sizeof pieces, "%s/pieces.db", folder);
    struct rsl_explore_options o = common();
    o.seconds = 0.01;
    o.store = whole;
    struct rsl_explore *e = explore(&o), *again;
    o.store = pieces;
    int rc = RSL_EINTERRUPTED, left, stops = 0;
    while (rc == RSL_EINTERRUPTED) {
        left = 2 << stops++;
        o.progress = stop_after;
        o.context = &left;
        check_ok(rsl_explore_new(&again, model, data, &o));
        rc = rsl_explore_run(again);
        if (rc != RSL_OK) rsl_explore_free(again);
    }
    check_ok(rc);
    assert_true(stops > 2);
    digest_of(whole, a);
    digest_of(pieces, b);
    assert_string_equal(a, b);
    assert_int_equal(rsl_explore_candidates(again), rsl_explore_candidates(e));
    assert_int_equal(rsl_explore_recommended(again), rsl_explore_recommended(e));
    rsl_explore_free(again);
    /* Times are measured once. */
    o.store = whole;
    left = 1 << 20;
    again = explore(&o);
    for (int i = 0; i < rsl_explore_candidates(e); i++)
        assert_true(at(e, i).seconds == at(again, i).seconds && at(e, i).drop == at(again, i).drop);
    rsl_explore_free(again);
    /* ... and again when they would be others. */
    for (int i = 0; i < 2; i++) {
        o.batch = i == 0 ? 2 : 0;
        o.threads = i == 0 ? 2 : 1;
        again = explore(&o);
        for (int k = 0; k < rsl_explore_candidates(e); k++)
            assert_true(at(e, k).seconds != at(again, k).seconds &&
                        at(e, k).drop == at(again, k).drop);
        rsl_explore_free(again);
    }
    rsl_explore_free(e);
    unlink(whole);
    unlink(pieces);
}

/* ---- what is wrong ---- */

static void test_refused(void **state) {
    (void)state;
    static const double down[] = {1e-3, 1e-4}, twice[] = {1e-3, 1e-3}, wild[] = {0.5, 1.5};
    struct rsl_explore *e;
    const struct {
        struct rsl_explore_options change;
        const char *word;
    } bad[] = {
        {{.bits_low = 1}, "2..8"},
        {{.bits_high = 9}, "2..8"},
        {{.bits_low = 5, .bits_high = 3}, "larger"},
        {{.accuracy_min = 1.5}, "1.5"},
        {{.accuracy_min = NAN}, "nan"},
        {{.drop_max = -0.1}, "-0.1"},
        {{.rates = down, .n_rates = 2}, "ascend"},
        {{.rates = twice, .n_rates = 2}, "ascend"},
        {{.rates = wild, .n_rates = 2}, "[0,1]"},
        {{.n_rates = -1}, "no error rates"},
        {{.at = 0.25}, "none of the rates"},
        {{.protect = "none,,msb"}, "missing"},
        {{.protect = "msb,msb"}, "twice"},
        {{.protect = "dmr"}, "dmr"},
        {{.protect = "msb; scales=/tmr"}, "'msb; scales=/tmr' is no protection"},
        {{.protect = "msb:5"}, ""},
        {{.encoding = "float"}, "float"},
        {{.search = "random"}, "random"},
        {{.baseline = "affine9"}, "9"},
        {{.fault = "lightning"}, "lightning"},
        {{.trials = -1}, "trials"},
        {{.budget = 1 << 20, .fault = "stuck0"}, "budget"},
        {{.budget = 1 << 20, .fault = "ber  layers=fc"}, "in all layers"},
        {{.budget = 1 << 20, .fault = "ber + ber"}, "budget"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rsl_explore_options o = common(), c = bad[i].change;
        if (c.bits_low) o.bits_low = c.bits_low;
        if (c.bits_high) o.bits_high = c.bits_high;
        if (c.accuracy_min != 0) o.accuracy_min = c.accuracy_min;
        if (c.drop_max != 0) o.drop_max = c.drop_max;
        if (c.rates) o.rates = c.rates;
        if (c.n_rates) o.n_rates = c.n_rates;
        if (c.at != 0) o.at = c.at;
        if (c.protect) o.protect = c.protect;
        if (c.encoding) o.encoding = c.encoding;
        if (c.search) o.search = c.search;
        if (c.baseline) o.baseline = c.baseline;
        if (c.fault) o.fault = c.fault;
        if (c.trials) o.trials = c.trials;
        if (c.budget) o.budget = c.budget;
        int rc = rsl_explore_new(&e, model, data, &o);
        if (rc >= 0 || !strstr(rsl_errmsg(), bad[i].word))
            fail_msg("case %zu: %d, %s", i, rc, rsl_errmsg());
        assert_null(e);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_pareto),
        cmocka_unit_test(test_nothing_required),
        cmocka_unit_test(test_options_are_copied),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_layer_faults),
        cmocka_unit_test(test_refused_mix),
        cmocka_unit_test(test_other_baseline),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accuracy_of_baseline),
        cmocka_unit_test(test_least_accuracy_is_reached_by_a_tie),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
