/* Results of stores: means and intervals against sums made by hand; injections in published form.
 */
#define _GNU_SOURCE /* mkdtemp */
#include "check.h"

#include "base/alloc.h"
#include "campaign/stopping.h"
#include "campaign/store.h"
#include "metric/bounded_mean.h"
#include "own_folder.h"
#include "resile/store.h"
#include "synthetic_store.h"

#include <stdlib.h>
#include <unistd.h>

enum { TRIALS = 60 };

static char folder[] = "/tmp/resile_results_XXXXXX";

static int setup(void **state) {
    struct rsl_store *store;
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    (void)state;
    if (!mkdtemp(folder) || chdir(folder)) return -1;
    if (rsl_store_open(&store, "r.db", &identity, &synthetic_session) < 0) return -1;
    int rc = synthetic_write(store, TRIALS, 64);
    rsl_store_close(store);
    return rc;
}

static int teardown(void **state) {
    (void)state;
    return own_folder_remove(folder);
}

static void near(double got, double want) {
    if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want)))) fail_msg("%.17g, not %.17g", got, want);
}

static void test_rows(void **state) {
    struct rsl_results *results;
    (void)state;
    check_ok(rsl_results_read(&results, (const char *const[]){"r.db", "r.db"}, 2, 0));
    assert_int_equal(rsl_results_count(results), 6);
    assert_null(rsl_results_at(results, 6));
    assert_null(rsl_results_at(results, -1));
    for (int i = 0; i < 3; i++) {
        const struct rsl_result *r = rsl_results_at(results, i);
        struct rsl_tally drop = {0}, sdc = {0};
        int64_t due = 0, masked = 0, tolerable = 0, faults = 0;
        for (int k = 0; k < TRIALS; k++) {
            struct synthetic_trial s;
            synthetic_trial(&s, i, k);
            rsl_tally_add(&drop, 200, s.trial.golden_correct - s.trial.correct);
            rsl_tally_add(&sdc, 200, s.trial.sdc);
            due += s.trial.due, masked += s.trial.masked, tolerable += s.trial.tolerable;
            faults += s.trial.faults;
        }
        struct rsl_interval d = rsl_tally_mean_interval(&drop, 0.95);
        struct rsl_interval e = rsl_tally_share_interval(&sdc, 0.95);
        assert_string_equal(r->fault, i == 2 ? "single" : "ber");
        assert_string_equal(r->protection, "msb");
        assert_string_equal(r->encoding, "affine5");
        assert_string_equal(r->sampling, "bits");
        assert_string_equal(r->model, "m.onnx");
        assert_string_equal(r->reason, "trials");
        assert_true(i == 2 ? isnan(r->ber) : r->ber == (i == 0 ? 1e-4 : 1e-3));
        assert_int_equal(r->trials, TRIALS);
        assert_int_equal(r->images, 200);
        assert_int_equal(r->runs, 200 * TRIALS);
        near(r->golden, 80);
        near(r->drop, 100 * rsl_tally_mean(&drop));
        near(r->accuracy, 80 - r->drop);
        near(r->drop_low, 100 * d.low);
        near(r->drop_high, 100 * d.high);
        near(r->accuracy_low, 80 - 100 * d.high);
        near(r->accuracy_high, 80 - 100 * d.low);
        near(r->sdc, rsl_tally_mean(&sdc));
        near(r->sdc_low, e.low);
        near(r->sdc_high, e.high);
        assert_true(r->sdc_low < r->sdc && r->sdc < r->sdc_high && r->drop_low < r->drop_high);
        near(r->due, (double)due / (200 * TRIALS));
        near(r->masked, (double)masked / (200 * TRIALS));
        near(r->tolerable, (double)tolerable / (200 * TRIALS));
        near(r->faults, (double)faults / TRIALS);
        assert_true(r->confidence == 0.95);
        assert_string_equal(r->drop_interval, "Student over trials");
        assert_string_equal(r->share_interval, "Wilson clustered by trials");
        if (due == 0) assert_string_equal(r->due_interval, "bounded mean of trials");
    }
    rsl_results_free(results);
    check_ok(rsl_results_read(&results, (const char *const[]){"r.db"}, 1, 0.5));
    assert_true(rsl_results_at(results, 0)->confidence == 0.5);
    rsl_results_free(results);
}

