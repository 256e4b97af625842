/* See trial.h. */
#include "campaign/trial.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "base/vec.h"
#include "fault/fault_list.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

/* ---- a point's faults ---- */

/* One model about activations. */
struct neurons {
    struct rsl_site_model model;
    struct rsl_activations where;
    int number;             /* of the model in the spec */
    struct rsl_hit *listed; /* of each row of its fault list; NULL: drawn */
    size_t n_listed;
    int64_t listed_trials; /* injections of that list */
};

struct rsl_point_faults {
    const struct rsl_fault_spec *spec;
    const struct rsl_memory *image;
    struct rsl_fault_source *source;
    struct neurons *neurons;
    int n_neurons;
    bool integer;               /* their scales are known */
    struct rsl_fault_bins bins; /* n 0: not sorted */
};

static int sites_of(const struct neurons *n) {
    return (int)n->where.sites.n;
}

static int64_t bits_to_strike(const struct neurons *n) {
    const struct rsl_site_model *m = &n->model;
    return rsl_sites_elements(m, n->where.sites.at, sites_of(n)) * rsl_site_places(m);
}

/* More faults than bits are a mistake, and would take memory without end. */
static int check_count(const struct neurons *n) {
    const struct rsl_site_model *m = &n->model;
    int64_t bits = bits_to_strike(n);
    if (m->amount != RSL_SITES_COUNT || m->count <= bits) return RSL_OK;
    return rsl_fail(RSL_EARG, "%lld faults are asked for, but there are %lld bits",
                    (long long)m->count, (long long)bits);
}

static int check_form(const struct neurons *n, const struct rsl_activation_source *from) {
    if (!from->integer || n->model.form == RSL_AS_INT8) return RSL_OK;
    return rsl_fail(RSL_EARG,
                    "the activations of an integer network are 8-bit integers: add as=int8");
}

static int find_drawn(struct neurons *n, const struct rsl_neuron *neuron,
                      const struct rsl_activation_source *from) {
    n->model = neuron->model;
    RSL_TRY(check_form(n, from));
    RSL_TRY(rsl_activations_find(&n->where, from, neuron));
    return check_count(n);
}

static int find_listed(struct neurons *n, const struct rsl_listed_sites *listed,
                       const struct rsl_activation_source *from) {
    n->model = (struct rsl_site_model){.count = 1, .form = listed->form, .last_channel = -1};
    RSL_TRY(check_form(n, from));
    n->n_listed = listed->n;
    n->listed_trials = listed->trials;
    n->listed = rsl_calloc(listed->n, sizeof *n->listed);
    return n->listed ? rsl_activations_listed(&n->where, from, listed, n->listed) : RSL_ENOMEM;
}

static int find_neurons(struct rsl_point_faults *p, const struct rsl_activation_source *from) {
    int models = rsl_fault_spec_models(p->spec);
    p->neurons = rsl_calloc((size_t)models, sizeof *p->neurons);
    if (!p->neurons) return RSL_ENOMEM;
    for (int i = 0; i < models; i++) {
        struct neurons *n = &p->neurons[p->n_neurons];
        struct rsl_neuron neuron;
        struct rsl_listed_sites listed = rsl_listed_sites(p->source, i);
        bool drawn = rsl_fault_spec_neuron(p->spec, i, &neuron);
        if (!drawn && listed.n == 0) continue;
        n->number = i;
        p->n_neurons++;
        int rc = drawn ? find_drawn(n, &neuron, from) : find_listed(n, &listed, from);
        if (rc < 0) return rsl_fail_in(rc, "fault model %s", drawn ? "neuron" : "list");
    }
    return RSL_OK;
}

int rsl_point_faults_new(struct rsl_point_faults **point, const struct rsl_fault_spec *spec,
                         const struct rsl_memory *image, const struct rsl_activation_source *from) {
    struct rsl_point_faults *p = rsl_calloc(1, sizeof *p);
    *point = NULL;
    if (!p) return RSL_ENOMEM;
    p->spec = spec;
    p->image = image;
    p->integer = from->integer != NULL;
    int rc = rsl_fault_source_new(&p->source, spec, image);
    if (rc == RSL_OK) rc = find_neurons(p, from);
    if (rc < 0)
        rsl_point_faults_free(p);
    else
        *point = p;
    return rc;
}

