/* Lowering: from the operators of a graph to the steps of a replay. */
#include "replay/lower.h"
#include "replay/conv.h"

#include <string.h>

static const struct step_lowering lowerings[] = {
#define STEP(op, function) {#op, rsl_lower_##function},
#include "replay/steps.def"
#undef STEP
};

/* ---- for the kinds ---- */

int rsl_lower_refuse(struct lowering *l, const char *why) {
    return rsl_fail(RSL_EUNSUPPORTED, "node '%s' (%s) cannot be replayed: %s", l->node->name,
                    l->node->op->name, why);
}

int rsl_lower_input(struct lowering *l, int i) {
    if (i >= l->node->n_in || l->node->in[i] == RSL_ABSENT)
        return rsl_lower_refuse(l, "an input is missing");
    int v = l->r->value_of[l->node->in[i]];
    return v != RSL_ABSENT ? v : rsl_lower_refuse(l, "an input is a constant");
}

const struct rsl_tensor *rsl_lower_constant(struct lowering *l, int i) {
    if (i >= l->node->n_in || l->node->in[i] == RSL_ABSENT) return NULL;
    const struct rsl_tensor *t = &l->r->graph.values.at[l->node->in[i]].tensor;
    return t->data ? t : NULL;
}

/* Channels, height and width of a tensor of one image; false for other shapes. */
static bool image_shape(const struct rsl_tensor *t, int *c, int *h, int *w) {
    const struct rsl_shape *s = &t->shape;
    if (t->dtype != RSL_f32 || s->rank < 2 || s->rank > 4 || s->dim[0] != 1) return false;
    if (rsl_shape_count(s) < 1 || rsl_shape_count(s) > INT32_MAX / 64) return false;
    *c = (int)s->dim[1];
    *h = s->rank == 4 ? (int)s->dim[2] : 1;
    *w = s->rank > 2 ? (int)s->dim[s->rank - 1] : 1;
    return true;
}

static bool is_visible(const struct rsl_replay *r, int value) {
    for (int i = 0; i < r->options.n_visible; i++)
        if (r->options.visible[i] == value) return true;
    return false;
}

static int new_value(struct lowering *l, int value, int producer) {
    struct rsl_replay *r = l->r;
    const struct rsl_value *gv = &r->graph.values.at[value];
    struct replay_value v = {.name = gv->name, .producer = producer, .last_use = producer};
    if (!image_shape(&gv->tensor, &v.channels, &v.height, &v.width))
        return rsl_fail(RSL_EUNSUPPORTED,
                        "value '%s' cannot be replayed: it is no f32 image, map or row of features",
                        gv->name);
    v.visible = is_visible(r, value);
    v.single = l->uses[value] == 1;
    /* One pixel more than needed: channels a power of two apart would share few cache sets. */
    v.plane = ((size_t)v.height * (size_t)v.width + 1) * (size_t)r->images;
    RSL_TRY(rsl_vec_push(&r->values, v));
    return r->value_of[value] = (int)r->values.n - 1;
}

int rsl_lower_step(struct lowering *l, const struct step_kind *kind, const int *in, int n_in,
                   void *own) {
    struct rsl_replay *r = l->r;
    struct replay_step s = {.kind = kind, .name = l->node->name, .own = own};
    s.n_own = s.n_in = n_in;
    s.in = rsl_arena_array(&r->arena, (size_t)(n_in + TAIL_MOST), sizeof *s.in);
    if (!s.in) return RSL_ENOMEM;
    for (int i = 0; i < n_in; i++) s.in[i] = in[i];
    s.out = new_value(l, l->node->out[0], (int)r->steps.n);
    if (s.out < 0) return s.out;
    RSL_TRY(rsl_vec_push(&r->steps, s));
    return (int)r->steps.n - 1;
}

int rsl_lower_rider(struct lowering *l, int v) {
    const struct replay_value *x = &l->r->values.at[v];
    if (!x->single || x->visible || x->producer == RSL_ABSENT) return RSL_ABSENT;
    return l->r->steps.at[x->producer].n_tail < TAIL_MOST ? x->producer : RSL_ABSENT;
}

bool rsl_lower_alias(struct lowering *l, int v) {
    struct replay_value *x = &l->r->values.at[v];
    int out = l->node->out[0];
    if (x->visible || is_visible(l->r, out)) return false;
    x->single = x->single && l->uses[out] == 1;
    l->r->value_of[out] = v;
    return true;
}

