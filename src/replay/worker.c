/* Workers: the runs with changes. See replay.h. */
#include "replay/conv.h"
#include "replay/sums.h"

#include <string.h>

/* ---- making ---- */

static int make_regions(struct rsl_replay_worker *w) {
    const struct rsl_replay *r = w->replay;
    size_t values = r->values.n, steps = r->steps.n, words = (size_t)r->words;
    w->dirty = rsl_calloc(values, sizeof *w->dirty);
    w->valid = rsl_calloc(values, sizeof *w->valid);
    w->touched = rsl_calloc(steps, sizeof *w->touched);
    w->touched_blocks = rsl_calloc(steps, sizeof *w->touched_blocks);
    w->sets = rsl_calloc((values + steps) * words, sizeof *w->sets);
    if (!w->dirty || !w->valid || !w->touched || !w->touched_blocks || !w->sets) return RSL_ENOMEM;
    for (size_t i = 0; i < values + steps; i++) {
        struct rsl_region *g = i < values ? &w->dirty[i] : &w->touched[i - values];
        *g = (struct rsl_region){.set = w->sets + i * words, .words = r->words, .first = r->words};
    }
    for (size_t i = 0; i < steps; i++) {
        if (r->steps.at[i].kind != &rsl_step_conv) continue;
        int blocks = rsl_conv_weight_blocks(r->steps.at[i].own);
        w->touched_blocks[i] = rsl_calloc((size_t)blocks / 64 + 1, sizeof(uint64_t));
        if (!w->touched_blocks[i]) return RSL_ENOMEM;
    }
    return RSL_OK;
}

int rsl_replay_worker_new(struct rsl_replay_worker **worker, struct rsl_replay *r) {
    struct rsl_replay_worker *w = rsl_calloc(1, sizeof *w);
    if (!w) return RSL_ENOMEM;
    w->replay = r;
    w->first = (int)r->steps.n;
    w->last = RSL_ABSENT;
    w->params = rsl_malloc(r->params.n * sizeof *w->params);
    w->scratch = rsl_calloc(r->scratch_size, sizeof *w->scratch);
    w->room = rsl_calloc(r->room + 1, sizeof *w->room);
    int rc = w->params && w->scratch && w->room ? make_regions(w) : RSL_ENOMEM;
    if (rc < 0) {
        rsl_replay_worker_free(w);
        return rc;
    }
    memcpy(w->params, r->params.at, r->params.n * sizeof *w->params);
    *worker = w;
    return RSL_OK;
}

void rsl_replay_worker_free(struct rsl_replay_worker *w) {
    if (!w) return;
    for (size_t i = 0; w->touched_blocks && i < w->replay->steps.n; i++)
        rsl_free(w->touched_blocks[i]);
    rsl_free(w->touched_blocks);
    rsl_free(w->touched);
    rsl_free(w->dirty);
    rsl_free(w->valid);
    rsl_free(w->sets);
    rsl_free(w->params);
    rsl_free(w->scratch);
    rsl_free(w->room);
    rsl_free(w->undo.at);
    rsl_free(w);
}

/* ---- changing parameters ---- */

int rsl_worker_set(struct rsl_replay_worker *w, size_t at, float to) {
    struct worker_undo u = {.at = at, .was = w->params[at]};
    RSL_TRY(rsl_vec_push(&w->undo, u));
    w->params[at] = to;
    return RSL_OK;
}

void rsl_worker_touch(struct rsl_replay_worker *w, int step, int c) {
    rsl_region_add(&w->touched[step], c);
    if (step < w->first) w->first = step;
    if (step > w->last) w->last = step;
}

