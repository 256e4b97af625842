/* The public face of plans; see resile/run.h. */
#include "resile/run.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/compute.h"
#include "graph/model.h"
#include "graph/plan.h"

#include <string.h>

struct rsl_runner {
    struct rsl_plan *plan;
};

static int read_options(const struct rsl_run_options *o, struct rsl_plan_options *plan) {
    *plan = (struct rsl_plan_options){.fuse = true};
    if (!o) return RSL_OK;
    if (o->batch < 0 || o->batch > 1 << 20)
        return rsl_fail(RSL_EARG, "batch size %lld is not in 1..1048576", (long long)o->batch);
    if (o->threads < 0 || o->threads > 1024)
        return rsl_fail(RSL_EARG, "%d threads: the number must be in 1..1024", o->threads);
    plan->batch = o->batch;
    plan->threads = o->threads;
    plan->reference = o->reference;
    plan->fuse = !o->exact;
    return rsl_compute_parse_float(o->compute, &plan->compute);
}

/* A fixed first dimension is part of the model: another batch is refused, not silently ignored. */
static int check_batch(const struct rsl_graph *g, int64_t batch) {
    for (size_t i = 0; i < g->inputs.n && batch > 0; i++) {
        const struct rsl_value *v = &g->values.at[g->inputs.at[i]];
        const struct rsl_shape *s = &v->tensor.shape;
        if (s->rank > 0 && s->dim[0] >= 0 && s->dim[0] != batch)
            return rsl_fail(RSL_EMISMATCH,
                            "input '%s' of the model is fixed to a batch of %lld; use that batch",
                            v->name, (long long)s->dim[0]);
    }
    return RSL_OK;
}

static int make_plan(struct rsl_plan **plan, const struct rsl_model *model, bool packed,
                     const struct rsl_plan_options *o) {
    if (!packed) return rsl_plan_new(plan, &model->graph, o);
    if (!model->stored_graph)
        return rsl_fail(RSL_EARG, "the weights of the model are not stored as bits");
    if (o->compute != RSL_MODE_F32)
        return rsl_fail(RSL_EARG, "stored bits are computed on in f32 or int8, not in %s",
                        rsl_compute_name(o->compute));
    struct rsl_graph graph;
    RSL_TRY(model->stored_graph(&graph, model));
    int rc = rsl_plan_new(plan, &graph, o);
    rsl_graph_free(&graph);
    return rc;
}

int rsl_runner_new(struct rsl_runner **runner, const struct rsl_model *model,
                   const struct rsl_run_options *options) {
    *runner = NULL;
    struct rsl_plan_options o;
    RSL_TRY(read_options(options, &o));
    RSL_TRY(check_batch(&model->graph, o.batch));
    struct rsl_runner *r = rsl_calloc(1, sizeof *r);
    if (!r) return RSL_ENOMEM;
    int rc = make_plan(&r->plan, model, options && options->packed, &o);
    if (rc < 0)
        rsl_free(r);
    else
        *runner = r;
    return rc;
}

void rsl_runner_free(struct rsl_runner *r) {
    if (!r) return;
    rsl_plan_free(r->plan);
    rsl_free(r);
}

/* NULL when there is no i-th one. */
static const struct rsl_value *face(const struct rsl_runner *r, bool output, int i) {
    const struct rsl_graph *g = rsl_plan_graph(r->plan);
    size_t n = output ? g->outputs.n : g->inputs.n;
    if (i < 0 || (size_t)i >= n) return NULL;
    return &g->values.at[output ? g->outputs.at[i] : g->inputs.at[i]];
}

static const char *name(const struct rsl_value *v) {
    return v ? v->name : NULL;
}

static const char *type(const struct rsl_value *v) {
    return v ? rsl_dtype_name((int)v->tensor.dtype) : NULL;
}

static int shape(const struct rsl_value *v, int64_t dims[8]) {
    if (!v) return rsl_fail(RSL_EARG, "the model has no such input or output");
    const struct rsl_shape *s = &v->tensor.shape;
    for (int i = 0; i < s->rank; i++) dims[i] = s->dim[i];
    return s->rank;
}

int rsl_runner_inputs(const struct rsl_runner *r) {
    return (int)rsl_plan_graph(r->plan)->inputs.n;
}

int rsl_runner_outputs(const struct rsl_runner *r) {
    return (int)rsl_plan_graph(r->plan)->outputs.n;
}

int rsl_runner_input_shape(const struct rsl_runner *r, int i, int64_t dims[8]) {
    return shape(face(r, false, i), dims);
}

int rsl_runner_output_shape(const struct rsl_runner *r, int i, int64_t dims[8]) {
    return shape(face(r, true, i), dims);
}

const char *rsl_runner_input_name(const struct rsl_runner *r, int i) {
    return name(face(r, false, i));
}

const char *rsl_runner_output_name(const struct rsl_runner *r, int i) {
    return name(face(r, true, i));
}

const char *rsl_runner_input_type(const struct rsl_runner *r, int i) {
    return type(face(r, false, i));
}

const char *rsl_runner_output_type(const struct rsl_runner *r, int i) {
    return type(face(r, true, i));
}

void *rsl_runner_input(struct rsl_runner *r, int i) {
    return face(r, false, i) ? rsl_plan_input(r->plan, (size_t)i)->data : NULL;
}

const void *rsl_runner_output(const struct rsl_runner *r, int i) {
    return face(r, true, i) ? rsl_plan_output(r->plan, (size_t)i)->data : NULL;
}

int rsl_runner_run(struct rsl_runner *r) {
    return rsl_plan_run(r->plan);
}

int rsl_runner_steps(const struct rsl_runner *r) {
    return (int)rsl_plan_steps(r->plan);
}

static bool has_step(const struct rsl_runner *r, int i) {
    return i >= 0 && i < rsl_runner_steps(r);
}

const char *rsl_runner_step_kernel(const struct rsl_runner *r, int i) {
    return has_step(r, i) ? rsl_plan_step_kernel(r->plan, (size_t)i) : NULL;
}

const char *rsl_runner_step_node(const struct rsl_runner *r, int i) {
    if (!has_step(r, i)) return NULL;
    const struct rsl_node *n = rsl_plan_step_node(r->plan, (size_t)i);
    return n ? n->name : "(layout)";
}

size_t rsl_runner_workspace(const struct rsl_runner *r) {
    return rsl_plan_workspace(r->plan);
}
