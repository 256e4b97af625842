/* The tail of a step: what is done to a row of one output channel while it is in the cache.
 * Compiled with contraction: a multiply and the addition after it round once. */
#include "replay/step.h"

#include <math.h>

RSL_LANES static void shift(float *y, size_t n, float b) {
    for (size_t i = 0; i < n; i++) y[i] += b;
}

RSL_LANES static void scale(float *y, size_t n, float a) {
    for (size_t i = 0; i < n; i++) y[i] *= a;
}

RSL_LANES static void norm(float *y, size_t n, float a, float b) {
    for (size_t i = 0; i < n; i++) y[i] = y[i] * a + b;
}

RSL_LANES static void add(float *restrict y, size_t n, const float *restrict z) {
    for (size_t i = 0; i < n; i++) y[i] += z[i];
}

/* NaN stays: comparisons with it are false. */
RSL_LANES static void clip(float *y, size_t n, float low, float high) {
    for (size_t i = 0; i < n; i++) {
        float v = y[i] < low ? low : y[i];
        y[i] = v > high ? high : v;
    }
}

void rsl_tail_row(const struct replay_step *s, const struct replay_view *v, int c, int row,
                  int col0, int col1) {
    const struct replay_value *x = &v->replay->values.at[s->out];
    size_t images = (size_t)v->replay->images;
    size_t at = ((size_t)row * (size_t)x->width + (size_t)col0) * images;
    size_t n = (size_t)(col1 - col0) * images;
    float *y = view_out(v, s->out, c) + at;
    for (int i = 0; i < s->n_tail; i++) {
        const struct tail_op *t = &s->tail[i];
        const float *p = v->params + t->params;
        switch (t->kind) {
            case TAIL_SHIFT:
                shift(y, n, p[c]);
                break;
            case TAIL_SCALE:
                scale(y, n, p[c]);
                break;
            case TAIL_NORM:
                norm(y, n, p[c], p[x->channels + c]);
                break;
            case TAIL_ADD:
                add(y, n, view_plane(v, s->in[t->input], c) + at);
                break;
            case TAIL_CLIP:
                clip(y, n, t->low, t->high);
                break;
        }
    }
}

/* a = scale / sqrt(variance + epsilon), b = bias - mean a; rounded once. */
static void norm_factors(const float *p, int channels, int c, float epsilon, float *a, float *b) {
    const float *raw = p + 2 * channels;
    double factor = (double)raw[c] / sqrt((double)raw[3 * channels + c] + (double)epsilon);
    *a = (float)factor;
    *b = (float)((double)raw[channels + c] - (double)raw[2 * channels + c] * factor);
}

void rsl_tail_norm_init(float *p, int channels, float epsilon) {
    for (int c = 0; c < channels; c++)
        norm_factors(p, channels, c, epsilon, &p[c], &p[channels + c]);
}

int rsl_tail_change(struct rsl_replay_worker *w, int step, int role, int64_t index, float to) {
    const struct replay_step *s = &w->replay->steps.at[step];
    const struct tail_op *t = &s->tail[role / 8];
    int channels = w->replay->values.at[s->out].channels, c = (int)index;
    rsl_worker_touch(w, step, c);
    if (t->kind != TAIL_NORM) return rsl_worker_set(w, t->params + (size_t)c, to);
    size_t raw = t->params + (size_t)((2 + role % 8) * channels + c);
    RSL_TRY(rsl_worker_set(w, raw, to));
    float a, b;
    norm_factors(w->params + t->params, channels, c, t->epsilon, &a, &b);
    RSL_TRY(rsl_worker_set(w, t->params + (size_t)c, a));
    return rsl_worker_set(w, t->params + (size_t)(channels + c), b);
}
