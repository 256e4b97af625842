/* Exploring: options, the order in which candidates are measured, answers. See resile/explore.h.
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

enum { MOST_PROTECTIONS = 16, MOST_RATES = 256 };

#define EIGHT_BITS "symmetric8:channel"

/* ---- options ---- */

static int copy_text(struct rsl_explore *e, const char **text) {
    if (!*text) return RSL_OK;
    *text = rsl_arena_strdup(&e->arena, *text);
    return *text ? RSL_OK : RSL_ENOMEM;
}

static int copy_options(struct rsl_explore *e, const struct rsl_explore_options *options) {
    struct rsl_explore_options *o = &e->options;
    *o = *options;
    if (!o->encoding) o->encoding = "affine";
    if (!o->granularity) o->granularity = "channel";
    if (!o->rounding) o->rounding = "code";
    if (!o->layout) o->layout = "block";
    if (!o->protect) o->protect = "none,msb";
    if (!o->search) o->search = "binary";
    if (!o->baseline) o->baseline = EIGHT_BITS;
    if (!o->fault) o->fault = "ber";
    if (o->confidence == 0) o->confidence = 0.95;
    if (o->constant == 0) o->constant = RSL_DROP_CONSTANT;
    if (o->seconds == 0) o->seconds = 1;
    const char **texts[] = {&o->encoding, &o->granularity, &o->rounding, &o->layout,  &o->protect,
                            &o->search,   &o->baseline,    &o->fault,    &o->regions, &o->compute,
                            &o->store,    &o->model_name,  &o->command};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) RSL_TRY(copy_text(e, texts[i]));
    return RSL_OK;
}

static int choose(const char *text, const char *name, const char *first, const char *second) {
    if (strcmp(text, first) == 0 || strcmp(text, second) == 0) return RSL_OK;
    return rsl_fail(RSL_EARG, "%s is '%.40s', it must be '%s' or '%s'", name, text, first, second);
}

static int check_words(const struct rsl_explore_options *o) {
    RSL_TRY(choose(o->encoding, "the encoding", "affine", "symmetric"));
    RSL_TRY(choose(o->granularity, "the granularity", "channel", "tensor"));
    RSL_TRY(choose(o->rounding, "the rounding", "code", "paper"));
    RSL_TRY(choose(o->search, "the search", "binary", "sweep"));
    if (strcmp(o->rounding, "paper") == 0 && strcmp(o->encoding, "symmetric") == 0)
        return rsl_fail(RSL_EARG, "rounding 'paper' is one of affine codes only");
    return RSL_OK;
}

static int check_numbers(const struct rsl_explore_options *o) {
    if (o->bits_low < 2 || o->bits_high > 8)
        return rsl_fail(RSL_EARG, "widths %d:%d: the width of a weight must be in 2..8",
                        o->bits_low, o->bits_high);
    if (o->bits_low > o->bits_high)
        return rsl_fail(RSL_EARG, "widths %d:%d: the first must not be the larger one", o->bits_low,
                        o->bits_high);
    if (!(o->accuracy_min <= 1))
        return rsl_fail(RSL_EARG, "the least accuracy is %g; it is a share, at most 1",
                        o->accuracy_min);
    if (!(o->drop_max >= 0 && o->drop_max <= 1))
        return rsl_fail(RSL_EARG, "the largest drop is %g; it is a share, 0 to 1", o->drop_max);
    if (!(o->constant > 0) || !isfinite(o->constant))
        return rsl_fail(RSL_EARG, "the constant of P_drop is %g; it must be positive", o->constant);
    if (o->budget < 0) return rsl_fail(RSL_EARG, "a budget of %lld bits", (long long)o->budget);
    if (o->batch < 0) return rsl_fail(RSL_EARG, "a batch of %lld images", (long long)o->batch);
    if (o->trials <= 0 && !(o->margin > 0))
        return rsl_fail(RSL_EARG, "say how many trials, or what margin is wanted");
    return o->margin > 0 ? rsl_margin_check(o->margin, o->confidence) : RSL_OK;
}

static int take_rates(struct rsl_explore *e, const double *rates) {
    struct rsl_explore_options *o = &e->options;
    if (o->n_rates < 1 || !rates)
        return rsl_fail(RSL_EARG, "there are no error rates; give at least one");
    if (o->n_rates > MOST_RATES)
        return rsl_fail(RSL_EARG, "%d rates: there can be %d", o->n_rates, MOST_RATES);
    double *copy = rsl_arena_array(&e->arena, (size_t)o->n_rates, sizeof *copy);
    if (!copy) return RSL_ENOMEM;
    e->deciding = o->n_rates - 1;
    bool found = o->at == 0;
    for (int i = 0; i < o->n_rates; i++) {
        copy[i] = rates[i];
        if (!(rates[i] >= 0 && rates[i] <= 1))
            return rsl_fail(RSL_EARG, "rate %g is not in [0,1]", rates[i]);
        if (i > 0 && rates[i] <= rates[i - 1])
            return rsl_fail(RSL_EARG, "the rates must ascend: %g comes after %g", rates[i],
                            rates[i - 1]);
        if (o->at != 0 && rates[i] == o->at) {
            e->deciding = i;
            found = true;
        }
    }
    if (!found) return rsl_fail(RSL_EARG, "%g, at which is decided, is none of the rates", o->at);
    o->rates = copy;
    o->at = copy[e->deciding];
    return RSL_OK;
}

