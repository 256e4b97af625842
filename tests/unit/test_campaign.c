/* Campaigns: every trial is the same whatever threads, skipping, interruptions and shards do to it,
 * and what is wrong with the options is said before anything runs. */
#define _POSIX_C_SOURCE 200809L
#include "resile/campaign.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/vec.h"
#include "campaign/store.h"
#include "check.h"
#include "fault/fault_list.h"
#include "graph/model.h"
#include "resile/provenance.h"
#include "resile/store.h"
#include "zoo/builder.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <unistd.h>

enum { IMAGES = 70 };

static struct rsl_model *model;
static struct rsl_data *data;

/* Two convolutions on 3x8x8: campaigns are about bookkeeping. */
static struct rsl_model *network(int64_t classes) {
    struct rsl_model *m = rsl_model_new();
    const struct rsl_shape shape = {4, {-1, 3, 8, 8}};
    if (!m) return NULL;
    struct rsl_net n = {.graph = &m->graph, .arch = "test", .weights = true, .seed = 3};
    int input = rsl_graph_add_input(n.graph, "input", RSL_f32, &shape);
    n.input = (struct rsl_feature){input, false, 3, 8, 8};
    struct rsl_feature x = rsl_net_conv(&n, "conv1", n.input, rsl_conv(6, 3, 1, 1));
    x = rsl_net_max_pool(&n, rsl_net_relu(&n, rsl_net_batch_norm(&n, "bn1", x)), 2, 2, 0);
    x = rsl_net_relu(&n, rsl_net_conv(&n, "conv2", x, rsl_conv(8, 3, 1, 1)));
    rsl_net_output(&n, rsl_net_linear(&n, "fc", rsl_net_flatten(&n, x), classes));
    return n.status < 0 || rsl_graph_check(n.graph) < 0 ? NULL : m;
}

static int open_all(void **state) {
    (void)state;
    struct rsl_data_options d = {.count = IMAGES + 30, .seed = 3};
    if (rsl_data_open(&data, "synth-signs", &d) < 0) return -1;
    model = network(rsl_data_classes(data));
    return model ? 0 : -1;
}

static int close_all(void **state) {
    (void)state;
    rsl_model_free(model);
    rsl_data_close(data);
    return 0;
}

/* ---- running ---- */

struct run {
    struct {
        struct rsl_campaign_trial *at;
        size_t n, cap;
    } trials;
    /* Calls of progress after the first trial has run on something; 0: never, -1: at the first call
     * of all. */
    int calls, stop_after;
    struct rsl_campaign_result results[4];
    int points;
};

static void on_trial(void *context, const struct rsl_campaign_trial *t) {
    struct run *r = context;
    check_ok(rsl_vec_push(&r->trials, *t));
    r->trials.at[r->trials.n - 1].layer = NULL;
}

static int on_progress(void *context, const struct rsl_campaign_progress *p) {
    struct run *r = context;
    bool trials = strcmp(p->phase, "trials") == 0;
    assert_true(p->planned == 0 || p->done <= p->planned);
    return r->stop_after < 0 || (trials && p->done > 0 && ++r->calls == r->stop_after);
}

static int by_number(const void *a, const void *b) {
    const struct rsl_campaign_trial *x = a, *y = b;
    return x->point != y->point ? x->point - y->point : (x->k > y->k) - (x->k < y->k);
}

static int run(struct run *r, const struct rsl_campaign_options *options) {
    struct rsl_campaign *c;
    struct rsl_campaign_options o = *options;
    o.trial = on_trial;
    o.progress = on_progress;
    o.context = r;
    r->calls = 0;
    RSL_TRY(rsl_campaign_new(&c, model, data, &o));
    int rc = rsl_campaign_run(c);
    r->points = rsl_campaign_points(c);
    for (int i = 0; i < r->points && i < 4 && rc == RSL_OK; i++)
        check_ok(rsl_campaign_result(c, i, &r->results[i]));
    rsl_campaign_free(c);
    if (r->trials.n) qsort(r->trials.at, r->trials.n, sizeof *r->trials.at, by_number);
    return rc;
}

static void run_free(struct run *r) {
    rsl_free(r->trials.at);
    *r = (struct run){0};
}

