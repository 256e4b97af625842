/* See losses.h. */
#include "search/losses.h"

#include "base/alloc.h"
#include "base/status.h"
#include "fault/fault.h"
#include "graph/model.h"
#include "memory/layer_name.h"

#include <math.h>
#include <string.h>

enum { TRIALS = 10, IMAGES = 1000 };

/* ---- options ---- */

static int list_options(struct rsl_losses *s) {
    const struct rsl_explore_options *o = &s->e->options;
    int i = 0;
    for (int p = 0; p < s->e->n_protections; p++)
        for (int w = o->bits_low; w <= o->bits_high; w++, i++) {
            s->options[i].text = rsl_explore_storage(s->e, w, p);
            if (!s->options[i].text) return RSL_ENOMEM;
            RSL_TRY(rsl_storage_parse(&s->options[i].storage, s->options[i].text));
        }
    for (int l = 0; l < s->layers; l++)
        for (i = 0; i < s->n; i++)
            s->bits[(size_t)l * (size_t)s->n + (size_t)i] =
                rsl_groups_of(&s->options[i].storage, s->outline.outline->tensors[l].count).stored;
    return RSL_OK;
}

/* "R.layers.db" beside "R.db": what single layers cost is not what the report is about. */
static int name_store(struct rsl_explore *e) {
    const char *store = e->options.store;
    if (!store || e->layers_store) return RSL_OK;
    const char *slash = strrchr(store, '/'), *name = slash ? slash + 1 : store;
    const char *dot = strrchr(name, '.');
    size_t stem = dot && dot != name ? (size_t)(dot - store) : strlen(store);
    e->layers_store = rsl_arena_printf(&e->arena, "%.*s.layers%s", (int)stem, store, store + stem);
    return e->layers_store ? RSL_OK : RSL_ENOMEM;
}

/* What 'ber' does to one layer at a time is what a budget is spent by. */
static int take_fault(struct rsl_losses *s) {
    const char *fault = s->e->options.fault;
    struct rsl_fault_spec *spec;
    RSL_TRY(rsl_fault_spec_parse(&spec, fault));
    bool one = rsl_fault_spec_models(spec) == 1;
    char *text = rsl_fault_spec_text(spec);
    rsl_fault_spec_free(spec);
    if (!text) return RSL_ENOMEM;
    bool ber = one && strncmp(text, "ber", 3) == 0, some = strstr(text, " layers=") != NULL;
    s->by_layers = strstr(text, " sampling=layers") != NULL;
    rsl_free(text);
    if (!ber)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "a budget is spent by what 'ber' does to single layers; the fault is "
                        "'%.60s'",
                        fault);
    if (some)
        return rsl_fail(RSL_EUNSUPPORTED, "a budget is for faults in all layers, not in '%.60s'",
                        fault);
    return RSL_OK;
}

static int prepare(struct rsl_losses *s) {
    struct rsl_storage f32;
    struct rsl_arena *a = &s->e->arena;
    RSL_TRY(rsl_storage_parse(&f32, "f32"));
    RSL_TRY(rsl_mix_init(&s->outline, &s->e->model->graph, &f32));
    s->layers = s->outline.n;
    s->n = s->e->n_protections * (s->e->options.bits_high - s->e->options.bits_low + 1);
    size_t cells = (size_t)s->layers * (size_t)s->n;
    s->options = rsl_arena_array(a, (size_t)s->n, sizeof *s->options);
    s->loss = rsl_arena_array(a, cells, sizeof *s->loss);
    s->bits = rsl_arena_array(a, cells, sizeof *s->bits);
    if (!s->options || !s->loss || !s->bits) return RSL_ENOMEM;
    RSL_TRY(take_fault(s));
    RSL_TRY(list_options(s));
    return name_store(s->e);
}

int rsl_losses_init(struct rsl_losses *s, struct rsl_explore *e) {
    *s = (struct rsl_losses){.e = e};
    int rc = prepare(s);
    if (rc < 0) rsl_losses_free(s);
    return rc;
}

void rsl_losses_free(struct rsl_losses *s) {
    rsl_mix_free(&s->outline);
}

/* ---- campaigns ---- */

static struct rsl_campaign_options small_campaign(struct rsl_losses *s) {
    struct rsl_campaign_options o = rsl_explore_campaign(s->e, NULL);
    int64_t images = o.images > 0 ? o.images : rsl_data_count(s->e->data);
    o.images = images < IMAGES ? images : IMAGES;
    o.trials = o.trials > 0 && o.trials < TRIALS ? o.trials : TRIALS;
    o.margin = 0;
    o.store = s->e->layers_store;
    return o;
}

