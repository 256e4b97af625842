/* Evaluation: the data set through a runner, batch by batch; see resile/eval.h. */
#include "resile/eval.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/status.h"
#include "graph/model.h"
#include "graph/op.h"
#include "metric/ranking.h"
#include "resile/provenance.h"

#include <math.h>
#include <string.h>

enum { DEFAULT_BATCH = 64 };

struct evaluation {
    const struct rsl_data *data;
    struct rsl_preprocess *preprocess;
    struct rsl_runner *runner;
    int64_t batch, images;
    int classes;
    int64_t pixels; /* floats of one input */
    int *labels;    /* of one batch */
    enum { LOGITS, PROBABILITIES, LOG_PROBABILITIES } output;
    struct rsl_eval_result *result;
};

static int64_t fixed_batch(const struct rsl_model *model) {
    if (!model->graph.inputs.n) return -1;
    const struct rsl_shape *s = &model->graph.values.at[model->graph.inputs.at[0]].tensor.shape;
    return s->rank > 0 ? s->dim[0] : -1;
}

static int check_output(struct evaluation *e, const struct rsl_model *model) {
    int64_t dims[8], classes = 1;
    int rank = rsl_runner_output_shape(e->runner, 0, dims);
    for (int i = 1; i < rank; i++) classes *= dims[i];
    if (rank < 2 || dims[0] != e->batch || strcmp(rsl_runner_output_type(e->runner, 0), "f32") != 0)
        return rsl_fail(RSL_EMISMATCH,
                        "output '%s' of the model is not one row of scores per image",
                        rsl_runner_output_name(e->runner, 0));
    if (classes != rsl_data_classes(e->data))
        return rsl_fail(RSL_EMISMATCH, "the model tells %lld classes apart, data set %s has %d",
                        (long long)classes, rsl_data_name(e->data), rsl_data_classes(e->data));
    e->classes = (int)classes;
    const struct rsl_graph *g = &model->graph;
    int producer = g->values.at[g->outputs.at[0]].producer;
    const char *op = producer == RSL_ABSENT ? "" : g->nodes.at[producer].op->name;
    if (strcmp(op, "Softmax") == 0) e->output = PROBABILITIES;
    if (strcmp(op, "LogSoftmax") == 0) e->output = LOG_PROBABILITIES;
    return RSL_OK;
}

static int check_input(struct evaluation *e) {
    int shape[3];
    RSL_TRY(rsl_preprocess_shape(e->preprocess, e->data, shape));
    e->pixels = (int64_t)shape[0] * shape[1] * shape[2];
    return RSL_OK;
}

/* Decodes and preprocesses in parallel: each image is a task of its own. */
static int read_batch(struct evaluation *e, int64_t first, int64_t n, int threads) {
    float *x = rsl_runner_input(e->runner, 0);
    int failed = RSL_OK;
    int64_t failed_at = -1;
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        int rc =
            rsl_data_batch(e->data, e->preprocess, first + i, 1, x + i * e->pixels, e->labels + i);
        if (rc < 0) {
#pragma omp critical
            if (failed_at < 0 || i < failed_at) failed = rc, failed_at = i;
        }
    }
    if (failed_at < 0) return RSL_OK;
    /* The sentence belongs to the thread that failed; have it said again in this one. */
    return rsl_data_batch(e->data, e->preprocess, first + failed_at, 1, x, e->labels) < 0
               ? failed
               : rsl_fail(failed, "image %lld could not be read", (long long)(first + failed_at));
}

static double loss_of(const struct evaluation *e, const float *row, int label) {
    switch (e->output) {
        case PROBABILITIES:
            return -log((double)row[label]);
        case LOG_PROBABILITIES:
            return -(double)row[label];
        default:
            return rsl_cross_entropy(row, e->classes, label);
    }
}

static void score(struct evaluation *e, int64_t n) {
    const float *y = rsl_runner_output(e->runner, 0);
    struct rsl_eval_result *r = e->result;
    for (int64_t i = 0; i < n; i++) {
        const float *row = y + i * e->classes;
        int rank = rsl_rank(row, e->classes, e->labels[i]);
        r->correct += rank == 0;
        r->correct5 += rank < 5;
        r->invalid += !rsl_all_finite(row, e->classes);
        r->loss += loss_of(e, row, e->labels[i]);
    }
}

static int loop(struct evaluation *e, const struct rsl_eval_options *o) {
    struct rsl_eval_result *r = e->result;
    double start = rsl_clock();
    int threads = o->threads > 0 ? o->threads : rsl_cpu_threads();
    for (int64_t first = 0; first < e->images; first += e->batch) {
        int64_t n = e->images - first < e->batch ? e->images - first : e->batch;
        RSL_TRY(read_batch(e, first, n, threads));
        RSL_TRY(rsl_runner_run(e->runner));
        score(e, n);
        if (o->progress && o->progress(o->context, first + n, e->images))
            return rsl_fail(RSL_EINTERRUPTED, "stopped after %lld of %lld images",
                            (long long)(first + n), (long long)e->images);
    }
    r->images = e->images;
    r->seconds = rsl_clock() - start;
    r->images_per_second = (double)r->images / r->seconds;
    r->top1 = 100.0 * (double)r->correct / (double)r->images;
    r->top5 = 100.0 * (double)r->correct5 / (double)r->images;
    r->loss /= (double)r->images;
    return RSL_OK;
}

static int evaluate(struct evaluation *e, const struct rsl_model *model,
                    const struct rsl_eval_options *o) {
    int64_t fixed = fixed_batch(model);
    e->batch = o->batch > 0 ? o->batch : fixed > 0 ? fixed : DEFAULT_BATCH;
    e->images = rsl_data_count(e->data);
    if (o->images < 0) return rsl_fail(RSL_EARG, "%lld images: not a count", (long long)o->images);
    if (o->images > 0 && o->images < e->images) e->images = o->images;
    if (e->images == 0) return rsl_fail(RSL_EARG, "data set %s is empty", rsl_data_name(e->data));
    if (fixed < 0 && e->batch > e->images) e->batch = e->images;
    RSL_TRY(rsl_preprocess_new(&e->preprocess, model, o->preprocess));
    struct rsl_run_options run = {.batch = e->batch,
                                  .threads = o->threads,
                                  .compute = o->compute,
                                  .reference = o->reference,
                                  .exact = o->exact,
                                  .packed = o->packed};
    RSL_TRY(rsl_runner_new(&e->runner, model, &run));
    RSL_TRY(check_input(e));
    RSL_TRY(check_output(e, model));
    e->labels = rsl_calloc((size_t)e->batch, sizeof *e->labels);
    return e->labels ? loop(e, o) : RSL_ENOMEM;
}

int rsl_eval(const struct rsl_model *model, const struct rsl_data *data,
             const struct rsl_eval_options *options, struct rsl_eval_result *result) {
    static const struct rsl_eval_options defaults;
    struct evaluation e = {.data = data, .result = result};
    memset(result, 0, sizeof *result);
    int rc = evaluate(&e, model, options ? options : &defaults);
    rsl_free(e.labels);
    rsl_runner_free(e.runner);
    rsl_preprocess_free(e.preprocess);
    return rc;
}
