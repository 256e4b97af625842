/* The inside of an exploration: explore_options.c takes what is asked for, explore.c runs it and
 * answers; candidate.c measures one candidate, layer_mix.c finds mixes, verdict.c judges. */
#ifndef RSL_SEARCH_EXPLORE_INT_H
#define RSL_SEARCH_EXPLORE_INT_H

#include "base/arena.h"
#include "memory/mix.h"
#include "resile/explore.h"

enum rsl_candidate_role { RSL_IS_BASELINE, RSL_IS_UNIFORM, RSL_IS_MIX };

struct rsl_candidate {
    const char *storage; /* in the one form */
    enum rsl_candidate_role role;
    int protection, bits; /* uniform ones: index in the list, width */
    int64_t weights, weight_bits, scale_bits;
    double golden;
    bool injected;
    struct rsl_campaign_result *at; /* [n_rates], when injected */
    double seconds, time_ratio;     /* NaN: not measured */
    bool meets, sure, pareto;
};

struct rsl_explore {
    struct rsl_explore_options options; /* texts and rates in the arena */
    struct rsl_arena arena;
    const struct rsl_model *model;
    const struct rsl_data *data;
    const char **protections;
    int n_protections;
    const char *baseline;
    const char *reference;    /* whose time is 1: eight bits a weight, unprotected */
    const char *layers_store; /* of what single layers cost; or NULL */
    int deciding;             /* index of the rate `at` */
    double accuracy_min;      /* from the options, or what follows from the baseline */
    struct {
        struct rsl_candidate *at;
        size_t n, cap;
    } candidates;
    int recommended;
    const char *why;
};

/* Copies the options, refuses what can be known to be wrong. */
int rsl_explore_take_options(struct rsl_explore *e, const struct rsl_explore_options *options);
/* Nothing is required: no accuracy, no drop, no budget. Then a least width has no meaning. */
bool rsl_explore_asks_nothing(const struct rsl_explore_options *o);
/* Every width is measured, not only those of a binary search. */
bool rsl_explore_measures_all(const struct rsl_explore_options *o);
/* ENCODING:.../PROTECTION/LAYOUT of that width, as the options say; NULL: no memory. */
const char *rsl_explore_storage(struct rsl_explore *e, int bits, int protection);
/* Measures a storage, or finds it measured, and adds it. With `gate`, faults only follow when the
 * golden accuracy is enough. */
int rsl_explore_measure(struct rsl_explore *e, const struct rsl_candidate *what, bool gate);
/* The options that all campaigns of an exploration have in common. */
struct rsl_campaign_options rsl_explore_campaign(struct rsl_explore *e, const char *storage);

/* Whether the budget can be met at all, and by which faults. */
int rsl_explore_check_budget(struct rsl_explore *e);
/* Finds mixes within the budget and measures them; all uniform candidates are there. */
int rsl_explore_mix(struct rsl_explore *e);

/* The fault-free accuracy that is required, beside a baseline of that accuracy. */
double rsl_explore_least(const struct rsl_explore_options *o, double baseline);
/* Accuracy that is left at the deciding rate. */
double rsl_candidate_left(const struct rsl_explore *e, const struct rsl_candidate *c);
/* Marks every candidate: requirements, Pareto set; chooses. */
int rsl_explore_judge(struct rsl_explore *e);
/* Of those within the budget that meet the requirements, mixes or not: the best; -1: none. */
int rsl_explore_choose(const struct rsl_explore *e, bool mixes);

#endif
