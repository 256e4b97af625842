/* `resile inject MODEL --data D --fault SPEC`: a campaign of faults on stored weights and
 * activations. */
#include "command.h"
#include "inject_view.h"
#include "integer.h"
#include "interrupt.h"
#include "message.h"
#include "model_file.h"
#include "names.h"
#include "open_images.h"
#include "output.h"
#include "preprocess.h"
#include "progress.h"
#include "requirement.h"
#include "same_file.h"

#include <resile/campaign.h>
#include <resile/fault.h>
#include <resile/memory.h>
#include <resile/run.h>

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inject {
    const char *model, *arch, *data, *fault, *storage, *regions, *quantity, *shard, *store, *list;
    struct numbers ber;
    int split, compute;
    int64_t trials, images, seed, threads;
    double margin, confidence;
    struct preprocess preprocess;
    bool outcomes, reference, naive, dry_run, quiet, json;
    struct requirement required;
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
    const char *phase, *unit;
    bool quiet;
};

static int on_progress(void *context, const struct rsl_campaign_progress *p) {
    struct view *v = context;
    if (v->phase && strcmp(v->phase, p->phase) != 0) {
        progress_end(&v->bar);
        progress_start(&v->bar, v->quiet, p->phase, v->unit);
    }
    v->phase = p->phase;
    v->bar.note[0] = '\0';
    if (p->trials > 0 || p->of > 0)
        snprintf(v->bar.note, sizeof v->bar.note, "%" PRId64 "/%" PRId64 " trials stored",
                 p->trials, p->of);
    progress_show(&v->bar, p->done, p->planned);
    return interrupt_flag;
}

/* ---- the run ---- */

static int run_campaign(const struct inject *a, struct rsl_campaign *c, struct view *view) {
    view->unit = "images";
    view->phase = "trials";
    progress_start(&view->bar, a->quiet, view->phase, view->unit);
    interrupt_watch();
    int status = rsl_campaign_run(c);
    progress_end(&view->bar);
    if (status == RSL_EINTERRUPTED && a->store) {
        complain("stopped; %s has all complete trials; this goes on:", a->store);
        command_print_again(NULL, NULL);
        return EXIT_INTERRUPTED;
    }
    if (status < 0) return library_error(status);
    int code = inject_print_results(
        c, &(struct inject_view){
               .model = a->model,
               .compute = a->reference ? "reference" : rsl_compute_name(a->compute),
               .seed = a->seed,
               .confidence = a->confidence,
               .json = a->json,
           });
    return code == EXIT_DONE ? requirement_check(&a->required, c) : code;
}

static int report_list(const struct inject *a, const struct rsl_fault_list_facts *f) {
    struct rsl_json *j = a->json ? rsl_json_new() : NULL;
    if (!a->json) {
        printf("%s: %" PRId64 " faults of %" PRId64 " trials\n", a->list, f->faults,
               f->trials - f->without);
        return EXIT_DONE;
    }
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, "list", a->list);
    output_json_int(j, "faults", f->faults);
    output_json_int(j, "trials", f->trials);
    output_json_int(j, "trials_without", f->without);
    output_json_text(j, "as", f->as);
    rsl_json_end(j);
    return output_json(j);
}

static int write_list(const struct inject *a, struct rsl_campaign *c, struct view *view) {
    struct rsl_fault_list_facts f;
    view->unit = "trials";
    progress_start(&view->bar, a->quiet, "faults", view->unit);
    interrupt_watch();
    int status = rsl_campaign_write_faults(c, a->list, &f);
    progress_end(&view->bar);
    if (status == RSL_EINTERRUPTED) {
        complain("stopped; %s is not written", a->list);
        return EXIT_INTERRUPTED;
    }
    if (status < 0) return library_error(status);
    if (f.without > 0)
        complain("%" PRId64 " of the %" PRId64
                 " trials have no fault; a list cannot have them, and its results are about the "
                 "others",
                 f.without, f.trials);
    return report_list(a, &f);
}

/* One of several ranks, and not the one that reports. A signal that all of them get is the leader's
 * to answer. */
