/* Elements of a plan's constants that were changed in place: noted one by one, then taken by the
 * kernels that keep copies of them. */
#ifndef RSL_CAMPAIGN_TOUCHED_H
#define RSL_CAMPAIGN_TOUCHED_H

#include "graph/plan.h"

struct rsl_touched {
    struct {
        int64_t *at;
        size_t n, cap;
    } elements;
    struct {
        struct rsl_stretch {
            int value;
            size_t first;
        } * at;
        size_t n, cap;
    } stretches; /* elements from `first` on are of this value, as far as the next stretch */
};

/* Element `index` of constant `value` of the plan was changed. */
int rsl_touch(struct rsl_touched *t, int value, int64_t index);
/* Kernels take what was touched; nothing is touched then. */
int rsl_touched_take(struct rsl_touched *t, struct rsl_plan *plan);
void rsl_touched_free(struct rsl_touched *t);

#endif