static int add_one(struct rsl_store *store, int64_t point, int64_t k, int64_t first, int64_t images,
                   int64_t sdc, int stratum) {
    const struct rsl_store_trial t = {
        .k = k,
        .first = first,
        .images = images,
        .tolerable = images - sdc,
        .sdc = sdc,
        .correct = images - sdc,
        .golden_correct = images,
        .faults = 1,
        .stratum = stratum,
    };
    return rsl_store_add_trials(store, point, &t, 1);
}

/* Single images: Wilson. Blocks: bounded means. No trial yet: nothing is claimed. */
static void test_kinds_of_points(void **state) {
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    struct rsl_store *store;
    struct rsl_results *results;
    int64_t campaign, id;
    (void)state;
    check_ok(rsl_store_open(&store, "kinds.db", &identity, NULL));
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    struct rsl_store_point p = synthetic_point(2, campaign);
    p.fault = "1 one image each";
    check_ok(rsl_store_add_point(store, &p, &id));
    for (int k = 0; k < 20; k++) check_ok(add_one(store, id, k, k, 1, k < 5, 0));
    p.fault = "2 blocks";
    p.design = "margin 0.1 of sdc at 0.9";
    check_ok(rsl_store_add_point(store, &p, &id));
    for (int k = 0; k < 20; k++) check_ok(add_one(store, id, k, k, 10 + k % 2, k % 4, 0));
    check_ok(rsl_store_finish(store, id, &(struct rsl_store_end){"margin", 0.1, 0.9}));
    p.fault = "3 none yet";
    p.sampling = "";
    check_ok(rsl_store_add_point(store, &p, &id));
    rsl_store_close(store);

    check_ok(rsl_results_read(&results, (const char *const[]){"kinds.db"}, 1, 0));
    assert_int_equal(rsl_results_count(results), 3);
    const struct rsl_result *r = rsl_results_at(results, 0);
    struct rsl_interval i = rsl_wilson_interval(5, 20, 0.95);
    near(r->sdc, 0.25);
    near(r->sdc_low, i.low);
    near(r->sdc_high, i.high);
    assert_string_equal(r->share_interval, "Wilson");
    assert_true(isnan(r->golden) && isnan(r->accuracy));
    near(r->drop, 25);
    assert_null(r->reason);

    r = rsl_results_at(results, 1);
    struct rsl_stratum s = {.weight = 1};
    for (int k = 0; k < 20; k++) rsl_stratum_add(&s, k % 4 / (10.0 + k % 2));
    i = rsl_bounded_mean_interval(&s, 1, 0, 1, 0.9);
    near(r->sdc, s.sum / 20);
    near(r->sdc_low, i.low);
    near(r->sdc_high, i.high);
    near(r->drop, 100 * r->sdc);
    assert_true(r->confidence == 0.9 && r->margin == 0.1);
    assert_string_equal(r->drop_interval, "bounded mean of trials");

    r = rsl_results_at(results, 2);
    assert_int_equal(r->trials, 0);
    assert_true(isnan(r->sdc) && isnan(r->drop) && isnan(r->faults));
    assert_true(r->sdc_low == 0 && r->sdc_high == 1);
    assert_null(r->sampling);
    rsl_results_free(results);
}

