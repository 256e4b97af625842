/* Making campaigns: options become an image, points and images, and everything that is wrong with
 * them is said before anything runs. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/text.h"
#include "campaign/campaign_int.h"
#include "data/preprocess.h"
#include "graph/compute.h"
#include "graph/model.h"
#include "memory/layer_name.h"
#include "memory/stored.h"
#include "resile/provenance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_POINTS = 4096, MOST_THREADS = 1024 };
enum { MOST_BINS = 128 }; /* the pilot grows with them: bit positions, but seldom of each layer */

/* ---- options ---- */

static const double usual_confidence = 0.95; /* where none is given */

static int check_numbers(const struct rsl_campaign_options *o) {
    if (o->trials < 0) return rsl_fail(RSL_EARG, "%lld trials: not a count", (long long)o->trials);
    if (o->images < 0) return rsl_fail(RSL_EARG, "%lld images: not a count", (long long)o->images);
    if (o->threads < 0 || o->threads > MOST_THREADS)
        return rsl_fail(RSL_EARG, "%d threads: the number must be in 1..%d", o->threads,
                        MOST_THREADS);
    if (o->seed > INT64_MAX)
        return rsl_fail(RSL_EARG, "seed %llu is too large: at most %lld",
                        (unsigned long long)o->seed, (long long)INT64_MAX);
    if (o->margin != 0)
        RSL_TRY(rsl_margin_check(o->margin, o->confidence != 0 ? o->confidence : usual_confidence));
    if (o->confidence != 0 && !(o->confidence > 0 && o->confidence < 1))
        return rsl_fail(RSL_EARG, "the confidence is %g; it must be between 0 and 1",
                        o->confidence);
    if (o->trials > 0 && o->margin > 0)
        return rsl_fail(RSL_EARG, "either a number of trials or a margin, not both");
    return RSL_OK;
}

static int check_shard(const struct rsl_campaign_options *o) {
    if (o->shards == 0 && o->shard == 0) return RSL_OK;
    if (o->shards < 1 || o->shard < 0 || o->shard >= o->shards)
        return rsl_fail(RSL_EARG, "shard %d of %d: shards of n are 0 to n - 1", o->shard,
                        o->shards);
    if (o->margin > 0 && o->shards > 1)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "a margin needs the outcomes of all shards: fix the number of trials");
    return RSL_OK;
}

static int find_quantity(struct rsl_campaign *c) {
    const char *text = c->options.quantity;
    c->quantity = RSL_QUANTITY_DROP;
    if (!text || strcmp(text, "drop") == 0) return RSL_OK;
    c->quantity = RSL_QUANTITY_SDC;
    if (strcmp(text, "sdc") == 0) return RSL_OK;
    return rsl_fail(RSL_EARG, "the margin can be of 'drop' or 'sdc', not of '%.60s'", text);
}

static int copy_text(struct rsl_campaign *c, const char **text) {
    if (!*text) return RSL_OK;
    *text = rsl_arena_strdup(&c->arena, *text);
    return *text ? RSL_OK : RSL_ENOMEM;
}

static int copy_options(struct rsl_campaign *c, const struct rsl_campaign_options *options) {
    struct rsl_campaign_options *o = &c->options;
    *o = *options;
    o->rates = NULL;
    if (o->confidence == 0) o->confidence = usual_confidence;
    if (o->shards == 0) o->shards = 1;
    RSL_TRY(copy_text(c, &o->fault));
    RSL_TRY(copy_text(c, &o->regions));
    RSL_TRY(copy_text(c, &o->storage));
    RSL_TRY(copy_text(c, &o->compute));
    RSL_TRY(copy_text(c, &o->quantity));
    RSL_TRY(copy_text(c, &o->store));
    RSL_TRY(copy_text(c, &o->model_name));
    return copy_text(c, &o->command);
}

/* ---- model and images ---- */

/* What images become, in one line: "scale=1/255 mean=0.5 std=0.2"; the options before the model's
 * words. */