static void check_same(const struct run *a, const struct run *b) {
    assert_int_equal(a->trials.n, b->trials.n);
    for (size_t i = 0; i < a->trials.n; i++) {
        const struct rsl_campaign_trial *x = &a->trials.at[i], *y = &b->trials.at[i];
        if (memcmp(x, y, sizeof *x) != 0)
            fail_msg("trial %lld of point %d differs: sdc %lld %lld, correct %lld %lld",
                     (long long)x->k, x->point, (long long)x->sdc, (long long)y->sdc,
                     (long long)x->correct, (long long)y->correct);
    }
}

static const double rates[] = {1e-3, 1e-2};
static const struct rsl_preprocess_options preprocess = {.resize = "8x8"};

static struct rsl_campaign_options usual(void) {
    return (struct rsl_campaign_options){.fault = "ber",
                                         .rates = rates,
                                         .n_rates = 2,
                                         .storage = "affine5/msb",
                                         .preprocess = &preprocess,
                                         .images = IMAGES,
                                         .trials = 6,
                                         .seed = 11,
                                         .threads = 1};
}

/* ---- one result, many ways ---- */

static void test_threads_and_skipping(void **state) {
    (void)state;
    static const char *const faults[] = {"ber", "bitpos:4 + neuron:rate + neuron:2 as=int8"};
    for (size_t i = 0; i < 2; i++) {
        struct rsl_campaign_options o = usual();
        struct run one = {0}, two = {0}, naive = {0};
        o.fault = faults[i];
        check_ok(run(&one, &o));
        assert_int_equal(one.trials.n, 12);
        int64_t sdc = 0;
        for (size_t k = 0; k < one.trials.n; k++) {
            const struct rsl_campaign_trial *t = &one.trials.at[k];
            assert_int_equal(t->images, IMAGES);
            assert_int_equal(t->masked + t->tolerable + t->sdc + t->due - t->due_sdc, IMAGES);
            sdc += t->sdc;
        }
        assert_true(sdc > 0);
        o.threads = 2;
        check_ok(run(&two, &o));
        check_same(&one, &two);
        o.naive = 1;
        check_ok(run(&naive, &o));
        check_same(&one, &naive);
        assert_memory_equal(one.results, two.results, 2 * sizeof *one.results);
        run_free(&one);
        run_free(&two);
        run_free(&naive);
    }
}

static char *temporary(const char *name) {
    static char path[2][256];
    static int turn;
    char *p = path[turn++ & 1];
    snprintf(p, sizeof path[0], "campaign_%s_%d.db", name, (int)getpid());
    remove(p);
    return p;
}

static void digest(const char *path, char hex[65]) {
    struct rsl_store *s;
    check_ok(rsl_store_read(&s, path));
    check_ok(rsl_store_digest(s, hex));
    rsl_store_close(s);
}

/* ---- faults as a list ---- */

static int write_faults(const struct rsl_campaign_options *o, const char *path,
                        struct rsl_fault_list_facts *f) {
    struct rsl_campaign *c;
    check_ok(rsl_campaign_new(&c, model, data, o));
    int rc = rsl_campaign_write_faults(c, path, f);
    rsl_campaign_free(c);
    return rc;
}

/* The written list has the same outcomes, trial by trial. */
static void check_replay(const char *fault, const char *as) {
    char *path = temporary("list"), spec[300];
    struct rsl_campaign_options o = usual();
    struct rsl_fault_list_facts f;
    struct run drawn = {0}, replayed = {0};
    o.fault = fault;
    o.n_rates = strncmp(fault, "ber", 3) == 0;
    check_ok(run(&drawn, &o));
    check_ok(write_faults(&o, path, &f));
    int64_t faults = 0, harmless = 0;
    for (size_t k = 0; k < drawn.trials.n; k++) {
        faults += drawn.trials.at[k].faults;
        harmless += drawn.trials.at[k].masked == IMAGES;
    }
    assert_int_equal(f.trials, 6);
    assert_int_equal(f.without, 0);
    assert_string_equal(f.as ? f.as : "", as + strlen(*as ? " as=" : ""));
    assert_int_equal(f.faults, faults);
    assert_true(harmless < 6);
    snprintf(spec, sizeof spec, "list:%s%s", path, as);
    o.fault = spec;
    o.n_rates = 0;
    o.trials = 0;
    o.seed = 99;
    check_ok(run(&replayed, &o));
    check_same(&drawn, &replayed);
    remove(path);
    run_free(&drawn);
    run_free(&replayed);
}