/* Three bins, of which one is hot: what sampling stops on is what the results say. */
static void test_bins(void **state) {
    enum { BINS = 3, BLOCK = 10 };
    static const double weights[BINS] = {0.125, 0.5, 0.375};
    static const struct rsl_store_stratum strata[BINS] = {{"a", 0.125}, {"b", 0.5}, {"c", 0.375}};
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    struct rsl_store_point p = synthetic_point(2, 0);
    struct rsl_stopping_design d = {.quantity = RSL_QUANTITY_SDC,
                                    .margin = 0.04,
                                    .confidence = 0.95,
                                    .golden = 0.8,
                                    .images = SYNTHETIC_IMAGES,
                                    .least_block = BLOCK,
                                    .most_block = BLOCK,
                                    .most_trials = 4000,
                                    .weights = weights,
                                    .n_bins = BINS,
                                    .seed = 7};
    struct rsl_stopping stopping;
    struct rsl_store *store;
    struct rsl_results *results;
    uint8_t golden[SYNTHETIC_IMAGES];
    (void)state;
    check_ok(rsl_store_open(&store, "bins.db", &identity, NULL));
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &p.campaign));
    synthetic_golden(golden);
    check_ok(rsl_store_golden(store, p.campaign, golden));
    p.design = "margin 0.04 of sdc at 0.95";
    p.strata = strata;
    p.n_strata = BINS;
    check_ok(rsl_store_add_point(store, &p, &p.id));
    check_ok(rsl_stopping_init(&stopping, &d));
    for (int64_t k = 0; !stopping.reason; k++) {
        struct rsl_stopping_trial t = rsl_stopping_trial(&stopping, k);
        struct rsl_rng rng = rsl_rng(3, (uint64_t)k);
        int64_t sdc = t.bin == 0 ? (int64_t)rsl_rng_below(&rng, 11) : rsl_rng_below(&rng, 40) == 0;
        check_ok(add_one(store, p.id, k, t.first, t.images, sdc, t.bin));
        struct rsl_stopping_outcome o = {t.images, t.images - sdc, t.images, sdc};
        check_ok(rsl_stopping_add(&stopping, &o));
    }
    assert_int_equal(stopping.bins.n_strata, 2);
    check_ok(rsl_store_finish(store, p.id,
                              &(struct rsl_store_end){stopping.reason, d.margin, d.confidence}));
    rsl_store_close(store);
    check_ok(rsl_results_read(&results, (const char *const[]){"bins.db"}, 1, 0));
    const struct rsl_result *r = rsl_results_at(results, 0);
    struct rsl_interval i = rsl_stopping_interval(&stopping);
    near(r->sdc, rsl_stopping_mean(&stopping));
    near(r->sdc_low, i.low);
    near(r->sdc_high, i.high);
    near(r->drop, 100 * r->sdc);
    assert_true(r->stratified);
    assert_string_equal(r->share_interval, "bounded mean of strata");
    assert_int_equal(r->trials, stopping.done);
    rsl_results_free(results);
    rsl_stopping_free(&stopping);
}

/* ---- other intervals ---- */

/* The widened percentiles of `values` [TRIALS, SYNTHETIC_IMAGES], trials and images drawn with
 * other numbers than the library's. */
static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct rsl_interval resampled(int (*values)[SYNTHETIC_IMAGES]) {
    enum { REPLICATES = 2000 };
    static double means[REPLICATES];
    for (int b = 0; b < REPLICATES; b++) {
        struct rsl_rng rng = rsl_rng(99, (uint64_t)b);
        int trials[TRIALS], images[SYNTHETIC_IMAGES];
        double sum = 0;
        for (int k = 0; k < TRIALS; k++) trials[k] = (int)rsl_rng_below(&rng, TRIALS);
        for (int i = 0; i < SYNTHETIC_IMAGES; i++)
            images[i] = (int)rsl_rng_below(&rng, SYNTHETIC_IMAGES);
        for (int k = 0; k < TRIALS; k++)
            for (int i = 0; i < SYNTHETIC_IMAGES; i++) sum += values[trials[k]][images[i]];
        means[b] = sum / TRIALS / SYNTHETIC_IMAGES;
    }
    qsort(means, REPLICATES, sizeof *means, ascending);
    /* Of 59 degrees of freedom t is 2.0010; 2.0010 sqrt(60 / 59) leaves 2.178 % in a normal tail.
     */
    return (struct rsl_interval){means[(int)(0.02178 * REPLICATES)],
                                 means[(int)(0.97822 * REPLICATES)]};
}

