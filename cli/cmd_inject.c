/* `resile inject MODEL --data D --fault SPEC`: a campaign of faults on stored weights and
 * activations. */
#include "command.h"
#include "integer.h"
#include "interrupt.h"
#include "message.h"
#include "model_file.h"
#include "names.h"
#include "output.h"
#include "preprocess.h"
#include "progress.h"
#include "table.h"

#include <resile/campaign.h>
#include <resile/run.h>

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inject {
    const char *model, *arch, *data, *fault, *storage, *regions, *quantity, *shard, *store;
    struct numbers ber;
    int split, compute;
    int64_t trials, images, seed, threads;
    double margin, confidence;
    struct preprocess preprocess;
    bool outcomes, reference, naive, dry_run, quiet, json;
};

/* ---- options ---- */

/* "2/8": the third of eight; NULL is the whole. */
static bool read_shard(const char *text, int *shard, int *shards) {
    char *slash, *end;
    *shard = 0;
    *shards = 1;
    if (!text) return true;
    long i = strtol(text, &slash, 10);
    if (!isdigit((unsigned char)text[0]) || *slash != '/' || !isdigit((unsigned char)slash[1]))
        return false;
    long n = strtol(slash + 1, &end, 10);
    if (*end || n > INT_MAX || i >= n) return false;
    *shard = (int)i;
    *shards = (int)n;
    return true;
}

static const char *name_of_quantity(int i) {
    static const char *const names[] = {"drop", "sdc", NULL};
    return names[i];
}

/* ---- progress ---- */

struct view {
    struct progress bar;
    const char *phase;
    bool quiet;
};

static int on_progress(void *context, const struct rsl_campaign_progress *p) {
    struct view *v = context;
    if (v->phase && strcmp(v->phase, p->phase) != 0) {
        progress_end(&v->bar);
        progress_start(&v->bar, v->quiet, p->phase, "images");
    }
    v->phase = p->phase;
    v->bar.note[0] = '\0';
    if (p->trials > 0 || p->of > 0)
        snprintf(v->bar.note, sizeof v->bar.note, "%" PRId64 "/%" PRId64 " trials stored",
                 p->trials, p->of);
    progress_show(&v->bar, p->done, p->planned);
    return interrupt_flag;
}

/* ---- dry run ---- */

static void duration_text(double seconds, int threads, char *text, size_t size) {
    const char *on = threads == 1 ? "thread" : "threads";
    if (seconds < 0)
        snprintf(text, size, "not known before the margin is reached");
    else if (seconds < 120)
        snprintf(text, size, "about %.0f s on %d %s", ceil(seconds), threads, on);
    else if (seconds < 7200)
        snprintf(text, size, "about %.0f min on %d %s", ceil(seconds / 60), threads, on);
    else
        snprintf(text, size, "about %.1f h on %d %s", seconds / 3600, threads, on);
}

static void layer_json(struct rsl_json *j, const struct rsl_campaign *c, int point, int layers) {
    rsl_json_key(j, "layers");
    rsl_json_array(j);
    for (int i = 0; i < layers; i++) {
        struct rsl_campaign_layer l;
        rsl_campaign_layer(c, point, i, &l);
        rsl_json_object(j);
        output_json_text(j, "model", l.model);
        output_json_text(j, "layer", l.layer);
        output_json_int(j, "bits", l.bits);
        output_json_double(j, "expected", l.expected);
        output_json_double(j, "rate", l.rate);
        rsl_json_end(j);
    }
    rsl_json_end(j);
}

