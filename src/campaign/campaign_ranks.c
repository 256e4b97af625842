/* A campaign of several ranks: what they agree on, what the others do, what the leader checks. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/text.h"
#include "base/vec.h"
#include "campaign/campaign_int.h"
#include "data/fingerprint.h"
#include "graph/model.h"

/* Everything that a trial's outcome depends on. */
static int identity_text(const struct rsl_campaign *c, struct rsl_text *t) {
    char model[65], data[65];
    rsl_fingerprint_graph(&c->model->graph, model);
    RSL_TRY(rsl_fingerprint_data(c->data, c->n_images, c->threads, data));
    rsl_text_printf(t, "%s %s %lld %llu %d %d %s %s", model, data, (long long)c->n_images,
                    (unsigned long long)c->options.seed, (int)c->compute, c->options.reference,
                    c->storage_text, c->preprocess_text);
    for (int i = 0; i < c->n_points; i++)
        rsl_text_printf(t, "\n%s %.17g %s", c->points[i].fault, c->points[i].rate,
                        c->points[i].design);
    return t->status;
}

/* What jobs are looked up in, made before the ranks agree: who fails later keeps the leader
 * waiting. */
static int list_points(struct rsl_campaign *c) {
    rsl_free((void *)c->served);
    c->served = rsl_calloc((size_t)c->n_points, sizeof *c->served);
    for (int i = 0; c->served && i < c->n_points; i++) c->served[i] = c->points[i].faults;
    return c->served ? RSL_OK : RSL_ENOMEM;
}

int rsl_campaign_agree(struct rsl_campaign *c, int status) {
    struct rsl_text t = {0};
    if (status == RSL_OK) status = list_points(c);
    if (status == RSL_OK) status = identity_text(c, &t);
    int rc = rsl_ranks_agree(c->ranks, status, t.at ? t.at : "");
    rsl_text_free(&t);
    return rc;
}

int rsl_campaign_serve(struct rsl_campaign *c) {
    return rsl_ranks_serve(c->ranks, c->crew, c->served, c->n_points);
}

/* What was first found without faults where this job ran: executors of other points may round
 * otherwise, but not those of one point on different ranks. */
static int first_seen(struct rsl_campaign *c, const struct rsl_job *job, int64_t *right) {
    const struct rsl_store_trial *t = &job->record;
    for (size_t i = 0; i < c->seen.n; i++) {
        const struct rsl_seen *s = &c->seen.at[i];
        if (s->point != job->owner || s->first != t->first || s->images != t->images) continue;
        *right = s->right;
        return RSL_OK;
    }
    *right = t->golden_correct;
    return rsl_vec_push(&c->seen,
                        ((struct rsl_seen){job->owner, t->first, t->images, t->golden_correct}));
}

/* Another processor may round differently; then the ranks do not run the same network. */
int rsl_campaign_check_ranks(struct rsl_campaign *c, const struct rsl_job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct rsl_store_trial *t = &jobs[i].record;
        int64_t right;
        RSL_TRY(first_seen(c, &jobs[i], &right));
        if (right != t->golden_correct)
            return rsl_fail(RSL_EMISMATCH,
                            "trial %lld: without faults its rank is right about %lld images and "
                            "another about %lld: their processors or libraries differ",
                            (long long)t->k, (long long)t->golden_correct, (long long)right);
    }
    return RSL_OK;
}

int rsl_campaign_leads(const struct rsl_campaign *c) {
    return rsl_ranks_lead(c->ranks);
}