static void about(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance)) fail_msg("%.9g, not about %.9g", got, want);
}

/* Point 2 has the outcomes of all images, the others none. */
static void test_bootstrap(void **state) {
    static int lost[TRIALS][SYNTHETIC_IMAGES], right[TRIALS][SYNTHETIC_IMAGES];
    uint8_t golden[SYNTHETIC_IMAGES];
    struct synthetic_trial s;
    struct rsl_results *results;
    (void)state;
    synthetic_golden(golden);
    for (int k = 0; k < TRIALS; k++) {
        synthetic_trial(&s, 2, k);
        for (int i = 0; i < SYNTHETIC_IMAGES; i++) {
            uint8_t o = s.outcomes[i];
            bool found = o == RSL_SDC_RIGHT || o == RSL_DUE_SDC_RIGHT;
            right[k][i] = found || (golden[i] && o != RSL_SDC && o != RSL_DUE_SDC);
            lost[k][i] = golden[i] - right[k][i];
        }
    }
    check_ok(rsl_results_read_with(&results, (const char *const[]){"r.db"}, 1, 0,
                                   RSL_INTERVAL_BOOTSTRAP));
    const struct rsl_result *r = rsl_results_at(results, 2);
    struct rsl_interval drop = resampled(lost), accuracy = resampled(right);
    double tolerance = 8 * (accuracy.high - accuracy.low);
    assert_string_equal(r->drop_interval, "bootstrap over trials and images");
    assert_null(r->drop_kept);
    about(r->drop_low, 100 * drop.low, tolerance);
    about(r->drop_high, 100 * drop.high, tolerance);
    about(r->accuracy_low, 100 * accuracy.low, tolerance);
    about(r->accuracy_high, 100 * accuracy.high, tolerance);
    /* It is not the drop's turned round: which images there are moves the fault-free accuracy. */
    assert_true(r->accuracy_high - r->accuracy_low > 1.2 * (r->drop_high - r->drop_low));
    r = rsl_results_at(results, 0);
    assert_string_equal(r->drop_interval, "Student over trials");
    assert_non_null(strstr(r->drop_kept, "not stored"));
    rsl_results_free(results);
}

/* Twenty single faults with outcomes, of which `harmful` lose three images each. */
static void add_hardly_harmful(struct rsl_store *store, int64_t point, int harmful) {
    uint8_t outcomes[SYNTHETIC_IMAGES] = {0};
    for (int k = 0; k < 20; k++) {
        int sdc = k < harmful ? 3 : 0;
        for (int i = 0; i < 3; i++) outcomes[i] = sdc ? RSL_SDC : RSL_MASKED; /* right without */
        const struct rsl_store_trial t = {.k = k,
                                          .images = SYNTHETIC_IMAGES,
                                          .masked = SYNTHETIC_IMAGES - sdc,
                                          .sdc = sdc,
                                          .correct = 160 - sdc,
                                          .golden_correct = 160,
                                          .faults = 1,
                                          .outcomes = outcomes};
        check_ok(rsl_store_add_trials(store, point, &t, 1));
    }
}

/* Where trials are not alike no resampling knows what was not seen, and nothing inverts a binomial
 * of them. */