static int plan_json(const struct rsl_campaign *c, double seconds, const char *executor) {
    struct rsl_json *j = rsl_json_new();
    struct rsl_campaign_facts f;
    if (!j) return output_json(j);
    rsl_campaign_facts(c, &f);
    rsl_json_object(j);
    output_json_text(j, "storage", f.storage);
    output_json_int(j, "weights", f.weights);
    output_json_int(j, "bits", f.bits);
    output_json_double(j, "bits_per_weight", f.bits_per_weight);
    output_json_int(j, "images", f.images);
    output_json_text(j, "executor", executor);
    output_json_double(j, "seconds", seconds < 0 ? NAN : seconds);
    rsl_json_key(j, "points");
    rsl_json_array(j);
    for (int i = 0; i < rsl_campaign_points(c); i++) {
        struct rsl_campaign_point p;
        rsl_campaign_point(c, i, &p);
        rsl_json_object(j);
        output_json_text(j, "fault", p.fault);
        output_json_double(j, "ber", p.rate);
        output_json_text(j, "sampling", p.sampling);
        output_json_int(j, "population", p.population);
        output_json_double(j, "expected", p.expected);
        output_json_int(j, "trials", p.trials > 0 ? p.trials : -1);
        layer_json(j, c, i, p.layers);
        rsl_json_end(j);
    }
    rsl_json_end(j);
    rsl_json_end(j);
    return output_json(j);
}

/* Faults of each layer at the first point; rates only scale them. */
static int plan_layers(const struct rsl_campaign *c) {
    struct rsl_campaign_point p;
    struct table t = {.align = "llrrr"};
    rsl_campaign_point(c, 0, &p);
    if (p.layers == 0) return EXIT_DONE;
    printf("\n");
    table_row(&t, "model", "layer", "bits", "expected faults", "per bit");
    for (int i = 0; i < p.layers; i++) {
        struct rsl_campaign_layer l;
        rsl_campaign_layer(c, 0, i, &l);
        table_cell(&t, "%s", l.model);
        table_cell(&t, "%s", l.layer);
        table_cell(&t, "%" PRId64, l.bits);
        table_cell(&t, "%.4g", l.expected);
        table_cell(&t, "%.3g", l.rate);
    }
    return table_print(&t);
}

static int plan_text(const struct rsl_campaign *c, double seconds, const char *executor) {
    struct rsl_campaign_facts f;
    struct table t = {.align = "lrlrrr"};
    char time[64];
    rsl_campaign_facts(c, &f);
    duration_text(seconds, f.threads, time, sizeof time);
    printf("memory   %s: %" PRId64 " weights, %.4g bits each; %" PRId64 " bits altogether\n",
           f.storage, f.weights, f.bits_per_weight, f.bits);
    printf("images   %" PRId64 "\n", f.images);
    printf("time     %s (%s executor)\n\n", time, executor);
    table_row(&t, "fault", "rate", "sampling", "population", "faults per trial", "trials");
    for (int i = 0; i < rsl_campaign_points(c); i++) {
        struct rsl_campaign_point p;
        rsl_campaign_point(c, i, &p);
        table_cell(&t, "%s", p.fault);
        table_cell(&t, isnan(p.rate) ? "-" : "%g", p.rate);
        table_cell(&t, "%s", *p.sampling ? p.sampling : "-");
        table_cell(&t, "%" PRId64, p.population);
        table_cell(&t, "%.4g", p.expected);
        table_cell(&t, p.trials > 0 ? "%" PRId64 : "-", p.trials);
    }
    int code = table_print(&t);
    return code == EXIT_DONE ? plan_layers(c) : code;
}

static int print_plan(const struct inject *a, struct rsl_campaign *c) {
    double seconds;
    const char *executor;
    int status = rsl_campaign_estimate(c, &seconds, &executor);
    if (status < 0) return library_error(status);
    return a->json ? plan_json(c, seconds, executor) : plan_text(c, seconds, executor);
}

/* ---- results ---- */

