/* `resile report R.db .. -o R.html`: what campaigns found, for people. */
#include "command.h"
#include "drop_constant.h"
#include "message.h"
#include "results_rows.h"
#include "same_file.h"

#include <resile/report.h>

#include <stdio.h>

struct report {
    struct texts stores;
    const char *output, *gnuplot, *title;
    double confidence;
    struct drop_constant drop_constant;
    bool json, csv, markdown;
};

static int write_files(const struct report *a, double constant) {
    struct rsl_report *report;
    int status = rsl_report_read(&report, a->stores.at, a->stores.n, a->confidence);
    if (status == RSL_OK) status = rsl_report_set_drop_constant(report, constant);
    if (status == RSL_OK && a->output) status = rsl_report_html(report, a->title, a->output);
    if (status == RSL_OK && a->gnuplot) status = rsl_report_gnuplot(report, a->gnuplot);
    rsl_report_free(report);
    return status < 0 ? library_error(status) : EXIT_DONE;
}

static int print_rows(const struct report *a, double constant) {
    struct rsl_results *results;
    int status = rsl_results_read(&results, a->stores.at, a->stores.n, a->confidence);
    if (status == RSL_OK) status = rsl_results_set_drop_constant(results, constant);
    if (status < 0) {
        rsl_results_free(results);
        return library_error(status);
    }
    int code = a->json  ? results_print_json(results, NULL)
               : a->csv ? results_print_csv(results, NULL)
                        : results_print_markdown(results, NULL);
    rsl_results_free(results);
    return code;
}

static int run(const void *arguments) {
    const struct report *a = arguments;
    bool print = a->json || a->csv || a->markdown;
    if (a->json + a->csv + a->markdown > 1)
        return usage_error("--json, --csv and --markdown exclude each other");
    if (!print && !a->output && !a->gnuplot)
        return usage_error("nothing to write: name the file with -o R.html");
    double constant = 0;
    int code = check_distinct(&a->stores);
    if (code == EXIT_DONE) code = drop_constant_of(&a->drop_constant, &constant);
    if (code == EXIT_DONE && (a->output || a->gnuplot)) code = write_files(a, constant);
    return code == EXIT_DONE && print ? print_rows(a, constant) : code;
}

static const struct option options[] = {
    {"STORE...", .type = OPTION_TEXTS, .at = offsetof(struct report, stores), .operand = true,
     .required = true, .complete = COMPLETE_FILE, .help = "stores of campaigns"},
    {"output", 'o', OPTION_OUTPUT, offsetof(struct report, output), "R.html",
     "the report: one file that loads nothing", .complete = COMPLETE_FILE},
    {"gnuplot", 'g', OPTION_TEXT, offsetof(struct report, gnuplot), "DIR",
     "data files and gnuplot scripts, for papers", .complete = COMPLETE_FOLDER},
    {"title", 0, OPTION_TEXT, offsetof(struct report, title), "TEXT",
     .help = "heading (default: model and data)"},
    {"confidence", 0, OPTION_DOUBLE, offsetof(struct report, confidence), "C",
     "of the intervals; 0: what was asked when the campaign ran, else 0.95", "0", .max = 0.999999},
    OPTIONS_DROP_CONSTANT(struct report, drop_constant),
    {"csv", .type = OPTION_FLAG, .at = offsetof(struct report, csv),
     .help = "print the results as CSV"},
    {"markdown", .type = OPTION_FLAG, .at = offsetof(struct report, markdown),
     .help = "print the results as a Markdown table"},
    OPTION_JSON(struct report, json),
    {0}};

static const char *const examples[] = {"look at a campaign in a browser",
                                       "resile report R.db -o R.html",
                                       "compare a plain and a protected model",
                                       "resile report plain.db protected.db -o compare.html",
                                       "figures and a table for a paper",
                                       "resile report R.db --gnuplot figures --markdown",
                                       NULL};

const struct command command_report = {
    .name = "report",
    .group = "Measure",
    .summary = "Charts and tables of campaigns, in one HTML file",
    .about =
        "Accuracy, drop, SDC and DUE against the error rate with their intervals, harm against "
        "memory with the Pareto front, FORTUNE's P_drop and RAP, memory and time of each storage, "
        "single faults by layer and bit, what the protection noticed, convergence; tables that "
        "sort, filter and copy; and how the numbers came about. "
        "The file needs no network, prints, and shows its tables without scripts. Campaigns that "
        "are still running may be reported.\n\n"
        "What --json, --csv and --markdown print is what `resile results` prints.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct report),
    .run = run,
};
