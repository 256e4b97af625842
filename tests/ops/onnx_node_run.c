/* One ONNX node test: load the model, read its inputs, compute, compare with the outputs.
 *
 * The way used is shape inference with every input known, which runs the reference kernels. */
#define _DEFAULT_SOURCE
#include "onnx_node.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "io/onnx.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TENSORS = 64 };

/* ONNX's tolerances (onnx/backend/test). */
static const double rtol = 1e-3, atol = 1e-7;

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

/* Debian's ONNX stored the bfloat16 of the cast tests as uint16, meaning the bits. */
static void relabel(struct rsl_tensor *t, enum rsl_dtype declared) {
    if (t->dtype == RSL_u16 && declared == RSL_bf16) t->dtype = RSL_bf16;
}

static int read_test(struct test *t) {
    char path[1200];
    snprintf(path, sizeof path, "%s/model.onnx", t->folder);
    RSL_TRY(rsl_model_load(&t->model, path));
    const struct rsl_graph *g = &t->model->graph;
    if (g->inputs.n > MAX_TENSORS || g->outputs.n > MAX_TENSORS)
        return rsl_fail(RSL_EINTERNAL, "more inputs or outputs than the test expects");
    for (size_t i = 0; i < g->inputs.n; i++) RSL_TRY(read_tensor(t, "input", i, &t->in[i]));
    for (size_t i = 0; i < g->outputs.n; i++) RSL_TRY(read_tensor(t, "output", i, &t->want[i]));
    return RSL_OK;
}

/* ONNX made its bfloat16 vectors by cutting off bits where we round to nearest even, as runtimes
 * do: they may differ in the last place. */
static const double rtol_bf16 = 0x1p-7;

static bool close_enough(double got, double want, enum rsl_dtype dtype) {
    if (isnan(want)) return isnan(got);
    if (got == want) return true;
    return fabs(got - want) <= atol + (dtype == RSL_bf16 ? rtol_bf16 : rtol) * fabs(want);
}

static int compare(const struct rsl_tensor *got, const struct rsl_tensor *want, size_t k) {
    char a[RSL_SHAPE_TEXT], b[RSL_SHAPE_TEXT];
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
        enum rsl_dtype declared = v->tensor.dtype;
        v->tensor = t->in[i];
        relabel(&v->tensor, declared);
    }
    g->inputs.n = 0;
    RSL_TRY(rsl_graph_infer(g, RSL_MAX_ELEMENTS));
    for (size_t i = 0; i < g->outputs.n; i++) {
        const struct rsl_tensor *got = &g->values.at[g->outputs.at[i]].tensor;
        relabel(&t->want[i], got->dtype);
        RSL_TRY(compare(got, &t->want[i], i));
    }
    return RSL_OK;
}

static int by_inference(struct test *t) {
    struct rsl_graph g;
    RSL_TRY(rsl_graph_copy(&g, &t->model->graph));
    int rc = run_known(t, &g);
    rsl_graph_free(&g);
    return rc;
}

static int run(struct test *t) {
    RSL_TRY(read_test(t));
    RSL_TRY(by_inference(t));
    return RSL_OK;
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
