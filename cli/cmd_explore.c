/* `resile explore MODEL --data D --bits M:N --ber LIST`: which storage of the weights is the
 * cheapest that survives. */
#include "command.h"
#include "drop_constant.h"
#include "explore_table.h"
#include "integer.h"
#include "interrupt.h"
#include "message.h"
#include "model_file.h"
#include "names.h"
#include "open_images.h"
#include "preprocess.h"
#include "progress.h"
#include "same_file.h"

#include <resile/quantize.h>
#include <resile/run.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct explore {
    const char *model, *arch, *data, *bits, *protect, *fault, *regions, *baseline, *store, *output;
    struct numbers ber;
    int split, compute, search, encoding, granularity, rounding, layout;
    double accuracy_min, drop_max, at, margin, confidence, seconds;
    struct drop_constant drop_constant;
    int64_t budget, trials, images, seed, threads, batch;
    struct preprocess preprocess;
    bool dry_run, quiet, json, accuracy_given, trials_given;
};

static const char *search_word(int i) {
    static const char *const words[] = {"binary", "sweep", NULL};
    return words[i];
}

static bool read_width(const char **at, int *width) {
    char *end;
    long n = strtol(*at, &end, 10);
    if (end == *at) return false;
    *width = n < 0 ? -1 : n > 99 ? 99 : (int)n;
    *at = end;
    return true;
}

/* "3:8"; a single width is both. */
static bool read_widths(const char *text, int *low, int *high) {
    if (!read_width(&text, low)) return false;
    *high = *low;
    if (*text == ':') {
        text++;
        if (!read_width(&text, high)) return false;
    }
    return *text == '\0';
}

/* ---- progress ---- */

struct view {
    struct progress bar;
    char what[160];
    bool quiet;
};

static int on_progress(void *context, const struct rsl_explore_progress *p) {
    struct view *v = context;
    char what[160];
    snprintf(what, sizeof what, "%d. %.60s: %s", p->candidate, p->storage, p->phase);
    if (strcmp(what, v->what) != 0) {
        progress_end(&v->bar);
        memcpy(v->what, what, sizeof what);
        progress_start(&v->bar, v->quiet, v->what,
                       strcmp(p->phase, "layers") == 0 ? "trials" : "images");
    }
    progress_show(&v->bar, p->done, p->planned);
    return interrupt_flag;
}

/* ---- the file ---- */

/* Whatever is recommended can be written, and replaces nothing that is needed: better known before
 * hours of search than after. */
static int check_output(const struct explore *a, const struct rsl_model *model,
                        const struct rsl_explore *e, int bits) {
    const char *layers = rsl_explore_layers_store(e);
    if (!a->output) return EXIT_DONE;
    if (layers && same_file(a->output, layers))
        return usage_error("--write names %s, which keeps what single layers cost", layers);
    for (const char *at = a->protect;; at++) {
        char protect[64];
        size_t n = strcspn(at, ",");
        snprintf(protect, sizeof protect, "%.*s", (int)n, at);
        const struct rsl_quantize_options o = {.bits = bits,
                                               .encoding = name_of_encoding(a->encoding),
                                               .granularity = name_of_granularity(a->granularity),
                                               .rounding = name_of_rounding(a->rounding),
                                               .protect = protect,
                                               .layout = name_of_layout(a->layout)};
        if (rsl_model_can_save_packed(model, &o) < 0) {
            complain("--write %s: %s", a->output, rsl_errmsg());
            return EXIT_FAILED;
        }
        at += n;
        if (!*at) return EXIT_DONE;
    }
}

/* The recommended candidate as a file. */
static int write_best(const struct explore *a, struct rsl_model *model,
                      const struct rsl_explore *e) {
    struct rsl_explore_candidate best;
    struct rsl_quantize_result result;
    rsl_explore_candidate(e, rsl_explore_recommended(e), &best);
    int status =
        rsl_quantize(model, &(struct rsl_quantize_options){.storage = best.storage}, &result);
    return status < 0 ? status : rsl_model_save_packed(model, a->output);
}