int rsl_replay_change(struct rsl_replay_worker *w, int value, int64_t index, float to) {
    const struct rsl_replay *r = w->replay;
    for (int i = r->parameter_of[value]; i != RSL_ABSENT; i = r->parameters.at[i].next) {
        const struct replay_parameter *p = &r->parameters.at[i];
        int (*change)(struct rsl_replay_worker *, int, int, int64_t, float) =
            p->role < 0 ? rsl_tail_change : r->steps.at[p->step].kind->change;
        RSL_TRY(change(w, p->step, p->role < 0 ? ~p->role : p->role, index, to));
    }
    return RSL_OK;
}

void rsl_replay_drop(struct rsl_replay_worker *w) {
    while (w->undo.n > 0) {
        const struct worker_undo *u = &w->undo.at[--w->undo.n];
        w->params[u->at] = u->was;
    }
    for (int s = w->first; s <= w->last; s++) {
        if (rsl_region_next(&w->touched[s], 0) < 0) continue;
        rsl_region_clear(&w->touched[s]);
        if (w->touched_blocks[s])
            memset(w->touched_blocks[s], 0,
                   ((size_t)rsl_conv_weight_blocks(w->replay->steps.at[s].own) / 64 + 1) *
                       sizeof(uint64_t));
    }
    w->first = (int)w->replay->steps.n;
    w->last = RSL_ABSENT;
}

/* ---- regions in a worker's memory ---- */

struct planes {
    const float *golden;
    float *scratch;
    size_t images, width;
};

static struct planes planes_of(const struct rsl_replay_worker *w, int value, int c) {
    const struct replay_value *x = &w->replay->values.at[value];
    return (struct planes){.golden = w->replay->golden + x->golden + (size_t)c * x->plane,
                           .scratch = w->scratch + x->scratch + (size_t)c * x->plane,
                           .images = (size_t)w->replay->images,
                           .width = (size_t)x->width};
}

static void copy_golden(const struct planes *p, int row, int col0, int col1) {
    if (col0 >= col1) return;
    size_t at = ((size_t)row * p->width + (size_t)col0) * p->images;
    memcpy(p->scratch + at, p->golden + at, (size_t)(col1 - col0) * p->images * sizeof(float));
}

/* What lies in `b` but not in `have`. */
static void fill(const struct planes *p, const struct rsl_box *b, const struct rsl_box *have) {
    bool none = rsl_box_empty(have);
    for (int row = b->row0; row < b->row1; row++) {
        if (none || row < have->row0 || row >= have->row1) {
            copy_golden(p, row, b->col0, b->col1);
        } else {
            copy_golden(p, row, b->col0, have->col0);
            copy_golden(p, row, have->col1, b->col1);
        }
    }
}

/* Makes the scratch of dirty channels readable in box `need`. */
static void materialise(struct rsl_replay_worker *w, int value, const struct rsl_box *need) {
    struct rsl_region *d = &w->dirty[value];
    if (rsl_region_empty(d) || rsl_box_inside(need, &w->valid[value])) return;
    struct rsl_box box = rsl_box_around(&w->valid[value], need);
    for (int c = -1; (c = rsl_region_next(d, c + 1)) >= 0;) {
        struct planes p = planes_of(w, value, c);
        fill(&p, &box, &w->valid[value]);
    }
    w->valid[value] = box;
}

/* The part of box `b` in which the planes differ; `whole`: b itself as soon as one number does. */
static struct rsl_box difference(const struct planes *p, const struct rsl_box *b, bool whole) {
    struct rsl_box found = {0};
    size_t row_bytes = (size_t)(b->col1 - b->col0) * p->images * sizeof(float);
    for (int row = b->row0; row < b->row1; row++) {
        size_t at = ((size_t)row * p->width + (size_t)b->col0) * p->images;
        if (memcmp(p->scratch + at, p->golden + at, row_bytes) == 0) continue;
        if (whole) return *b;
        for (int col = b->col0; col < b->col1; col++, at += p->images) {
            if (memcmp(p->scratch + at, p->golden + at, p->images * sizeof(float)) == 0) continue;
            struct rsl_box pixel = {row, row + 1, col, col + 1};
            found = rsl_box_around(&found, &pixel);
        }
    }
    return found;
}

