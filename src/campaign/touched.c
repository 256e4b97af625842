/* Changed elements of constants; see touched.h. */
#include "campaign/touched.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"

int rsl_touch(struct rsl_touched *t, int value, int64_t index) {
    if (t->stretches.n == 0 || t->stretches.at[t->stretches.n - 1].value != value) {
        const struct rsl_stretch next = {value, t->elements.n};
        RSL_TRY(rsl_vec_push(&t->stretches, next));
    }
    return rsl_vec_push(&t->elements, index);
}

int rsl_touched_take(struct rsl_touched *t, struct rsl_plan *plan) {
    int rc = RSL_OK;
    for (size_t i = 0; i < t->stretches.n && rc == RSL_OK; i++) {
        const struct rsl_stretch *s = &t->stretches.at[i];
        size_t end = i + 1 < t->stretches.n ? s[1].first : t->elements.n;
        const char *name = rsl_plan_graph(plan)->values.at[s->value].name;
        rc = rsl_plan_patch(plan, name, t->elements.at + s->first, end - s->first);
    }
    t->stretches.n = t->elements.n = 0;
    return rc;
}

void rsl_touched_free(struct rsl_touched *t) {
    rsl_free(t->elements.at);
    rsl_free(t->stretches.at);
    *t = (struct rsl_touched){0};
}
