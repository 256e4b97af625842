/* Operations on single elements: normalization, addition, scaling and clipping ride on the step
 * before them, or make a step of their own that copies its input first; other activations are steps
 * that call the operator's reference kernel. */
#include "replay/lower.h"

#include <math.h>
#include <string.h>

void rsl_spread_same(const struct rsl_replay *p, const struct replay_step *s, int i,
                     const struct rsl_region *r, struct rsl_region *out) {
    (void)p;
    (void)s;
    (void)i;
    rsl_region_join(out, r, 0);
    out->box = rsl_box_around(&out->box, &r->box);
}

struct rsl_box rsl_reach_same(const struct rsl_replay *p, const struct replay_step *s, int i,
                              const struct rsl_box *out) {
    (void)p;
    (void)s;
    (void)i;
    return *out;
}

/* ---- copying, for tails that have nothing to ride on ---- */

static void run_copy(const struct replay_step *s, struct replay_view *v,
                     const struct rsl_region *out) {
    const struct replay_value *x = &v->replay->values.at[s->out];
    size_t images = (size_t)v->replay->images;
    size_t n = (size_t)(out->box.col1 - out->box.col0) * images * sizeof(float);
    for (int c = -1; (c = rsl_region_next(out, c + 1)) >= 0;)
        for (int row = out->box.row0; row < out->box.row1; row++) {
            size_t at = ((size_t)row * (size_t)x->width + (size_t)out->box.col0) * images;
            memcpy(view_out(v, s->out, c) + at, view_plane(v, s->in[0], c) + at, n);
            rsl_tail_row(s, v, c, row, out->box.col0, out->box.col1);
        }
}

static const struct step_kind copy_kind = {
    .name = "copy", .spread = rsl_spread_same, .reach = rsl_reach_same, .run = run_copy};

/* The step that value x's producer or a new copy of x is. */
static int carrier(struct lowering *l, int x) {
    int step = rsl_lower_rider(l, x);
    return step != RSL_ABSENT ? step : rsl_lower_step(l, &copy_kind, &x, 1, NULL);
}

static int ride(struct lowering *l, const struct tail_op *op) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    int step = carrier(l, x);
    return step < 0 ? step : rsl_lower_tail(l, step, op);
}

int rsl_lower_identity(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    if (l->node->n_in > 2 && l->node->in[2] != RSL_ABSENT) {
        const struct rsl_tensor *training = rsl_lower_constant(l, 2);
        if (!training || rsl_tensor_int(training, 0) != 0)
            return rsl_lower_refuse(l, "it drops out at random");
    }
    if (rsl_lower_alias(l, x)) return RSL_OK;
    int step = rsl_lower_step(l, &copy_kind, &x, 1, NULL);
    return step < 0 ? step : RSL_OK;
}

/* ---- clipping ---- */

int rsl_lower_relu(struct lowering *l) {
    struct tail_op op = {.kind = TAIL_CLIP, .low = 0, .high = INFINITY};
    return ride(l, &op);
}

int rsl_lower_clip(struct lowering *l) {
    struct tail_op op = {.kind = TAIL_CLIP,
                         .low = rsl_node_float(l->node, "min", -INFINITY),
                         .high = rsl_node_float(l->node, "max", INFINITY)};
    for (int i = 1; i < l->node->n_in && l->node->opset >= 11; i++) {
        if (l->node->in[i] == RSL_ABSENT) continue;
        const struct rsl_tensor *bound = rsl_lower_constant(l, i);
        if (!bound || bound->dtype != RSL_f32)
            return rsl_lower_refuse(l, "a bound is no f32 constant");
        *(i == 1 ? &op.low : &op.high) = *(const float *)bound->data;
    }
    return ride(l, &op);
}

/* ---- normalization ---- */

int rsl_lower_norm(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    int channels = l->r->values.at[x].channels;
    if (rsl_node_int(l->node, "training_mode", 0) != 0)
        return rsl_lower_refuse(l, "it is in training mode");
    struct tail_op op = {.kind = TAIL_NORM, .epsilon = rsl_node_float(l->node, "epsilon", 1e-5F)};
    RSL_TRY(rsl_lower_params(l, 6 * (size_t)channels, &op.params));
    for (int i = 1; i < 5; i++) {
        const struct rsl_tensor *p = rsl_lower_constant(l, i);
        if (!p || p->dtype != RSL_f32 || rsl_tensor_count(p) != channels)
            return rsl_lower_refuse(l, "a parameter is no constant with one number per channel");
        memcpy(l->r->params.at + op.params + (size_t)((1 + i) * channels), p->data,
               (size_t)channels * sizeof(float));
    }
    rsl_tail_norm_init(l->r->params.at + op.params, channels, op.epsilon);
    int step = carrier(l, x);
    if (step < 0) return step;
    int at = l->r->steps.at[step].n_tail;
    RSL_TRY(rsl_lower_tail(l, step, &op));
    for (int i = 1; i < 5; i++) RSL_TRY(rsl_lower_parameter(l, i, step, ~(8 * at + i - 1)));
    return RSL_OK;
}

