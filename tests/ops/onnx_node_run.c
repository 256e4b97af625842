/* One ONNX node test: load the model, read its inputs, compute, compare with the outputs.
 *
 * Computed three ways: by shape inference with every input known, which runs the reference kernels;
 * and by plans with reference kernels and with the fast ones, where only those inputs are known
 * when the plan is made that decide a shape. */
#define _DEFAULT_SOURCE
#include "onnx_node.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "graph/op.h"
#include "graph/plan.h"
#include "io/onnx.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TENSORS = 64 };

/* ONNX's tolerances (onnx/backend/test). The expected bf16 values were truncated when they were
 * made, ours are rounded: they may differ by one unit of the 8-bit mantissa. */
static const double rtol = 1e-3, rtol_bf16 = 0x1p-7, atol = 1e-7;

struct test {
    const char *folder;
    struct rsl_model *model;
    struct rsl_arena arena;
    struct rsl_tensor in[MAX_TENSORS], want[MAX_TENSORS];
};

static int read_tensor(struct test *t, const char *kind, size_t k, struct rsl_tensor *tensor) {
    char path[1200], name[64];
    struct rsl_file f;
    snprintf(name, sizeof name, "%s_%zu.pb", kind, k);
    snprintf(path, sizeof path, "%s/test_data_set_0/%s", t->folder, name);
    RSL_TRY(rsl_file_open(&f, path));
    int rc = rsl_onnx_read_tensor(tensor, &t->arena, f.data, f.size, name);
    rsl_file_close(&f);
    return rc;
}

/* numpy has no bfloat16: the test vectors hold its bits as u16. */
static void as_bf16(struct rsl_tensor *t, enum rsl_dtype declared) {
    if (declared == RSL_bf16 && t->dtype == RSL_u16) t->dtype = RSL_bf16;
}

/* Types must be as declared; shapes are taken from what is fed (the castlike tests declare others).
 */
static int fit_inputs(struct test *t) {
    struct rsl_graph *g = &t->model->graph;
    for (size_t i = 0; i < g->inputs.n; i++) {
        struct rsl_value *v = &g->values.at[g->inputs.at[i]];
        as_bf16(&t->in[i], v->tensor.dtype);
        v->tensor.shape = t->in[i].shape;
        if (v->tensor.dtype != t->in[i].dtype)
            return rsl_fail(RSL_EMISMATCH, "input '%s' is not of the declared type", v->name);
    }
    return RSL_OK;
}

static int read_test(struct test *t) {
    char path[1200];
    snprintf(path, sizeof path, "%s/model.onnx", t->folder);
    RSL_TRY(rsl_model_load(&t->model, path));
    const struct rsl_graph *g = &t->model->graph;
    if (g->inputs.n > MAX_TENSORS || g->outputs.n > MAX_TENSORS)
        return rsl_fail(RSL_EINTERNAL, "more inputs or outputs than the test expects");
    for (size_t i = 0; i < g->inputs.n; i++) RSL_TRY(read_tensor(t, "input", i, &t->in[i]));
    return fit_inputs(t);
}

/* After the model has been accepted: its sentence says more than one about the expected values. */
static int read_outputs(struct test *t) {
    for (size_t i = 0; i < t->model->graph.outputs.n; i++)
        RSL_TRY(read_tensor(t, "output", i, &t->want[i]));
    return RSL_OK;
}

static bool close_enough(double got, double want, enum rsl_dtype dtype) {
    if (isnan(want)) return isnan(got);
    if (got == want) return true;
    return fabs(got - want) <= atol + (dtype == RSL_bf16 ? rtol_bf16 : rtol) * fabs(want);
}

static int compare(const struct rsl_tensor *got, struct rsl_tensor *want, size_t k) {
    char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
    as_bf16(want, got->dtype);
    if (got->dtype != want->dtype || !rsl_shape_equal(&got->shape, &want->shape))
        return rsl_fail(RSL_EMISMATCH, "output %zu is %s %s, expected %s %s", k,
                        rsl_dtype_name((int)got->dtype), rsl_shape_text(&got->shape, a),
                        rsl_dtype_name((int)want->dtype), rsl_shape_text(&want->shape, b));
    int64_t n = rsl_tensor_count(want);
    if (n && !got->data) return rsl_fail(RSL_EMISMATCH, "output %zu was not computed", k);
    for (int64_t i = 0; i < n; i++) {
        if (!rsl_dtype_is_float((int)want->dtype)) {
            size_t width = rsl_dtype_bytes((int)want->dtype);
            size_t at = (size_t)i * width;
            if (!memcmp((char *)got->data + at, (char *)want->data + at, width)) continue;
        }
        double g = rsl_tensor_double(got, i), w = rsl_tensor_double(want, i);
        if (rsl_dtype_is_float((int)want->dtype) && close_enough(g, w, want->dtype)) continue;
        return rsl_fail(RSL_EMISMATCH, "output %zu, element %lld is %.9g, expected %.9g", k,
                        (long long)i, g, w);
    }
    return RSL_OK;
}