static void test_kept(void **state) {
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    struct rsl_store_point p = synthetic_point(2, 0);
    struct rsl_store *store;
    struct rsl_results *results, *usual;
    uint8_t golden[SYNTHETIC_IMAGES];
    static const char *const paths[] = {"kept.db"};
    (void)state;
    check_ok(rsl_store_open(&store, paths[0], &identity, NULL));
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &p.campaign));
    synthetic_golden(golden);
    check_ok(rsl_store_golden(store, p.campaign, golden));
    for (int harmful = 0; harmful < 2; harmful++) {
        p.fault = harmful ? "2 one" : "1 none";
        check_ok(rsl_store_add_point(store, &p, &p.id));
        add_hardly_harmful(store, p.id, harmful);
    }
    rsl_store_close(store);
    check_ok(rsl_results_read(&usual, paths, 1, 0));
    check_ok(rsl_results_read_with(&results, paths, 1, 0, RSL_INTERVAL_BOOTSTRAP));
    for (int i = 0; i < 2; i++) {
        const struct rsl_result *r = rsl_results_at(results, i), *u = rsl_results_at(usual, i);
        assert_string_equal(r->drop_interval, "bounded mean of trials");
        assert_string_equal(r->drop_kept,
                            i ? "trials are too unlike each other" : "all trials came out equal");
        assert_null(u->drop_kept);
        assert_true(r->drop_low == u->drop_low && r->drop_high == u->drop_high);
        assert_true(r->accuracy_low < r->accuracy && r->drop_high > r->drop + 5);
    }
    rsl_results_free(results);
    check_ok(rsl_results_read_with(&results, paths, 1, 0, RSL_INTERVAL_CLOPPER_PEARSON));
    const struct rsl_result *r = rsl_results_at(results, 1);
    assert_string_equal(r->share_kept, "trials are too unlike each other");
    assert_string_equal(r->due_kept, "all trials came out equal");
    assert_null(r->drop_kept);
    rsl_results_free(results);
    rsl_results_free(usual);
}

/* ---- rates ---- */

/* A rate that the spec has counts as one that was swept; several models have none in common. */
static void test_rate_of_the_spec(void **state) {
    static const struct {
        const char *fault;
        double rate;
        bool upsets;
    } cases[] = {{"ber:0.0001", 1e-4, true}, /* in the order of results */
                 {"ber:0.0001 + single", NAN, false},
                 {"ber:0.0001 bits=top", 1e-4, false},
                 {"ber:0.0001 regions=biases", 1e-4, false},
                 {"ber:0.0001 sampling=layers layers=conv1", 1e-4, true},
                 {"bitpos:3:0.0001", 1e-4, false},
                 {"count:3", NAN, false},
                 {"fit:700:8760", 700 / 0x1p20 / 1e9 * 8760, true},
                 {"neuron:0.0001", 1e-4, false},
                 {"no fault", NAN, false}};
    enum { CASES = sizeof cases / sizeof *cases };
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    struct rsl_store_point p = synthetic_point(2, 0);
    struct rsl_store *store;
    struct rsl_results *results;
    uint8_t golden[SYNTHETIC_IMAGES];
    (void)state;
    check_ok(rsl_store_open(&store, "rates.db", &identity, NULL));
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &p.campaign));
    synthetic_golden(golden);
    check_ok(rsl_store_golden(store, p.campaign, golden));
    for (int i = 0; i < CASES; i++) {
        p.fault = cases[i].fault;
        check_ok(rsl_store_add_point(store, &p, &p.id));
        for (int k = 0; k < 2; k++) check_ok(add_one(store, p.id, k, 0, 200, 10 + k, 0));
    }
    rsl_store_close(store);
    check_ok(rsl_results_read(&results, (const char *const[]){"rates.db"}, 1, 0));
    for (int i = 0; i < CASES; i++) {
        const struct rsl_result *r = rsl_results_at(results, i);
        assert_string_equal(r->fault, cases[i].fault);
        assert_true(isnan(r->ber) == isnan(cases[i].rate));
        assert_true(isnan(r->p_drop) == !cases[i].upsets);
        if (!isnan(r->ber)) assert_true(fabs(r->ber / cases[i].rate - 1) < 1e-6);
    }
    rsl_results_free(results);
}

static void test_refused(void **state) {
    struct rsl_results *results;
    (void)state;
    check_fails(rsl_results_read(&results, (const char *const[]){"no.db"}, 1, 0), RSL_EIO, "no.db");
    assert_null(results);
    check_fails(rsl_results_read(&results, (const char *const[]){"r.db"}, 1, 1), RSL_EARG,
                "confidence 1 is not");
    check_fails(rsl_results_read(&results, NULL, 0, 0), RSL_EARG, "no stores");
}