static void point_json(struct rsl_json *j, const struct inject *a, const struct rsl_campaign *c,
                       int i) {
    struct rsl_campaign_point p;
    struct rsl_campaign_result r;
    struct rsl_campaign_facts f;
    if (rsl_campaign_result(c, i, &r) < 0) return; /* a shard can have no trial of a point */
    rsl_campaign_point(c, i, &p);
    rsl_campaign_facts(c, &f);
    rsl_json_object(j);
    output_json_text(j, "fault", p.fault);
    output_json_double(j, "ber", p.rate);
    output_json_text(j, "sampling", *p.sampling ? p.sampling : NULL);
    output_json_text(j, "storage", f.storage);
    output_json_int(j, "trials", r.trials);
    output_json_int(j, "images", f.images);
    output_json_int(j, "runs", r.inferences);
    output_json_double(j, "golden", 100 * r.golden);
    output_json_double(j, "accuracy", 100 * r.accuracy);
    output_json_double(j, "accuracy_low", 100 * r.accuracy_low);
    output_json_double(j, "accuracy_high", 100 * r.accuracy_high);
    output_json_double(j, "drop", 100 * r.drop);
    output_json_double(j, "drop_low", 100 * r.drop_low);
    output_json_double(j, "drop_high", 100 * r.drop_high);
    output_json_double(j, "sdc", r.sdc);
    output_json_double(j, "sdc_low", r.sdc_low);
    output_json_double(j, "sdc_high", r.sdc_high);
    output_json_double(j, "due", r.due);
    output_json_double(j, "due_low", r.due_low);
    output_json_double(j, "due_high", r.due_high);
    output_json_double(j, "masked", r.masked);
    output_json_double(j, "faults", r.faults);
    output_json_double(j, "changed", r.changed);
    output_json_double(j, "confidence", a->confidence);
    output_json_text(j, "reason", r.reason);
    rsl_json_end(j);
}

static int result_json(const struct inject *a, const struct rsl_campaign *c) {
    struct rsl_json *j = rsl_json_new();
    int64_t inferences;
    double seconds;
    if (!j) return output_json(j);
    rsl_campaign_speed(c, &inferences, &seconds);
    rsl_json_object(j);
    output_json_text(j, "model", a->model);
    output_json_text(j, "compute", a->reference ? "reference" : rsl_compute_name(a->compute));
    output_json_int(j, "seed", a->seed);
    output_json_double(j, "seconds", seconds);
    output_json_double(j, "fault_inferences_per_second",
                       seconds > 0 ? (double)inferences / seconds : NAN);
    rsl_json_key(j, "points");
    rsl_json_array(j);
    for (int i = 0; i < rsl_campaign_points(c); i++) point_json(j, a, c, i);
    rsl_json_end(j);
    rsl_json_end(j);
    return output_json(j);
}

static void point_row(struct table *t, const struct rsl_campaign *c, int i) {
    struct rsl_campaign_point p;
    struct rsl_campaign_result r;
    if (rsl_campaign_result(c, i, &r) < 0) return;
    rsl_campaign_point(c, i, &p);
    table_cell(t, "%s", p.fault);
    table_cell(t, isnan(p.rate) ? "-" : "%g", p.rate);
    table_cell(t, "%" PRId64, r.trials);
    table_cell(t, "%.2f", 100 * r.accuracy);
    table_cell(t, "%.2f", 100 * r.drop);
    table_cell(t, "%.2f..%.2f", 100 * r.drop_low, 100 * r.drop_high);
    table_cell(t, "%.3f", 100 * r.sdc);
    table_cell(t, "%.3f..%.3f", 100 * r.sdc_low, 100 * r.sdc_high);
    table_cell(t, "%.3f", 100 * r.due);
}

static int result_text(const struct inject *a, const struct rsl_campaign *c) {
    struct rsl_campaign_result r;
    struct table t = {.align = "lrrrrrrrr"};
    char drop[32], sdc[32];
    snprintf(drop, sizeof drop, "%g %%", 100 * a->confidence);
    snprintf(sdc, sizeof sdc, "%g %%", 100 * a->confidence);
    if (rsl_campaign_result(c, 0, &r) == RSL_OK) printf("golden %.2f %%\n\n", 100 * r.golden);
    table_row(&t, "fault", "rate", "trials", "accuracy", "drop", drop, "SDC %", sdc, "DUE %");
    for (int i = 0; i < rsl_campaign_points(c); i++) point_row(&t, c, i);
    return table_print(&t);
}

