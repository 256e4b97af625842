/* See rsl_bootstrap_interval in interval.h. A replicate draws as many trials and as many images as
 * there are, with replacement; a value counts as often as its trial times as often as its image. */
#include "base/alloc.h"
#include "base/ascending.h"
#include "base/philox.h"
#include "base/status.h"
#include "metric/distribution.h"
#include "metric/interval.h"

#include <math.h>
#include <string.h>

enum { STREAM = 0x626f6f74 }; /* "boot" */

static void draw(struct rsl_rng *rng, int32_t *times, int64_t n) {
    memset(times, 0, (size_t)n * sizeof *times);
    for (int64_t i = 0; i < n; i++) times[rsl_rng_below(rng, (uint64_t)n)]++;
}

static double replicate(const int32_t *values, int64_t trials, int64_t images,
                        const int32_t *trial_times, const int32_t *image_times) {
    int64_t sum = 0;
    for (int64_t t = 0; t < trials; t++) {
        if (trial_times[t] == 0) continue;
        const int32_t *row = values + t * images;
        int64_t of_row = 0;
        for (int64_t i = 0; i < images; i++) of_row += (int64_t)row[i] * image_times[i];
        sum += of_row * trial_times[t];
    }
    return (double)sum;
}

/* The percentile of n ascending values, between its neighbours linearly. */
static double percentile(const double *at, int n, double share) {
    double place = share * (n - 1);
    int below = (int)place;
    if (below >= n - 1) return at[n - 1];
    return at[below] + (place - below) * (at[below + 1] - at[below]);
}

/* Percentiles of a bootstrap are too narrow for few trials: by sqrt((T - 1) / T), and by the normal
 * quantile's distance to Student's. Hesterberg's remedy is a smaller tail. */
static double widened_tail(double confidence, double trials) {
    double t = rsl_student_quantile(0.5 + confidence / 2, trials - 1);
    return erfc(t * sqrt(trials / (trials - 1)) * 0.7071067811865476) / 2;
}

int rsl_bootstrap_interval(const int32_t *values, int64_t trials, int64_t images, int64_t unit,
                           int replicates, uint64_t seed, double confidence,
                           struct rsl_interval *out) {
    if (trials < 2 || images < 1 || unit < 1)
        return rsl_fail(RSL_EARG, "a bootstrap needs at least two trials and one image");
    if (replicates < 100)
        return rsl_fail(RSL_EARG, "a bootstrap needs at least 100 replicates, not %d", replicates);
    int rc = RSL_OK;
    double *means = NULL;
    int32_t *image_times = NULL;
    int32_t *trial_times = rsl_calloc((size_t)trials, sizeof *trial_times);
    if (!trial_times) return RSL_ENOMEM;
    image_times = rsl_calloc((size_t)images, sizeof *image_times);
    means = rsl_calloc((size_t)replicates, sizeof *means);
    if (!image_times || !means) {
        rc = RSL_ENOMEM;
        goto out;
    }
    double cells = (double)trials * (double)images * (double)unit;
    for (int b = 0; b < replicates; b++) {
        struct rsl_rng rng = rsl_rng(seed, (uint64_t)STREAM << 32 | (uint64_t)b);
        draw(&rng, trial_times, trials);
        draw(&rng, image_times, images);
        means[b] = replicate(values, trials, images, trial_times, image_times) / cells;
    }
    rsl_sort_ascending(means, (size_t)replicates);
    double tail = widened_tail(confidence, (double)trials);
    out->low = percentile(means, replicates, tail);
    out->high = percentile(means, replicates, 1 - tail);
out:
    rsl_free(means);
    rsl_free(image_times);
    rsl_free(trial_times);
    return rc;
}
