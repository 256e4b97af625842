/* Exploring: the order in which candidates are measured, answers. See resile/explore.h.
 *
 * Algorithm 1 of FORTUNE, read sensibly (docs/explore.md): for each protection a binary search for
 * the least width that meets the requirements. As printed it uses the drop before it is set, moves
 * to fractional widths and does not stop. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "graph/model.h"
#include "metric/drop_probability.h"
#include "metric/rap.h"
#include "search/explore_int.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int rsl_explore_new(struct rsl_explore **explore, const struct rsl_model *model,
                    const struct rsl_data *data, const struct rsl_explore_options *options) {
    struct rsl_explore *e = rsl_calloc(1, sizeof *e);
    *explore = NULL;
    if (!e) return RSL_ENOMEM;
    e->model = model;
    e->data = data;
    e->recommended = -1;
    int rc = rsl_explore_take_options(e, options);
    if (rc < 0)
        rsl_explore_free(e);
    else
        *explore = e;
    return rc;
}

void rsl_explore_free(struct rsl_explore *e) {
    if (!e) return;
    rsl_free(e->candidates.at);
    rsl_arena_free(&e->arena);
    rsl_free(e);
}

const char *rsl_explore_storage(struct rsl_explore *e, int bits, int protection) {
    const struct rsl_explore_options *o = &e->options;
    bool affine = strcmp(o->encoding, "affine") == 0;
    return rsl_arena_printf(&e->arena, "%s%d:%s%s/%s/%s", o->encoding, bits, o->granularity,
                            affine && strcmp(o->rounding, "paper") == 0 ? ":paper" : "",
                            e->protections[protection], o->layout);
}

/* ---- the search ---- */

static int measure_uniform(struct rsl_explore *e, int protection, int bits, bool gate) {
    struct rsl_candidate c = {.role = RSL_IS_UNIFORM, .protection = protection, .bits = bits};
    c.storage = rsl_explore_storage(e, bits, protection);
    if (!c.storage) return RSL_ENOMEM;
    RSL_TRY(rsl_explore_measure(e, &c, gate));
    return rsl_explore_judge(e);
}

static int sweep(struct rsl_explore *e, int protection) {
    for (int w = e->options.bits_low; w <= e->options.bits_high; w++)
        RSL_TRY(measure_uniform(e, protection, w, false));
    return RSL_OK;
}

static int search(struct rsl_explore *e, int protection) {
    int low = e->options.bits_low, high = e->options.bits_high;
    while (low <= high) {
        int middle = (low + high) / 2;
        RSL_TRY(measure_uniform(e, protection, middle, true));
        if (e->candidates.at[e->candidates.n - 1].meets)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return RSL_OK;
}

/* Baseline, uniform ones by protection and width, mixes. */
static int by_rank(const void *a, const void *b) {
    const struct rsl_candidate *x = a, *y = b;
    if (x->role != y->role) return (int)x->role - (int)y->role;
    if (x->protection != y->protection) return x->protection - y->protection;
    return x->bits - y->bits;
}

static void sort(struct rsl_explore *e) {
    /* A handful, and mixes must keep their order. */
    for (size_t i = 1; i < e->candidates.n; i++)
        for (size_t k = i; k > 0; k--) {
            struct rsl_candidate *at = &e->candidates.at[k], swap = *at;
            if (by_rank(at - 1, at) <= 0) break;
            *at = at[-1];
            at[-1] = swap;
        }
}

int rsl_explore_run(struct rsl_explore *e) {
    bool all = rsl_explore_measures_all(&e->options);
    struct rsl_candidate baseline = {.role = RSL_IS_BASELINE, .storage = e->baseline};
    e->candidates.n = 0;
    RSL_TRY(rsl_explore_measure(e, &baseline, false));
    e->accuracy_min = rsl_explore_least(&e->options, e->candidates.at[0].golden);
    for (int p = 0; p < e->n_protections; p++) RSL_TRY(all ? sweep(e, p) : search(e, p));
    sort(e);
    if (e->options.budget > 0) RSL_TRY(rsl_explore_mix(e));
    return rsl_explore_judge(e);
}

const char *rsl_explore_layers_store(const struct rsl_explore *e) {
    return e->layers_store;
}

/* ---- answers ---- */

int rsl_explore_candidates(const struct rsl_explore *e) {
    return (int)e->candidates.n;
}

static void set_vulnerability(const struct rsl_explore *e, const struct rsl_candidate *c,
                              struct rsl_explore_candidate *out) {
    const struct rsl_explore_options *o = &e->options;
    const struct rsl_campaign_result *r = &c->at[e->deciding];
    double drop = fmax(r->drop, 0); /* of a network that gained by chance: none */
    out->drop = r->drop;
    out->drop_low = r->drop_low;
    out->drop_high = r->drop_high;
    out->p_drop = rsl_drop_probability(c->weight_bits, o->constant, o->at, drop);
    out->p_drop_bounded = rsl_drop_probability_bounded(c->weight_bits, o->constant, o->at, drop);
    out->rap = rsl_rap(100 * drop, out->memory_ratio, c->time_ratio);
}

int rsl_explore_candidate(const struct rsl_explore *e, int i, struct rsl_explore_candidate *out) {
    static const char *const roles[] = {"baseline", "uniform", "mix"};
    if (i < 0 || (size_t)i >= e->candidates.n) return rsl_fail(RSL_EARG, "no candidate %d", i);
    const struct rsl_candidate *c = &e->candidates.at[i];
    *out = (struct rsl_explore_candidate){
        .storage = c->storage,
        .role = roles[c->role],
        .weights = c->weights,
        .weight_bits = c->weight_bits,
        .scale_bits = c->scale_bits,
        .memory_ratio = (double)c->weight_bits / (8.0 * (double)c->weights),
        .golden = c->golden,
        .injected = c->injected,
        .seconds = c->seconds,
        .time_ratio = c->time_ratio,
        .drop = NAN,
        .drop_low = NAN,
        .drop_high = NAN,
        .p_drop = NAN,
        .p_drop_bounded = NAN,
        .rap = NAN,
        .meets = c->meets,
        .sure = c->sure,
        .pareto = c->pareto};
    if (c->injected) set_vulnerability(e, c, out);
    return RSL_OK;
}

int rsl_explore_at(const struct rsl_explore *e, int i, int rate, struct rsl_campaign_result *out) {
    if (i < 0 || (size_t)i >= e->candidates.n || rate < 0 || rate >= e->options.n_rates)
        return rsl_fail(RSL_EARG, "there is no candidate %d at rate %d", i, rate);
    const struct rsl_candidate *c = &e->candidates.at[i];
    if (!c->injected) return rsl_fail(RSL_EARG, "'%s' was not tried with faults", c->storage);
    *out = c->at[rate];
    return RSL_OK;
}

int rsl_explore_recommended(const struct rsl_explore *e) {
    return e->recommended;
}

const char *rsl_explore_why(const struct rsl_explore *e) {
    return e->why ? e->why : "nothing has run";
}
