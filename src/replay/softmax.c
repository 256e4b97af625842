/* Softmax and LogSoftmax over the channels, for each place and image, in double as in src/ops. */
#include "replay/lower.h"

#include <math.h>

static void spread(const struct rsl_replay *p, const struct replay_step *s, int i,
                   const struct rsl_region *r, struct rsl_region *out) {
    (void)i;
    rsl_region_add_range(out, 0, p->values.at[s->out].channels);
    out->box = rsl_box_around(&out->box, &r->box);
}

static void softmax(const struct replay_step *s, struct replay_view *v, int channels, size_t at) {
    double most = (double)-INFINITY, sum = 0;
    for (int c = 0; c < channels; c++) {
        double x = (double)view_plane(v, s->in[0], c)[at];
        if (x > most || isnan(x)) most = x;
    }
    for (int c = 0; c < channels; c++) sum += exp((double)view_plane(v, s->in[0], c)[at] - most);
    for (int c = 0; c < channels; c++) {
        double x = (double)view_plane(v, s->in[0], c)[at] - most;
        view_out(v, s->out, c)[at] = (float)(s->own ? x - log(sum) : exp(x) / sum);
    }
}

static void run(const struct replay_step *s, struct replay_view *v, const struct rsl_region *out) {
    const struct replay_value *y = &v->replay->values.at[s->out];
    size_t images = (size_t)v->replay->images;
    for (int row = out->box.row0; row < out->box.row1; row++)
        for (int col = out->box.col0; col < out->box.col1; col++)
            for (size_t i = 0; i < images; i++)
                softmax(s, v, y->channels,
                        ((size_t)row * (size_t)y->width + (size_t)col) * images + i);
    for (int c = -1; (c = rsl_region_next(out, c + 1)) >= 0;)
        for (int row = out->box.row0; row < out->box.row1; row++)
            rsl_tail_row(s, v, c, row, out->box.col0, out->box.col1);
}

static const struct step_kind kind = {
    .name = "softmax", .spread = spread, .reach = rsl_reach_same, .run = run};

int rsl_lower_softmax(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    int rank = l->r->graph.values.at[l->node->in[0]].tensor.shape.rank;
    const struct replay_value *v = &l->r->values.at[x];
    int64_t axis = rsl_node_int(l->node, "axis", l->node->opset < 13 ? 1 : -1);
    if (axis < 0) axis += rank;
    bool flat = v->height == 1 && v->width == 1; /* before opset 13 all later axes belong to it */
    if (axis != 1 || (l->node->opset < 13 && !flat))
        return rsl_lower_refuse(l, "it does not run over the channels");
    void *log_form = rsl_node_is(l->node, "LogSoftmax") ? l->r : NULL;
    int step = rsl_lower_step(l, &kind, &x, 1, log_form);
    return step < 0 ? step : RSL_OK;
}