int rsl_lower_tail(struct lowering *l, int step, const struct tail_op *op) {
    struct replay_step *s = &l->r->steps.at[step];
    s->tail[s->n_tail++] = *op;
    int out = l->node->out[0];
    struct replay_value *x = &l->r->values.at[s->out];
    x->single = l->uses[out] == 1;
    x->visible = is_visible(l->r, out);
    l->r->value_of[out] = s->out;
    return RSL_OK;
}

int rsl_lower_params(struct lowering *l, size_t count, size_t *offset) {
    struct rsl_replay *r = l->r;
    size_t at = (r->params.n + 15) / 16 * 16;
    if (at + count > r->params.cap) {
        size_t cap = 2 * r->params.cap + at + count;
        float *grown = rsl_regrow(r->params.at, r->params.n * sizeof(float), cap * sizeof(float));
        if (!grown) return RSL_ENOMEM;
        r->params.at = grown;
        r->params.cap = cap;
    }
    memset(r->params.at + r->params.n, 0, (at + count - r->params.n) * sizeof(float));
    r->params.n = at + count;
    *offset = at;
    return RSL_OK;
}

int rsl_lower_parameter(struct lowering *l, int i, int step, int role) {
    struct rsl_replay *r = l->r;
    int value = l->node->in[i];
    struct replay_parameter p = {.step = step, .role = role, .next = r->parameter_of[value]};
    RSL_TRY(rsl_vec_push(&r->parameters, p));
    r->parameter_of[value] = (int)r->parameters.n - 1;
    return RSL_OK;
}

/* ---- the whole graph ---- */

bool rsl_lower_is_constant(const struct rsl_replay *r, const struct rsl_node *n) {
    for (int i = 0; i < n->n_out; i++)
        if (n->out[i] != RSL_ABSENT && !r->graph.values.at[n->out[i]].tensor.data) return false;
    return true;
}

static int lower_node(struct lowering *l) {
    if (rsl_lower_is_constant(l->r, l->node)) return RSL_OK;
    for (int i = 1; i < l->node->n_out; i++)
        if (l->node->out[i] != RSL_ABSENT && l->uses[l->node->out[i]] > 0)
            return rsl_lower_refuse(l, "it has more than one output");
    if (l->node->op->domain[0] == '\0')
        for (size_t i = 0; i < sizeof lowerings / sizeof lowerings[0]; i++)
            if (strcmp(lowerings[i].op, l->node->op->name) == 0) return lowerings[i].lower(l);
    return rsl_lower_refuse(l, "the replay does not know this operator");
}

static int lower_input(struct lowering *l) {
    struct rsl_replay *r = l->r;
    const struct rsl_graph *g = &r->graph;
    if (g->inputs.n != 1 || g->outputs.n < 1)
        return rsl_fail(RSL_EUNSUPPORTED, "a network of %zu inputs cannot be replayed",
                        g->inputs.n);
    r->input = new_value(l, g->inputs.at[0], RSL_ABSENT);
    if (r->input < 0) return r->input;
    r->values.at[r->input].single = false;
    return RSL_OK;
}

static void find_last_uses(struct rsl_replay *r) {
    for (size_t s = 0; s < r->steps.n; s++)
        for (int i = 0; i < r->steps.at[s].n_in; i++)
            r->values.at[r->steps.at[s].in[i]].last_use = (int)s;
    r->values.at[r->output].last_use = (int)r->steps.n;
}

int rsl_lower(struct rsl_replay *r) {
    struct rsl_graph *g = &r->graph;
    int *uses = rsl_calloc(g->values.n, sizeof *uses);
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(g, uses);
    struct lowering l = {.r = r, .uses = uses};
    int rc = lower_input(&l);
    for (size_t i = 0; i < g->nodes.n && rc >= 0; i++) {
        l.node = &g->nodes.at[i];
        rc = lower_node(&l);
    }
    rsl_free(uses);
    RSL_TRY(rc);
    r->output = r->value_of[g->outputs.at[0]];
    if (r->output == RSL_ABSENT || r->output == r->input)
        return rsl_fail(RSL_EUNSUPPORTED, "output '%s' does not depend on the input",
                        g->values.at[g->outputs.at[0]].name);
    find_last_uses(r);
    return RSL_OK;
}
