/* See inject_view.h. */
#include "inject_view.h"

#include "command.h"
#include "duration.h"
#include "message.h"
#include "output.h"
#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- dry run ---- */

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
        output_json_text(j, "sampling", *p.sampling ? p.sampling : NULL);
        output_json_int(j, "population", p.population);
        output_json_double(j, "expected", p.expected);
        output_json_int(j, "trials", p.trials > 0 ? p.trials : -1);
        output_json_int(j, "leveugle", p.leveugle > 0 ? p.leveugle : -1);
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
    struct table t = {.align = "lrlrrrr"};
    char time[64];
    rsl_campaign_facts(c, &f);
    duration_text(seconds, f.threads, time, sizeof time);
    printf("memory   %s: %" PRId64 " weights, %.4g bits each; %" PRId64 " bits altogether\n",
           f.storage, f.weights, f.bits_per_weight, f.bits);
    printf("images   %" PRId64 "\n", f.images);
    printf("time     %s (%s executor)\n\n", time, executor);
    table_row(&t, "fault", "rate", "sampling", "population", "faults per trial", "trials",
              "Leveugle");
    for (int i = 0; i < rsl_campaign_points(c); i++) {
        struct rsl_campaign_point p;
        rsl_campaign_point(c, i, &p);
        table_cell(&t, "%s", p.fault);
        table_cell(&t, isnan(p.rate) ? "-" : "%g", p.rate);
        table_cell(&t, "%s", *p.sampling ? p.sampling : "-");
        table_cell(&t, "%" PRId64, p.population);
        table_cell(&t, "%.4g", p.expected);
        table_cell(&t, p.trials > 0 ? "%" PRId64 : "-", p.trials);
        table_cell(&t, p.leveugle > 0 ? "%" PRId64 : "-", p.leveugle);
    }
    int code = table_print(&t);
    return code == EXIT_DONE ? plan_layers(c) : code;
}

int inject_print_plan(struct rsl_campaign *c, bool json) {
    double seconds;
    const char *executor;
    int status = rsl_campaign_estimate(c, &seconds, &executor);
    if (status < 0) return library_error(status);
    return json ? plan_json(c, seconds, executor) : plan_text(c, seconds, executor);
}

/* ---- results ---- */

static void point_json(struct rsl_json *j, const struct inject_view *v,
                       const struct rsl_campaign *c, int i) {
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
    output_json_double(j, "confidence", v->confidence);
    output_json_text(j, "reason", r.reason);
    rsl_json_end(j);
}

static int result_json(const struct inject_view *v, const struct rsl_campaign *c) {
    struct rsl_json *j = rsl_json_new();
    int64_t inferences;
    double seconds;
    if (!j) return output_json(j);
    rsl_campaign_speed(c, &inferences, &seconds);
    rsl_json_object(j);
    output_json_text(j, "model", v->model);
    output_json_text(j, "compute", v->compute);
    output_json_int(j, "seed", v->seed);
    output_json_double(j, "seconds", seconds);
    output_json_double(j, "fault_inferences_per_second",
                       seconds > 0 ? (double)inferences / seconds : NAN);
    rsl_json_key(j, "points");
    rsl_json_array(j);
    for (int i = 0; i < rsl_campaign_points(c); i++) point_json(j, v, c, i);
    rsl_json_end(j);
    rsl_json_end(j);
    return output_json(j);
}

static void point_row(struct table *t, const struct rsl_campaign *c, int i) {
    struct rsl_campaign_point p;
    struct rsl_campaign_result r;
    if (rsl_campaign_result(c, i, &r) < 0) return;
    rsl_campaign_point(c, i, &p);
    table_cell(t, "%s%s", p.fault, strcmp(p.sampling, "layers") == 0 ? " (sampled by layers)" : "");
    table_cell(t, isnan(p.rate) ? "-" : "%g", p.rate);
    table_cell(t, "%" PRId64, r.trials);
    table_cell(t, "%.2f", 100 * r.accuracy);
    table_cell(t, "%.2f", 100 * r.drop);
    table_cell(t, "%.2f..%.2f", 100 * r.drop_low, 100 * r.drop_high);
    table_cell(t, "%.3f", 100 * r.sdc);
    table_cell(t, "%.3f..%.3f", 100 * r.sdc_low, 100 * r.sdc_high);
    table_cell(t, "%.3f", 100 * r.due);
}

static int result_text(const struct inject_view *v, const struct rsl_campaign *c) {
    struct rsl_campaign_result r;
    struct table t = {.align = "lrrrrrrrr"};
    char drop[32], sdc[32];
    snprintf(drop, sizeof drop, "%g %%", 100 * v->confidence);
    snprintf(sdc, sizeof sdc, "%g %%", 100 * v->confidence);
    if (rsl_campaign_result(c, 0, &r) == RSL_OK) printf("golden %.2f %%\n\n", 100 * r.golden);
    table_row(&t, "fault", "rate", "trials", "accuracy", "drop", drop, "SDC %", sdc, "DUE %");
    for (int i = 0; i < rsl_campaign_points(c); i++) point_row(&t, c, i);
    return table_print(&t);
}

int inject_print_results(const struct rsl_campaign *c, const struct inject_view *v) {
    return v->json ? result_json(v, c) : result_text(v, c);
}