void rsl_point_faults_free(struct rsl_point_faults *p) {
    if (!p) return;
    for (int i = 0; i < p->n_neurons; i++) {
        rsl_activations_free(&p->neurons[i].where);
        rsl_free(p->neurons[i].listed);
    }
    rsl_free(p->neurons);
    rsl_fault_bins_free(&p->bins);
    rsl_fault_source_free(p->source);
    rsl_free(p);
}

static bool scaled(const struct rsl_point_faults *p, const struct neurons *n) {
    return !p->integer && n->model.form == RSL_AS_INT8 && !n->model.fixed;
}

bool rsl_point_faults_scaled(const struct rsl_point_faults *p) {
    bool any = false;
    for (int i = 0; i < p->n_neurons; i++) any |= scaled(p, &p->neurons[i]);
    return any;
}

int rsl_point_faults_calibrate(struct rsl_point_faults *p, const struct rsl_graph *g,
                               const float *images, int n) {
    for (int i = 0; i < p->n_neurons; i++)
        if (scaled(p, &p->neurons[i]))
            RSL_TRY(rsl_activations_calibrate(&p->neurons[i].where, g, images, n));
    return RSL_OK;
}

int rsl_point_faults_neurons(const struct rsl_point_faults *p) {
    return p->n_neurons;
}

int rsl_point_faults_neuron(const struct rsl_point_faults *p, int i) {
    return p->neurons[i].number;
}

const struct rsl_activations *rsl_point_faults_activations(const struct rsl_point_faults *p,
                                                           int i) {
    return &p->neurons[i].where;
}

const struct rsl_fault_source *rsl_point_faults_source(const struct rsl_point_faults *p) {
    return p->source;
}

void rsl_point_faults_shuffle(struct rsl_point_faults *p, uint64_t seed) {
    rsl_fault_source_shuffle(p->source, seed);
}

int rsl_point_faults_sort(struct rsl_point_faults *p, int most) {
    return rsl_fault_bins_init(&p->bins, p->source, p->n_neurons > 0 ? 1 : most);
}

const struct rsl_fault_bins *rsl_point_faults_bins(const struct rsl_point_faults *p) {
    return &p->bins;
}

/* ---- facts ---- */

double rsl_point_faults_expected(const struct rsl_point_faults *p) {
    double sum = 0;
    for (int i = 0; i < rsl_fault_spec_models(p->spec); i++)
        sum += rsl_fault_expected(p->source, i);
    for (int i = 0; i < p->n_neurons; i++) {
        const struct neurons *n = &p->neurons[i];
        if (n->listed) continue; /* their source counts them */
        sum += rsl_sites_expected(&n->model, n->where.sites.at, sites_of(n));
    }
    return sum;
}

int64_t rsl_point_faults_population(const struct rsl_point_faults *p) {
    int64_t sum = 0;
    for (int i = 0; i < rsl_fault_spec_models(p->spec); i++)
        sum += rsl_fault_population(p->source, i)->bits;
    for (int i = 0; i < p->n_neurons; i++) sum += bits_to_strike(&p->neurons[i]);
    return sum;
}

static struct rsl_site_share listed_share(const struct neurons *n, int site, int64_t elements) {
    int64_t rows = 0;
    for (size_t k = 0; k < n->n_listed; k++) rows += n->listed[k].site == site;
    return (struct rsl_site_share){.bits = elements * rsl_site_places(&n->model),
                                   .expected = (double)rows / (double)n->listed_trials};
}

struct rsl_site_share rsl_point_faults_site(const struct rsl_point_faults *p, int model, int i) {
    const struct neurons *n = &p->neurons[model];
    const struct rsl_site_model *m = &n->model;
    int64_t all = rsl_sites_elements(m, n->where.sites.at, sites_of(n));
    int64_t elements = rsl_sites_elements(m, &n->where.sites.at[i], 1);
    double share = (double)elements / (double)all;
    if (n->listed) return listed_share(n, i, elements);
    if (m->amount == RSL_SITES_COUNT && m->pick == RSL_PICK_LAYERS) share = 1.0 / sites_of(n);
    double expected = rsl_sites_expected(m, n->where.sites.at, sites_of(n));
    return (struct rsl_site_share){.bits = elements * rsl_site_places(m),
                                   .expected = expected * share};
}

int64_t rsl_point_faults_limit(const struct rsl_point_faults *p) {
    return rsl_fault_source_trials(p->source);
}