/* The rate that a bit of the layer sees when faults strike the whole network at the deciding one.
 */
static double layer_rate(const struct rsl_losses *s, int layer) {
    const struct rsl_explore_options *o = &s->e->options;
    if (!s->by_layers) return o->at;
    const struct rsl_memory *m = s->outline.outline;
    double share = (double)m->region[RSL_REGION_WEIGHTS].elements / (double)m->n;
    return fmin(o->at * share / (double)m->tensors[layer].count, 1);
}

static int on_progress(void *context, const struct rsl_campaign_progress *p) {
    const struct rsl_losses *s = context;
    const struct rsl_explore_options *o = &s->e->options;
    const struct rsl_explore_progress told = {.storage = "mixes",
                                              .candidate = (int)s->e->candidates.n + 1,
                                              .phase = "layers",
                                              .done = p->trials,
                                              .planned = p->of};
    return o->progress ? o->progress(o->context, &told) : 0;
}

static int measure(struct rsl_losses *s, const char *storage, const char *fault, double rate,
                   bool inject, double *accuracy) {
    struct rsl_campaign_options o = small_campaign(s);
    struct rsl_campaign_result r;
    struct rsl_campaign *c;
    o.storage = storage;
    o.fault = fault;
    o.rates = &rate;
    o.n_rates = 1;
    o.progress = on_progress;
    o.context = s;
    RSL_TRY(rsl_campaign_new(&c, s->e->model, s->e->data, &o));
    int rc = inject ? rsl_campaign_run(c) : rsl_campaign_golden(c, accuracy);
    if (rc == RSL_OK && inject) {
        rc = rsl_campaign_result(c, 0, &r);
        *accuracy = rc < 0 ? 0 : r.accuracy;
    }
    rsl_campaign_free(c);
    return rc;
}

/* The fault that was asked for, in the weights of that name only. */
static int fault_in(const struct rsl_losses *s, const char *weights, char **text) {
    struct rsl_fault_spec *spec;
    RSL_TRY(rsl_fault_spec_parse(&spec, s->e->options.fault));
    int rc = rsl_fault_spec_set_layer(spec, weights);
    *text = rc < 0 ? NULL : rsl_fault_spec_text(spec);
    rsl_fault_spec_free(spec);
    return rc < 0 ? rc : *text ? RSL_OK : RSL_ENOMEM;
}

int rsl_losses_storage(const struct rsl_losses *s, int layer, int option, struct rsl_text *text) {
    struct rsl_text name = {0};
    rsl_layer_name(s->outline.outline, layer, &name);
    int rc = name.status;
    if (rc == RSL_OK && strchr(name.at, '"'))
        rc = rsl_fail(RSL_EUNSUPPORTED, "layer '%s' has a quotation mark in its name", name.at);
    if (rc == RSL_OK) rsl_text_printf(text, "f32; \"%s\"=%s", name.at, s->options[option].text);
    rsl_text_free(&name);
    return rc < 0 ? rc : text->status;
}

static int measure_option(struct rsl_losses *s, int layer, int option, const char *fault) {
    struct rsl_text storage = {0};
    double accuracy = 0;
    int rc = rsl_losses_storage(s, layer, option, &storage);
    if (rc == RSL_OK) rc = measure(s, storage.at, fault, layer_rate(s, layer), true, &accuracy);
    rsl_text_free(&storage);
    /* By chance a network can gain; that is not to be paid for. */
    s->loss[(size_t)layer * (size_t)s->n + (size_t)option] = fmax(s->f32 - accuracy, 0);
    return rc;
}

static int measure_layer(struct rsl_losses *s, int layer) {
    char *fault;
    RSL_TRY(fault_in(s, s->outline.outline->tensors[layer].name, &fault));
    int rc = RSL_OK;
    for (int o = 0; o < s->n && rc == RSL_OK; o++) rc = measure_option(s, layer, o, fault);
    rsl_free(fault);
    return rc;
}

int rsl_losses_measure(struct rsl_losses *s) {
    RSL_TRY(measure(s, "f32", "ber", s->e->options.at, false, &s->f32));
    for (int l = 0; l < s->layers; l++) RSL_TRY(measure_layer(s, l));
    return RSL_OK;
}

int rsl_losses_plan(struct rsl_explore *e, double each, double *seconds) {
    struct rsl_losses s;
    RSL_TRY(rsl_losses_init(&s, e));
    struct rsl_campaign_options o = small_campaign(&s);
    *seconds = (double)s.layers * s.n * (double)o.trials * (double)o.images * each;
    rsl_losses_free(&s);
    return RSL_OK;
}
