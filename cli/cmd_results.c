/* `resile results R.db ..`: what the trials of stores amount to. */
#include "command.h"
#include "drop_constant.h"
#include "message.h"
#include "results_notes.h"
#include "results_rows.h"
#include "same_file.h"

#include <resile/store.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct results {
    struct texts stores;
    const char *fault;
    double confidence;
    int interval;
    struct drop_constant drop_constant;
    bool json, csv, markdown, faults;
};

/* In the order of enum rsl_interval_choice. */
static const char *interval_word(int i) {
    static const char *const words[] = {"usual", "clopper-pearson", "bootstrap", NULL};
    return words[i];
}

/* ---- single injections ---- */

static void print_injection(const struct rsl_injection *j) {
    printf("%" PRId64 ",", j->injection);
    results_csv_text(j->layer);
    printf(",\"%s\",%d", j->index, j->bit);
    if (j->effect) printf(",%s", j->effect);
    if (j->as) printf(",%s", j->as);
    printf(",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", j->images, j->masked,
           j->non_critical, j->critical);
}

/* Rows of strata look like a sample and are none. Points without strata are not printed beside
 * those that have them: rsl_injections_open wants one of them named. */
static int warn_of_strata(const struct results *a) {
    struct rsl_results *results;
    const struct rsl_result *r;
    int status = rsl_results_read(&results, a->stores.at, 1, 0);
    if (status < 0) return library_error(status);
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++)
        if (r->stratified && (!a->fault || strcmp(a->fault, r->fault) == 0))
            complain(
                "the faults of '%s' were drawn with unequal probabilities, where they do harm "
                "more often: the plain mean of these rows is not the estimate, which "
                "`resile results` without --faults has",
                r->fault);
    rsl_results_free(results);
    return EXIT_DONE;
}

static int print_injections(const struct results *a) {
    struct rsl_injections *injections;
    struct rsl_injection j;
    int got = rsl_injections_open(&injections, a->stores.at[0], a->fault);
    if (got < 0) return library_error(got);
    bool headed = false;
    for (; (got = rsl_injections_next(injections, &j)) == 1; headed = true) {
        if (!headed)
            printf(
                "Injection,Layer,TensorIndex,Bit%s%s,n_injections,masked,non_critical,critical\n",
                j.effect ? ",Effect" : "", j.as ? ",As" : "");
        print_injection(&j);
    }
    int code = got < 0 ? library_error(got) : warn_of_strata(a);
    rsl_injections_close(injections);
    return code;
}

/* ---- rows ---- */

static bool has_fault(const struct rsl_results *results, const char *fault) {
    const struct rsl_result *r;
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++)
        if (strcmp(r->fault, fault) == 0) return true;
    return false;
}

static int print_rows(const struct results *a, const struct rsl_results *results) {
    if (a->fault && !has_fault(results, a->fault)) {
        complain("there are no results of the fault '%s'", a->fault);
        return EXIT_FAILED;
    }
    return a->json       ? results_print_json(results, a->fault)
           : a->csv      ? results_print_csv(results, a->fault)
           : a->markdown ? results_print_markdown(results, a->fault)
                         : results_print_table(results, a->fault);
}

static int run(const void *arguments) {
    const struct results *a = arguments;
    struct rsl_results *results;
    double constant;
    if (a->json + a->csv + a->markdown > 1)
        return usage_error("--json, --csv and --markdown exclude each other");
    if (a->faults && (a->json || a->markdown))
        return usage_error("--faults prints CSV, the form of published fault lists");
    if (a->faults && a->stores.n > 1) return usage_error("--faults takes one store");
    if (a->faults) return print_injections(a);
    int code = check_distinct(&a->stores);
    if (code == EXIT_DONE) code = drop_constant_of(&a->drop_constant, &constant);
    if (code != EXIT_DONE) return code;
    int status = rsl_results_read_with(&results, a->stores.at, a->stores.n, a->confidence,
                                       (enum rsl_interval_choice)a->interval);
    if (status == RSL_OK) status = rsl_results_set_drop_constant(results, constant);
    if (status < 0) {
        rsl_results_free(results);
        return library_error(status);
    }
    code = print_rows(a, results);
    if (code == EXIT_DONE) results_complain_of_kept(results, a->fault);
    rsl_results_free(results);
    return code;
}

static const struct option options[] = {
    {"STORE...", .type = OPTION_TEXTS, .at = offsetof(struct results, stores), .operand = true,
     .required = true, .complete = COMPLETE_FILE, .help = "stores of campaigns"},
    {"fault", 'f', OPTION_TEXT, offsetof(struct results, fault), "FAULT",
     .help = "only this fault, as the table names it"},
    {"confidence", 0, OPTION_DOUBLE, offsetof(struct results, confidence), "C",
     "of the intervals; 0: what was asked when the campaign ran, else 0.95", "0", .max = 0.999999},
    {"intervals", 0, OPTION_CHOICE, offsetof(struct results, interval), "WHICH",
     "clopper-pearson: of SDC and DUE, instead of Wilson's; bootstrap: of drop and accuracy, over "
     "trials and images (needs inject --outcomes)",
     "usual", .words = interval_word},
    OPTIONS_DROP_CONSTANT(struct results, drop_constant),
    {"faults", .type = OPTION_FLAG, .at = offsetof(struct results, faults),
     .help = "one line for each trial of a single fault, as CSV"},
    {"csv", .type = OPTION_FLAG, .at = offsetof(struct results, csv), .help = "print CSV"},
    {"markdown", .type = OPTION_FLAG, .at = offsetof(struct results, markdown),
     .help = "print a Markdown table"},
    OPTION_JSON(struct results, json),
    {0}};

static const char *const examples[] = {"what came of a campaign",
                                       "resile results R.db",
                                       "two campaigns in one table, for a paper",
                                       "resile results plain.db protected.db --markdown",
                                       "every injected fault and how many images it harmed",
                                       "resile results R.db --faults > injections.csv",
                                       NULL};

const struct command command_results = {
    .name = "results",
    .group = "Measure",
    .summary = "Accuracy and error rates of a campaign, with intervals",
    .about =
        "One row per point, that is, per storage, fault and rate; of several stores, with the name "
        "of its store. A campaign that is still running may be read. golden is the accuracy "
        "without faults on all images, drop what the "
        "faults cost. SDC: runs whose prediction is not the fault-free one. DUE: runs with NaN "
        "or infinity among the logits. In brackets: the interval in which the true value lies, "
        "with the confidence of the campaign; which intervals they are stands below. Every other "
        "number is in --json and --csv, where SDC and DUE are shares from 0 to 1: among them "
        "memory, time, P_drop and RAP.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct results),
    .run = run,
};
