/* What an exploration would do, before it does it. */
#include "base/status.h"
#include "search/explore_int.h"

#include <math.h>
#include <string.h>

/* Steps of a binary search among n widths, when it goes the longer way each time. */
static int steps(int n) {
    int k = 0;
    for (; n > 0; n /= 2) k++;
    return k;
}

int rsl_explore_plan(struct rsl_explore *e, struct rsl_explore_plan *plan) {
    const struct rsl_explore_options *o = &e->options;
    struct rsl_campaign_options options = rsl_explore_campaign(e, e->baseline);
    struct rsl_campaign_facts facts;
    struct rsl_campaign *c;
    const char *executor;
    double seconds;
    options.store = NULL; /* nothing is left behind */
    RSL_TRY(rsl_campaign_new(&c, e->model, e->data, &options));
    int rc = rsl_campaign_estimate(c, &seconds, &executor);
    if (rc == RSL_OK) rsl_campaign_facts(c, &facts);
    rsl_campaign_free(c);
    RSL_TRY(rc);
    bool all = o->budget > 0 || strcmp(o->search, "sweep") == 0;
    int widths = o->bits_high - o->bits_low + 1;
    double timing = o->seconds < 0 ? 0 : o->seconds > 0 ? o->seconds : 1;
    *plan = (struct rsl_explore_plan){
        .candidates = 1 + e->n_protections * (all ? widths : steps(widths)),
        .images = facts.images,
        .threads = facts.threads,
        .baseline = e->baseline,
        .executor = executor,
    };
    plan->seconds = seconds < 0 ? NAN : plan->candidates * (seconds + timing);
    return RSL_OK;
}
