/* Speed of a training step: one batch of random images and labels, the median step counts. */
#include "base/alloc.h"
#include "base/ascending.h"
#include "base/clock.h"
#include "base/philox.h"
#include "base/status.h"
#include "graph/compute.h"
#include "resile/train.h"
#include "train/trainer.h"

#include <string.h>

enum { MOST_STEPS = 100000, WARM_UP = 2, DEFAULT_BATCH = 128 };

/* Small, so that thousands of steps on noise diverge in no network. */
static const double LEARNING_RATE = 1e-5;

struct run {
    struct rsl_trainer *trainer;
    float *images;
    int *labels;
    double *times;
};

static int fill(struct run *r, uint64_t seed) {
    const struct rsl_trainer *t = r->trainer;
    int64_t n = t->options.batch * t->pixels;
    r->images = rsl_malloc((size_t)n * sizeof *r->images);
    r->labels = rsl_malloc((size_t)t->options.batch * sizeof *r->labels);
    r->times = rsl_calloc(MOST_STEPS, sizeof *r->times);
    if (!r->images || !r->labels || !r->times) return RSL_ENOMEM;
    struct rsl_rng rng = rsl_rng(seed, 0);
    for (int64_t i = 0; i < n; i++) r->images[i] = (float)(rsl_rng_unit(&rng) * 2 - 1);
    for (int64_t i = 0; i < t->options.batch; i++)
        r->labels[i] = (int)rsl_rng_below(&rng, (uint64_t)t->classes);
    return RSL_OK;
}

static int measure(struct run *r, double seconds, int64_t *steps) {
    struct rsl_step_result step;
    for (int i = 0; i < WARM_UP; i++)
        RSL_TRY(rsl_trainer_step(r->trainer, r->images, r->labels, LEARNING_RATE, &step));
    double start = rsl_clock(), before = start;
    for (*steps = 0; *steps < MOST_STEPS && (before - start < seconds || *steps < 3);) {
        RSL_TRY(rsl_trainer_step(r->trainer, r->images, r->labels, LEARNING_RATE, &step));
        double after = rsl_clock();
        r->times[(*steps)++] = after - before;
        before = after;
    }
    rsl_sort_ascending(r->times, (size_t)*steps);
    return RSL_OK;
}

int rsl_bench_train(struct rsl_model *model, const struct rsl_bench_train_options *o,
                    struct rsl_bench_train_result *result) {
    struct rsl_trainer_options t = {
        .batch = o->batch > 0 ? o->batch : DEFAULT_BATCH,
        .threads = o->threads,
        .seed = o->seed,
        .optimizer = {.name = o->optimizer},
    };
    struct run r = {0};
    memset(result, 0, sizeof *result);
    RSL_TRY(rsl_compute_parse_float(o->compute, &t.compute));
    if (!o->optimizer || strcmp(o->optimizer, "sgd") == 0) t.optimizer.momentum = 0.9;
    double start = rsl_clock();
    int rc = rsl_trainer_new(&r.trainer, model, &t);
    result->plan_seconds = rsl_clock() - start;
    if (rc == RSL_OK) rc = fill(&r, o->seed);
    if (rc == RSL_OK) rc = measure(&r, o->seconds > 0 ? o->seconds : 3, &result->steps);
    if (rc == RSL_OK) {
        double batch = (double)t.batch;
        result->images_per_second = batch / r.times[result->steps / 2];
        result->fastest = batch / r.times[0];
        result->slowest = batch / r.times[result->steps - 1];
        result->workspace = rsl_plan_workspace(r.trainer->plan);
    }
    rsl_trainer_free(r.trainer);
    rsl_free(r.images);
    rsl_free(r.labels);
    rsl_free(r.times);
    return rc;
}