/* ---- adding and scaling ---- */

/* Whether constant t of a node with output channels c is one number for all or one per channel. */
static bool per_channel(const struct rsl_tensor *t, const struct replay_value *x, int rank) {
    int64_t n = rsl_tensor_count(t);
    if (t->dtype != RSL_f32) return false;
    if (n == 1) return true;
    int channel_axis = t->shape.rank - (rank - 1); /* where axis 1 lands when aligned at the end */
    if (n != x->channels || channel_axis < 0) return false;
    return t->shape.dim[channel_axis] == n;
}

/* y + constant or y * constant. */
static int with_constant(struct lowering *l, int operand, enum tail_kind kind) {
    int x = rsl_lower_input(l, 1 - operand);
    if (x < 0) return x;
    const struct rsl_tensor *t = rsl_lower_constant(l, operand);
    int rank = l->r->graph.values.at[l->node->in[1 - operand]].tensor.shape.rank;
    const struct replay_value *v = &l->r->values.at[x];
    if (!per_channel(t, v, rank) || t->shape.rank > rank)
        return rsl_lower_refuse(l, "its constant is neither one number nor one per channel");
    int channels = v->channels;
    struct tail_op op = {.kind = kind};
    RSL_TRY(rsl_lower_params(l, (size_t)channels, &op.params));
    bool all = rsl_tensor_count(t) == 1;
    for (int c = 0; c < channels; c++)
        l->r->params.at[op.params + (size_t)c] = ((const float *)t->data)[all ? 0 : c];
    int step = carrier(l, x);
    if (step < 0) return step;
    int at = l->r->steps.at[step].n_tail;
    RSL_TRY(rsl_lower_tail(l, step, &op));
    return all && channels > 1 ? RSL_OK : rsl_lower_parameter(l, operand, step, ~(8 * at));
}

static bool same_places(const struct replay_value *a, const struct replay_value *b) {
    return a->channels == b->channels && a->height == b->height && a->width == b->width;
}

int rsl_lower_add(struct lowering *l) {
    for (int i = 0; i < 2; i++)
        if (rsl_lower_constant(l, i)) return with_constant(l, i, TAIL_SHIFT);
    int a = rsl_lower_input(l, 0), b = a < 0 ? a : rsl_lower_input(l, 1);
    if (b < 0) return b;
    struct rsl_replay *r = l->r;
    if (!same_places(&r->values.at[a], &r->values.at[b]))
        return rsl_lower_refuse(l, "it broadcasts");
    /* It rides on the later of the two, when that has no other reader. */
    if (r->values.at[a].producer < r->values.at[b].producer) {
        int t = a;
        a = b;
        b = t;
    }
    int step = carrier(l, a);
    if (step < 0) return step;
    struct replay_step *s = &r->steps.at[step];
    struct tail_op op = {.kind = TAIL_ADD, .input = s->n_in};
    s->in[s->n_in++] = b;
    return rsl_lower_tail(l, step, &op);
}

int rsl_lower_scale(struct lowering *l) {
    for (int i = 0; i < 2; i++)
        if (rsl_lower_constant(l, i)) return with_constant(l, i, TAIL_SCALE);
    return rsl_lower_refuse(l, "it multiplies two activations");
}

/* ---- other activations ---- */

static void run_unary(const struct replay_step *s, struct replay_view *v,
                      const struct rsl_region *out) {
    const struct replay_value *x = &v->replay->values.at[s->out];
    size_t images = (size_t)v->replay->images;
    int64_t n = (int64_t)(out->box.col1 - out->box.col0) * (int64_t)images;
    const struct rsl_node *node = s->own;
    for (int c = -1; (c = rsl_region_next(out, c + 1)) >= 0;)
        for (int row = out->box.row0; row < out->box.row1; row++) {
            size_t at = ((size_t)row * (size_t)x->width + (size_t)out->box.col0) * images;
            struct rsl_tensor in = {.dtype = RSL_f32, .shape = rsl_shape_of(1, &n)}, y = in;
            in.data = view_plane(v, s->in[0], c) + at;
            y.data = view_out(v, s->out, c) + at;
            const struct rsl_tensor *ins[1] = {&in};
            struct rsl_tensor *outs[1] = {&y};
            struct rsl_call call = {
                .node = node, .opset = node->opset, .n_in = 1, .n_out = 1, .in = ins, .out = outs};
            node->op->forward(&call);
            rsl_tail_row(s, v, c, row, out->box.col0, out->box.col1);
        }
}

static const struct step_kind unary_kind = {
    .name = "activation", .spread = rsl_spread_same, .reach = rsl_reach_same, .run = run_unary};

int rsl_lower_unary(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    struct rsl_node *node = rsl_arena_memdup(&l->r->arena, l->node, sizeof *node);
    if (!node) return RSL_ENOMEM;
    int step = rsl_lower_step(l, &unary_kind, &x, 1, node);
    return step < 0 ? step : RSL_OK;
}