/* Takes out of the region what equals the golden value after all. */
static void settle(struct rsl_replay_worker *w, int value) {
    const struct replay_value *x = &w->replay->values.at[value];
    struct rsl_region *d = &w->dirty[value];
    struct rsl_box box = d->box, all = {0};
    bool whole = (box.row1 - box.row0) * (box.col1 - box.col0) == x->height * x->width;
    for (int c = -1; (c = rsl_region_next(d, c + 1)) >= 0;) {
        struct planes p = planes_of(w, value, c);
        struct rsl_box differs = difference(&p, &box, whole);
        if (rsl_box_empty(&differs)) rsl_region_remove(d, c);
        all = rsl_box_around(&all, &differs);
    }
    d->box = all;
    if (rsl_box_empty(&all)) rsl_region_clear(d);
}

/* ---- running ---- */

static void whole_value(const struct rsl_replay *r, int value, struct rsl_region *d) {
    const struct replay_value *x = &r->values.at[value];
    rsl_region_add_range(d, 0, x->channels);
    d->box = (struct rsl_box){.row1 = x->height, .col1 = x->width};
}

/* The region of the step's output that may differ. */
static void find_region(struct rsl_replay_worker *w, int step) {
    const struct rsl_replay *r = w->replay;
    const struct replay_step *s = &r->steps.at[step];
    struct rsl_region *out = &w->dirty[s->out];
    if (r->options.naive) {
        whole_value(r, s->out, out);
        return;
    }
    for (int i = 0; i < s->n_in; i++) {
        const struct rsl_region *in = &w->dirty[s->in[i]];
        if (rsl_region_empty(in)) continue;
        if (i < s->n_own)
            s->kind->spread(r, s, i, in, out);
        else
            rsl_spread_same(r, s, i, in, out);
    }
    if (rsl_region_next(&w->touched[step], 0) >= 0) {
        rsl_region_join(out, &w->touched[step], 0);
        const struct replay_value *x = &r->values.at[s->out];
        out->box = (struct rsl_box){.row1 = x->height, .col1 = x->width};
    }
}

static void run_step(struct rsl_replay_worker *w, int step) {
    const struct rsl_replay *r = w->replay;
    const struct replay_step *s = &r->steps.at[step];
    find_region(w, step);
    struct rsl_region *out = &w->dirty[s->out];
    if (rsl_region_empty(out)) {
        rsl_region_clear(out);
        return;
    }
    for (int i = 0; i < s->n_in; i++) {
        struct rsl_box need = i < s->n_own ? s->kind->reach(r, s, i, &out->box) : out->box;
        materialise(w, s->in[i], &need);
    }
    struct replay_view v = {.replay = r,
                            .golden = r->golden,
                            .scratch = w->scratch,
                            .dirty = w->dirty,
                            .params = w->params,
                            .touched_blocks = w->touched_blocks[step],
                            .room = w->room};
    if (s->kind == &rsl_step_conv && !r->options.naive && rsl_conv_sums_help(s, &v))
        v.kept = rsl_sums_ask(r, step, &v);
    s->kind->run(s, &v, out);
    w->work += v.work;
    w->valid[s->out] = out->box;
    if (!r->options.naive) settle(w, s->out);
}