static void test_injections(void **state) {
    struct rsl_injections *injections;
    struct rsl_injection j;
    struct synthetic_trial s;
    int64_t k = 0;
    int got;
    (void)state;
    check_ok(rsl_injections_open(&injections, "r.db", NULL));
    for (; (got = rsl_injections_next(injections, &j)) == 1; k++) {
        char index[80];
        synthetic_trial(&s, 2, k);
        int e = (int)s.place.element;
        snprintf(index, sizeof index, "(%d, %d, %d, %d)", e / 27, e / 9 % 3, e / 3 % 3, e % 3);
        assert_int_equal(j.injection, 10 * k);
        assert_string_equal(j.layer, s.place.layer);
        assert_string_equal(j.index, index);
        assert_int_equal(j.bit, s.place.bit);
        assert_int_equal(j.images, 200);
        assert_int_equal(j.masked, s.trial.masked);
        assert_int_equal(j.critical, s.trial.sdc);
        assert_int_equal(j.masked + j.non_critical + j.critical, 200);
    }
    check_ok(got);
    assert_int_equal(k, TRIALS);
    rsl_injections_close(injections);
    check_fails(rsl_injections_open(&injections, "r.db", "ber"), RSL_ENOTFOUND,
                "r.db: has no trials of single faults of ber");
    assert_null(injections);
}

/* One element of a vector and of a matrix, and two points that both have places. */
static void test_other_shapes(void **state) {
    struct rsl_store_identity identity = synthetic_identity(0, 1);
    struct rsl_store *store;
    struct rsl_injections *injections;
    struct rsl_injection j;
    struct synthetic_trial s;
    int64_t campaign, id;
    (void)state;
    check_ok(rsl_store_open(&store, "shapes.db", &identity, NULL));
    check_ok(rsl_store_add_campaign(store, &synthetic_campaign, &campaign));
    struct rsl_store_point p = synthetic_point(2, campaign);
    check_ok(rsl_store_add_point(store, &p, &id));
    for (int k = 0; k < 2; k++) {
        synthetic_trial(&s, 2, k);
        s.shape =
            k ? rsl_shape_of(2, (const int64_t[]){10, 64}) : rsl_shape_of(1, (const int64_t[]){10});
        s.place.element = k ? 639 : 7;
        check_ok(rsl_store_add_trials(store, id, synthetic_settle(&s, 2), 1));
    }
    rsl_store_close(store);
    check_ok(rsl_injections_open(&injections, "shapes.db", "single"));
    assert_int_equal(rsl_injections_next(injections, &j), 1);
    assert_string_equal(j.index, "(7,)");
    assert_int_equal(rsl_injections_next(injections, &j), 1);
    assert_string_equal(j.index, "(9, 63)");
    assert_int_equal(rsl_injections_next(injections, &j), 0);
    rsl_injections_close(injections);
    check_ok(rsl_store_open(&store, "shapes.db", &identity, NULL));
    p.fault = "single layers=conv1";
    check_ok(rsl_store_add_point(store, &p, &id));
    check_ok(rsl_store_add_trials(store, id, synthetic_settle(&s, 2), 1));
    rsl_store_close(store);
    check_fails(rsl_injections_open(&injections, "shapes.db", NULL), RSL_EARG,
                "has single faults of 'single' and of 'single layers=conv1'");
    check_ok(rsl_injections_open(&injections, "shapes.db", "single"));
    rsl_injections_close(injections);
}

/* ---- memory, time, P_drop, RAP ---- */