/* ---- the run ---- */

static int give(const struct explore *a, struct rsl_model *model, const struct rsl_explore *e) {
    struct explore_view view = {.explore = e, .rates = a->ber.at, .n_rates = a->ber.n};
    int written = EXIT_DONE;
    if (a->output && rsl_explore_recommended(e) >= 0) {
        int status = write_best(a, model, e);
        if (status < 0)
            written = library_error(status); /* what was found is shown all the same */
        else
            view.written = a->output;
    }
    int code = a->json ? explore_print_json(&view) : explore_print_table(&view);
    if (code != EXIT_DONE) return code;
    if (written != EXIT_DONE) return written;
    return rsl_explore_recommended(e) < 0 ? EXIT_UNMET : EXIT_DONE;
}

static int search(const struct explore *a, struct rsl_model *model, struct rsl_explore *e,
                  struct view *view) {
    progress_start(&view->bar, a->quiet, "exploring", "images");
    interrupt_watch();
    int status = rsl_explore_run(e);
    progress_end(&view->bar);
    if (status == RSL_OK) return give(a, model, e);
    if (status != RSL_EINTERRUPTED) return library_error(status);
    complain("stopped; %s has all complete trials; this goes on:", a->store);
    command_print_again(NULL, NULL);
    return EXIT_INTERRUPTED;
}

static int explore(const struct explore *a, struct rsl_model *model, const struct rsl_data *data,
                   const int bits[2], double constant) {
    struct preprocess_texts texts;
    struct view view = {.quiet = a->quiet};
    struct rsl_explore *e;
    char *line = command_line();
    const struct rsl_explore_options o = {
        .bits_low = bits[0],
        .bits_high = bits[1],
        .encoding = name_of_encoding(a->encoding),
        .granularity = name_of_granularity(a->granularity),
        .rounding = name_of_rounding(a->rounding),
        .layout = name_of_layout(a->layout),
        .protect = a->protect,
        .search = search_word(a->search),
        .baseline = a->baseline,
        .budget = a->budget,
        .accuracy_min = a->accuracy_given ? a->accuracy_min : -1,
        .drop_max = a->drop_max,
        .at = a->at,
        .rates = a->ber.at,
        .n_rates = a->ber.n,
        .fault = a->fault,
        .regions = a->regions,
        .images = a->images,
        .preprocess = preprocess_texts(&texts, &a->preprocess),
        .compute = rsl_compute_name(a->compute),
        .trials = a->margin > 0 ? 0 : a->trials,
        .margin = a->margin,
        .confidence = a->confidence,
        .seed = (uint64_t)a->seed,
        .threads = (int)a->threads,
        .store = a->store,
        .model_name = a->model,
        .command = line,
        .constant = constant,
        .seconds = a->seconds == 0 ? -1 : a->seconds,
        .batch = a->batch,
        .progress = on_progress,
        .context = &view,
    };
    int status = rsl_explore_new(&e, model, data, &o);
    int code = status < 0 ? library_error(status) : check_output(a, model, e, bits[0]);
    const struct explore_view plan = {.explore = e, .rates = a->ber.at, .n_rates = a->ber.n};
    if (code == EXIT_DONE && a->dry_run)
        code = explore_print_plan(e, &plan, a->json);
    else if (code == EXIT_DONE)
        code = search(a, model, e, &view);
    rsl_explore_free(e);
    free(line);
    return code;
}

static int check_rates(const struct explore *a) {
    bool there = a->at == 0;
    for (int i = 0; i < a->ber.n; i++) {
        double rate = a->ber.at[i];
        if (!(rate >= 0 && rate <= 1)) return usage_error("--ber %g: rates are from 0 to 1", rate);
        if (i > 0 && rate <= a->ber.at[i - 1])
            return usage_error("--ber must ascend: %g comes after %g", rate, a->ber.at[i - 1]);
        there |= rate == a->at;
    }
    return there ? EXIT_DONE : usage_error("--at %g is none of the rates of --ber", a->at);
}

