/* The faults of a campaign's trials as a fault list. Nothing of them is stored: trial k is drawn
 * anew from (seed, k). The file is written trial by trial. */
#include "base/file.h"
#include "base/status.h"
#include "campaign/campaign_int.h"
#include "fault/fault_list.h"
#include "fault/listed.h"
#include "fault/neuron.h"
#include "graph/model.h"

#include <string.h>

static const double most_rows = 1e8; /* a list is read into memory as a whole */

enum { TRIALS_BETWEEN_QUESTIONS = 1024 };

struct writing {
    struct rsl_campaign *c;
    const struct rsl_point *p;
    struct rsl_trial *trial;
    struct rsl_fault_list list; /* of one trial */
    struct rsl_writer *out;
    struct rsl_fault_list_facts *facts;
};

/* The activations of a list are struck in one form. */
static int take_form(enum rsl_site_form form, const char **all) {
    const char *name = rsl_site_form_name((size_t)form);
    if (*all && strcmp(*all, name) != 0)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "a fault list has activations in one form, and these are struck as %s and "
                        "as %s",
                        *all, name);
    *all = name;
    return RSL_OK;
}

/* What is struck in activations can be said in a list, whose column `As` says `as`. */
static int check_activations(const struct rsl_point *p, const char **as) {
    const char *form = NULL;
    for (int i = 0; i < rsl_fault_spec_models(p->spec); i++) {
        struct rsl_neuron n;
        struct rsl_listed_sites listed = rsl_listed_sites(rsl_point_faults_source(p->faults), i);
        bool drawn = rsl_fault_spec_neuron(p->spec, i, &n);
        if (!drawn && listed.n == 0) continue;
        if (drawn && n.model.fixed)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "a fault list says which bits of an activation are inverted; it cannot "
                            "say that one becomes %g",
                            (double)n.model.value);
        RSL_TRY(take_form(drawn ? n.model.form : listed.form, &form));
    }
    *as = form && strcmp(form, rsl_site_form_name(RSL_AS_F32)) != 0 ? form : NULL;
    return RSL_OK;
}

static int check(const struct rsl_campaign *c) {
    const struct rsl_point *p = c->points;
    if (c->n_points != 1)
        return rsl_fail(RSL_EARG, "a fault list is of one rate, and there are %d", c->n_points);
    if (c->options.margin > 0)
        return rsl_fail(RSL_EARG,
                        "with a margin the results decide which trials there are: give a number "
                        "of trials instead");
    double rows = rsl_point_faults_expected(p->faults) * (double)p->trials;
    if (rows > most_rows)
        return rsl_fail(RSL_EARG,
                        "about %.3g faults in %lld trials; a fault list has %.0g at the most", rows,
                        (long long)p->trials, most_rows);
    return RSL_OK;
}

static int add_hits(struct writing *w, int64_t injection) {
    for (int m = 0; m < w->trial->strike.n_hits; m++) {
        const struct rsl_strike_hits *group = &w->trial->strike.hits[m];
        enum rsl_site_form form = group->model->form;
        for (size_t i = 0; i < group->hits->n; i++) {
            const struct rsl_hit *hit = &group->hits->at[i];
            RSL_TRY(rsl_fault_list_add_hit(&w->list, injection, w->p->sites[m][hit->site], form,
                                           &group->sites[hit->site], hit));
        }
    }
    return RSL_OK;
}

static int add_rows(struct writing *w, int64_t k) {
    rsl_fault_list_clear(&w->list);
    RSL_TRY(rsl_fault_list_add(&w->list, w->c->image, k, rsl_trial_faults(w->trial)));
    return add_hits(w, k);
}

static int print_rows(struct writing *w) {
    struct rsl_text rows = {0};
    rsl_fault_list_print_rows(&w->list, &rows);
    int rc = rows.status;
    if (rc == RSL_OK && rows.n) rsl_writer_add(w->out, rows.at, rows.n);
    rsl_text_free(&rows);
    w->facts->trials++;
    w->facts->faults += (int64_t)w->list.rows.n;
    w->facts->without += w->list.rows.n == 0;
    return rc < 0 ? rc : w->out->status;
}

/* Whether to go on after `done` of this shard's trials. */
static int ask(const struct writing *w, int64_t done) {
    const struct rsl_campaign_options *o = &w->c->options;
    const struct rsl_campaign_progress told = {
        .done = done,
        .planned = (w->p->trials - o->shard + o->shards - 1) / o->shards,
        .phase = "faults"};
    if (!o->progress || done % TRIALS_BETWEEN_QUESTIONS != 0) return RSL_OK;
    return o->progress(o->context, &told) ? rsl_fail(RSL_EINTERRUPTED, "stopped") : RSL_OK;
}

/* The trials of this shard. */
static int each_trial(struct writing *w) {
    const struct rsl_campaign_options *o = &w->c->options;
    for (int64_t k = o->shard; k < w->p->trials; k += o->shards) {
        RSL_TRY(ask(w, (k - o->shard) / o->shards));
        RSL_TRY(rsl_trial_begin(w->trial, w->p->faults, 0, o->seed, (uint64_t)k));
        int rc = add_rows(w, k);
        rsl_trial_end(w->trial);
        RSL_TRY(rc);
        RSL_TRY(print_rows(w));
    }
    return RSL_OK;
}

/* The heading, written first, says whether there are effects and forms: whether there can be. */
static int write_list(struct writing *w, struct rsl_writer *out) {
    struct rsl_text heading = {0};
    w->out = out;
    w->list.effects = rsl_fault_sticks(rsl_point_faults_source(w->p->faults));
    w->list.forms = w->facts->as != NULL;
    rsl_fault_list_print_heading(&w->list, &heading);
    int rc = heading.status;
    if (rc == RSL_OK) rsl_writer_add(out, heading.at, heading.n);
    rsl_text_free(&heading);
    if (rc == RSL_OK) rc = each_trial(w);
    if (rc == RSL_OK && w->facts->faults == 0)
        rc = rsl_fail(RSL_EARG, "none of the %lld trials has a fault: there is nothing to list",
                      (long long)w->facts->trials);
    if (rc == RSL_OK) rsl_writer_add(out, "\n", 1);
    return rc;
}

int rsl_campaign_write_faults(struct rsl_campaign *c, const char *path,
                              struct rsl_fault_list_facts *facts) {
    struct writing w = {.c = c, .p = c->points, .facts = facts};
    struct rsl_writer out;
    *facts = (struct rsl_fault_list_facts){0};
    RSL_TRY(check(c));
    RSL_TRY(rsl_file_replaceable(path, "Injection,", "fault list"));
    RSL_TRY(check_activations(c->points, &facts->as));
    rsl_fault_list_init(&w.list);
    RSL_TRY(rsl_writer_open(&out, path));
    int rc = rsl_trial_new(&w.trial, c->image, &c->model->graph);
    if (rc == RSL_OK) rc = write_list(&w, &out);
    if (rc == RSL_OK)
        rc = rsl_writer_commit(&out);
    else
        rsl_writer_abort(&out);
    rsl_trial_free(w.trial);
    rsl_fault_list_free(&w.list);
    return rc;
}