static int split_protections(struct rsl_explore *e) {
    e->protections = rsl_arena_array(&e->arena, MOST_PROTECTIONS, sizeof *e->protections);
    if (!e->protections) return RSL_ENOMEM;
    for (const char *text = e->options.protect;; text++) {
        size_t n = strcspn(text, ",");
        if (n == 0)
            return rsl_fail(RSL_EARG, "a protection is missing in '%s'", e->options.protect);
        if (e->n_protections == MOST_PROTECTIONS)
            return rsl_fail(RSL_EARG, "there can be %d protections", MOST_PROTECTIONS);
        char *name = rsl_arena_printf(&e->arena, "%.*s", (int)n, text);
        if (!name) return RSL_ENOMEM;
        if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_:")])
            return rsl_fail(RSL_EARG, "'%s' is no protection; 'none,msb:2,tmr' is a list of three",
                            name);
        for (int i = 0; i < e->n_protections; i++)
            if (strcmp(e->protections[i], name) == 0)
                return rsl_fail(RSL_EARG, "protection '%s' is there twice", name);
        e->protections[e->n_protections++] = name;
        text += n;
        if (!*text) return RSL_OK;
    }
}

static bool is_eight_bits(const struct rsl_mix *m) {
    for (int k = 0; k < m->n; k++) {
        const struct rsl_storage *s = &m->each[k];
        if (!s->encoding.kind->grid || s->encoding.bits != 8 ||
            strcmp(s->protection.kind->name, "none") != 0)
            return false;
    }
    return true;
}

/* The text in its one form. Times are relative to eight bits, as memory is: to the baseline where
 * it takes as many. */
static int take_baseline(struct rsl_explore *e) {
    struct rsl_mix mix;
    struct rsl_text text = {0};
    RSL_TRY(rsl_mix_parse(&mix, &e->model->graph, e->options.baseline));
    bool eight = is_eight_bits(&mix);
    rsl_mix_text(&mix, &text);
    rsl_mix_free(&mix);
    if (text.status == RSL_OK) e->baseline = rsl_arena_strdup(&e->arena, text.at);
    rsl_text_free(&text);
    e->reference = eight ? e->baseline : EIGHT_BITS "/none";
    return e->baseline ? RSL_OK : RSL_ENOMEM;
}

/* All storages, before anything runs: those of the widths, and the baseline. */
static int check_storages(struct rsl_explore *e) {
    for (int p = 0; p < e->n_protections; p++)
        for (int w = e->options.bits_low; w <= e->options.bits_high; w++) {
            struct rsl_storage s;
            const char *storage = rsl_explore_storage(e, w, p);
            if (!storage) return RSL_ENOMEM;
            RSL_TRY(rsl_storage_parse(&s, storage));
        }
    return take_baseline(e);
}

/* That a campaign accepts the rest of the options, and the network. */
static int try_campaign(struct rsl_explore *e) {
    struct rsl_campaign_options o = rsl_explore_campaign(e, e->baseline);
    struct rsl_campaign *c;
    if (e->model->image)
        return rsl_fail(RSL_EARG, "the network is quantized already: explore the original");
    RSL_TRY(rsl_campaign_new(&c, e->model, e->data, &o));
    rsl_campaign_free(c);
    return RSL_OK;
}

static int make(struct rsl_explore *e, const struct rsl_explore_options *options) {
    RSL_TRY(copy_options(e, options));
    RSL_TRY(check_words(&e->options));
    RSL_TRY(check_numbers(&e->options));
    RSL_TRY(take_rates(e, options->rates));
    RSL_TRY(split_protections(e));
    RSL_TRY(check_storages(e));
    if (e->options.budget > 0) RSL_TRY(rsl_explore_check_budget(e));
    return try_campaign(e);
}

int rsl_explore_new(struct rsl_explore **explore, const struct rsl_model *model,
                    const struct rsl_data *data, const struct rsl_explore_options *options) {
    struct rsl_explore *e = rsl_calloc(1, sizeof *e);
    *explore = NULL;
    if (!e) return RSL_ENOMEM;
    e->model = model;
    e->data = data;
    e->recommended = -1;
    int rc = make(e, options);
    e->options.preprocess = options->preprocess;
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
    bool all = e->options.budget > 0 || strcmp(e->options.search, "sweep") == 0;
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

void rsl_explore_candidate(const struct rsl_explore *e, int i, struct rsl_explore_candidate *out) {
    static const char *const roles[] = {"baseline", "uniform", "mix"};
    assert(i >= 0 && (size_t)i < e->candidates.n);
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
