/* What an exploration would do, before it does it. */
#include "base/status.h"
#include "search/losses.h"

#include <math.h>
#include <string.h>

/* Steps of a binary search among n widths, when it goes the longer way each time. */
static int steps(int n) {
    int k = 0;
    for (; n > 0; n /= 2) k++;
    return k;
}

enum { MIXES = 2 }; /* of a budget, measured like other candidates */

/* What a budget takes besides candidates; `seconds` is that of one. */
static int plan_layers(struct rsl_explore *e, int64_t images, double seconds, double *more) {
    const struct rsl_explore_options *o = &e->options;
    double inferences = (double)o->trials * (double)images * o->n_rates;
    *more = 0;
    return o->budget > 0 ? rsl_losses_plan(e, seconds / inferences, more) : RSL_OK;
}

int rsl_explore_plan(struct rsl_explore *e, struct rsl_explore_plan *plan) {
    const struct rsl_explore_options *o = &e->options;
    struct rsl_campaign_options options = rsl_explore_campaign(e, e->baseline);
    struct rsl_campaign_facts facts = {0};
    struct rsl_campaign *c;
    const char *executor = NULL;
    double seconds = -1;
    options.store = NULL; /* nothing is left behind */
    RSL_TRY(rsl_campaign_new(&c, e->model, e->data, &options));
    int rc = rsl_campaign_estimate(c, &seconds, &executor);
    if (rc == RSL_OK) rsl_campaign_facts(c, &facts);
    rsl_campaign_free(c);
    RSL_TRY(rc);
    bool all = rsl_explore_measures_all(o);
    int widths = o->bits_high - o->bits_low + 1;
    double timing = o->seconds < 0 ? 0 : o->seconds > 0 ? o->seconds : 1;
    *plan = (struct rsl_explore_plan){
        .candidates =
            1 + e->n_protections * (all ? widths : steps(widths)) + (o->budget > 0 ? MIXES : 0),
        .images = facts.images,
        .threads = facts.threads,
        .baseline = e->baseline,
        .executor = executor,
    };
    plan->seconds = NAN;
    if (seconds < 0) return RSL_OK; /* a margin */
    double layers;
    RSL_TRY(plan_layers(e, facts.images, seconds, &layers));
    plan->seconds = plan->candidates * (seconds + timing) + layers;
    return RSL_OK;
}