static void test_written_faults(void **state) {
    (void)state;
    check_replay("ber", "");
    check_replay("count:3", "");
    check_replay("burst:1e-3:2-4 + stuck1:count:2 regions=biases", "");
    check_replay("neuron", "");
    check_replay("neuron:3 at=inputs", "");
    check_replay("neuron as=bf16", " as=bf16");
    check_replay("neuron:2 as=int8", " as=int8");
    check_replay("neuron:1e-4", "");
    check_replay("count:2 + neuron:2", "");
}

static void test_faults_that_are_not_written(void **state) {
    (void)state;
    char *path = temporary("list");
    struct rsl_campaign_options o = usual();
    struct rsl_fault_list_facts f;
    check_fails(write_faults(&o, path, &f), RSL_EARG, "one rate");
    o.n_rates = 1;
    o.trials = 1 << 30;
    check_fails(write_faults(&o, path, &f), RSL_EARG, "a fault list has 1e+08");
    o.trials = 0;
    o.margin = 0.1;
    check_fails(write_faults(&o, path, &f), RSL_EARG, "with a margin");
    o = usual();
    o.n_rates = 0;
    o.fault = "neuron value=0";
    check_fails(write_faults(&o, path, &f), RSL_EUNSUPPORTED, "becomes 0");
    o.fault = "neuron + neuron as=bf16";
    check_fails(write_faults(&o, "nowhere/list.csv", &f), RSL_EUNSUPPORTED, "as f32 and as bf16");
    o.fault = "neuron value=0";
    o.store = path;
    struct run r = {0};
    struct rsl_injections *injections;
    check_ok(run(&r, &o));
    check_fails(rsl_injections_open(&injections, path, NULL), RSL_EUNSUPPORTED, "become a value");
    run_free(&r);
    remove(path);
    o.store = NULL;
    o.fault = "ber:0";
    check_fails(write_faults(&o, path, &f), RSL_EARG, "none of the 6 trials");
    assert_int_not_equal(access(path, F_OK), 0);
    o.fault = "ber:2e-5"; /* some trials have none */
    check_ok(write_faults(&o, path, &f));
    assert_true(f.without > 0 && f.without < 6 && f.faults >= 6 - f.without);
    remove(path);
}

static int stop(void *context, const struct rsl_campaign_progress *p) {
    struct rsl_campaign_progress *told = context;
    *told = *p;
    return 1;
}

static void test_writing_faults_is_stopped(void **state) {
    (void)state;
    char *path = temporary("stopped"), command[300];
    struct rsl_campaign_options o = usual();
    struct rsl_campaign_progress told = {0};
    struct rsl_fault_list_facts f;
    o.n_rates = 1;
    o.trials = 5001;
    o.shards = 2;
    o.shard = 1;
    o.progress = stop;
    o.context = &told;
    check_fails(write_faults(&o, path, &f), RSL_EINTERRUPTED, "stopped");
    assert_int_equal(told.done, 0);
    assert_int_equal(told.planned, 2500);
    snprintf(command, sizeof command, "ls %s* >/dev/null 2>&1", path);
    assert_int_not_equal(system(command), 0);
}

/* Lines about activations that the network does not have. */
static void test_listed_activations(void **state) {
    (void)state;
    static const struct {
        const char *line, *as, *words;
    } cases[] = {
        {"outputs:conv9,\"(0, 0, 0)\",3", "", "line 2: the network has no activation"},
        {"outputs:conv1,\"(0, 8, 0)\",3", "", "line 2: index 8 in dimension 1"},
        {"outputs:conv1,\"(0, 0)\",3", "", "line 2: an activation's index is"},
        {"outputs:conv1,\"(0, 0, 0)\",32", "", "line 2: there is no bit 32"},
        {"outputs:conv1,\"(0, 0, 0)\",16", " as=bf16", "line 2: there is no bit 16"},
        {"conv1,\"(0, 0, 0, 0)\",3", " as=bf16", "has none"},
    };
    char *path = temporary("list"), text[200], spec[300];
    struct rsl_campaign *c;
    struct rsl_campaign_options o = usual();
    o.n_rates = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "Injection,Layer,TensorIndex,Bit\n0,%s\n", cases[i].line);
        check_ok(rsl_file_write(path, text, strlen(text)));
        snprintf(spec, sizeof spec, "list:%s%s", path, cases[i].as);
        o.fault = spec;
        int rc = rsl_campaign_new(&c, model, data, &o);
        if (rc >= 0 || !strstr(rsl_errmsg(), cases[i].words))
            fail_msg("%s: %s", cases[i].line, rsl_errmsg());
    }
    snprintf(text, sizeof text,
             "Injection,Layer,TensorIndex,Bit,Effect\n0,outputs:conv1,\"(0, 0, 0)\",3,stuck1\n");
    check_ok(rsl_file_write(path, text, strlen(text)));
    snprintf(spec, sizeof spec, "list:%s", path);
    check_fails(rsl_campaign_new(&c, model, data, &o), RSL_EUNSUPPORTED, "not stuck");
    remove(path);
}

