/* See subset.h. */
#include "data/subset.h"

#include "base/alloc.h"
#include "base/status.h"

#include <stdbool.h>

static bool is_sorted(const struct rsl_data *d) {
    for (int64_t i = 1; i < rsl_data_count(d); i++)
        if (rsl_data_label(d, i) < rsl_data_label(d, i - 1)) return false;
    return true;
}

/* Images of each class in the whole set, [classes]; NULL: no memory. */
static int64_t *count_classes(const struct rsl_data *d) {
    int64_t *n = rsl_calloc((size_t)rsl_data_classes(d), sizeof *n);
    for (int64_t i = 0; n && i < rsl_data_count(d); i++) n[rsl_data_label(d, i)]++;
    return n;
}

/* Turns the images that each class has into those that it gives: one after the other in turn, until
 * there are `count`. */
static void share(int64_t *have, int classes, int64_t count) {
    int64_t most = 0, given = 0;
    for (bool more = true; more && given < count; most++) {
        more = false;
        for (int c = 0; c < classes; c++) more = more || have[c] > most;
        for (int c = 0; c < classes; c++) given += have[c] > most;
    }
    /* The last turn may have given too many: the last classes give one less. */
    for (int c = classes - 1; c >= 0; c--) {
        bool last_turn = have[c] >= most;
        if (have[c] > most) have[c] = most;
        if (last_turn && given > count) {
            have[c]--;
            given--;
        }
    }
}

int rsl_subset_choose(const struct rsl_data *d, int64_t count, int64_t **subset) {
    *subset = NULL;
    if (count == rsl_data_count(d) || !is_sorted(d)) return RSL_OK;
    int64_t *left = count_classes(d), n = 0;
    int64_t *chosen = rsl_malloc((size_t)count * sizeof *chosen);
    if (!left || !chosen) {
        rsl_free(left);
        rsl_free(chosen);
        return RSL_ENOMEM;
    }
    share(left, rsl_data_classes(d), count);
    for (int64_t i = 0; i < rsl_data_count(d); i++)
        if (left[rsl_data_label(d, i)]-- > 0) chosen[n++] = i;
    rsl_free(left);
    *subset = chosen;
    return RSL_OK;
}

int rsl_subset_classes(const struct rsl_data *d, const int64_t *subset, int64_t count) {
    bool *seen = rsl_calloc((size_t)rsl_data_classes(d), sizeof *seen);
    int n = 0;
    if (!seen) return RSL_ENOMEM;
    for (int64_t i = 0; i < count; i++) {
        int label = rsl_data_label(d, subset ? subset[i] : i);
        n += !seen[label];
        seen[label] = true;
    }
    rsl_free(seen);
    return n;
}
