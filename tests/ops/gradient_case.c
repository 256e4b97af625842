/* See gradient_case.h. */
#include "gradient_case.h"

#include "base/philox.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct case_graph *cg;
    struct rsl_rng rng;
    const char *p;
    int trial;
    enum rsl_dtype dtype;
};

static bool take(struct reader *r, const char *text) {
    size_t n = strlen(text);
    if (strncmp(r->p, text, n) != 0) return false;
    r->p += n;
    return true;
}

static double number(struct reader *r) {
    char *end;
    double v = strtod(r->p, &end);
    r->p = end;
    return v;
}

static int64_t dimension(struct reader *r) {
    char c = *r->p;
    bool small = c >= 'a' && c <= 'z', capital = c >= 'A' && c <= 'Z';
    if (!small && !capital) return (int64_t)number(r);
    r->p++;
    struct rsl_philox4 draw = rsl_philox(r->cg->key, (uint64_t)r->trial, (uint64_t)c);
    return (int64_t)(draw.v[0] % 4) + (capital ? 2 : 1);
}

static struct rsl_shape shape(struct reader *r) {
    struct rsl_shape s = {0};
    take(r, "[");
    while (!take(r, "]")) {
        s.dim[s.rank++] = dimension(r);
        take(r, ",");
    }
    return s;
}

/* The numbers in braces, some of them dimensions; their count is *n. */
static int list(struct reader *r, double *v, int64_t *n) {
    if (!take(r, "{")) return rsl_fail(RSL_EARG, "'{' is expected at '%s'", r->p);
    for (*n = 0; !take(r, "}"); take(r, ",")) {
        if (*n == 64) return rsl_fail(RSL_EARG, "too many numbers before '%s'", r->p);
        v[(*n)++] = isalpha((unsigned char)*r->p) ? (double)dimension(r) : number(r);
    }
    return RSL_OK;
}

static int add_constant(struct reader *r, const struct rsl_tensor *t) {
    char name[32];
    snprintf(name, sizeof name, "c%zu", r->cg->g.values.n);
    return rsl_graph_add_constant(&r->cg->g, name, t);
}

static int literal(struct reader *r, enum rsl_dtype dtype, bool shaped) {
    double v[64];
    int64_t n;
    struct rsl_tensor t;
    struct rsl_shape s = {0};
    if (shaped) s = shape(r);
    RSL_TRY(list(r, v, &n));
    if (!shaped) s = rsl_shape_of(1, &n);
    if (rsl_shape_count(&s) != n) return rsl_fail(RSL_EARG, "%d numbers", (int)n);
    RSL_TRY(rsl_tensor_new(&t, &r->cg->g.arena, dtype, &s));
    rsl_dtype_traits((int)dtype)->from_double(v, t.data, (size_t)n);
    return add_constant(r, &t);
}

static int booleans(struct reader *r) {
    struct rsl_tensor t;
    struct rsl_shape s = shape(r);
    RSL_TRY(rsl_tensor_new(&t, &r->cg->g.arena, RSL_bool, &s));
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        ((uint8_t *)t.data)[i] = (uint8_t)rsl_rng_below(&r->rng, 2);
    return add_constant(r, &t);
}

/* Element i of n in its own slot of [0,1), in a random order of the slots. */
static void spread(struct reader *r, double *u, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        int64_t at = (int64_t)rsl_rng_below(&r->rng, (uint64_t)i + 1);
        u[i] = u[at];
        u[at] = ((double)i + 0.25 + rsl_rng_unit(&r->rng) / 2) / (double)n;
    }
}

/* Values as the text after the shape says, rounded to float so that f32 and f64 see the same. */
static int fill(struct reader *r, struct rsl_tensor *t) {
    int64_t n = rsl_tensor_count(t);
    double *v = rsl_arena_array(&r->cg->g.arena, (size_t)n + 64, sizeof *v);
    if (!v) return RSL_ENOMEM;
    double low = -1.4, high = 1.2;
    bool around_zero = true;
    if (take(r, "=")) {
        int64_t given;
        RSL_TRY(list(r, v, &given));
        if (given != n) return rsl_fail(RSL_EARG, "%d values are needed", (int)n);
    } else {
        if (take(r, "@")) {
            low = high = number(r);
            if (take(r, ":")) high = number(r);
            around_zero = false;
        }
        spread(r, v, n);
        for (int64_t i = 0; i < n; i++) {
            v[i] = low + (high - low) * v[i];
            if (around_zero && v[i] > -0.1) v[i] += 0.2;
        }
    }
    for (int64_t i = 0; i < n; i++) rsl_tensor_set_double(t, i, (double)(float)v[i]);
    return RSL_OK;
}

static int floats(struct reader *r, bool constant) {
    struct case_graph *cg = r->cg;
    struct rsl_tensor t;
    char name[16];
    struct rsl_shape s = shape(r);
    RSL_TRY(rsl_tensor_new(&t, &cg->g.arena, r->dtype, &s));
    RSL_TRY(fill(r, &t));
    if (constant) return add_constant(r, &t);
    snprintf(name, sizeof name, "x%d", cg->n);
    int v = rsl_graph_add_input(&cg->g, name, r->dtype, &s);
    if (v < 0) return v;
    cg->x[cg->n] = t;
    cg->value[cg->n++] = v;
    return v;
}

