/* Measuring ranges: the network runs with every value as an output, and each value's magnitudes are
 * counted in a histogram whose bins double in width when a larger one comes. See ranges.h. */
#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "graph/fuse.h"
#include "graph/plan.h"
#include "metric/ranges.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { BINS = 2048, CANDIDATES = 64, DEFAULT_BATCH = 16 };

struct histogram {
    float low, high;
    float top;            /* BINS bins from 0 to here; 0: none yet */
    int64_t counts[BINS]; /* magnitudes above 0 */
};

struct calibration {
    struct rsl_graph graph; /* fused; all its values are outputs */
    struct rsl_plan *plan;
    int64_t batch;
    struct histogram *of; /* [outputs] */
};

/* ---- making ---- */

static bool is_measured(const struct rsl_value *v) {
    return v->tensor.dtype == RSL_f32 && v->tensor.shape.rank > 0 && !v->tensor.data &&
           v->kind != RSL_VALUE_CONSTANT;
}

static int prepare(struct calibration *c, const struct rsl_graph *g) {
    struct rsl_graph *own = &c->graph;
    RSL_TRY(rsl_graph_copy(own, g));
    if (own->inputs.n != 1)
        return rsl_fail(RSL_EMISMATCH, "the model has %zu inputs, calibration feeds one image",
                        own->inputs.n);
    rsl_graph_set_batch(own, c->batch);
    c->batch = own->values.at[own->inputs.at[0]].tensor.shape.dim[0];
    RSL_TRY(rsl_graph_check(own));
    RSL_TRY(rsl_graph_infer(own, 0));
    RSL_TRY(rsl_graph_fuse(own));
    RSL_TRY(rsl_graph_infer(own, RSL_MAX_ELEMENTS));
    own->outputs.n = 0;
    for (size_t v = 0; v < own->values.n; v++)
        if (is_measured(&own->values.at[v]) &&
            (own->values.at[v].kind == RSL_VALUE_INPUT || own->values.at[v].producer != RSL_ABSENT))
            RSL_TRY(rsl_graph_add_output(own, (int)v));
    return RSL_OK;
}

static void free_calibration(struct calibration *c) {
    if (!c) return;
    rsl_plan_free(c->plan);
    rsl_graph_free(&c->graph);
    rsl_free(c->of);
    rsl_free(c);
}

/* The graph has one input, of images; it must outlive the calibration. */
static int new_calibration(struct calibration **calibration, const struct rsl_graph *g,
                           int64_t batch, int threads) {
    *calibration = NULL;
    struct calibration *c = rsl_calloc(1, sizeof *c);
    if (!c) return RSL_ENOMEM;
    rsl_graph_init(&c->graph);
    c->batch = batch;
    int rc = prepare(c, g);
    if (rc == RSL_OK) {
        struct rsl_plan_options o = {.batch = c->batch, .threads = threads};
        rc = rsl_plan_new(&c->plan, &c->graph, &o);
    }
    if (rc == RSL_OK) {
        const struct rsl_tensor *x = rsl_plan_input(c->plan, 0);
        c->of = rsl_calloc(c->graph.outputs.n, sizeof *c->of);
        if (!c->of)
            rc = RSL_ENOMEM;
        else if (x->dtype != RSL_f32 || x->shape.rank < 1 || x->shape.dim[0] < 1)
            rc = rsl_fail(RSL_EMISMATCH, "the model's input does not take f32 images");
    }
    if (rc < 0)
        free_calibration(c);
    else
        *calibration = c;
    return rc;
}

/* ---- counting ---- */

/* Twice as wide: two bins become one. */
static void widen(struct histogram *h) {
    for (int i = 0; i < BINS / 2; i++) h->counts[i] = h->counts[2 * i] + h->counts[2 * i + 1];
    memset(h->counts + BINS / 2, 0, BINS / 2 * sizeof *h->counts);
    h->top *= 2;
}

static void count(struct histogram *h, const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        float size = fabsf(x[i]);
        if (size == 0 || !isfinite(x[i])) continue;
        h->low = x[i] < h->low ? x[i] : h->low;
        h->high = x[i] > h->high ? x[i] : h->high;
        if (h->top == 0) { /* a power of two, so that widths do not depend on who comes first */
            int exponent;
            frexpf(size, &exponent);
            h->top = exponent > -100 ? ldexpf(1, exponent) : 0x1p-100F;
        }
        while (size >= h->top && h->top < 0x1p127F) widen(h);
        int bin = (int)(size / h->top * BINS);
        h->counts[bin < BINS ? bin : BINS - 1]++;
    }
}

/* The first n images of the plan's input, n at most the batch. */
static int see(struct calibration *c, int64_t n) {
    RSL_TRY(rsl_plan_run(c->plan));
    int outputs = (int)c->graph.outputs.n;
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < outputs; i++) {
        const struct rsl_tensor *t = rsl_plan_output(c->plan, (size_t)i);
        int64_t all = rsl_tensor_count(t);
        /* Values that do not come image by image are counted whole. */
        bool by_image = t->shape.dim[0] == c->batch;
        count(&c->of[i], t->data, by_image ? all / c->batch * n : all);
    }
    return RSL_OK;
}