/* EXIT_DONE when the command line can be right, whatever model and data are. */
static int check(const struct explore *a) {
    if (a->margin > 0 && a->trials_given)
        return usage_error("give either --trials or --margin, not both");
    if (a->margin > 0 && rsl_margin_check(a->margin, a->confidence) < 0)
        return usage_error("%s", rsl_errmsg());
    if (!a->store && !a->dry_run)
        return usage_error("say with --store where the results are to be kept");
    if (a->output && a->store && same_file(a->output, a->store))
        return usage_error("--write and --store name the same file, %s", a->output);
    int code = check_rates(a);
    return code == EXIT_DONE && a->output ? check_replaces(a->output, a->model) : code;
}

static int run(const void *arguments) {
    const struct explore *a = arguments;
    const struct rsl_data_options o = {.split = name_of_split(a->split), .seed = (uint64_t)a->seed};
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL;
    struct preprocess_texts texts;
    double constant;
    int low, high;
    int wrong = drop_constant_of(&a->drop_constant, &constant);
    if (wrong != EXIT_DONE) return wrong;
    if (!read_widths(a->bits, &low, &high))
        return usage_error("--bits is M:N, 3:8 for three to eight, not '%s'", a->bits);
    if (low < 2 || high > 8 || low > high)
        return usage_error("--bits %s: widths are 2 to 8, the smaller one first", a->bits);
    if ((wrong = check(a)) != EXIT_DONE) return wrong;
    int status = a->output ? rsl_model_can_save(a->output) : RSL_OK;
    if (status == RSL_OK) status = model_file_open(&model, a->model, a->arch);
    if (status == RSL_OK) status = open_images(&data, a->data, &o, a->images);
    if (status == RSL_OK)
        status = rsl_model_fit(model, data, preprocess_texts(&texts, &a->preprocess));
    int code =
        status < 0 ? library_error(status) : explore(a, model, data, (int[]){low, high}, constant);
    rsl_data_close(data);
    rsl_model_free(model);
    return code;
}