/* The next input: its value index, RSL_ABSENT, or an error (below RSL_ABSENT). */
static int input(struct reader *r, int *value) {
    if (take(r, "-"))
        *value = RSL_ABSENT;
    else if (take(r, "i32"))
        *value = literal(r, RSL_i32, true);
    else if (take(r, "f32"))
        *value = literal(r, RSL_f32, false);
    else if (take(r, "i"))
        *value = literal(r, RSL_i64, true);
    else if (*r->p == '{')
        *value = literal(r, RSL_i64, false);
    else if (take(r, "b"))
        *value = *r->p == '{' ? literal(r, RSL_bool, false) : booleans(r);
    else if (*r->p == '[' || *r->p == '!')
        *value = floats(r, take(r, "!"));
    else
        return rsl_fail(RSL_EARG, "what is '%s'?", r->p);
    return *value < RSL_ABSENT ? *value : RSL_OK;
}

static int attribute(struct reader *r, int node) {
    struct rsl_graph *g = &r->cg->g;
    char name[64], text[64];
    int used = 0;
    if (sscanf(r->p, "%63[^=]=%63s%n", name, text, &used) != 2)
        return rsl_fail(RSL_EARG, "'%s' is no attribute", r->p);
    struct reader value = {.p = text};
    r->p += used;
    if (strchr(text, ',') || text[0] == '[') {
        int64_t v[16];
        size_t n = 0;
        take(&value, "[");
        for (; *value.p && *value.p != ']' && n < 16; take(&value, ","))
            v[n++] = (int64_t)number(&value);
        return rsl_node_set_ints(g, node, name, v, n);
    }
    double v = number(&value);
    if (*value.p) return rsl_node_set_string(g, node, name, text);
    if (strchr(text, '.')) return rsl_node_set_float(g, node, name, (float)v);
    return rsl_node_set_int(g, node, name, (int64_t)v);
}

static int add_node(struct reader *r, const struct gradient_case *c, int *out, int n_out) {
    const struct rsl_op *op = rsl_op_find("", c->op);
    int in[CASE_INPUTS], n_in = 0;
    if (!op) op = rsl_op_find("resile", c->op);
    if (!op) return rsl_fail(RSL_EARG, "there is no operator %s", c->op);
    for (r->p = c->inputs; *r->p && n_in < CASE_INPUTS; take(r, " "))
        RSL_TRY(input(r, &in[n_in++]));
    for (int i = 0; i < n_out; i++) {
        out[i] = rsl_graph_fresh(&r->cg->g, "y");
        if (out[i] < 0) return out[i];
        RSL_TRY(rsl_graph_add_output(&r->cg->g, out[i]));
    }
    r->cg->g.opset = c->opset;
    int node = rsl_graph_add_node(&r->cg->g, op, "node", in, n_in, out, n_out);
    r->cg->g.opset = RSL_OPSET;
    if (node < 0) return node;
    for (r->p = c->attributes; *r->p; take(r, " ")) RSL_TRY(attribute(r, node));
    RSL_TRY(rsl_graph_check(&r->cg->g));
    return rsl_graph_infer(&r->cg->g, INT64_MAX);
}

/* Appends a node; the attribute is for the operators that have it. */
static int append(struct reader *r, const char *op, int a, int b, const char *attribute,
                  int64_t number, int *out) {
    int in[2] = {a, b};
    *out = rsl_graph_fresh(&r->cg->g, "t");
    if (*out < 0) return *out;
    int rc = rsl_graph_add_node(&r->cg->g, rsl_op_find("", op), "", in, b < 0 ? 1 : 2, out, 1);
    return rc < 0 || !attribute ? rc : rsl_node_set_int(&r->cg->g, rc, attribute, number);
}

/* loss += sum(y * weights) */
static int add_to_loss(struct reader *r, int y) {
    struct case_graph *cg = r->cg;
    struct rsl_shape s = cg->g.values.at[y].tensor.shape;
    struct rsl_tensor w;
    int product, sum;
    RSL_TRY(rsl_tensor_new(&w, &cg->g.arena, cg->g.values.at[y].tensor.dtype, &s));
    for (int64_t i = 0; i < rsl_tensor_count(&w); i++)
        rsl_tensor_set_double(&w, i, (double)(float)(2 * rsl_rng_unit(&r->rng) - 1));
    int weights = add_constant(r, &w);
    if (weights < 0) return weights;
    RSL_TRY(append(r, "Mul", y, weights, NULL, 0, &product));
    RSL_TRY(append(r, "ReduceSum", product, RSL_ABSENT, "keepdims", 0, &sum));
    RSL_TRY(append(r, "Cast", sum, RSL_ABSENT, "to", (int64_t)r->dtype, &sum));
    if (cg->loss == RSL_ABSENT)
        cg->loss = sum;
    else
        RSL_TRY(append(r, "Add", cg->loss, sum, NULL, 0, &cg->loss));
    return RSL_OK;
}

int case_build(struct case_graph *cg, const struct gradient_case *c, uint64_t key, int trial,
               enum rsl_dtype dtype) {
    struct reader r = {
        .cg = cg, .rng = rsl_rng(key, (uint64_t)trial), .trial = trial, .dtype = dtype};
    int out[CASE_INPUTS], n_out = c->outputs;
    *cg = (struct case_graph){.loss = RSL_ABSENT, .key = key};
    rsl_graph_init(&cg->g);
    RSL_TRY(add_node(&r, c, out, n_out));
    for (int i = 0; i < c->counted; i++)
        if (rsl_dtype_is_float((int)cg->g.values.at[out[i]].tensor.dtype))
            RSL_TRY(add_to_loss(&r, out[i]));
    cg->g.outputs.n = 0;
    RSL_TRY(rsl_graph_add_output(&cg->g, cg->loss));
    RSL_TRY(rsl_graph_check(&cg->g));
    return rsl_graph_infer(&cg->g, INT64_MAX);
}
