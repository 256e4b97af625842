/* The stopping rule on populations whose mean is known: the interval covers as often as it says,
 * neither less nor much more; plans follow from outcomes alone; blocks and strata serve. The whole
 * table is made by tests/coverage. */
#include "check.h"

#include "base/alloc.h"
#include "metric/distribution.h"
#include "populations.h"

#include <math.h>

#define SDC  .quantity = RSL_QUANTITY_SDC, .golden = 1
#define DROP .quantity = RSL_QUANTITY_DROP, .golden = 0.92

enum { REPEATS = 400 };

/* Binomial with 400 repeats: a rule that covers in 95 % stays within these bounds (5 standard
 * errors); one that covers in 90 % or in 99.9 % leaves them but for one in a hundred times. */
static bool about_95(double covered) {
    return covered >= 0.925 && covered <= 0.985;
}

static const struct population populations[] = {
    {"half", draw_images, .rate = 0.5, .truth = 0.5, SDC, .margin = 0.06, .most_block = 1,
     .n_bins = 1},
    {"tenth", draw_images, .rate = 0.1, .truth = 0.1, SDC, .margin = 0.03, .most_block = 1,
     .n_bins = 1},
    {"hundredth", draw_images, .rate = 0.01, .truth = 0.01, SDC, .margin = 0.005, .most_block = 1,
     .n_bins = 1},
    {"one of 17", draw_last, .rate = 0.2, .other = 0.1, .truth = 1.8 / 17, SDC, .margin = 0.008,
     .least_block = 16, .most_block = 16, .images = 17, .n_bins = 1},
    {"clusters", draw_clusters, .other = 9, .truth = 0.1, SDC, .margin = 0.03, .most_block = 64,
     .n_bins = 1},
    {"collapse", draw_collapse, .rate = 0.2, .other = 0.01, .truth = 0.170560, DROP, .margin = 0.04,
     .most_block = 64, .n_bins = 1},
    {"rare collapse", draw_collapse, .rate = 0.02, .other = 0.01, .truth = 0.024436, DROP,
     .margin = 0.01, .most_block = 64, .n_bins = 1},
    {"positions", draw_positions, .rate = 0.4, .other = 0.001, .truth = 0.01346875, SDC,
     .margin = 0.004, .most_block = 1, .n_bins = 32},
    {"nothing", draw_same, .rate = 0, .truth = 0, SDC, .margin = 0.02, .most_block = 64,
     .n_bins = 1, .degenerate = true},
    {"no collapse", draw_collapse, .rate = 0, .other = 0.01, .truth = 0.0082, DROP, .margin = 0.02,
     .most_block = 64, .n_bins = 1, .degenerate = true},
    {"same images", draw_same, .rate = 0.25, .truth = 0.25, SDC, .margin = 0.02, .most_block = 64,
     .n_bins = 1, .degenerate = true},
};

static void coverage(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof populations / sizeof *populations; i++) {
        const struct population *p = &populations[i];
        double covered = 0, bias = 0;
        for (uint64_t r = 0; r < REPEATS; r++) {
            struct sampled s = {.trials = 0};
            check_ok(sample(p, r, &s));
            covered += (double)covers(s.interval, p->truth) / REPEATS;
            bias += (s.mean - p->truth) / REPEATS;
            assert_true(s.interval.high - s.interval.low <= 2 * p->margin);
            assert_true(s.interval.low <= s.mean && s.mean <= s.interval.high);
        }
        if (!(p->degenerate ? covered >= 0.925 : about_95(covered)))
            fail_msg("%s: covered in %.1f %%", p->name, 100 * covered);
        if (fabs(bias) > 0.2 * p->margin)
            fail_msg("%s: bias %g, margin %g", p->name, bias, p->margin);
    }
}

/* The check would see a bad rule: Student's interval looked at after every trial, and stopping at a
 * confidence of 90 or 99.9 %. */
