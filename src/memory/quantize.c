/* See resile/quantize.h: the image of a model is made and the model reads from it. */
#include "resile/quantize.h"

#include "base/alloc.h"
#include "base/status.h"
#include "memory/mix.h"
#include "memory/stored.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_word(const char *word, const char *option) {
    return strcmp(word, option) == 0;
}

/* The option itself, or the first choice when it is NULL. */
static int choose(const char **option, const char *name, const char *first, const char *second) {
    if (!*option) *option = first;
    if (is_word(*option, first) || is_word(*option, second)) return RSL_OK;
    return rsl_fail(RSL_EARG, "%s is '%.40s', it must be '%s' or '%s'", name, *option, first,
                    second);
}

enum { MIX_TEXT = 2 * RSL_STORAGE_TEXT };

static int describe(const struct rsl_quantize_options *options, char text[MIX_TEXT]) {
    struct rsl_quantize_options o = *options;
    if (o.bits < 2 || o.bits > 8)
        return rsl_fail(RSL_EARG, "%d bits: the width of a weight must be in 2..8", o.bits);
    RSL_TRY(choose(&o.encoding, "the encoding", "affine", "symmetric"));
    RSL_TRY(choose(&o.granularity, "the granularity", "channel", "tensor"));
    RSL_TRY(choose(&o.rounding, "the rounding", "code", "paper"));
    if (!o.layout) o.layout = "word"; /* which there are says rsl_storage_parse */
    if (strlen(o.layout) > 32) return rsl_fail(RSL_EARG, "there is no such layout");
    if (!o.protect) o.protect = "none";
    if (strlen(o.protect) > 32) return rsl_fail(RSL_EARG, "there is no such protection");
    RSL_TRY(choose(&o.protect_scales, "the protection of scales", "none", "tmr"));
    bool paper = is_word(o.rounding, "paper");
    if (paper && is_word(o.encoding, "symmetric"))
        return rsl_fail(RSL_EARG, "rounding 'paper' is one of affine codes only");
    snprintf(text, MIX_TEXT, "%s%d:%s%s/%s/%s; scales=/%s; zero_points=/%s", o.encoding, o.bits,
             o.granularity, paper ? ":paper" : "", o.protect, o.layout, o.protect_scales,
             o.protect_scales);
    return RSL_OK;
}

static bool is_kind(const struct rsl_storage *s, const char *protection) {
    return is_word(s->protection.kind->name, protection);
}

/* A model has its scales and zero points as they are, or as bits that are voted, and the rest as it
 * is. */
static int check_regions(const struct rsl_mix *mix) {
    for (enum rsl_region r = RSL_REGION_SCALES; r < RSL_REGIONS; r++) {
        const struct rsl_storage *s = &mix->region[r];
        if (!s->protection.kind) continue;
        bool scales = r == RSL_REGION_SCALES, zeros = r == RSL_REGION_ZERO_POINTS;
        bool own = scales ? is_word(s->encoding.kind->name, "f32") : !s->encoding.kind;
        if (!scales && !zeros)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "a model cannot hold %s otherwise than they are; campaigns can",
                            rsl_region_name(r));
        if (!own || !(is_kind(s, "none") || s->protection.kind->copies))
            return rsl_fail(RSL_EUNSUPPORTED,
                            "a model can hold %s as they are, or voted: %s=/msb:K or %s=/tmr; "
                            "campaigns can have them otherwise",
                            rsl_region_name(r), rsl_region_name(r), rsl_region_name(r));
    }
    return RSL_OK;
}

int rsl_quantize_mix(struct rsl_mix *mix, const struct rsl_model *m,
                     const struct rsl_quantize_options *options) {
    char text[MIX_TEXT];
    if (!options->storage) RSL_TRY(describe(options, text));
    RSL_TRY(rsl_mix_parse(mix, &m->graph, options->storage ? options->storage : text));
    int rc = check_regions(mix);
    if (rc < 0) rsl_mix_free(mix);
    return rc;
}

static int new_image(struct rsl_memory **image, const struct rsl_model *m,
                     const struct rsl_quantize_options *options) {
    struct rsl_mix mix;
    RSL_TRY(rsl_quantize_mix(&mix, m, options));
    struct rsl_memory_options o = rsl_mix_options(&mix);
    int rc = rsl_memory_new(image, &m->graph, &o);
    rsl_mix_free(&mix);
    return rc;
}

/* ---- what became of the weights ---- */

struct squares {
    double error, weights;
};

