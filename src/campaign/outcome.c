/* See outcome.h. */
#include "campaign/outcome.h"

#include "metric/ranking.h"

static bool same(const float *a, const float *b, int n) {
    bool equal = true;
    for (int i = 0; i < n; i++) equal &= a[i] == b[i];
    return equal;
}

static enum rsl_outcome judge(const float *golden, const float *faulty, int classes, int label,
                              bool *golden_right, bool *right) {
    int was = rsl_argmax(golden, classes), is = rsl_argmax(faulty, classes);
    *golden_right = was == label;
    *right = is == label;
    if (!rsl_all_finite(faulty, classes)) {
        if (was == is) return RSL_DUE;
        return *right ? RSL_DUE_SDC_RIGHT : RSL_DUE_SDC;
    }
    if (was != is) return *right ? RSL_SDC_RIGHT : RSL_SDC;
    return same(golden, faulty, classes) ? RSL_MASKED : RSL_TOLERABLE;
}

void rsl_outcomes_add(struct rsl_store_trial *t, const struct rsl_outcome_tile *tile) {
    for (int i = 0; i < tile->n; i++) {
        const float *golden = tile->golden + (size_t)i * (size_t)tile->classes;
        const float *faulty = tile->faulty + (size_t)i * (size_t)tile->classes;
        bool was_right, right;
        enum rsl_outcome o =
            judge(golden, faulty, tile->classes, tile->labels[i], &was_right, &right);
        bool due = o == RSL_DUE || o == RSL_DUE_SDC || o == RSL_DUE_SDC_RIGHT;
        bool sdc = o != RSL_MASKED && o != RSL_TOLERABLE && o != RSL_DUE;
        t->masked += o == RSL_MASKED;
        t->tolerable += o == RSL_TOLERABLE;
        t->due += due;
        t->sdc += sdc;
        t->due_sdc += due && sdc;
        t->correct += right;
        t->golden_correct += was_right;
        if (tile->outcomes) tile->outcomes[i] = (uint8_t)o;
    }
    t->images += tile->n;
}

void rsl_outcomes_right(const struct rsl_outcome_tile *tile, uint8_t *right) {
    for (int i = 0; i < tile->n; i++)
        right[i] = rsl_argmax(tile->golden + (size_t)i * (size_t)tile->classes, tile->classes) ==
                   tile->labels[i];
}