static char *preprocess_text(const struct rsl_model *model,
                             const struct rsl_preprocess_options *o) {
    struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS];
    struct rsl_text t = {0};
    rsl_text_puts(&t, "");
    rsl_preprocess_words(words, model, o);
    for (int i = 0; i < RSL_PREPROCESS_WORDS; i++)
        if (words[i].text)
            rsl_text_printf(&t, "%s%s=%s", t.n ? " " : "", strrchr(words[i].key, '.') + 1,
                            words[i].text);
    if (t.status < 0) rsl_text_free(&t);
    return t.at;
}

/* One word for all weights: what they have in common, or "mixed". */
static void find_common_words(struct rsl_campaign *c, const struct rsl_mix *mix) {
    char encoding[RSL_ENCODING_TEXT], protection[RSL_PROTECTION_TEXT];
    rsl_encoding_text(&mix->each[0].encoding, c->encoding);
    rsl_protection_text(&mix->each[0].protection, c->protection);
    for (int k = 1; k < mix->n; k++) {
        rsl_encoding_text(&mix->each[k].encoding, encoding);
        rsl_protection_text(&mix->each[k].protection, protection);
        if (strcmp(c->encoding, encoding) != 0) snprintf(c->encoding, 6, "mixed");
        if (strcmp(c->protection, protection) != 0) snprintf(c->protection, 6, "mixed");
    }
}

static int describe_storage(struct rsl_campaign *c, const struct rsl_mix *mix) {
    struct rsl_text text = {0};
    find_common_words(c, mix);
    rsl_mix_text(mix, &text);
    if (text.status == RSL_OK) c->storage_text = rsl_arena_strdup(&c->arena, text.at);
    rsl_text_free(&text);
    return c->storage_text ? RSL_OK : RSL_ENOMEM;
}

static int make_image(struct rsl_campaign *c) {
    const char *otherwise = c->compute == RSL_MODE_INT8 ? "symmetric8:channel" : NULL;
    struct rsl_mix mix;
    RSL_TRY(rsl_model_image(&c->image, &mix, c->model, c->options.storage, otherwise));
    int rc = describe_storage(c, &mix);
    rsl_mix_free(&mix);
    RSL_TRY(rc);
    return rsl_layer_names(c->image, &c->arena, &c->layers);
}

