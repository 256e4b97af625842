/* The table of executors, and the choice among them; see executor.h. */
#include "campaign/executor.h"

#include "base/status.h"
#include "campaign/executor_int.h"

#include <assert.h>
#include <string.h>

#define X(symbol) extern const struct rsl_executor_kind rsl_executor_##symbol;
#include "campaign/executors.def"
#undef X

static const struct rsl_executor_kind *const kinds[] = {
#define X(symbol) &rsl_executor_##symbol,
#include "campaign/executors.def"
#undef X
};

enum { KINDS = sizeof kinds / sizeof *kinds, MOST_WORKERS = 1024 };

int rsl_executor_new(struct rsl_executor **executor, const struct rsl_graph *g,
                     const struct rsl_memory *image, const struct rsl_executor_options *options) {
    struct rsl_executor_options o = *options;
    *executor = NULL;
    if (o.workers < 1) o.workers = 1;
    if (o.workers > MOST_WORKERS)
        return rsl_fail(RSL_EARG, "%d workers: there can be %d", o.workers, MOST_WORKERS);
    if (g->inputs.n != 1)
        return rsl_fail(RSL_EMISMATCH, "the model has %zu inputs; a campaign feeds one image",
                        g->inputs.n);
    if (g->outputs.n < 1) return rsl_fail(RSL_EMISMATCH, "the model has no output");
    int rc = RSL_EUNSUPPORTED;
    for (int i = 0; i < KINDS && rc == RSL_EUNSUPPORTED; i++) {
        rc = kinds[i]->make(executor, g, image, &o);
        if (rc >= 0) (*executor)->kind = kinds[i];
    }
    return rc;
}

void rsl_executor_free(struct rsl_executor *e) {
    if (e) e->kind->free(e);
}

const char *rsl_executor_kind(const struct rsl_executor *e) {
    return e->kind->name;
}

int rsl_executor_tile(const struct rsl_executor *e) {
    return e->tile;
}

int rsl_executor_classes(const struct rsl_executor *e) {
    return e->classes;
}

int rsl_executor_golden(struct rsl_executor *e, const float *images, int n) {
    assert(n >= 1 && n <= e->tile);
    e->n = n;
    return e->kind->golden(e, images, n);
}

bool rsl_executor_recalls(const struct rsl_executor *e) {
    return e->kind->recall != NULL;
}

void rsl_executor_recall(struct rsl_executor *e, const float *images, int n, const float *logits) {
    assert(n >= 1 && n <= e->tile);
    e->n = n;
    memcpy(e->golden_logits, logits, (size_t)n * (size_t)e->classes * sizeof *logits);
    e->kind->recall(e, images, n);
}

const float *rsl_executor_golden_logits(const struct rsl_executor *e) {
    return e->golden_logits;
}

int rsl_executor_run(struct rsl_executor *e, int worker, const struct rsl_strike *strike,
                     float *logits) {
    assert(worker >= 0 && worker < e->workers && e->n > 0);
    return e->kind->run(e, worker, strike, logits);
}
