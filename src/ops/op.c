/* The operator table and the checks that shape rules share; see op.h. */
#include "ops/op.h"

#include <stdio.h>
#include <string.h>

#define X(name) extern const struct rsl_op rsl_op_##name;
#include "ops/ops.def"
#undef X

static const struct rsl_op *const table[] = {
#define X(name) &rsl_op_##name,
#include "ops/ops.def"
#undef X
};

const struct rsl_op *rsl_op_at(size_t i) {
    return i < sizeof table / sizeof *table ? table[i] : NULL;
}

const struct rsl_op *rsl_op_find(const char *domain, const char *name) {
    if (strcmp(domain, "ai.onnx") == 0) domain = "";
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i]->name, name) == 0 && strcmp(table[i]->domain, domain) == 0)
            return table[i];
    return NULL;
}

const struct rsl_tensor *rsl_input(const struct rsl_call *c, int i) {
    return i >= 0 && i < c->n_in ? c->in[i] : NULL;
}

static bool has_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *p = words; (p = strstr(p, word)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == 0)) return true;
    return false;
}

int rsl_need_dtype(const struct rsl_call *c, int i, const char *allowed) {
    if (i >= c->n_in || !c->in[i]) return RSL_OK;
    const char *name = rsl_dtype_name((int)c->in[i]->dtype);
    if (has_word(allowed, name)) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED, "input %d has type %s, supported are %s", i, name, allowed);
}

int rsl_need_same_dtype(const struct rsl_call *c, int i) {
    if (i >= c->n_in || !c->in[i] || c->in[i]->dtype == c->in[0]->dtype) return RSL_OK;
    return rsl_fail(RSL_ESHAPE, "input %d has type %s, input 0 has type %s", i,
                    rsl_dtype_name((int)c->in[i]->dtype), rsl_dtype_name((int)c->in[0]->dtype));
}

int rsl_need_rank(const struct rsl_call *c, int i, int min, int max) {
    if (i >= c->n_in || !c->in[i]) return RSL_OK;
    int rank = c->in[i]->shape.rank;
    if (rank >= min && rank <= max) return RSL_OK;
    char text[RSL_SHAPE_TEXT];
    return rsl_fail(RSL_ESHAPE, "input %d has shape %s, its rank must be %d to %d", i,
                    rsl_shape_text(&c->in[i]->shape, text), min, max);
}

int rsl_read_word(const struct rsl_call *c, const char *name, const char *const *words, int n,
                  int *which) {
    const char *word = rsl_node_string(c->node, name, words[0]);
    for (int i = 0; i < n; i++)
        if (words[i] && strcmp(word, words[i]) == 0) {
            *which = i;
            return RSL_OK;
        }
    return rsl_fail(RSL_EUNSUPPORTED, "%s '%s' is not offered in opset %d", name, word, c->opset);
}

int rsl_need_axis(int64_t axis, int rank, bool allow_end, int *out) {
    int64_t top = allow_end ? rank : rank - 1;
    if (axis < -rank || axis > top)
        return rsl_fail(RSL_ESHAPE, "axis %lld is outside of rank %d", (long long)axis, rank);
    *out = (int)(axis < 0 ? axis + rank : axis);
    return RSL_OK;
}

int rsl_set_out(struct rsl_call *c, int i, enum rsl_dtype dtype, const struct rsl_shape *shape) {
    if (i >= c->n_out || !c->out[i]) return RSL_OK;
    RSL_TRY(rsl_shape_check(shape));
    c->out[i]->dtype = dtype;
    c->out[i]->shape = *shape;
    return RSL_OK;
}

int rsl_infer_same(struct rsl_call *c) {
    return rsl_set_out(c, 0, c->in[0]->dtype, &c->in[0]->shape);
}

int rsl_forward_copy(const struct rsl_call *c) {
    size_t n = rsl_tensor_bytes(c->in[0]);
    if (n) memcpy(c->out[0]->data, c->in[0]->data, n);
    return RSL_OK;
}

int rsl_broadcast(const struct rsl_shape *a, const struct rsl_shape *b, struct rsl_shape *out) {
    int rank = a->rank > b->rank ? a->rank : b->rank;
    struct rsl_shape s = {.rank = rank};
    for (int i = 0; i < rank; i++) {
        int ia = i - (rank - a->rank), ib = i - (rank - b->rank);
        int64_t da = ia < 0 ? 1 : a->dim[ia], db = ib < 0 ? 1 : b->dim[ib];
        if (da != db && da != 1 && db != 1) {
            char ta[RSL_SHAPE_TEXT], tb[RSL_SHAPE_TEXT];
            return rsl_fail(RSL_ESHAPE, "shapes %s and %s cannot be broadcast",
                            rsl_shape_text(a, ta), rsl_shape_text(b, tb));
        }
        s.dim[i] = da == 1 ? db : da;
    }
    *out = s;
    return RSL_OK;
}

void rsl_strides(const struct rsl_shape *s, int64_t strides[RSL_MAX_RANK]) {
    int64_t stride = 1;
    for (int i = s->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= s->dim[i];
    }
}

void rsl_broadcast_strides(const struct rsl_shape *s, const struct rsl_shape *out,
                           int64_t strides[RSL_MAX_RANK]) {
    int64_t own[RSL_MAX_RANK] = {0};
    rsl_strides(s, own);
    int lead = out->rank - s->rank;
    for (int i = 0; i < out->rank; i++)
        strides[i] = i < lead || s->dim[i - lead] == 1 ? 0 : own[i - lead];
}

int rsl_need_shape(const struct rsl_call *c, struct rsl_shape *shape) {
    size_t n;
    const int64_t *dims = rsl_node_ints(c->node, "shape", &n);
    if (!dims || n > RSL_MAX_RANK)
        return rsl_fail(RSL_EGRAPH, "attribute shape is missing or has more than %d dimensions",
                        RSL_MAX_RANK);
    *shape = rsl_shape_of((int)n, dims);
    return rsl_shape_check(shape);
}