static void bad_rules_are_seen(void **state) {
    (void)state;
    const struct population *p = &populations[6];
    int covered = 0;
    for (uint64_t r = 0; r < REPEATS; r++) {
        struct rsl_tally t = {0};
        struct rsl_rng rng = rsl_rng(1, r);
        struct rsl_interval i = {-1, 1};
        while (i.high - i.low > 2 * p->margin) {
            struct rsl_stopping_trial trial = {.images = 64};
            struct rsl_stopping_outcome o = p->draw(p, &rng, &trial);
            rsl_tally_add(&t, o.images, o.golden_correct - o.correct);
            if (t.trials >= 3) i = rsl_tally_mean_interval(&t, 0.95);
        }
        covered += covers(i, p->truth);
    }
    assert_false(about_95((double)covered / REPEATS));
    static const double wrong[] = {0.9, 0.999};
    for (int k = 0; k < 2; k++) {
        covered = 0;
        for (uint64_t r = 0; r < REPEATS; r++) {
            struct sampled s = {.trials = 0};
            check_ok(sample(&populations[1], r, &s));
            double stretch = rsl_normal_quantile(0.5 + wrong[k] / 2) / 1.959964;
            covered += fabs(s.mean - 0.1) <= stretch * (s.interval.high - s.interval.low) / 2;
        }
        assert_false(about_95((double)covered / REPEATS));
    }
}

static struct rsl_stopping_design design_of(const double *weights, int bins) {
    return (struct rsl_stopping_design){.quantity = RSL_QUANTITY_DROP,
                                        .margin = 0.02,
                                        .confidence = 0.95,
                                        .golden = 0.9,
                                        .images = 1000,
                                        .least_block = 1,
                                        .most_block = 64,
                                        .trial_cost = 4,
                                        .most_trials = 100000,
                                        .weights = weights,
                                        .n_bins = bins,
                                        .seed = 3};
}

static const struct population mixed = {
    .draw = draw_collapse, .rate = 0.2, .other = 0.05, .golden = 0.9};

/* The outcome of trial k is a function of k and its plan alone, as campaigns have it. */
static struct rsl_stopping_outcome outcome_of(const struct population *p, int64_t k,
                                              const struct rsl_stopping_trial *trial) {
    struct rsl_rng rng = rsl_rng(77, (uint64_t)k);
    return p->draw(p, &rng, trial);
}

/* Asking for the plans of a stage in any order, more than once, or starting again from the first
 * trials of a store, changes nothing. */
static void resume(void **state) {
    (void)state;
    double weights[5] = {0.5, 0.2, 0.1, 0.1, 0.1};
    struct rsl_stopping_design design = design_of(weights, 5);
    struct rsl_stopping whole;
    check_ok(rsl_stopping_init(&whole, &design));
    while (!whole.reason) {
        for (int64_t k = whole.end - 1; k >= whole.done; k--) rsl_stopping_trial(&whole, k);
        struct rsl_stopping_trial trial = rsl_stopping_trial(&whole, whole.done);
        struct rsl_stopping_outcome o = outcome_of(&mixed, whole.done, &trial);
        check_ok(rsl_stopping_add(&whole, &o));
    }
    assert_string_equal(whole.reason, "margin");
    struct rsl_interval want = rsl_stopping_interval(&whole);
    for (int64_t cut = 0; cut < whole.done; cut += 97) {
        struct rsl_stopping s;
        for (int part = 0; part < 2; part++) {
            check_ok(rsl_stopping_init(&s, &design));
            while (!s.reason && (part == 1 || s.done < cut)) {
                struct rsl_stopping_trial trial = rsl_stopping_trial(&s, s.done);
                struct rsl_stopping_outcome o = outcome_of(&mixed, s.done, &trial);
                check_ok(rsl_stopping_add(&s, &o));
            }
            if (part == 0) rsl_stopping_free(&s);
        }
        struct rsl_interval got = rsl_stopping_interval(&s);
        assert_int_equal(s.done, whole.done);
        assert_true(got.low == want.low && got.high == want.high);
        rsl_stopping_free(&s);
    }
    rsl_stopping_free(&whole);
}

/* The blocks of one size go round all images, the last one being short. Over a whole turn of `turn`
 * trials each image has the same weight in the mean over trials. */
static void check_blocks(int64_t images, int block, int64_t turn) {
    struct rsl_stopping_design design = design_of(NULL, 0);
    double weight[100] = {0};
    design.images = images;
    design.least_block = design.most_block = block;
    struct rsl_stopping s;
    check_ok(rsl_stopping_init(&s, &design));
    assert_true(turn <= s.end);
    for (int64_t k = 0; k < turn; k++) {
        struct rsl_stopping_trial trial = rsl_stopping_trial(&s, k);
        assert_int_equal(trial.first % block, 0);
        assert_int_equal(trial.images, images - trial.first < block ? images - trial.first : block);
        assert_int_equal(trial.bin, 0);
        for (int i = 0; i < trial.images; i++)
            weight[trial.first + i] += 1.0 / trial.images / (double)turn;
    }
    for (int64_t i = 0; i < images; i++) assert_true(fabs(weight[i] - 1 / (double)images) < 1e-12);
    rsl_stopping_free(&s);
}

