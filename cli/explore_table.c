/* See explore_table.h. */
#include "explore_table.h"

#include "command.h"
#include "duration.h"
#include "message.h"
#include "output.h"
#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- JSON ---- */

static void point_json(struct rsl_json *j, double rate, const struct rsl_campaign_result *r) {
    rsl_json_object(j);
    output_json_double(j, "ber", rate);
    output_json_int(j, "trials", r->trials);
    output_json_int(j, "runs", r->inferences);
    output_json_double(j, "accuracy", 100 * r->accuracy);
    output_json_double(j, "accuracy_low", 100 * r->accuracy_low);
    output_json_double(j, "accuracy_high", 100 * r->accuracy_high);
    output_json_double(j, "drop", 100 * r->drop);
    output_json_double(j, "drop_low", 100 * r->drop_low);
    output_json_double(j, "drop_high", 100 * r->drop_high);
    output_json_double(j, "sdc", r->sdc);
    output_json_double(j, "sdc_low", r->sdc_low);
    output_json_double(j, "sdc_high", r->sdc_high);
    rsl_json_end(j);
}

static void flag(struct rsl_json *j, const char *key, int value) {
    rsl_json_key(j, key);
    rsl_json_bool(j, value);
}

static void candidate_json(struct rsl_json *j, const struct explore_view *v, int i) {
    struct rsl_explore_candidate c;
    struct rsl_campaign_result r;
    rsl_explore_candidate(v->explore, i, &c);
    rsl_json_object(j);
    output_json_text(j, "storage", c.storage);
    output_json_text(j, "role", c.role);
    output_json_int(j, "weights", c.weights);
    output_json_int(j, "memory_bits", c.weight_bits);
    output_json_int(j, "memory_bits_with_scales", c.weight_bits + c.scale_bits);
    output_json_double(j, "memory_ratio_to_w8", c.memory_ratio);
    output_json_double(j, "golden", 100 * c.golden);
    output_json_double(j, "drop", 100 * c.drop);
    output_json_double(j, "drop_low", 100 * c.drop_low);
    output_json_double(j, "drop_high", 100 * c.drop_high);
    output_json_double(j, "seconds", c.seconds);
    output_json_double(j, "time_ratio_to_w8", c.time_ratio);
    output_json_double(j, "p_drop", c.p_drop);
    output_json_double(j, "p_drop_bounded", c.p_drop_bounded);
    output_json_double(j, "rap", c.rap);
    flag(j, "meets", c.meets);
    flag(j, "sure", c.sure);
    flag(j, "pareto", c.pareto);
    rsl_json_key(j, "points");
    rsl_json_array(j);
    for (int k = 0; c.injected && k < v->n_rates; k++)
        if (rsl_explore_at(v->explore, i, k, &r) == RSL_OK) point_json(j, v->rates[k], &r);
    rsl_json_end(j);
    rsl_json_end(j);
}

int explore_print_json(const struct explore_view *v) {
    struct rsl_json *j = rsl_json_new();
    struct rsl_explore_candidate best = {0};
    int recommended = rsl_explore_recommended(v->explore);
    if (!j) return output_json(j);
    if (recommended >= 0) rsl_explore_candidate(v->explore, recommended, &best);
    rsl_json_object(j);
    output_json_text(j, "recommended", best.storage);
    output_json_text(j, "why", rsl_explore_why(v->explore));
    output_json_text(j, "written", recommended >= 0 ? v->written : NULL);
    rsl_json_key(j, "candidates");
    rsl_json_array(j);
    for (int i = 0; i < rsl_explore_candidates(v->explore); i++) candidate_json(j, v, i);
    rsl_json_end(j);
    rsl_json_end(j);
    return output_json(j);
}

/* ---- table ---- */

static void number(struct table *t, const char *format, double value) {
    if (isnan(value))
        table_cell(t, "-");
    else
        table_cell(t, format, value);
}