const char *rsl_point_faults_sampling(const struct rsl_point_faults *p) {
    const char *all = NULL;
    for (int i = 0; i < rsl_fault_spec_models(p->spec); i++) {
        const char *own = rsl_fault_sampling(p->source, i);
        if (!own) continue;
        if (all && strcmp(all, own) != 0) return "mixed";
        all = own;
    }
    for (int i = 0; i < p->n_neurons; i++) {
        const char *own = p->neurons[i].model.pick == RSL_PICK_LAYERS ? "layers" : "bits";
        if (p->neurons[i].listed) continue;
        if (p->neurons[i].model.amount == RSL_SITES_POISSON) own = "bits";
        if (all && strcmp(all, own) != 0) return "mixed";
        all = own;
    }
    return all ? all : "";
}

/* ---- a trial ---- */

struct rsl_trial_lists {
    const struct rsl_memory *image;
    struct rsl_cells *cells;
    struct rsl_faults faults;
    int *reader; /* [image->n] first node that reads the tensor; INT_MAX: none */
    struct {
        struct rsl_hits *at; /* of each model about activations */
        size_t n, cap;
    } hits;
    struct {
        struct rsl_strike_hits *at;
        size_t n, cap;
    } groups;
};

static int find_readers(struct rsl_trial_lists *l, const struct rsl_graph *g) {
    int *reader = rsl_calloc(g->values.n, sizeof *reader);
    l->reader = rsl_calloc((size_t)l->image->n, sizeof *l->reader);
    if (!reader || !l->reader) {
        rsl_free(reader);
        return RSL_ENOMEM;
    }
    for (size_t v = 0; v < g->values.n; v++) reader[v] = INT_MAX;
    for (size_t i = g->nodes.n; i-- > 0;)
        for (int k = 0; k < g->nodes.at[i].n_in; k++)
            if (g->nodes.at[i].in[k] != RSL_ABSENT) reader[g->nodes.at[i].in[k]] = (int)i;
    for (int t = 0; t < l->image->n; t++) l->reader[t] = reader[l->image->tensors[t].value];
    rsl_free(reader);
    return RSL_OK;
}

int rsl_trial_new(struct rsl_trial **trial, const struct rsl_memory *image,
                  const struct rsl_graph *g) {
    struct rsl_trial *t = rsl_calloc(1, sizeof *t);
    *trial = NULL;
    if (!t) return RSL_ENOMEM;
    t->lists = rsl_calloc(1, sizeof *t->lists);
    int rc = t->lists ? RSL_OK : RSL_ENOMEM;
    if (rc == RSL_OK) {
        t->lists->image = image;
        rc = rsl_cells_new(&t->lists->cells, image);
    }
    if (rc == RSL_OK) rc = find_readers(t->lists, g);
    if (rc < 0)
        rsl_trial_free(t);
    else
        *trial = t;
    return rc;
}

void rsl_trial_free(struct rsl_trial *t) {
    if (!t) return;
    struct rsl_trial_lists *l = t->lists;
    if (l) {
        for (size_t i = 0; i < l->hits.n; i++) rsl_hits_free(&l->hits.at[i]);
        rsl_free(l->hits.at);
        rsl_free(l->groups.at);
        rsl_faults_free(&l->faults);
        rsl_cells_free(l->cells);
        rsl_free(l->reader);
    }
    rsl_free(l);
    rsl_free(t);
}

/* Each model about activations draws from numbers of its own. */
static uint64_t seed_of(uint64_t seed, uint64_t model) {
    static const uint64_t neuron_model = 0x6e6575726f6e6d64; /* "neuronmd" */
    struct rsl_philox4 key = rsl_philox(seed, neuron_model, model);
    return key.v[0] | (uint64_t)key.v[1] << 32;
}

static int draw_of(const struct neurons *n, const struct rsl_point_faults *p, uint64_t seed,
                   uint64_t k, struct rsl_hits *out) {
    size_t first, rows;
    if (!n->listed)
        return rsl_sites_draw(&n->model, n->where.sites.at, sites_of(n),
                              seed_of(seed, (uint64_t)n->number), k, out);
    rsl_listed_of_trial(p->source, n->number, k, &first, &rows);
    return rsl_sites_fold(&n->model, n->where.sites.at, sites_of(n), n->listed + first, rows, out);
}

