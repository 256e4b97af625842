/* Making a replay, and its golden run. */
#include <omp.h>
#include <string.h>

#include "graph/lifetime.h"
#include "replay/conv.h"
#include "replay/lower.h"
#include "replay/sums.h"

/* ---- memory ---- */

/* Places of all values: golden ones side by side, a worker's by their lifetimes. */
static int lay_out(struct rsl_replay *r) {
    size_t n = r->values.n, total;
    struct rsl_lifetime *b = rsl_calloc(n, sizeof *b);
    if (!b) return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct replay_value *v = &r->values.at[i];
        size_t floats = (size_t)v->channels * v->plane;
        v->golden = r->golden_size;
        r->golden_size += floats;
        b[i] = (struct rsl_lifetime){.bytes = floats * sizeof(float),
                                     .first = v->producer < 0 ? 0 : v->producer,
                                     .last = v->last_use};
        if (v->channels > r->most_channels) r->most_channels = v->channels;
    }
    int rc = rsl_lifetime_layout(b, n, &total);
    for (size_t i = 0; i < n && rc >= 0; i++) r->values.at[i].scratch = b[i].offset / sizeof(float);
    rsl_free(b);
    r->scratch_size = total / sizeof(float);
    r->words = (r->most_channels + 63) / 64;
    return rc;
}

static int allocate(struct rsl_replay *r) {
    RSL_TRY(lay_out(r));
    r->golden = rsl_calloc(r->golden_size, sizeof(float));
    r->golden_output = rsl_calloc((size_t)(r->images * rsl_replay_outputs(r)), sizeof(float));
    size_t threads = (size_t)r->options.threads;
    r->sets = rsl_calloc(threads * (size_t)r->words, sizeof *r->sets);
    r->rooms = rsl_calloc(threads * r->room + 1, sizeof *r->rooms);
    if (!r->golden || !r->golden_output || !r->sets || !r->rooms) return RSL_ENOMEM;
    return rsl_sums_new(&r->sums, r);
}

/* The copy of the graph for one image, and the tables from its values. */
static int prepare(struct rsl_replay *r, const struct rsl_graph *g) {
    RSL_TRY(rsl_graph_copy(&r->graph, g));
    rsl_graph_set_batch(&r->graph, 1);
    RSL_TRY(rsl_graph_check(&r->graph));
    RSL_TRY(rsl_graph_infer(&r->graph, RSL_MAX_ELEMENTS));
    size_t n = r->graph.values.n;
    r->parameter_of = rsl_arena_array(&r->arena, n, sizeof *r->parameter_of);
    r->value_of = rsl_arena_array(&r->arena, n, sizeof *r->value_of);
    if (!r->parameter_of || !r->value_of) return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++) r->parameter_of[i] = r->value_of[i] = RSL_ABSENT;
    return RSL_OK;
}

/* Floats that all activations of sixteen images take. */
static size_t activations(const struct rsl_graph *g) {
    size_t sum = 0;
    for (size_t i = 0; i < g->values.n; i++)
        if (!g->values.at[i].tensor.data && g->values.at[i].tensor.dtype == RSL_f32)
            sum += (size_t)rsl_tensor_count(&g->values.at[i].tensor) * LANES;
    return sum;
}

int rsl_replay_new(struct rsl_replay **replay, const struct rsl_graph *g,
                   const struct rsl_replay_options *options) {
    struct rsl_replay *r = rsl_calloc(1, sizeof *r);
    if (!r) return RSL_ENOMEM;
    if (options) r->options = *options;
    if (r->options.threads < 1) r->options.threads = 1;
    rsl_graph_init(&r->graph);
    int rc = prepare(r, g);
    if (rc < 0) goto out;
    /* Three vectors of images per pixel keep the processor busiest; one takes less memory, and less
     * time where a tile has few images. */
    bool small = activations(&r->graph) > ((size_t)256 << 20) / sizeof(float) ||
                 (r->options.tile > 0 && r->options.tile <= LANES);
    r->kernels = rsl_conv_kernels(small);
    r->images = LANES * r->kernels->vectors;
    if ((rc = rsl_lower(r)) < 0) goto out;
    rc = allocate(r);
out:
    r->options.visible = NULL; /* the caller's */
    if (rc < 0)
        rsl_replay_free(r);
    else
        *replay = r;
    return rc;
}