static void blocks(void **state) {
    (void)state;
    check_blocks(96, 16, 6);
    check_blocks(100, 16, 25);
    check_blocks(17, 16, 17);
    check_blocks(31, 7, 31);
}

static struct rsl_stopping stop(const struct rsl_stopping_design *design,
                                const struct population *p) {
    struct rsl_stopping s;
    check_ok(rsl_stopping_init(&s, design));
    while (!s.reason) {
        struct rsl_stopping_trial trial = rsl_stopping_trial(&s, s.done);
        struct rsl_stopping_outcome o = outcome_of(p, s.done, &trial);
        check_ok(rsl_stopping_add(&s, &o));
    }
    return s;
}

/* Few images where trials differ, many where images do, or where trials are dear. */
static void block_sizes(void **state) {
    (void)state;
    struct rsl_stopping_design design = design_of(NULL, 0);
    static const struct population differ = {.draw = draw_collapse, .rate = 0.3, .golden = 0.9},
                                   alike = {.draw = draw_collapse, .other = 0.3, .golden = 0.9};
    design.trial_cost = 1;
    struct rsl_stopping s = stop(&design, &differ);
    assert_true(s.block <= 2);
    rsl_stopping_free(&s);
    s = stop(&design, &alike);
    assert_true(s.block >= 4);
    int cheap = s.block;
    rsl_stopping_free(&s);
    design.trial_cost = 500;
    s = stop(&design, &alike);
    assert_true(s.block > cheap);
    rsl_stopping_free(&s);
    s = stop(&design, &differ);
    assert_true(s.block >= 8);
    rsl_stopping_free(&s);
    design.least_block = 16;
    design.most_block = 48;
    s = stop(&design, &differ);
    assert_true(s.block >= 16 && s.block <= 48);
    rsl_stopping_free(&s);
}

/* The hot position is found, and two strata need less than half the trials of one. Where positions
 * are alike there is one stratum, and the pilot counts. */
static void bins(void **state) {
    (void)state;
    struct population p = populations[7], plain = p;
    struct sampled with = {.trials = 0}, without = {.trials = 0};
    int64_t trials = 0, plain_trials = 0;
    plain.n_bins = 1;
    for (uint64_t r = 0; r < 20; r++) {
        check_ok(sample(&p, r, &with));
        check_ok(sample(&plain, r, &without));
        trials += with.trials;
        plain_trials += without.trials;
    }
    if (2 * trials > plain_trials)
        fail_msg("%lld trials with strata, %lld without", (long long)trials,
                 (long long)plain_trials);

    double weights[32];
    for (int i = 0; i < 32; i++) weights[i] = 1.0 / 32;
    struct rsl_stopping_design design = design_of(weights, 32);
    design.quantity = RSL_QUANTITY_SDC;
    design.margin = 0.005;
    struct rsl_stopping s = stop(&design, &p);
    assert_int_equal(s.bins.n_strata, 2);
    assert_int_equal(s.bins.order[0], 30);
    assert_true(s.strata[0].n > 3 * s.strata[0].weight * (double)(s.done - s.first));
    rsl_stopping_free(&s);
    static const struct population even = {.draw = draw_images, .rate = 0.2};
    design.margin = 0.03;
    s = stop(&design, &even);
    assert_int_equal(s.bins.n_strata, 1);
    assert_int_equal(s.first, 0);
    assert_int_equal(s.strata[0].n, s.done);
    rsl_stopping_free(&s);
}

/* Whoever has the trials' bins and outcomes, in the order of k, finds the estimate and its interval
 * without knowing the design. */
