/* What a campaign is going to do, and what it found, as `resile inject` shows them. */
#ifndef CLI_INJECT_VIEW_H
#define CLI_INJECT_VIEW_H

#include <resile/campaign.h>

#include <stdbool.h>
#include <stdint.h>

struct inject_view {
    const char *model, *compute; /* as given */
    int64_t seed;
    double confidence;
    bool json;
};

/* Both return an exit code. */
int inject_print_plan(struct rsl_campaign *c, bool json);
int inject_print_results(const struct rsl_campaign *c, const struct inject_view *v);

#endif
