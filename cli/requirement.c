/* See requirement.h. */
#include "requirement.h"

#include "command.h"
#include "message.h"

#include <math.h>
#include <stdio.h>

/* "ber at 1e-05" */
static void name_point(char *text, size_t size, const struct rsl_campaign_point *p) {
    if (isnan(p->rate))
        snprintf(text, size, "%s", p->fault);
    else
        snprintf(text, size, "%s at %g", p->fault, p->rate);
}

/* Shares as points of per cent. */
static bool meets(const char *point, const char *what, double most, double high, bool given) {
    if (!given || high <= most) return true;
    complain("%s: %s of %.4g points cannot be excluded; the most allowed is %.4g", point, what,
             100 * high, 100 * most);
    return false;
}

int requirement_check(const struct requirement *r, const struct rsl_campaign *c) {
    bool all = true;
    if (!r->drop_given && !r->sdc_given) return EXIT_DONE;
    for (int i = 0; i < rsl_campaign_points(c); i++) {
        struct rsl_campaign_result result;
        struct rsl_campaign_point p;
        char point[160];
        rsl_campaign_point(c, i, &p);
        name_point(point, sizeof point, &p);
        if (rsl_campaign_result(c, i, &result) < 0) {
            complain("%s: there are no trials, which shows nothing", point);
            all = false;
            continue;
        }
        all &= meets(point, "a drop", r->drop_max, result.drop_high, r->drop_given);
        all &= meets(point, "an SDC rate", r->sdc_max, result.sdc_high, r->sdc_given);
    }
    return all ? EXIT_DONE : EXIT_UNMET;
}