static void test_interruptions(void **state) {
    (void)state;
    char *whole = temporary("whole"), *parts = temporary("parts");
    char want[65], got[65];
    struct rsl_campaign_options o = usual();
    struct run all = {0}, some = {0};
    o.outcomes = 1;
    o.store = whole;
    check_ok(run(&all, &o));
    digest(whole, want);
    o.store = parts;
    o.threads = 2;
    for (int stop = 1; stop < 40; stop += 7) {
        some.stop_after = stop;
        int rc = run(&some, &o);
        if (rc != RSL_EINTERRUPTED) check_ok(rc);
    }
    some.stop_after = 0;
    check_ok(run(&some, &o));
    digest(parts, got);
    assert_string_equal(want, got);
    check_same(&all, &some); /* every trial was told once */
    assert_memory_equal(all.results, some.results, 2 * sizeof *all.results);
    struct run again = {0}; /* nothing is left to do; the results are those of the store */
    check_ok(run(&again, &o));
    assert_int_equal(again.trials.n, 0);
    assert_memory_equal(all.results, again.results, 2 * sizeof *all.results);
    o.trials = 9; /* more of the same */
    check_ok(run(&again, &o));
    assert_int_equal(again.trials.n, 6);
    assert_int_equal(again.results[0].trials, 9);
    o.seed = 12;
    check_fails(run(&again, &o), RSL_EMISMATCH, "seed");
    remove(whole);
    remove(parts);
    run_free(&all);
    run_free(&some);
    run_free(&again);
}

static void check_executor(const struct rsl_campaign_options *o, const char *name) {
    struct rsl_campaign *c;
    double seconds;
    const char *executor; /* of the first point */
    check_ok(rsl_campaign_new(&c, model, data, o));
    check_ok(rsl_campaign_estimate(c, &seconds, &executor));
    assert_string_equal(executor, name);
    rsl_campaign_free(c);
}

/* A point's trials are the same whatever other points there are: few faults and many run on
 * different executors, and both at once, one after the other and the other way round fill the same
 * store. */
static void test_points_apart(void **state) {
    (void)state;
    static const double both[] = {1e-4, 3e-2};
    char *path = temporary("apart"), want[65], got[65];
    struct rsl_campaign_options o = usual();
    o.rates = both;
    check_executor(&o, "replay");
    o.rates = (const double[]){both[1], both[0]};
    check_executor(&o, "whole");
    o.store = path;
    for (int order = 0; order < 3; order++) {
        for (int i = 0; i < 2; i++) {
            struct run r = {0};
            o.rates = order == 0 ? both : &both[order == 1 ? i : 1 - i];
            o.n_rates = order == 0 ? 2 : 1;
            check_ok(run(&r, &o));
            run_free(&r);
        }
        digest(path, order == 0 ? want : got);
        remove(path);
        if (order > 0) assert_string_equal(want, got);
    }
}

/* What is complete of a group that is interrupted is kept. */
static void test_interrupted_groups(void **state) {
    (void)state;
    char *whole = temporary("whole"), *parts = temporary("parts");
    char want[65], got[65];
    struct rsl_campaign_options o = usual();
    struct run all = {0}, some = {.stop_after = 5};
    o.images = 40; /* one tile: a trial is complete when it has run once */
    o.outcomes = 1;
    o.store = whole;
    check_ok(run(&all, &o));
    digest(whole, want);
    o.store = parts;
    check_fails(run(&some, &o), RSL_EINTERRUPTED, "stopped");
    assert_int_equal(some.trials.n, 5);
    check_fails(run(&some, &o), RSL_EINTERRUPTED, "stopped");
    const size_t kept = some.trials.n;
    assert_true(kept > 5 && kept <= 10); /* progress is told between executors, too */
    some.stop_after = -1;
    check_fails(run(&some, &o), RSL_EINTERRUPTED, "stopped");
    assert_int_equal(some.trials.n, kept);
    some.stop_after = 0;
    check_ok(run(&some, &o));
    check_same(&all, &some);
    digest(parts, got);
    assert_string_equal(want, got);
    remove(whole);
    remove(parts);
    run_free(&all);
    run_free(&some);
}