void rsl_replay_free(struct rsl_replay *r) {
    if (!r) return;
    rsl_sums_free(r->sums);
    rsl_free(r->golden);
    rsl_free(r->golden_output);
    rsl_free(r->sets);
    rsl_free(r->rooms);
    rsl_free(r->params.at);
    rsl_free(r->values.at);
    rsl_free(r->steps.at);
    rsl_free(r->parameters.at);
    rsl_graph_free(&r->graph);
    rsl_arena_free(&r->arena);
    rsl_free(r);
}

/* ---- what is known ---- */

int rsl_replay_tile(const struct rsl_replay *r) {
    return r->images;
}

int rsl_replay_outputs(const struct rsl_replay *r) {
    const struct replay_value *v = &r->values.at[r->output];
    return v->channels * v->height * v->width;
}

/* Whether the value went into another constant as well, which would not follow. */
static bool is_folded(const struct rsl_replay *r, int value) {
    for (size_t i = 0; i < r->graph.nodes.n; i++) {
        const struct rsl_node *n = &r->graph.nodes.at[i];
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] == value && rsl_lower_is_constant(r, n)) return true;
    }
    return false;
}

bool rsl_replay_can_change(const struct rsl_replay *r, int value) {
    return r->parameter_of[value] != RSL_ABSENT && !is_folded(r, value);
}

const float *rsl_replay_golden_output(const struct rsl_replay *r) {
    return r->golden_output;
}

/* ---- the golden run ---- */

/* [n, C, H, W] to [C][H][W][images]; images that are not there are zero. */
static void take_images(struct rsl_replay *r, const float *images, int n) {
    const struct replay_value *v = &r->values.at[r->input];
    size_t area = (size_t)v->height * (size_t)v->width, whole = area * (size_t)v->channels;
    for (size_t c = 0; c < (size_t)v->channels; c++)
        for (size_t e = 0; e < area; e++) {
            float *to = r->golden + v->golden + c * v->plane + e * (size_t)r->images;
            for (int i = 0; i < r->images; i++)
                to[i] = i < n ? images[(size_t)i * whole + c * area + e] : 0;
        }
}

/* The output as [n, outputs]. */
static void give_output(struct rsl_replay *r) {
    const struct replay_value *v = &r->values.at[r->output];
    int area = v->height * v->width, m = v->channels * area;
    for (int i = 0; i < r->n; i++)
        for (int e = 0; e < m; e++)
            r->golden_output[i * m + e] = r->golden[v->golden + (size_t)(e / area) * v->plane +
                                                    (size_t)(e % area * r->images + i)];
}

/* One step over its rows, or over its channels when it has few rows; convolutions in parallel. */
static void run_golden_step(struct rsl_replay *r, const struct replay_step *s) {
    const struct replay_value *y = &r->values.at[s->out];
    bool split = s->kind == &rsl_step_conv && r->options.threads > 1;
    int threads = split ? r->options.threads : 1;
    bool by_rows = y->height >= threads;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++) {
        struct replay_view v = {.replay = r,
                                .golden = r->golden,
                                .params = r->params.at,
                                .room = r->rooms + (size_t)t * r->room};
        struct rsl_region part = {.set = r->sets + (size_t)t * (size_t)r->words, .words = r->words};
        memset(part.set, 0, (size_t)r->words * sizeof *part.set);
        part.first = r->words;
        int n = by_rows ? y->height : (y->channels + 7) / 8;
        int from = n * t / threads, to = n * (t + 1) / threads;
        part.box = (struct rsl_box){.row1 = y->height, .col1 = y->width};
        if (by_rows) {
            part.box.row0 = from;
            part.box.row1 = to;
            rsl_region_add_range(&part, 0, y->channels);
        } else {
            rsl_region_add_range(&part, 8 * from, 8 * to < y->channels ? 8 * to : y->channels);
        }
        if (!rsl_region_empty(&part)) s->kind->run(s, &v, &part);
    }
}

int rsl_replay_golden(struct rsl_replay *r, const float *images, int n) {
    if (n < 1 || n > r->images)
        return rsl_fail(RSL_EARG, "%d images do not make a tile of 1 to %d", n, r->images);
    r->n = n;
    rsl_sums_forget(r->sums);
    take_images(r, images, n);
    for (size_t i = 0; i < r->steps.n; i++) run_golden_step(r, &r->steps.at[i]);
    give_output(r);
    return RSL_OK;
}
