/* What an exploration is asked to do: defaults, copies of what the caller keeps, and everything
 * that can be refused before hours of measuring. */
#include "base/status.h"
#include "graph/model.h"
#include "metric/drop_probability.h"
#include "search/explore_int.h"

#include <math.h>
#include <string.h>

enum { MOST_PROTECTIONS = 16, MOST_RATES = 256 };

#define EIGHT_BITS "symmetric8:channel"

/* ---- copies ---- */

static int copy_text(struct rsl_explore *e, const char **text) {
    if (!*text) return RSL_OK;
    *text = rsl_arena_strdup(&e->arena, *text);
    return *text ? RSL_OK : RSL_ENOMEM;
}

static int copy_preprocess(struct rsl_explore *e) {
    const struct rsl_preprocess_options *given = e->options.preprocess;
    if (!given) return RSL_OK;
    struct rsl_preprocess_options *copy = rsl_arena_memdup(&e->arena, given, sizeof *given);
    if (!copy) return RSL_ENOMEM;
    const char **texts[] = {&copy->scale,  &copy->offset, &copy->mean,  &copy->std,
                            &copy->resize, &copy->crop,   &copy->filter};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) RSL_TRY(copy_text(e, texts[i]));
    e->options.preprocess = copy;
    return RSL_OK;
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
    return copy_preprocess(e);
}

/* ---- checks ---- */

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
    if (strcmp(o->rounding, "paper") == 0 && o->compute && strcmp(o->compute, "int8") == 0)
        return rsl_fail(RSL_EARG,
                        "rounding 'paper' has zero points that are no whole numbers, which "
                        "int8 does not compute with");
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
    if (copy[e->deciding] == 0)
        return rsl_fail(RSL_EARG, "at a rate of 0, where is decided, nothing is struck");
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

/* Spelt otherwise, as msb and msb:1 are. */
static int check_doubles(struct rsl_explore *e) {
    char texts[MOST_PROTECTIONS][RSL_STORAGE_TEXT];
    for (int p = 0; p < e->n_protections; p++) {
        struct rsl_storage s;
        const char *storage = rsl_explore_storage(e, e->options.bits_low, p);
        if (!storage) return RSL_ENOMEM;
        RSL_TRY(rsl_storage_parse(&s, storage));
        rsl_storage_text(&s, texts[p]);
        for (int q = 0; q < p; q++)
            if (strcmp(texts[p], texts[q]) == 0)
                return rsl_fail(RSL_EARG, "protections '%s' and '%s' are the same",
                                e->protections[q], e->protections[p]);
    }
    return RSL_OK;
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
    RSL_TRY(check_doubles(e));
    return take_baseline(e);
}

static int try_campaign(struct rsl_explore *e, const char *storage) {
    struct rsl_campaign_options o = rsl_explore_campaign(e, storage);
    struct rsl_campaign *c;
    if (!storage) return RSL_ENOMEM;
    RSL_TRY(rsl_campaign_new(&c, e->model, e->data, &o));
    rsl_campaign_free(c);
    return RSL_OK;
}

/* That campaigns accept the rest of the options, and the network: on the baseline and on the
 * narrowest codes, which have the fewest bits to choose from. */
static int try_campaigns(struct rsl_explore *e) {
    if (e->model->image)
        return rsl_fail(RSL_EARG, "the network is quantized already: explore the original");
    RSL_TRY(try_campaign(e, e->baseline));
    for (int p = 0; p < e->n_protections; p++) {
        const char *storage = rsl_explore_storage(e, e->options.bits_low, p);
        int rc = try_campaign(e, storage);
        if (rc < 0) return rsl_fail_in(rc, "weights as %s", storage ? storage : "asked for");
    }
    return RSL_OK;
}

int rsl_explore_take_options(struct rsl_explore *e, const struct rsl_explore_options *options) {
    RSL_TRY(copy_options(e, options));
    RSL_TRY(check_words(&e->options));
    RSL_TRY(check_numbers(&e->options));
    RSL_TRY(take_rates(e, options->rates));
    RSL_TRY(split_protections(e));
    RSL_TRY(check_storages(e));
    if (e->options.budget > 0) RSL_TRY(rsl_explore_check_budget(e));
    return try_campaigns(e);
}

bool rsl_explore_asks_nothing(const struct rsl_explore_options *o) {
    return o->budget == 0 && o->drop_max >= 1 && o->accuracy_min <= 0;
}

bool rsl_explore_measures_all(const struct rsl_explore_options *o) {
    return o->budget > 0 || strcmp(o->search, "sweep") == 0 || rsl_explore_asks_nothing(o);
}