static int name_sites(struct rsl_campaign *c, struct rsl_point *p) {
    const struct rsl_graph *g = rsl_campaign_activations(c).graph;
    int models = rsl_point_faults_neurons(p->faults);
    p->sites = rsl_arena_array(&c->arena, (size_t)models, sizeof *p->sites);
    if (!p->sites) return RSL_ENOMEM;
    for (int m = 0; m < models; m++) {
        const struct rsl_activations *a = rsl_point_faults_activations(p->faults, m);
        p->sites[m] = rsl_arena_array(&c->arena, a->places.n, sizeof *p->sites[m]);
        for (size_t i = 0; p->sites[m] && i < a->places.n; i++) {
            p->sites[m][i] = rsl_activation_label(&c->arena, g, &a->places.at[i]);
            if (!p->sites[m][i]) return RSL_ENOMEM;
        }
        if (!p->sites[m]) return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* Each has a place in the order, an outcome, and a golden prediction in memory. */
static const int64_t most_images = (int64_t)1 << 28;

static int check_images(struct rsl_campaign *c) {
    const struct rsl_graph *g = &c->model->graph;
    int shape[3];
    if (g->inputs.n != 1)
        return rsl_fail(RSL_EARG, "the network has %zu inputs; campaigns feed it one image",
                        g->inputs.n);
    c->n_images = rsl_data_count(c->data);
    if (c->options.images > c->n_images)
        return rsl_fail(RSL_EARG, "%lld images are asked for; data set %s has %lld",
                        (long long)c->options.images, rsl_data_name(c->data),
                        (long long)c->n_images);
    if (c->options.images > 0) c->n_images = c->options.images;
    if (c->n_images > most_images)
        return rsl_fail(RSL_EARG, "%lld images; a campaign takes at most %lld",
                        (long long)c->n_images, (long long)most_images);
    if (c->n_images == 0) return rsl_fail(RSL_EARG, "data set %s is empty", rsl_data_name(c->data));
    c->preprocess_text = preprocess_text(c->model, c->options.preprocess);
    if (!c->preprocess_text) return RSL_ENOMEM;
    RSL_TRY(rsl_preprocess_new(&c->preprocess, c->model, c->options.preprocess));
    RSL_TRY(rsl_preprocess_shape(c->preprocess, c->data, shape));
    const struct rsl_value *x = &g->values.at[g->inputs.at[0]];
    for (int i = 1; i < 4; i++)
        if (x->tensor.shape.dim[i] < 0)
            return rsl_fail(RSL_EMISMATCH,
                            "input '%s' of the model leaves sizes open: fit it first", x->name);
    return RSL_OK;
}

/* ---- points ---- */

static int plan_trials(struct rsl_campaign *c, struct rsl_point *p) {
    int64_t limit = rsl_point_faults_limit(p->faults);
    p->trials = c->options.trials;
    if (c->options.margin > 0) return RSL_OK;
    if (p->trials == 0 && limit == INT64_MAX)
        return rsl_fail(RSL_EARG, "say how many trials, or what margin is wanted");
    if (p->trials == 0 || p->trials > limit) p->trials = limit;
    return RSL_OK;
}

static const char *bin_name(struct rsl_campaign *c, const struct rsl_point *p,
                            const struct rsl_fault_bin *bin) {
    const struct rsl_fault_source *source = rsl_point_faults_source(p->faults);
    const char *layer = "all layers";
    if (bin->part >= 0) layer = c->layers[rsl_fault_population(source, 0)->parts[bin->part].tensor];
    if (bin->position >= 0) return rsl_arena_printf(&c->arena, "%s bit %d", layer, bin->position);
    return rsl_arena_printf(&c->arena, "%s%s", layer,
                            bin->position == RSL_BIN_SHARED ? " check bits" : "");
}

/* Bins, when sampling may choose among them; their names are the store's strata. */
static int sort_faults(struct rsl_campaign *c, struct rsl_point *p) {
    RSL_TRY(rsl_point_faults_sort(p->faults, c->options.margin > 0 ? MOST_BINS : 1));
    const struct rsl_fault_bins *bins = rsl_point_faults_bins(p->faults);
    if (bins->n <= 1) return RSL_OK;
    p->strata = rsl_arena_array(&c->arena, (size_t)bins->n, sizeof *p->strata);
    for (int b = 0; p->strata && b < bins->n; b++) {
        const char *name = bin_name(c, p, &bins->at[b]);
        if (!name) return RSL_ENOMEM;
        p->strata[b] = (struct rsl_store_stratum){.name = name, .weight = bins->weights[b]};
    }
    return p->strata ? RSL_OK : RSL_ENOMEM;
}

/* A fault list may have fewer faults than it takes to begin with. */
static int check_pilot(const struct rsl_point *p) {
    return rsl_stopping_check_trials(rsl_point_faults_bins(p->faults)->n,
                                     rsl_point_faults_limit(p->faults));
}

static int describe_design(struct rsl_campaign *c, struct rsl_point *p) {
    struct rsl_text t = {0};
    if (c->options.margin > 0)
        rsl_text_printf(&t, "margin %.10g of %s at %.10g", c->options.margin,
                        c->quantity == RSL_QUANTITY_SDC ? "sdc" : "drop", c->options.confidence);
    else
        rsl_text_puts(&t, "all");
    p->design = t.at;
    return t.status;
}

static int make_point(struct rsl_campaign *c, struct rsl_point *p, const double *rate) {
    const struct rsl_activation_source from = rsl_campaign_activations(c);
    unsigned regions;
    p->rate = rate ? *rate + 0.0 : NAN; /* no -0 */
    RSL_TRY(rsl_fault_spec_parse(&p->spec, c->options.fault));
    if (c->options.regions) {
        RSL_TRY(rsl_regions_parse(&regions, c->options.regions));
        RSL_TRY(rsl_fault_spec_set_regions(p->spec, regions));
    }
    p->fault = rsl_fault_spec_text(p->spec);
    if (!p->fault) return RSL_ENOMEM;
    if (rate) RSL_TRY(rsl_fault_spec_set_rate(p->spec, p->rate));
    RSL_TRY(rsl_point_faults_new(&p->faults, p->spec, c->image, &from));
    RSL_TRY(name_sites(c, p));
    RSL_TRY(plan_trials(c, p));
    if (c->options.margin > 0) rsl_point_faults_shuffle(p->faults, c->options.seed);
    RSL_TRY(sort_faults(c, p));
    if (c->options.margin > 0) RSL_TRY(check_pilot(p));
    return describe_design(c, p);
}

static int make_points(struct rsl_campaign *c, const double *rates, int n) {
    if (!c->options.fault)
        return rsl_fail(RSL_EARG, "no fault is named; 'ber', 'single' and 'neuron' are some");
    if (n < 0 || n > MOST_POINTS)
        return rsl_fail(RSL_EARG, "%d rates: there can be %d", n, MOST_POINTS);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (rates[k] == rates[i])
                return rsl_fail(RSL_EARG, "the rate %g is there twice", rates[i]);
    c->points = rsl_calloc(n ? (size_t)n : 1, sizeof *c->points);
    if (!c->points) return RSL_ENOMEM;
    while (c->n_points < n || c->n_points == 0) {
        const double *rate = n ? &rates[c->n_points] : NULL;
        RSL_TRY(make_point(c, &c->points[c->n_points++], rate));
    }
    return RSL_OK;
}

/* ---- all of it ---- */

static int make(struct rsl_campaign *c, const struct rsl_campaign_options *options) {
    RSL_TRY(rsl_ranks_join(&c->ranks));
    RSL_TRY(check_numbers(options));
    RSL_TRY(check_shard(options));
    RSL_TRY(copy_options(c, options));
    RSL_TRY(find_quantity(c));
    RSL_TRY(rsl_compute_parse(c->options.compute, &c->compute));
    c->threads = c->options.threads;
    if (c->threads == 0) c->threads = rsl_cpu_threads() / rsl_ranks_here(c->ranks);
    if (c->threads == 0) c->threads = 1;
    RSL_TRY(check_images(c));
    RSL_TRY(make_image(c));
    RSL_TRY(rsl_campaign_find_activations(c));
    return make_points(c, options->rates, options->n_rates);
}

int rsl_campaign_new(struct rsl_campaign **campaign, const struct rsl_model *model,
                     const struct rsl_data *data, const struct rsl_campaign_options *options) {
    struct rsl_campaign *c = rsl_calloc(1, sizeof *c);
    *campaign = NULL;
    if (!c) return RSL_ENOMEM;
    c->model = model;
    c->data = data;
    int rc = make(c, options);
    c->options.preprocess = NULL;                                   /* the caller's */
    if (rc < 0 && c->ranks) rc = rsl_ranks_agree(c->ranks, rc, ""); /* the others must know */
    if (rc < 0)
        rsl_campaign_free(c);
    else
        *campaign = c;
    return rc;
}

static void free_point(struct rsl_point *p) {
    rsl_point_faults_free(p->faults);
    rsl_fault_spec_free(p->spec);
    rsl_estimate_free(&p->estimate);
    rsl_free(p->fault);
    rsl_free(p->design);
    rsl_free(p->done.at);
}

void rsl_campaign_free(struct rsl_campaign *c) {
    if (!c) return;
    rsl_store_close(c->store);
    rsl_crew_free(c->crew);
    rsl_ranks_free(c->ranks);
    rsl_free((void *)c->served);
    rsl_free(c->seen.at);
    for (int i = 0; i < c->n_points; i++) free_point(&c->points[i]);
    rsl_free(c->points);
    rsl_images_free(&c->images);
    rsl_preprocess_free(c->preprocess);
    rsl_free(c->preprocess_text);
    rsl_integer_free(&c->integer);
    rsl_ranges_free(&c->ranges);
    rsl_memory_free(c->image);
    rsl_arena_free(&c->arena);
    rsl_free(c);
}