/* Replaces the elements of `value` that are hit. */
static void strike(struct rsl_replay_worker *w, int value, const struct rsl_replay_hits *hits) {
    const struct rsl_replay *r = w->replay;
    const struct replay_value *x = &r->values.at[value];
    struct rsl_region *d = &w->dirty[value];
    int area = x->height * x->width;
    bool any = false;
    for (size_t i = 0; i < hits->n; i++) {
        const struct rsl_replay_hit *h = &hits->at[i];
        if (r->value_of[h->value] != value) continue;
        int c = (int)(h->element / area), row = (int)(h->element % area) / x->width;
        int col = (int)(h->element % x->width);
        struct planes p = planes_of(w, value, c);
        if (rsl_region_empty(d)) {
            rsl_region_clear(d);
            w->valid[value] = (struct rsl_box){0};
        }
        if (!rsl_region_has(d, c)) {
            struct rsl_box none = {0};
            fill(&p, &w->valid[value], &none);
            rsl_region_add(d, c);
        }
        struct rsl_box pixel = {row, row + 1, col, col + 1};
        d->box = rsl_box_around(&d->box, &pixel);
        materialise(w, value, &d->box);
        float *at = p.scratch + ((size_t)row * p.width + (size_t)col) * p.images;
        for (size_t image = 0; image < p.images; image++)
            at[image] = hits->strike(hits->context, i, at[image]);
        any = true;
    }
    if (any && !r->options.naive) settle(w, value);
}

/* Widens first..last to the steps whose values are hit; hits of the network's input count for the
 * first step. */
static void hit_range(const struct rsl_replay *r, const struct rsl_replay_hits *hits, int *first,
                      int *last) {
    for (size_t i = 0; hits && i < hits->n; i++) {
        int producer = r->values.at[r->value_of[hits->at[i].value]].producer;
        int step = producer < 0 ? 0 : producer;
        if (step < *first) *first = step;
        if (step > *last) *last = step;
    }
}

/* [n, outputs]; numbers that do not differ come from the golden run. */
static void copy_output(const struct rsl_replay_worker *w, bool differs, float *output) {
    const struct rsl_replay *r = w->replay;
    const struct replay_value *y = &r->values.at[r->output];
    int m = rsl_replay_outputs(r), area = y->height * y->width;
    memcpy(output, r->golden_output, (size_t)(r->n * m) * sizeof *output);
    for (int c = -1; differs && (c = rsl_region_next(&w->dirty[r->output], c + 1)) >= 0;) {
        struct planes p = planes_of(w, r->output, c);
        for (int e = 0; e < area; e++)
            for (int i = 0; i < r->n; i++)
                output[i * m + c * area + e] = p.scratch[(size_t)e * p.images + (size_t)i];
    }
}

int rsl_replay_run(struct rsl_replay_worker *w, const struct rsl_replay_hits *hits, float *output) {
    const struct rsl_replay *r = w->replay;
    int steps = (int)r->steps.n, first = w->first, last = w->last;
    w->work = 0;
    hit_range(r, hits, &first, &last);
    if (r->options.naive) {
        first = 0;
        last = steps - 1;
        whole_value(r, r->input, &w->dirty[r->input]);
        w->valid[r->input] = (struct rsl_box){0};
        materialise(w, r->input, &w->dirty[r->input].box);
    }
    int alive = RSL_ABSENT; /* the last step that reads something dirty */
    if (hits && hits->n > 0) strike(w, r->input, hits);
    if (!rsl_region_empty(&w->dirty[r->input])) alive = r->values.at[r->input].last_use;
    int s = first;
    for (; s < steps && (s <= last || s <= alive); s++) {
        int out = r->steps.at[s].out;
        run_step(w, s);
        if (hits && hits->n > 0 && s <= last) strike(w, out, hits);
        if (!rsl_region_empty(&w->dirty[out]) && r->values.at[out].last_use > alive)
            alive = r->values.at[out].last_use;
    }
    bool differs = !rsl_region_empty(&w->dirty[r->output]);
    if (differs) {
        struct rsl_box all = {.row1 = r->values.at[r->output].height,
                              .col1 = r->values.at[r->output].width};
        materialise(w, r->output, &all);
    }
    copy_output(w, differs, output);
    for (size_t i = 0; i < r->values.n; i++) rsl_region_clear(&w->dirty[i]);
    rsl_replay_drop(w);
    return differs ? 1 : RSL_OK;
}

int64_t rsl_replay_work(const struct rsl_replay_worker *w) {
    return w->work;
}