/* One campaign that is interrupted, run again, and then once more: trials count once. */
static void check_runs_again(const char *store, double margin) {
    struct rsl_campaign_options o = usual();
    struct rsl_campaign_result want[2], got;
    struct rsl_campaign *c;
    struct run r = {.stop_after = 5};
    o.margin = margin;
    o.trials = margin > 0 ? 0 : 6;
    check_ok(rsl_campaign_new(&c, model, data, &o));
    check_ok(rsl_campaign_run(c));
    for (int i = 0; i < 2; i++) check_ok(rsl_campaign_result(c, i, &want[i]));
    rsl_campaign_free(c);
    o.store = store;
    o.progress = on_progress;
    o.context = &r;
    check_ok(rsl_campaign_new(&c, model, data, &o));
    check_fails(rsl_campaign_run(c), RSL_EINTERRUPTED, "stopped");
    r.stop_after = 0;
    for (int again = 0; again < 2; again++) {
        check_ok(rsl_campaign_run(c));
        for (int i = 0; i < 2; i++) {
            check_ok(rsl_campaign_result(c, i, &got));
            assert_memory_equal(&got, &want[i], sizeof got);
        }
    }
    rsl_campaign_free(c);
}

static void test_runs_again(void **state) {
    (void)state;
    char *path = temporary("again");
    for (int i = 0; i < 2; i++) {
        check_runs_again(NULL, i * 0.1);
        check_runs_again(path, i * 0.1);
        remove(path);
    }
}

/* What was refused once is refused again. */
static void test_refused_again(void **state) {
    (void)state;
    struct rsl_campaign_options o = usual();
    struct rsl_model *m = network(rsl_data_classes(data) + 1);
    struct rsl_campaign *c;
    assert_non_null(m);
    check_ok(rsl_campaign_new(&c, m, data, &o));
    for (int i = 0; i < 2; i++)
        check_fails(rsl_campaign_run(c), RSL_EMISMATCH, "tells 44 classes apart");
    rsl_campaign_free(c);
    rsl_model_free(m);
}

static void test_shards(void **state) {
    (void)state;
    struct rsl_campaign_options o = usual();
    struct run all = {0}, shards = {0};
    check_ok(run(&all, &o));
    o.shards = 3;
    for (o.shard = 0; o.shard < 3; o.shard++) check_ok(run(&shards, &o));
    check_same(&all, &shards);
    run_free(&all);
    run_free(&shards);
}

static void check_refused(struct rsl_campaign_options o, int status, const char *words) {
    struct rsl_campaign *c;
    check_fails(rsl_campaign_new(&c, model, data, &o), status, words);
    assert_null(c);
}

static void write_list(const char *path, int bit) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "Injection,Layer,TensorIndex,Bit\n"
            "7,conv1,\"(0, 0, 0, 0)\",30\n"
            "9,conv2,\"(1, 2, 0, 1)\",0\n"
            "9,conv2,\"(1, 2, 0, 2)\",30\n"
            "12,fc,\"(3, 5)\",%d\n",
            bit);
    assert_int_equal(fclose(f), 0);
}

static void test_lists(void **state) {
    (void)state;
    char *path = temporary("list"), *store = temporary("list_store");
    struct rsl_campaign_options o = usual();
    struct run r = {0};
    char spec[300];
    write_list(path, 3);
    snprintf(spec, sizeof spec, "list:%s", path);
    o.fault = spec;
    o.storage = NULL;
    o.n_rates = 0;
    o.trials = 0;
    int rc = run(&r, &o);
    if (rc < 0) fail_msg("%s", rsl_errmsg());
    assert_int_equal(r.trials.n, 3);
    assert_int_equal(r.trials.at[1].faults, 2);
    assert_string_equal(r.results[0].reason, "limit");
    run_free(&r);

    o.margin = 0.1;
    check_refused(o, RSL_EARG, "at least 32 trials; there can be 3");
    o.margin = 0;

    /* Trials of another list do not come into the same store. */
    o.store = store;
    o.trials = 2;
    check_ok(run(&r, &o));
    run_free(&r);
    write_list(path, 4);
    o.trials = 0;
    check_fails(run(&r, &o), RSL_EMISMATCH, "have changed since its first trials");
    run_free(&r);
    write_list(path, 3);
    check_ok(run(&r, &o));
    assert_string_equal(r.results[0].reason, "limit");
    run_free(&r);
    remove(store);
    remove(path);
}

