/* See fuse.h. One walk over the convolutions; each swallows what follows it as long as it can:
 *
 *   Conv [BatchNormalization] [Add with another value] [activation]
 *
 * BatchNormalization y = (x - mean) / sqrt(var + eps) * scale + B becomes, per output channel,
 * W' = W * a and b' = (b - mean) * a + B with a = scale / sqrt(var + eps), computed in double. */
#include "graph/fuse.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"

#include <math.h>

struct fuser {
    struct rsl_graph *g;
    int *reader; /* per value: the only node that reads it, or RSL_ABSENT when none or several */
    bool *dead;  /* per node */
};

static int find_readers(struct fuser *f) {
    struct rsl_graph *g = f->g;
    int *uses = rsl_calloc(g->values.n, sizeof *uses);
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(g, uses);
    for (size_t v = 0; v < g->values.n; v++) f->reader[v] = RSL_ABSENT;
    for (size_t i = 0; i < g->nodes.n; i++)
        for (int k = 0; k < g->nodes.at[i].n_in; k++) {
            int v = g->nodes.at[i].in[k];
            if (v != RSL_ABSENT && uses[v] == 1) f->reader[v] = (int)i;
        }
    for (size_t i = 0; i < g->outputs.n; i++) f->reader[g->outputs.at[i]] = RSL_ABSENT;
    rsl_free(uses);
    return RSL_OK;
}

/* The f32 constant behind input i, or NULL. */
static const struct rsl_tensor *constant(const struct rsl_graph *g, const struct rsl_node *n,
                                         int i) {
    if (i >= n->n_in || n->in[i] == RSL_ABSENT) return NULL;
    const struct rsl_value *v = &g->values.at[n->in[i]];
    return v->kind == RSL_VALUE_CONSTANT && v->tensor.dtype == RSL_f32 && v->tensor.data
               ? &v->tensor
               : NULL;
}

/* ---- BatchNormalization ---- */

static bool can_fold(const struct rsl_graph *g, const struct rsl_node *conv,
                     const struct rsl_node *bn) {
    const struct rsl_tensor *w = constant(g, conv, 1);
    if (!rsl_node_is(bn, "BatchNormalization") || !w || bn->n_in < 5) return false;
    if (conv->n_in > 2 && conv->in[2] != RSL_ABSENT && !constant(g, conv, 2)) return false;
    if (rsl_node_int(bn, "training_mode", 0) || !rsl_node_int(bn, "spatial", 1)) return false;
    for (int i = 1; i < 5; i++) {
        const struct rsl_tensor *t = constant(g, bn, i);
        if (!t || rsl_tensor_count(t) != w->shape.dim[0]) return false;
    }
    for (int i = 1; i < bn->n_out; i++)
        if (bn->out[i] != RSL_ABSENT) return false;
    return true;
}

static int add_constant(struct rsl_graph *g, const struct rsl_tensor *t, const char *stem) {
    int v = rsl_graph_fresh(g, stem);
    if (v < 0) return v;
    g->values.at[v].kind = RSL_VALUE_CONSTANT;
    g->values.at[v].tensor = *t;
    return v;
}

/* Attributes that tell what the folded constants were made from: the names of W, B (or "") and the
 * norm's four, and its epsilon. */
static int note_origin(struct rsl_graph *g, const struct rsl_node *conv,
                       const struct rsl_node *bn) {
    const char *names[6] = {
        g->values.at[conv->in[1]].name,
        conv->n_in > 2 && conv->in[2] != RSL_ABSENT ? g->values.at[conv->in[2]].name : ""};
    int node = (int)(conv - g->nodes.at);
    for (int i = 1; i < 5; i++) names[i + 1] = g->values.at[bn->in[i]].name;
    RSL_TRY(rsl_node_set_strings(g, node, "folded_from", names, 6));
    return rsl_node_set_float(g, node, "folded_epsilon", rsl_node_float(bn, "epsilon", 1e-5f));
}

double rsl_fold_factor(const struct rsl_fold *f, int64_t channel) {
    return (double)f->scale[channel] / sqrt((double)f->var[channel] + f->epsilon);
}

void rsl_fold_all(const struct rsl_fold *f, float *w, float *b) {
    for (int64_t c = 0; c < f->channels; c++) {
        double a = rsl_fold_factor(f, c), bias = f->b ? (double)f->b[c] : 0;
        b[c] = (float)((bias - (double)f->mean[c]) * a + (double)f->shift[c]);
        for (int64_t i = c * f->each; i < (c + 1) * f->each; i++)
            w[i] = (float)((double)f->w[i] * a);
    }
}

static int fold_norm(struct rsl_graph *g, struct rsl_node *conv, const struct rsl_node *bn) {
    RSL_TRY(note_origin(g, conv, bn));
    const struct rsl_tensor *w = constant(g, conv, 1), *b = constant(g, conv, 2);
    int64_t channels = w->shape.dim[0];
    const struct rsl_fold f = {.w = w->data,
                               .b = b ? b->data : NULL,
                               .scale = constant(g, bn, 1)->data,
                               .shift = constant(g, bn, 2)->data,
                               .mean = constant(g, bn, 3)->data,
                               .var = constant(g, bn, 4)->data,
                               .epsilon = (double)rsl_node_float(bn, "epsilon", 1e-5f),
                               .channels = channels,
                               .each = channels ? rsl_tensor_count(w) / channels : 0};
    struct rsl_tensor w2, b2;
    struct rsl_shape flat = rsl_shape_of(1, &channels);
    RSL_TRY(rsl_tensor_new(&w2, &g->arena, RSL_f32, &w->shape));
    RSL_TRY(rsl_tensor_new(&b2, &g->arena, RSL_f32, &flat));
    rsl_fold_all(&f, w2.data, b2.data);
    int inputs[3] = {conv->in[0], add_constant(g, &w2, "folded_weight"),
                     add_constant(g, &b2, "folded_bias")};
    if (inputs[1] < 0 || inputs[2] < 0) return RSL_ENOMEM;
    conv->in = rsl_arena_memdup(&g->arena, inputs, sizeof inputs);
    conv->n_in = 3;
    return conv->in ? RSL_OK : RSL_ENOMEM;
}