static const struct option options[] = {
    MODEL_FILE_OPTIONS(struct explore, model, arch),
    OPTION_DATA(struct explore, data),
    OPTION_SPLIT(struct explore, split),
    {"bits", 'w', OPTION_TEXT, offsetof(struct explore, bits), "M:N", "widths of the codes, 2 to 8",
     .required = true},
    {"protect", 'p', OPTION_TEXT, offsetof(struct explore, protect), "P,P",
     "protections: none, msb[:K], tmr, parity, secded", .preset = "none,msb"},
    {"accuracy-min", 0, OPTION_DOUBLE, offsetof(struct explore, accuracy_min), "A",
     "required: fault-free accuracy, a share (0.9) or per cent (90%) (default: that of the "
     "baseline less --drop-max)",
     .max = 1, .given = offsetof(struct explore, accuracy_given)},
    {"drop-max", 0, OPTION_DOUBLE, offsetof(struct explore, drop_max), "B",
     "required: drop at the deciding rate at most this, a share or per cent", "1", .max = 1},
    {"ber", 0, OPTION_NUMBERS, offsetof(struct explore, ber), "P,P,...",
     "bit error rates, ascending", .required = true},
    {"at", 0, OPTION_DOUBLE, offsetof(struct explore, at), "P",
     "the rate at which is decided; 0: the largest", "0", .max = 1},
    {"search", 0, OPTION_CHOICE, offsetof(struct explore, search), "HOW",
     "binary: the least width that meets the requirements. sweep: all widths", "binary",
     .words = search_word},
    {"budget", 'B', OPTION_INT, offsetof(struct explore, budget), "BITS",
     "bits for all weights: mixes of widths and protections by layer are searched, too", "0",
     .max = 9e15},
    {"baseline", 0, OPTION_TEXT, offsetof(struct explore, baseline), "E[/P[/L]]",
     "storage that is measured beside them; times are relative to it when it takes eight bits",
     .preset = "symmetric8:channel"},
    ENCODING_OPTIONS(struct explore, encoding, granularity, rounding),
    OPTION_LAYOUT(struct explore, layout, "block"),
    {"fault", 'f', OPTION_TEXT, offsetof(struct explore, fault), "SPEC",
     "what strikes: ber, or 'ber sampling=layers' as published (resile help faults)",
     .preset = "ber"},
    OPTION_REGIONS(struct explore, regions),
    {"trials", 'k', OPTION_INT, offsetof(struct explore, trials), "N",
     "trials per rate, each on all images", "20", .min = 1, .max = 1e12,
     .given = offsetof(struct explore, trials_given)},
    {"margin", 'm', OPTION_DOUBLE, offsetof(struct explore, margin), "E",
     "instead: as many as it takes until the drop is known to +-E; 0.01 is one point", "0",
     .max = 1},
    OPTION_CONFIDENCE(struct explore, confidence),
    OPTION_IMAGES(struct explore, images),
    OPTION_COMPUTE(struct explore, compute),
    {"time-seconds", 0, OPTION_SECONDS, offsetof(struct explore, seconds), "S",
     "how long each candidate's execution is timed beside that of eight bits; 0: not at all", "1",
     .max = 3600},
    {"batch", 'b', OPTION_INT, offsetof(struct explore, batch), "N", "images at a time in that",
     "1", .min = 1, .max = 1e6},
    OPTIONS_DROP_CONSTANT(struct explore, drop_constant),
    {"store", 'o', OPTION_TEXT, offsetof(struct explore, store), "R.db",
     "SQLite file that keeps every trial; the same command goes on in it", .preset = NULL,
     .complete = COMPLETE_FILE},
    {"write", 0, OPTION_TEXT, offsetof(struct explore, output), "FILE",
     "write the recommended network as ONNX", .preset = NULL, .complete = COMPLETE_FILE},
    {"dry-run", .type = OPTION_FLAG, .at = offsetof(struct explore, dry_run),
     .help = "only print how many candidates there are and how long they take"},
    PREPROCESS_OPTIONS(struct explore, preprocess),
    OPTION_SEED(struct explore, seed, "of faults, image order and drawn sets"),
    OPTION_THREADS(struct explore, threads),
    OPTION_QUIET(struct explore, quiet),
    OPTION_JSON(struct explore, json),
    {0}};

static const char *const examples[] = {
    "the least memory that loses at most two points at 1e-4, with and without FORTUNE's protection",
    "resile explore m.onnx --data cifar10 --bits 3:8 --accuracy-min 0.9 --drop-max 0.02 "
    "--ber 1e-5,3e-5,1e-4 --store R.db --write hard.onnx",
    "all widths, to look at them in a report",
    "resile explore m.onnx --data cifar10 --bits 3:8 --search sweep --ber 1e-5,1e-4 --store R.db",
    "the best use of 3 bits per weight of a network with 64542 weights",
    "resile explore m.onnx --data synth-signs --bits 2:5 --ber 1e-3 --budget 193626 --store B.db",
    NULL};

const struct command command_explore = {
    .name = "explore",
    .group = "Harden",
    .summary = "Find the width and protection of the weights that survive",
    .about =
        "FORTUNE's search. Each candidate is a campaign: fault-free accuracy, drop at every rate, "
        "memory, and execution time beside the 8-bit network. At the end stand a table, the Pareto "
        "set (golden accuracy, drop, memory, time) and the candidate to take: the one with fewest "
        "bits that meets the requirements or, with --budget, the most accurate under faults.\n\n"
        "The exit code is 3 when no candidate meets the requirements. After Ctrl-C or a crash the "
        "same command goes on; `resile report R.db -o R.html` draws it.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct explore),
    .run = run,
};
