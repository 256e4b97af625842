/* Faults in activations, struck into the values of a plan while it runs step by step.
 *
 * A place is where hits strike: BEFORE the first step (on what no step computes), or after step i,
 * at place i + 1. Hits on what a step reads have the place of that step, too, but strike before it
 * runs and are taken back after it: only that step sees them. */
#ifndef RSL_CAMPAIGN_STROKES_H
#define RSL_CAMPAIGN_STROKES_H

#include "campaign/executor.h"
#include "graph/plan.h"

enum { RSL_BEFORE_ALL = 0 };

/* The places of a plan; the same for all plans of one network. */
struct rsl_places {
    int *value;  /* [values] of hits on a value: after the step that computes it */
    int *reader; /* [nodes] step of the node, or RSL_ABSENT */
};

int rsl_places_find(struct rsl_places *places, const struct rsl_plan *plan);
void rsl_places_free(struct rsl_places *places);

/* The strokes of one trial on one plan. */
struct rsl_strokes {
    const struct rsl_places *places;
    struct rsl_plan *plan;
    int64_t batch; /* of the plan */
    size_t *first; /* [steps + 2] strokes of each place */
    struct {
        struct rsl_stroke {
            const struct rsl_strike_hits *group;
            const struct rsl_hit *hit;
        } * at;
        size_t n, cap;
    } strokes;
    struct {
        struct rsl_struck {
            void *at;
            size_t bytes;
            char was[8];
        } * at;
        size_t n, cap;
    } struck; /* elements of inputs, as they were before a fault struck them for one reader */
};

int rsl_strokes_init(struct rsl_strokes *s, const struct rsl_places *places, struct rsl_plan *plan,
                     int64_t batch);
void rsl_strokes_free(struct rsl_strokes *s);

/* The strokes of a trial, sorted by place; those of one place stay in their order. */
int rsl_strokes_sort(struct rsl_strokes *s, const struct rsl_strike *strike);
static inline bool rsl_strokes_any(const struct rsl_strokes *s, size_t place) {
    return s->first[place] < s->first[place + 1];
}

/* Hits on values, in each of the first `images` images: whoever reads them later sees them. Marks
 * the plan's buffers that they change. */
int rsl_strokes_on_values(struct rsl_strokes *s, size_t place, int64_t images, bool *dirty);
/* Hits on what the step reads; *any is set when there are some. */
int rsl_strokes_on_inputs(struct rsl_strokes *s, size_t step, int64_t images, bool *any);
/* Takes the latter back. */
void rsl_strokes_undo(struct rsl_strokes *s);

#endif