static void compare(const struct rsl_tensor *was, const struct rsl_tensor *is, struct squares *s) {
    const float *a = was->data, *b = is->data;
    int64_t n = rsl_tensor_count(was);
    double error = 0, weights = 0;
#pragma omp parallel for schedule(static) reduction(+ : error, weights) if (n > 65536)
    for (int64_t i = 0; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        error += d * d;
        weights += (double)a[i] * (double)a[i];
    }
    s->error += error;
    s->weights += weights;
}

static int64_t constant_channels(const struct rsl_tensor *was, const struct rsl_codes *c) {
    const float *w = was->data;
    int64_t n = 0;
    for (int64_t channel = 0; channel < c->channels; channel++) {
        const float *first = w + channel * c->inner;
        bool same = true;
        for (int64_t o = 0; o < c->outer && same; o++)
            for (int64_t i = 0; i < c->inner && same; i++)
                same = first[o * c->channels * c->inner + i] == first[0];
        n += same;
    }
    return n;
}

static void measure(const struct rsl_model *m, const struct rsl_tensor *was,
                    struct rsl_quantize_result *r) {
    const struct rsl_memory *image = m->image;
    struct squares s = {0};
    memset(r, 0, sizeof *r);
    for (int k = 0; k < image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct rsl_memory_tensor *t = &image->tensors[k];
        r->constant += constant_channels(&was[k], &t->codes);
        compare(&was[k], &m->graph.values.at[t->value].tensor, &s);
    }
    snprintf(r->storage, sizeof r->storage, "%s", rsl_model_storage(m));
    r->tensors = image->region[RSL_REGION_WEIGHTS].n;
    r->weights = image->region[RSL_REGION_WEIGHTS].elements;
    r->bits = image->region[RSL_REGION_WEIGHTS].bits;
    r->parameter_bits =
        image->region[RSL_REGION_SCALES].bits + image->region[RSL_REGION_ZERO_POINTS].bits;
    r->error = s.weights > 0 ? sqrt(s.error / s.weights) : 0;
}

/* ---- the call ---- */

static int store(struct rsl_model *m, struct rsl_memory *image, struct rsl_tensor **was) {
    int n = image->region[RSL_REGION_WEIGHTS].n;
    *was = rsl_calloc((size_t)n, sizeof **was);
    for (int k = 0; k < n && *was; k++)
        (*was)[k] = m->graph.values.at[image->tensors[k].value].tensor;
    int rc = rsl_model_store(m, image); /* owns the image, come what may */
    return *was ? rc : RSL_ENOMEM;
}

int rsl_quantize(struct rsl_model *m, const struct rsl_quantize_options *options,
                 struct rsl_quantize_result *result) {
    struct rsl_memory *image;
    struct rsl_tensor *was;
    if (m->image)
        return rsl_fail(RSL_EARG, "the network is quantized already: its weights are stored as %s",
                        rsl_model_storage(m));
    int rc = new_image(&image, m, options);
    if (rc != RSL_OK) return rc;
    rc = store(m, image, &was);
    if (rc == RSL_OK) measure(m, was, result);
    rsl_free(was);
    return rc;
}

/* How scales or zero points are voted, where they are. */
static void add_region(const struct rsl_memory *image, enum rsl_region r, char *text, size_t room) {
    char storage[RSL_STORAGE_TEXT];
    if (image->region[r].n == 0) return;
    const struct rsl_storage *s = &image->tensors[image->region[r].first].storage;
    size_t length = strlen(text);
    if (s->protection.kind->copies)
        snprintf(text + length, room - length, "; %s=%s", rsl_region_name(r),
                 strchr(rsl_storage_text(s, storage), '/'));
}

const char *rsl_model_storage(const struct rsl_model *m) {
    static _Thread_local char text[MIX_TEXT];
    char other[RSL_STORAGE_TEXT];
    if (!m->image) return NULL;
    const struct rsl_memory_tensor *t = m->image->tensors;
    for (int k = 0; k < m->image->region[RSL_REGION_WEIGHTS].n; k++) {
        struct rsl_storage s = t[k].storage;
        s.encoding.axis = RSL_AXIS_OUTPUT; /* which it may be is the layer's affair */
        rsl_storage_text(&s, other);
        if (k && strcmp(text, other) != 0) return "mixed";
        snprintf(text, sizeof text, "%s", other);
    }
    add_region(m->image, RSL_REGION_SCALES, text, sizeof text);
    add_region(m->image, RSL_REGION_ZERO_POINTS, text, sizeof text);
    return text;
}