/* ---- margins ---- */

static void check_margin(const char *fault, const char *quantity, double margin) {
    char *whole = temporary("margin"), *parts = temporary("margin_parts");
    char want[65], got[65];
    struct rsl_campaign_options o = usual();
    struct run all = {0}, some = {0};
    bool sdc = strcmp(quantity, "sdc") == 0;
    o.fault = fault;
    o.quantity = quantity;
    o.trials = 0;
    o.margin = margin;
    o.confidence = 0.9;
    o.n_rates = strcmp(fault, "ber") == 0;
    o.store = whole;
    check_ok(run(&all, &o));
    const struct rsl_campaign_result *r = &all.results[0];
    assert_string_equal(r->reason, "margin");
    double low = sdc ? r->sdc_low : r->drop_low, high = sdc ? r->sdc_high : r->drop_high;
    double mean = sdc ? r->sdc : r->drop;
    assert_true(high - low <= 2 * margin && low <= mean && mean <= high);
    assert_true(r->due_low <= r->due && r->due <= r->due_high);
    assert_true(fabs(r->accuracy - (r->golden - r->drop)) < 1e-12);
    digest(whole, want);
    o.store = parts;
    o.threads = 2;
    for (int stop = 20; stop < 60; stop += 13) {
        some.stop_after = stop;
        int rc = run(&some, &o);
        if (rc != RSL_EINTERRUPTED) check_ok(rc);
    }
    some.stop_after = 0;
    check_ok(run(&some, &o));
    digest(parts, got);
    assert_string_equal(want, got);
    assert_memory_equal(&all.results[0], &some.results[0], sizeof all.results[0]);
    remove(whole);
    remove(parts);
    run_free(&all);
    run_free(&some);
}

static void test_margin(void **state) {
    (void)state;
    check_margin("ber", "drop", 0.08);
}

/* Single flips are sorted into bins. */
static void test_margin_in_bins(void **state) {
    (void)state;
    check_margin("single", "sdc", 0.06);
}

/* ---- before ---- */

static void test_plan(void **state) {
    (void)state;
    struct rsl_campaign_options o = usual();
    struct rsl_campaign *c;
    struct rsl_campaign_point p;
    struct rsl_campaign_facts facts;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1); /* what is reported is what runs */
    o.threads = 0;
    o.fault = "ber + neuron:3 layers=Conv";
    check_ok(rsl_campaign_new(&c, model, data, &o));
    omp_set_num_threads(threads);
    assert_int_equal(rsl_campaign_points(c), 2);
    rsl_campaign_point(c, 1, &p);
    rsl_campaign_facts(c, &facts);
    assert_int_equal(facts.threads, 1);
    assert_int_equal(rsl_cpu_threads(), threads < rsl_cpu_count() ? threads : rsl_cpu_count());
    assert_string_equal(p.fault, "ber + neuron:3 layers=Conv");
    assert_true(p.rate == 1e-2);
    assert_string_equal(facts.storage, "affine5/msb");
    assert_true(facts.bits_per_weight == 7);
    assert_int_equal(facts.images, IMAGES);
    double expected = 0;
    int64_t bits = 0;
    for (int i = 0; i < p.layers; i++) {
        struct rsl_campaign_layer l;
        rsl_campaign_layer(c, 1, i, &l);
        assert_true(*l.layer && l.bits > 0);
        expected += l.expected;
        bits += l.bits;
    }
    assert_true(fabs(expected - p.expected) < 1e-9 * p.expected);
    assert_int_equal(bits, p.population);
    double seconds;
    const char *executor;
    check_ok(rsl_campaign_estimate(c, &seconds, &executor));
    assert_true(seconds > 0 && *executor);
    rsl_campaign_free(c);
}