/* ---- addition and activation ---- */

/* The other operand when `add` adds a value of the same shape to `value`; else RSL_ABSENT. */
static int other_operand(const struct rsl_graph *g, const struct rsl_node *add, int value) {
    if (!rsl_node_is(add, "Add") || add->n_in != 2 || add->in[0] == add->in[1]) return RSL_ABSENT;
    int other = add->in[0] == value ? add->in[1] : add->in[0];
    const struct rsl_tensor *a = &g->values.at[value].tensor, *b = &g->values.at[other].tensor;
    return rsl_shape_equal(&a->shape, &b->shape) && a->dtype == b->dtype ? other : RSL_ABSENT;
}

/* Bound i of a Clip: attribute (opset < 11), constant input, or none. False: not a constant. */
static bool clip_bound(const struct rsl_graph *g, const struct rsl_node *n, int i, float *bound) {
    if (n->opset < 11) {
        *bound = rsl_node_float(n, i == 1 ? "min" : "max", *bound);
        return true;
    }
    if (i >= n->n_in || n->in[i] == RSL_ABSENT) return true;
    const struct rsl_tensor *t = constant(g, n, i);
    if (!t || rsl_tensor_count(t) != 1) return false;
    *bound = *(const float *)t->data;
    return true;
}

struct activation {
    const char *name; /* NULL: none */
    float alpha, beta;
};

static struct activation activation_of(const struct rsl_graph *g, const struct rsl_node *n) {
    if (rsl_node_is(n, "Relu")) return (struct activation){"Relu", 0, 0};
    if (rsl_node_is(n, "HardSwish")) return (struct activation){"HardSwish", 0, 0};
    if (rsl_node_is(n, "LeakyRelu"))
        return (struct activation){"LeakyRelu", rsl_node_float(n, "alpha", 0.01f), 0};
    struct activation clip = {"Clip", -INFINITY, INFINITY};
    if (rsl_node_is(n, "Clip") && clip_bound(g, n, 1, &clip.alpha) &&
        clip_bound(g, n, 2, &clip.beta))
        return clip;
    return (struct activation){0};
}

static int make_fused(struct rsl_graph *g, int index, int residual, const struct activation *act) {
    struct rsl_node *n = &g->nodes.at[index];
    const struct rsl_op *op = rsl_op_find("resile", "FusedConv");
    int inputs[4] = {n->in[0], n->in[1], n->n_in > 2 ? n->in[2] : RSL_ABSENT, residual};
    n->in = rsl_arena_memdup(&g->arena, inputs, sizeof inputs);
    if (!n->in) return RSL_ENOMEM;
    n->n_in = residual == RSL_ABSENT ? 3 : 4;
    n->op = op;
    RSL_TRY(rsl_node_set_string(g, index, "activation", act->name ? act->name : ""));
    RSL_TRY(rsl_node_set_float(g, index, "alpha", act->alpha));
    return rsl_node_set_float(g, index, "beta", act->beta);
}

/* The only node that reads the value, unless another convolution swallowed it already. */
static int follower(const struct fuser *f, int value) {
    int next = f->reader[value];
    return next != RSL_ABSENT && f->dead[next] ? RSL_ABSENT : next;
}

static int fuse_from(struct fuser *f, int index) {
    struct rsl_graph *g = f->g;
    struct rsl_node *conv = &g->nodes.at[index];
    int out = conv->out[0], residual = RSL_ABSENT;
    struct activation act = {0};
    if (g->values.at[out].tensor.dtype != RSL_f32) return RSL_OK;
    int next = follower(f, out);
    if (next != RSL_ABSENT && can_fold(g, conv, &g->nodes.at[next])) {
        RSL_TRY(fold_norm(g, conv, &g->nodes.at[next]));
        f->dead[next] = true;
        out = g->nodes.at[next].out[0];
        next = follower(f, out);
    }
    if (next != RSL_ABSENT) residual = other_operand(g, &g->nodes.at[next], out);
    if (residual != RSL_ABSENT) {
        f->dead[next] = true;
        out = g->nodes.at[next].out[0];
        next = follower(f, out);
    }
    if (next != RSL_ABSENT) act = activation_of(g, &g->nodes.at[next]);
    if (act.name) {
        f->dead[next] = true;
        out = g->nodes.at[next].out[0];
    }
    conv->out[0] = out;
    return residual != RSL_ABSENT || act.name ? make_fused(g, index, residual, &act) : RSL_OK;
}

int rsl_graph_fuse(struct rsl_graph *g) {
    struct fuser f = {.g = g,
                      .reader = rsl_calloc(g->values.n, sizeof *f.reader),
                      .dead = rsl_calloc(g->nodes.n, sizeof *f.dead)};
    int rc = f.reader && f.dead ? find_readers(&f) : RSL_ENOMEM;
    for (size_t i = 0; i < g->nodes.n && rc == RSL_OK; i++)
        if (!f.dead[i] && rsl_node_is(&g->nodes.at[i], "Conv")) rc = fuse_from(&f, (int)i);
    if (rc == RSL_OK) rc = rsl_graph_remove(g, f.dead);
    rsl_free(f.reader);
    rsl_free(f.dead);
    return rc;
}
