/* What an exploration found, as a table for people and as JSON. */
#ifndef CLI_EXPLORE_TABLE_H
#define CLI_EXPLORE_TABLE_H

#include <resile/explore.h>
#include <stdbool.h>

struct explore_view {
    const struct rsl_explore *explore;
    const double *rates;
    int n_rates;
    const char *written; /* file of the recommended network, or NULL */
};

/* All return an exit code. */
int explore_print_table(const struct explore_view *v);
int explore_print_json(const struct explore_view *v);
/* What a run would do; `v` without results. */
int explore_print_plan(struct rsl_explore *e, const struct explore_view *v, bool json);

#endif