/* VGG11 of FORTUNE's Table II with 5 bits and 3 copies; 200 images, of which `lost` are lost. */
static int add_vgg(struct rsl_store *store, int64_t campaign, double rate, int64_t lost) {
    const struct rsl_store_trial t = {.images = 200,
                                      .sdc = llabs(lost),
                                      .tolerable = 200 - llabs(lost),
                                      .correct = 190 - lost,
                                      .golden_correct = 190};
    struct rsl_store_point p = synthetic_point(isnan(rate) ? 2 : 0, campaign);
    int64_t id;
    if (!isnan(rate)) p.rate = rate;
    RSL_TRY(rsl_store_add_point(store, &p, &id));
    return rsl_store_add_trials(store, id, &t, 1);
}

static int make_vgg(void) {
    const struct rsl_store_identity identity = synthetic_identity(0, 1);
    const struct rsl_store_timing timing = {
        "symmetric8:channel/none", 1, 2, 0.25, 1.4172, "avx512"};
    struct rsl_store_campaign c = synthetic_campaign;
    struct rsl_store *store;
    int64_t id;
    uint8_t golden[SYNTHETIC_IMAGES];
    for (int i = 0; i < SYNTHETIC_IMAGES; i++) golden[i] = i < 190;
    c.weights = 28133056;
    c.bits = 7 * c.weights + 12345;
    c.scale_bits = 2345;
    RSL_TRY(rsl_store_open(&store, "vgg.db", &identity, &synthetic_session));
    int rc = rsl_store_add_campaign(store, &c, &id);
    if (rc == RSL_OK) rc = rsl_store_golden(store, id, golden);
    if (rc == RSL_OK) rc = rsl_store_set_timing(store, id, &timing);
    if (rc == RSL_OK) rc = add_vgg(store, id, 1e-5, -3);
    if (rc == RSL_OK) rc = add_vgg(store, id, 3e-4, 137);
    if (rc == RSL_OK) rc = add_vgg(store, id, NAN, 2);
    rsl_store_close(store);
    return rc;
}

static void test_cost(void **state) {
    struct rsl_results *results;
    (void)state;
    check_ok(make_vgg());
    check_ok(rsl_results_read(&results, (const char *const[]){"r.db", "vgg.db"}, 2, 0));
    const struct rsl_result *untimed = rsl_results_at(results, 0), *r = rsl_results_at(results, 4);
    assert_true(isnan(untimed->time_ratio) && isnan(untimed->rap) && untimed->p_drop > 0);
    assert_int_equal(r->weight_bits, 196931392);
    assert_int_equal(r->scale_bits, 2345);
    assert_true(r->ber == 3e-4 && r->drop == 68.5 && r->time_ratio == 1.4172);
    near(r->p_drop, 196931392.0 * 196931392.0 * 1.3301e-13 * 3e-4 * 0.685);
    near(r->p_drop_bounded, 1 - exp(-r->p_drop));
    near(r->rap, 68.5 * 7 / 8 * 1.4172);
    assert_true(r->p_drop > 1.05 && r->p_drop < 1.07); /* printed: 1.06352, of a drop of 68.73 */
    const struct rsl_result *gain = rsl_results_at(results, 3),
                            *single = rsl_results_at(results, 5);
    assert_true(gain->drop == -1.5 && gain->p_drop == 0 && gain->p_drop_bounded == 0);
    assert_true(gain->rap == 0);
    assert_true(isnan(single->p_drop) && isnan(single->p_drop_bounded));
    near(single->rap, 7.0 / 8 * 1.4172);
    double before = r->p_drop;
    check_ok(rsl_results_set_drop_constant(results, 1.3301e-12));
    near(r->p_drop, 10 * before);
    check_ok(rsl_results_set_drop_constant(results, 0));
    near(r->p_drop, before);
    check_fails(rsl_results_set_drop_constant(results, -1), RSL_EARG, "drop constant of -1");
    check_fails(rsl_results_set_drop_constant(results, INFINITY), RSL_EARG, "life / interval");
    rsl_results_free(results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_kinds_of_points),
        cmocka_unit_test(test_bins),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_injections), cmocka_unit_test(test_other_shapes),
        cmocka_unit_test(test_cost),       cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_kept),       cmocka_unit_test(test_rate_of_the_spec),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