/* ---- clipping ---- */

static double middle(const struct histogram *h, int bin) {
    return ((double)bin + 0.5) / BINS * (double)h->top;
}

/* Squared error when magnitudes up to `clip` are rounded to multiples of clip / levels. */
static double error_of(const struct histogram *h, double clip, double levels) {
    double step = clip / levels, inside = step * step / 12, sum = 0;
    for (int i = 0; i < BINS; i++) {
        if (!h->counts[i]) continue;
        double over = middle(h, i) - clip;
        sum += (double)h->counts[i] * (over > 0 ? over * over : inside);
    }
    return sum;
}

static double least_error(const struct histogram *h, double largest) {
    double levels = h->low < 0 ? 127 : 255, best = largest, least = INFINITY;
    for (int k = CANDIDATES; k >= 1; k--) {
        double clip = largest * k / CANDIDATES, error = error_of(h, clip, levels);
        if (error >= least) continue;
        least = error;
        best = clip;
    }
    return best;
}

static double percentile(const struct histogram *h, double largest) {
    int64_t total = 0, sum = 0;
    for (int i = 0; i < BINS; i++) total += h->counts[i];
    for (int i = 0; i < BINS; i++) {
        sum += h->counts[i];
        double edge = ((double)i + 1) / BINS * (double)h->top;
        if ((double)sum >= 0.9999 * (double)total) return edge < largest ? edge : largest;
    }
    return largest;
}

static struct rsl_range range_of(const struct histogram *h, enum rsl_clipping clipping) {
    double largest = fmax(-(double)h->low, (double)h->high), clip = largest;
    if (clipping == RSL_CLIP_ERROR) clip = least_error(h, largest);
    if (clipping == RSL_CLIP_PERCENTILE) clip = percentile(h, largest);
    float bound = (float)clip;
    return (struct rsl_range){.low = h->low < -bound ? -bound : h->low,
                              .high = h->high > bound ? bound : h->high};
}

static int end(struct calibration *c, enum rsl_clipping clipping, struct rsl_ranges *r) {
    *r = (struct rsl_ranges){0};
    r->at = rsl_arena_array(&r->arena, c->graph.outputs.n, sizeof *r->at);
    if (!r->at) return RSL_ENOMEM;
    for (size_t i = 0; i < c->graph.outputs.n; i++) {
        r->at[i] = range_of(&c->of[i], clipping);
        r->at[i].name =
            rsl_arena_strdup(&r->arena, c->graph.values.at[c->graph.outputs.at[i]].name);
        if (!r->at[i].name) {
            rsl_ranges_free(r);
            return RSL_ENOMEM;
        }
        r->n++;
    }
    return RSL_OK;
}

/* ---- over a data set ---- */

static int read_images(struct calibration *c, const struct rsl_data *data,
                       const struct rsl_preprocess *preprocess, int64_t first, int64_t n) {
    struct rsl_tensor *x = rsl_plan_input(c->plan, 0);
    int64_t each = rsl_tensor_count(x) / c->batch;
    if (preprocess) return rsl_data_batch(data, preprocess, first, n, x->data, NULL);
    struct rsl_rng random = rsl_rng(1, (uint64_t)first);
    for (int64_t i = 0; i < n * each; i++)
        ((float *)x->data)[i] = (float)(rsl_rng_unit(&random) * 2 - 1);
    return RSL_OK;
}

static int check_images(struct calibration *c, const struct rsl_data *data,
                        const struct rsl_preprocess *preprocess) {
    const struct rsl_tensor *x = rsl_plan_input(c->plan, 0);
    int shape[3];
    if (!preprocess) return RSL_OK;
    RSL_TRY(rsl_preprocess_shape(preprocess, data, shape));
    if (rsl_tensor_count(x) / c->batch == (int64_t)shape[0] * shape[1] * shape[2]) return RSL_OK;
    return rsl_fail(RSL_EMISMATCH, "the model's input does not take images of %dx%dx%d", shape[0],
                    shape[1], shape[2]);
}

int rsl_ranges_measure(struct rsl_ranges *ranges, const struct rsl_graph *g,
                       const struct rsl_data *data, const struct rsl_preprocess *preprocess,
                       int64_t images, int threads, enum rsl_clipping clipping) {
    struct calibration *c;
    RSL_TRY(new_calibration(&c, g, DEFAULT_BATCH, threads));
    int rc = check_images(c, data, preprocess);
    if (preprocess && images > rsl_data_count(data)) images = rsl_data_count(data);
    if (rc == RSL_OK && images < 1) rc = rsl_fail(RSL_EARG, "there are no images to calibrate on");
    for (int64_t first = 0; rc == RSL_OK && first < images; first += c->batch) {
        int64_t n = images - first < c->batch ? images - first : c->batch;
        rc = read_images(c, data, preprocess, first, n);
        if (rc == RSL_OK) rc = see(c, n);
    }
    if (rc == RSL_OK) rc = end(c, clipping, ranges);
    free_calibration(c);
    return rc;
}
