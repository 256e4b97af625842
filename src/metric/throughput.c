/* Speed of the forward pass: one batch of random input, run until the time is up; the median pass
 * counts, so that an interruption by other work does not. */
#include "base/alloc.h"
#include "base/ascending.h"
#include "base/clock.h"
#include "base/philox.h"
#include "base/status.h"
#include "resile/eval.h"

#include <string.h>

enum { MOST_PASSES = 100000, WARM_UP = 2 };

static int fill_inputs(struct rsl_runner *r, uint64_t seed) {
    for (int i = 0; i < rsl_runner_inputs(r); i++) {
        int64_t dims[8], n = 1;
        int rank = rsl_runner_input_shape(r, i, dims);
        if (strcmp(rsl_runner_input_type(r, i), "f32") != 0)
            return rsl_fail(RSL_EUNSUPPORTED, "input '%s' has type %s; the benchmark feeds f32",
                            rsl_runner_input_name(r, i), rsl_runner_input_type(r, i));
        for (int d = 0; d < rank; d++) n *= dims[d];
        float *x = rsl_runner_input(r, i);
        struct rsl_rng rng = rsl_rng(seed, (uint64_t)i);
        for (int64_t k = 0; k < n; k++) x[k] = (float)(rsl_rng_unit(&rng) * 2 - 1);
    }
    return RSL_OK;
}

static int measure(struct rsl_runner *r, double seconds, double *times, int64_t *passes) {
    for (int i = 0; i < WARM_UP; i++) RSL_TRY(rsl_runner_run(r));
    double start = rsl_clock(), before = start;
    for (*passes = 0; *passes < MOST_PASSES && (before - start < seconds || *passes < 3);) {
        RSL_TRY(rsl_runner_run(r));
        double after = rsl_clock();
        times[(*passes)++] = after - before;
        before = after;
    }
    rsl_sort_ascending(times, (size_t)*passes);
    return RSL_OK;
}

int rsl_bench_forward(const struct rsl_model *model, const struct rsl_bench_options *options,
                      struct rsl_bench_result *result) {
    memset(result, 0, sizeof *result);
    double start = rsl_clock();
    struct rsl_runner *r;
    RSL_TRY(rsl_runner_new(&r, model, &options->run));
    result->plan_seconds = rsl_clock() - start;
    result->workspace = rsl_runner_workspace(r);
    double *times = rsl_calloc(MOST_PASSES, sizeof *times);
    int rc = times ? fill_inputs(r, options->seed) : RSL_ENOMEM;
    double seconds = options->seconds > 0 ? options->seconds : 3;
    if (rc == RSL_OK) rc = measure(r, seconds, times, &result->passes);
    if (rc == RSL_OK) {
        double batch = options->run.batch > 0 ? (double)options->run.batch : 1;
        result->images_per_second = batch / times[result->passes / 2];
        result->fastest = batch / times[0];
        result->slowest = batch / times[result->passes - 1];
    }
    rsl_free(times);
    rsl_runner_free(r);
    return rc;
}
