/* Judging candidates: requirements, the Pareto set, which one to take and why. */
#include "base/status.h"
#include "search/explore_int.h"

#include <math.h>

/* Times within this of each other are the same: two runs of one network differ as much. */
static const double time_noise = 0.02;
/* Shares of images that differ by less are a tie, whatever rounding says: images are fewer than
 * 1e9. */
static const double tie = 1e-9;

/* At the deciding rate. A network that gained by chance lost nothing. */
static double loss(const struct rsl_explore *e, const struct rsl_candidate *c) {
    return fmax(c->at[e->deciding].drop, 0);
}

double rsl_explore_least(const struct rsl_explore_options *o, double baseline) {
    if (o->accuracy_min >= 0) return o->accuracy_min;
    return baseline - o->drop_max - tie;
}

double rsl_candidate_left(const struct rsl_explore *e, const struct rsl_candidate *c) {
    return c->injected ? c->golden - c->at[e->deciding].drop : NAN;
}

static void check(const struct rsl_explore *e, struct rsl_candidate *c) {
    const struct rsl_explore_options *o = &e->options;
    c->meets = c->sure = false;
    if (c->role == RSL_IS_BASELINE || !c->injected || c->golden < e->accuracy_min) return;
    if (o->budget > 0 && c->weight_bits > o->budget) return;
    c->meets = c->at[e->deciding].drop <= o->drop_max + tie;
    c->sure = c->meets && c->at[e->deciding].drop_high <= o->drop_max + tie;
}

/* ---- the Pareto set: golden accuracy, drop at the deciding rate, bits, time ---- */

static bool dominates(const struct rsl_explore *e, const struct rsl_candidate *a,
                      const struct rsl_candidate *b) {
    double drop_a = loss(e, a), drop_b = loss(e, b);
    bool timed = !isnan(a->time_ratio) && !isnan(b->time_ratio);
    if (a->golden < b->golden || drop_a > drop_b || a->weight_bits > b->weight_bits) return false;
    if (timed && a->time_ratio > b->time_ratio * (1 + time_noise)) return false;
    return a->golden > b->golden || drop_a < drop_b || a->weight_bits < b->weight_bits ||
           (timed && a->time_ratio * (1 + time_noise) < b->time_ratio);
}

static void find_pareto(struct rsl_explore *e) {
    for (size_t i = 0; i < e->candidates.n; i++) {
        struct rsl_candidate *c = &e->candidates.at[i];
        c->pareto = c->injected;
        for (size_t k = 0; k < e->candidates.n && c->pareto; k++) {
            const struct rsl_candidate *other = &e->candidates.at[k];
            if (k != i && other->injected && dominates(e, other, c)) c->pareto = false;
        }
    }
}

/* ---- the choice ---- */

/* The most accurate under faults, not the fewest bits: with a budget memory is there to be used,
 * and where nothing is required the fewest bits would be those of the least accurate network. */
static bool prefers_accuracy(const struct rsl_explore_options *o) {
    return o->budget > 0 || rsl_explore_asks_nothing(o);
}

/* Else memory is what is saved: fewest bits, then the smaller drop. */
static bool better(const struct rsl_explore *e, const struct rsl_candidate *a,
                   const struct rsl_candidate *b) {
    double left_a = rsl_candidate_left(e, a), left_b = rsl_candidate_left(e, b);
    double drop_a = loss(e, a), drop_b = loss(e, b);
    if (prefers_accuracy(&e->options))
        return left_a > left_b || (left_a == left_b && a->weight_bits < b->weight_bits);
    return a->weight_bits < b->weight_bits || (a->weight_bits == b->weight_bits && drop_a < drop_b);
}

int rsl_explore_choose(const struct rsl_explore *e, bool mixes) {
    int best = -1;
    for (size_t i = 0; i < e->candidates.n; i++) {
        const struct rsl_candidate *c = &e->candidates.at[i];
        if (!c->meets || (c->role == RSL_IS_MIX && !mixes)) continue;
        if (best < 0 || better(e, c, &e->candidates.at[best])) best = (int)i;
    }
    return best;
}

/* A mix is taken only when it is no more vulnerable, by its measured drop, than the best uniform
 * choice; *refused is the one that would be taken otherwise, or -1. */
static int choose(const struct rsl_explore *e, int *refused) {
    int uniform = rsl_explore_choose(e, false), any = rsl_explore_choose(e, true);
    *refused = -1;
    if (uniform < 0 || any == uniform) return any;
    double limit = loss(e, &e->candidates.at[uniform]);
    int best = uniform;
    for (size_t i = 0; i < e->candidates.n; i++) {
        const struct rsl_candidate *c = &e->candidates.at[i];
        if (c->role != RSL_IS_MIX || !c->meets) continue;
        if (loss(e, c) > limit) continue;
        if (better(e, c, &e->candidates.at[best])) best = (int)i;
    }
    if (best != any) *refused = any;
    return best;
}

/* What is left out for its drop although more of its accuracy is left. */
static const char *explain_refused(struct rsl_explore *e, int refused) {
    if (refused < 0) return "";
    const struct rsl_candidate *c = &e->candidates.at[refused];
    return rsl_arena_printf(&e->arena,
                            "; '%s' keeps %.2f %% there, but drops by %.2f points, more than the "
                            "best uniform choice",
                            c->storage, 100 * rsl_candidate_left(e, c),
                            100 * c->at[e->deciding].drop);
}

static int explain(struct rsl_explore *e, int refused) {
    const struct rsl_explore_options *o = &e->options;
    if (e->recommended < 0) {
        e->why = rsl_arena_printf(&e->arena,
                                  "no candidate%s keeps a fault-free accuracy of %.2f %% and drops "
                                  "by at most %.2f points at %g",
                                  o->budget > 0 ? " within the budget" : "",
                                  100 * fmax(e->accuracy_min, 0), 100 * o->drop_max, o->at);
        return e->why ? RSL_OK : RSL_ENOMEM;
    }
    const struct rsl_candidate *c = &e->candidates.at[e->recommended];
    const struct rsl_candidate *baseline = &e->candidates.at[0];
    const char *other = explain_refused(e, refused);
    if (!other) return RSL_ENOMEM;
    e->why = rsl_arena_printf(
        &e->arena,
        "%s%s%s: %.1f %% of eight bits, %.2f %% accurate, %.2f %% with faults at %g (the baseline: "
        "%.2f %% and %.2f %%)%s%s",
        prefers_accuracy(o) ? "most accurate under faults" : "fewest bits",
        rsl_explore_asks_nothing(o) ? " of all, nothing being required"
                                    : " of those that meet the requirements",
        refused < 0 ? "" : " and are no more vulnerable than the best uniform choice",
        100 * (double)c->weight_bits / (8 * (double)c->weights), 100 * c->golden,
        100 * rsl_candidate_left(e, c), o->at, 100 * baseline->golden,
        100 * rsl_candidate_left(e, baseline),
        c->sure ? "" : "; its interval crosses the limit: more trials would make sure", other);
    return e->why ? RSL_OK : RSL_ENOMEM;
}

int rsl_explore_judge(struct rsl_explore *e) {
    for (size_t i = 0; i < e->candidates.n; i++) check(e, &e->candidates.at[i]);
    find_pareto(e);
    int refused;
    e->recommended = choose(e, &refused);
    return explain(e, refused);
}
