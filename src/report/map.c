/* One pass over the trials of a point: where single faults hit and what came of it, layer by layer
 * and bit by bit, and how the estimate went as trials came. */
#include "report/report_int.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/vec.h"
#include "campaign/estimate.h"
#include "metric/trials_interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A layer while trials are counted. */
struct layer {
    const char *name;
    int number; /* in the network */
    struct rsl_tally sdc[RSL_REPORT_BITS];
};

struct scan {
    struct rsl_report *report;
    struct rsl_report_row *row;
    struct rsl_estimate estimate;
    struct rsl_map index; /* of layer names */
    struct {
        struct layer *at;
        size_t n, cap;
    } layers;
    struct {
        struct rsl_report_step *at;
        size_t n, cap;
    } steps;
    int64_t trials, next; /* done; after which the next step is taken */
    bool others;          /* trials that had no fault, or several, or one that is in no bit */
};

/* ---- the map ----
 * Of single faults in bits only. A rate leaves to chance how many faults a trial has: those that
 * happened to have one say nothing about a point that is about many. */

static int layer_of(struct scan *s, const struct rsl_store_place *p, int64_t *layer) {
    *layer = rsl_map_get(&s->index, p->layer);
    if (*layer >= 0 || s->layers.n == RSL_REPORT_LAYERS) return RSL_OK;
    struct layer l = {rsl_arena_strdup(&s->report->arena, p->layer), p->number, {{0}}};
    if (!l.name) return RSL_ENOMEM;
    RSL_TRY(rsl_vec_push(&s->layers, l));
    *layer = (int64_t)s->layers.n - 1;
    return rsl_map_set(&s->index, l.name, *layer);
}

static int add_place(struct scan *s, const struct rsl_store_trial *t) {
    int64_t layer;
    int bit = t->place->bit;
    RSL_TRY(layer_of(s, t->place, &layer));
    if (layer < 0 || bit < 0 || bit >= RSL_REPORT_BITS) {
        s->row->left_out++;
        return RSL_OK;
    }
    rsl_tally_add(&s->layers.at[layer].sdc[bit], t->images, t->sdc);
    if (bit >= s->row->n_bits) s->row->n_bits = bit + 1;
    return RSL_OK;
}

static int by_number(const void *a, const void *b) {
    const struct layer *s = a, *t = b;
    return s->number != t->number ? s->number - t->number : strcmp(s->name, t->name);
}

static int keep_map(struct scan *s) {
    struct rsl_report_row *row = s->row;
    size_t n = s->layers.n;
    if (s->others || n == 0) return RSL_OK;
    qsort(s->layers.at, n, sizeof *s->layers.at, by_number);
    row->n_layers = (int)n;
    row->layers = rsl_arena_array(&s->report->arena, n, sizeof *row->layers);
    row->cells = rsl_arena_array(&s->report->arena, n * (size_t)row->n_bits, sizeof *row->cells);
    if (!row->layers || !row->cells) return RSL_ENOMEM;
    for (size_t l = 0; l < n; l++) {
        row->layers[l] = s->layers.at[l].name;
        for (int b = 0; b < row->n_bits; b++) {
            const struct rsl_tally *t = &s->layers.at[l].sdc[b];
            if (t->trials == 0) continue;
            row->cells[row->n_cells++] = (struct rsl_report_cell){
                (int)l,    b,       t->trials,
                t->images, t->hits, rsl_trials_share_interval(t, 1, row->result->confidence)};
        }
    }
    return RSL_OK;
}

/* ---- the course ---- */

static int take_step(struct scan *s) {
    double confidence = s->row->result->confidence;
    const struct rsl_estimate *e = &s->estimate;
    struct rsl_report_step step = {
        .trials = s->trials,
        .drop = 100 * rsl_estimate_mean(e, RSL_ESTIMATED_DROP),
        .drop_interval = rsl_estimate_interval(e, RSL_ESTIMATED_DROP, confidence),
        .sdc = rsl_estimate_mean(e, RSL_ESTIMATED_SDC),
        .sdc_interval = rsl_estimate_interval(e, RSL_ESTIMATED_SDC, confidence),
    };
    step.drop_interval.low *= 100;
    step.drop_interval.high *= 100;
    s->next = s->trials < 8 ? s->trials + 1 : s->trials + s->trials / 4;
    return rsl_vec_push(&s->steps, step);
}

static int keep_steps(struct scan *s) {
    if (s->steps.n == 0) return RSL_OK;
    if (s->steps.at[s->steps.n - 1].trials < s->trials) RSL_TRY(take_step(s));
    s->row->steps =
        rsl_arena_memdup(&s->report->arena, s->steps.at, s->steps.n * sizeof *s->steps.at);
    s->row->n_steps = s->steps.n;
    return s->row->steps ? RSL_OK : RSL_ENOMEM;
}

/* ---- the pass ---- */

static int add_trial(struct scan *s, const struct rsl_store_trial *t, bool course) {
    if (!t->place || s->row->result->ber > 0)
        s->others = true;
    else if (!s->others)
        RSL_TRY(add_place(s, t));
    if (!course) return RSL_OK;
    RSL_TRY(rsl_estimate_add(&s->estimate, t));
    return ++s->trials == s->next ? take_step(s) : RSL_OK;
}

static int pass(struct scan *s, struct rsl_store *store, int64_t point, bool course) {
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial trial;
    int rc = RSL_OK;
    RSL_TRY(rsl_store_scan(store, point, RSL_WITH_PLACES, &cursor));
    for (int64_t n = 0; rc == RSL_OK && n < s->row->result->trials; n++) {
        rc = rsl_store_step(cursor, &trial);
        if (rc <= 0) break;
        rc = add_trial(s, &trial, course);
    }
    rsl_store_scan_end(cursor);
    return rc;
}

int rsl_report_scan(struct rsl_report *report, struct rsl_report_row *row, struct rsl_store *store,
                    const struct rsl_store_campaign *c, const struct rsl_store_point *p,
                    bool course) {
    struct scan s = {.report = report, .row = row, .next = 2};
    double golden = c->golden_correct < 0 ? NAN : row->result->golden / 100;
    int rc = rsl_estimate_init(&s.estimate, p, golden);
    if (rc < 0) return rsl_fail_in(rc, "%s", rsl_store_path(store));
    RSL_GOTO(rsl_store_fault_has_bits(p->fault));
    s.others = rc == 0;
    RSL_GOTO(pass(&s, store, p->id, course));
    RSL_GOTO(keep_map(&s));
    rc = keep_steps(&s);
out:
    rsl_estimate_free(&s.estimate);
    rsl_map_free(&s.index);
    rsl_free(s.layers.at);
    rsl_free(s.steps.at);
    return rc;
}