/* Makes constants of all inputs; inference then computes the whole graph. */
static int run_known(struct test *t, struct rsl_graph *g) {
    for (size_t i = 0; i < g->inputs.n; i++) {
        struct rsl_value *v = &g->values.at[g->inputs.at[i]];
        v->kind = RSL_VALUE_CONSTANT;
        v->tensor = t->in[i];
    }
    g->inputs.n = 0;
    RSL_TRY(rsl_graph_infer(g, RSL_MAX_ELEMENTS));
    RSL_TRY(read_outputs(t));
    for (size_t i = 0; i < g->outputs.n; i++)
        RSL_TRY(compare(&g->values.at[g->outputs.at[i]].tensor, &t->want[i], i));
    return RSL_OK;
}

static int by_inference(struct test *t) {
    struct rsl_graph g;
    RSL_TRY(rsl_graph_copy(&g, &t->model->graph));
    int rc = run_known(t, &g);
    rsl_graph_free(&g);
    return rc;
}

/* Marks the values that some shape depends on, from the last node to the first. */
static void mark_deciding(const struct rsl_graph *g, bool *deciding) {
    for (size_t i = g->nodes.n; i-- > 0;) {
        const struct rsl_node *n = &g->nodes.at[i];
        bool all = false;
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] != RSL_ABSENT && deciding[n->out[k]]) all = true;
        if (n->op->shape_only) continue;
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] != RSL_ABSENT && (all || (k < 32 && n->op->value_inputs >> k & 1)))
                deciding[n->in[k]] = true;
    }
}

static int run_plan(struct test *t, struct rsl_plan *plan, const bool *deciding) {
    const struct rsl_graph *g = &t->model->graph;
    for (size_t i = 0; i < g->inputs.n; i++)
        if (!deciding[g->inputs.at[i]] && rsl_tensor_count(&t->in[i]))
            memcpy(rsl_plan_input(plan, i)->data, t->in[i].data, rsl_tensor_bytes(&t->in[i]));
    RSL_TRY(rsl_plan_run(plan));
    for (size_t i = 0; i < g->outputs.n; i++)
        RSL_TRY(compare(rsl_plan_output(plan, i), &t->want[i], i));
    return RSL_OK;
}

static int by_plan(struct test *t, bool reference) {
    const struct rsl_graph *g = &t->model->graph;
    bool *deciding = rsl_calloc(g->values.n, sizeof *deciding);
    if (!deciding) return RSL_ENOMEM;
    mark_deciding(g, deciding);
    struct rsl_binding known[MAX_TENSORS];
    struct rsl_plan_options options = {.known = known, .reference = reference, .threads = 2};
    for (size_t i = 0; i < g->inputs.n; i++)
        if (deciding[g->inputs.at[i]])
            known[options.n_known++] =
                (struct rsl_binding){g->values.at[g->inputs.at[i]].name, t->in[i], false};
    struct rsl_plan *plan = NULL;
    int rc = rsl_plan_new(&plan, g, &options);
    if (rc == RSL_OK) rc = run_plan(t, plan, deciding);
    rsl_plan_free(plan);
    rsl_free(deciding);
    return rc < 0 ? rsl_fail_in(rc, "as a plan%s", reference ? " of reference kernels" : "")
                  : RSL_OK;
}

static int run(struct test *t) {
    RSL_TRY(read_test(t));
    RSL_TRY(by_inference(t));
    RSL_TRY(by_plan(t, true));
    return by_plan(t, false);
}

/* Sentences start with the file's path, which differs from machine to machine. */
static const char *without_path(const char *sentence, const char *folder) {
    size_t n = strlen(folder);
    if (strncmp(sentence, folder, n) != 0) return sentence;
    const char *rest = strstr(sentence + n, ": ");
    return rest ? rest + 2 : sentence;
}

enum verdict onnx_node_run(const char *folder, char *sentence, size_t size) {
    struct test t = {.folder = folder};
    int rc = run(&t);
    if (rc < 0) snprintf(sentence, size, "%s", without_path(rsl_errmsg(), folder));
    rsl_model_free(t.model);
    rsl_arena_free(&t.arena);
    return rc == RSL_OK ? PASSED : rc == RSL_EUNSUPPORTED ? REFUSED : WRONG;
}