/* ---- the run ---- */

static int run_campaign(const struct inject *a, struct rsl_campaign *c, struct view *view) {
    progress_start(&view->bar, a->quiet, "trials", "images");
    int status = rsl_campaign_run(c);
    progress_end(&view->bar);
    if (status == RSL_EINTERRUPTED && a->store) {
        complain("stopped; %s has all complete trials; this goes on:", a->store);
        command_print_again(NULL);
        return EXIT_INTERRUPTED;
    }
    if (status < 0) return library_error(status);
    return a->json ? result_json(a, c) : result_text(a, c);
}

/* One of several ranks, and not the one that reports. */
static int follow(const struct inject *a, struct rsl_campaign *c) {
    return a->dry_run || rsl_campaign_run(c) == RSL_OK ? EXIT_DONE : EXIT_FAILED;
}

static int inject(const struct inject *a, const struct rsl_model *model,
                  const struct rsl_data *data, int shard, int shards) {
    struct preprocess_texts texts;
    struct view view = {.quiet = a->quiet};
    struct rsl_campaign *c;
    char *line = command_line();
    struct rsl_campaign_options o = {
        .fault = a->fault,
        .rates = a->ber.at,
        .n_rates = a->ber.n,
        .regions = a->regions,
        .storage = a->storage,
        .images = a->images,
        .preprocess = preprocess_texts(&texts, &a->preprocess),
        .compute = rsl_compute_name(a->compute),
        .reference = a->reference,
        .naive = a->naive,
        .trials = a->trials,
        .margin = a->margin,
        .confidence = a->confidence,
        .quantity = a->quantity,
        .seed = (uint64_t)a->seed,
        .threads = (int)a->threads,
        .shard = shard,
        .shards = shards,
        .store = a->store,
        .outcomes = a->outcomes,
        .model_name = a->model,
        .command = line,
        .progress = on_progress,
        .context = &view,
    };
    int status = rsl_campaign_new(&c, model, data, &o);
    int code = status < 0               ? library_error(status)
               : !rsl_campaign_leads(c) ? follow(a, c)
               : a->dry_run             ? print_plan(a, c)
                                        : run_campaign(a, c, &view);
    rsl_campaign_free(c);
    free(line);
    return code;
}

static int run(const void *arguments) {
    const struct inject *a = arguments;
    struct rsl_data_options o = {.split = name_of_split(a->split), .seed = (uint64_t)a->seed};
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL;
    int shard, shards, code;
    if (!read_shard(a->shard, &shard, &shards))
        return usage_error("--shard is I/N, 0/4 to 3/4 for four, not '%s'", a->shard);
    if (a->trials > 0 && a->margin > 0)
        return usage_error("give either --trials or --margin, not both");
    if (!a->store && !a->dry_run && (a->shard || a->outcomes))
        return usage_error("say with --store where the results are to be kept");
    int status = model_file_open(&model, a->model, a->arch);
    if (status == RSL_OK) status = rsl_data_open(&data, a->data, &o);
    code = status < 0 ? library_error(status) : inject(a, model, data, shard, shards);
    rsl_data_close(data);
    rsl_model_free(model);
    return code;
}