static void test_refusals(void **state) {
    (void)state;
    struct rsl_campaign_options o = usual();
    static const double wrong[] = {1e-5, 1.5}, twice[] = {1e-5, 1e-5};
    o.fault = NULL;
    check_refused(o, RSL_EARG, "no fault");
    o = usual(), o.fault = "bre";
    check_refused(o, RSL_ENOTFOUND, "did you mean ber");
    o = usual(), o.rates = wrong;
    check_refused(o, RSL_EARG, "from 0 to 1");
    o = usual(), o.rates = twice;
    check_refused(o, RSL_EARG, "twice");
    o = usual(), o.n_rates = 0;
    check_refused(o, RSL_EARG, "a rate is missing");
    o = usual(), o.fault = "single";
    check_refused(o, RSL_EARG, "not of a rate");
    o = usual(), o.trials = 0;
    check_refused(o, RSL_EARG, "how many trials");
    o = usual(), o.margin = 0.01;
    check_refused(o, RSL_EARG, "not both");
    o = usual(), o.trials = 0, o.margin = 1;
    check_refused(o, RSL_EARG, "less than 0.5, not 1");
    o = usual(), o.trials = 0, o.margin = 0.1, o.confidence = 0.4;
    check_refused(o, RSL_EARG, "at least 0.5");
    o = usual(), o.confidence = 95;
    check_refused(o, RSL_EARG, "confidence");
    o = usual(), o.trials = 0, o.margin = 0.1, o.quantity = "accuracy";
    check_refused(o, RSL_EARG, "'drop' or 'sdc'");
    o = usual(), o.images = 1000000;
    check_refused(o, RSL_EARG, "has 100");
    o = usual(), o.storage = "affine9";
    check_refused(o, RSL_EARG, "affine");
    o = usual(), o.regions = "wieghts";
    check_refused(o, RSL_ENOTFOUND, "no region");
    o = usual(), o.compute = "f16";
    check_refused(o, RSL_EARG, "compute mode");
    o = usual(), o.shard = 2, o.shards = 2;
    check_refused(o, RSL_EARG, "shard 2 of 2");
    o = usual(), o.trials = 0, o.margin = 0.1, o.shards = 2;
    check_refused(o, RSL_EUNSUPPORTED, "all shards");
    o = usual(), o.fault = "list:/nowhere.csv", o.n_rates = 0;
    check_refused(o, RSL_EIO, "/nowhere.csv");
    o = usual(), o.fault = "ber layers=conv9";
    check_refused(o, RSL_ENOTFOUND, "conv9");
    o = usual(), o.seed = UINT64_MAX;
    check_refused(o, RSL_EARG, "seed");
}

static void test_bench(void **state) {
    (void)state;
    struct rsl_bench_inject_options o = {
        .images = 8, .trials = 4, .seconds = 0.01, .threads = 2, .storage = "symmetric8"};
    struct rsl_bench_inject_result r;
    check_ok(rsl_bench_inject(model, &o, &r));
    assert_true(r.fault_inferences_per_second > 0 && r.passes >= 1);
    o.fault = "ber";
    o.naive = 1;
    check_ok(rsl_bench_inject(model, &o, &r));
    o.compute = "int8";
    o.fault = "count:5 regions=weights,scales";
    check_ok(rsl_bench_inject(model, &o, &r));
    assert_string_equal(r.executor, "plan");
    o.storage = NULL;
    check_ok(rsl_bench_inject(model, &o, &r));
    o.storage = "f32";
    check_fails(rsl_bench_inject(model, &o, &r), RSL_EUNSUPPORTED, "integer arithmetic");
    o.storage = NULL;
    o.fault = "single layers=none";
    check_fails(rsl_bench_inject(model, &o, &r), RSL_ENOTFOUND, "none");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_and_skipping),
        cmocka_unit_test(test_written_faults),
        cmocka_unit_test(test_faults_that_are_not_written),
        cmocka_unit_test(test_writing_faults_is_stopped),
        cmocka_unit_test(test_listed_activations),
        cmocka_unit_test(test_interruptions),
        cmocka_unit_test(test_points_apart),
        cmocka_unit_test(test_interrupted_groups),
        cmocka_unit_test(test_runs_again),
        cmocka_unit_test(test_refused_again),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_margin),
        cmocka_unit_test(test_margin_in_bins),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bench),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