static int follow(const struct inject *a, struct rsl_campaign *c) {
    interrupt_watch();
    return a->dry_run || a->list || rsl_campaign_run(c) == RSL_OK ? EXIT_DONE : EXIT_FAILED;
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
               : a->dry_run             ? inject_print_plan(c, a->json)
               : a->list                ? write_list(a, c, &view)
                                        : run_campaign(a, c, &view);
    rsl_campaign_free(c);
    free(line);
    return code;
}

/* EXIT_DONE when the command line can be right, whatever model and data are. */
static int check(const struct inject *a) {
    if (a->trials > 0 && a->margin > 0)
        return usage_error("give either --trials or --margin, not both");
    if (a->trials == 0 && a->margin == 0 && !strstr(a->fault, "list:"))
        return usage_error(
            "how many trials? --trials N, or --margin E: as many as it takes until the interval is "
            "+-E");
    if (a->margin > 0 && rsl_margin_check(a->margin, a->confidence) < 0)
        return usage_error("%s", rsl_errmsg());
    if (a->list && a->dry_run) return usage_error("give either --write-faults or --dry-run");
    if (a->list && a->margin > 0)
        return usage_error("--write-faults needs a number of trials, not --margin");
    if (!a->store && !a->dry_run && !a->list && (a->shard || a->outcomes))
        return usage_error("say with --store where the results are to be kept");
    for (int i = 0; i < a->ber.n; i++) {
        if (!(a->ber.at[i] >= 0 && a->ber.at[i] <= 1))
            return usage_error("--ber %g: rates are from 0 to 1", a->ber.at[i]);
        for (int k = 0; k < i; k++)
            if (a->ber.at[i] == a->ber.at[k])
                return usage_error("--ber has %g twice", a->ber.at[i]);
    }
    if (rsl_fault_check(a->fault) < 0 || (a->regions && rsl_regions_check(a->regions) < 0) ||
        (a->storage && !strchr(a->storage, ';') && rsl_storage_check(a->storage) < 0))
        return usage_error("%s", rsl_errmsg());
    return a->list ? check_replaces(a->list, a->model) : EXIT_DONE;
}

static int run(const void *arguments) {
    const struct inject *a = arguments;
    struct rsl_data_options o = {.split = name_of_split(a->split), .seed = (uint64_t)a->seed};
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL;
    struct preprocess_texts texts;
    int shard, shards, code;
    if (!read_shard(a->shard, &shard, &shards))
        return usage_error("--shard is I/N, 0/4 to 3/4 for four, not '%s'", a->shard);
    code = check(a);
    if (code != EXIT_DONE) return code;
    int status = model_file_open(&model, a->model, a->arch);
    if (status == RSL_OK) status = open_images(&data, a->data, &o, a->images);
    if (status == RSL_OK)
        status = rsl_model_fit(model, data, preprocess_texts(&texts, &a->preprocess));
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
     "ber, single, count:10, neuron, list:FILE.csv, ... (resile help faults)", .preset = "ber"},
    {"ber", 0, OPTION_NUMBERS, offsetof(struct inject, ber), "P,P,...",
     "the rates that the fault leaves open: one row of results each", .preset = NULL},
    OPTION_REGIONS(struct inject, regions),
    {"storage", 'S', OPTION_TEXT, offsetof(struct inject, storage), "E[/P[/L]]",
     "encoding, protection and layout of the weights: affine5/msb/plane (default: f32, or "
     "f16 or bf16 where the file has all weights so; with --compute int8 symmetric8:channel)",
     .preset = NULL},
    {"trials", 'k', OPTION_INT, offsetof(struct inject, trials), "N",
     "trials per rate, each on all images (default: all of a fault list)", NULL, .max = 1e12},
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
    REQUIREMENT_OPTIONS(struct inject, required),
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
    {"write-faults", 0, OPTION_TEXT, offsetof(struct inject, list), "FILE.csv",
     "only write the faults of all trials as a list, for --fault list:FILE.csv", .preset = NULL,
     .complete = COMPLETE_FILE},
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
    "the faults of 100 trials as a list, to be used elsewhere",
    "resile inject m.onnx --data cifar10 --storage symmetric8 --fault ber:1e-6 --trials 100 "
    "--write-faults faults.csv",
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