static const struct option options[] = {
    MODEL_FILE_OPTIONS(struct inject, model, arch),
    OPTION_DATA(struct inject, data),
    OPTION_SPLIT(struct inject, split),
    {"fault", 'f', OPTION_TEXT, offsetof(struct inject, fault), "SPEC",
     "ber, single, count:10, neuron, list:FILE.csv, ... (docs/faults.md)", .preset = "ber"},
    {"ber", 0, OPTION_NUMBERS, offsetof(struct inject, ber), "P,P,...",
     "the rates that the fault leaves open: one row of results each", .preset = NULL},
    OPTION_REGIONS(struct inject, regions),
    {"storage", 'S', OPTION_TEXT, offsetof(struct inject, storage), "E[/P[/L]]",
     "encoding, protection and layout of the weights: affine5/msb/plane (default: f32; with "
     "--compute "
     "int8 symmetric8:channel)",
     .preset = NULL},
    {"trials", 'k', OPTION_INT, offsetof(struct inject, trials), "N",
     "trials per rate, each on all images (default: all of a fault list)", "0", .max = 1e12},
    {"margin", 'm', OPTION_DOUBLE, offsetof(struct inject, margin), "E",
     "instead: as many as it takes until the interval is +-E; 0.01 is one point", "0", .max = 1},
    {"of", 0, OPTION_TEXT, offsetof(struct inject, quantity), "WHAT",
     "whose interval: drop (of accuracy) or sdc", "drop", .words = name_of_quantity,
     .closed = true},
    OPTION_CONFIDENCE(struct inject, confidence),
    OPTION_IMAGES(struct inject, images),
    OPTION_COMPUTE(struct inject, compute),
    {"store", 'o', OPTION_TEXT, offsetof(struct inject, store), "R.db",
     "SQLite file that keeps every trial; the same command goes on in it", .preset = NULL,
     .complete = COMPLETE_FILE},
    {"shard", 0, OPTION_TEXT, offsetof(struct inject, shard), "I/N",
     "only this part of the trials, 0/4 to 3/4; `resile merge` puts stores together",
     .preset = NULL},
    {"outcomes", .type = OPTION_FLAG, .at = offsetof(struct inject, outcomes),
     .help = "store what became of every image, too"},
    PREPROCESS_OPTIONS(struct inject, preprocess),
    OPTION_SEED(struct inject, seed, "of faults, image order and drawn sets"),
    OPTION_THREADS(struct inject, threads),
    {"naive", .type = OPTION_FLAG, .at = offsetof(struct inject, naive),
     .help = "skip nothing: slow, the same results"},
    OPTION_REFERENCE(struct inject, reference),
    {"dry-run", .type = OPTION_FLAG, .at = offsetof(struct inject, dry_run),
     .help = "only say what would be struck, how often, and how long it takes"},
    OPTION_QUIET(struct inject, quiet),
    OPTION_JSON(struct inject, json),
    {0}};

static const char *const examples[] = {
    "bit errors in 8-bit weights at three rates, 100 trials each",
    "resile inject m.onnx --data cifar10 --storage symmetric8 --ber 1e-6,1e-5,1e-4 --trials 100 "
    "--store R.db",
    "the same, until the mean accuracy is known to one point",
    "resile inject m.onnx --data cifar10 --storage symmetric8 --ber 1e-5 --margin 0.01 --store "
    "M.db",
    "a published list of single faults",
    "resile inject resnet20.th --arch resnet20 --data cifar10 --fault list:faults.csv --store L.db",
    "one bit of one random activation per trial",
    "resile inject m.onnx --data cifar10 --fault neuron --trials 3000 --store N.db",
    NULL};

const struct command command_inject = {
    .name = "inject",
    .group = "Measure",
    .summary = "What faults do to a model's predictions",
    .about =
        "Trial k is a function of the seed and k. An image's outcome is masked (all logits equal), "
        "tolerable (the prediction is kept), SDC (it is another one) or DUE (NaN or infinity among "
        "the logits). Results go to the store as they come: after Ctrl-C or a crash the same "
        "command goes on; `resile results` reads it.\n\n"
        "Accuracy, drop and SDC come with intervals over the trials. With --margin each trial runs "
        "on a part of the images, and only the difference that the faults make is estimated from "
        "it.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct inject),
    .run = run,
};