static int draw_hits(struct rsl_trial *t, const struct rsl_point_faults *p, uint64_t seed,
                     uint64_t k) {
    struct rsl_trial_lists *l = t->lists;
    l->groups.n = 0;
    for (int i = 0; i < p->n_neurons; i++) {
        const struct neurons *n = &p->neurons[i];
        if (l->hits.n <= (size_t)i) RSL_TRY(rsl_vec_push(&l->hits, (struct rsl_hits){0}));
        RSL_TRY(draw_of(n, p, seed, k, &l->hits.at[i]));
        RSL_TRY(rsl_vec_push(&l->groups, (struct rsl_strike_hits){0}));
    }
    /* Only now, for the lists may have moved. */
    for (int i = 0; i < p->n_neurons; i++)
        l->groups.at[i] = (struct rsl_strike_hits){.model = &p->neurons[i].model,
                                                   .sites = p->neurons[i].where.sites.at,
                                                   .at = p->neurons[i].where.places.at,
                                                   .hits = &l->hits.at[i]};
    t->strike.hits = l->groups.at;
    t->strike.n_hits = p->n_neurons;
    return RSL_OK;
}

static int strike_memory(struct rsl_trial *t, const struct rsl_point_faults *p, int bin,
                         uint64_t seed, uint64_t k) {
    struct rsl_trial_lists *l = t->lists;
    RSL_TRY(p->bins.n > 1 ? rsl_fault_bins_draw(&p->bins, bin, seed, k, &l->faults)
                          : rsl_faults_draw(p->source, seed, k, &l->faults));
    RSL_TRY(rsl_faults_apply(&l->faults, l->cells, &t->changed));
    t->strike.cells = l->cells;
    return rsl_cells_changes(l->cells, &t->strike.changes, &t->strike.n_changes, &t->votes);
}

/* Trials are sorted by it, no more: that an integer network numbers its nodes otherwise than the
 * network whose parameters are struck does no harm. */
static void find_first_node(struct rsl_trial *t) {
    int first = INT_MAX;
    for (size_t i = 0; i < t->strike.n_changes; i++) {
        int node = t->lists->reader[t->strike.changes[i].tensor];
        if (node < first) first = node;
    }
    for (int k = 0; k < t->strike.n_hits; k++) {
        const struct rsl_strike_hits *group = &t->strike.hits[k];
        for (size_t i = 0; i < group->hits->n; i++) {
            int node = group->at[group->hits->at[i].site].first;
            if (node < first) first = node;
        }
    }
    t->first_node = first;
}

static void find_place(struct rsl_trial *t) {
    const struct rsl_trial_lists *l = t->lists;
    struct rsl_trial_place *p = &t->place;
    if (t->faults != 1) return;
    if (l->faults.n == 1) {
        p->kind = RSL_IN_MEMORY;
        p->effect = l->faults.at[0].effect;
        rsl_fault_place(l->image, l->faults.at[0].address, &p->number, &p->element, &p->bit);
        return;
    }
    for (int k = 0; k < t->strike.n_hits; k++) {
        if (t->strike.hits[k].hits->n != 1) continue; /* none, or a pattern */
        const struct rsl_hit *hit = &t->strike.hits[k].hits->at[0];
        p->kind = RSL_IN_ACTIVATION;
        p->model = k;
        p->form = t->strike.hits[k].model->form;
        p->number = hit->site;
        p->element = hit->element;
        p->bit = hit->flips ? __builtin_ctz(hit->flips) : -1;
    }
}

int rsl_trial_begin(struct rsl_trial *t, const struct rsl_point_faults *p, int bin, uint64_t seed,
                    uint64_t k) {
    *t = (struct rsl_trial){.lists = t->lists};
    int rc = strike_memory(t, p, bin, seed, k);
    if (rc == RSL_OK) rc = draw_hits(t, p, seed, k);
    if (rc < 0) {
        rsl_trial_end(t);
        return rc;
    }
    t->faults = t->lists->faults.drawn;
    for (int i = 0; i < t->strike.n_hits; i++) {
        t->faults += t->strike.hits[i].hits->strikes;
        t->changed += (int64_t)t->strike.hits[i].hits->n;
    }
    find_first_node(t);
    find_place(t);
    return RSL_OK;
}

int rsl_trial_again(struct rsl_trial *t, const struct rsl_point_faults *p, uint64_t seed,
                    uint64_t k, const struct rsl_change *changes, size_t n) {
    *t = (struct rsl_trial){.lists = t->lists, .strike = {.changes = changes, .n_changes = n}};
    return draw_hits(t, p, seed, k);
}

const struct rsl_faults *rsl_trial_faults(const struct rsl_trial *t) {
    return &t->lists->faults;
}

void rsl_trial_end(struct rsl_trial *t) {
    rsl_cells_restore(t->lists->cells);
    t->strike = (struct rsl_strike){0};
}
