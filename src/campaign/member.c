/* Members of a crew; see member.h. */
#include "campaign/member.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/status.h"

enum { MANY_FAULTS = 64 }; /* per trial: hardly a layer without one */

enum rsl_lane rsl_lane_of_point(const struct rsl_point_faults *point, bool activations) {
    if (rsl_point_faults_expected(point) <= MANY_FAULTS) return RSL_LANE_FEW;
    return activations ? RSL_LANE_MANY : RSL_LANE_FREE;
}

static int make_lane(struct rsl_member *m, enum rsl_lane lane,
                     const struct rsl_activation *activations, int n_activations) {
    struct rsl_executor_options o = m->options->executor;
    o.workers = 1;
    o.dense = lane != RSL_LANE_FEW;
    o.activations = activations;
    o.n_activations = lane == RSL_LANE_FREE ? 0 : n_activations;
    if (o.tile == 0 && m->options->images->n < RSL_TILE) o.tile = (int)m->options->images->n;
    return rsl_executor_new(&m->lane[lane].executor, m->options->graph, m->options->image, &o);
}

int rsl_member_init(struct rsl_member *m, const struct rsl_crew_options *options,
                    const bool needed[RSL_LANE_KINDS], const struct rsl_activation *activations,
                    int n_activations) {
    size_t tile = 0, classes = 0;
    m->options = options;
    for (enum rsl_lane k = 0; k < RSL_LANE_KINDS; k++) {
        m->lane[k].first = -1;
        if (k != RSL_LANE_FREE && !needed[k]) continue;
        RSL_TRY(make_lane(m, k, activations, n_activations));
        size_t n = (size_t)rsl_executor_tile(m->lane[k].executor);
        classes = (size_t)rsl_executor_classes(m->lane[k].executor);
        tile = n > tile ? n : tile;
    }
    RSL_TRY(rsl_trial_new(&m->trial, options->image, options->graph));
    m->input = rsl_malloc(tile * options->images->pixels * sizeof *m->input);
    m->logits = rsl_malloc(tile * classes * sizeof *m->logits);
    return m->input && m->logits ? RSL_OK : RSL_ENOMEM;
}

void rsl_member_free(struct rsl_member *m) {
    for (enum rsl_lane k = 0; k < RSL_LANE_KINDS; k++) rsl_executor_free(m->lane[k].executor);
    rsl_trial_free(m->trial);
    rsl_free(m->input);
    rsl_free(m->logits);
    rsl_free(m->counts.at);
}

/* Scores of different lanes are different things: only those of the fault-free one are kept. */
static bool is_kept(const struct rsl_member *m, enum rsl_lane lane) {
    return lane == RSL_LANE_FREE && !m->options->executor.naive &&
           rsl_executor_recalls(m->lane[lane].executor);
}

static bool recall(struct rsl_member *m, enum rsl_lane lane, int64_t first, int n) {
    if (!is_kept(m, lane) || !rsl_golden_cache_get(m->cache, first, n, m->logits)) return false;
    rsl_executor_recall(m->lane[lane].executor, m->input, n, m->logits);
    return true;
}

int rsl_member_golden(struct rsl_member *m, enum rsl_lane lane, int64_t first, int n) {
    if (m->lane[lane].first == first && m->lane[lane].n == n) return RSL_OK;
    double start = rsl_clock();
    m->lane[lane].first = -1;
    RSL_TRY(rsl_images_fetch(m->options->images, first, n, m->input));
    if (!recall(m, lane, first, n)) {
        RSL_TRY(rsl_executor_golden(m->lane[lane].executor, m->input, n));
        if (is_kept(m, lane))
            rsl_golden_cache_put(m->cache, first, n,
                                 rsl_executor_golden_logits(m->lane[lane].executor));
        m->golden_seconds += rsl_clock() - start;
        m->golden_images += n;
    }
    m->lane[lane].first = first;
    m->lane[lane].n = n;
    return RSL_OK;
}

struct rsl_outcome_tile rsl_member_tile(const struct rsl_member *m, enum rsl_lane lane) {
    struct rsl_executor *e = m->lane[lane].executor;
    return (struct rsl_outcome_tile){.golden = rsl_executor_golden_logits(e),
                                     .faulty = m->logits,
                                     .labels = m->options->images->labels + m->lane[lane].first,
                                     .n = m->lane[lane].n,
                                     .classes = rsl_executor_classes(e)};
}
