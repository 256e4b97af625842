/* See losses.h. */
#include "search/losses.h"

#include "base/status.h"
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
static int name_store(struct rsl_losses *s) {
    const char *store = s->e->options.store;
    if (!store) return RSL_OK;
    const char *name = strrchr(store, '/'), *dot = strrchr(name ? name : store, '.');
    size_t stem = dot && dot != name + 1 && dot != store ? (size_t)(dot - store) : strlen(store);
    s->store = rsl_arena_printf(&s->e->arena, "%.*s.layers%s", (int)stem, store, store + stem);
    return s->store ? RSL_OK : RSL_ENOMEM;
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
    RSL_TRY(list_options(s));
    return name_store(s);
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
    o.store = s->store;
    return o;
}

/* The rate that a bit of the layer sees when faults strike the whole network at the deciding one.
 */
static double layer_rate(const struct rsl_losses *s, int layer) {
    const struct rsl_explore_options *o = &s->e->options;
    if (!strstr(o->fault, "sampling=layers")) return o->at;
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

/* The layer's name in quotes, for specs. */
static int quoted(const struct rsl_losses *s, int layer, struct rsl_text *name) {
    rsl_text_puts(name, "\"");
    rsl_layer_name(s->outline.outline, layer, name);
    rsl_text_puts(name, "\"");
    if (name->status < 0) return name->status;
    if (!strchr(name->at + 1, '"') || strchr(name->at + 1, '"')[1])
        return rsl_fail(RSL_EUNSUPPORTED, "layer %s has a quotation mark in its name", name->at);
    return RSL_OK;
}

static int measure_layer(struct rsl_losses *s, int layer, const char *name) {
    for (int o = 0; o < s->n; o++) {
        struct rsl_text storage = {0}, fault = {0};
        double accuracy = 0;
        rsl_text_printf(&storage, "f32; %s=%s", name, s->options[o].text);
        rsl_text_printf(&fault, "ber layers=%s", name);
        int rc = storage.status < 0 ? storage.status : fault.status;
        if (rc == RSL_OK)
            rc = measure(s, storage.at, fault.at, layer_rate(s, layer), true, &accuracy);
        rsl_text_free(&storage);
        rsl_text_free(&fault);
        if (rc < 0) return rc;
        /* By chance a network can gain; that is not to be paid for. */
        s->loss[(size_t)layer * (size_t)s->n + (size_t)o] = fmax(s->f32 - accuracy, 0);
    }
    return RSL_OK;
}

int rsl_losses_measure(struct rsl_losses *s) {
    RSL_TRY(measure(s, "f32", "ber", s->e->options.at, false, &s->f32));
    for (int l = 0; l < s->layers; l++) {
        struct rsl_text name = {0};
        int rc = quoted(s, l, &name);
        if (rc == RSL_OK) rc = measure_layer(s, l, name.at);
        rsl_text_free(&name);
        if (rc < 0) return rc;
    }
    return RSL_OK;
}