static void heading(struct table *t, const struct explore_view *v, char *align) {
    strcpy(align, "lrrr");
    table_cell(t, "storage");
    table_cell(t, "Mbit");
    table_cell(t, "of 8 bits");
    table_cell(t, "golden %%");
    for (int k = 0; k < v->n_rates; k++) {
        strcat(align, "r");
        table_cell(t, "drop at %g", v->rates[k]);
    }
    strcat(align, "rrrl");
    table_cell(t, "time");
    table_cell(t, "P_drop");
    table_cell(t, "RAP");
    table_cell(t, "verdict");
}

static const char *verdict(const struct rsl_explore_candidate *c, bool recommended) {
    if (strcmp(c->role, "baseline") == 0) return c->pareto ? "baseline, Pareto" : "baseline";
    if (recommended) return c->pareto ? "take this, Pareto" : "take this";
    if (!c->injected) return "too inaccurate";
    if (!c->meets) return c->pareto ? "fails, Pareto" : "fails";
    return c->pareto ? "meets, Pareto" : "meets";
}

static void row(struct table *t, const struct explore_view *v, int i) {
    struct rsl_explore_candidate c;
    struct rsl_campaign_result r;
    rsl_explore_candidate(v->explore, i, &c);
    table_cell(t, "%s", c.storage);
    table_cell(t, "%.3f", (double)c.weight_bits / 1e6);
    table_cell(t, "%.3f", c.memory_ratio);
    table_cell(t, "%.2f", 100 * c.golden);
    for (int k = 0; k < v->n_rates; k++) {
        if (!c.injected || rsl_explore_at(v->explore, i, k, &r) < 0)
            table_cell(t, "-");
        else
            table_cell(t, "%.2f [%.2f, %.2f]", 100 * r.drop, 100 * r.drop_low, 100 * r.drop_high);
    }
    number(t, "%.3f", c.time_ratio);
    number(t, "%.3g", c.p_drop);
    number(t, "%.3g", c.rap);
    table_cell(t, "%s", verdict(&c, i == rsl_explore_recommended(v->explore)));
}

int explore_print_table(const struct explore_view *v) {
    char align[OPTION_LIST_MAX + 16];
    struct table t = {.align = align};
    heading(&t, v, align);
    for (int i = 0; i < rsl_explore_candidates(v->explore); i++) row(&t, v, i);
    int code = table_print(&t);
    if (code != EXIT_DONE) return code;
    int recommended = rsl_explore_recommended(v->explore);
    struct rsl_explore_candidate best;
    if (recommended < 0) {
        printf("\nnone: %s\n", rsl_explore_why(v->explore));
        return EXIT_DONE;
    }
    rsl_explore_candidate(v->explore, recommended, &best);
    printf("\n%s: %s\n", best.storage, rsl_explore_why(v->explore));
    if (v->written) printf("written to %s\n", v->written);
    return EXIT_DONE;
}

/* ---- dry run ---- */

static int plan_json(const struct rsl_explore_plan *p, const struct explore_view *v) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_int(j, "candidates", p->candidates);
    output_json_text(j, "baseline", p->baseline);
    output_json_int(j, "images", p->images);
    output_json_int(j, "rates", v->n_rates);
    output_json_text(j, "executor", p->executor);
    output_json_double(j, "seconds", p->seconds);
    rsl_json_end(j);
    return output_json(j);
}

int explore_print_plan(struct rsl_explore *e, const struct explore_view *v, bool json) {
    struct rsl_explore_plan p;
    char time[64];
    int status = rsl_explore_plan(e, &p);
    if (status < 0) return library_error(status);
    if (json) return plan_json(&p, v);
    duration_text(p.seconds, p.threads, time, sizeof time);
    printf("candidates  at most %d, the baseline %s included\n", p.candidates, p.baseline);
    printf("each        %d rates, %" PRId64 " images a trial\n", v->n_rates, p.images);
    printf("time        %s (%s executor)\n", time, p.executor);
    return EXIT_DONE;
}