static void reader(void **state) {
    (void)state;
    double weights[32];
    for (int i = 0; i < 32; i++) weights[i] = 1.0 / 32;
    struct rsl_stopping_design design = design_of(weights, 32);
    design.quantity = RSL_QUANTITY_SDC;
    for (int even = 0; even < 2; even++) {
        struct population p = populations[7];
        if (even) p.other = p.rate;
        struct rsl_stopping s;
        struct rsl_hot_bins bins;
        struct rsl_stratum sums[1][2] = {{{.n = 0}}};
        check_ok(rsl_stopping_init(&s, &design));
        check_ok(rsl_hot_bins_init(&bins, weights, 32));
        for (int64_t k = 0; !s.reason; k++) {
            struct rsl_stopping_trial trial = rsl_stopping_trial(&s, k);
            struct rsl_stopping_outcome o = outcome_of(&p, k, &trial);
            double sdc = (double)o.sdc / (double)o.images;
            check_ok(rsl_stopping_add(&s, &o));
            rsl_hot_bins_read(&bins, k, trial.bin, sdc, &sdc, 1, sums);
        }
        assert_int_equal(bins.n_strata, even ? 1 : 2);
        struct rsl_interval want = rsl_stopping_interval(&s);
        struct rsl_interval got =
            rsl_bounded_mean_interval(sums[0], rsl_hot_bins_strata(&bins), 0, 1, 0.95);
        assert_true(got.low == want.low && got.high == want.high);
        rsl_stopping_free(&s);
        rsl_hot_bins_free(&bins);
    }
}

static void limit(void **state) {
    (void)state;
    struct rsl_stopping_design design = design_of(NULL, 0);
    design.margin = 0.001;
    design.most_trials = 77;
    struct rsl_stopping s = stop(&design, &mixed);
    assert_string_equal(s.reason, "limit");
    assert_int_equal(s.done, 77);
    rsl_stopping_free(&s);
}

static void refusals(void **state) {
    (void)state;
    struct rsl_stopping s;
    double weights[40];
    for (int i = 0; i < 40; i++) weights[i] = 1.0 / 40;
    struct rsl_stopping_design good = design_of(NULL, 0), bad = good;
    bad.margin = 0;
    check_fails(rsl_stopping_init(&s, &bad), RSL_EARG, "margin");
    bad.margin = NAN;
    check_fails(rsl_stopping_init(&s, &bad), RSL_EARG, "margin");
    bad = good;
    bad.confidence = 1;
    check_fails(rsl_stopping_init(&s, &bad), RSL_EARG, "confidence");
    bad = good;
    bad.most_block = 2000;
    check_fails(rsl_stopping_init(&s, &bad), RSL_EARG, "1 to 2000 of 1000 images");
    bad = good;
    bad.most_trials = 31;
    check_fails(rsl_stopping_init(&s, &bad), RSL_EARG, "at least 32 trials");
    bad = design_of(weights, 40);
    bad.most_trials = 300;
    check_fails(rsl_stopping_init(&s, &bad), RSL_EARG, "at least 352 trials");
    check_ok(rsl_stopping_init(&s, &good));
    struct rsl_stopping_outcome o = {.images = 15};
    check_fails(rsl_stopping_add(&s, &o), RSL_EMISMATCH, "trial 0 ran on 15 images, its plan has");
    assert_int_equal(s.done, 0);
    rsl_stopping_free(&s);
}

static int allocations;

static int count_allocation(size_t size) {
    (void)size;
    allocations++;
    return 1;
}

static int fail_allocation(size_t size) {
    (void)size;
    return allocations-- > 0;
}

/* Nothing is allocated after init; init fails cleanly when memory is refused. */
static void memory(void **state) {
    (void)state;
    double weights[5] = {0.5, 0.2, 0.1, 0.1, 0.1};
    struct rsl_stopping_design design = design_of(weights, 5);
    struct rsl_stopping s;
    for (int n = 0; n < 2; n++) {
        allocations = n;
        rsl_alloc_gate = fail_allocation;
        int rc = rsl_stopping_init(&s, &design);
        rsl_alloc_gate = NULL;
        assert_int_equal(rc, RSL_ENOMEM);
    }
    check_ok(rsl_stopping_init(&s, &design));
    allocations = 0;
    rsl_alloc_gate = count_allocation;
    while (!s.reason) {
        struct rsl_stopping_trial trial = rsl_stopping_trial(&s, s.done);
        struct rsl_stopping_outcome o = outcome_of(&mixed, s.done, &trial);
        if (rsl_stopping_add(&s, &o) < 0) break;
    }
    rsl_alloc_gate = NULL;
    assert_non_null(s.reason);
    assert_int_equal(allocations, 0);
    rsl_stopping_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverage),    cmocka_unit_test(bad_rules_are_seen),
        cmocka_unit_test(resume),      cmocka_unit_test(blocks),
        cmocka_unit_test(block_sizes), cmocka_unit_test(bins),
        cmocka_unit_test(reader),      cmocka_unit_test(limit),
        cmocka_unit_test(refusals),    cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
